"""Which tests stay together: what is named there exists, and everything else stays with its module."""

import pytest

from tests.order import FIRST, LONG, TOGETHER, group_of, rank_of
from tests.shape.source import ROOT


@pytest.mark.parametrize("place", [*LONG, *(each for places in TOGETHER.values() for each in places)])
def test_what_is_named_is_there(place: str) -> None:
    assert (ROOT / place).exists()


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("tests/spark/test_same.py::test_real_data", "Spark"),
        ("tests/card_page/test_card.py::test_a_card", "browser"),
        ("tests/spec/test_dates.py::test_a[tests/spark/]", "tests/spec/test_dates.py"),
        ("tests/spec/test_dates.py", "tests/spec/test_dates.py"),
    ],
)
def test_a_test_stays_with_its_group(name: str, group: str) -> None:
    assert group_of(name) == group


def test_what_takes_long_begins_first() -> None:
    assert [rank_of(each) for each in FIRST if each.endswith(".py")] == [FIRST.index(each) for each in LONG]
    assert rank_of("tests/spark/test_same.py::test_real_data") == 0
    assert rank_of("tests/spec/test_dates.py::test_a") == len(FIRST)
