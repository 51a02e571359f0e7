"""Which bounds a study has, how they are called, and the study with one of them moved."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from types import UnionType
from typing import Any, get_args, get_type_hints

import pytest

from service.catalog.content import mappings_dir
from service.catalog.load import load_catalog
from service.eligibility.criteria import (
    EVER,
    AgeAtScreening,
    AllOf,
    AnyOf,
    AtLeast,
    Bounds,
    Choice,
    ConditionPresent,
    Courses,
    Criterion,
    DoseTest,
    LookBack,
    MedicationTaken,
    Node,
    Not,
    NumberTest,
    ObservationValue,
    Study,
    Throughout,
)
from service.eligibility.criteria.bounds import STATED, Bound, BoundValue, bounds_of, moved
from service.eligibility.dates import Duration, Unit
from service.eligibility.explain import Phrases
from service.eligibility.explain.bound_words import bound_words, value_in_words
from service.errors import InvalidValue

MONTHS, WEEKS = Duration(3, Unit.MONTH), Duration(4, Unit.WEEK)
RECENT = LookBack(MONTHS)
CANCER = ConditionPresent(("cancer",))
WORDS = Phrases({"hb": "haemoglobin", "drug": "prednisone", "cancer": "cancer", "operation": "an operation"})


def hb(bounds: Bounds, look_back: LookBack = RECENT, **more: Any) -> ObservationValue:
    return ObservationValue(("hb",), test=NumberTest(bounds, "g/dL"), look_back=look_back, **more)


def at_least(number: int) -> Bounds:
    return Bounds(at_least=Decimal(number))


def study(*nodes: Node, entry: Node = CANCER) -> Study:
    criteria = tuple(Criterion(f"I{at}", "inclusion", "text", node) for at, node in enumerate(nodes, 1))
    return Study("s", "1", "A study", criteria, (entry,))


@pytest.mark.parametrize(
    ("node", "told"),
    [
        (AgeAtScreening(at_least(18)), {"I1.age": ("age at least", "18 years")}),
        (
            AgeAtScreening(Bounds(at_least=Decimal(18), at_most=Decimal(75))),
            {"I1.age.at_least": ("age at least", "18 years"), "I1.age.at_most": ("age at most", "75 years")},
        ),
        (
            hb(at_least(9)),
            {
                "I1.value": ("haemoglobin: at least", "9 g/dL"),
                "I1.look_back": ("haemoglobin: how far back", "3 months"),
            },
        ),
        (
            ObservationValue(("hb",), test=NumberTest(at_least(3), relative_to="upper_limit_of_normal")),
            {"I1.value": ("haemoglobin: at least", "3 times the upper limit of normal")},
        ),
        (
            MedicationTaken(("drug",), look_back=EVER, dose=DoseTest(Bounds(above=Decimal(10)), equivalent_to="drug")),
            {"I1.dose": ("prednisone: above", "10 mg/day of drug equivalent")},
        ),
        (ConditionPresent(("cancer",)), {}),
        (ConditionPresent(("cancer",), at_least=2), {"I1.times": ("cancer: how often", "2")}),
        (
            hb(at_least(9), EVER, choice=Choice("of_last", 2, 3)),
            {
                "I1.value": ("haemoglobin: at least", "9 g/dL"),
                "I1.results": ("haemoglobin: of how many results", "2"),
                "I1.out_of": ("haemoglobin: of how many of the last results", "3"),
            },
        ),
        (
            MedicationTaken(("drug",), look_back=RECENT, exposed=Throughout()),
            {"I1.look_back": ("prednisone: how far back", "3 months")},
        ),
        (
            AtLeast(1, (AgeAtScreening(at_least(18)),)),
            {"I1.parts": ("how many of its parts", "1"), "I1.age": ("age at least", "18 years")},
        ),
    ],
)
def test_what_a_criterion_states(node: Node, told: dict[str, tuple[str, str]]) -> None:
    found = bounds_of(study(node))
    assert {each.id: (bound_words(each, WORDS), value_in_words(each, each.value)) for each in found} == told


def test_what_is_stated_several_times_is_one_bound_and_moved_everywhere() -> None:
    node = AllOf((hb(at_least(9)), Not(hb(at_least(9), EVER)), hb(at_least(11))))
    nine, months, eleven = bounds_of(study(node))
    assert [each.value for each in (nine, months, eleven)] == [Decimal(9), MONTHS, Decimal(11)]
    changed = moved(study(node), nine, Decimal(8))
    assert changed.criteria[0].node == AllOf((hb(at_least(8)), Not(hb(at_least(8), EVER)), hb(at_least(11))))
    assert moved(study(node), months, WEEKS).criteria[0].node == AllOf(
        (hb(at_least(9), LookBack(WEEKS)), Not(hb(at_least(9), EVER)), hb(at_least(11), LookBack(WEEKS)))
    )


def test_the_entry_evidence_moves_with_it_where_it_states_the_same() -> None:
    same, other = hb(at_least(9), EVER), hb(at_least(8), EVER)
    nine = bounds_of(study(hb(at_least(9)), entry=same))[0]
    assert nine.entry and moved(study(hb(at_least(9)), entry=same), nine, Decimal(7)).entry == (hb(at_least(7), EVER),)
    unlike = bounds_of(study(hb(at_least(9)), entry=other))[0]
    assert not unlike.entry
    assert moved(study(hb(at_least(9)), entry=other), unlike, Decimal(7)).entry == (other,)


def test_other_criteria_stay_as_they_are() -> None:
    both = study(hb(at_least(9)), hb(at_least(9)))
    first = bounds_of(both)[0]
    assert [each.node for each in moved(both, first, Decimal(8)).criteria] == [hb(at_least(8)), hb(at_least(9))]


@pytest.mark.parametrize("value", [Decimal(9), 9, MONTHS, Decimal(20)], ids=str)
def test_what_no_study_could_ask_is_refused(value: BoundValue) -> None:
    ranged = study(hb(Bounds(at_least=Decimal(9), below=Decimal(12))))
    with pytest.raises(InvalidValue):
        moved(ranged, bounds_of(ranged)[0], value)


def test_names_tell_the_bounds_of_a_criterion_apart() -> None:
    node = AnyOf(
        (
            hb(at_least(9)),
            hb(at_least(11)),
            ConditionPresent(("cancer",), look_back=LookBack(WEEKS)),
            MedicationTaken(("drug",), look_back=LookBack(WEEKS), exposed=Courses(2, Duration(7, Unit.DAY))),
        )
    )
    names = [each.id for each in bounds_of(study(node))]
    assert names == [
        "I1.value.hb.at_least.1",
        "I1.look_back.hb",
        "I1.value.hb.at_least.2",
        "I1.look_back.cancer",
        "I1.look_back.drug",
        "I1.courses",
        "I1.gap",
        "I1.lasting",
    ]


CATALOG = load_catalog(mappings_dir())


@pytest.mark.parametrize("identity", sorted(CATALOG.studies))
def test_every_bound_of_a_shipped_study_can_be_moved_and_is_said_in_words(identity: str) -> None:
    here = CATALOG.studies[identity]
    found = bounds_of(here)
    assert found and len({each.id for each in found}) == len(found)
    for each in found:
        assert bound_words(each, WORDS).strip() and value_in_words(each, each.value).strip()
        changed = moved(here, each, _other(each))
        assert changed != here and moved(changed, replace(each, value=_other(each)), each.value) == here


def _other(bound: Bound) -> BoundValue:
    """Another value that every study could ask."""
    match bound.value:
        case Decimal():
            return bound.value + Decimal("0.5")
        case Duration():
            return Duration(bound.value.count + 1, bound.value.unit)
        case _:
            return bound.value + 1


def _classes(of: object) -> Iterator[type]:
    """Every class that a node may hold."""
    seen: set[type] = set()
    waiting: list[Any] = [of]
    while waiting:
        here = waiting.pop()
        if get_args(here):
            waiting += get_args(here)
        elif isinstance(here, type) and is_dataclass(here) and here not in seen and here is not Duration:
            seen.add(here)
            waiting += get_type_hints(here).values()
    yield from seen


def test_every_number_that_a_criterion_may_state_is_a_bound() -> None:
    numbers = {
        (each, field.name)
        for each in _classes(Node)
        for field in fields(each)
        for hint in [get_type_hints(each)[field.name]]
        if {int, Decimal, Duration} & set(get_args(hint) if isinstance(hint, UnionType) else (hint,))
    }
    assert numbers == set(STATED)
