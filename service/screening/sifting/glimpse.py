"""A result of which nobody asks what it says: whose it is and on what day, if that alone is certain from its line.

It shows that the person was seen, and nothing else of it is read. Where anything could make it say something else, it
is read as any other.
"""

from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from service.errors import UnreadableResource
from service.fhir.dates import read_event_date
from service.fhir.observations import RANKS
from service.fhir.references import reference_key

ONCE = (b'"status"', b'"subject"', b'"effectiveDateTime"')
OTHER_DAYS = (b'"effectivePeriod"', b'"effectiveInstant"', b'"effectiveTiming"')
NEVER = (*OTHER_DAYS, b'"patient"', b'"focus"', b"modifierExtension", b"implicitRules")


class Glimpse(NamedTuple):
    """The person, and the day on which a result shows that they were seen."""

    patient: str
    day: date


class Subject(msgspec.Struct):
    """What is read of a reference."""

    reference: str


class Line(msgspec.Struct):
    """What is read of an Observation."""

    status: str
    subject: msgspec.Raw
    effective: str = msgspec.field(name="effectiveDateTime")


DECODER = msgspec.json.Decoder(Line)
SUBJECT = msgspec.json.Decoder(Subject)


def glimpse_of(line: bytes, zone: ZoneInfo) -> Glimpse | None:
    """What an Observation shows; None where it has to be read to know."""
    if any(line.count(each) != 1 for each in ONCE) or any(each in line for each in NEVER):
        return None
    try:
        seen = DECODER.decode(line)
        days = read_event_date(seen.effective, "Observation.effective", zone)
        whose = _patient(bytes(seen.subject))
    except (msgspec.MsgspecError, UnreadableResource):
        return None
    return Glimpse(whose, days.earliest) if whose is not None and seen.status in RANKS and days.exact else None


def _patient(subject: bytes) -> str | None:
    key = reference_key(SUBJECT.decode(subject).reference, "subject") if subject.count(b'"reference"') == 1 else None
    return key.removeprefix("Patient/") if key is not None and key.startswith("Patient/") else None
