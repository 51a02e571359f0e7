"""What is told from the bytes of a chart alone: it may save reading it, but never hides anybody who would be shown."""

import json
import random
import re
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from service.catalog.load import Catalog
from service.eligibility.assess import Signal, case_of, signal
from service.eligibility.criteria import AgeAtScreening, AnyOf, Bounds, ConditionPresent, Criterion, Study
from service.eligibility.terms import Coding, Mapped, Terminology
from service.fhir.cds.call import Call, Hook, read_call
from service.screening.cds.entry import Entry, entry_of
from service.screening.cds.policy import CardPolicy
from service.screening.cds.reader import CallReader
from service.screening.judging import knowledge_of
from service.screening.record import read_record
from service.screening.tenant import Tenant
from tests.builders import ICD, SCT
from tests.cds.world import CHART, EHR, Json, Sample, no_access, outcome, page, prefetched, request
from tests.screening.world import STUDY, cancer, haemoglobin, patient
from tests.working.world import TODAY, catalog, shipped

LOCAL = "urn:oid:1.2.3"
ADULT = Criterion("I1", "inclusion", "an adult", AgeAtScreening(Bounds(at_least=18)))  # type: ignore[arg-type]
BY_CANCER = Study("by-cancer", "1", "Cancer", (ADULT,), entry=(ConditionPresent(("cancer",)),))
BY_EITHER = Study("either", "1", "Either", (ADULT,), entry=(AnyOf((ConditionPresent(("cold",)), *STUDY.entry)),))
BY_AGE = Study("by-age", "1", "Age", (ADULT,), entry=(ADULT.node,))


def tenant_of(content: Catalog) -> Tenant:
    return Tenant("north", content, tuple(sorted(content.studies)), cards=CardPolicy())


@cache
def small() -> Tenant:
    """Studies that are found by a diagnosis, by a result, by either; and codes of the site with maps."""
    made = catalog(STUDY, BY_CANCER, BY_EITHER)
    maps = {
        Coding(LOCAL, "krebs"): (Mapped(Coding(SCT, "1"), exact=True),),
        Coding(LOCAL, "k.50"): (Mapped(Coding(ICD, "C50"), exact=True),),
        Coding(LOCAL, "vielleicht"): (Mapped(Coding(SCT, "1"), exact=False),),
        Coding(LOCAL, "schnupfen"): (Mapped(Coding(SCT, "3"), exact=True),),
    }
    return tenant_of(replace(made, terminology=Terminology(made.terminology.value_sets, maps)))


@cache
def entry(of: str) -> tuple[Tenant, Entry]:
    tenant = small() if of == "small" else tenant_of(shipped())
    return tenant, entry_of(tenant)


def call_of(body: bytes) -> Call:
    return read_call(body, tuple(Hook))


def strong(tenant: Tenant, call: Call) -> set[str]:
    """The studies that have a strong signal, when all that came is read."""
    reader = CallReader(tenant, call, lambda: no_access(call))
    reader.load()
    record = read_record(tenant, call.patient, reader, TODAY).record
    if record is None:
        return set()
    knowledge = knowledge_of(tenant.catalog)
    return {
        study.id
        for study in tenant.open_studies
        if signal(study, case_of(record, study, TODAY, knowledge)) is Signal.STRONG
    }


def hidden(of: str, body: bytes) -> set[str]:
    """The studies that would be hidden wrongly."""
    tenant, known = entry(of)
    call = call_of(body)
    suggested = known.suggested(call)
    return set() if suggested is None else strong(tenant, call) - suggested


def test_nobody_of_the_population_is_hidden(sample: Sample) -> None:
    tenant, known = entry("shipped")
    unread = 0
    for owner, chart in sample.charts.items():
        call = call_of(json.dumps(request(of=owner, prefetch=prefetched(tenant, chart))).encode())
        suggested = known.suggested(call)
        assert suggested is not None or any("\\u00" in json.dumps(each) for each in chart)
        unread += suggested is not None and not suggested
        assert suggested is None or strong(tenant, call) <= suggested
    assert unread > 20  # it does save something


def test_3_51_a_chart_with_records_of_somebody_elsewhere_is_read() -> None:
    tenant, known = entry("small")
    elsewhere = "https://elsewhere.example/Patient/p"
    for subject, told in {"Patient/p": True, f"{EHR}/Patient/p": True, elsewhere: False}.items():
        held = {**cancer(), "subject": {"reference": subject}}
        body = request(prefetch=prefetched(tenant, [patient(), held]), fhirServer=EHR)
        assert (known.suggested(call_of(json.dumps(body).encode())) is not None) is told


CODES = [
    *(("1", SCT), ("3", SCT), ("2", SCT), ("4", SCT), ("hb", "http://loinc.org")),
    *(("C50.9", ICD), ("C509", ICD), ("c50.9", ICD), (" C50.9 ", ICD), ("D50", ICD), ("C", ICD), ("c.5", ICD)),
    *(("krebs", LOCAL), ("k.50", LOCAL), ("K50", LOCAL), ("vielleicht", LOCAL), ("schnupfen", LOCAL)),
    *(("1 ", SCT), ("1", f" {SCT} "), (" hb", "http://loinc.org"), ("", SCT), ('a"b', SCT), ("a\\b", SCT), ("Ü", SCT)),
]


@st.composite
def records(draw: st.DrawFn) -> list[Json]:
    """Conditions and results with any of these codes, several in one, some by text alone."""
    found: list[Json] = []
    for number in range(draw(st.integers(0, 3))):
        codings = [
            {"system": system, "code": code, "display": draw(st.sampled_from(["cancer", "x"]))}
            for code, system in draw(st.lists(st.sampled_from(CODES), max_size=2))
        ]
        code = {"coding": codings, **draw(st.sampled_from([{}, {"text": "carcinoma"}, {"text": "common cold"}]))}
        make = draw(st.sampled_from([cancer, haemoglobin]))
        found.append({**make(f"r{number}"), "code": code})
    return found


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same with the members of every object in another order."""
    if isinstance(value, dict):
        names = list(value)
        chance.shuffle(names)
        return {name: shuffled(value[name], chance) for name in names}
    return [shuffled(each, chance) for each in value] if isinstance(value, list) else value


LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')
LETTER = re.compile(r"\\u.{4}|\\.|.")


def escaped(text: str, chance: random.Random) -> str:
    """The same JSON, with some letters within its texts written by their numbers."""

    def by_number(found: re.Match[str]) -> str:
        letter = found[0]
        return f"\\u{ord(letter):04x}" if letter.isalnum() and ord(letter) < 128 and chance.random() < 0.05 else letter

    return LITERAL.sub(lambda found: f'"{LETTER.sub(by_number, found[0][1:-1])}"', text)


@given(records(), st.integers(), st.sampled_from([None, 0, 3]), st.booleans(), st.booleans())
@settings(max_examples=300)
def test_nobody_is_hidden_however_the_chart_is_written(
    held: list[Json], seed: int, indent: int | None, ascii: bool, numbers: bool
) -> None:
    chance = random.Random(seed)
    tenant, _ = entry("small")
    body = request(prefetch=prefetched(tenant, [patient(), *held]))
    text = json.dumps(shuffled(body, chance), indent=indent, ensure_ascii=ascii)
    if numbers:
        text = escaped(text, chance)
        assert json.loads(text) == json.loads(json.dumps(body))
    assert hidden("small", text.encode()) == set()


def every_code() -> list[Coding]:
    """Every code, and beginning of codes, that surely belongs to a value set that is shipped."""
    sets = shipped().terminology.value_sets.values()
    return sorted({code for each in sets for code in (*each.sure.listed, *each.sure.prefixes)}, key=repr)


@given(st.deferred(lambda: st.sampled_from(every_code())))
@settings(max_examples=200)
def test_no_code_that_is_shipped_is_hidden(coding: Coding) -> None:
    tenant, _ = entry("shipped")
    written = {"coding": [{"system": coding.system, "code": coding.code}]}
    chart = [patient(), {**cancer(), "code": written}, {**haemoglobin(), "code": written}]
    assert hidden("shipped", json.dumps(request(prefetch=prefetched(tenant, chart))).encode()) == set()


FITTING = [
    ("1", SCT, {"by-cancer"}),
    ("C50.9", ICD, {"by-cancer"}),
    ("c50 ", ICD, {"by-cancer"}),
    ("krebs", LOCAL, {"by-cancer"}),
    ("k.50", LOCAL, {"by-cancer"}),
    ("schnupfen", LOCAL, {"either"}),
    ("3", SCT, {"either"}),
    ("4", SCT, set()),
    ("vielleicht", LOCAL, set()),
]


@pytest.mark.parametrize(("code", "system", "studies"), FITTING)
def test_only_what_may_fit_is_looked_at(code: str, system: str, studies: set[str]) -> None:
    tenant, known = entry("small")
    record = {**cancer(), "code": {"coding": [{"system": system, "code": code}]}}
    call = call_of(json.dumps(request(prefetch=prefetched(tenant, [patient(), record]))).encode())
    suggested = known.suggested(call)
    assert suggested is not None and studies <= suggested
    assert suggested - studies == set() or code == "k.50"  # a bare code may stand in several systems


@pytest.mark.parametrize(("tag", "told"), [("HTEST", True), ("ours", True), ("SUBSETTED", False)])
def test_only_a_part_of_a_record_has_to_be_read_to_be_understood(tag: str, told: bool) -> None:
    """Many EHRs tag every record; that alone must not make every chart be read."""
    tenant, known = entry("small")
    record = {**cancer(), "meta": {"tag": [{"code": tag}]}}
    call = call_of(json.dumps(request(prefetch=prefetched(tenant, [patient(), record]))).encode())
    assert (known.suggested(call) is not None) is told


def test_a_study_of_which_codes_do_not_tell_is_always_looked_at() -> None:
    tenant = tenant_of(catalog(BY_AGE, BY_CANCER))
    call = call_of(json.dumps(request(prefetch=prefetched(tenant, [patient()]))).encode())
    assert entry_of(tenant).suggested(call) == {"by-age"}


DOUBTFUL: dict[str, object] = {
    "missing": "REMOVED",
    "a text": "123",
    "a resource": cancer(),
    "an OperationOutcome": outcome(),
    "an outcome among the entries": page(outcome()),
    "a next page": page(link=[{"relation": "next", "url": "x"}]),
    "a larger total": page(total=1),
    "a larger total, though others came": page(patient(), patient("q"), total=2),
    "somebody else's records": page(cancer(of="q")),
    "no search": {**page(), "type": "collection"},
    "a part": page({**cancer(), "code": {}, "meta": {"tag": [{"code": "SUBSETTED"}]}}),
    "an empty object": {},
    "a list": [],
    "a number": 1,
}


@pytest.mark.parametrize("value", DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_is_not_surely_whole_tells_nothing(value: object) -> None:
    tenant, known = entry("small")
    came = {**prefetched(tenant, (patient(), *CHART[2:])), "condition": value}
    body = request(prefetch={name: each for name, each in came.items() if each != "REMOVED"})
    assert known.suggested(call_of(json.dumps(body).encode())) is None


def test_a_chart_without_its_patient_tells_nothing() -> None:
    tenant, known = entry("small")
    came = prefetched(tenant, CHART)
    del came["patient"]
    assert known.suggested(call_of(json.dumps(request(prefetch=came)).encode())) is None


@pytest.mark.parametrize("total", ["9" * 5000, "-1", "1.5", "1e3"])
def test_no_number_is_too_long(total: str) -> None:
    tenant, known = entry("small")
    came = {**prefetched(tenant, CHART), "condition": {**page(), "total": "TOTAL"}}
    text = json.dumps(request(prefetch=came)).replace('"TOTAL"', total)
    known.suggested(call_of(text.encode()))
    assert hidden("small", text.encode()) == set()
