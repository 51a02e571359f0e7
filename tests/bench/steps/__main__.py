"""`python -m tests.bench.steps BEGINNING EXPORT DAY OUT RESULT`: the steps on an export, as JSON.

On its beginning first, so that what happens once for each process is over, and again: what a nearly empty export costs
is taken off.
"""

import sys
from datetime import date
from pathlib import Path

import orjson

from service.catalog.content import mappings_dir
from service.catalog.load import load_catalog
from tests.bench.steps.measured import STEPS, measured


def main(beginning: str, export: str, day: str, out: str, result: str) -> None:
    """Measure."""
    catalog = load_catalog(mappings_dir())
    _, empty, told = [
        measured(catalog, Path(each), date.fromisoformat(day), Path(out)) for each in (beginning, beginning, export)
    ]
    worked = {step: max(told[step] - empty[step], 1e-6) for step in STEPS}
    Path(result).write_bytes(orjson.dumps(told | worked))


if __name__ == "__main__":
    main(*sys.argv[1:])
