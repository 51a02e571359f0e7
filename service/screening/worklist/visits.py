"""When somebody was here and comes next, from Appointments and Encounters. What cannot be read says nothing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from service.errors import UnreadableResource
from service.fhir.dates import read_date
from service.store import people
from service.store.engine import Store
from service.store.people import Coming

# Those that somebody will come to; a proposed or cancelled one is none.
COMING = frozenset({"booked", "arrived", "checked-in", "pending"})
HELD = frozenset({"arrived", "triaged", "in-progress", "onleave", "finished", "completed", "discharged"})
CLINICS, CLINICIANS = ("Location", "HealthcareService"), ("Practitioner", "PractitionerRole")
Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Visits:
    """What was read of somebody's visits. `seen`, `asked` False: it was not read, so what is known stays."""

    last_visit: date | None = None
    coming: Coming = Coming()
    seen: bool = False
    asked: bool = False

    def keep(self, store: Store, tenant: str, patient: str, now: datetime) -> None:
        """Keep it, if the patient is listed."""
        if self.seen:
            people.visit(store, tenant, patient, self.last_visit, now)
        if self.asked:
            people.appoint(store, tenant, patient, self.coming, now)


def next_of(appointments: Iterable[Json], now: datetime) -> Coming:
    """The next Appointment that is not over by now; where, and to whom."""
    coming = [(start, each) for each in appointments if (start := _start(each)) is not None and start >= now]
    if not coming:
        return Coming()
    start, chosen = min(coming, key=lambda each: (each[0], str(each[1].get("id"))))
    return Coming(start, _participant(chosen, CLINICS), _participant(chosen, CLINICIANS))


def last_visit(encounters: Iterable[Json], zone: ZoneInfo, today: date) -> date | None:
    """The day on which the latest Encounter began, of those that took place by today."""
    days = [day for each in encounters if (day := _began(each, zone)) is not None and day <= today]
    return max(days, default=None)


def patients_of(appointment: Json) -> Iterator[str]:
    """The ids of the patients that take part in an Appointment."""
    for each in _participants(appointment):
        reference = _reference(each)
        if reference.rpartition("/")[0].endswith("Patient"):
            yield reference.rpartition("/")[2]


def patient_of(encounter: Json) -> str | None:
    """The id of the patient of an Encounter."""
    subject = encounter.get("subject")
    reference = subject.get("reference") if isinstance(subject, Mapping) else None
    if isinstance(reference, str) and reference.rpartition("/")[0].endswith("Patient"):
        return reference.rpartition("/")[2]
    return None


def _start(appointment: Json) -> datetime | None:
    start = appointment.get("start")
    if appointment.get("status") not in COMING or not isinstance(start, str):
        return None
    try:
        read = datetime.fromisoformat(start)
    except ValueError:
        return None
    return None if read.tzinfo is None else read.astimezone(UTC)


def _began(encounter: Json, zone: ZoneInfo) -> date | None:
    period = encounter.get("period") or encounter.get("actualPeriod")
    if encounter.get("status") not in HELD or not isinstance(period, Mapping):
        return None
    try:
        days = read_date(period.get("start"), "Encounter.period.start", zone)
    except UnreadableResource:
        return None
    return days.latest if days.earliest == days.latest else None


def _participant(appointment: Json, kinds: tuple[str, ...]) -> str | None:
    """What the first participant of these kinds is called."""
    for each in _participants(appointment):
        kind, actor = _reference(each).rpartition("/")[0], each.get("actor")
        display = actor.get("display") if isinstance(actor, Mapping) else None
        if kind.rpartition("/")[2] in kinds and isinstance(display, str) and display.strip():
            return display.strip()[:200]
    return None


def _participants(appointment: Json) -> list[Json]:
    listed = appointment.get("participant")
    return [each for each in (listed if isinstance(listed, list) else []) if isinstance(each, Mapping)]


def _reference(participant: Json) -> str:
    actor = participant.get("actor")
    reference = actor.get("reference") if isinstance(actor, Mapping) else None
    return reference if isinstance(reference, str) else ""
