"""Spark on this machine, on two processors; skipped where it, or Java, is not installed."""

from collections.abc import Iterator
from typing import Any

import pytest

from service.screening.spark.session import session

AT_ONCE = 2_000  # bytes of a share: a file of some lines is cut several times


@pytest.fixture(scope="session")
def spark(pyspark: None) -> Iterator[Any]:
    """One session for all tests of a worker: to start one takes long."""
    with session("local[2]", AT_ONCE) as started:
        started.conf.set("spark.sql.shuffle.partitions", "2")
        yield started
