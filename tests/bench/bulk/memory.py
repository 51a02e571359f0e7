"""How much memory an export needs, and one that is five times larger: with a limit, and with none."""

import sys
from datetime import date
from pathlib import Path

from tests.bench.bulk.turns import cost_of
from tests.bench.corpus import Corpus, kept_corpus
from tests.bench.table import Table

TIMES = 5
LIMIT, NONE = 50, 100_000  # MB


def memory(place: Path, scratch: Path, megabytes: int, study: str, day: date) -> Table:
    """A table of the two. `place`: where exports are kept between runs."""
    rows = []
    for size in (max(1, megabytes // TIMES), megabytes):
        export, corpus = kept_corpus(place, size)
        peaks = (_peak(export, scratch, study, day, each) for each in (LIMIT, NONE))
        rows.append((_told(corpus), *peaks))
    about = "The most memory that one process held, in MiB: with a limit what is read goes to buckets on disk first."
    return Table("Memory", about, ("export", f"--memory {LIMIT}", "everything in memory"), tuple(rows))


def _peak(export: Path, scratch: Path, study: str, day: date, limit: int) -> str:
    chosen = ["--study", study, "--as-of", day.isoformat(), "--out", str(scratch / f"memory{limit}"), "--quiet"]
    command = [sys.executable, "-m", "service", "screen", str(export), *chosen, "--processes", "1"]
    return str(cost_of([*command, "--memory", str(limit)], scratch).peak // 1024)


def _told(corpus: Corpus) -> str:
    return f"{corpus.bytes // 10**6} MB, {corpus.people} people"
