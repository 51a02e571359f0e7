"""Condition: onset and abatement of every kind, what the statuses say, encounter diagnoses, lists that are empty."""

from dataclasses import replace
from datetime import date

import pytest

from service.eligibility.dates import ALWAYS, ANY_DAY, FOREVER, Days, Span, Window
from service.eligibility.facts import Certainty
from service.eligibility.outcome import Outcome
from service.eligibility.terms import Concept
from service.fhir.conditions import with_encounter
from tests.adapters.examples import READING, SCT, coded, fact, quantity, read

BORN = replace(READING, births={"1": Days.on(date(1970, 3, 10))})
NO_END = Days.on(FOREVER)
UPDATED = date(2024, 6, 1)


def between(first: str, last: str) -> Days:
    return Days(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("onset", "start"),
    [
        pytest.param({"onsetDateTime": "2020-05"}, between("2020-05-01", "2020-05-31"), id="month"),
        pytest.param(
            {"onsetPeriod": {"start": "2020", "end": "2021-03-04"}}, between("2020-01-01", "2021-03-04"), id="Period"
        ),
        pytest.param(
            {"onsetPeriod": {"start": "2020"}}, Days(date(2020, 1, 1), UPDATED), id="Period up to the last update"
        ),
        pytest.param({"onsetPeriod": {"end": "2020"}}, Days(ALWAYS, date(2020, 12, 31)), id="Period without start"),
        pytest.param({"onsetAge": quantity(52, "a")}, between("2022-03-10", "2023-03-09"), id="Age"),
        pytest.param({"onsetAge": quantity(18, "mo")}, between("1971-09-10", "1971-10-09"), id="Age in months"),
        pytest.param(
            {"onsetRange": {"low": quantity(40, "a"), "high": quantity(45, "a")}},
            between("2010-03-10", "2016-03-09"),
            id="Range",
        ),
        pytest.param({"onsetAge": {"value": 52}}, ANY_DAY, id="Age without a unit"),
        pytest.param({"onsetString": "in childhood"}, ANY_DAY, id="words"),
        pytest.param({}, ANY_DAY, id="none: recordedDate is not onset"),
        pytest.param({"onsetDateTime": None, "_onsetDateTime": {"extension": []}}, ANY_DAY, id="absent for a reason"),
    ],
)
def test_onset(onset: dict[str, object], start: Days) -> None:
    found = fact("Condition", BORN, **{"onsetDateTime": None, **onset})
    assert found.span == Span(start, NO_END)
    assert found.asserted == Days.on(date(2021, 1, 4))


def test_an_age_without_a_known_birth_date_dates_nothing() -> None:
    assert fact("Condition", onsetDateTime=None, onsetAge=quantity(52, "a")).span.start == ANY_DAY


@pytest.mark.parametrize(
    ("changes", "end", "ended"),
    [
        pytest.param({}, NO_END, False, id="active: still present"),
        pytest.param({"clinicalStatus": None}, NO_END, False, id="no status: still present"),
        pytest.param(
            {"clinicalStatus": coded("resolved")}, Days(date(2020, 5, 1), UPDATED), True, id="resolved, no day"
        ),
        pytest.param(
            {"clinicalStatus": coded("remission")}, Days(date(2020, 5, 1), UPDATED), True, id="remission, no day"
        ),
        pytest.param(
            {"clinicalStatus": coded("inactive"), "meta": None},
            Days(date(2020, 5, 1), FOREVER),
            True,
            id="never updated",
        ),
        pytest.param(
            {"clinicalStatus": coded("unknown")}, Days(date(2020, 5, 1), FOREVER), False, id="R5 unknown: possibly over"
        ),
        pytest.param(
            {"clinicalStatus": coded("resolved"), "abatementDateTime": "2022"},
            between("2022-01-01", "2022-12-31"),
            False,
            id="dated",
        ),
        pytest.param(
            {"clinicalStatus": None, "abatementBoolean": True}, Days(date(2020, 5, 1), UPDATED), True, id="legacy true"
        ),
        pytest.param({"clinicalStatus": None, "abatementBoolean": False}, NO_END, False, id="legacy false"),
        pytest.param(
            {"clinicalStatus": None, "abatementString": "long ago"}, Days(date(2020, 5, 1), UPDATED), True, id="words"
        ),
        pytest.param(
            {"clinicalStatus": None, "abatementAge": quantity(53, "a")},
            between("2023-03-10", "2024-03-09"),
            False,
            id="Age",
        ),
        pytest.param(
            {"clinicalStatus": None, "abatementPeriod": {"start": "2022-01-01", "end": "2022-02-01"}},
            between("2022-01-01", "2022-02-01"),
            False,
            id="Period",
        ),
        pytest.param(
            {"abatementDateTime": "2022-01-01"}, Days(date(2022, 1, 1), FOREVER), False, id="abated and active: either"
        ),
        pytest.param({"clinicalStatus": None, "abatementDateTime": "9999-12-31"}, NO_END, False, id="9999 is no end"),
    ],
)
def test_end(changes: dict[str, object], end: Days, ended: bool) -> None:
    found = fact("Condition", BORN, **changes)
    assert (found.span.end, found.ended) == (end, ended)


@pytest.mark.parametrize(
    ("status", "certainty"),
    [
        (coded("confirmed"), Certainty.SURE),
        (None, Certainty.SURE),
        (coded("refuted"), Certainty.DENIED),
        (coded("unconfirmed"), Certainty.POSSIBLE),
        (coded("provisional"), Certainty.POSSIBLE),
        (coded("differential"), Certainty.POSSIBLE),
        (coded("made-up"), Certainty.POSSIBLE),
        ({"text": "confirmed?"}, Certainty.POSSIBLE),
        ({"coding": [{"code": "410605003", "system": "sct"}, {"code": "confirmed"}]}, Certainty.SURE),
        ({"coding": [{"code": "confirmed"}, {"code": "refuted"}]}, Certainty.POSSIBLE),
    ],
    ids=repr,
)
def test_verification(status: object, certainty: Certainty) -> None:
    assert fact("Condition", verificationStatus=status).certainty is certainty


ENCOUNTER_DIAGNOSIS = {
    "category": [coded("encounter-diagnosis")],
    "onsetDateTime": None,
    "encounter": {"reference": "https://ehr/fhir/Encounter/7"},
}


def on(day: str) -> Window:
    return Window.of(date.fromisoformat(day), date.fromisoformat(day))


def test_an_encounter_diagnosis_is_sure_during_its_encounter_only() -> None:
    waiting = fact("Condition", **ENCOUNTER_DIAGNOSIS)
    assert waiting.encounter == "Encounter/7"
    placed = with_encounter(waiting, Span(Days.on(date(2021, 2, 1)), Days.on(date(2021, 2, 5))))
    outcomes = [placed.span.during(on(day)) for day in ("2021-01-31", "2021-02-01", "2021-02-05", "2021-02-06")]
    assert outcomes == [Outcome.UNKNOWN, Outcome.MET, Outcome.MET, Outcome.UNKNOWN]
    assert placed.encounter is None and placed.asserted == Days.on(date(2021, 2, 5))


def test_an_encounter_diagnosis_without_its_encounter_is_sure_on_the_day_it_was_recorded() -> None:
    recorded = fact("Condition", **{**ENCOUNTER_DIAGNOSIS, "encounter": None})
    outcomes = [recorded.span.during(on(day)) for day in ("2021-01-03", "2021-01-04", "2021-01-05")]
    assert outcomes == [Outcome.UNKNOWN, Outcome.MET, Outcome.UNKNOWN]


def test_an_encounter_diagnosis_without_any_day_is_never_sure() -> None:
    undated = fact("Condition", **ENCOUNTER_DIAGNOSIS, recordedDate=None)
    assert undated.span.during(Window.of(date(1950, 1, 1), date(2030, 1, 1))) is Outcome.UNKNOWN


def test_an_encounter_diagnosis_that_also_stands_on_the_problem_list_lasts() -> None:
    both = [coded("encounter-diagnosis"), coded("problem-list-item")]
    assert fact("Condition", category=both, onsetDateTime=None).span == Span(ANY_DAY, NO_END)


@pytest.mark.parametrize(
    "code",
    [
        coded("160245001"),
        coded("no-known-problems", "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"),
    ],
    ids=["SNOMED", "IPS no known problems"],
)
def test_an_empty_list_is_no_disease(code: object) -> None:
    adapted = read("Condition", code=code)
    assert (adapted.facts, adapted.unreadable) == ((), ())


def test_evidence_names_the_resource_its_version_and_the_element() -> None:
    evidence = fact("Condition").evidence
    assert (evidence.reference, evidence.element, evidence.version) == ("Condition/x", "Condition.code", "3")


def test_an_asserted_date_extension_is_no_onset_either() -> None:
    extension = [
        {"url": "http://hl7.org/fhir/StructureDefinition/condition-assertedDate", "valueDateTime": "2022-02-02"}
    ]
    found = fact("Condition", onsetDateTime=None, extension=extension)
    assert (found.span.start, found.asserted) == (ANY_DAY, Days.on(date(2022, 2, 2)))


ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
NULL_FLAVOR = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"


@pytest.mark.parametrize(
    "code",
    [
        None,
        {},
        {"text": "Unknown"},
        coded("unknown", ABSENT, display="Unknown"),
        {**coded("masked", ABSENT, display="Masked"), "text": "masked"},
        coded("UNK", NULL_FLAVOR, display="Unbekannt"),
        coded("no-problem-info", IPS, display="No information about problems"),
    ],
    ids=repr,
)
def test_a_condition_that_does_not_say_what_it_is_could_be_any(code: object) -> None:
    assert fact("Condition", code=code).concept == Concept()


def test_words_beside_a_code_that_says_nothing_are_kept() -> None:
    other = {**coded("OTH", NULL_FLAVOR, display="other"), "text": "Colon cancer"}
    assert fact("Condition", code=other).concept == Concept(texts=("Colon cancer",))
    both = {"coding": [coded("1")["coding"][0], {"system": NULL_FLAVOR, "code": "OTH"}]}  # type: ignore[index]
    assert [each.code for each in fact("Condition", code=both).concept.codings] == ["1"]


IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"


@pytest.mark.parametrize("none", [("no-known-problems", IPS), ("160245001", SCT)], ids=["IPS", "SNOMED CT"])
def test_no_known_problems_beside_a_disease_is_a_doubt(none: tuple[str, str]) -> None:
    disease = coded("C50.919", "http://hl7.org/fhir/sid/icd-10-cm")
    beside = {"coding": [*coded(*none)["coding"], *disease["coding"]]}  # type: ignore[misc]
    assert fact("Condition", code=beside).certainty is Certainty.POSSIBLE
    assert fact("Condition", code=disease).certainty is Certainty.SURE
    assert read("Condition", code=coded(*none)).facts == ()


@pytest.mark.parametrize(
    ("category", "filed"),
    [
        ({"text": "Encounter Diagnosis"}, "encounter-diagnosis"),
        ({"text": "Visit diagnosis"}, "encounter-diagnosis"),
        ({"text": "Problem List Item"}, "problem-list-item"),
    ],
)
def test_a_category_may_be_told_in_words(category: dict[str, str], filed: str) -> None:
    assert fact("Condition", category=[category]).category == filed
