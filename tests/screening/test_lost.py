"""What an input lacks may have been anybody's, so that a type which lacks something is complete for nobody.

Everybody here has a visit, and a Patient in a directory in which nothing is wrong.
"""

import json
from pathlib import Path

import pytest

from service.screening.explain import explain_patient
from service.screening.render import assessment_line
from service.screening.request import Progress, Request
from service.screening.sources import find_sources
from tests.builders import AT, SCT
from tests.screening.test_bad_lines import MET, NOT_LOADED, NOT_MET
from tests.screening.world import (
    STUDY,
    Json,
    Result,
    cancer,
    catalog,
    encounter,
    export,
    haemoglobin,
    ndjson,
    patient,
    run,
    zipped,
)

KICK_OFF = "https://fhir.example.org/$export?_type=Patient,Condition,Observation,Encounter"
ERROR = {"type": "OperationOutcome", "url": "x"}


def manifest(directory: Path, *output: Json, name: str = "manifest.json", **more: object) -> None:
    """What the server promised."""
    written = {"transactionTime": "2026-06-30T00:00:00Z", "request": KICK_OFF, "output": output, **more}
    (directory / name).write_text(json.dumps(written))


def beside(directory: Path, **files: list[object] | bytes) -> Path:
    """A directory of these files alone; `Condition_000` is Condition.000.ndjson."""
    directory.mkdir()
    for name, lines in files.items():
        (directory / f"{name.replace('_', '.')}.ndjson").write_bytes(ndjson(lines))
    return directory


def screened(*inputs: Path, **more: int) -> Result:
    """In memory and in buckets, which have to agree; and one by one, which have to agree with them."""
    result = run(*inputs, **more)  # type: ignore[arg-type]
    request = Request(find_sources(inputs), (STUDY,), AT, accepted_rejects=more.get("accepted", 0))
    for person in result.assessments:
        explained = explain_patient(catalog(), request, person, Progress())  # type: ignore[arg-type]
        told = assessment_line(explained.assessment, explained.phrases)["findings"]
        assert json.loads(json.dumps(told)) == result.assessments[person]["findings"]
    return result


def test_what_is_whole_in_several_directories_is_complete(tmp_path: Path) -> None:
    first, second = export(tmp_path / "a"), beside(tmp_path / "b", Condition_000=[cancer(of="q")], Condition_001=[])
    assert screened(first, second).answer("E1") == NOT_MET


def test_what_another_directory_has_not_at_all_is_complete_here(tmp_path: Path) -> None:
    first, second = export(tmp_path / "a"), beside(tmp_path / "b", Encounter=[encounter("f")])
    manifest(second, {"type": "Encounter", "url": "1"}, request=KICK_OFF.replace("Condition,", ""))
    assert screened(first, second).answer("E1") == NOT_MET


def test_a_file_that_breaks_off_elsewhere_may_have_held_anything_of_anybody(tmp_path: Path) -> None:
    noise = [cancer(str(each), "q", note=[{"text": str(each**9)}]) for each in range(2000)]
    first, second = export(tmp_path / "a"), beside(tmp_path / "b", Condition=[*noise, cancer()])
    zipped(second / "Condition.ndjson", 2000)
    result = screened(first, second)
    assert result.answer("E1") == NOT_LOADED
    assert screened(first, second, accepted=1000).answer("E1") == NOT_LOADED


def test_what_breaks_off_and_names_no_type_may_have_held_anything(tmp_path: Path) -> None:
    first, second = export(tmp_path / "a"), beside(tmp_path / "b", everything=[cancer(of="q")])
    zipped(second / "everything.ndjson", 9)
    assert screened(first, second).answer("E1") == NOT_LOADED


@pytest.mark.parametrize(
    ("numbers", "answer"),
    [(("000", "001"), NOT_MET), (("001", "002"), NOT_MET), (("000", "002"), NOT_LOADED), (("002",), NOT_LOADED)],
    ids=["from 0", "from 1", "with a gap", "from 2"],
)
def test_files_are_numbered_without_a_gap_in_each_directory(
    tmp_path: Path, numbers: tuple[str, ...], answer: object
) -> None:
    """Each counts for itself: what begins at 2 lacks its beginning, though another directory holds a number 0."""
    first = export(tmp_path / "a", Condition_000=[])
    second = beside(tmp_path / "b", **{f"Condition_{each}": [cancer(each, "q")] for each in numbers})
    assert screened(first, second).answer("E1") == answer


SECOND: dict[str, tuple[list[Json], dict[str, object], object]] = {
    "whole": ([{"type": "Condition", "url": "1"}], {}, NOT_MET),
    "an error": ([{"type": "Condition", "url": "1"}], {"error": [ERROR]}, NOT_LOADED),
    "an error, as release 4 tells it": ([{"type": "Condition", "url": "1"}], {"outcome": [ERROR]}, NOT_LOADED),
    "a file that is not there": ([{"type": "Condition", "url": str(each)} for each in range(2)], {}, NOT_LOADED),
    "only what changed": ([{"type": "Condition", "url": "1"}], {"request": f"{KICK_OFF}&_since=2026"}, NOT_LOADED),
    "goes on": ([{"type": "Condition", "url": "1"}], {"link": [{"relation": "next", "url": "2"}]}, NOT_LOADED),
    "fewer lines": ([{"type": "Condition", "url": "1", "count": 2}], {}, NOT_LOADED),
}


@pytest.mark.parametrize(("output", "more", "answer"), SECOND.values(), ids=SECOND)
def test_what_a_second_manifest_tells_counts_for_everybody(
    tmp_path: Path, output: list[Json], more: dict[str, object], answer: object
) -> None:
    first, second = export(tmp_path / "a"), beside(tmp_path / "b", Condition=[cancer(of="q")])
    manifest(second, *output, **more)
    assert screened(first, second).answer("E1") == answer


def test_a_type_that_failed_wholly_elsewhere_is_lost_as_well(tmp_path: Path) -> None:
    """Of which no file is there: by name, or by whatever an export of all types would have held."""
    first, second = export(tmp_path / "a"), beside(tmp_path / "b", Encounter=[encounter("f")])
    for request in (KICK_OFF, "https://fhir.example.org/$export"):
        manifest(second, {"type": "Encounter", "url": "1"}, request=request, error=[ERROR])
        assert screened(first, second).answer("E1") == NOT_LOADED


def test_a_single_file_from_elsewhere_may_be_one_of_several(tmp_path: Path) -> None:
    first, second = export(tmp_path / "a"), beside(tmp_path / "b", Condition=[cancer(of="q")])
    assert screened(first, second / "Condition.ndjson").answer("E1") == NOT_LOADED


def test_what_is_on_record_counts_whatever_is_lost(tmp_path: Path) -> None:
    first, second = export(tmp_path / "a", Condition=[cancer()]), beside(tmp_path / "b", Condition_002=[])
    assert screened(first, second).answer("E1") == MET


NEXT = {"link": [{"relation": "next", "url": "https://fhir.example.org/exports/2.json"}]}
PATIENTS, VISITS = {"type": "Patient", "url": "1"}, {"type": "Encounter", "url": "2"}


def of_pages(directory: Path) -> Path:
    """A directory without conditions, of which a manifest can say that there are none."""
    return beside(directory, Patient=[patient()], Encounter=[encounter()])


def test_a_manifest_that_goes_on_may_promise_more(tmp_path: Path) -> None:
    source = of_pages(tmp_path / "in")
    manifest(source, PATIENTS, VISITS)
    assert screened(source).answer("E1") == NOT_MET
    manifest(source, PATIENTS, VISITS, **NEXT)
    assert screened(source).answer("E1") == NOT_LOADED


PAGES: dict[str, tuple[str, dict[str, object], object]] = {
    "the next one": ("2.json", {}, NOT_MET),
    "the next one promises conditions": ("2.json", {"output": [{"type": "Condition", "url": "3"}]}, NOT_LOADED),
    "the next one goes on, too": ("2.json", NEXT, NOT_LOADED),
    "another one": ("3.json", {}, NOT_LOADED),
    "one of another moment": ("2.json", {"transactionTime": "2026-06-29T00:00:00Z"}, NOT_LOADED),
}


@pytest.mark.parametrize(("name", "more", "answer"), PAGES.values(), ids=PAGES)
def test_all_pages_of_a_manifest_are_one(tmp_path: Path, name: str, more: dict[str, object], answer: object) -> None:
    source = of_pages(tmp_path / "in")
    manifest(source, PATIENTS, **NEXT)
    manifest(source, name=name, **{"output": [VISITS], **more})
    assert screened(source).answer("E1") == answer


def counted(*counts: object) -> list[Json]:
    """Files of conditions in a manifest, with how many lines each has; None: it does not say."""
    return [{"type": "Condition", "url": "1"} | ({} if each is None else {"count": each}) for each in counts]


COUNTS: dict[str, tuple[dict[str, list[object] | bytes], list[Json], object]] = {
    "as many lines as promised": ({"Condition": [cancer(of="q")]}, counted(1), NOT_MET),
    "none, as promised": ({"Condition": []}, counted(0), NOT_MET),
    "fewer": ({"Condition": []}, counted(5), NOT_LOADED),
    "blank ones do not count": ({"Condition": b"\n \r\n\n"}, counted(2), NOT_LOADED),
    "more": ({"Condition": [cancer("1", "q"), cancer("2", "q")]}, counted(1), NOT_MET),
    "in several files": ({"Condition_0": [cancer("1", "q")], "Condition_1": []}, counted(1, 0), NOT_MET),
    "fewer, in several": ({"Condition_0": [cancer("1", "q")], "Condition_1": []}, counted(1, 1), NOT_LOADED),
    "not of all": ({"Condition_0": [], "Condition_1": []}, counted(5, None), NOT_MET),
    "no number": ({"Condition": []}, counted("many"), NOT_MET),
    "of another type": ({"Condition": []}, [{"type": "Observation", "url": "1", "count": 3}], NOT_MET),
}


@pytest.mark.parametrize(("files", "output", "answer"), COUNTS.values(), ids=COUNTS)
def test_fewer_lines_than_the_manifest_promises_are_not_all(
    tmp_path: Path, files: dict[str, list[object] | bytes], output: list[Json], answer: object
) -> None:
    source = export(tmp_path / "in", **files)
    manifest(source, *output)
    assert screened(source).answer("E1") == answer


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize("lacking", [0, 1])
def test_lines_are_counted_whether_or_not_they_are_read(tmp_path: Path, packed: bool, lacking: int) -> None:
    """Those of which nobody asks, seen by their bytes alone, glanced at, of another type, and broken ones."""
    cold = {"code": {"coding": [{"system": SCT, "code": "3"}]}}
    conditions = [*(cancer(str(each), "q", **cold) for each in range(30)), b"", encounter("old"), cancer("c", "q")]
    pulse = {"code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]}}
    results = [*(haemoglobin(str(each), **pulse) for each in range(30)), b" ", haemoglobin("h", "q"), b"{}"]
    source = export(tmp_path / "in", Condition=conditions, Observation=results)
    for each in ("Condition", "Observation") if packed else ():
        zipped(source / f"{each}.ndjson")
    manifest(source, *counted(32 + lacking), {"type": "Observation", "url": "1", "count": 32 + lacking})
    result = screened(source, accepted=1)
    assert result.answer("E1") == (NOT_LOADED if lacking else NOT_MET)
    assert result.answer("I2") == (NOT_LOADED if lacking else ("unknown", ("no-record",)))
