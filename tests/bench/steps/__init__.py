"""What each step of screening in buckets costs, which are those of a cluster, too: rates of one core, and what that
makes for a population. These are no ratios, so they stand on the page for those who plan a cluster, beside what orjson
does on the same machine.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import run

import orjson

from tests.bench.bulk.turns import beginning_of
from tests.bench.corpus import AS_OF, DENSE, THIN, Corpus, kept_corpus
from tests.bench.steps.measured import Steps, fastest
from tests.bench.table import Table
from tests.shape.source import ROOT

ROUNDS = 3
PEOPLE = 10**8
HOUR, KILO, MEGA, TERA = 3600, 10**3, 10**6, 10**12
COLUMNS = ("what", f"{THIN} lines a person", f"{DENSE:,} lines a person")


def report(place: Path, scratch: Path, megabytes: int) -> Iterator[Table]:
    """Rates, and what they make for a population. `place`: where exports are kept between runs."""
    found = [_measured(kept_corpus(place, megabytes, each=each), scratch / str(each)) for each in (THIN, DENSE)]
    yield rates(found)
    yield population(found)


def _measured(kept: tuple[Path, Corpus], scratch: Path) -> Steps:
    """In a process of its own, as often as there are rounds."""
    export, corpus = kept
    scratch.mkdir()
    beginning = beginning_of(export, scratch / "beginning")
    rounds = []
    for number in range(ROUNDS):
        result = scratch / f"{number}.json"
        given = [str(beginning), str(export), AS_OF.isoformat(), str(scratch / "out"), str(result)]
        run([sys.executable, "-m", "tests.bench.steps", *given], cwd=ROOT, check=True)
        rounds.append(Steps(corpus.people, corpus.lines, corpus.bytes, **orjson.loads(result.read_bytes())))
    return fastest(rounds)


def rates(found: list[Steps]) -> Table:
    """What was measured."""
    rows = (
        _row("lines of a person", found, lambda each: each.lines / each.people),
        _row("KB of a person", found, lambda each: each.bytes / each.people / KILO),
        _row("% of the lines that are used", found, lambda each: 100 * each.used / each.lines),
        _row("sorting: lines in a second", found, lambda each: each.lines / each.sorting),
        _row("sorting: MB in a second", found, lambda each: each.bytes / each.sorting / MEGA),
        _row("judging one study: people in a second", found, lambda each: each.people / each.judging),
        _row("looking through ids: lines in a second", found, lambda each: each.lines / each.looking),
        _row("putting results together: people in a second", found, lambda each: each.people / each.writing),
        _row("KB of a person that are shuffled: lines", found, lambda each: each.parcels / each.people / KILO),
        _row("KB of a person that are shuffled: ids", found, lambda each: each.ids / each.people / KILO),
        _row("KB of results of a person", found, lambda each: each.results / each.people / KILO),
        _row("orjson.loads on every line: lines in a second", found, lambda each: each.lines / each.parsing),
    )
    about = (
        f"Seconds of the processor, by one process, without what a nearly empty export takes; the fastest of {ROUNDS} "
        "rounds. Where orjson parses twice as many lines on your machine, expect about twice of each rate."
    )
    person, line = judging_of(*found)
    notes = (f"in lines of orjson, judging takes {line:.1f} for each line that is used, and {person:.0f} for a person",)
    return Table("Rates of one core", about, COLUMNS, rows, notes)


def population(found: list[Steps]) -> Table:
    """The same for very many people."""
    times = [PEOPLE / each.people for each in found]
    both = list(zip(found, times, strict=True))
    hours = [[getattr(each, step) * n / HOUR for each, n in both] for step in ("sorting", "judging", "looking")]
    shuffled = [(each.parcels + each.ids) * n / TERA for each, n in both]
    rows = (
        _cells("to be read, TB", [each.bytes * n / TERA for each, n in both]),
        _cells("sorting, hours of a core", hours[0]),
        _cells("judging one study, hours of a core", hours[1]),
        _cells("looking through ids, hours of a core", hours[2]),
        _cells("all three, hours of a core", [sum(each) for each in zip(*hours, strict=True)]),
        _cells("shuffled by patient, TB", shuffled),
        _cells("disks between the steps, TB", [2 * each for each in shuffled]),
        _cells("results for one study, TB", [each.results * n / TERA for each, n in both]),
    )
    about = (
        f"{PEOPLE:,} people like these, as many times as much as was measured. What Spark itself takes to read, "
        "shuffle and sort comes on top, and was not measured."
    )
    return Table("A population", about, COLUMNS, rows)


def judging_of(thin: Steps, dense: Steps) -> tuple[float, float]:
    """What judging takes for a person, and for each line that is used: where both exports agree, as lines of orjson."""
    unit = thin.parsing / thin.lines
    (thin_people, thin_used), (dense_people, dense_used) = (thin.people, thin.used), (dense.people, dense.used)
    apart = thin_people * dense_used - dense_people * thin_used
    person = (thin.judging * dense_used - dense.judging * thin_used) / apart
    line = (thin_people * dense.judging - dense_people * thin.judging) / apart
    return person / unit, line / unit


def _row(name: str, found: list[Steps], value: Callable[[Steps], float]) -> tuple[str, ...]:
    return _cells(name, [value(each) for each in found])


def _cells(name: str, values: list[float]) -> tuple[str, ...]:
    return (name, *(f"{each:,.0f}" if each >= 100 else f"{each:.3g}" for each in values))
