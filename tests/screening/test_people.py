"""Who is screened: merged records once, held back people not at all; and what depends on the order of reading."""

from itertools import permutations
from pathlib import Path

import pytest

from service.errors import UsageError
from service.screening.explain import explain_patient
from service.screening.request import Progress, Request
from service.screening.sources import find_sources
from tests.builders import AT, twice
from tests.screening.test_bad_lines import MET, NOT_LOADED, NOT_MET
from tests.screening.world import STUDY, Json, cancer, catalog, encounter, export, patient, run


def replaced_by(other: str) -> Json:
    return {"link": [{"type": "replaced-by", "other": {"reference": f"Patient/{other}"}}]}


def test_a_merged_record_is_screened_once_under_the_surviving_one(tmp_path: Path) -> None:
    people = [patient("old", **replaced_by("new")), patient("new")]
    source = export(tmp_path / "in", Patient=people, Condition=[cancer(of="old")], Encounter=[encounter(of="new")])
    result = run(source)
    assert list(result.assessments) == ["new"]
    assert result.answer("E1", "new") == MET
    assert result.summary["people"]["merged_into_another"] == 1  # type: ignore[index]


@pytest.mark.parametrize("names", list(permutations("abc")), ids="".join)
def test_merging_follows_a_chain_whatever_its_records_are_called(tmp_path: Path, names: tuple[str, ...]) -> None:
    first, second, last = names
    people = [patient(first, **replaced_by(second)), patient(second, **replaced_by(last)), patient(last)]
    source = export(tmp_path / "in", Patient=people, Condition=[cancer(of=first)], Encounter=[encounter(of=second)])
    result = run(source)
    assert list(result.assessments) == [last]
    assert result.answer("E1", last) == MET


def replaces(*others: str) -> Json:
    return {"link": [{"type": "replaces", "other": {"reference": f"Patient/{each}"}} for each in others]}


MERGED: dict[str, list[Json]] = {
    "the survivor alone says so": [patient("new", **replaces("old")), patient("old")],
    "both say so": [patient("new", **replaces("old")), patient("old", **replaced_by("new"))],
    "there is no Patient of the old one": [patient("new", **replaces("old"))],
    "through a record between them": [
        patient("new", **replaces("old", "between")),
        patient("old", **replaced_by("between")),
        patient("between"),
    ],
    "the old one is said to replace itself": [patient("new", **replaces("old")), patient("old", **replaces("old"))],
}


@pytest.mark.parametrize("people", MERGED.values(), ids=MERGED)
def test_either_record_may_say_which_one_replaced_which(tmp_path: Path, people: list[Json]) -> None:
    source = export(tmp_path / "in", Patient=people, Condition=[cancer(of="old")], Encounter=[encounter(of="new")])
    result = run(source)
    assert list(result.assessments) == ["new"]
    assert result.answer("E1", "new") == MET


WILD = {"modifierExtension": [{"url": "x"}]}
UNCLEAR: dict[str, list[Json | bytes]] = {
    "a circle": [patient("b", **replaced_by("c")), patient("c", **replaced_by("b")), patient("d", **replaced_by("c"))],
    "a circle of replaces": [patient("b", **replaces("c")), patient("c", **replaces("b"))],
    "two survivors": [patient("b", **replaces("d")), patient("c", **replaces("d")), patient("d")],
    "each says otherwise": [patient("b", **replaces("d")), patient("c"), patient("d", **replaced_by("c"))],
    "an old one that cannot be read": [patient("b"), patient("c", **replaced_by("b"), **WILD)],
    "an old one that cannot be read, as the new one says": [patient("b", **replaces("c")), patient("c", **WILD)],
    "an old one that says something twice": [patient("b"), twice(patient("c", **replaced_by("b")), gender="male")],
    "an old one in two versions": [patient("b"), patient("c", **replaced_by("b")), patient("c", gender="male")],
    "a new one that cannot be read": [patient("b", **replaces("c"), **WILD), patient("c")],
}


@pytest.mark.parametrize("people", UNCLEAR.values(), ids=UNCLEAR)
def test_where_nobody_can_tell_which_record_stands_nobody_is_screened(
    tmp_path: Path, people: list[Json | bytes]
) -> None:
    """What one of them says may be said of another; and what holds back one may hold back all."""
    result = run(export(tmp_path / "in", Patient=[*people, patient("else")], Condition=[cancer(of="b")]))
    assert list(result.assessments) == ["else"]
    assert {each["reason"] for each in result.held} == {"merge-unclear"}
    assert len(result.held) == len({str(each["patient"]) for each in result.held})
    assert result.summary["people"]["screened"] == 1  # type: ignore[index]
    with pytest.raises(UsageError, match="held back and not screened: merge-unclear"):
        explain_patient(catalog(), Request(find_sources([tmp_path / "in"]), (STUDY,), AT), "b", Progress())  # type: ignore[arg-type]


def test_records_that_merely_refer_to_each_other_are_two_people(tmp_path: Path) -> None:
    links = [{"type": each, "other": {"reference": "Patient/q"}} for each in ("seealso", "refer")]
    source = export(tmp_path / "in", Patient=[patient("p", link=links), patient("q")], Condition=[cancer(of="q")])
    assert sorted(run(source).assessments) == ["p", "q"]


def test_a_merged_record_is_complete_only_where_both_are(tmp_path: Path) -> None:
    whole = export(tmp_path / "a", Patient=[patient("new")], Encounter=[encounter(of="new")])
    partial = export(tmp_path / "b", Patient=[patient("old", **replaced_by("new"))])
    (partial / "Condition.ndjson").unlink()
    assert run(whole, partial).answer("E1", "new") == NOT_LOADED


def test_a_record_replaced_by_one_that_is_not_there_is_held_back(tmp_path: Path) -> None:
    result = run(export(tmp_path / "in", Patient=[patient("old", **replaced_by("gone"))]))
    assert result.held == [{"patient": "old", "reason": "replaced"}]
    assert result.assessments == {}
    request = Request(find_sources([tmp_path / "in"]), (STUDY,), AT)
    with pytest.raises(UsageError, match="held back and not screened: replaced"):
        explain_patient(catalog(), request, "old", Progress())  # type: ignore[arg-type]


HELD_BACK: dict[str, tuple[Json, Json, str]] = {
    "deceased": ({"deceasedBoolean": True}, {}, "deceased"),
    "deceased on the day": ({"deceasedDateTime": "2026-06-30"}, {}, "deceased"),
    "a test patient by tag": ({"meta": {"tag": [{"code": "HTEST"}]}}, {}, "test-patient"),
    "a test patient by the site's list": ({}, {"test_patients": frozenset("p")}, "test-patient"),
    "opted out by the site's list": ({}, {"opted_out": frozenset("p")}, "research-opt-out"),
    "restricted": ({"meta": {"security": [{"code": "R"}]}}, {}, "restricted"),
    "of another organization": ({}, {"organizations": frozenset({"Organization/1"})}, "not-at-site"),
}


@pytest.mark.parametrize(("more", "site", "reason"), HELD_BACK.values(), ids=HELD_BACK.keys())
def test_who_is_held_back_is_counted_and_nothing_else(tmp_path: Path, more: Json, site: Json, reason: str) -> None:
    result = run(export(tmp_path / "in", Patient=[patient(**more)], Condition=[cancer()]), **site)  # type: ignore[arg-type]
    assert result.held == [{"patient": "p", "reason": reason}]
    assert (result.assessments, result.subjects) == ({}, [])
    assert result.summary["people"]["held_back_reasons"] == {reason: 1}  # type: ignore[index]


@pytest.mark.parametrize(
    "name", [each for each in HELD_BACK if each != "of another organization"], ids=lambda each: each.replace(" ", "-")
)
def test_what_a_replaced_record_said_holds_the_surviving_one_back(tmp_path: Path, name: str) -> None:
    more, site, reason = HELD_BACK[name]
    people = [patient("p", **more, **replaced_by("new")), patient("new")]
    result = run(export(tmp_path / "in", Patient=people, Encounter=[encounter(of="new")]), **site)  # type: ignore[arg-type]
    assert result.held == [{"patient": "new", "reason": reason}]
    assert (result.assessments, result.subjects) == ({}, [])


def test_a_death_after_the_screening_date_does_not_hold_back(tmp_path: Path) -> None:
    assert run(export(tmp_path / "in", Patient=[patient(deceasedDateTime="2026-07-01")])).held == []


def test_a_consent_that_denies_research_holds_back(tmp_path: Path) -> None:
    refusal = {
        "resourceType": "Consent", "id": "n", "status": "active", "patient": {"reference": "Patient/p"},
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "research"}]},
        "category": [{"text": "research"}], "dateTime": "2025-01-01", "provision": {"type": "deny"},
    }  # fmt: skip
    assert run(export(tmp_path / "in", Consent=[refusal])).held == [{"patient": "p", "reason": "research-opt-out"}]


DIAGNOSIS = cancer(category=[{"coding": [{"code": "encounter-diagnosis"}]}], encounter={"reference": "Encounter/stay"})
STAY = encounter("stay", period={"start": "2026-06-01"}, status="in-progress")


@pytest.mark.parametrize("first", ["visit", "diagnosis"])
def test_a_diagnosis_finds_its_visit_whichever_comes_first(tmp_path: Path, first: str) -> None:
    undated = {key: value for key, value in DIAGNOSIS.items() if key != "onsetDateTime"}
    lines = [STAY, undated] if first == "visit" else [undated, STAY]
    result = run(export(tmp_path / "in", mixed=lines))
    assert result.answer("E1") == MET


def test_an_age_of_onset_finds_the_birth_date_whichever_comes_first(tmp_path: Path) -> None:
    aged = {key: value for key, value in cancer(of="q").items() if key != "onsetDateTime"}
    aged["onsetAge"] = {"value": 90, "unit": "a", "system": "http://unitsofmeasure.org", "code": "a"}
    lines = [aged, encounter("f", "q"), patient("q")]
    result = run(export(tmp_path / "in", mixed=lines))
    assert result.answer("E1", "q") != MET  # at 56 nobody has had anything since the age of 90


def test_a_subject_without_a_patient_resource_is_counted(tmp_path: Path) -> None:
    result = run(export(tmp_path / "in", Condition=[cancer(of="nobody")]))
    assert result.summary["people"]["without_readable_patient"] == 1  # type: ignore[index]
    assert result.answer("E1") == NOT_MET
