"""Bundles: ids and references of their own, and which of them are the whole answer."""

import json
from pathlib import Path

import pytest

from tests.screening.test_bad_lines import MET, NOT_LOADED, NOT_MET, UNREADABLE
from tests.screening.world import Json, Result, bundle, cancer, encounter, patient, run

SELF = "https://fhir.example.org"
CHART = (patient(), encounter())


def screened(tmp_path: Path, content: Json, **site: object) -> Result:
    (tmp_path / "bundle.json").write_text(json.dumps(content))
    return run(tmp_path / "bundle.json", out=tmp_path / "out", **site)  # type: ignore[arg-type]


def link(relation: str, url: str) -> list[Json]:
    return [{"relation": relation, "url": url}]


WHOLE = {
    "everything of the patient": (bundle(*CHART, link=link("self", f"{SELF}/Patient/p/$everything")), NOT_MET),
    "everything, with a page size": (
        bundle(*CHART, link=link("self", f"{SELF}/Patient/p/$everything?_count=9")),
        NOT_MET,
    ),
    "everything since a day": (
        bundle(*CHART, link=link("self", f"{SELF}/Patient/p/$everything?_since=2026-01-01")),
        NOT_LOADED,
    ),
    "some types of everything": (
        bundle(*CHART, link=link("self", f"{SELF}/Patient/p/$everything?_type=Patient")),
        NOT_LOADED,
    ),
    "everything, with a next page": (
        bundle(*CHART, link=[*link("self", f"{SELF}/Patient/p/$everything"), *link("next", f"{SELF}?page=2")]),
        NOT_LOADED,
    ),
    "a search for patients says nothing of conditions": (
        bundle(*CHART, link=link("self", f"{SELF}/Patient")),
        NOT_LOADED,
    ),
    "no link, and a condition of somebody else": (bundle(*CHART, cancer(of="q")), NOT_MET),
    "no link, and no condition at all": (bundle(*CHART), NOT_LOADED),
    "a search for some conditions": (
        bundle(*CHART, cancer(of="q"), link=link("self", f"{SELF}/Condition?code=1")),
        NOT_LOADED,
    ),
    "a search that is no URL": (
        bundle(*CHART, cancer(of="q"), link=link("self", "https://[ehr/Condition")),
        NOT_LOADED,
    ),
    "a collection": (bundle(*CHART, cancer(of="q"), kind="collection"), NOT_LOADED),
    "an outcome whose severity is a list": (
        bundle(*CHART, cancer(of="q"), {"resourceType": "OperationOutcome", "issue": [{"severity": ["error"]}]}),
        NOT_MET,
    ),
    "an error among the entries": (
        bundle(*CHART, cancer(of="q"), {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}),
        NOT_LOADED,
    ),
}


@pytest.mark.parametrize(("content", "answer"), WHOLE.values(), ids=WHOLE.keys())
def test_a_searchset_without_a_next_page_is_complete_for_what_it_searched(
    tmp_path: Path, content: Json, answer: object
) -> None:
    assert screened(tmp_path, content).answer("E1") == answer


def test_any_bundle_is_complete_if_its_giver_says_so(tmp_path: Path) -> None:
    assert screened(tmp_path, bundle(*CHART, kind="collection"), bundles_complete=True).answer("E1") == NOT_MET


def test_a_next_page_is_missing_whatever_its_giver_says(tmp_path: Path) -> None:
    content = bundle(*CHART, link=link("next", f"{SELF}?page=2"))
    assert screened(tmp_path, content, bundles_complete=True).answer("E1") == NOT_LOADED


def test_an_entry_without_id_takes_that_of_its_full_url_and_references_find_it(tmp_path: Path) -> None:
    one, two = "urn:uuid:11111111-1111-4111-8111-111111111111", "urn:uuid:22222222-2222-4222-8222-222222222222"
    nameless = {key: value for key, value in patient().items() if key != "id"}
    disease = {key: value for key, value in cancer().items() if key != "id"} | {"subject": {"reference": one}}
    entry = [{"fullUrl": two, "resource": disease}, {"fullUrl": one, "resource": nameless}]
    result = screened(tmp_path, {"resourceType": "Bundle", "type": "transaction", "entry": entry})
    assert result.counts == (2, 0, 0, 0)
    assert result.answer("E1", one.removeprefix("urn:uuid:")) == MET


def test_an_absolute_full_url_is_what_it_ends_with(tmp_path: Path) -> None:
    entry = [
        {"fullUrl": f"{SELF}/Patient/p", "resource": {k: v for k, v in patient().items() if k != "id"}},
        {"fullUrl": f"{SELF}/Condition/c", "resource": cancer(subject={"reference": f"{SELF}/Patient/p"})},
    ]
    assert screened(tmp_path, {"resourceType": "Bundle", "type": "collection", "entry": entry}).answer("E1") == MET


def test_an_entry_without_id_and_full_url_is_rejected(tmp_path: Path) -> None:
    result = screened(tmp_path, bundle(*CHART, {k: v for k, v in cancer().items() if k != "id"}))
    assert result.counts == (2, 0, 0, 1)
    assert (result.rejects[0]["entry"], result.rejects[0]["reason"]) == (3, "no id")
    assert result.answer("E1") == ("unknown", ("unreadable",))


ENTRIES = {
    "a text": "x",
    "null": None,
    "its resource is a list": {"resource": []},
    "its resource is null": {"resource": None},
}


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES.keys())
def test_an_entry_that_is_none_is_counted(tmp_path: Path, entry: object) -> None:
    content = bundle(*CHART)
    content["entry"].append(entry)  # type: ignore[attr-defined]
    result = screened(tmp_path, content, bundles_complete=True)
    assert result.counts == (2, 0, 0, 1)
    assert result.answer("E1") == NOT_LOADED


def test_an_entry_may_be_a_request_alone(tmp_path: Path) -> None:
    content = bundle(*CHART)
    content["entry"].append({"request": {"method": "DELETE", "url": "Condition/1"}})  # type: ignore[attr-defined]
    assert screened(tmp_path, content, bundles_complete=True).counts == (2, 0, 0, 0)


def test_entries_that_are_no_list_are_counted(tmp_path: Path) -> None:
    result = screened(tmp_path, {"resourceType": "Bundle", "type": "searchset", "entry": {}})
    assert result.counts == (0, 0, 0, 1)


def test_the_bundles_of_a_batch_response_are_read_too(tmp_path: Path) -> None:
    everything = bundle(*CHART, cancer(), link=link("self", f"{SELF}/Patient/p/$everything"))
    result = screened(tmp_path, bundle(everything, kind="batch-response"))
    assert result.counts == (3, 0, 0, 0)
    assert result.answer("E1") == MET


def test_bundles_nested_without_end_are_counted(tmp_path: Path) -> None:
    content = bundle(*CHART)
    for _ in range(10):
        content = bundle(content)
    result = screened(tmp_path, content)
    assert result.counts == (0, 0, 0, 1)
    assert result.rejects[0]["reason"] == "Bundles nested too deeply"


def test_a_bundle_may_be_a_line(tmp_path: Path) -> None:
    (tmp_path / "pages.ndjson").write_text(json.dumps(bundle(*CHART)) + "\n" + json.dumps(bundle(cancer())) + "\n")
    assert run(tmp_path / "pages.ndjson").answer("E1") == MET


def requested(method: str, url: str, resource: Json | None = None) -> Json:
    entry: Json = {"fullUrl": f"{SELF}/{url}", "request": {"method": method, "url": url}}
    return entry if resource is None else {**entry, "resource": resource}


PUT, DELETE = requested("PUT", "Condition/c", cancer()), requested("DELETE", "Condition/c")
DELETIONS: dict[str, tuple[list[Json], tuple[str, tuple[str, ...]]]] = {
    "nothing": ([PUT], MET),
    "after it was written": ([DELETE, PUT], UNREADABLE),
    "before it was written, perhaps": ([PUT, DELETE], UNREADABLE),
    "together with what it was": ([requested("DELETE", "Condition/c", cancer())], UNREADABLE),
    "by a name of its own": ([{"request": {"method": "DELETE", "url": f"{SELF}/Condition/c"}}, PUT], UNREADABLE),
    "by its address alone": ([{"fullUrl": f"{SELF}/Condition/c", "request": {"method": "DELETE"}}, PUT], UNREADABLE),
    "another one": ([requested("DELETE", "Condition/d"), PUT], MET),
    "one of another type": ([requested("DELETE", "Observation/c"), PUT], MET),
}


@pytest.mark.parametrize(("changes", "answer"), DELETIONS.values(), ids=DELETIONS)
@pytest.mark.parametrize("kind", ["history", "transaction"])
def test_what_was_deleted_is_no_fact(
    tmp_path: Path, changes: list[Json], answer: tuple[str, tuple[str, ...]], kind: str
) -> None:
    whole = {"resourceType": "Bundle", "type": kind, "entry": [*({"resource": each} for each in CHART), *changes]}
    assert screened(tmp_path, whole, bundles_complete=True).answer("E1") == answer


BROKEN = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
RESPONSES = {
    "it went well": ({"status": "200 OK"}, NOT_MET),
    "a warning": ({"status": "200", "outcome": BROKEN | {"issue": [{"severity": "warning"}]}}, NOT_MET),
    "not allowed": ({"status": "403"}, NOT_LOADED),
    "not found": ({"status": "404 Not Found"}, NOT_LOADED),
    "broken": ({"status": "500"}, NOT_LOADED),
    "an outcome tells": ({"status": "200", "outcome": BROKEN}, NOT_LOADED),
}


@pytest.mark.parametrize(("response", "answer"), RESPONSES.values(), ids=RESPONSES)
@pytest.mark.parametrize("inside", [True, False], ids=["beside a Bundle", "beside resources"])
def test_a_batch_of_which_a_part_failed_is_not_the_whole(
    tmp_path: Path, response: Json, answer: tuple[str, tuple[str, ...]], inside: bool
) -> None:
    """Its giver says that it is complete, but the server did not give it whole."""
    chart = [{"resource": bundle(*CHART)}] if inside else [{"resource": each} for each in CHART]
    whole = {"resourceType": "Bundle", "type": "batch-response", "entry": [*chart, {"response": response}]}
    assert screened(tmp_path, whole, bundles_complete=True).answer("E1") == answer
