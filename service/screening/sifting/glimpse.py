"""A record of which nobody asks what it says: whose it is and on what day, if that alone is certain from its line.

It shows that the person was seen, and nothing else of it is read. Where anything could make it say something else, it
is read as any other.
"""

from datetime import date
from functools import lru_cache
from typing import Annotated, ClassVar, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import orjson

from service.eligibility.facts import Certainty
from service.errors import UnreadableResource
from service.fhir.dates import read_event_date
from service.fhir.elements import read_concepts
from service.fhir.encounters import GOING_ON, OVER
from service.fhir.medications import DISPENSED, GIVEN, ORDERED, ORDERS
from service.fhir.observations import RANKS
from service.fhir.references import reference_key
from service.screening.sifting.traces import Trace

# Whatever holds one of these, at any depth, has to be read to know what it says: to be looked for before.
CHANGED = tuple(map(Trace, (b"modifierExtension", b"implicitRules", b"observation-focusCode", b'"dataAbsentReason"')))
UNSAID = msgspec.Raw()
# What reading a line raises where it is not what it should be, no UTF-8, or nested too deeply.
ILLEGIBLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
# No number is one; so that whatever stands there, null too, is refused.
Nowhere = Annotated[int, msgspec.Meta(gt=0, lt=0)]
ABSENT = 0
STATUS, SUBJECT = b'"status"', b'"subject"'
MOST_REMEMBERED = 8_192


class Glimpse(NamedTuple):
    """The person, and the day on which a record shows that they were seen."""

    patient: str
    day: date


class About(msgspec.Struct, gc=False):
    """What is read of a record of which it is asked whose it is."""

    subject: msgspec.Raw
    patient: Nowhere = ABSENT


class Reference(msgspec.Struct, gc=False):
    """What is read of a reference."""

    reference: str


class Meta(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What is read of a record's meta, though it does not matter: it has to be legible."""

    version_id: str | None = None


class Extension(msgspec.Struct, gc=False):
    """What is read of an extension that says nothing to us: it has to be one."""


class Line(msgspec.Struct, gc=False, rename="camel", tag_field="resourceType"):
    """What is read of any record. `keys`: what has to be there once. What must stand Nowhere makes it say
    something else, such as another person or day.

    Each kind tells by `days` the one day that it shows; None: it has to be read to know.
    """

    keys: ClassVar[tuple[bytes, ...]] = (STATUS, SUBJECT)

    status: str
    subject: msgspec.Raw
    meta: Meta = Meta()
    patient: Nowhere = ABSENT
    verification_status: Nowhere = ABSENT
    modifier_extension: Nowhere = ABSENT


class Observation(Line, gc=False, rename="camel", tag="Observation", kw_only=True):
    """A result."""

    keys: ClassVar[tuple[bytes, ...]] = (STATUS, SUBJECT, b'"effective')  # whatever it is that says when

    effective_date_time: str
    focus: Nowhere = ABSENT
    extension: list[Extension] = []

    def days(self, zone: ZoneInfo) -> date | None:
        """The day of a result that was not taken back."""
        return _day(self.effective_date_time, zone) if self.status in RANKS else None


class Period(msgspec.Struct, gc=False):
    """A Period with both ends."""

    start: str
    end: str


class Encounter(Line, gc=False, rename="camel", tag="Encounter", kw_only=True):
    """A visit. Concepts that nobody asks for have to be legible."""

    keys: ClassVar[tuple[bytes, ...]] = (STATUS, SUBJECT, b'"period"', b'"start"', b'"end"', b'"class"')

    period: Period
    actual_period: Nowhere = ABSENT  # as newer releases have it, and reasons, too
    reason: Nowhere = ABSENT
    class_: msgspec.Raw = msgspec.field(default=UNSAID, name="class")
    type: msgspec.Raw = UNSAID
    reason_code: msgspec.Raw = UNSAID

    def days(self, zone: ZoneInfo) -> date | None:
        """The day of a visit that was held, and began and ended on it."""
        day = _day(self.period.start, zone) if self.status in HELD else None
        concepts = self.class_, self.type, self.reason_code
        legible = day is not None and all(_legible(bytes(each)) for each in concepts if each is not UNSAID)
        return day if legible and _day(self.period.end, zone) == day else None


class Request(Line, gc=False, rename="camel", tag="MedicationRequest", kw_only=True):
    """An order of a drug that nobody asks for."""

    keys: ClassVar[tuple[bytes, ...]] = (STATUS, SUBJECT, b'"authoredOn"', b'"intent"')

    intent: str
    authored_on: str
    do_not_perform: bool = False

    def days(self, zone: ZoneInfo) -> date | None:
        """The day on which it was ordered."""
        ordered = ORDERED.get(self.status) is Certainty.SURE and self.intent in ORDERS and not self.do_not_perform
        return _day(self.authored_on, zone) if ordered else None


class Dispense(Line, gc=False, rename="camel", tag="MedicationDispense", kw_only=True):
    """A drug that nobody asks for, handed out."""

    keys: ClassVar[tuple[bytes, ...]] = (STATUS, SUBJECT, b'"whenHandedOver"')

    when_handed_over: str

    def days(self, zone: ZoneInfo) -> date | None:
        """The day on which it was handed out."""
        return _day(self.when_handed_over, zone) if DISPENSED.get(self.status) is Certainty.SURE else None


class Administration(Line, gc=False, rename="camel", tag="MedicationAdministration", kw_only=True):
    """A drug that nobody asks for, given."""

    keys: ClassVar[tuple[bytes, ...]] = (STATUS, SUBJECT, b'"effectiveDateTime"')

    effective_date_time: str
    occurence_date_time: Nowhere = ABSENT  # as newer releases spell it

    def days(self, zone: ZoneInfo) -> date | None:
        """The day on which it was given."""
        return _day(self.effective_date_time, zone) if GIVEN.get(self.status) is Certainty.SURE else None


HELD = GOING_ON | OVER
READ = msgspec.json.Decoder(Observation | Encounter | Request | Dispense | Administration).decode
READ_SUBJECT = msgspec.json.Decoder(About).decode
READ_REFERENCE = msgspec.json.Decoder(Reference).decode


def glimpse_of(line: bytes, zone: ZoneInfo) -> Glimpse | None:
    """What a line shows that holds nothing CHANGED, and no concept that is asked for; None where it has to be read to
    know."""
    try:
        seen = READ(line)
    except ILLEGIBLE:
        return None
    for key in seen.keys:
        if line.count(key) != 1:
            return None
    whose, day = _patient(bytes(seen.subject)), seen.days(zone)
    return None if whose is None or day is None else Glimpse(whose, day)


def sole_subject(line: bytes) -> str | None:
    """The patient a line is about, if there is but one place in it that could tell."""
    try:
        seen = READ_SUBJECT(line)
    except ILLEGIBLE:
        return None
    return _patient(bytes(seen.subject)) if line.count(SUBJECT) == 1 else None


@lru_cache(MOST_REMEMBERED)
def _day(written: str, zone: ZoneInfo) -> date | None:
    try:
        days = read_event_date(written, "date", zone)
    except UnreadableResource:
        return None
    return days.earliest if days.exact else None


@lru_cache(MOST_REMEMBERED)
def _patient(subject: bytes) -> str | None:
    """The one that a reference names; what is said of one person follows upon another."""
    if subject.count(b'"reference"') != 1:
        return None
    try:
        key = reference_key(READ_REFERENCE(subject).reference, "subject")
    except (*ILLEGIBLE, UnreadableResource):
        return None
    return key.removeprefix("Patient/") if key is not None and key.startswith("Patient/") else None


@lru_cache(MOST_REMEMBERED)
def _legible(concepts: bytes) -> bool:
    try:
        read_concepts(orjson.loads(concepts), "concept")
    except (orjson.JSONDecodeError, UnreadableResource):
        return False
    return True
