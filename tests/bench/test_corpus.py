"""The invented hospital for measuring: the same seed gives the same bytes, and what it holds is what it says."""

import re
from pathlib import Path

import orjson
import pytest
from fhir.resources.R4B import get_fhir_model_class

from service.cli import main
from tests.bench.corpus import AS_OF, Corpus, kept_corpus, write_corpus
from tests.contracts.official import official

Json = dict[str, object]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Corpus]:
    """A small one."""
    place = tmp_path_factory.mktemp("corpus") / "hospital"
    return place, write_corpus(place, 6)


@pytest.fixture(scope="module")
def lines(written: tuple[Path, Corpus]) -> list[Json]:
    """All its resources."""
    return [orjson.loads(line) for path in written[0].glob("*.ndjson") for line in path.read_bytes().splitlines()]


def test_it_is_as_large_as_it_says(written: tuple[Path, Corpus], lines: list[Json]) -> None:
    place, corpus = written
    assert corpus.bytes == sum(path.stat().st_size for path in place.glob("*.ndjson")) >= 6_000_000
    assert corpus.lines == len(lines)
    assert corpus.people == sum(each["resourceType"] == "Patient" for each in lines)
    assert 70 < corpus.lines / corpus.people < 100


def test_a_person_has_as_many_lines_as_were_asked_for(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "dense", 1, each=400)
    assert 300 < corpus.lines / corpus.people < 500
    ids = [orjson.loads(line)["id"] for line in (tmp_path / "dense" / "Observation.ndjson").read_bytes().splitlines()]
    assert len(set(ids)) == len(ids) > 1000


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(written: tuple[Path, Corpus], tmp_path: Path) -> None:
    for name, seed, same in (("again", 7, True), ("another", 8, False)):
        write_corpus(tmp_path / name, 6, seed)
        alike = [path.read_bytes() == (tmp_path / name / path.name).read_bytes() for path in written[0].glob("Obs*")]
        assert alike == [same]


def test_what_lies_there_already_is_used_again_if_it_was_made_alike(tmp_path: Path) -> None:
    place, first = kept_corpus(tmp_path, 1)
    (place / "Observation.ndjson").write_bytes(b"not written again")
    assert kept_corpus(tmp_path, 1) == (place, first)
    assert (place / "Observation.ndjson").read_bytes() == b"not written again"
    assert place not in (kept_corpus(tmp_path, 1, seed=8)[0], kept_corpus(tmp_path, 1, each=100)[0])
    note = place / "CORPUS.txt"
    note.write_bytes(note.read_bytes().replace(first.form.encode(), b"of an earlier program"))
    assert kept_corpus(tmp_path, 1) == (place, first)
    assert (place / "Observation.ndjson").read_bytes() != b"not written again"


def test_ids_are_uuids_and_every_reference_into_a_chart_is_to_one_of_its_own(lines: list[Json]) -> None:
    owners = {f"{each['resourceType']}/{each['id']}": _owner(each) for each in lines}
    assert len(owners) == len(lines)
    for reference, owner in owners.items():
        assert re.fullmatch(r"\w+/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", reference)
        assert owner in owners or reference.startswith("Medication/")
    for each in lines:
        for found in re.findall(r'"((?:Encounter|Medication)/[^"]+)"', orjson.dumps(each).decode()):
            assert owners[found] in (_owner(each), None)


def _owner(resource: Json) -> str | None:
    if resource["resourceType"] == "Patient":
        return f"Patient/{resource['id']}"
    subject = resource.get("subject") or resource.get("patient")
    return str(subject["reference"]) if isinstance(subject, dict) else None


def test_nothing_happened_after_the_day_of_the_export(lines: list[Json]) -> None:
    days = {found for each in lines for found in re.findall(rb"\d{4}-\d\d-\d\d(?=[T\"])", orjson.dumps(each))}
    assert max(days) <= AS_OF.isoformat().encode()
    assert min(days) < b"1960"


def test_one_of_each_form_is_valid_by_the_models_of_the_library(lines: list[Json]) -> None:
    chosen = _one_of_each(lines)
    read = [get_fhir_model_class(str(each["resourceType"])).model_validate(each) for each in chosen]
    assert [each.id for each in read] == [each["id"] for each in chosen]


@pytest.mark.shared
def test_one_of_each_form_is_valid_by_the_official_schema(lines: list[Json], shared: Path) -> None:
    for each in _one_of_each(lines):
        problems = official(shared / "data/definitions/r4", str(each["resourceType"])).iter_errors(each)
        assert [error.message for error in problems] == []


def _one_of_each(lines: list[Json]) -> list[Json]:
    """Resources of each type and set of elements, three of each."""
    found: dict[str, list[Json]] = {}
    for each in lines:
        kept = found.setdefault(f"{each['resourceType']} {sorted(each)} {each.get('code')}", [])
        kept += [each] if len(kept) < 3 else []
    return [each for some in found.values() for each in some]


@pytest.mark.parametrize("wanted", [0.1, 0.3], ids=str)
def test_as_many_lines_are_asked_for_as_were_wanted(tmp_path: Path, wanted: float) -> None:
    write_corpus(tmp_path / "hospital", 20, wanted=wanted)
    given = ["--study", "igg4-rd-sirolimus", "--as-of", AS_OF.isoformat(), "--out", str(tmp_path / "out"), "--quiet"]
    assert main(["screen", str(tmp_path / "hospital"), *given]) == 0
    counts = orjson.loads((tmp_path / "out" / "summary.json").read_bytes())["input"]
    assert counts["rejected"] == counts["unreadable"] == 0
    found = counts["by_type"]["Condition"]  # of other types some show that a person was seen
    assert 0.75 < found["used"] / found["read"] / wanted < 1.25
