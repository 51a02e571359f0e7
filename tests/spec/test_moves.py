"""Which bounds are moved, and to where: what somebody may write, what is refused and in which words, and the steps."""

from decimal import Decimal

import pytest

from service.catalog.content import mappings_dir
from service.catalog.load import load_catalog
from service.eligibility.criteria import AgeAtScreening, Bounds, ConditionPresent, Criterion, LookBack, Study
from service.eligibility.criteria.bounds import Bound, bounds_of
from service.eligibility.dates import Duration, Unit
from service.eligibility.explain.bound_words import value_in_words
from service.errors import UsageError
from service.screening.feasibility.moves import asked_moves, default_moves
from service.screening.feasibility.steps import steps

CATALOG = load_catalog(mappings_dir())
STUDY = CATALOG.studies["igg4-rd-sirolimus"]
HEART = CATALOG.studies["heart-failure-reduced-ef"]
AGES = Study(
    "ages",
    "1",
    "Ages",
    (Criterion("I1", "inclusion", "text", AgeAtScreening(Bounds(at_least=Decimal(18), at_most=Decimal(75)))),),
    entry=(ConditionPresent(("cancer",)),),
)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("E2a=20", ["E2a.dose=20 mg/day of prednisone equivalent"]),
        ("E2a = 20", ["E2a.dose=20 mg/day of prednisone equivalent"]),
        ("E2a=20 mg/d", ["E2a.dose=20 mg/day of prednisone equivalent"]),
        ("E2a=20 mg/day of prednisone equivalent", ["E2a.dose=20 mg/day of prednisone equivalent"]),
        ("E2a.dose=7.5,20", [f"E2a.dose={each} mg/day of prednisone equivalent" for each in ("7.5", "20")]),
        ("E2a=6 weeks", ["E2a.look_back=6 weeks"]),
        ("E2a=1 month,1  year", ["E2a.look_back=1 month", "E2a.look_back=1 year"]),
        ("I1.serum-igg4=110", ["I1.value.serum-igg4=110 mg/dL"]),
        ("I1.value.serum-igg4=110 mg/dL", ["I1.value.serum-igg4=110 mg/dL"]),
        ("I2=3", ["I2.value=3"]),
        ("I2=14 days", ["I2.look_back=14 days"]),
        ("E6a=1", ["E6a.value=1 IU/mL"]),
    ],
)  # fmt: skip
def test_what_is_understood(asked: str, told: list[str]) -> None:
    assert [each.id for each in asked_moves((STUDY,), [asked])[STUDY.id]] == told


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("E2a", "write a criterion, =, and one or more values"),
        ("E2a=", "write a criterion, ="),
        ("=20", "there is no such criterion; there are I1, I2, E2a"),
        ("X9=20", "there is no such criterion"),
        ("E2=20", "there is no such criterion"),
        ("E3a=20", "E3a of igg4-rd-sirolimus states no number that could be moved"),
        ("E2a.age=20", "names no bound of this criterion; there are E2a.look_back .3 months., E2a.dose"),
        ("I1=20", "may mean several bounds; name one of I1.value.serum-igg4 .135 mg/dL., I1.value.igg4-igg-ratio"),
        ("E2a=many", "may mean several bounds"),
        ("E2a.dose=many", "not understood: E2a.dose is 10 mg/day of prednisone equivalent; write a number, alone"),
        ("E2a.dose=20 g", "not understood"),
        ("E2a.dose=20,", "not understood"),
        ("E2a.dose=1e3", "not understood"),
        ("E2a.dose=NaN", "not understood"),
        ("E2a.dose=10.0", "is 10 mg/day of prednisone equivalent already"),
        ("E2a.dose=-5", "makes no sense: .*it does not go below nothing"),
        ("E2a.dose=3 months", "not understood"),
        ("E7=5 years", "is 5 years already"),
        ("E7=0 years", "not understood: .*a length of time such as"),
        ("E7=500 years", "nobody has lived for longer than 130 years"),
        ("E7=5", "not understood"),
        ("I1.igg4-igg-ratio=140", "there is no more than 100 %"),
    ],
)  # fmt: skip
def test_nonsense_is_refused_in_words(asked: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        asked_moves((STUDY,), [asked])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("I1.at_least=200", "nobody is older than 130 years"),
        ("I1.at_least=80", "an empty range: from 80 to 75"),
        ("I1.at_most=17", "an empty range: from 18 to 17"),
    ],
)
def test_a_range_has_to_stay_one(asked: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        asked_moves((AGES,), [asked])


def test_a_bound_is_moved_in_the_studies_that_have_its_criterion() -> None:
    found = asked_moves((STUDY, HEART), ["I1b=45", "E7=1 year"])
    assert {study: [each.id for each in moves] for study, moves in found.items()} == {
        "igg4-rd-sirolimus": ["E7.look_back=1 year"],
        "heart-failure-reduced-ef": ["I1b.value=45 %"],
    }


def test_the_same_asked_twice_is_one() -> None:
    assert len(asked_moves((STUDY,), ["E2a=20", "E2a.dose=20,20 mg/d"])[STUDY.id]) == 1


def limit(study: Study, name: str) -> Bound:
    return next(each for each in bounds_of(study) if each.id == name)


@pytest.mark.parametrize(
    ("study", "bound", "told"),
    [
        (STUDY, "E2a.dose", ["5", "7.5", "15", "20"]),
        (STUDY, "I1.value.serum-igg4", ["100", "120", "150", "170"]),
        (STUDY, "I2.value", ["1", "3", "4"]),
        (STUDY, "E6a.value", []),
        (STUDY, "I2.look_back", ["7 days", "21 days", "56 days"]),
        (STUDY, "E2a.look_back", ["1 month", "2 months", "6 months"]),
        (AGES, "I1.age.at_least", ["12", "16", "21"]),
        (AGES, "I1.age.at_most", ["65", "70", "80", "85"]),
    ],
)
def test_the_steps_that_are_tried(study: Study, bound: str, told: list[str]) -> None:
    here = limit(study, bound)
    found = [value_in_words(here, each) for each in steps(here)]
    assert [each if "look_back" in bound else each.split(" ")[0] for each in found] == told


def test_lengths_of_whole_weeks_and_tens_stay_so() -> None:
    windows = {28: [7, 21, 56], 90: [30, 60, 180], 5: [2, 3, 10]}
    for count, told in windows.items():
        node = ConditionPresent(("cancer",), look_back=LookBack(Duration(count, Unit.DAY)))
        one = Study("s", "1", "S", (Criterion("E1", "exclusion", "text", node),), (node,))
        assert steps(bounds_of(one)[0]) == tuple(Duration(each, Unit.DAY) for each in told)


@pytest.mark.parametrize("study", CATALOG.studies.values(), ids=CATALOG.studies)
def test_every_step_is_another_study(study: Study) -> None:
    moves = default_moves(study)
    assert len({each.id for each in moves}) == len(moves) > 20
    assert all(each.study != study and each.study.id == study.id for each in moves)
