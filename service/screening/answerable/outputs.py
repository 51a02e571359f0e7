"""The files that `prescreen coverage --out` writes."""

from pathlib import Path

import orjson

from service.errors import UsageError
from service.screening.answerable.concept_map import concept_map
from service.screening.answerable.document import document
from service.screening.answerable.page import page
from service.screening.answerable.shapes import Report
from service.screening.sources import Source
from service.screening.writing import while_there_is_room, write_whole

DOCUMENT, PAGE, CONCEPT_MAP = "coverage.json", "coverage.html", "concept-map.json"


def write_report(report: Report, out: Path, sources: tuple[Source, ...]) -> tuple[str, ...]:
    """Write all of it into a directory; returns the names. What an earlier run left under these names is replaced.

    Raises UsageError if the directory is also an input, or a file.
    """
    if out.resolve() in {source.directory for source in sources}:
        raise UsageError(f"{out}: the report cannot be written into the input's own directory; choose another --out")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out.name} is a file; --out needs a directory")
    out.mkdir(parents=True, exist_ok=True)
    written = {
        DOCUMENT: _json(document(report)),
        PAGE: page(report).encode(),
        CONCEPT_MAP: _json(concept_map(report)),
    }
    with while_there_is_room(out):
        for name, content in written.items():
            write_whole(out / name, content)
    return tuple(written)


def _json(content: object) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
