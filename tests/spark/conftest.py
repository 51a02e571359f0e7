"""Spark on this machine, on two processors; skipped where it, or Java, is not installed."""

import os
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from service.screening.spark.engine import Spark
from service.screening.spark.session import session
from tests.quick import QUICK

AT_ONCE = 2_000  # bytes of a share: a file of some lines is cut several times


@pytest.fixture(scope="session")
def spark(pyspark: None) -> Iterator[Any]:
    """One session for all tests of a worker: to start one takes long."""
    with patch.dict(os.environ, QUICK), session("local[2]", AT_ONCE) as started:
        started.conf.set("spark.sql.shuffle.partitions", "2")
        yield started


@pytest.fixture(autouse=True)
def fewer_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids in 8 parts instead of 1,024: each share makes a row of each part, and here they are hundreds of shares."""
    monkeypatch.setattr(Spark, "bits", 3)
