"""The bounds of a study: every number and length of time that its criteria state, and the study with one moved.

What a criterion states several times is one bound (the same limit of the same results in three branches). It is moved
in all of them, and in the entry evidence where that states it too: who is worth looking at follows from that number.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import Decimal
from typing import Any

from service.eligibility.criteria.events import (
    AdverseEventHad,
    ConditionPresent,
    Depot,
    EncounterHad,
    ImmunizationGiven,
    LookBack,
    MedicationTaken,
    ObservationValue,
    ProcedureDone,
)
from service.eligibility.criteria.exposure import Courses, Throughout, UnchangedDose
from service.eligibility.criteria.limits import Bounds, Choice, DayCount, DoseTest, NumberTest
from service.eligibility.criteria.states import AgeAtScreening, BreastFeeding, Pregnant
from service.eligibility.criteria.study import AtLeast, Node, Study
from service.eligibility.dates import Duration
from service.errors import InvalidValue

BoundValue = Decimal | Duration | int
Path = tuple[str | int, ...]
YEARS = "years"
# Which field of which class states a bound, and what it is called; those of Bounds are called by what they limit.
STATED: dict[tuple[type, str], str] = {
    **{(Bounds, each): each for each in ("above", "at_least", "below", "at_most")},
    (LookBack, "duration"): "look_back",
    (LookBack, "gap"): "until",
    (LookBack, "ahead"): "ahead",
    **{
        (each, "at_least"): "times"
        for each in (ConditionPresent, MedicationTaken, ProcedureDone, ImmunizationGiven, EncounterHad)
    },
    (MedicationTaken, "half_lives"): "half_lives",
    (Depot, "acts"): "depot",
    (ObservationValue, "not_met_valid_for"): "valid_for",
    (Pregnant, "negative_valid_for"): "valid_for",
    (BreastFeeding, "valid_for"): "valid_for",
    (Choice, "count"): "results",
    (Choice, "out_of"): "out_of",
    (DayCount, "at_least"): "days",
    (AtLeast, "count"): "parts",
    (Courses, "at_least"): "courses",
    (Courses, "gap"): "gap",
    (Courses, "lasting"): "lasting",
    (Throughout, "gap"): "gap",
    (UnchangedDose, "gap"): "gap",
}
LIMITED: dict[type, str] = {NumberTest: "value", DoseTest: "dose", AgeAtScreening: "age"}
# Whose codes say what a bound is about.
ABOUT = (
    ConditionPresent,
    MedicationTaken,
    ObservationValue,
    ProcedureDone,
    AdverseEventHad,
    ImmunizationGiven,
    EncounterHad,
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a number says. Two places with the same meaning and the same number are one bound.

    `name`: value, dose, age, look_back …; `word`: above, at_least, below or at_most, of a limit alone; `codes`: of
    what; `unit`: of a limit, as the study writes it; `reference`: the limit of normal that it multiplies, or the drug
    in whose equivalents it is given.
    """

    name: str
    word: str | None
    codes: tuple[str, ...]
    unit: str | None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """One bound of one criterion: what it says, its number now, and how it is called on a command line.

    `entry`: does the entry evidence state it, too?
    """

    criterion: str
    meaning: Meaning
    value: BoundValue
    id: str
    entry: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bound is stated below a node."""

    meaning: Meaning
    value: BoundValue
    path: Path


def bounds_of(study: Study) -> tuple[Bound, ...]:
    """Every bound of every criterion, in the order of the protocol."""
    entry = {(each.meaning, each.value) for node in study.entry for each in places(node)}
    found: list[Bound] = []
    for criterion in study.criteria:
        stated = dict.fromkeys((each.meaning, each.value) for each in places(criterion.node))
        names = _names(criterion.id, list(stated))
        found += [
            Bound(criterion.id, meaning, value, name, (meaning, value) in entry)
            for (meaning, value), name in zip(stated, names, strict=True)
        ]
    return tuple(found)


def moved(study: Study, bound: Bound, value: BoundValue) -> Study:
    """The study with that bound at `value`. Raises InvalidValue for what no study could ask."""
    _check(bound, value)
    criteria = tuple(
        replace(each, node=_with(each.node, bound, value)) if each.id == bound.criterion else each
        for each in study.criteria
    )
    entry = tuple(_with(each, bound, value) for each in study.entry) if bound.entry else study.entry
    return replace(study, criteria=criteria, entry=entry)


def places(node: Node) -> Iterator[Place]:
    """Where numbers are stated in a node, outermost first."""
    yield from _places(node, (), (), None)


def _places(part: Any, path: Path, codes: tuple[str, ...], limited: Any) -> Iterator[Place]:
    codes = part.codes if isinstance(part, ABOUT) else codes
    for field in fields(part):
        value, here = getattr(part, field.name), (*path, field.name)
        name = STATED.get((type(part), field.name))
        if name is not None and _states(part, name, value):
            yield Place(_meaning(name, codes, limited), value, here)
        elif isinstance(value, tuple):
            for at, each in enumerate(value):
                if is_dataclass(each):
                    yield from _places(each, (*here, at), codes, limited)
        elif is_dataclass(value) and not isinstance(value, Duration):
            yield from _places(value, here, codes, part if type(part) in LIMITED else limited)


def _states(part: Any, name: str, value: object) -> bool:
    """Is a number stated there at all? Once is any time, no gap none, and one result needs no number."""
    if value is None or (name == "times" and value == 1) or (name == "gap" and value.count == 0):  # type: ignore[attr-defined]
        return False
    if isinstance(part, Choice):
        counted = {"results": ("of_last", "mean", "consecutive"), "out_of": ("of_last",)}
        return part.which in counted[name]
    return True


def _meaning(name: str, codes: tuple[str, ...], limited: Any) -> Meaning:
    if name not in ("above", "at_least", "below", "at_most"):
        return Meaning(name, None, codes, None)
    word, kind = name, LIMITED[type(limited)]
    match limited:
        case NumberTest():
            return Meaning(kind, word, codes, limited.unit, limited.relative_to)
        case DoseTest():
            return Meaning(kind, word, codes, limited.unit, limited.equivalent_to)
        case _:
            return Meaning(kind, word, codes, YEARS)


def _names(criterion: str, stated: list[tuple[Meaning, BoundValue]]) -> list[str]:
    """A name for each: as short as tells it from the others of the criterion."""
    named: list[tuple[str, ...]] = [(each.name,) for each, _ in stated]
    longer: list[Callable[[Meaning], tuple[str, ...]]] = [
        lambda meaning: ("+".join(meaning.codes),) if meaning.codes else (),
        lambda meaning: (meaning.word,) if meaning.word else (),
    ]
    for add in longer:
        named = [
            (*each, *add(meaning)) if named.count(each) > 1 else each
            for each, (meaning, _) in zip(named, stated, strict=True)
        ]
    numbered = (
        (*each, str(named[:at].count(each) + 1)) if named.count(each) > 1 else each for at, each in enumerate(named)
    )
    return [".".join((criterion, *each)) for each in numbered]


def _with(node: Node, bound: Bound, value: BoundValue) -> Node:
    for each in list(places(node)):
        if (each.meaning, each.value) == (bound.meaning, bound.value):
            node = _put(node, each.path, value)
    return node


def _put(part: Any, path: Path, value: BoundValue) -> Any:
    if not path:
        return value
    first, *rest = path
    if isinstance(first, int):
        return (*part[:first], _put(part[first], tuple(rest), value), *part[first + 1 :])
    return replace(part, **{first: _put(getattr(part, first), tuple(rest), value)})


def _check(bound: Bound, value: BoundValue) -> None:
    if type(value) is not type(bound.value):
        raise InvalidValue(f"{bound.id} is {bound.value}, and cannot become {value}")
    if value == bound.value:
        raise InvalidValue(f"{bound.id} is {bound.value} already")
