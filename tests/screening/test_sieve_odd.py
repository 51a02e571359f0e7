"""Whatever lines lie in an export, and however oddly they are written: sifting them gathers what parsing each gathers.

Lines of every type that matters are bent in ways that have fooled a scan of bytes before, put into files together, and
gathered twice. The examples of test_sieve_alike.py are what such exports have shown.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from tests.screening import shipped
from tests.screening.test_sieve import DRUG, OLD, PRODUCTS, PULSE, by_weight, compact, facts, loinc, weight
from tests.screening.world import Json, cancer, encounter, export, haemoglobin, patient, run

OF = "pq"
SNOMED = "http://snomed.info/sct"
LATELY = {"effectiveDateTime": "2026-06-01T23:30:00+02:00"}


def condition(system: str, code: str, text: str) -> Json:
    return cancer("1", code={"coding": [{"system": system, "code": code, "display": text}]})


def order(drug: str, day: str, **more: Any) -> Json:
    return {**json.loads(DRUG % (drug.encode(), day.encode())), "id": "1", **more}


def referring(day: str, **to: str) -> Json:
    found = order("x", day, medicationReference=to)
    del found["medicationCodeableConcept"]
    return found


GIVEN = {"status": "completed", "whenHandedOver": "2026-05-02", "effectiveDateTime": "2026-05-02"}
ABOUT_P: Json = {"id": "1", "status": "completed", "subject": {"reference": "Patient/p"}}
PLAIN: list[Json] = [
    haemoglobin("1", code=loinc("718-7"), **OLD),
    haemoglobin("1", **PULSE),
    haemoglobin("1", code=loinc("8867-4", "Heart rate"), **LATELY),
    haemoglobin("1", code={"text": "Hemoglobin"}, **OLD),
    weight("1", "p"),
    weight("1", "p", **LATELY),
    condition(SNOMED, "38341003", "Hypertension"),
    condition("http://hl7.org/fhir/sid/icd-10", "C34.1", "Upper lobe"),
    condition("urn:local", "L1", "Lung cancer"),
    order("Simvastatin", "2001-01-01"),
    order("Simvastatin", "2026-05-01"),
    order("Prednisolone 5 mg tablets", "2026-05-01"),
    order("Simvastatin", "2026-05-01", resourceType="MedicationStatement", effectiveDateTime="2026-05-01"),
    order("Simvastatin", "2001-01-01", resourceType="MedicationDispense", status="completed"),
    order("Simvastatin", "2001-01-01", resourceType="MedicationStatement", status="completed"),
    order("Simvastatin", "2001-01-01", resourceType="MedicationAdministration", **GIVEN),
    order("Simvastatin", "2001-01-01", resourceType="MedicationDispense", **GIVEN),
    order("Prednisolone", "2001-01-01", resourceType="MedicationDispense", **GIVEN),
    {"resourceType": "Procedure", **ABOUT_P, "code": {"text": "x-ray"}, "performedDateTime": "2001-01-01"},
    {"resourceType": "Procedure", **ABOUT_P, "code": {"text": "Hysterectomy"}},
    {
        "resourceType": "AllergyIntolerance",
        "id": "1",
        "patient": {"reference": "Patient/p"},
        "code": {"text": "pollen"},
    },
    {
        "resourceType": "AllergyIntolerance",
        "id": "1",
        "patient": {"reference": "Patient/p"},
        "code": {"text": "sirolimus"},
    },
    referring("2026-05-01", reference="Medication/prednisolone"),
    referring("1999-05-01", reference="#1"),
    referring("1999-05-01", reference="Medication/simvastatin", display="x"),
    by_weight("q"),
    *PRODUCTS,
    encounter("1"),
    encounter("1", period={"start": "1999-01-01", "end": "1999-01-02"}),
    patient("p"),
    {"resourceType": "Claim", "id": "1", "patient": {"reference": "Patient/p"}},
]
# What a member is, or becomes; None takes it away.
MEMBERS: list[Json] = [
    *({"id": each} for each in ("2", "1 ", "", 1, None, "a" * 64, "1/2")),
    *({"meta": {"versionId": each}} for each in ("1", "2", 7)),
    *({"meta": {"lastUpdated": each}} for each in ("2026-01-01T00:00:00Z", "2026-13-01")),
    *({"subject": {"reference": each}} for each in ("Patient/q", "Group/1", "urn:uuid:1", "https://a.b/Patient/q")),
    *({"subject": {"reference": each}} for each in ("Patient/q/_history/2", "#q", "Patient/", "Patient/q?x=Patient/p")),
    *({"subject": each} for each in (None, 1, {}, {"display": "Patient/q"}, [{"reference": "Patient/q"}])),
    *({"patient": {"reference": each}} for each in ("Patient/q", "Practitioner/1")),
    *({"status": each} for each in ("entered-in-error", "cancelled", "unknown", "not-done", None, 1)),
    *({"verificationStatus": {"coding": [{"code": each}]}} for each in ("entered-in-error", "refuted")),
    *({name: "2026-05"} for name in ("effectiveDateTime", "authoredOn", "onsetDateTime", "effectiveInstant")),
    *({name: "2026-05-40"} for name in ("effectiveDateTime", "authoredOn", "recordedDate")),
    *({name: {"start": "2026-05-04"}} for name in ("effectivePeriod", "period", "onsetPeriod")),
    *({"modifierExtension": each} for each in ([{"url": "x"}], [])),
    {"note": [{"text": 'Patient/q 718-7 Prednisolone \\ " / \u212a \u00a0'}]},
    {"note": [{"modifierExtension": [{"url": "x"}]}]},
    {"contained": [{"resourceType": "Medication", "id": "1", "code": {"text": "Prednisolone"}}]},
    {"contained": [{"resourceType": "Patient", "id": "r"}]},
    {"component": [{"code": {"coding": [{"code": "718-7"}]}}]},
    *(
        {name: each}
        for name in ("code", "medicationCodeableConcept")
        for each in (5, None, {}, {"coding": {"code": "1"}})
    ),
    *({"code": {"coding": [each]}} for each in (5, {"code": 5}, {"system": 5, "code": "x"}, {"display": ["x"]})),
    *({"status": each} for each in ({}, [], True, {"coding": [{"code": "entered-in-error"}]})),
    *(
        {name: 5}
        for name in ("meta", "contained", "component", "reaction", "category", "encounter", "verificationStatus")
    ),
    *(
        {name: 5}
        for name in ("effectiveDateTime", "authoredOn", "whenHandedOver", "onsetDateTime", "performedDateTime")
    ),
    *({name: {}} for name in ("effectivePeriod", "period", "performedPeriod", "dosageInstruction", "intent")),
    *({"modifierExtension": each} for each in (5, {}, None)),
    {"implicitRules": "x"},
    {"adherence": 5},
    {"reaction": [{"substance": {"text": "sirolimus"}}]},
    {"doNotPerform": True},
    {"doNotPerform": "no"},
    {"intent": "plan"},
    {"category": [{"coding": [{"code": "encounter-diagnosis"}]}], "encounter": {"reference": "Encounter/1"}},
    {"resourceType": None},
    {"resourceType": "Basic"},
    {"valueQuantity": []},
    {"link": [{"type": "replaced-by", "other": {"reference": "Patient/q"}}]},
]
SEPARATORS = [(",", ":"), (", ", ": "), (" ,\t", " : "), (",\r", ":\r")]


def _escaped(line: bytes, place: int) -> bytes:
    """One letter of ASCII written as JSON also allows it."""
    letters = [each for each, letter in enumerate(line) if chr(letter).isalnum() and line[each - 1 : each] != b"\\"]
    at = letters[place % len(letters)]
    return line[:at] + b"\\u%04x" % line[at] + line[at + 1 :]


def _cut(line: bytes, place: int) -> bytes:
    return line[: place % len(line)]


def _lost(line: bytes, place: int) -> bytes:
    """One byte is missing."""
    return line[: place % len(line)] + line[place % len(line) + 1 :]


BYTES: list[Callable[[bytes, int], bytes]] = [
    _escaped,
    _cut,
    _lost,
    lambda line, _: line + b"\r",
    lambda line, _: b" \t" + line + b" ",
    lambda line, _: line + line,
    lambda line, _: line + b",",
    lambda line, _: b"[" + line + b"]",
    lambda line, _: line.replace(b"718-7", b"\\t718-7").replace(b"/", b"\\/"),
    lambda line, _: line.replace(b"e", "\u00e9".encode()),
    lambda line, _: line.replace(b"i", b"\xff", 1),
    lambda line, _: line.replace(b"{", b'{"x":null,', 1),
    lambda line, _: line.replace(b"{", b'{"x":NaN,', 1),
    lambda line, _: line.replace(b"{", b'{"x":1e999,', 1),
    lambda line, _: line.replace(b"{", b'{"x":"\x01",', 1),
    lambda line, _: line.replace(b"{", b'{"x":"\\ud800",', 1),
    lambda line, _: line.replace(b'"reference"', b'"Reference"', 1),
    lambda line, _: line[:-1] + b',"valueString":}',
    lambda line, _: line[:-1] + b',"valueString":"\xe4"}',
    lambda line, _: line[:-1] + b',"valueDecimal":1e999}',
    lambda line, _: line[:-1] + b',"note":1,"note":2}',
    lambda line, _: line[:-1] + b',"note":' + b"[" * 300 + b"]" * 300 + b"}",
    lambda line, _: line[:-1] + b"}}",
]


FILES = ["Observation", "Observation_1", "Condition", "MedicationRequest", "MedicationStatement", "Medication", "mixed"]


@st.composite
def lines(draw: Callable[[Any], Any]) -> tuple[str, bytes]:
    """A line that is plain, or bent once or twice; and the file it stands in, mostly that of its type."""
    resource: Any = draw(st.sampled_from(PLAIN))
    name = draw(st.sampled_from([str(resource["resourceType"])] * 9 + FILES))
    for more in draw(st.lists(st.sampled_from(MEMBERS), max_size=2)):
        resource = {**resource, **more}
    pairs = [(name, value) for name, value in resource.items() if value is not None]
    if draw(st.booleans()):
        pairs.reverse()
    separators = draw(st.sampled_from(SEPARATORS[:1] * 3 + SEPARATORS))
    line = json.dumps(dict(pairs), separators=separators, ensure_ascii=draw(st.booleans())).encode()
    for bent in draw(st.lists(st.sampled_from(BYTES), max_size=1)):
        line = bent(line, draw(st.integers(0, 10_000)))
    return name, line


@st.composite
def exports(draw: Callable[[Any], Any]) -> dict[str, list[bytes]]:
    """Files, each with a newline behind its last line, or without."""
    files: dict[str, list[bytes]] = {}
    for name, line in draw(st.lists(lines(), min_size=1, max_size=12)):
        files.setdefault(name, []).append(line)
    return {name: [*each, b""] if draw(st.booleans()) else each for name, each in files.items()}


WEIGHED: list[object] = [by_weight(each) | {"id": f"dose-{each}"} for each in OF]


def written(directory: Path, files: dict[str, list[bytes]]) -> Path:
    """Both people have an order by body weight: else what nobody needs may be broken without a word."""
    known: dict[str, Any] = {"Patient": [patient("p"), patient("q")], "MedicationDispense": []}
    known["MedicationRequest"] = b"\n".join([*map(compact, WEIGHED), *files.get("MedicationRequest", [])])
    joined = {name: b"\n".join(each) for name, each in files.items() if name != "MedicationRequest"}
    joined["Patient"] = b"\n".join([*map(compact, known["Patient"]), *files.get("Patient", [])])
    return export(directory, **{**known, **joined})


@settings(max_examples=300, deadline=None)
@given(exports())
def test_odd_lines_are_gathered_alike(tmp_path_factory: pytest.TempPathFactory, files: dict[str, list[bytes]]) -> None:
    source = written(tmp_path_factory.mktemp("odd") / "in", files)
    both = [facts(source, sifted=each, world=shipped.catalog(), study=shipped.STUDY) for each in (True, False)]
    assert both[0] == both[1]


@settings(max_examples=30, deadline=None)
@given(exports())
def test_odd_lines_are_screened_alike_in_buckets(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, list[bytes]]
) -> None:
    run(written(tmp_path_factory.mktemp("odd") / "in", files), studies=(shipped.STUDY,), world=shipped.catalog())
