"""Data written by others, screened whole: no crash, every line counted, everybody somewhere. `run` checks the sums."""

import tarfile
from datetime import date
from pathlib import Path

import pytest

from tests.screening import shipped
from tests.screening.world import Result, run

pytestmark = pytest.mark.shared


def screened(source: Path, out: Path, at: date, **more: object) -> Result:
    return run(source, out=out, at=at, world=shipped.catalog(), studies=(shipped.STUDY,), **more)  # type: ignore[arg-type]


def test_synthea(shared: Path, tmp_path: Path) -> None:
    result = screened(shared / "data/synthea-2019-r4", tmp_path / "out", date(2021, 3, 31))
    assert result.summary["input"]["read"] == 95_410  # type: ignore[index]
    assert result.summary["people"]["read"] == 413  # type: ignore[index]
    assert result.rejects == []


def test_one_seed_of_pysynthea(shared: Path, tmp_path: Path) -> None:
    result = screened(shared / "data/pysynthea-2026-r4/seed-20260001", tmp_path / "out", date(2026, 1, 1))
    assert result.summary["input"]["read"] == 78_931  # type: ignore[index]
    assert result.summary["people"]["read"] == 50  # type: ignore[index]
    assert result.rejects == []


def test_a_bulk_export_without_observations_lets_no_test_be_answered(shared: Path, tmp_path: Path) -> None:
    result = screened(shared / "data/smart-sample-bulk-partial/10-patients", tmp_path / "out", date(2024, 8, 6))
    assert {result.answer("I2", each) for each in result.assessments} == {("unknown", ("not-loaded",))}
    assert result.summary["input"]["rejected"] == 0  # type: ignore[index]


ARCHIVES = {
    "HL7 R4": ("official-hl7-examples.tar.gz", "r4/"),
    "HL7 R4B": ("official-hl7-examples.tar.gz", "r4b/"),
    "HL7 R5": ("official-hl7-examples.tar.gz", "r5/"),
    "AU": ("au-test-data.tar.gz", ""),
    "Inferno": ("inferno-uscore.tar.gz", ""),
}


@pytest.mark.parametrize(("archive", "beginning"), ARCHIVES.values(), ids=ARCHIVES.keys())
def test_examples_of_every_release(shared: Path, tmp_path: Path, archive: str, beginning: str) -> None:
    source = tmp_path / "in"
    source.mkdir()
    with tarfile.open(shared / "data" / archive) as files:
        wanted = (each for each in files if each.isfile() and each.name.startswith(beginning))
        for number, member in enumerate(each for each in wanted if each.name.endswith(".json")):
            content = files.extractfile(member)
            assert content is not None
            (source / f"{number:05}.json").write_bytes(content.read())
    result = screened(source, tmp_path / "out", date(2026, 1, 1))
    assert result.summary["people"]["read"] > 3  # type: ignore[index]
    assert sum(result.counts[:2]) > 3 * sum(result.counts[2:])
