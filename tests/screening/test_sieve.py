"""Lines that are passed over unparsed: none that could matter, however it is written; and most that could not.

The traces are checked against what parsing finds, on made-up results and diagnoses written in every way JSON allows.
"""

import gzip
import json
import re
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from service.eligibility.criteria import Study
from service.eligibility.facts import Kind
from service.eligibility.outcome import Outcome
from service.eligibility.terms import Codes, Coding, Terminology, ValueSet
from service.errors import InputError
from service.fhir.elements import read_concept
from service.fhir.reading import Reading
from service.screening.contacts import ContactDays
from service.screening.needs import Needs
from service.screening.population import gather
from service.screening.request import Progress, Request
from service.screening.sifting import blocks
from service.screening.sifting.blocks import Block, read_blocks
from service.screening.sifting.glimpse import glimpse_of
from service.screening.sifting.scan import scan_for
from service.screening.sifting.sieve import Sieve
from service.screening.sifting.traces import HIDDEN, traces_of
from service.screening.sources import InputFile, find_sources
from service.screening.tally import Reject
from tests.screening import shipped
from tests.screening.world import STUDY, Json, cancer, catalog, encounter, export, haemoglobin, patient, run

RECENT = ContactDays(date(2024, 6, 30), date(2026, 6, 30))
OLD = {"effectiveDateTime": "1999-01-01"}
Line = bytes


@cache
def needs() -> Needs:
    return Needs((shipped.STUDY,), shipped.catalog().terminology)


@cache
def sieve() -> Sieve:
    world = shipped.catalog()
    return Sieve(needs(), Reading(world.site.zone, world.units, drugs=world.drugs), RECENT)


def read(type_name: str, *lines: bytes) -> list[bool]:
    """Which of these lines are read."""
    content = b"\n".join(lines) + b"\n"
    found = list(read_blocks(InputFile(Path("x.ndjson"), True, type_name, content=content)))
    picked = [sieve().pick(type_name, block) for block in found if isinstance(block, Block)]
    return [bool(each) for block in picked for each in block.read | block.glimpsed]


def put_off(line: bytes) -> bool:
    """Is it read once it is known to be of somebody whose dose goes by body size?"""
    (block,) = read_blocks(InputFile(Path("x.ndjson"), True, "Observation", content=line))
    assert isinstance(block, Block)
    return bool(sieve().pick("Observation", block).sizes[0])


def result(code: object, **more: object) -> Json:
    return haemoglobin(code=code, **{**OLD, **more})


def loinc(code: str, display: str | None = None) -> Json:
    words = {} if display is None else {"display": display}
    return {"coding": [{"system": "http://loinc.org", "code": code, **words}]}


def compact(resource: object) -> bytes:
    return json.dumps(resource, separators=(",", ":"), ensure_ascii=False).encode()


UNASKED = compact(result(loinc("8867-4", "Heart rate")))
ASKED = compact(result(loinc("718-7", "Hemoglobin")))

# Whatever is read here holds a result that a study asks for, or hides whether it does.
RESULTS: dict[str, tuple[bytes, bool]] = {
    "nobody asks for a pulse": (UNASKED, False),
    "a haemoglobin": (ASKED, True),
    "written with blanks": (json.dumps(result(loinc("718-7"))).encode(), True),
    "blanks around the code": (UNASKED.replace(b'"code":"8867-4"', b'"code" : " 718-7 "'), True),
    "the code escaped": (ASKED.replace(b"718-7", b"\\u0037\\u00318-7"), True),
    "its key escaped": (ASKED.replace(b'"code":"718-7"', b'"c\\u006fde":"718-7"'), True),
    "a slash escaped": (UNASKED.replace(b"Heart rate", b"Heart\\/rate"), True),
    "a letter that becomes one of ASCII": (UNASKED.replace(b"Heart", "\u212a".encode()), True),
    "the code in a component": (UNASKED[:-1] + b',"component":[{"code":{"coding":[{"code":"718-7"}]}}]}', True),
    "the code as free text alone": (compact(result({"text": "HEMOGLOBIN, capillary"})), True),
    "the code twice, once asked for": (UNASKED[:-1] + b',"code":{"coding":[{"code":"718-7"}]}}', True),
    "its id twice": (UNASKED[:-1] + b',"id":"another"}', True),
    "its type twice": (UNASKED[:-1] + b',"resourceType":"Patient"}', True),
    "another resource inside": (UNASKED[:-1] + b',"contained":[{"resourceType":"Patient","id":"1"}]}', True),
    "keys in another order": (compact(dict(reversed(result(loinc("8867-4")).items()))), True),
    "no id": (UNASKED.replace(b'"id":"o",', b""), True),
    "an id with an escape": (UNASKED.replace(b'"id":"o"', b'"id":"o\\n"'), True),
    "a number for its id": (UNASKED.replace(b'"id":"o"', b'"id":1'), True),
    "an empty id": (UNASKED.replace(b'"id":"o"', b'"id":""'), True),
    "an id longer than FHIR allows": (UNASKED.replace(b'"id":"o"', b'"id":"' + b"o" * 80 + b'"'), True),
    "cut in the middle": (UNASKED[:80], True),
    "no object": (b"[]", True),
    "broken, but surely of no use": (UNASKED.replace(b'"status"', b'"sta'), False),
    "dated where it shows a contact": (
        compact(result(loinc("8867-4"), effectiveDateTime="2025-03-01")),
        True,
    ),
    "dated by a period": (compact(result(loinc("8867-4"), effectivePeriod={"start": "1999-01-01"})), True),
    "written by Windows": (UNASKED + b"\r", False),
    "a code with a number more": (UNASKED.replace(b"8867-4", b"718-71"), False),
    "a code with a letter more": (UNASKED.replace(b"8867-4", b"a718-7"), False),
    "the code behind an escaped blank": (UNASKED.replace(b"8867-4", b"\\t718-7\\n"), True),
    "an id of 64 letters": (UNASKED.replace(b'"id":"o"', b'"id":"' + b"a" * 64 + b'"'), False),
}


@pytest.mark.parametrize(("line", "wanted"), RESULTS.values(), ids=RESULTS.keys())
def test_a_result_is_read_where_it_may_matter(line: bytes, wanted: bool) -> None:
    assert read("Observation", UNASKED, line, UNASKED) == [False, wanted, False]
    assert read("Observation", line) == [wanted or not line.startswith(UNASKED[:20])]


DISEASE = compact(
    cancer(code={"coding": [{"system": "http://snomed.info/sct", "code": "38341003", "display": "Hypertension"}]})
)
DISEASES: dict[str, tuple[bytes, bool]] = {
    "nobody asks for it": (DISEASE, False),
    "a code by its beginning": (
        DISEASE.replace(b"http://snomed.info/sct", b"http://hl7.org/fhir/sid/icd-10").replace(b"38341003", b"c34.1"),
        True,
    ),
    "by its words": (DISEASE.replace(b"Hypertension", b"Lung CARCINOMA").replace(b"38341003", b"L1"), True),
    "neither a known code nor words": (
        DISEASE.replace(b',"display":"Hypertension"', b"").replace(b"38341003", b"L1"),
        True,
    ),
    "the concept twice": (DISEASE[:-1] + b',"code":{}}', True),
    "the concept twice, with a blank": (DISEASE[:-1] + b',"code": {"text":"cancer"}}', True),
    "its codings twice": (DISEASE.replace(b'"code":{', b'"code":{"coding":[],'), True),
    "no concept": (DISEASE.replace(b'"code":{', b'"cause":{'), True),
    "a concept that is none": (DISEASE.replace(b'"coding":[{', b'"coding":{').replace(b"}]}", b"}}"), True),
    "broken in its concept": (DISEASE.replace(b'"display":', b'"display"'), True),
}


@pytest.mark.parametrize(("line", "wanted"), DISEASES.values(), ids=DISEASES.keys())
def test_a_diagnosis_is_read_where_it_may_matter(line: bytes, wanted: bool) -> None:
    assert read("Condition", DISEASE, line, DISEASE) == [False, wanted, False]


DRUG = (
    b'{"resourceType":"MedicationRequest","id":"m","status":"active","intent":"order",'
    b'"medicationCodeableConcept":{"text":"%s"},"subject":{"reference":"Patient/p"},"authoredOn":"%s"}'
)
DRUGS: dict[str, tuple[bytes, bool]] = {
    "nobody asks for it": (DRUG % (b"Simvastatin 20 MG", b"2001-01-01"), False),
    "a steroid by its text": (DRUG % (b"Prednisolone 5 mg tablets", b"2001-01-01"), True),
    "ordered not long ago": (DRUG % (b"Simvastatin 20 MG", b"2026-01-01"), True),
    "by reference": (
        (DRUG % (b"x", b"2001-01-01")).replace(
            b'"medicationCodeableConcept":{"text":"x"}', b'"medicationReference":{"reference":"Medication/1"}'
        ),
        True,
    ),
    "by concept and reference": (
        (DRUG % (b"Simvastatin", b"2001-01-01"))[:-1] + b',"medicationReference":{"reference":"#1"}}',
        True,
    ),
    "no drug": ((DRUG % (b"x", b"2001-01-01")).replace(b'{"text":"x"}', b"{}"), True),
}


@pytest.mark.parametrize(("line", "wanted"), DRUGS.values(), ids=DRUGS.keys())
def test_an_order_is_read_where_it_may_matter(line: bytes, wanted: bool) -> None:
    assert read("MedicationRequest", DRUG % (b"Simvastatin", b"2001-01-01"), line) == [False, wanted]


def listed_codes() -> list[Coding]:
    sets = shipped.catalog().terminology.value_sets
    ids = (*needs().wanted[Kind.OBSERVATION], "malignancy")
    return sorted({each for name in ids for each in (*sets[name].sure.listed, *sets[name].sure.prefixes)}, key=str)


def words() -> list[str]:
    sets = shipped.catalog().terminology.value_sets
    return sorted(
        {each for name in needs().wanted[Kind.OBSERVATION] for each in (*sets[name].words, *sets[name].not_words)}
    )


def shuffled_case(draw: Callable[[Any], Any], text: str) -> str:
    return "".join(each.upper() if draw(st.booleans()) else each for each in text)


@st.composite
def concepts(draw: Callable[[Any], Any]) -> Json:
    coding = draw(st.sampled_from(listed_codes()))
    code = draw(
        st.sampled_from(
            [
                coding.code,
                coding.code.lower(),
                f" {coding.code}",
                coding.code[:3] + "." + coding.code[3:],
                coding.code + "1",
                "X9",
            ]
        )
    )
    system = draw(st.sampled_from([coding.system, "urn:local", "http://hl7.org/fhir/sid/icd-10-cm"]))
    text = (
        draw(st.sampled_from(["", "x", " a "]))
        + shuffled_case(draw, draw(st.sampled_from(words())))
        + draw(st.sampled_from(["", "y", " b", "\t"]))
    )
    said: Json = {"coding": [{"system": system, "code": code}]}
    return {**said, "text": text} if draw(st.booleans()) else said


@settings(max_examples=400)
@given(concepts(), st.sampled_from([(",", ":"), (", ", ": "), (" , ", " :\t")]), st.booleans())
def test_what_parsing_asks_for_is_never_passed_over(concept: Json, separators: tuple[str, str], escaped: bool) -> None:
    line = json.dumps(result(concept), separators=separators, ensure_ascii=escaped).encode()
    said = read_concept(concept, "code")
    if needs().asked_of_result(said):
        assert read("Observation", line) == [True]
    elif needs().may_ask(Kind.OBSERVATION, said):
        assert put_off(line) or read("Observation", line) == [True]


def facts(source: Path, *, sifted: bool, world: Any = None, study: Study = STUDY) -> object:
    """All that was gathered of the persons, and what was set aside."""
    rejects: list[Reject] = []
    request = Request(find_sources([source]), (study,), date(2026, 6, 30))
    found = gather(world or catalog(), request, rejects.append, Progress(), sifted=sifted)
    people = {
        name: (
            each.patient,
            sorted(map(repr, each.facts)),
            sorted(map(repr, each.unreadable)),
            sorted((+each.contacts).items()),
            each.spans,
        )
        for name, each in found.population.people.items()
    }
    return (
        people,
        found.tally.summary()["read"],
        found.population.completeness.loaded([(0,)], found.population.completeness.spoiled(0)),
        sorted(map(repr, rejects)),
    )


LATELY = {"code": loinc("8867-4", "Heart rate")}
PULSE = {"code": loinc("8867-4", "Heart rate"), **OLD}
FOCUS_CODE = "http://hl7.org/fhir/StructureDefinition/observation-focusCode"
UNSEEN: dict[str, Json] = {
    "donor": {"extension": [{"url": FOCUS_CODE, "valueCodeableConcept": {"text": "donor"}}]},
    "other-extension": {"extension": [{"url": "urn:other", "valueBoolean": True}]},
    "empty-extension": {"extension": None},
    "illegible-extension": {"extension": "donor"},
    "illegible-extensions": {"extension": [1]},
    "not-performed": {"dataAbsentReason": {"text": "not performed"}, "valueQuantity": None},
    "no-number": {"dataAbsentReason": {"text": "not performed"}, "valueQuantity": {"unit": "/min"}},
    "bad-number": {"dataAbsentReason": {"text": "error"}},
    "nothing-said": {"valueQuantity": None},
    "panel": {"dataAbsentReason": {"text": "see members"}, "valueQuantity": None, "hasMember": [{"reference": "x"}]},
    "no-part": {"component": [{"code": LATELY["code"], "dataAbsentReason": {"text": "x"}}], "valueQuantity": None},
    "illegible-parts": {"component": "dataAbsentReason", "valueQuantity": None},
}
EXPORTS: dict[str, dict[str, list[object] | bytes]] = {
    "plain": {"Observation": [haemoglobin("a"), haemoglobin("b", **PULSE)]},
    "one id, asked for and not": {"Observation": [haemoglobin("a"), haemoglobin("a", **PULSE)]},
    "one id, asked for later": {
        "Observation": [
            haemoglobin("a", **PULSE),
            *(haemoglobin(f"n{n}", **PULSE) for n in range(50)),
            haemoglobin("a"),
        ]
    },
    "glimpsed twice": {"Observation": [haemoglobin("a", **LATELY), haemoglobin("a", **LATELY)]},
    "glimpsed, and taken back": {
        "Observation": [
            haemoglobin("a", **LATELY, meta={"versionId": "1"}),
            haemoglobin("a", **LATELY, status="entered-in-error", meta={"versionId": "2"}),
        ]
    },
    "glimpsed, and dated otherwise later": {
        "Observation": [
            haemoglobin("a", **LATELY, meta={"versionId": "1"}),
            haemoglobin("a", **PULSE, meta={"versionId": "2"}),
        ]
    },
    "glimpsed, but for something unknown in a part of it": {
        "Observation": [haemoglobin("a", **LATELY, note=[{"text": "x", "modifierExtension": [{"url": "x"}]}])]
    },
    "glimpsed, but for what may be about somebody else, or was never measured": {
        "Observation": [
            haemoglobin(name, **LATELY, effectiveDateTime=f"2026-05-{day:02}", **more)
            for day, (name, more) in enumerate(UNSEEN.items(), 1)
        ]
    },
    "visits of which a glimpse is enough, and others": {
        "Encounter": [
            encounter("a"),
            encounter("b", period={"start": "2026-05-01", "end": "2026-05-03"}),
            encounter("c", period={"start": "2026-05-02"}),
            encounter("d", period={"start": "2026-05-02", "end": "2026-05-01"}),
            encounter("e", status="planned"),
            encounter("f", status="entered-in-error"),
            encounter("g", **{"class": 5}),
            encounter("h", reason=[{"value": [{"concept": 5}]}]),
            encounter("i", meta={"versionId": 7}),
            encounter("j", statusHistory=[{"status": "planned", "period": {"start": "2026-01-01"}}]),
            encounter("k", subject={"reference": "Group/1"}),
            encounter("l", **{"class": {"code": "AMB"}}),
        ]
    },
    "in two files": {"Observation_000": [haemoglobin("a", **PULSE)], "Observation_001": [haemoglobin("a")]},
    "the later one is not asked for": {
        "Observation": [haemoglobin("a", meta={"versionId": "1"}), haemoglobin("a", **PULSE, meta={"versionId": "2"})]
    },
    "a patient among the results": {"Patient": [patient()], "Observation": [patient("q"), haemoglobin("a", of="q")]},
    "a visit among the results": {"Observation": [encounter("e2"), haemoglobin("a")]},
    "a mark at the beginning": {"Observation": b"\xef\xbb\xbf" + compact(haemoglobin("a")) + b"\n"},
    "empty lines, and no newline at the end": {
        "Observation": b"\n\n" + compact(haemoglobin("a", **PULSE)) + b"\n\n" + compact(haemoglobin("b"))
    },
    "lines of Windows": {
        "Observation": compact(haemoglobin("a", **PULSE)) + b"\r\n" + compact(haemoglobin("b")) + b"\r\n"
    },
    "text that is none": {"Observation": [b"{", compact(haemoglobin("b"))]},
    "a diagnosis that waits for its visit": {
        "Condition": [
            cancer(
                onsetDateTime=None,
                category=[{"coding": [{"code": "encounter-diagnosis"}]}],
                encounter={"reference": "Encounter/old"},
            )
        ],
        "Encounter": [encounter("old", period={"start": "1999-01-01", "end": "1999-01-02"}), encounter("e")],
    },
    "of nobody": {"Observation": [haemoglobin("a", subject=None), haemoglobin("b", of="nobody")]},
    "nothing of the type": {"Observation": [patient()]},
}


@pytest.mark.parametrize("files", EXPORTS.values(), ids=EXPORTS.keys())
def test_what_is_gathered_is_what_parsing_every_line_gathers(files: dict[str, Any], tmp_path: Path) -> None:
    source = export(tmp_path / "in", **files)
    assert facts(source, sifted=True) == facts(source, sifted=False)


@pytest.mark.parametrize("cut", [1, 5000, 20000])
def test_a_file_cut_short_gives_what_came_before(cut: int, tmp_path: Path) -> None:
    source = export(
        tmp_path / "in", Observation=[haemoglobin(str(each), note=[{"text": str(each**7)}]) for each in range(4000)]
    )
    whole = (source / "Observation.ndjson").read_bytes()
    (source / "Observation.ndjson").unlink()
    (source / "Observation.ndjson.gz").write_bytes(gzip.compress(whole)[:-cut])
    assert facts(source, sifted=True) == facts(source, sifted=False)


def test_what_is_broken_and_surely_of_no_use_spoils_nothing(tmp_path: Path) -> None:
    broken = compact(haemoglobin("b", **PULSE)).replace(b'"status"', b'"sta')
    result = run(export(tmp_path / "in", Observation=[compact(haemoglobin("a")), broken]))
    assert result.counts[3] == 0
    assert result.answer("I2") == ("met", ())


SEEN = compact(result(loinc("8867-4", "Heart rate"), effectiveDateTime="2026-05-04T10:00:00Z"))
GLIMPSES: dict[str, tuple[bytes, str | None]] = {
    "a result": (SEEN, "p"),
    "of a patient elsewhere": (SEEN.replace(b"Patient/p", b"https://ehr.example/Patient/7/_history/2"), "7"),
    "of a device": (SEEN.replace(b"Patient/p", b"Device/p"), None),
    "of two": (SEEN.replace(b'"reference":"Patient/p"', b'"reference":"Patient/q","reference":"Patient/p"'), None),
    "of nobody legible": (SEEN.replace(b"Patient/p", b"urn:uuid:1"), None),
    "with a subject that is none": (SEEN.replace(b'{"reference":"Patient/p"}', b"1"), None),
    "called off": (SEEN.replace(b"final", b"cancelled"), None),
    "of a status twice": (SEEN[:-1] + b',"status":"cancelled"}', None),
    "on two days": (SEEN[:-1] + b',"effectiveDateTime":"1999-01-01"}', None),
    "in some month": (SEEN.replace(b"2026-05-04T10:00:00Z", b"2026-05"), None),
    "on no day": (SEEN.replace(b"2026-05-04T10:00:00Z", b"2026-05-40"), None),
    "about a donor": (SEEN[:-1] + b',"focus":[{"reference":"Patient/q"}]}', None),
    "with something unknown that changes it": (SEEN[:-1] + b',"modifierExtension":[{"url":"x"}]}', None),
    "broken behind its date": (SEEN[:-1] + b",}", None),
}


@pytest.mark.parametrize(("line", "whose"), GLIMPSES.values(), ids=GLIMPSES.keys())
def test_a_glimpse_is_enough_only_where_it_is_certain(line: bytes, whose: str | None) -> None:
    found = glimpse_of(line, ZoneInfo("UTC"))
    assert (found and found.patient) == whose
    assert found is None or found.day == date(2026, 5, 4)


def test_the_day_of_a_glimpse_is_the_day_at_the_site() -> None:
    late = SEEN.replace(b"10:00:00Z", b"23:30:00Z")
    found = glimpse_of(late, ZoneInfo("Asia/Shanghai"))
    assert found is not None
    assert found.day == date(2026, 5, 5)


ORDERS: dict[str, Json] = {
    "ordered": {},
    "on hold": {"status": "on-hold"},
    "taken back": {"status": "entered-in-error"},
    "not to be given": {"doNotPerform": True},
    "to be given": {"doNotPerform": False},
    "planned": {"intent": "plan"},
    "on an illegible day": {"authoredOn": "2026-05-40"},
    "of an illegible version": {"meta": {"versionId": 7}},
    "changed by something unknown": {"note": [{"modifierExtension": [{"url": "x"}]}]},
    "with a status in another place": {"verificationStatus": "entered-in-error"},
    "given in vain": {"status": "not-done"},
    "given on two days": {"occurenceDateTime": "2026-05-04"},
    "given for some days": {"effectivePeriod": {"start": "2026-05-04"}},
}


@pytest.mark.parametrize("more", ORDERS.values(), ids=ORDERS.keys())
@pytest.mark.parametrize("drug", [b"Simvastatin", b"Prednisolone"])
def test_a_glimpse_of_an_order_shows_what_reading_it_shows(drug: bytes, more: Json, tmp_path: Path) -> None:
    order = {**json.loads(DRUG % (drug, b"2026-05-01")), **more}
    given = {**json.loads(DRUG % (drug, b"2026-05-01")), "id": "d", "whenHandedOver": "2026-05-02", **more}
    given = {**given, "resourceType": "MedicationDispense", "status": more.get("status", "completed")}
    taken = {**given, "resourceType": "MedicationAdministration", "effectiveDateTime": "2026-05-03"}
    files: Any = {"MedicationRequest": [order], "MedicationDispense": [given], "MedicationAdministration": [taken]}
    source = export(tmp_path / "in", **files)
    found: Any = facts(source, sifted=True, world=shipped.catalog(), study=shipped.STUDY)
    assert found == facts(source, sifted=False, world=shipped.catalog(), study=shipped.STUDY)


PRODUCTS: list[Json] = [
    {"resourceType": "Medication", "id": "simvastatin", "code": {"text": "Simvastatin 20 MG Oral Tablet"}},
    {"resourceType": "Medication", "id": "prednisolone", "code": {"text": "Prednisolone 5 MG Oral Tablet"}},
    {
        "resourceType": "Medication",
        "id": "wrong",
        "status": "entered-in-error",
        "code": {"text": "Simvastatin 20 MG Oral Tablet"},
    },
]


@pytest.mark.parametrize("day", [b"2001-01-01", b"2026-05-01"])
def test_an_order_that_refers_to_a_product_is_read_where_that_may_matter(day: bytes, tmp_path: Path) -> None:
    named = json.loads(DRUG % (b"x", day))
    del named["medicationCodeableConcept"]
    orders = [
        {**named, "id": str(number), "medicationReference": {"reference": reference, "display": "x"}}
        for number, reference in enumerate(["Medication/simvastatin", "Medication/prednisolone", "Medication/wrong"])
    ]
    orders.append({**named, "id": "nothing", "medicationReference": {"reference": "Medication/none"}})
    orders.append({**named, "id": "both", "medicationReference": orders[0]["medicationReference"]})
    orders[-1]["medicationCodeableConcept"] = {"text": "Prednisolone"}
    files: Any = {"Medication": PRODUCTS, "MedicationRequest": orders}
    source = export(tmp_path / "in", **files)
    found: Any = facts(source, sifted=True, world=shipped.catalog(), study=shipped.STUDY)
    assert found == facts(source, sifted=False, world=shipped.catalog(), study=shipped.STUDY)
    assert set(re.findall("MedicationRequest/[a-z0-9]+", str(found[0]["p"][1]))) == {"MedicationRequest/1"}


def test_what_a_diagnosis_refers_to_is_no_diagnosis() -> None:
    line = DISEASE.replace(b'"code":{', b'"stage":{"code":{')[:-1] + b'},"medicationReference":{"display":"x"}}'
    assert read("Condition", DISEASE, line) == [False, True]


ICD = Coding("http://hl7.org/fhir/sid/icd-10", "I50")
ODD = Coding("urn:local", 'a"b\\c')
SET = ValueSet("x", "x", sure=Codes(frozenset({ICD, ODD})), words=(" po ", 'say "a"', "k\u00f6rper"))


@pytest.mark.parametrize(
    "said",
    [
        *(
            {"text": text}
            for text in ("po", "PO", " po", "\tpo\n", "\u00a0po\u3000", "take po now", "K\u00d6RPER", 'Say "A"')
        ),
        *(
            {"coding": [{"system": ICD.system, "code": code}]}
            for code in ("I50", "i50", "I5.0", "\t.i50 ", ". I50", ".\u00a0.I50", "\u013150")
        ),
        {"coding": [{"system": ODD.system, "code": ODD.code}]},
    ],
    ids=repr,
)
def test_what_belongs_to_a_set_shows_a_trace_of_it(said: Json) -> None:
    """Blanks of every kind are taken off the ends of texts and codes, and some letters change into others."""
    known = Terminology({"x": SET})
    assert known.membership(("x",), read_concept(said, "code")).outcome is not Outcome.NOT_MET
    line = compact(result(said))
    (ends,) = scan_for((traces_of(known, ["x"]) | frozenset(HIDDEN),)).ends(line)
    assert ends


def weight(identity: str, of: str, **more: object) -> Json:
    value = {"value": 70, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}
    return haemoglobin(identity, of, code=loinc("29463-7", "Body weight"), valueQuantity=value, **{**OLD, **more})


def by_weight(of: str) -> Json:
    """An order of prednisolone by the kilogram."""
    dose = {"doseAndRate": [{"doseQuantity": {"value": 1, "unit": "mg/kg"}}], "timing": {"code": {"text": "BID"}}}
    return {
        **json.loads(DRUG % (b"Prednisolone", b"2001-01-01")),
        "subject": {"reference": f"Patient/{of}"},
        "dosageInstruction": [dose],
    }


BODIES: dict[str, list[Json]] = {
    "of somebody whose dose goes by it": [weight("w", "p")],
    "measured so lately that it shows a contact, too": [weight("w", "p", effectiveDateTime="2026-06-01")],
    "under an id that something else has, too": [weight("w", "q"), haemoglobin("w", "q", code=loinc("718-7"))],
    "one id for two people": [weight("w", "p"), weight("w", "q")],
    "two versions": [weight("w", "p", meta={"versionId": "1"}), weight("w", "p", meta={"versionId": "2"})],
}


@pytest.mark.parametrize("orders", [[], [by_weight("p")]], ids=["nobody's dose", "a dose"])
@pytest.mark.parametrize("results", BODIES.values(), ids=BODIES.keys())
def test_weights_are_read_once_it_is_known_whose_doses_go_by_them(
    results: list[Json], orders: list[Json], tmp_path: Path
) -> None:
    files: Any = {"Patient": [patient("p"), patient("q")], "Observation": results, "MedicationRequest": orders}
    source = export(tmp_path / "in", **files)
    found: Any = facts(source, sifted=True, world=shipped.catalog(), study=shipped.STUDY)
    plain: Any = facts(source, sifted=False, world=shipped.catalog(), study=shipped.STUDY)
    assert found[1:3] == plain[1:3]
    if orders:  # else nobody needs them, whatever is wrong with them
        assert found[3] == plain[3]
        assert found[0]["p"] == plain[0]["p"]
        assert "mg/kg" in str(found[0]["p"])


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_weights_are_found_again_where_they_stand(ending: bytes, packed: bool, tmp_path: Path) -> None:
    results: Any = [weight(str(each), "pq"[each % 2], note=[{"text": "x" * each}]) for each in range(200)]
    source = export(tmp_path / "in", Patient=[patient("p"), patient("q")], MedicationRequest=[by_weight("p")])
    written = b"\xef\xbb\xbf" + ending.join([b"", *map(compact, results), b""])
    (source / "Observation.ndjson").unlink()
    name = "Observation.ndjson.gz" if packed else "Observation.ndjson"
    (source / name).write_bytes(gzip.compress(written) if packed else written)
    with patch.object(blocks, "SIZE", 4_096):
        found: Any = facts(source, sifted=True, world=shipped.catalog(), study=shipped.STUDY)
    plain: Any = facts(source, sifted=False, world=shipped.catalog(), study=shipped.STUDY)
    assert found[0]["p"] == plain[0]["p"]
    assert len(set(re.findall("Observation/[0-9]+", str(found[0]["p"])))) == 100


class Tampering(Progress):
    """Changes a file when it was read."""

    def __init__(self, how: Callable[[Path], object]) -> None:
        self._how = how

    def reading(self, file: InputFile, lines: int, size: int) -> None:
        if file.type_hint == "Observation":
            self._how(file.path)


@pytest.mark.parametrize(
    "how",
    [Path.unlink, lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b" " + path.read_bytes())],
    ids=["gone", "empty", "moved by a byte"],
)
def test_what_is_not_any_more_where_it_stood_is_not_taken_for_absent(
    how: Callable[[Path], object], tmp_path: Path
) -> None:
    files: Any = {"Observation": [weight("w", "p"), weight("v", "p")], "MedicationRequest": [by_weight("p")]}
    request = Request(find_sources([export(tmp_path / "in", **files)]), (shipped.STUDY,), date(2026, 6, 30))
    with pytest.raises(InputError, match=r"Observation\.ndjson"):
        gather(shipped.catalog(), request, lambda reject: None, Tampering(how))


def test_a_file_that_breaks_off_is_told_once_though_it_is_gone_through_twice(tmp_path: Path) -> None:
    files: Any = {"Observation": [weight(str(each), "p", note=[{"text": str(each**7)}]) for each in range(2000)]}
    source = export(tmp_path / "in", **files, MedicationRequest=[by_weight("p")])
    whole = (source / "Observation.ndjson").read_bytes()
    (source / "Observation.ndjson").unlink()
    (source / "Observation.ndjson.gz").write_bytes(gzip.compress(whole)[:-2000])
    found: Any = facts(source, sifted=True, world=shipped.catalog(), study=shipped.STUDY)
    assert found == facts(source, sifted=False, world=shipped.catalog(), study=shipped.STUDY)
    assert len(found[3]) == 1
