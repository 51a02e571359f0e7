"""The Spark session: the one that is there already, or a new one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from service.errors import UsageError

MISSING = "--engine spark needs PySpark: pip install 'fhir-prescreen[spark]'"
NOT_STARTED = "Spark did not start; it needs Java 17 or newer: install one, or set JAVA_HOME, and check --master"
AT_ONCE = 1 << 27  # bytes of a file that one task goes through at a time
HERE = {  # on one machine: quiet, and heard by nobody else
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}
# Files are always cut alike, or lines could not be counted; and what cannot be read is no reason to read on.
FIXED = {
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "2000",
}


@contextmanager
def session(master: str | None, at_once: int = AT_ONCE) -> Iterator[Any]:
    """`master` None: as the environment says (spark-submit, a notebook), else all processors of this machine.

    It is stopped at the end if it was made here. Raises UsageError.
    """
    sql = _library("pyspark.sql")
    before = sql.SparkSession.getActiveSession()
    own = before or _start(sql, master)
    try:
        yield _with_settings(own, at_once)
    finally:
        if before is None:
            own.stop()


def _library(name: str) -> Any:
    try:
        for each in ("pandas", "pyarrow"):  # without them, PySpark says so only when a task has failed
            import_module(each)
        return import_module(name)
    except ImportError:
        raise UsageError(MISSING) from None


def _start(sql: Any, master: str | None) -> Any:
    builder = sql.SparkSession.builder.appName("prescreen")
    if master is not None:
        builder = builder.master(master)
    here = master is not None and master.startswith("local")
    for name, value in HERE.items() if here else ():
        builder = builder.config(name, value)
    try:
        spark = builder.getOrCreate()
    except errors():
        raise UsageError(NOT_STARTED) from None
    if here:
        spark.sparkContext.pythonExec = sys.executable  # the one that has this program; else it would be any python3
    return spark


def errors() -> tuple[type[Exception], ...]:
    """What Spark raises when it cannot do something."""
    return import_module("pyspark.errors").PySparkException, import_module("py4j.protocol").Py4JError


def _with_settings(own: Any, at_once: int) -> Any:
    """With settings of its own, so that those of others are not changed."""
    spark = own.newSession()
    sizes = {f"spark.sql.files.{each}": str(at_once) for each in ("maxPartitionBytes", "openCostInBytes")}
    for name, value in {**FIXED, **sizes}.items():
        spark.conf.set(name, value)
    return spark
