"""The files of one run: the document as JSON, its tables as CSV, its drawings as SVG, and as PNG where that can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from service.errors import UsageError
from service.screening.feasibility.charts import charts_of
from service.screening.feasibility.tables import tables_of
from service.screening.pictures import can_draw, png_of
from service.screening.writing import write_whole

DOCUMENT = "feasibility.json"
KINDS = (".csv", ".svg", ".png")
DRAWN = ("funnel", "costs", "moves", "over-time")
Json = Mapping[str, Any]


def check_place(out: Path, inputs: set[Path]) -> None:
    """Raises UsageError where the files cannot be written to `out`."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out.name} is a file; --out needs a directory")
    if out.resolve() in inputs:
        raise UsageError(f"{out}: the results cannot be written into the input's own directory; choose another --out")


def write_all(document: Json, out: Path) -> tuple[str, ...]:
    """Write every file, and return their names. All are made before the first is put in place; JSON is the last.

    What an earlier run left is removed: nothing of it can be taken for this run's.
    """
    made = dict(_contents(document))
    try:
        out.mkdir(parents=True, exist_ok=True)
        for each in (out / name for name in _earlier(out)):
            each.unlink()
        for name, content in made.items():
            write_whole(out / name, content)
    except OSError as error:
        raise UsageError(f"{out} cannot be written ({type(error).__name__}); choose another --out") from None
    return tuple(made)


def _earlier(out: Path) -> Iterator[str]:
    """Files that an earlier run wrote: the document, then what it names."""
    names = {f"{table}.csv" for table in ("people", *DRAWN)} | {DOCUMENT}
    for each in sorted(out.iterdir()):
        drawing = each.suffix in KINDS and each.stem.rpartition(".")[2] in DRAWN
        if each.is_file() and (each.name in names or drawing):
            yield each.name


def _contents(document: Json) -> Iterator[tuple[str, bytes]]:
    for name, table in tables_of(document):
        yield f"{name}.csv", table.encode()
    for study in document["studies"]:
        for name, drawing in charts_of(document, study):
            yield f"{study['study']}.{name}.svg", drawing.encode()
            if can_draw():
                yield f"{study['study']}.{name}.png", png_of(drawing)
    yield DOCUMENT, orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
