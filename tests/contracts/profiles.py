"""The committed profiles, and whether a resource keeps to them: as much of FHIR's conformance as our profiles use.

`python -m tests.contracts.profiles` writes the examples again after the rendering has changed.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from service.eligibility.assess import assess
from service.eligibility.criteria import (
    EVER,
    AgeAtScreening,
    Bounds,
    ConditionPresent,
    Criterion,
    LookBack,
    Manual,
    ObservationValue,
    ProcedureDone,
    Study,
)
from service.eligibility.dates import Duration, Unit
from service.fhir.opinion import Opinion, PersonSaid, opinion_of
from service.fhir.publication import Found, Stamp, publication
from service.fhir.subject import BASE, Release, render_opinion
from service.fhir.subject_update import update_subject
from service.fhir.transaction import resolved
from tests.builders import AT, LOINC, concept, condition, knowledge, procedure, record, result
from tests.contracts.examples import PHRASES
from tests.shape.source import ROOT

Json = dict[str, Any]
DIRECTORY = ROOT / "profiles"
FILES = sorted(DIRECTORY.glob("*.json"))
RESOURCES: dict[str, Json] = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in FILES}
BY_URL: dict[str, Json] = {each["url"]: each for each in RESOURCES.values() if "url" in each}


SHOWN: dict[str, Release] = {
    "ResearchSubject-example-r4.json": "R4",
    "ResearchSubject-example-r5.json": "R5",
    "ResearchStudy-example-r4.json": "R4",
    "ResearchStudy-example-r5.json": "R5",
    "Provenance-example-r4.json": "R4",
    "List-example-r4.json": "R4",
    "Flag-example-r4.json": "R4",
    "Task-example-r4.json": "R4",
}
# The profile that a written resource keeps to, by its type; a ResearchSubject has tests of its own.
PROFILES = {
    "ResearchStudy": f"{BASE}/StructureDefinition/prescreening-study",
    "Provenance": f"{BASE}/StructureDefinition/screening-provenance",
    "List": f"{BASE}/StructureDefinition/screening-list",
    "Flag": f"{BASE}/StructureDefinition/screening-flag",
    "Task": f"{BASE}/StructureDefinition/screening-review",
}
QUARTER = LookBack(Duration(3, Unit.MONTH))
EXAMPLE = Study(
    "example",
    "1.0",
    "An example",
    (
        Criterion("I1", "inclusion", "Adults", AgeAtScreening(Bounds(at_least=Decimal(18)))),
        Criterion("I2", "inclusion", "A known haemoglobin", ObservationValue(("hb",), look_back=EVER)),
        Criterion("E1", "exclusion", "Recent surgery", ProcedureDone(("operation",), look_back=QUARTER)),
        Criterion("E2", "exclusion", "Cancer", ConditionPresent(("cancer",))),
        Criterion("E3", "exclusion", "Unable to consent", Manual("Is the person able to consent?")),
    ),
    entry=(ObservationValue(("hb",), look_back=EVER),),
)
FACTS = (
    result(concept("hb", text="haemoglobin", system=LOINC), "13.2"),
    procedure(concept("4", text="appendectomy")),
    condition(concept("2", text="lump of unknown origin")),
)


ASSESSED = assess(record(*FACTS), EXAMPLE, AT, knowledge())
NOON = f"{AT.isoformat()}T12:00:00+00:00"


def _with_people(opinion: Opinion) -> Opinion:
    """Somebody agrees that the person does not fit, answers what is for people to answer, and corrected a record."""
    answered = PersonSaid("not_met", "anna", NOON)
    findings = [replace(each, decided=answered) if each.criterion == "E3" else each for each in opinion.findings]
    state, corrected = PersonSaid("ineligible", "anna", NOON), (("Condition/9", "anna"),)
    return replace(opinion, findings=tuple(findings), state=state, corrected=corrected)


SAID = _with_people(opinion_of(ASSESSED, PHRASES))


def shown(release: Release) -> Json:
    """What an example of this release shows: a person whom a recent operation alone keeps out, for a while."""
    return _plain(render_opinion(SAID, release))


def written(release: Release) -> dict[str, Json]:
    """All that is written beside the ResearchSubject, by type, with the addresses that a server might give."""
    stamp = Stamp(datetime(AT.year, AT.month, AT.day, 12, tzinfo=UTC), "0.1.0", {"Observation/1": "2"})
    kinds = frozenset(PROFILES) | {"ResearchSubject"}
    sent = publication(SAID, release, Found(), stamp, fits=True, kinds=kinds).writes
    known = {each.full_url: f"{each.url.partition('/')[0]}/example" for each in sent}
    made = {str(each.resource["resourceType"]): _plain(resolved(each.resource, known)) for each in sent}
    return {kind: {"resourceType": kind, "id": "example", **made[kind]} for kind in PROFILES}


def taken_over(release: Release) -> Json:
    """The example again, after a person has set its state."""
    return _plain(update_subject(shown(release), shown(release), release, by_person=True).resource)


def example(name: str) -> Json:
    """What the example in this file shows."""
    kind, release = name.partition("-")[0], SHOWN[name]
    return shown(release) if kind == "ResearchSubject" else written(release)[kind]


def _plain(resource: object) -> Json:
    return json.loads(json.dumps(resource))  # type: ignore[no-any-return]


def urls(node: object) -> set[str]:
    """The absolute urls of all extensions below this node."""
    return {each["url"] for each in _extensions(node) if each["url"].startswith(BASE)}


def _extensions(node: object) -> Iterator[Json]:
    if isinstance(node, dict):
        yield from node.get("extension", ())
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _extensions(each)


def parts(profile: Json) -> dict[str, Json]:
    """The slices of its extensions: what the profile says of each, by its name."""
    return {each["sliceName"]: each for each in profile["differential"]["element"] if "sliceName" in each}


def element(profile: Json, identity: str) -> Json:
    """What the profile says of one element, by its id; nothing if it does not name it."""
    return next((each for each in profile["differential"]["element"] if each["id"] == identity), {})


def codes(value_set: str) -> list[tuple[str, str]]:
    """(system, code) of every code of one of our value sets."""
    found = []
    for group in BY_URL[value_set]["compose"]["include"]:
        listed = group.get("concept") or BY_URL[group["system"]]["concept"]
        found += [(group["system"], each["code"]) for each in listed]
    return found


def broken(extension: Json) -> Iterator[str]:
    """Where an extension of ours does not keep to its definition."""
    profile = BY_URL[extension["url"]]
    known = parts(profile)
    if not known:
        yield from _wrong_value(extension, element(profile, "Extension.value[x]"), extension["url"])
        return
    given = [each["url"] for each in extension.get("extension", ())]
    yield from (f"{each}: not defined" for each in sorted(set(given) - known.keys()))
    for name, part in known.items():
        yield from _wrong_count(given.count(name), part, name)
    for each in extension["extension"]:
        if each["url"] in known:
            value = element(profile, f"Extension.extension:{each['url']}.value[x]")
            yield from _wrong_value(each, value, each["url"])


def _wrong_count(count: int, part: Json, name: str) -> Iterator[str]:
    if count < part["min"] or (part["max"] != "*" and count > int(part["max"])):
        yield f"{name}: {count} times, not {part['min']} to {part['max']}"


def _wrong_value(given: Json, wanted: Json, name: str) -> Iterator[str]:
    kind = wanted["type"][0]["code"]
    key = f"value{kind[0].upper()}{kind[1:]}"
    if set(given) != {"url", key}:
        yield f"{name}: {sorted(given)}, not {key}"
    elif "binding" in wanted and given[key] not in {code for _, code in codes(wanted["binding"]["valueSet"])}:
        yield f"{name}: {given[key]} is no code of its value set"


def broken_subject(subject: Json) -> Iterator[str]:
    """Where a ResearchSubject of R4 does not keep to our profile."""
    for each in subject["extension"]:
        yield from broken(each) if each["url"] in BY_URL else (f"{each['url']}: not defined",)
    yield from broken_resource(subject, BY_URL[f"{BASE}/StructureDefinition/prescreened-subject"])


def broken_resource(resource: Json, profile: Json) -> Iterator[str]:
    """Where a resource of R4 does not keep to this profile; the extensions of ours that it carries included."""
    for each in _extensions(resource):
        yield from broken(each) if each["url"] in BY_URL else ()
    for name, part in parts(profile).items():
        (url,) = part["type"][0]["profile"]
        given = _at(resource, part["path"].split(".")[1:])
        yield from _wrong_count([each["url"] for each in given].count(url), part, name)
    for each in profile["differential"]["element"]:
        if "sliceName" not in each and "." in each["id"]:
            yield from _wrong_element(resource, each)


def _wrong_element(subject: Json, wanted: Json) -> Iterator[str]:
    *above, last = wanted["path"].split(".")[1:]
    for each in _at(subject, above):
        yield from _wrong_part(each, last, wanted)


def _wrong_part(above: Json, last: str, wanted: Json) -> Iterator[str]:
    found = _choice(above, last.removesuffix("[x]")) if last.endswith("[x]") else _at(above, [last])
    if not wanted.get("min", 0) <= len(found) <= float(wanted.get("max", "inf").replace("*", "inf")):
        yield f"{wanted['path']}: {len(found)} times"
    if "fixedUri" in wanted and set(found) != {wanted["fixedUri"]}:
        yield f"{wanted['path']}: {found}, not {wanted['fixedUri']}"
    if "binding" in wanted and not set(found) <= {code for _, code in codes(wanted["binding"]["valueSet"])}:
        yield f"{wanted['path']}: {found} is no code of its value set"


def _at(node: object, path: list[str]) -> list[Any]:
    """Every value at this path."""
    if isinstance(node, list):
        return [found for each in node for found in _at(each, path)]
    if not path:
        return [node]
    return _at(node[path[0]], path[1:]) if isinstance(node, Mapping) and path[0] in node else []


def _choice(node: Json, stem: str) -> list[Any]:
    """The values of the elements that a choice stands for."""
    return [value for key, value in node.items() if key.startswith(stem) and key[len(stem) :][:1].isupper()]


if __name__ == "__main__":
    for name in SHOWN:
        text = json.dumps(example(name), indent=2, ensure_ascii=False)
        (DIRECTORY / name).write_text(text + "\n", encoding="utf-8")
