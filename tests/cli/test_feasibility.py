"""`prescreen feasibility`: what it prints and writes, what it refuses, and that no small count leaves it unasked."""

import csv
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from jsonschema import Draft202012Validator

from service.catalog.content import mappings_dir
from service.cli import main
from service.screening import pictures
from tests.contracts.test_assessment_line import objects

SCHEMA = json.loads((mappings_dir() / "schemas" / "feasibility.schema.json").read_text(encoding="utf-8"))
ASKED = ("--study", "igg4-rd-sirolimus", "--as-of", "2026-06-30", "--quiet")
MOVES = ("--move", "E2a=5,20", "--move", "E7=10 years")
DAYS = ("--every", "quarter", "--from", "2026-01-01")
DRAWN = ("funnel", "moves", "over-time")


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("export")
    assert main(["sample", "--patients", "120", "--seed", "7", "--out", str(place)]) == 0
    return place


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export for what does not depend on how many they are."""
    place = tmp_path_factory.mktemp("few")
    assert main(["sample", "--patients", "30", "--seed", "7", "--out", str(place)]) == 0
    return place


@pytest.fixture(scope="module")
def written(export: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files of two runs: as anybody gets them, and with exact counts."""
    found = {}
    for name, options in (("bands", ()), ("exact", ("--show-small",))):
        found[name] = tmp_path_factory.mktemp(name)
        arguments = (*ASKED, *MOVES, *DAYS, *options, "--out", str(found[name]))
        assert main(["feasibility", str(export), *arguments]) == 0
    return found


def read(place: Path) -> Any:
    return json.loads((place / "feasibility.json").read_bytes())


def counts(value: Any) -> list[tuple[int, int]]:
    """Every count of a document."""
    if isinstance(value, dict):
        if value.keys() == {"from", "to"}:
            return [(value["from"], value["to"])]
        return [each for inner in value.values() for each in counts(inner)]
    return [each for inner in value for each in counts(inner)] if isinstance(value, list) else []


def test_the_schema_is_closed() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert [each for each in objects(SCHEMA) if each.get("additionalProperties") is not False] == []


@pytest.mark.parametrize("name", ["bands", "exact"])
def test_the_document_keeps_to_its_schema(written: dict[str, Path], name: str) -> None:
    document = read(written[name])
    assert [each.message for each in Draft202012Validator(SCHEMA).iter_errors(document)] == []
    assert Draft202012Validator(SCHEMA).is_valid(document | {"patients": []}) is False


def test_no_count_of_few_is_told_unless_asked_for(written: dict[str, Path]) -> None:
    exact, bands = counts(read(written["exact"])), counts(read(written["bands"]))
    assert any(0 < low < 11 for low, _ in exact) and all(low == high for low, high in exact)
    assert all(low % 15 == 0 and high == low + 14 for low, high in bands)
    assert all(low <= count <= high for (count, _), (low, high) in zip(exact, bands, strict=True))


def test_lines_that_could_not_be_used_are_told_as_people_are(
    few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = Path(shutil.copytree(few, tmp_path / "in"))
    read_before = _rejects(source, tmp_path, capsys, "--show-small")
    with (source / "Condition.ndjson").open("ab") as file:
        file.write(b"{broken\n" * 3)
    exact = _rejects(source, tmp_path, capsys, "--show-small")
    assert exact[0]["from"] == exact[0]["to"] == read_before[0]["from"] + 3
    assert f"Lines that could not be used: {exact[0]['from']}; types incomplete" in exact[1]
    told, printed = _rejects(source, tmp_path, capsys)
    assert told == {"from": 0, "to": 14}
    assert "Lines that could not be used: <15; types incomplete for everybody: Condition." in printed
    assert str(exact[0]["from"]) not in "".join(re.findall(r"Lines that.*", printed))


def _rejects(source: Path, place: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[dict[str, int], str]:
    capsys.readouterr()
    assert main(["feasibility", str(source), *ASKED, *more, "--out", str(place / "out")]) == 0
    return read(place / "out")["rejects"], capsys.readouterr().out


def test_the_tables_hold_the_numbers_of_the_document(written: dict[str, Path]) -> None:
    document = read(written["bands"])
    study = document["studies"][0]
    rows = {each.stem: table(each) for each in written["bands"].glob("*.csv")}
    assert {row[0] for name in rows for row in rows[name][1:]} == {"bands of 15"}
    assert {row[0] for row in table(written["exact"] / "moves.csv")} == {"counts", "exact"}
    assert rows.keys() == {"people", "funnel", "costs", "moves", "over-time"}
    for name, part in (("funnel", "funnel"), ("costs", "costs"), ("moves", "moves"), ("over-time", "days")):
        told = [numbers(row) for row in rows[name][1:]]
        assert told == [[end for pair in counts(each) for end in pair] for each in study[part]], name
    assert [numbers(row) for row in rows["people"][1:]] == [list(each) for each in counts(document["people"])]


def table(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def numbers(row: list[str]) -> list[int]:
    """The counts at the end of a row."""
    at = next(number for number in range(len(row)) if all(each.isdigit() for each in row[number:]))
    return [int(each) for each in row[at:]]


def test_no_cell_is_a_formula(few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "LIBRARY", "no_such_library")
    site = tmp_path / "site" / "studies" / "igg4-rd-sirolimus"
    site.mkdir(parents=True)
    text = (mappings_dir() / "studies" / "igg4-rd-sirolimus" / "study.yaml").read_text(encoding="utf-8")
    changed = text.replace("text: Status classified", 'text: "=1+1 Status classified').replace(
        "at screening.\n    settled", 'at screening."\n    settled'
    )
    assert changed != text
    (site / "study.yaml").write_text(changed, encoding="utf-8")
    arguments = [*ASKED, "--move", "E2a=20", "--site", str(tmp_path / "site"), "--out", str(tmp_path / "out")]
    assert main(["feasibility", str(few), *arguments]) == 0
    cells = [cell for path in (tmp_path / "out").glob("*.csv") for row in table(path) for cell in row]
    assert any(cell.startswith("'=1+1") for cell in cells)
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []


@pytest.mark.parametrize("drawn", DRAWN)
def test_a_drawing_tells_its_numbers_in_words_and_no_small_one(written: dict[str, Path], drawn: str) -> None:
    """`exact` may draw more: where there are bands, what cannot be told of is not drawn."""
    text = (written["exact"] / f"igg4-rd-sirolimus.{drawn}.svg").read_text(encoding="utf-8")
    root = fromstring(text)
    said = [each.text or "" for each in root.iter() if each.tag.endswith("}desc")]
    assert len(said) == 1 and re.search(r"\d", said[0])
    assert "Exact counts, not to be passed on" in "".join(root.itertext())
    assert (written["exact"] / f"igg4-rd-sirolimus.{drawn}.png").read_bytes().startswith(b"\x89PNG")


def test_drawings_in_bands_say_nothing_else(written: dict[str, Path]) -> None:
    place = written["bands"]
    texts = [each.read_text(encoding="utf-8") for each in place.glob("*.svg")]
    assert len(texts) >= 2
    told = {(low, high) for low, high in counts(read(place))}
    for text in texts:
        words = " ".join(element.text or "" for element in fromstring(text).iter() if element.tag.endswith("}desc"))
        assert "bands of 15" in text
        for low, high in re.findall(r"(\d+)\u2013(\d+)", words):
            assert (int(low), int(high)) in told
        assert re.findall(r"surely (?!fewer than 15|\d+\u2013\d+)\S+", words) == []


def printed(capsys: pytest.CaptureFixture[str], export: Path, *options: str) -> str:
    assert main(["feasibility", str(export), *ASKED, *options]) == 0
    return capsys.readouterr().out


def test_what_is_printed_says_how_it_is_told(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(capsys, export, *MOVES)
    assert "Counts are told in bands of 15 people" in told and "EXACT" not in told
    assert "What only a person or the screening visit can settle (I2, E3a," in told
    exact = printed(capsys, export, *MOVES, "--show-small")
    assert "EXACT COUNTS (--show-small): they may tell of single people" in exact and "<15" not in exact


def test_as_json_it_prints_what_it_writes(
    export: Path, capsys: pytest.CaptureFixture[str], written: dict[str, Path]
) -> None:
    assert json.loads(printed(capsys, export, *MOVES, *DAYS, "--format", "json")) == read(written["bands"])


def test_without_the_library_it_says_how_to_get_pictures(
    few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "LIBRARY", "no_such_library")
    told = printed(capsys, few, "--move", "E2a=20", "--out", str(tmp_path / "out"))
    assert 'pip install "fhir-prescreen[png]"' in told
    assert not list((tmp_path / "out").glob("*.png")) and list((tmp_path / "out").glob("*.svg"))


def test_what_an_earlier_run_left_is_gone_and_nothing_else(few: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in ("other.funnel.svg", "over-time.csv", "notes.txt", "picture.png"):
        (out / name).write_text("old", encoding="utf-8")
    assert main(["feasibility", str(few), *ASKED, "--move", "E2a=20", "--out", str(out)]) == 0
    left = {each.name for each in out.iterdir()}
    assert {"notes.txt", "picture.png"} < left and not {"other.funnel.svg", "over-time.csv"} & left


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--move", "E2a=-5"), "makes no sense"),
        (("--move", "Q1=5"), "there is no such criterion"),
        (("--every", "month"), "--every needs --from"),
        (("--every", "month", "--from", "2026-08-01"), "later than the last day"),
        (("--out", "README"), "is a file"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_read(
    export: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("README").write_text("", encoding="utf-8")
    assert main(["feasibility", str(export), *ASKED, *options]) == 2
    assert said in capsys.readouterr().err


def test_the_results_are_not_written_into_the_input(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {each.name for each in export.iterdir()}
    assert main(["feasibility", str(export), *ASKED, "--out", str(export)]) == 2
    assert "cannot be written into the input" in capsys.readouterr().err
    assert {each.name for each in export.iterdir()} == before
