"""Assessments as tables: CSV for a spreadsheet, Parquet for whoever counts on; the same rows as the lines."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest

from service.errors import UsageError
from service.screening import population, tables
from service.screening.flat import ASSESSMENTS, FINDINGS, rows_of
from service.screening.population import screen
from service.screening.request import Progress, Request
from service.screening.sources import find_sources
from tests.builders import AT
from tests.screening.world import STUDY, cancer, catalog, encounter, export, haemoglobin, patient

PEOPLE = {
    "Patient": [patient("p"), patient("q"), patient("=1+1")],
    "Condition": [cancer("c1", "q")],
    "Observation": [haemoglobin("o1", "p")],
    "Encounter": [encounter("e1", "p"), encounter("e2", "q")],
}


def made(directory: Path, *formats: str) -> Path:
    request = Request(find_sources([export(directory / "in", **PEOPLE)]), (STUDY,), AT, formats=formats)  # type: ignore[arg-type]
    screen(catalog(), request, directory / "out", Progress())  # type: ignore[arg-type]
    return directory / "out"


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(each) for each in (out / "assessments.ndjson").read_text().splitlines()]


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_for_each_person_and_study(tmp_path: Path) -> None:
    out = made(tmp_path, "csv")
    rows = {each["patient"]: each for each in cells(out / "assessments.csv")}
    assert rows.keys() == {"p", "q", "'=1+1"}, "what a spreadsheet would compute is text"
    assert (rows["q"]["standing"], rows["q"]["kept_out_by"], rows["q"]["met"]) == ("ineligible", "E1", "I1; E1")
    assert (rows["p"]["standing"], rows["p"]["signal"]) == ("candidate", "strong")
    assert rows["p"]["screening_date"] == AT.isoformat()
    assert rows["p"]["unknown"] == "E2"


def test_a_row_for_each_answer(tmp_path: Path) -> None:
    out = made(tmp_path, "csv")
    rows = cells(out / "findings.csv")
    told = [(each["patient"], each["criterion"], each["outcome"]) for each in rows]
    written = [(each["patient"], f["criterion"], f["outcome"]) for each in lines(out) for f in each["findings"]]
    assert [(name.removeprefix("'"), *rest) for name, *rest in told] == [(name, *rest) for name, *rest in written]
    (cancer_of_q,) = [each for each in rows if each["patient"] == "q" and each["criterion"] == "E1"]
    assert cancer_of_q["records"] == "Condition/c1"
    assert all(each["sentence"] for each in rows)


def test_parquet_has_the_same_rows_with_their_types(tmp_path: Path) -> None:
    out = made(tmp_path, "parquet")
    for name, columns in (("assessments", ASSESSMENTS), ("findings", FINDINGS)):
        table = parquet.read_table(out / f"{name}.parquet")
        expected = [row for line in lines(out) for row in rows_of(line)[name]]
        assert [tuple(each.values()) for each in table.to_pylist()] == expected
        assert table.column_names == [each.name for each in columns]
    days = parquet.read_table(out / "assessments.parquet").column("screening_date").to_pylist()
    assert set(days) == {AT}
    assert isinstance(days[0], date)


def test_many_rows_are_written_a_part_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "AT_ONCE", 2)
    out = made(tmp_path, "parquet", "csv")
    assert parquet.read_metadata(out / "findings.parquet").num_row_groups > 1
    assert parquet.read_table(out / "findings.parquet").num_rows == len(cells(out / "findings.csv"))


def test_nothing_is_left_of_an_earlier_run_or_of_one_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = made(tmp_path, "csv", "parquet")
    assert {each.suffix for each in out.iterdir()} == {".ndjson", ".json", ".csv", ".parquet"}
    made(tmp_path)
    assert {each.suffix for each in out.iterdir()} == {".ndjson", ".json"}

    def broken(*_: object) -> None:
        raise RuntimeError("lost")

    monkeypatch.setattr(population, "summary_of", broken)
    with pytest.raises(RuntimeError, match="lost"):
        made(tmp_path, "csv", "parquet")
    assert not list(out.iterdir())


def test_whoever_lacks_what_parquet_needs_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"pip install 'fhir-prescreen\[parquet\]'"):
        made(tmp_path, "parquet")
