"""Whoever has all that is published, and knows how it is made, cannot tell that a count is below 11.

The attacker is a solver of integer programs: it finds the largest value that a count, or the difference of two of which
one is part of the other, can have in any population that gives the very same publication.
"""

from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from service.screening.studying import suppression
from service.screening.studying.suppression import BAND, FEWEST, Band, banded
from tests.feasibility.attacker import Attacker, counts_in
from tests.feasibility.people import MOVES, Kind, kinds_over_time, kinds_with_moves, told_of

# Around the edges of bands, where an attacker learns most.
NUMBERS = st.sampled_from([1, 1, 2, 3, 5, FEWEST - 1, FEWEST, BAND - 1, BAND, BAND + 1, 2 * BAND, 3 * BAND - 1])
SLOW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def attacker_of_one_day() -> Attacker:
    return Attacker.knowing([told_of({each: 1}, moves=MOVES, exact=True) for each in kinds_with_moves()])


@cache
def attacker_over_time() -> Attacker:
    return Attacker.knowing([told_of({each: 1}, moves=(), exact=True) for each in kinds_over_time()])


def populations(kinds: tuple[Kind, ...]) -> st.SearchStrategy[dict[Kind, int]]:
    return st.dictionaries(st.sampled_from(kinds), NUMBERS, min_size=1, max_size=12)


@given(populations(kinds_with_moves()), st.data())
@SLOW
def test_no_count_of_a_day_is_known_to_be_small(population: dict[Kind, int], data: st.DataObject) -> None:
    attacker = attacker_of_one_day()
    published = told_of(population, moves=MOVES, exact=False)
    for at in data.draw(st.sets(st.sampled_from(attacker.counted()), min_size=3, max_size=3)):
        assert attacker.most(published, at) >= FEWEST, attacker.names[at]


@given(populations(kinds_with_moves()), st.data())
@SLOW
def test_no_difference_of_two_counts_is_known_to_be_small(population: dict[Kind, int], data: st.DataObject) -> None:
    attacker = attacker_of_one_day()
    published = told_of(population, moves=MOVES, exact=False)
    for outer, inner in data.draw(st.sets(st.sampled_from(attacker.nested()), min_size=3, max_size=3)):
        most = attacker.most(published, outer, inner)
        assert most >= FEWEST, (attacker.names[outer], attacker.names[inner])


@given(populations(kinds_over_time()), st.data())
@SLOW
def test_neighbouring_days_tell_of_nobody(population: dict[Kind, int], data: st.DataObject) -> None:
    attacker = attacker_over_time()
    published = told_of(population, moves=(), exact=False)
    for at in data.draw(st.sets(st.sampled_from(attacker.counted()), min_size=2, max_size=2)):
        assert attacker.most(published, at) >= FEWEST, attacker.names[at]
    for outer, inner in data.draw(st.sets(st.sampled_from(attacker.nested()), min_size=2, max_size=2)):
        assert attacker.most(published, outer, inner) >= FEWEST, (attacker.names[outer], attacker.names[inner])


def test_the_attacker_finds_what_exact_counts_give_away() -> None:
    """The attack is one: with exact counts it finds the very number."""
    attacker = attacker_of_one_day()
    kinds = [each for each in kinds_with_moves() if each.held is None and len(each.standing) == 5]
    population = {kinds[0]: 40, kinds[-1]: 3}
    told = told_of(population, moves=MOVES, exact=True)
    funnel = [at for at, name in enumerate(attacker.names) if name.endswith("funnel/4/surely")]
    assert attacker.most(told, funnel[0]) == 3


def test_narrow_bands_would_give_small_differences_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppression, "BAND", FEWEST - 1)
    attacker = attacker_of_one_day()
    kinds = [each for each in kinds_with_moves() if each.held is None and len(each.standing) == 5]
    published = told_of({kinds[-1]: 3}, moves=MOVES, exact=False)
    assert min(attacker.most(published, at) for at in attacker.counted()[::5]) < FEWEST


@given(populations(kinds_with_moves()))
@settings(max_examples=60, deadline=None)
def test_what_is_published_is_true_and_no_count_stands_by_itself(population: dict[Kind, int]) -> None:
    exact = counts_in(told_of(population, moves=MOVES, exact=True))
    for (name, count, same), (_, low, high) in zip(
        exact, counts_in(told_of(population, moves=MOVES, exact=False)), strict=True
    ):
        assert count == same and low <= count <= high and high - low >= FEWEST, name


@pytest.mark.parametrize(("count", "band"), [(0, "fewer than 15"), (14, "fewer than 15"), (15, "15–29"), (31, "30–44")])
def test_a_count_is_told_as_its_band(count: int, band: str) -> None:
    assert str(banded(count)) == band


def test_a_band_holds_more_than_the_fewest() -> None:
    assert banded(FEWEST - 1) == banded(FEWEST) == Band(0, BAND - 1) and BAND > FEWEST
