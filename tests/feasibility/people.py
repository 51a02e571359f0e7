"""Every kind of person that may stand before a small study with moved bounds, and documents of populations of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import product
from typing import Any

from service.eligibility.criteria import EVER, AgeAtScreening, Bounds, Criterion, NumberTest, ObservationValue, Study
from service.eligibility.explain import Phrases
from service.screening.feasibility.counting import Counted, Day
from service.screening.feasibility.moves import Move, asked_moves
from service.screening.feasibility.report import document
from service.screening.feasibility.run import REASONS, Asked, Feasibility, OfStudy
from service.screening.feasibility.standing import Standing, State
from service.screening.request import Request
from tests.builders import AT

HB = ObservationValue(("hb",), test=NumberTest(Bounds(at_least=Decimal(12)), "g/dL"), look_back=EVER)
FERRITIN = ObservationValue(("virus",), test=NumberTest(Bounds(at_least=Decimal(30)), "ug/L"), look_back=EVER)
SMALL = Study(
    "small",
    "1",
    "A small study",
    (
        Criterion("I1", "inclusion", "haemoglobin", HB),
        Criterion("I2", "inclusion", "ferritin", FERRITIN),
        Criterion("I3", "inclusion", "an adult", AgeAtScreening(Bounds(at_least=Decimal(18)))),
    ),
    entry=(HB,),
)
MOVES = asked_moves((SMALL,), ["I1=10,11", "I2=20,40"])["small"]
DAYS = (date(2026, 4, 30), date(2026, 5, 31))
OUT, OPEN, IN = State
MERGED, NO_PATIENT = "merged", "no Patient"


@dataclass(frozen=True)
class Kind:
    """One kind of person: held back, merged or without a Patient; or where they stand, now and with bounds moved."""

    held: str | None = None
    standing: Standing = ()
    after: tuple[State, ...] = ()
    past: tuple[Standing, ...] = ()


def told_of(population: Mapping[Kind, int], *, moves: Sequence[Move], exact: bool) -> Any:
    """The document of so many people of each kind."""
    counted = Counted([each.id for each in SMALL.criteria], [each.id for each in moves])
    days = {day: Day() for day in DAYS}
    result = Feasibility()
    for kind, number in population.items():
        for _ in range(number):
            _add(result, counted, days, kind, moves)
    result.studies = (OfStudy(SMALL, tuple(moves), counted, days),)
    asked = Asked(Request((), (SMALL,), AT, None), DAYS, {})
    return document(result, asked, Phrases({}), show_small=exact)


def _add(result: Feasibility, counted: Counted, days: Mapping[date, Day], kind: Kind, moves: Sequence[Move]) -> None:
    result.read += 1
    if kind.held is not None:
        result.merged += kind.held == MERGED
        result.without_patient += kind.held == NO_PATIENT
        result.held.update({kind.held: 1} if kind.held in REASONS else {})
        return
    result.not_born += kind.standing[0] is OUT
    now = min(kind.standing)
    after = zip((each.id for each in moves), kind.after, strict=True)
    counted.add(kind.standing, {name: state for name, state in after if state is not now})
    for day, standing in zip(days.values(), kind.past, strict=False):
        day.add(standing)


def standings() -> Iterator[Standing]:
    """Every way to stand: with all criteria only where something may point to the disease."""
    yield (OUT,)
    for there, pointed in product((OPEN, IN), (OUT, OPEN, IN)):
        if pointed is OUT:
            yield there, OUT
        else:
            yield from ((there, pointed, *each) for each in product(State, repeat=3))


@cache
def kinds_with_moves() -> tuple[Kind, ...]:
    """Everybody that may be there on one day, with each bound moved as it may turn out."""
    found = [Kind(held=each) for each in (*REASONS, MERGED, NO_PATIENT)]
    for standing in standings():
        ways = [sorted(_ways(standing, each)) for each in MOVES]
        found += [Kind(standing=standing, after=after) for after in product(*ways)]
    return tuple(found)


def _ways(standing: Standing, move: Move) -> set[State]:
    """Where somebody may stand with one bound moved: its criterion may say anything, and so may the entry evidence."""
    if standing[0] is OUT:
        return {OUT}
    criteria = standing[2:] or (IN,) * 3  # of whom nothing points to the disease, they may say anything
    at = [each.id for each in SMALL.criteria].index(move.bound.criterion)
    others = [standing[0], *(each for number, each in enumerate(criteria) if number != at)]
    pointed = tuple(State) if move.bound.entry else (standing[1],)
    return {min(*others, entry, own) for entry in pointed for own in State}


@cache
def kinds_over_time() -> tuple[Kind, ...]:
    """Everybody on three days, as far as the numbers of past days tell them apart."""
    ends: list[Standing] = [(OUT,), (OPEN, OUT), (IN, OUT), (OPEN, IN, OPEN, IN, IN), (IN, OPEN, IN, IN, IN)]
    ends += [(IN, IN, each, IN, IN) for each in State]
    out = tuple(Kind(held=each) for each in (*REASONS, MERGED, NO_PATIENT))
    return (*out, *(Kind(standing=now, past=past) for now in ends for past in product(ends, repeat=len(DAYS))))
