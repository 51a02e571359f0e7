"""Kleene's strong three-valued logic, as tables."""

import pytest

from service.eligibility.outcome import Outcome, Reason, at_least, conjunction, disjunction, negate
from service.errors import InvalidValue

N, U, M = Outcome.NOT_MET, Outcome.UNKNOWN, Outcome.MET


@pytest.mark.parametrize(
    ("a", "b", "both", "either"),
    [
        (M, M, M, M),
        (M, U, U, M),
        (M, N, N, M),
        (U, U, U, U),
        (U, N, N, U),
        (N, N, N, N),
    ],
)
def test_and_or(a: Outcome, b: Outcome, both: Outcome, either: Outcome) -> None:
    assert conjunction([a, b]) is conjunction([b, a]) is both
    assert disjunction([a, b]) is disjunction([b, a]) is either


@pytest.mark.parametrize(("a", "negated"), [(M, N), (U, U), (N, M)])
def test_not(a: Outcome, negated: Outcome) -> None:
    assert negate(a) is negated


def test_of_nothing() -> None:
    assert conjunction([]) is M
    assert disjunction([]) is N


@pytest.mark.parametrize(
    ("wanted", "sure", "possible", "outcome"),
    [
        (2, 2, 0, M),
        (2, 3, 5, M),
        (2, 1, 1, U),
        (2, 0, 2, U),
        (2, 1, 0, N),
        (2, 0, 1, N),
        (0, 0, 0, M),
    ],
)
def test_counting(wanted: int, sure: int, possible: int, outcome: Outcome) -> None:
    assert at_least(wanted, sure, possible) is outcome


def test_negative_counts_are_refused() -> None:
    with pytest.raises(InvalidValue, match="negative"):
        at_least(1, -1, 0)


def test_reasons_are_the_closed_set_of_the_semantics() -> None:
    assert [reason.code for reason in Reason] == (
        "no-record not-loaded date-missing date-imprecise value-missing value-imprecise unit-not-convertible "
        "code-unmapped name-only dose-missing dose-imprecise no-equivalence route-unknown status-uncertain "
        "no-contact unreadable manual"
    ).split()
    assert all(reason.sentence for reason in Reason)
