"""What is wrong with a line that nobody can need, costs nobody anything, however the line was reached.

A sieve passes over such lines whatever is wrong with them; so they are passed over, too, where they begin with a blank,
and in a file that has to be parsed line by line.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from service.screening.population import gather
from service.screening.request import Progress, Request
from service.screening.sources import find_sources
from service.screening.tally import Reject
from tests.builders import AT
from tests.screening import shipped
from tests.screening.test_sieve import DRUG, PULSE, compact, facts
from tests.screening.world import Json, Result, by_type, cancer, encounter, export, haemoglobin, patient, run

UNKNOWN = {"modifierExtension": [{"url": "x"}]}
ABOUT_P: Json = {"id": "x", "status": "completed", "subject": {"reference": "Patient/p"}}
PRESSURE = {"coding": [{"system": "http://snomed.info/sct", "code": "38341003", "display": "Hypertension"}]}
NEEDLESS: dict[str, Json] = {
    "Observation": haemoglobin("x", **PULSE),
    "Encounter": encounter("x", period={"start": "1999-01-01", "end": "1999-01-02"}),
    "Condition": cancer("x", code=PRESSURE),
    "Procedure": {"resourceType": "Procedure", **ABOUT_P, "code": {"text": "x-ray"}},
    "AllergyIntolerance": {
        "resourceType": "AllergyIntolerance",
        "id": "x",
        "patient": {"reference": "Patient/p"},
        "code": {"text": "pollen"},
    },
    **{
        name: {**json.loads(DRUG % (b"Simvastatin", b"2001-01-01")), **ABOUT_P, "resourceType": name}
        for name in ("MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration")
    },
}
BENT: dict[str, Json] = {
    "changed by something unknown": UNKNOWN,
    "a status that is none": {"status": 7, "verificationStatus": 7, "clinicalStatus": 7},
    "of nobody": {"subject": None, "patient": None},
    "of something that is no reference": {"subject": 7, "patient": 7},
    "days that are none": dict.fromkeys(("onsetDateTime", "authoredOn", "whenHandedOver"), "2019-13-77"),
    "a period that is none": {"period": 7, "effectivePeriod": 7},
    "a version that is none": {"meta": {"versionId": 7}},
    "a dosage that is none": {"dosageInstruction": 7, "dosage": 7},
}
BROKEN: dict[str, bytes] = {
    "no value": b',"valueString":}',
    "no UTF-8": b',"valueString":"\xe4"}',
    "no number": b',"valueDecimal":1e999}',
    "a key twice": b',"note":1,"note":2}',
    "nested too deeply": b',"note":' + b"[" * 300 + b"]" * 300 + b"}",
}
LINES = {
    **{f"{name} {how}": compact({**line, **more}) for name, line in NEEDLESS.items() for how, more in BENT.items()},
    **{f"{name} {how}": compact(line)[:-1] + end for name, line in NEEDLESS.items() for how, end in BROKEN.items()},
}
WAYS = {"as it is": (b"", []), "behind a blank": (b" ", []), "in a file that is parsed": (b"", [patient("stray")])}


TYPES: Any = {each: [] for each in NEEDLESS if each != "Encounter"}
CODED = frozenset(TYPES) - {"Observation"}  # of which a parser looks for the concept


def screened(source: Path) -> Result:
    return run(source, studies=(shipped.STUDY,), world=shipped.catalog())


def gathered(source: Path) -> Any:
    found = facts(source, sifted=True, world=shipped.catalog(), study=shipped.STUDY)
    assert found == facts(source, sifted=False, world=shipped.catalog(), study=shipped.STUDY)
    return found


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export without any such line."""
    return export(tmp_path_factory.mktemp("without") / "in", **TYPES)


def answers(result: Result) -> list[tuple[object, ...]]:
    findings: Any = result.assessments["p"]["findings"]
    return [(each["criterion"], each["outcome"], each["reasons"]) for each in findings]


def type_of(line: bytes) -> str:
    return str(json.loads(line[: line.index(b",")] + b"}")["resourceType"])


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
@pytest.mark.parametrize(("before", "others"), WAYS.values(), ids=WAYS.keys())
def test_what_is_wrong_with_it_costs_nothing_on_any_way(
    line: bytes, before: bytes, others: list[object], without: Path, tmp_path: Path
) -> None:
    name = type_of(line)
    lines = [*(encounter("e"),)[: name == "Encounter"], *others, before + line]
    people, _, _, rejects = gathered(export(tmp_path / "in", **{**TYPES, name: lines}))
    broken = name in CODED and line.endswith(BROKEN["no value"])
    assert len(rejects) == broken
    assert broken or people["p"] == gathered(without)[0]["p"]


@pytest.mark.parametrize("before", [b"", b" "], ids=["sifted", "parsed"])
def test_it_is_so_in_buckets(before: bytes, without: Path, tmp_path: Path) -> None:
    files: Any = {**TYPES, "Encounter": [encounter("e")]}
    for number, line in enumerate(LINES.values()):
        if type_of(line) not in CODED or not line.endswith(BROKEN["no value"]):
            files[type_of(line)] = [*files[type_of(line)], before + line.replace(b'"x"', b'"x%d"' % number, 1)]
    result = screened(export(tmp_path / "in", **files))
    assert answers(result) == answers(screened(without))
    assert not result.rejects
    assert by_type(result, "Observation") == {"read": 13, "not_needed": 13}


NEEDED: dict[str, Json] = {
    "a cancer": cancer("x", code={"text": "Carcinoma of the lung"}),
    "a steroid": {**NEEDLESS["MedicationDispense"], "medicationCodeableConcept": {"text": "Prednisolone 5 mg"}},
    "a drug that refers to a product, too": {
        **NEEDLESS["MedicationDispense"],
        "medicationReference": {"reference": "Medication/none"},
    },
    "a result": haemoglobin("x", code={"coding": [{"system": "http://loinc.org", "code": "718-7"}]}),
}


@pytest.mark.parametrize("resource", NEEDED.values(), ids=NEEDED.keys())
@pytest.mark.parametrize("end", BROKEN.values(), ids=BROKEN.keys())
def test_what_could_be_needed_spoils_as_ever(resource: Json, end: bytes, tmp_path: Path) -> None:
    name: Any = resource["resourceType"]
    for number, (before, others) in enumerate(WAYS.values()):
        lines: list[object] = [*others, before + compact(resource)[:-1] + end]
        people, _, _, rejects = gathered(export(tmp_path / str(number) / "in", **{**TYPES, name: lines}))
        assert len(rejects) == 1
        assert people["p"][2]


def test_coverage_counts_what_screening_counts(tmp_path: Path) -> None:
    broken = compact(haemoglobin("x", **PULSE))[:-1] + BROKEN["no value"]
    source = export(tmp_path / "in", Observation=[broken])
    rejects: list[Reject] = []
    request = Request(find_sources([source]), (shipped.STUDY,), AT)
    found = gather(shipped.catalog(), request, rejects.append, Progress(), counted=True)
    assert not rejects
    assert not found.population.people["p"].unreadable


NAMED_ALIKE = [haemoglobin("x", **PULSE, status=each) for each in ("final", "amended", "corrected")]
ASKED = haemoglobin("x", code={"coding": [{"system": "http://loinc.org", "code": "718-7"}]})


@pytest.mark.parametrize("before", [b"", b" "], ids=["sifted", "parsed"])
def test_versions_of_what_nobody_needs_may_contradict_each_other(before: bytes, tmp_path: Path) -> None:
    lines: list[object] = [before + compact(each) for each in NAMED_ALIKE]
    result = screened(export(tmp_path / "in", Observation=lines))
    assert by_type(result, "Observation") == {"read": 3, "not_needed": 3}


@pytest.mark.parametrize("before", [b"", b" "], ids=["sifted", "parsed"])
@pytest.mark.parametrize("end", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_version_of_what_is_needed_makes_it_unreadable(before: bytes, end: bytes, tmp_path: Path) -> None:
    """Nobody can tell which of them came later."""
    broken = before + compact(haemoglobin("x", **PULSE))[:-1] + end
    for number, lines in enumerate(([broken, ASKED], [ASKED, broken])):
        source = export(tmp_path / str(number) / "in", Observation=[compact(haemoglobin("n", **PULSE)), *lines])
        result = screened(source)
        assert by_type(result, "Observation") == {"read": 3, "not_needed": 1, "unreadable": 2}
        assert result.answer("I2")[0] == "unknown"
