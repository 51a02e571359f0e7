"""When somebody was here and comes next, from Encounters and Appointments. What cannot be read says nothing.

What is known already may come from a list or an export. Only an answer that is whole takes its place: one that may lack
something, or that holds what cannot be read, adds a later visit or a sooner appointment, and clears nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from service.errors import UnreadableResource
from service.fhir.dates import read_date
from service.fhir.elements import refuse_modifiers
from service.store import people
from service.store.engine import Store
from service.store.people import Coming, Known
from service.twofold import is_twofold

# Those that somebody will come to; a proposed or cancelled one is none.
COMING = frozenset({"booked", "arrived", "checked-in", "pending"})
NOT_COMING = frozenset({"proposed", "waitlist", "fulfilled", "cancelled", "noshow", "entered-in-error"})
HELD = frozenset(
    "arrived triaged in-progress onleave finished completed discharged on-hold discontinued".split()  # R4, R5
)
NOT_HELD = frozenset({"planned", "cancelled", "entered-in-error"})
DECLINED = "declined"
CLINICS, CLINICIANS = ("Location", "HealthcareService"), ("Practitioner", "PractitionerRole")
LONGEST = 200
Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Visits:
    """What was read of somebody's visits.

    `seen`, `asked`: all Encounters, all Appointments were there and could be read; so whoever has none has none.
    """

    last_visit: date | None = None
    coming: Coming = Coming()
    seen: bool = False
    asked: bool = False

    def keep(self, store: Store, tenant: str, patient: str, now: datetime) -> bool:
        """Keep what it says of a listed patient; False if the patient is not listed, or it says nothing new."""
        with store.transaction() as whole:
            known = people.of(whole, tenant, patient)
            if known is None:
                return False
            visit, appointment = self._tells_visit(known), self._tells_appointment(known, now)
            if visit:
                people.visit(whole, tenant, patient, self.last_visit, now)
            if appointment:
                people.appoint(whole, tenant, patient, self.coming, now)
        return visit or appointment

    def _tells_visit(self, known: Known) -> bool:
        if self.seen or self.last_visit is None:
            return self.seen
        return known.last_visit is None or known.last_visit < self.last_visit

    def _tells_appointment(self, known: Known, now: datetime) -> bool:
        found, before = self.coming.appointment, known.appointment
        if self.asked or found is None:
            return self.asked
        return before is None or before < now or found < before


def visits_in(encounters: Iterable[Json], zone: ZoneInfo, today: date, *, whole: bool = True) -> Visits:
    """The day on which the latest Encounter began, of those that took place by today. `whole`: they are all there."""
    latest, doubt = None, not whole
    for each in encounters:
        try:
            day = _began(each, zone)
        except UnreadableResource:
            doubt = True
            continue
        if day is not None and day <= today and (latest is None or day > latest):
            latest = day
    return Visits(last_visit=latest, seen=not doubt)


def appointments_in(
    appointments: Iterable[Json], patients: Collection[str], now: datetime, *, whole: bool = True
) -> Visits:
    """The next Appointment of these patients that does not begin before now; where, and to whom.

    `patients`: the records of one person. `whole`: all that begin from now on are there.
    """
    coming: list[tuple[datetime, str, Json]] = []
    doubt = not whole
    for each in appointments:
        try:
            start = _start(each, patients)
        except UnreadableResource:
            doubt = True
            continue
        if start is not None and start >= now:
            coming.append((start, str(each.get("id")), each))
    if not coming:
        return Visits(asked=not doubt)
    start, _, chosen = min(coming, key=lambda each: each[:2])
    next_one = Coming(start, _participant(chosen, CLINICS), _participant(chosen, CLINICIANS))
    return Visits(coming=next_one, asked=not doubt)


def patients_of(appointment: Json) -> Iterator[str]:
    """The ids of the patients that take part in an Appointment."""
    for each in _participants(appointment):
        whose = _patient_in(each.get("actor"))
        if whose is not None:
            yield whose


def patient_of(encounter: Json) -> str | None:
    """The id of the patient of an Encounter."""
    return _patient_in(encounter.get("subject"))


def _start(appointment: Json, patients: Collection[str]) -> datetime | None:
    """When one of these is to come; None: they are not to. Raises UnreadableResource where that cannot be told."""
    status = _status(appointment, COMING, NOT_COMING)
    if status in NOT_COMING or _all_declined(appointment, patients):
        return None
    start = appointment.get("start")
    try:
        read = datetime.fromisoformat(start) if isinstance(start, str) else None
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise UnreadableResource("a time with its offset is expected here", "Appointment.start")
    try:
        return read.astimezone(UTC)
    except OverflowError:
        raise UnreadableResource("a time of no calendar", "Appointment.start") from None


def _all_declined(appointment: Json, patients: Collection[str]) -> bool:
    """Did the patient say that they will not come?"""
    theirs = [each.get("status") for each in _participants(appointment) if _patient_in(each.get("actor")) in patients]
    return bool(theirs) and all(each == DECLINED for each in theirs)


def _began(encounter: Json, zone: ZoneInfo) -> date | None:
    """When it began; None: it did not take place. Raises UnreadableResource where that cannot be told."""
    if _status(encounter, HELD, NOT_HELD) in NOT_HELD:
        return None
    period = encounter.get("period") or encounter.get("actualPeriod")
    start = period.get("start") if isinstance(period, Mapping) else None
    days = read_date(start, "Encounter.period.start", zone)
    if days.earliest != days.latest:
        raise UnreadableResource("it began on a day that is not told", "Encounter.period.start")
    return days.latest


def _status(resource: Json, yes: frozenset[str], no: frozenset[str]) -> str:
    """Its status, one of these. Raises UnreadableResource for another one, and for what may mean something else."""
    if isinstance(resource, dict) and is_twofold(resource):
        raise UnreadableResource("it says something twice", "status")
    refuse_modifiers(resource, str(resource.get("resourceType")))
    status = resource.get("status")
    if not isinstance(status, str) or status not in yes | no:
        raise UnreadableResource("a status that is not known", "status")
    return status


def _participant(appointment: Json, kinds: tuple[str, ...]) -> str | None:
    """What the first participant of these kinds is called."""
    for each in _participants(appointment):
        actor = each.get("actor")
        kind, display = _reference(actor).rpartition("/")[0], _of(actor, "display")
        if kind.rpartition("/")[2] in kinds and display is not None and display.strip():
            return display.strip()[:LONGEST]
    return None


def _participants(appointment: Json) -> list[Json]:
    listed = appointment.get("participant")
    return [each for each in (listed if isinstance(listed, list) else []) if isinstance(each, Mapping)]


def _patient_in(reference: object) -> str | None:
    kind, _, identity = _reference(reference).rpartition("/")
    return identity if kind.rpartition("/")[2] == "Patient" and identity else None


def _reference(reference: object) -> str:
    return _of(reference, "reference") or ""


def _of(reference: object, name: str) -> str | None:
    found = reference.get(name) if isinstance(reference, Mapping) else None
    return found if isinstance(found, str) else None
