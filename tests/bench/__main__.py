"""How fast, as ratios within one run: `python -m tests.bench [PART ...] [--size MEGABYTES]`. No bare times: machines
differ. `spark` alone tells rates, for those who plan a cluster.

Each part has its own yardstick, which it names. What it found replaces its section of `docs/performance.md`, or of
`docs/spark.md`.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.bench import bulk, hooks, page, service, steps, worklist
from tests.bench.table import Table
from tests.shape.source import ROOT

EXPORTS = ROOT / ".bench"  # ignored by git
Part = Callable[[Path, int], Iterable[Table]]
PARTS: dict[str, Part] = {
    "bulk": lambda scratch, size: bulk.report(EXPORTS, scratch, size),
    "spark": lambda scratch, size: steps.report(EXPORTS, scratch, size),
    "hooks": lambda scratch, _: hooks.report(),
    "service": lambda scratch, _: service.report(),
    "worklist": lambda scratch, _: worklist.report(),
}


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write to the page."""
    parser = argparse.ArgumentParser(description="Measure how fast this is, as ratios.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all of them by default")
    parser.add_argument("--size", type=int, default=500, help="megabytes of the export; 500 by default")
    parser.add_argument("--no-page", action="store_true", help="leave the pages as they are")
    given = parser.parse_args(arguments)
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    for name in given.parts or PARTS:
        with tempfile.TemporaryDirectory() as scratch:
            tables = list(_told(PARTS[name](Path(scratch), given.size)))
        if not given.no_page:
            page.replace_section(name, tables, given.size)


def _told(tables: Iterable[Table]) -> Iterable[Table]:
    """Each is printed as soon as it is there."""
    for table in tables:
        sys.stdout.write("\n".join((*table.text(), "", "")))
        sys.stdout.flush()
        yield table


if __name__ == "__main__":
    main()
