"""Results in a file system that Spark writes to: a directory of part files for each output.

The lines of all parts, one after the other by the names of the parts, are those of the one file elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import orjson

from service.errors import UsageError
from service.screening.buckets.engine import Engine
from service.screening.buckets.journal import Workplace
from service.screening.buckets.run import screen_in_buckets
from service.screening.flat import TABLES, rows_of
from service.screening.outputs import NAMES, SERIES, SUMMARY, VERSIONS
from service.screening.population import into_the_input, summary_of
from service.screening.request import Progress, Request
from service.screening.spark.listing import path_of
from service.screening.spark.session import errors

if TYPE_CHECKING:
    from service.catalog.load import Catalog

ASSESSMENTS = "assessments.ndjson"
KINDS = {str: "string", int: "int", float: "double", bool: "boolean", date: "date"}
ROWS = 5_000


class Parts:
    """As Outputs. What an earlier run left is replaced; the summary is written last."""

    def __init__(self, spark: Any, place: str, also: Sequence[str], formats: Sequence[str]) -> None:
        if "csv" in formats:
            raise UsageError("--also csv needs an --out on this machine: a spreadsheet wants one file")
        self.names = (*NAMES, *also)
        self.lines: Counter[str] = Counter()
        self._spark, self._place, self._formats = spark, place.rstrip("/"), formats
        self._store(SUMMARY, [])  # without it, nothing there can be taken for a result

    def take(self, frame: Any) -> None:
        """A frame of all lines (name, content), in order."""
        functions = import_module("pyspark.sql.functions")
        frame = frame.persist(import_module("pyspark").StorageLevel.DISK_ONLY)
        self.lines.update({row.name: row["count"] for row in frame.groupBy("name").count().collect()})
        for name in self.names:
            own = frame.filter(functions.col("name") == name)
            text = functions.expr("substr(cast(content as string), 1, length(cast(content as string)) - 1)")
            own.select(text.alias("value")).write.mode("overwrite").text(self._path(name))
        for name, columns in TABLES.items() if "parquet" in self._formats else ():
            schema = ", ".join(f"`{each.name}` {KINDS[each.kind]}" for each in columns)
            own = frame.filter(functions.col("name") == ASSESSMENTS).select("content")
            rows = own.mapInArrow(partial(table_rows, name), schema)
            rows.write.mode("overwrite").option("compression", "zstd").parquet(self._path(f"{name}.parquet"))
        frame.unpersist()

    def summary(self, summary: Mapping[str, object]) -> None:
        """As Outputs."""
        self._store(SUMMARY, orjson.dumps(summary, option=orjson.OPT_INDENT_2).decode().split("\n"))

    def _store(self, name: str, lines: Sequence[str]) -> None:
        frame = self._spark.createDataFrame([("\n".join(lines),)] if lines else [], "value string").coalesce(1)
        frame.write.mode("overwrite").text(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._place}/{name}"


def screen_to(
    place: str, spark: Any, catalog: Catalog, request: Request, progress: Progress, engine: Engine[Parts]
) -> dict[str, object]:
    """As population.screen, the results wherever Spark writes to. Raises UsageError where it cannot, or may not."""
    if path_of(place.rstrip("/")) in {source.directory for source in request.sources}:
        raise into_the_input(place)
    also = (*((VERSIONS,) if request.versions else ()), *((SERIES,) if request.series else ()))
    try:
        outputs = Parts(spark, place, also, request.formats)
        with TemporaryDirectory(prefix="prescreen-") as beside:
            found = screen_in_buckets(outputs, catalog, request, progress, engine, Workplace(Path(beside), None))
        summary = summary_of(catalog, request, found.counts, found.completeness, found.judged, outputs.lines)
        outputs.summary(summary)
    except errors():
        raise UsageError(f"{place}: Spark cannot write there; check the path, and the right to write to it") from None
    return summary


def table_rows(name: str, batches: Iterable[Any]) -> Iterator[Any]:
    """Assessments into the rows of a table, as Arrow."""
    arrow = import_module("pyarrow")
    kinds = {str: arrow.string(), int: arrow.int32(), float: arrow.float64(), bool: arrow.bool_(), date: arrow.date32()}
    columns = TABLES[name]
    for batch in batches:
        rows = [row for line in batch.column(0).to_pylist() for row in rows_of(orjson.loads(line))[name]]
        for start in range(0, len(rows), ROWS):
            cells = zip(*rows[start : start + ROWS], strict=True)
            arrays = [arrow.array(own, kinds[each.kind]) for own, each in zip(cells, columns, strict=True)]
            yield arrow.RecordBatch.from_arrays(arrays, names=[each.name for each in columns])
