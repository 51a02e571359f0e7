"""What is done on an executor, without Spark: rows become shares, and files of a directory rows and files again."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
import pytest
from hypothesis import given, strategies as st

from service import __version__
from service.cli import main
from service.errors import InputError, UsageError
from service.screening.buckets.ids import check, keep, wandering
from service.screening.buckets.spool import Spool
from service.screening.met import Stage
from service.screening.sifting.blocks import numbers_of
from service.screening.sifting.ledger import Ledger, Recurring
from service.screening.spark import session, tasks
from service.screening.spark.listing import directory_of
from tests.screening.world import export, patient


def batch(rows: list[tuple[int, int, bytes]]) -> Any:
    """As Spark hands over lines."""
    files, starts, lines = zip(*rows, strict=True) if rows else ((), (), ())
    columns = [arrow.array(each, arrow.int64()) for each in (files, starts, [9] * len(files))]
    return arrow.RecordBatch.from_arrays([*columns, arrow.array(lines, arrow.binary())], ["f", "s", "l", "c"])


LINES = st.lists(st.sampled_from([b"\n", b"a\n", b"bc\n", b"\xff\r\n"]), min_size=1, max_size=6)


@given(shares=st.lists(LINES, max_size=5), size=st.integers(1, 7), empty=st.booleans())
def test_lines_of_a_share_come_together_however_they_are_handed_over(
    shares: list[list[bytes]], size: int, empty: bool
) -> None:
    rows = [(number // 2, number % 2, line) for number, lines in enumerate(shares) for line in lines]
    batches = [batch(rows[start : start + size]) for start in range(0, len(rows), size)]
    found = list(tasks.shares([batch([]), *batches] if empty else batches))
    assert found == [(number // 2, number % 2, 9, b"".join(lines)) for number, lines in enumerate(shares)]


def test_a_column_that_is_part_of_another_is_read_where_it_stands() -> None:
    whole = batch([(1, 0, b"a\n"), (1, 0, b"b\n"), (2, 0, b"c\n")])
    assert list(tasks.shares([whole.slice(1)])) == [(1, 0, 9, b"b\n"), (2, 0, 9, b"c\n")]


def test_ids_are_checked_as_on_one_machine(tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.was_read("Condition", "again")
    ledger.settle()
    ledger.passed_over["Condition"].append(numbers_of(["again", "other"]))
    rows: list[tasks.File] = []
    for turn, bucket in enumerate((3, 8)):
        there = tmp_path / str(turn)
        there.mkdir()
        keep(Spool(there), ledger, {"Condition": (numbers_of(["moved"]), np.array([bucket], dtype=np.uint16))}, bits=10)
        rows += tasks._files(there)
    for row in rows:
        tasks._put(tmp_path, row)
    assert wandering(tmp_path) == [(3, 8)]
    with pytest.raises(Recurring) as found:
        check(tmp_path)
    assert set(found.value.ids["Condition"]) == set(numbers_of(["again"]))


FOUND = ["s3a:/b/e/Patient.ndjson", "s3a:/b/e/old/Patient.ndjson", "s3a:/b/e/e/Patient.ndjson"]


@pytest.mark.parametrize(
    ("found", "text", "meant"),
    [
        (FOUND, "s3a://b/e", "s3a:/b/e"),
        (FOUND, "s3a://b/e/", "s3a:/b/e"),
        (FOUND[:1], "s3a://b/e/Patient.ndjson", FOUND[0]),
        (FOUND[1:], "s3a://b/e", None),
        (FOUND, "s3a://b", None),
        (["/x/an export/Patient.ndjson"], "/x/an export", "/x/an export"),
        (["/x/an export/Patient.ndjson"], "file:///x/an export", "/x/an export"),
        (["hdfs:/host:8020/x/Patient.ndjson"], "hdfs:///x", "hdfs:/host:8020/x"),
        (["dbfs:/x/y/Patient.ndjson"], "dbfs:/x/y", "dbfs:/x/y"),
        (["dbfs:/x/y/Patient.ndjson"], "dbfs:/x", None),
    ],
)
def test_what_lies_in_directories_within_is_not_taken_for_what_was_given(
    found: list[str], text: str, meant: str | None
) -> None:
    paths = [Path(each) for each in found]
    if meant is None:
        with pytest.raises(InputError, match=r"no \.ndjson"):
            directory_of(paths, text)
    else:
        assert directory_of(paths, text) == Path(meant)


def test_an_executor_with_another_version_does_nothing() -> None:
    [told] = tasks.sort_shares(tasks.Work("0.0.1", "token", None), Stage.FIRST, [])
    assert [each.as_py() for each in told.column(0)] == ["another"] and told.column(2)[0].as_py() == __version__


def test_without_pyspark_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    source = str(export(tmp_path / "in", Patient=[patient()]))
    arguments = [
        "screen",
        source,
        "--study",
        "igg4-rd-sirolimus",
        "--as-of",
        "2026-06-30",
        "--out",
        str(tmp_path / "o"),
    ]
    assert main([*arguments, "--engine", "spark"]) == 2
    assert "pip install 'fhir-prescreen[spark]'" in capsys.readouterr().err
    assert main([*arguments, "--master", "local[2]"]) == 2
    assert "--master goes with --engine spark" in capsys.readouterr().err
    assert main([*arguments, "--engine", "spark", "--processes", "2"]) == 2
    assert "--processes does not go with" in capsys.readouterr().err
    assert main([*arguments[:-1], "s3a://bucket/out"]) == 2
    assert "only --engine spark writes there" in capsys.readouterr().err


def test_without_java_it_is_said_what_is_missing(pyspark: None, tmp_path: Path) -> None:
    program = "from service.screening.spark.session import session\nwith session('local[1]'): pass"
    nowhere = {**os.environ, "JAVA_HOME": str(tmp_path)}
    ended = subprocess.run([sys.executable, "-c", program], env=nowhere, capture_output=True, text=True, check=False)
    assert ended.returncode == 1 and f"{UsageError.__name__}: {session.NOT_STARTED}" in ended.stderr
