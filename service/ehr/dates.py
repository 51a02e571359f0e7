"""Dates of a search, applied here again: a server may ignore them. Only what is surely outside is left out."""

import re
from calendar import monthrange
from datetime import date

from service.eligibility.dates import ALWAYS, ANY_DAY, FOREVER, Days, shift

WRITTEN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T.*)?)?)?$", re.ASCII)
BOUND = re.compile(r"(ge|gt|le|lt|eq)?(\d{4}.*)$", re.ASCII)
ZONES = 1  # days: an instant may be dated a day earlier or later in another time zone
# Elements that a parameter of a type searches. One that is not listed is left to the server and the criteria.
ELEMENTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("AllergyIntolerance", "date"): ("recordedDate",),
    ("AdverseEvent", "date"): ("date",),
    ("Condition", "onset-date"): ("onsetDateTime", "onsetPeriod"),
    ("Condition", "recorded-date"): ("recordedDate",),
    ("Consent", "date"): ("dateTime",),
    ("DiagnosticReport", "date"): ("effectiveDateTime", "effectivePeriod"),
    ("Encounter", "date"): ("period",),
    ("Immunization", "date"): ("occurrenceDateTime",),
    ("MedicationAdministration", "effective-time"): ("effectiveDateTime", "effectivePeriod"),
    ("MedicationDispense", "whenhandedover"): ("whenHandedOver",),
    ("MedicationRequest", "authoredon"): ("authoredOn",),
    ("MedicationStatement", "effective"): ("effectiveDateTime", "effectivePeriod"),
    ("Observation", "date"): ("effectiveDateTime", "effectivePeriod", "effectiveInstant"),
    ("Procedure", "date"): ("performedDateTime", "performedPeriod"),
}
LAST_UPDATED = "_lastUpdated"


def surely_outside(resource: dict[str, object], name: str, value: str) -> bool:
    """Is this resource dated surely outside of what `name=value` asks for? No, if it has no date, or an odd one."""
    asked = _asked(value)
    if asked is None:
        return False
    said = _said(resource, name)
    return said is not None and not said.overlaps(Days(shift(asked.earliest, -ZONES), shift(asked.latest, ZONES)))


def _asked(value: str) -> Days | None:
    """The days a value of a search stands for; None for prefixes and shapes that are left to the server."""
    found = BOUND.match(value)
    day = _days(found[2]) if found else None
    if found is None or day is None:
        return None
    if found[1] in ("ge", "gt"):
        return Days(day.earliest, FOREVER)
    return Days(ALWAYS, day.latest) if found[1] in ("le", "lt") else day


def _said(resource: dict[str, object], name: str) -> Days | None:
    if name == LAST_UPDATED:
        meta = resource.get("meta")
        return _of(meta.get("lastUpdated")) if isinstance(meta, dict) else None
    elements = ELEMENTS.get((str(resource.get("resourceType")), name), ())
    return next((_of(resource[each]) for each in elements if each in resource), None)


def _of(value: object) -> Days | None:
    if isinstance(value, str):
        return _days(value)
    if not isinstance(value, dict):
        return None
    start = _days(value["start"]) if isinstance(value.get("start"), str) else ANY_DAY
    end = _days(value["end"]) if isinstance(value.get("end"), str) else ANY_DAY
    if start is None or end is None or start.earliest > end.latest:
        return None
    return Days(start.earliest, end.latest)


def _days(text: str) -> Days | None:
    found = WRITTEN.match(text.strip())
    if found is None:
        return None
    year, month, day = (int(each) if each else None for each in found.groups())
    try:
        first = date(year or 0, month or 1, day or 1)
        last = date(first.year, month or 12, day or monthrange(first.year, month or 12)[1])
    except ValueError:
        return None
    return Days(first, last)
