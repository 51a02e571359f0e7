"""What a line costs, and what a person: told apart by an export of few lines for each person, and one of many."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.bench.bulk.turns import Costs, ratio
from tests.bench.corpus import Corpus
from tests.bench.table import Table


class Export(NamedTuple):
    """What was screened, and what each contender cost."""

    corpus: Corpus
    costs: Mapping[str, Costs]


def lines_and_people(thin: Export, dense: Export, unit: str, contenders: Sequence[str]) -> Table:
    """The work of each contender, as so much for a line and so much for a person. `unit`: the contender whose work on
    a line is 1.0."""
    rows = []
    for name in contenders:
        worked = [_units(each, name, unit) for each in (thin, dense)]
        line, person = parted(thin.corpus, worked[0], dense.corpus, worked[1])
        shares = [100 * person * each.corpus.people / work for each, work in zip((thin, dense), worked, strict=True)]
        rows.append((name, f"{line:.2f}", f"{person:.0f}", *(f"{each:.0f}" for each in shares)))
    few, many = (each.corpus.lines // each.corpus.people for each in (thin, dense))
    about = (
        f"The work on both exports as so much for each line and so much for each person; less is faster. {unit} is 1.0 "
        "for each line. The same share of the lines is asked for in both."
    )
    columns = ("what", "a line", "a person", f"% for people, at {few} lines", f"% for people, at {many} lines")
    return Table("What a line costs, and what a person", about, columns, tuple(rows))


def _units(export: Export, name: str, unit: str) -> float:
    return ratio(export.costs[name].work, export.costs[unit].work) * export.corpus.lines


def parted(thin: Corpus, thin_work: float, dense: Corpus, dense_work: float) -> tuple[float, float]:
    """How much for a line, and how much for a person, both exports agree on."""
    apart = thin.lines * dense.people - dense.lines * thin.people
    line = (thin_work * dense.people - dense_work * thin.people) / apart
    person = (thin.lines * dense_work - dense.lines * thin_work) / apart
    return line, person
