"""How fast a whole hospital is screened: side by side with reading its bytes, parsing its lines, and asking DuckDB.

Every contender runs in a process of its own; what is compared are processor seconds without the start-up, which is
told apart. The exports are invented, one of few lines for each person and one of many; and where the data of others lie
beside the project, those are screened, too.
"""

import gzip
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from subprocess import run

import orjson

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
from tests.bench.bulk.density import Export, lines_and_people
from tests.bench.bulk.memory import memory
from tests.bench.bulk.simplest import Compared, compared, questions
from tests.bench.bulk.turns import Contender, Cost, Costs, beginning_of, by_turns, cost_of, ratio
from tests.bench.bulk.variants import write_variants
from tests.bench.corpus import AS_OF, DENSE, Corpus, kept_corpus
from tests.bench.table import Table
from tests.shape.source import ROOT

STUDY = "igg4-rd-sirolimus"
ROUNDS = 3
STUDIES = 50
SMALLER = 10  # another export is so many times smaller: for growth, and for many studies at once
BUSY = 1.2  # a process that takes so many times its processor time shares the machine with others
SHARED = ROOT.parent / "shared" / "data" / "pysynthea-2026-r4"
SHARED_DAY = date(2026, 1, 1)
YARDSTICKS = Path(__file__).with_name("yardsticks.py")
READING, PARSING, ASKING = "reading the bytes", "orjson.loads on every line", "DuckDB, three criteria, 1 thread"
OURS, TELLING, TWO = "prescreen screen", "the same with --with-signal", "the same with --processes 2"
ONE, MANY = "one study", f"{STUDIES} studies"


def report(place: Path, scratch: Path, megabytes: int) -> Iterator[Table]:
    """Tables for each export. `place`: where exports are kept between runs."""
    world = load_catalog(mappings_dir())
    export, corpus = kept_corpus(place, megabytes)
    smaller, beside = kept_corpus(place, max(1, megabytes // SMALLER))
    (scratch / "invented").mkdir()
    costs = _measured(world, export, AS_OF, scratch / "invented")
    yield _speed(_invented(corpus), costs, scratch / "invented")
    dense, people = kept_corpus(place, megabytes, each=DENSE)
    (scratch / "dense").mkdir()
    of_many = _measured(world, dense, AS_OF, scratch / "dense")
    yield _speed(_invented(people), of_many, scratch / "dense")
    yield lines_and_people(
        Export(corpus, costs), Export(people, of_many), PARSING, [OURS, *([TWO] if TWO in costs else [])]
    )
    yield _growth(costs[OURS], corpus, _alone(smaller, scratch), beside)
    yield memory(place, scratch, megabytes, STUDY, AS_OF)
    few, those = kept_corpus(place, max(1, megabytes // SMALLER), each=DENSE)
    yield _several({_invented(beside): smaller, _invented(those): few}, scratch)
    if SHARED.is_dir():
        (scratch / "shared").mkdir()
        costs = _measured(world, _unpacked(place / "pysynthea"), SHARED_DAY, scratch / "shared")
        yield _speed("people of pysynthea-2026-r4", costs, scratch / "shared")


def _invented(corpus: Corpus) -> str:
    each = corpus.lines // corpus.people
    return (
        f"an invented hospital of {corpus.people} people with {each} lines each, {corpus.lines} lines, "
        f"{corpus.bytes // 10**6} MB"
    )


def _ours(study: Sequence[str], day: date, out: Path, *more: str, processes: int = 1) -> Contender:
    shared = ["--processes", str(processes)] if _several_processes() else []

    def command(export: Path) -> list[str]:
        chosen = [word for each in study for word in ("--study", each)]
        given = [str(export), *chosen, "--as-of", day.isoformat(), "--out", str(out), "--quiet", *shared, *more]
        return [sys.executable, "-m", "service", "screen", *given]

    return Contender(OURS, command)


def _yardstick(name: str, what: str, *more: str) -> Contender:
    return Contender(name, lambda export: [sys.executable, str(YARDSTICKS), what, str(export), *more])


@cache
def _several_processes() -> bool:
    """Can it be said how many processes share the work?"""
    said = run([sys.executable, "-m", "service", "screen", "--help"], cwd=ROOT, check=True, capture_output=True)
    return b"--processes" in said.stdout


def _measured(world: Catalog, export: Path, day: date, scratch: Path) -> Mapping[str, Costs]:
    asked = scratch / "questions.json"
    asked.write_bytes(questions(world, day))
    contenders = [
        _yardstick(READING, "bytes"),
        _yardstick(PARSING, "orjson"),
        _ours([STUDY], day, scratch / "out"),
        _ours([STUDY], day, scratch / "telling", "--with-signal")._replace(name=TELLING),
        _yardstick(ASKING, "duckdb", str(asked), str(scratch / "duckdb.json")),
    ]
    if _several_processes():
        contenders.append(_ours([STUDY], day, scratch / "two", processes=2)._replace(name=TWO))
    return by_turns(contenders, export, beginning_of(export, scratch / "beginning"), scratch, ROUNDS)


def _speed(title: str, costs: Mapping[str, Costs], scratch: Path) -> Table:
    rows = []
    for name, own in costs.items():
        than = [_shown(ratio(costs[each].work, own.work)) for each in (READING, PARSING, ASKING)]
        start = own.start.cpu / min(costs[PARSING].work)
        rows.append((name, *than, f"{start:.2f}", f"{own.peak // 1024}"))
    counts = orjson.loads((scratch / "out" / "summary.json").read_bytes())
    used, read = counts["input"]["used"], counts["input"]["read"]
    notes = [f"{used / read:.1%} of the lines were used: the study asks for them, or they show that a person was seen"]
    found = orjson.loads((scratch / "duckdb.json").read_bytes())
    notes += [_agreement(each) for each in compared(found, scratch / "out" / "assessments.ndjson")]
    if TWO in costs:
        notes.append(_by_the_clock(costs[OURS], costs[TWO]))
    about = (
        f"Processor time without the start-up, as how many times as fast; more is faster; median of {ROUNDS} rounds, "
        f"taken in turns. Start-up: in units of the work of {PARSING}."
    )
    columns = ("what", "than reading", "than orjson", "than DuckDB", "start-up", "peak MiB")
    return Table(f"Screening {title}", about, columns, tuple(rows), tuple(notes))


def _by_the_clock(one: Costs, two: Costs) -> str:
    """What two processes save, where the machine had nothing else to do."""
    busy = ratio(one.waited, one.work)
    if busy > BUSY:
        return (
            f"by the clock nothing can be told: one process took {busy:.2f} times its processor time, as others worked"
        )
    return f"by the clock, two processes are {ratio(one.waited, two.waited):.2f} times as fast as one"


def _shown(times: float) -> str:
    return f"{times:.2f}" if times >= 1 else f"{times:.3f}"


def _agreement(each: Compared) -> str:
    said = f"{each.criterion}: DuckDB and screening agree on {each.both} people of whom it is true"
    for reason, count in sorted(each.duckdb_alone.items()):
        said += f"; {count} more of DuckDB are, for screening, {reason}"
    return said + (f"; screening finds {each.screening_alone} more" if each.screening_alone else "")


def _alone(export: Path, scratch: Path) -> Cost:
    return cost_of(_ours([STUDY], AS_OF, scratch / "small").command(export), scratch)


def _growth(costs: Costs, corpus: Corpus, small: Cost, beside: Corpus) -> Table:
    """What a larger export costs more."""
    lines = corpus.lines / beside.lines
    longer = min(costs.work) / max(small.cpu - costs.start.cpu, 1e-3)
    rows = (
        (f"{beside.bytes // 10**6} MB, {beside.people} people", "1.00", "1.00", f"{small.peak // 1024}"),
        (
            f"{corpus.bytes // 10**6} MB, {corpus.people} people",
            f"{lines:.2f}",
            f"{longer:.2f}",
            f"{costs.peak // 1024}",
        ),
    )
    grown = (costs.peak - small.peak) / (corpus.people - beside.people)
    notes = (f"the peak grows by {grown:.1f} KiB with each person more",)
    about = "An export and a larger one: lines, processor time without the start-up, and the most memory held."
    return Table("Growth", about, ("export", "times the lines", "times the work", "peak MiB"), rows, notes)


def _several(exports: Mapping[str, Path], scratch: Path) -> Table:
    """Many studies at once against one, with everybody assessed, and with those alone who have a signal."""
    ids = write_variants(scratch / "site", STUDIES)
    rows = []
    for place, export in enumerate(exports.values(), 1):
        beginning = beginning_of(export, scratch / f"beginning{place}")
        for whom, how in (("everybody", ()), ("--with-signal", ("--with-signal",))):
            given = ("--site", str(scratch / "site"), *how)
            contenders = [
                _ours([STUDY], AS_OF, scratch / "one", *given)._replace(name=ONE),
                _ours(ids, AS_OF, scratch / "many", *given)._replace(name=MANY),
            ]
            costs = by_turns(contenders, export, beginning, scratch, ROUNDS)
            one, many = costs[ONE], costs[MANY]
            start = many.start.cpu / one.start.cpu
            counts = orjson.loads((scratch / "many" / "summary.json").read_bytes())
            pairs = counts["people"]["screened"] * STUDIES
            told = (f"{counts['written']['assessments'] / pairs * 100:.0f}", f"{ratio(many.work, one.work):.2f}")
            rows.append((f"{place}, {whom}", *told, f"{start:.2f}", f"{many.peak // 1024}"))
    which = "; ".join(f"{number}: {each}" for number, each in enumerate(exports, 1))
    about = (
        f"{STUDIES} studies against one: processor time without the start-up; less is faster. The studies are the "
        "shipped ones with other bounds, windows and value sets, and three criteria more, so that hardly anything is "
        f"asked twice. Exports: {which}."
    )
    columns = ("export, who is assessed", "% assessed", "times one study", "start-up, too", "peak MiB")
    return Table("Many studies at once", about, columns, tuple(rows))


def _unpacked(place: Path) -> Path:
    """The data of others in one directory, numbered as a server numbers its files."""
    if not place.is_dir():
        partial_place = place.with_name(place.name + ".partial")
        partial_place.mkdir(parents=True)
        for number, source in enumerate(sorted(SHARED.iterdir())):
            for path in source.glob("*.ndjson.gz"):
                name = path.name.removesuffix(".ndjson.gz")
                (partial_place / f"{name}.{number:03}.ndjson").write_bytes(gzip.decompress(path.read_bytes()))
        partial_place.rename(place)
    return place
