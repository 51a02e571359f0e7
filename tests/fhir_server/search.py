"""Searching: which resources meet which parameters. What a parameter means is a table."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fhir_server.problems import Refusal

Resource = dict[str, Any]
Params = list[tuple[str, str]]
RESULT = {"_count", "_sort", "_include", "_revinclude", "_format", "_total", "_pretty", "_summary", "_elements"}
DATES = {
    "date": "effectiveDateTime effectivePeriod effectiveInstant performedDateTime performedPeriod occurrenceDateTime "
    "period recordedDate date dateTime start".split(),
    "authoredon": ["authoredOn"],
    "onset-date": ["onsetDateTime", "onsetPeriod"],
    "recorded-date": ["recordedDate"],
    "effective": ["effectiveDateTime", "effectivePeriod"],
    "effective-time": ["effectiveDateTime", "effectivePeriod"],
    "whenhandedover": ["whenHandedOver"],
}
TOKENS = {
    "code": ["code", "medicationCodeableConcept", "vaccineCode"],
    "combo-code": ["code"],
    "vaccine-code": ["vaccineCode"],
    "category": ["category"],
    "clinical-status": ["clinicalStatus"],
    "status": ["status"],
    "identifier": ["identifier"],
    "gender": ["gender"],
    "class": ["class"],
}
REFERENCES = {
    "patient": ["patient", "subject", "individual", "for", "beneficiary", "participant"],
    "actor": ["participant"],
    "subject": ["subject", "patient", "individual"],
    "individual": ["individual"],
    "study": ["study"],
    "target": ["target"],
    "focus": ["focus"],
    "medication": ["medicationReference"],
    "link": ["link"],
}
INCLUDED = {"medication": "medicationReference", "patient": "subject", "subject": "subject", "study": "study"}
KNOWN = {*DATES, *TOKENS, *REFERENCES, "_id", "_lastUpdated", "url", "name"}
AGES = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))


def found(resources: Iterable[Resource], params: Params) -> list[Resource]:
    return [each for each in resources if meets(each, params)]


def used(params: Params, *, strict: bool) -> Params:
    """The parameters that the server knows. Strict: 400 for another one; else it is ignored, as the standard has it."""
    unknown = [name for name, _ in params if name not in RESULT and _bare(name) not in KNOWN]
    if unknown and strict:
        raise Refusal(400, "not-supported", "unknown search parameters")
    return [each for each in params if each[0] not in unknown]


def meets(resource: Resource, params: Params) -> bool:
    return all(_meets(resource, name, value) for name, value in params if name not in RESULT)


def included(resources: Iterable[Resource], wanted: Iterable[str], read: Any) -> list[Resource]:
    """The resources that `_include` asks for; those that are not there are left out."""
    result = {}
    for parameter in (each.split(":")[1] for each in wanted):
        for resource in resources:
            for kind, id in _targets(resource, [INCLUDED.get(parameter, parameter)]):
                try:
                    result[kind, id] = read(kind, id)
                except Refusal:
                    continue
    return list(result.values())


def _bare(name: str) -> str:
    return name.split(":")[0].split(".")[0]


def _meets(resource: Resource, name: str, value: str) -> bool:
    bare = _bare(name)
    if name.endswith(":missing"):
        return (value == "true") != any(each in resource for each in {**DATES, **TOKENS, **REFERENCES}[bare])
    if bare == "_id":
        return resource["id"] in value.split(",")
    if bare == "url":
        return value in (resource.get("url"), resource.get("endpoint"), resource.get("channel", {}).get("endpoint"))
    if bare == "name":
        return value.lower() in str(resource.get("name", "")).lower()
    if bare == "_lastUpdated":
        return _in_time([resource["meta"]["lastUpdated"]], value)
    if bare in DATES:
        return _in_time([resource[each] for each in DATES[bare] if each in resource], value)
    if bare in REFERENCES:
        wanted = {each.rpartition("/")[2] for each in value.split(",")}
        return any(id in wanted for _, id in _targets(resource, REFERENCES[bare]))
    elements = [each for element in TOKENS[bare] for each in _listed(resource.get(element))]
    if bare == "combo-code":
        elements += [each["code"] for each in resource.get("component", ())]
    return any(_is_token(each, token) for each in elements for token in value.split(","))


def _targets(resource: Resource, elements: Iterable[str]) -> list[tuple[str, str]]:
    found = [each for element in elements for each in _listed(resource.get(element))]
    references = [each.get("actor", each.get("other", each)).get("reference", "") for each in found]
    return [(each.split("/")[-2], each.split("/")[-1]) for each in references if each.count("/") >= 1]


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _is_token(value: Any, token: str) -> bool:
    system, bar, code = token.rpartition("|")
    if isinstance(value, str):
        return value == code
    pairs = [(each.get("system"), each.get("code")) for each in value.get("coding", ())]
    pairs += [(value.get("system"), value[each]) for each in ("value", "code") if isinstance(value.get(each), str)]
    return any(own == code and (not bar or (own_system or "") == system) for own_system, own in pairs)


def _in_time(values: list[Any], asked: str) -> bool:
    prefix, text = (asked[:2], asked[2:]) if asked[:2].isalpha() else ("eq", asked)
    low, high = _span(text)
    for value in values:
        first, last = _period(value)
        if {
            "eq": first <= high and last >= low,
            "ge": last >= low,
            "gt": last > high,
            "le": first <= high,
            "lt": first < low,
        }[prefix]:
            return True
    return False


def _period(value: Any) -> tuple[datetime, datetime]:
    if isinstance(value, str):
        return _span(value)
    start, end = value.get("start"), value.get("end")
    return (_span(start)[0] if start else AGES[0], _span(end)[1] if end else AGES[1])


def _span(text: str) -> tuple[datetime, datetime]:
    """The first and last instant of a date of any precision."""
    if "T" in text:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return at, at
    year, month, day = (*(int(each) for each in text.split("-")), 0, 0)[:3]
    first = datetime(year, month or 1, day or 1, tzinfo=UTC)
    if day:
        after = first + timedelta(days=1)
    else:
        after = datetime(year + (not month or month == 12), (month % 12) + 1 if month else 1, 1, tzinfo=UTC)
    return first, after - timedelta(microseconds=1)
