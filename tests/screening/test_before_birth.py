"""Placeholder dates: what is dated long before a person was born is unreadable, and decides nothing. SEMANTICS §3, §5.

The patient `p` was born on 5 May 1970. Every chart is screened in memory and in buckets, with the same results.
"""

from itertools import permutations
from pathlib import Path

import pytest

from service.eligibility.dates import ALWAYS, ANY_DAY, FOREVER, Days, Span
from service.eligibility.facts import Certainty, Evidence, Fact, MedicationFact, Source
from service.eligibility.lifetime import first_day, unreadable, untrue
from tests.builders import (
    adverse_event,
    allergy,
    concept,
    condition,
    consent,
    days,
    encounter as visit,
    immunization,
    procedure,
    result,
)
from tests.screening.test_bad_lines import MET, NOT_MET
from tests.screening.test_people import replaced_by
from tests.screening.world import Json, cancer, export, haemoglobin, patient, run

UNREADABLE = ("unknown", ("unreadable",))
OVER: Json = {"clinicalStatus": {"coding": [{"code": "resolved"}]}}
IN_1900 = cancer(onsetDateTime=None, abatementDateTime="1900-01-01", **OVER)
REASON = "Condition.code: a date before the person was born, most likely a placeholder"


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        pytest.param({"abatementDateTime": "1900-01-01"}, UNREADABLE, id="over since 1900"),
        pytest.param({"abatementDateTime": "1900"}, UNREADABLE, id="over since some day of 1900"),
        pytest.param({"onsetDateTime": "1900-01-01"}, UNREADABLE, id="over, since 1900"),
        pytest.param({"onsetDateTime": "1900", "abatementDateTime": "2020"}, UNREADABLE, id="from 1900 until 2020"),
        pytest.param({"abatementDateTime": "1969-05-04"}, UNREADABLE, id="over more than a year before birth"),
        pytest.param({"abatementDateTime": "1969-05-05"}, NOT_MET, id="over a year before birth, found in the unborn"),
        pytest.param({"abatementDateTime": "1971-02"}, NOT_MET, id="over after birth"),
        pytest.param({"abatementDateTime": "2019", "recordedDate": "1900-01-01"}, NOT_MET, id="recorded in 1900"),
    ],
)
def test_a_cancer_that_was_over_before_birth_is_not_believed(tmp_path: Path, dates: Json, expected: object) -> None:
    ill = cancer(**{"onsetDateTime": None, **OVER, **dates})
    screened = run(export(tmp_path / "in", Condition=[ill]))
    assert screened.answer("E1") == expected
    assert [each["reason"] for each in screened.rejects] == ([REASON] if expected == UNREADABLE else [])


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        pytest.param("1970-05-05", UNREADABLE, id="the day is known"),
        pytest.param("1970", UNREADABLE, id="the year is known"),
        pytest.param("1901", NOT_MET, id="perhaps born in January 1901"),
        pytest.param(None, NOT_MET, id="not known"),
        pytest.param("1900-01-01", NOT_MET, id="a placeholder itself"),
    ],
)
def test_it_depends_on_what_is_known_of_the_birth(tmp_path: Path, birth: str | None, expected: object) -> None:
    source = export(tmp_path / "in", Patient=[patient(birthDate=birth)], Condition=[IN_1900])
    assert run(source).answer("E1") == expected


def test_a_result_of_1900_is_not_the_result_and_may_be_the_latest(tmp_path: Path) -> None:
    early = haemoglobin(effectiveDateTime="1900-01-01")
    assert run(export(tmp_path / "1", Observation=[early])).answer("I2") == UNREADABLE
    assert run(export(tmp_path / "2", Observation=[early, haemoglobin("o2")])).answer("I2") == UNREADABLE
    assert run(export(tmp_path / "3", Observation=[haemoglobin("o2")])).answer("I2") == MET


@pytest.mark.parametrize("lines", list(permutations((patient(), IN_1900, haemoglobin()))))
def test_the_order_of_reading_changes_nothing(tmp_path: Path, lines: tuple[Json, ...]) -> None:
    mixed = export(tmp_path / "in", Patient=[*lines])
    assert run(mixed).answer("E1") == UNREADABLE


@pytest.mark.parametrize(
    "people",
    [
        pytest.param([patient("p"), patient("old", **replaced_by("p"))], id="both births are known"),
        pytest.param([patient("p"), patient("old", birthDate=None, **replaced_by("p"))], id="that of the survivor"),
        pytest.param(
            [patient("old", birthDate="1880", **replaced_by("p")), patient("p")], id="the old one is a placeholder"
        ),
    ],
)
def test_of_a_merged_record_the_birth_of_the_survivor_counts(tmp_path: Path, people: list[object]) -> None:
    moved = {**IN_1900, "subject": {"reference": "Patient/old"}}
    assert run(export(tmp_path / "in", Patient=people, Condition=[moved])).answer("E1") == UNREADABLE


def test_a_refusal_of_research_is_heard_whatever_its_date(tmp_path: Path) -> None:
    refusal = {
        "resourceType": "Consent",
        "id": "r",
        "status": "active",
        "patient": {"reference": "Patient/p"},
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "research"}]},
        "dateTime": "1900-01-01",
        "provision": {"type": "deny"},
    }
    held = run(export(tmp_path / "in", Consent=[refusal])).held
    assert held == [{"patient": "p", "reason": "research-opt-out"}]


def course(start: str | None, end: str | None) -> MedicationFact:
    """A drug taken from the one day to the other."""
    span = Span(days(start), Days.on(FOREVER) if end is None else days(end))
    return MedicationFact(Evidence("MedicationRequest/1", "m"), concept("8"), Certainty.SURE, Source.REQUEST, span)


BEFORE, SINCE = "1900-01-01", "1975-01-01"
FACTS: dict[str, tuple[Fact, bool]] = {
    "a procedure of 1900": (procedure(concept("4"), BEFORE), True),
    "a procedure": (procedure(concept("4"), SINCE), False),
    "a procedure, nobody knows when": (procedure(concept("4"), None), False),
    "a vaccine of 1900": (immunization(concept("9"), BEFORE), True),
    "an adverse event of 1900": (adverse_event(concept("1"), BEFORE), True),
    "a visit of 1900": (visit(concept("1"), BEFORE), True),
    "a consent of 1900": (consent(True, BEFORE), True),
    "a consent that ended in 1900": (consent(True, None, BEFORE), True),
    "an allergy that began in 1900": (allergy(concept("1"), begun=days(BEFORE)), True),
    "an allergy that was written down in 1900": (
        allergy(concept("1"), recorded=days(BEFORE), begun=Days(ALWAYS, days(BEFORE).latest)),
        False,
    ),
    "a result of 1900": (result(concept("1"), 5, BEFORE), True),
    "a result that names a day in 1900": (result(concept("1"), days(BEFORE)), True),
    "a result, nobody knows when": (result(concept("1"), 5, None), False),
    "a drug ordered in 1900": (course(BEFORE, None), True),
    "a drug until 1900": (course(None, BEFORE), True),
    "a drug from before birth until today": (course("1960", "2026-06-30"), True),
    "a drug": (course(SINCE, None), False),
    "an illness that began in the years around birth": (condition(concept("1"), "1965/1975"), False),
}


@pytest.mark.parametrize(("fact", "expected"), FACTS.values(), ids=FACTS.keys())
def test_of_every_kind(fact: Fact, expected: bool) -> None:
    assert untrue(fact, first_day(days("1970-05-05"))) is expected
    assert untrue(fact, first_day(ANY_DAY)) is False


def test_what_is_unreadable_could_have_been_whatever_it_is_about() -> None:
    (told,) = unreadable([condition(concept("1"), BEFORE)])
    assert (told.type, told.evidence.reference, told.concept) == ("Condition", "Condition/1", concept("1"))
    (event,) = unreadable([adverse_event(concept("1"), BEFORE)])
    assert event.concept is None, "it may have been due to any drug"
