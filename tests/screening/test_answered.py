"""Which Bundles are the whole answer, and for whom: each here holds a Patient and a visit, and no condition."""

import json
from pathlib import Path

import pytest

from tests.builders import SCT
from tests.screening.test_bad_lines import MET, NOT_LOADED, NOT_MET, UNREADABLE
from tests.screening.world import Json, Result, bundle, cancer, encounter, patient, run

SELF = "https://fhir.example.org"
CHART = (patient(), encounter())
EVERYTHING = f"{SELF}/Patient/p/$everything"
SUBSETTED = {"tag": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}]}


def screened(tmp_path: Path, content: Json, **site: object) -> Result:
    (tmp_path / "bundle.json").write_text(json.dumps(content))
    return run(tmp_path / "bundle.json", out=tmp_path / "out", **site)  # type: ignore[arg-type]


def asked(url: str, *resources: Json, **more: object) -> Json:
    """What a server answers to that address."""
    return bundle(*(resources or CHART), link=[{"relation": "self", "url": url}], **more)


def outcome(severity: str, code: str) -> Json:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}


WHOLE = {
    "everything of the patient": EVERYTHING,
    "everything, by a relative address": "Patient/p/$everything",
    "everything of every patient": f"{SELF}/Patient/$everything",
    "everything of a group": f"{SELF}/Group/g/$everything",
    "all conditions": f"{SELF}/Condition",
    "the conditions of the patient": f"{SELF}/Condition?patient=p",
    "by a reference": f"{SELF}/Condition?subject=Patient/p",
    "by an absolute reference": f"{SELF}/Condition?subject={SELF}/Patient/p",
    "of several": f"{SELF}/Condition?patient=q,p",
    "by two parameters": f"{SELF}/Condition?patient=p&subject=Patient/p",
    "the compartment of the patient": f"{SELF}/Patient/p/Condition",
    "in pages, of which this is all": f"{SELF}/Condition?patient=p&_count=50&_sort=-date&_summary=false",
}
PART = {
    "everything of a visit": f"{SELF}/Encounter/e/$everything",
    "everything of a device": f"{SELF}/Device/p/$everything",
    "everything of nobody knows what": f"{SELF}/$everything",
    "the compartment of a visit": f"{SELF}/Encounter/e/Condition",
    "everything of another": f"{SELF}/Patient/q/$everything",
    "the compartment of another": f"{SELF}/Patient/q/Condition",
    "the conditions of another": f"{SELF}/Condition?patient=q",
    "the conditions of a group": f"{SELF}/Condition?subject=Group/1",
    "the conditions of whoever has that identifier": f"{SELF}/Condition?patient=http://ids%7Cp",
    "of two at once": f"{SELF}/Condition?patient=p&patient=q",
    "of nobody": f"{SELF}/Condition?patient=",
    "the total alone": f"{SELF}/Condition?patient=p&_count=0",
    "a summary": f"{SELF}/Condition?patient=p&_summary=true",
    "some of them": f"{SELF}/Condition?patient=p&clinical-status=active",
}


@pytest.mark.parametrize("url", WHOLE.values(), ids=WHOLE)
def test_a_search_for_all_of_a_patients_conditions_is_the_whole_answer(tmp_path: Path, url: str) -> None:
    assert screened(tmp_path, asked(url)).answer("E1") == NOT_MET


@pytest.mark.parametrize("url", PART.values(), ids=PART)
def test_a_search_for_something_else_says_nothing_of_them(tmp_path: Path, url: str) -> None:
    assert screened(tmp_path, asked(url)).answer("E1") == NOT_LOADED


def test_a_bundle_is_whole_for_the_patients_it_was_asked_for_alone(tmp_path: Path) -> None:
    """A mother comes along with her child: of her nobody asked."""
    both = (*CHART, patient("child"), encounter("f", "child"))
    result = screened(tmp_path, asked(f"{SELF}/Patient/child/$everything", *both))
    assert result.answer("E1", "child") == NOT_MET
    assert result.answer("E1", "p") == NOT_LOADED


def test_a_bundle_about_others_takes_nothing_from_ones_own(tmp_path: Path) -> None:
    lines = [asked(EVERYTHING), asked(f"{SELF}/Patient/child/$everything", patient("child"), patient())]
    (tmp_path / "charts.ndjson").write_text("\n".join(map(json.dumps, lines)))
    result = run(tmp_path / "charts.ndjson")
    assert result.answer("E1", "p") == NOT_MET
    assert result.answer("E1", "child") == ("unknown", ("no-contact",))


def test_of_records_of_one_person_each_has_to_be_asked_for(tmp_path: Path) -> None:
    older = patient("older", link=[{"type": "replaced-by", "other": {"reference": "Patient/p"}}])
    own, others = asked(EVERYTHING), asked(EVERYTHING, *CHART, older)
    both = asked(f"{SELF}/Patient/older/$everything", older)
    for pages, answer in (([own, both], NOT_MET), ([others], NOT_LOADED), ([others, both], NOT_MET)):
        (tmp_path / "charts.ndjson").write_text("\n".join(map(json.dumps, pages)))
        assert run(tmp_path / "charts.ndjson").answer("E1") == answer


@pytest.mark.parametrize("code", ["incomplete", "suppressed", "throttled", "timeout"])
@pytest.mark.parametrize("severity", ["information", "warning", "error"])
def test_an_issue_that_something_is_missing_counts_however_lightly_it_is_told(
    tmp_path: Path, severity: str, code: str
) -> None:
    assert screened(tmp_path, asked(EVERYTHING, *CHART, outcome(severity, code))).answer("E1") == NOT_LOADED


def test_an_issue_of_something_else_takes_nothing(tmp_path: Path) -> None:
    assert screened(tmp_path, asked(EVERYTHING, *CHART, outcome("warning", "informational"))).answer("E1") == NOT_MET


@pytest.mark.parametrize("issue", [outcome("error", "exception"), outcome("warning", "incomplete")])
def test_issues_of_the_bundle_itself_count_as_well(tmp_path: Path, issue: Json) -> None:
    """As R5 has them."""
    assert screened(tmp_path, asked(EVERYTHING, issues=issue)).answer("E1") == NOT_LOADED


OTHERS = [cancer(str(each), "q") for each in range(3)]
ALONG = [{"resource": each, "search": {"mode": "include"}} for each in CHART]
FOUND = [{"resource": each, "search": {"mode": "match"}} for each in OTHERS]
TOTALS = {
    "as many as there are": (3, FOUND, NOT_MET),
    "fewer": (2, FOUND, NOT_MET),
    "more": (4, FOUND, NOT_LOADED),
    "as many as came, but some came along": (5, FOUND, NOT_LOADED),
    "as many as came, and nothing says why they did": (5, [{"resource": each} for each in OTHERS], NOT_LOADED),
    "none at all": (0, [], NOT_MET),
    "some, and none is here": (7, [], NOT_LOADED),
    "no number": (True, [], NOT_LOADED),
    "a text": ("5", FOUND, NOT_LOADED),
    "more, with a point": (4.0, FOUND, NOT_LOADED),
}


@pytest.mark.parametrize(
    "link", [{"relation": "next", "url": f"{SELF}?page=2"}, [{"relation": "next"}], [{"relation": "next", "url": None}]]
)
def test_another_page_that_is_nowhere_is_lacking(tmp_path: Path, link: object) -> None:
    assert screened(tmp_path, bundle(*CHART, link=link)).answer("E1") == NOT_LOADED


@pytest.mark.parametrize(("total", "found", "answer"), TOTALS.values(), ids=TOTALS)
def test_a_total_tells_of_matches_that_are_not_here(
    tmp_path: Path, total: object, found: list[Json], answer: object
) -> None:
    whole = asked(f"{SELF}/Condition") | {"entry": [*ALONG, *found], "total": total}
    assert screened(tmp_path, whole).answer("E1") == answer


@pytest.mark.parametrize(("total", "answer"), [(2, NOT_MET), (3, NOT_LOADED)])
def test_of_everything_a_total_counts_what_came_along(tmp_path: Path, total: int, answer: object) -> None:
    assert screened(tmp_path, asked(EVERYTHING) | {"entry": ALONG, "total": total}).answer("E1") == answer


@pytest.mark.parametrize("relation", ["next", "previous", "prev"])
def test_one_page_of_several_is_not_the_whole(tmp_path: Path, relation: str) -> None:
    page = asked(EVERYTHING)
    page["link"].append({"relation": relation, "url": f"{SELF}?page=2"})  # type: ignore[attr-defined]
    assert screened(tmp_path, page).answer("E1") == NOT_LOADED
    assert screened(tmp_path, page, bundles_complete=True).answer("E1") == NOT_LOADED


def test_the_first_page_that_is_the_last_one_too_is_the_whole(tmp_path: Path) -> None:
    page = asked(EVERYTHING)
    page["link"] += [{"relation": each, "url": EVERYTHING} for each in ("first", "last")]  # type: ignore[operator]
    assert screened(tmp_path, page).answer("E1") == NOT_MET


@pytest.mark.parametrize("query", ["_count=0", "_summary=count"])
def test_a_search_for_the_number_alone_holds_nothing_whatever_its_giver_says(tmp_path: Path, query: str) -> None:
    assert screened(tmp_path, asked(f"{SELF}/Condition?{query}"), bundles_complete=True).answer("E1") == NOT_LOADED


def test_a_bundle_that_says_that_it_is_a_part_is_one(tmp_path: Path) -> None:
    assert screened(tmp_path, asked(EVERYTHING, meta=SUBSETTED)).answer("E1") == NOT_LOADED


@pytest.mark.parametrize("status", ["206 Partial", "202", "304 Not Modified", "403"])
def test_an_entry_that_was_answered_in_part_makes_it_a_part(tmp_path: Path, status: str) -> None:
    whole = asked(EVERYTHING)
    whole["entry"].append({"response": {"status": status}})  # type: ignore[attr-defined]
    assert screened(tmp_path, whole).answer("E1") == NOT_LOADED


def test_a_condition_of_which_elements_were_left_out_is_unreadable_for_its_patient(tmp_path: Path) -> None:
    """What is not there may say that it was refuted, or which disease it is."""
    nameless = {each: value for each, value in cancer(meta=SUBSETTED).items() if each != "code"}
    other = cancer("d", meta=SUBSETTED, code={"coding": [{"system": SCT, "code": "3"}]})
    for part, answer in ((cancer(meta=SUBSETTED), UNREADABLE), (nameless, UNREADABLE), (other, NOT_MET)):
        people = (patient("q"), encounter("f", "q"))
        result = screened(tmp_path, asked(f"{SELF}/Patient/$everything", *CHART, *people, part))
        assert (result.answer("E1"), result.answer("E1", "q")) == (answer, NOT_MET)
        assert result.counts[2] == 1


def test_a_part_is_not_put_in_the_place_of_the_whole(tmp_path: Path) -> None:
    """STANDARDS 3.12."""
    newer = cancer(meta={**SUBSETTED, "lastUpdated": "2026-06-02T00:00:00Z"}, code={})
    whole = cancer(meta={"lastUpdated": "2026-06-01T00:00:00Z"})
    assert screened(tmp_path, asked(EVERYTHING, *CHART, whole, newer)).answer("E1") == UNREADABLE


def test_a_patient_of_whom_a_part_is_here_is_not_screened(tmp_path: Path) -> None:
    """It may be left out that they died, or are another record's."""
    result = screened(tmp_path, asked(EVERYTHING, patient(meta=SUBSETTED), patient("q")))
    assert list(result.assessments) == ["q"]
    assert result.summary["people"]["without_readable_patient"] == 1  # type: ignore[index]


def test_what_is_on_record_counts_whatever_else_is_lacking(tmp_path: Path) -> None:
    assert screened(tmp_path, asked(f"{SELF}/Encounter/e/$everything", *CHART, cancer(), total=9)).answer("E1") == MET
