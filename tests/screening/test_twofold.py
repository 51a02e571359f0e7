"""A resource in which a key stands twice is unreadable on every way in: neither it nor silence near it is an answer.

Parsers keep the last value: `"code": cancer, "code": harmless` would read as harmless.
"""

import json
from pathlib import Path

import pytest

from service.errors import MalformedContent
from service.screening.cds import prefetched
from service.screening.one_bundle import screen_bundle
from service.screening.plan import Search
from service.twofold import TWICE, is_twofold
from tests.builders import AT, SCT, twice
from tests.screening.world import STUDY, Json, cancer, catalog, encounter, export, haemoglobin, patient, run

MET, NOT_MET = ("met", ()), ("not_met", ())
NOT_LOADED = ("unknown", ("not-loaded",))
UNREADABLE = ("unknown", ("unreadable",))
HARMLESS = {"coding": [{"system": SCT, "code": "99"}]}
REFUTED = {"coding": [{"code": "refuted"}]}
OLD = {"meta": {"lastUpdated": "2020-01-01T00:00:00Z"}}
NEW = {"meta": {"lastUpdated": "2026-01-01T00:00:00Z"}}


def plain(resource: Json) -> bytes:
    return json.dumps(resource).encode()


def inside(resource: Json, name: str, raw: bytes) -> bytes:
    """The resource with this JSON as one of its elements."""
    return json.dumps(resource | {name: "HERE"}).encode().replace(b'"HERE"', raw)


CODED = b'{"coding":[{"system":"%s","code":"1","code":"99"}]}' % SCT.encode()
OF_P = {
    "the code": twice(cancer(), code=HARMLESS),
    "the code, the same again": twice(cancer(), code=cancer()["code"]),
    "the status": twice(cancer(verificationStatus={}), verificationStatus=REFUTED),
    "a date": twice(cancer(), onsetDateTime="2099"),
    "within a coding": inside(cancer(), "code", CODED),
    "within an extension that nobody reads": inside(cancer(), "extension", b'[{"url":"x","url":"y"}]'),
    "the id": twice(cancer(), id="d"),
    "the type": twice(cancer(), resourceType="Condition"),
    "the subject, the same again": twice(cancer(), subject={"reference": "Patient/p"}),
    "the subject, once as an absolute address": twice(cancer(), subject={"reference": "https://x.example/Patient/p"}),
    "a key with an escape": plain(cancer()).replace(b'"code": {', b'"c\\u006fde":{},"code": {'),
}
OF_NOBODY = {
    "the subject": twice(cancer(), subject={"reference": "Patient/q"}),
    "the reference": inside(cancer(), "subject", b'{"reference":"Patient/p","reference":"Patient/q"}'),
    "two words for the subject": twice(cancer(), id="c", patient={"reference": "Patient/q"}),
    "somebody who is not there": twice(cancer(of="x"), code=HARMLESS),
}


@pytest.mark.parametrize("line", OF_P.values(), ids=OF_P)
def test_it_is_unreadable_for_the_person_whom_it_names(tmp_path: Path, line: bytes) -> None:
    people, seen = [patient("p"), patient("q")], [encounter("e", "p"), encounter("f", "q")]
    result = run(export(tmp_path / "in", Patient=people, Encounter=seen, Condition=[line]))
    assert result.counts == (4, 0, 1, 0)
    assert (result.answer("E1", "p"), result.answer("E1", "q")) == (UNREADABLE, NOT_MET)
    (reject,) = result.rejects
    assert reject["disposition"] == "unreadable" and reject["reason"] == TWICE
    assert reject["type"] == "Condition"


@pytest.mark.parametrize("line", OF_NOBODY.values(), ids=OF_NOBODY)
def test_where_it_names_nobody_for_certain_its_type_is_incomplete(tmp_path: Path, line: bytes) -> None:
    people, seen = [patient("p"), patient("q")], [encounter("e", "p"), encounter("f", "q")]
    result = run(export(tmp_path / "in", Patient=people, Encounter=seen, Condition=[line]))
    assert result.counts[2] == 1
    assert result.answer("E1", "p") == result.answer("E1", "q") == NOT_LOADED
    assert result.summary["incomplete_for_everybody"] == {"Condition": 1}


TYPES = {
    "first": (twice(haemoglobin(), resourceType="Condition"), UNREADABLE),
    "last": (twice(cancer(), resourceType="Observation"), UNREADABLE),
    "the last one is of no interest": (twice(cancer(), resourceType="Organization"), UNREADABLE),
    "one of them is no type": (twice(cancer(), resourceType="Cancer"), NOT_LOADED),
    "one of them can hold anything": (twice(cancer(), resourceType="Bundle"), NOT_LOADED),
    "neither is of interest": (b'{"resourceType":"Organization","id":"1","resourceType":"Location"}', NOT_MET),
}


@pytest.mark.parametrize(("line", "answer"), TYPES.values(), ids=TYPES)
def test_of_two_types_it_may_be_either(tmp_path: Path, line: bytes, answer: object) -> None:
    result = run(export(tmp_path / "in", mixed=[line]))
    assert result.answer("E1") == answer


@pytest.mark.parametrize("clean", [cancer(**OLD), cancer(**NEW), cancer()], ids=["older", "newer", "undated"])
@pytest.mark.parametrize("first", [True, False])
def test_beside_another_version_neither_is_believed(tmp_path: Path, clean: Json, first: bool) -> None:
    """Which one is the later one stands in what says something twice."""
    lines = [clean, twice(cancer(**OLD), code=HARMLESS)]
    result = run(export(tmp_path / "in", Condition=lines if first else lines[::-1]))
    assert result.counts == (2, 0, 2, 0)
    assert result.answer("E1") == UNREADABLE


def test_the_same_line_again_is_one(tmp_path: Path) -> None:
    line = twice(cancer(), code=HARMLESS)
    result = run(export(tmp_path / "in", Condition=[line, line]))
    assert result.counts == (2, 1, 1, 0)
    assert result.answer("E1") == UNREADABLE


def test_another_record_that_can_be_read_still_answers(tmp_path: Path) -> None:
    result = run(export(tmp_path / "in", Condition=[twice(cancer(), code=HARMLESS), cancer("d")]))
    assert result.answer("E1") == MET


def test_a_patient_that_says_something_twice_is_not_screened(tmp_path: Path) -> None:
    dead = twice(patient(deceasedBoolean=True), deceasedBoolean=False)
    result = run(export(tmp_path / "in", Patient=[dead]))
    assert result.assessments == {}
    assert result.summary["people"]["without_readable_patient"] == 1  # type: ignore[index]


# ------------------------------------------------------------------------------------------------------- Bundles
def held(*resources: bytes, beside: bytes = b"") -> bytes:
    entries = b",".join(b'{"resource":' + each + b"}" for each in resources)
    return b'{"resourceType":"Bundle","type":"searchset","entry":[' + entries + b"]" + beside + b"}"


def bundled(tmp_path: Path, content: bytes, lines: bool) -> Path:
    path = tmp_path / ("all.ndjson" if lines else "all.json")
    path.write_bytes(content + b"\n")
    return path


EVERY_FILE = pytest.mark.parametrize("lines", [True, False], ids=["a line", "a document"])


@EVERY_FILE
@pytest.mark.parametrize("line", OF_P.values(), ids=OF_P)
def test_in_a_bundle_it_is_one_entry(tmp_path: Path, line: bytes, lines: bool) -> None:
    content = held(plain(patient()), plain(encounter()), plain(haemoglobin()), line)
    result = run(bundled(tmp_path, content, lines), bundles_complete=True)
    assert result.counts == (3, 0, 1, 0)
    assert (result.answer("E1"), result.answer("I2")) == (UNREADABLE, MET)
    assert [(each["entry"], each["reason"]) for each in result.rejects] == [(4, TWICE)]


UNCLEAR = {
    "two lists of entries": held(plain(patient()), beside=b',"entry":[]'),
    "two types": held(plain(patient()), beside=b',"type":"collection"'),
    "two pages": held(plain(patient()), beside=b',"link":[{"relation":"next","relation":"self","url":"x"}]'),
    "an entry of two resources": held(plain(patient()) + b',"resource":' + plain(cancer())),
}


@EVERY_FILE
@pytest.mark.parametrize("content", UNCLEAR.values(), ids=UNCLEAR)
def test_a_bundle_that_says_itself_something_twice_is_not_read(tmp_path: Path, content: bytes, lines: bool) -> None:
    source = export(tmp_path / "in")
    result = run(source, bundled(tmp_path, content, lines), bundles_complete=True)
    assert result.counts == (2, 0, 0, 1)
    assert result.answer("E1") == NOT_LOADED
    assert result.summary["incomplete_for_everybody"] == {"*": 1}
    with pytest.raises(MalformedContent, match="stands twice"):
        screen_bundle(catalog(), content, (STUDY,), AT)  # type: ignore[arg-type]


def test_a_bundle_within_a_bundle_is_looked_at_too(tmp_path: Path) -> None:
    content = held(plain(patient()), plain(encounter()), UNCLEAR["two lists of entries"])
    result = run(bundled(tmp_path, content, lines=False), bundles_complete=True)
    assert (result.counts, result.answer("E1")) == ((2, 0, 0, 1), NOT_LOADED)


def test_a_bundle_that_is_given_in_memory_is_read_alike() -> None:
    content = held(plain(patient()), plain(encounter()), twice(cancer(), code=HARMLESS))
    told = screen_bundle(catalog(bundles_complete=True), content, (STUDY,), AT)  # type: ignore[arg-type]
    (assessment,) = told["assessments"]  # type: ignore[misc, attr-defined]
    findings = {each["criterion"]: (each["outcome"], tuple(each["reasons"])) for each in assessment["findings"]}
    assert findings["E1"] == UNREADABLE


def test_a_manifest_that_says_something_twice_promises_nothing(tmp_path: Path) -> None:
    source = export(tmp_path / "in")
    manifest = {"transactionTime": "2026-06-01T00:00:00Z", "output": [], "error": [{"type": "OperationOutcome"}]}
    (source / "manifest.json").write_bytes(twice(manifest, error=[]))
    assert run(source).answer("E1") == NOT_LOADED


def test_what_comes_along_with_a_call_keeps_what_it_says_twice() -> None:
    """So that the chart finds it again: a client of CDS Hooks is no better than a file."""
    search = Search("Condition")
    came = prefetched.given(search, "p", held(twice(cancer(), code=HARMLESS)), "https://ehr.example/fhir")
    (found,) = came.result.resources
    assert is_twofold(found)
    unclear = prefetched.given(search, "p", UNCLEAR["two lists of entries"], "https://ehr.example/fhir")
    assert unclear.state is not prefetched.State.WHOLE and unclear.result.problems
    assert is_twofold(prefetched.single("Patient", "p", twice(patient(), gender="male")))
