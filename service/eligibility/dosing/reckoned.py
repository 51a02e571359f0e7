"""What is reckoned of records before any window is looked at: courses, therapies, and the days on which they turn."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from service.eligibility.dates import ALWAYS, FOREVER, Days, Span, shift
from service.eligibility.dosing.body import Body
from service.eligibility.dosing.equivalence import EquivalenceTable
from service.eligibility.dosing.exposure import turning_days
from service.eligibility.dosing.records import Record, Taken, Terms, records
from service.eligibility.dosing.steps import edges
from service.eligibility.dosing.therapy import Therapies, therapies
from service.eligibility.policy import Policy
from service.eligibility.terms import Terminology


@dataclass(frozen=True, slots=True)
class Reckoned:
    """The records that count as of a day, as therapies; `boundaries`: the days on which anything of them turns."""

    records: tuple[Record, ...]
    therapies: Therapies
    boundaries: tuple[date, ...]


class _Known(NamedTuple):
    """What it was reckoned from besides the day, and it."""

    taken: tuple[Taken, ...]
    table: EquivalenceTable | None
    terminology: Terminology | None
    body: Body
    found: Reckoned


def reckoned(taken: Sequence[Taken], at: date, terms: Terms) -> Reckoned:
    """Of these records as of the day `at`; studies ask again and again for the same ones, with other windows."""
    if terms.known is None:
        return _reckoned(taken, at, terms)
    asked = tuple(taken), terms.table, terms.terminology, terms.body
    those = tuple([(id(each.fact), each.outcome, each.reasons, each.acting) for each in taken])
    key = "reckoned", those, at, terms.unit, id(terms.table), terms.codes
    known = terms.known.get(key)
    if not isinstance(known, _Known) or known[:4] != asked:
        known = terms.known[key] = _Known(*asked, _reckoned(taken, at, terms))
    return known.found


def _reckoned(taken: Sequence[Taken], at: date, terms: Terms) -> Reckoned:
    found = records(taken, at, terms)
    return Reckoned(found, therapies(found), boundaries(found, taken, terms.policy))


def boundaries(found: Sequence[Record], taken: Iterable[Taken], policy: Policy) -> tuple[date, ...]:
    """The days of the records' own plans: what is cut off at the screening date would change with every day."""
    own = [each.fact.span for each in taken]
    days = set(edges(span for each in found for span in each.planned)) | set(edges(own))
    days |= set(edges(Span(Days.on(said.earliest), Days.on(said.latest)) for each in found for said in each.opposed))
    days |= {shift(day, -1) for day in days}  # a stretch has left the window when its last day has
    days |= {day for each in found for day in turning_days(each.fact, policy)}
    days |= set(_shown_days(days, found))
    return tuple(sorted(day for day in days if ALWAYS < day < FOREVER))


def _shown_days(firsts: Iterable[date], found: Iterable[Record]) -> Iterator[date]:
    """The days from which a stretch that begins or ends on one of them is too short to surely show its busiest."""
    cycles = {phase.daily.cycle for each in found for phase in each.phases} - {1}
    for day in firsts:
        for cycle in cycles:
            yield shift(day, cycle - 1)
            yield shift(day, -cycle)
