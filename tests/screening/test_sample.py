"""The invented population: deterministic, complete, valid R4, and with every story told as the table says."""

import gzip
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path

import orjson
import pytest
from fhir.resources.R4B import get_fhir_model_class

from service.cli import main
from service.errors import UsageError
from service.screening.sample import STORIES, TYPES, SampleReport, write_sample
from service.screening.sample.oddities import ODDITIES
from service.screening.sample.population import chart_of, charts, oddity_of, story_of

ALL_STORIES = 240  # so many people that every story and every oddity occurs
TODAY = date(2026, 6, 30)
Json = dict[str, object]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleReport]:
    """A sample in which every story occurs."""
    out = tmp_path_factory.mktemp("sample") / "export"
    return out, write_sample(out, ALL_STORIES, 7)


@pytest.fixture(scope="module")
def resources(written: tuple[Path, SampleReport]) -> list[Json]:
    """All its resources."""
    return [each for kind in TYPES for each in read(written[0], kind)]


def read(out: Path, kind: str) -> list[Json]:
    return [orjson.loads(line) for line in (out / f"{kind}.ndjson").read_bytes().splitlines()]


def content(out: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in out.iterdir()}


def references(node: object) -> Iterator[str]:
    """Every `reference` within."""
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            yield node["reference"]
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from references(each)


def dates(node: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text that begins like a date, with the name of its element."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from dates(value, key)
    elif isinstance(node, list):
        for each in node:
            yield from dates(each, name)
    elif isinstance(node, str) and re.match(r"(19|20)\d\d(-\d\d|$)", node):
        yield name, node


# ------------------------------------------------------------------------------------------------- the files


def test_same_arguments_give_the_same_bytes(written: tuple[Path, SampleReport], tmp_path: Path) -> None:
    again = write_sample(tmp_path / "again", ALL_STORIES, 7)
    assert content(tmp_path / "again") == content(written[0])
    assert again == written[1]


@pytest.mark.parametrize(("seed", "today"), [(8, TODAY), (7, date(2026, 6, 29))], ids=["seed", "day"])
def test_another_seed_or_day_gives_another_population(
    written: tuple[Path, SampleReport], tmp_path: Path, seed: int, today: date
) -> None:
    write_sample(tmp_path / "other", ALL_STORIES, seed, today)
    assert content(tmp_path / "other") != content(written[0])


def test_one_file_per_type_and_a_note_and_nothing_else(written: tuple[Path, SampleReport]) -> None:
    assert set(content(written[0])) == {f"{kind}.ndjson" for kind in TYPES} | {"SAMPLE.txt"}


def test_counts_add_up(written: tuple[Path, SampleReport], resources: list[Json]) -> None:
    out, report = written
    lines = {kind: len((out / f"{kind}.ndjson").read_bytes().splitlines()) for kind in TYPES}
    assert report.counts == lines == dict.fromkeys(TYPES, 0) | Counter(each["resourceType"] for each in resources)
    assert report.counts["Patient"] == ALL_STORIES


def test_no_type_is_missing(written: tuple[Path, SampleReport]) -> None:
    assert all(written[1].counts[kind] for kind in TYPES)


def test_each_file_holds_its_own_type_only(written: tuple[Path, SampleReport]) -> None:
    for kind in TYPES:
        assert {each["resourceType"] for each in read(written[0], kind)} <= {kind}


def test_ids_are_unique_and_legal(resources: list[Json]) -> None:
    names = [f"{each['resourceType']}/{each['id']}" for each in resources]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9.-]{1,64}", str(each["id"])) for each in resources)


@pytest.mark.parametrize("patients", [1, 2, 10, 34, 200], ids=str)
def test_every_reference_resolves(tmp_path: Path, patients: int) -> None:
    write_sample(tmp_path / "out", patients, 3)
    everything = [each for kind in TYPES for each in read(tmp_path / "out", kind)]
    there = {f"{each['resourceType']}/{each['id']}" for each in everything}
    for each in everything:
        contained = {f"#{inner['id']}" for inner in each.get("contained", [])}  # type: ignore[attr-defined]
        assert set(references(each)) <= there | contained


def test_no_day_of_the_past_lies_after_the_export_and_none_before_birth(resources: list[Json]) -> None:
    births = {
        f"Patient/{each['id']}": str(each["birthDate"]) for each in resources if each["resourceType"] == "Patient"
    }
    for each in resources:
        subject = next((str(each[name]["reference"]) for name in ("subject", "patient") if name in each), None)  # type: ignore[index]
        for name, written_date in dates(each):
            if each.get("code", {}).get("coding", [{}])[0].get("code") == "11778-8":  # type: ignore[attr-defined]
                continue  # the day on which a child is expected
            assert written_date[:10] <= "2026-06-30", (each["id"], name)
            if subject is not None:
                assert written_date[:10] >= births[subject][: len(written_date)], (each["id"], name)


# ------------------------------------------------------------------------------------------------- the people


@pytest.mark.parametrize(
    ("patients", "first", "last"),
    [(1, "sample-0001", "sample-0001"), (200, "sample-0001", "sample-0200"), (10_001, "sample-00001", "sample-10001")],
    ids=["one", "two hundred", "five digits"],
)
def test_ids_are_padded_to_the_count(patients: int, first: str, last: str) -> None:
    assert chart_of(1, patients, 1, TODAY)[1].id == first
    assert chart_of(patients, patients, 1, TODAY)[1].id == last


def test_a_million_people_are_made_one_at_a_time() -> None:
    names = [chart.id for _, chart in islice(charts(1_000_000, 1, TODAY), 20)]
    assert names[0] == "sample-0000001"
    assert len(names) == 20


def test_a_chart_depends_on_seed_and_number_alone() -> None:
    few = [chart.resources for _, chart in charts(50, 7, TODAY)]
    many = [chart.resources for _, chart in islice(charts(5000, 7, TODAY), 50)]
    assert few == many


def test_every_story_is_told_and_names_its_first_patient(written: tuple[Path, SampleReport]) -> None:
    _, report = written
    assert set(report.stories) == {each.name for each in STORIES} | {each.name for each in ODDITIES}
    assert report.stories["taper_leaving_the_window"] == "sample-0001"


def test_there_are_many_different_stories() -> None:
    names = [each.name for each in STORIES]
    assert len(set(names)) == len(names) >= 25
    assert all(each.tell.__doc__ for each in STORIES)


def test_most_people_are_ordinary() -> None:
    numbers = range(1, 6001)
    stories = sum(story_of(number) is not None for number in numbers) / len(numbers)
    odd = sum(oddity_of(number) is not None for number in numbers) / len(numbers)
    assert 0.12 <= stories <= 0.18
    assert odd <= 0.05
    assert not any(story_of(number) and oddity_of(number) for number in numbers)


def test_people_have_all_ages_and_most_were_seen_within_two_years(resources: list[Json]) -> None:
    people = [each for each in resources if each["resourceType"] == "Patient"]
    ages = [2026 - int(str(each["birthDate"])[:4]) for each in people]
    seen = {
        str(each["subject"]["reference"])  # type: ignore[index]
        for each in resources
        if each["resourceType"] == "Encounter" and str(each["period"]["start"]) >= "2024-06-30"  # type: ignore[index]
    }
    assert min(ages) < 3
    assert max(ages) > 85
    assert max(ages) <= 96
    assert 0.85 <= len(seen) / len(people) < 1


# ------------------------------------------------------------------------------------------------- validity


def test_resources_of_every_type_are_valid_by_the_models_of_the_library(resources: list[Json]) -> None:
    observations = [each for each in resources if each["resourceType"] == "Observation"]
    others = [each for each in resources if each["resourceType"] != "Observation"]
    chosen = others + observations[::7]  # the models are slow, and observations much alike
    read = [get_fhir_model_class(str(each["resourceType"])).model_validate(each) for each in chosen]
    assert [each.id for each in read] == [each["id"] for each in chosen]


@pytest.mark.shared
def test_every_resource_is_valid_by_the_official_schema(resources: list[Json], shared: Path) -> None:
    jsonschema_rs = pytest.importorskip("jsonschema_rs")
    with gzip.open(shared / "data/definitions/r4/fhir.schema.json.gz") as file:
        schema = orjson.loads(file.read())
    # The file as we have it names two definitions that it lacks; only types outside of R4 need them.
    definitions = {"Resource": {"not": {}}, "integer64": {"not": {}}, **schema["definitions"]}
    valid = {
        kind: jsonschema_rs.validator_for(
            {
                "$schema": schema["$schema"],
                "$ref": f"#/definitions/{kind}",
                "definitions": definitions,
            }
        )
        for kind in TYPES
    }
    problems = [
        f"{each['id']}: {error.message[:200]}"
        for each in resources
        for error in valid[str(each["resourceType"])].iter_errors(each)
    ]
    assert problems == []
    assert not valid["Patient"].is_valid({"resourceType": "Patient", "id": "x", "gender": "F"})


def test_invariants_that_no_schema_checks(resources: list[Json]) -> None:
    """con-4 and con-5 of Condition, ait-1 and ait-2 of AllergyIntolerance, ppc-1 of Consent."""
    for each in resources:
        verified = str(each.get("verificationStatus"))
        status = str(each.get("clinicalStatus"))
        if "abatementDateTime" in each:
            assert re.search("resolved|remission|inactive", status)
        if each["resourceType"] in ("Condition", "AllergyIntolerance"):
            assert ("clinicalStatus" in each) is ("entered-in-error" not in verified)
        if each["resourceType"] == "Consent":
            assert "policyRule" in each


# ------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize("patients", [0, -1], ids=str)
def test_fewer_than_one_patient_is_refused(tmp_path: Path, patients: int) -> None:
    with pytest.raises(UsageError, match="at least 1"):
        write_sample(tmp_path / "out", patients, 7)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("number", ["0", "-3", "some"])
def test_a_number_below_one_is_told_what_it_has_to_be(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["sample", "--patients", number, "--out", "nowhere"])
    assert f"{number!r} is no whole number of at least 1" in capsys.readouterr().err


def test_a_day_of_long_ago_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="or later"):
        write_sample(tmp_path / "out", 1, 7, date(1950, 1, 1))


@pytest.mark.parametrize(
    "files",
    [
        {"thesis.txt": "years of work"},
        {"Patient.ndjson": '{"resourceType":"Patient","id":"real"}'},
        {"SAMPLE.txt": "something else"},
        {"SAMPLE.txt": None, "Patient.ndjson": "{}", "ResearchSubject.ndjson": "{}"},
    ],
    ids=["another file", "an export of real people", "a note of somebody else", "an earlier sample with results in it"],
)
def test_a_directory_with_anything_else_is_refused_and_left_alone(
    written: tuple[Path, SampleReport], tmp_path: Path, files: dict[str, str | None]
) -> None:
    note = (written[0] / "SAMPLE.txt").read_text()
    for name, text in files.items():
        (tmp_path / name).write_text(note if text is None else text)
    before = content(tmp_path)
    with pytest.raises(UsageError, match="not an earlier sample"):
        write_sample(tmp_path, 1, 7)
    assert content(tmp_path) == before


def test_a_file_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(UsageError, match="choose a directory"):
        write_sample(tmp_path / "out", 1, 7)


def test_an_earlier_sample_is_replaced_wholly(tmp_path: Path) -> None:
    write_sample(tmp_path / "twice", 60, 7)
    write_sample(tmp_path / "twice", 5, 8)
    write_sample(tmp_path / "once", 5, 8)
    assert content(tmp_path / "twice") == content(tmp_path / "once")


def test_what_an_interrupted_run_left_is_replaced(tmp_path: Path) -> None:
    write_sample(tmp_path / "out", 3, 7)
    whole = content(tmp_path / "out")
    (tmp_path / "out/Patient.ndjson").rename(tmp_path / "out/Patient.ndjson.part")
    write_sample(tmp_path / "out", 3, 7)
    assert content(tmp_path / "out") == whole
