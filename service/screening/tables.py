"""Assessments written as CSV or Parquet while they come, a part at a time."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Protocol, TextIO

from service.errors import UsageError
from service.screening.flat import TABLES, Cell, Column, Line, rows_of
from service.screening.spreadsheet import BOM, row_of
from service.screening.writing import fresh

FORMATS = ("csv", "parquet")
LIBRARY = "pyarrow"
AT_ONCE = 5_000  # rows of a group in a Parquet file


class Table(Protocol):
    """A file that takes rows."""

    def add(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        """More rows."""

    def close(self) -> None:
        """No more will come."""


class Tables:
    """The tables of a run in some formats. `paths`: where the file of each name is to be written."""

    def __init__(self, formats: Sequence[str], paths: Mapping[str, Path]) -> None:
        self.wanted = bool(formats)
        self._open: dict[str, list[Table]] = {name: [] for name in TABLES}
        for kind in formats:
            for name, columns in TABLES.items():
                path = paths[f"{name}.{kind}"]
                self._open[name].append(Csv(path, columns) if kind == "csv" else Parquet(path, columns))

    def add(self, line: Line) -> None:
        """The rows of one assessment."""
        if not any(self._open.values()):
            return
        for name, rows in rows_of(line).items():
            for table in self._open[name]:
                table.add(rows)

    def close(self) -> None:
        """Write what is left."""
        with ExitStack() as closing:  # each of them, whatever becomes of the others
            for tables in self._open.values():
                for each in tables:
                    closing.callback(each.close)


def names_of(formats: Sequence[str]) -> tuple[str, ...]:
    """The files that these formats make. Raises UsageError where what one needs is not installed."""
    if "parquet" in formats:
        _arrow()
    return tuple(f"{name}.{kind}" for kind in formats for name in TABLES)


class Csv:
    """A table for a spreadsheet: no cell is taken for a formula."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._file: TextIO = TextIOWrapper(fresh(path), encoding="utf-8", newline="")
        self._file.write(BOM + row_of([each.name for each in columns]))

    def add(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        """As Table."""
        for each in rows:
            self._file.write(row_of([_told(cell) for cell in each]))

    def close(self) -> None:
        """As Table."""
        self._file.close()


class Parquet:
    """A table with typed columns, zstd-compressed, in groups of rows."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        arrow = _arrow()
        kinds = {
            str: arrow.string(),
            int: arrow.int32(),
            float: arrow.float64(),
            bool: arrow.bool_(),
            date: arrow.date32(),
        }
        self._arrow = arrow
        self._schema = arrow.schema([(each.name, kinds[each.kind]) for each in columns])
        self._file = fresh(path)
        self._writer = _arrow(".parquet").ParquetWriter(self._file, self._schema, compression="zstd")
        self._rows: list[tuple[Cell, ...]] = []

    def add(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        """As Table."""
        self._rows += rows
        if len(self._rows) >= AT_ONCE:
            self._flush()

    def close(self) -> None:
        """As Table."""
        with self._file:
            if self._rows:
                self._flush()
            self._writer.close()

    def _flush(self) -> None:
        columns = zip(*self._rows, strict=True)
        arrays = [self._arrow.array(cells, kind) for cells, kind in zip(columns, self._schema.types, strict=True)]
        self._writer.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))
        self._rows = []


def _told(cell: Cell) -> str | float:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return ("no", "yes")[cell]
    return cell if isinstance(cell, (int, float)) else str(cell)


def _arrow(part: str = "") -> Any:
    """Pyarrow, or a part of it: only whoever asks for Parquet needs it."""
    try:
        return import_module(LIBRARY + part)
    except ImportError:
        raise UsageError("Parquet needs pyarrow: pip install 'fhir-prescreen[parquet]'") from None
