"""Small counts are left out, and cannot be had back by subtraction."""

from itertools import product

import pytest
from hypothesis import given, strategies as st

from service.errors import InvalidValue
from service.screening.studying.suppression import FEWEST, Published, exact, suppressed

TABLES = st.lists(st.integers(0, 40), min_size=1, max_size=6).map(lambda each: dict(zip("abcdef", each, strict=False)))


@pytest.mark.parametrize(
    ("cells", "total", "shown"),
    [
        ({"a": 11, "b": 30}, 41, {"a": 11, "b": 30}),
        ({"a": 10, "b": 30}, 40, {"a": None, "b": None}),
        ({"a": 3, "b": 20, "c": 30}, 53, {"a": None, "b": None, "c": 30}),
        ({"a": 0, "b": 20, "c": 30}, 50, {"a": None, "b": None, "c": 30}),
        ({"a": 3, "b": 20, "c": 20, "d": 30}, 73, {"a": None, "b": None, "c": None, "d": 30}),
        ({"a": 5, "b": 6}, 11, {"a": None, "b": None}),
        ({"a": 5, "b": 5}, None, {"a": None, "b": None}),
        ({"a": 10}, None, {"a": None}),
        ({"a": 11}, 11, {"a": 11}),
    ],
)
def test_what_is_left_out(cells: dict[str, int], total: int | None, shown: dict[str, int | None]) -> None:
    assert suppressed(cells) == Published(total, shown)


def test_there_is_no_negative_count() -> None:
    with pytest.raises(InvalidValue):
        suppressed({"a": 20, "b": -1})


@given(TABLES)
def test_what_is_shown_is_true_and_not_small(cells: dict[str, int]) -> None:
    published = suppressed(cells)
    assert published.total in (None, sum(cells.values()))
    for name, count in published.cells.items():
        assert count is None or count == cells[name] >= FEWEST


@given(TABLES)
def test_what_is_left_out_may_always_be_large(cells: dict[str, int]) -> None:
    published = suppressed(cells)
    if published.total is None:
        assert sum(cells.values()) < FEWEST  # that alone is told
        return
    hidden = [name for name, count in published.cells.items() if count is None]
    total = sum(cells[each] for each in hidden)
    largest = max(hidden, key=cells.__getitem__, default="")
    for name in hidden:
        swapped = {**cells, name: cells[largest], largest: cells[name]}
        poured = {**cells, **dict.fromkeys(hidden, 0), name: total}
        others = [each for each in (swapped, poured) if each[name] >= FEWEST and suppressed(each) == published]
        assert others, name


def test_by_trying_all_tables_none_gives_a_small_count_away() -> None:
    """Whoever tries every table of three cells up to 24 finds, for each publication, none that tells of few."""
    behind: dict[tuple[int | None, ...], list[tuple[int, ...]]] = {}
    for cells in product(range(25), repeat=3):
        published = suppressed(dict(zip("abc", cells, strict=True)))
        behind.setdefault((published.total, *published.cells.values()), []).append(cells)
    for (total, *shown), tables in behind.items():
        for at, count in enumerate(shown):
            if count is None and total is not None and total <= 24:  # of a larger one not all tables were tried
                assert max(each[at] for each in tables) >= FEWEST


def test_who_may_see_people_sees_all_counts() -> None:
    assert exact({"a": 0, "b": 1}) == Published(1, {"a": 0, "b": 1})
