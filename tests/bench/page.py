"""`docs/performance.md`, and of one part `docs/spark.md`: a section for each part, written by the run that measured it.
The text around them is ours."""

import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.table import Table
from tests.shape.source import ROOT

PAGE = ROOT / "docs" / "performance.md"
ELSEWHERE = {"spark": ROOT / "docs" / "spark.md"}
SIZED = frozenset({"bulk", "spark"})
BEGIN, END = "<!-- {}: written by `make bench` -->", "<!-- end of {} -->"


def replace_section(part: str, tables: Iterable[Table], megabytes: int, page: Path | None = None) -> None:
    """Write what a part found in the place of what it found before."""
    page = page or ELSEWHERE.get(part, PAGE)
    begin, end = BEGIN.format(part), END.format(part)
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, found, after = rest.partition(end)
    assert found, f"{page.name} has no section for {part}: {begin} ... {end}"
    sized = f" SIZE={megabytes}" if part in SIZED else ""
    day = datetime.now(UTC).date().isoformat()
    told = f"`make bench PART={part}{sized}` on {day}, {_machine()}."
    lines = [begin, "", told]
    for table in tables:
        lines += ["", *table.markdown()]
    page.write_text("\n".join((before + lines[0], *lines[1:], "", end)) + after, encoding="utf-8")


def _machine() -> str:
    cores = os.cpu_count() or 1
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{cores} core{'s' if cores > 1 else ''}, {platform.system()} {platform.machine()}, {python}"
