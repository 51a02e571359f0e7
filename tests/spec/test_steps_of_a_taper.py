"""Steps one after another: how long a quantity lasts for them, and when the next step ends the one before.

SEMANTICS §6.3 and §6.5.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from service.eligibility.dates import FOREVER, Days, Span
from service.eligibility.dosing.daily import Holding
from service.eligibility.dosing.lasting import days_of_quantity
from service.eligibility.dosing.layout import layout
from service.eligibility.dosing.model import Instruction, Lapse
from service.eligibility.quantity import Interval
from tests.builders import days
from tests.doses import instruction, quantity, strength

START = Days.on(date(2026, 1, 1))
HOLDING = Holding((strength(),))


def step(
    amount: str, sequence: int | None = None, *, lasts: int | None = None, bounds: str | None = None
) -> Instruction:
    made = replace(instruction(amount), sequence=sequence)
    if lasts is not None:
        made = replace(made, lasts=Lapse(Interval.exactly(Decimal(lasts)), "d"))
    if bounds is not None:
        first, _, last = bounds.partition("/")
        end = days(last) if last else Days.on(FOREVER)
        made = replace(made, bounds=Span(days(first), end))
    return made


@pytest.mark.parametrize(
    ("steps", "fills", "low", "high"),
    [
        pytest.param([step("20 mg")], 1, 30, 30, id="600 mg of 20 mg a day"),
        pytest.param([step("20 mg")], 3, 30, 90, id="filled three times at most"),
        pytest.param([step("10 mg"), step("10 mg")], 1, 30, 30, id="twice a day, in two instructions"),
        pytest.param([step("20 mg", 1, lasts=10), step("10 mg", 2)], 1, 50, 50, id="10 days of 20 mg, then 10 mg"),
        pytest.param([step("60 mg", 1, lasts=14), step("20 mg", 2)], 1, 10, 10, id="used up in the first step"),
        pytest.param(
            [step("20 mg", 1, bounds="2026-01-01/2026-01-10"), step("10 mg", 2, bounds="2026-01-11")],
            1,
            50,
            50,
            id="parted by dates",
        ),
        pytest.param(
            [step("10 mg"), step("20 mg", bounds="2026-01-01/2026-01-05")], 1, 50, 50, id="more in the first days"
        ),
        pytest.param([step("0 mg", 1, lasts=10), step("10 mg", 2)], 1, 70, 70, id="nothing for ten days"),
    ],
)
def test_how_long_600_mg_last(steps: list[Instruction], fills: int, low: int, high: int) -> None:
    found = days_of_quantity(quantity("600 mg"), fills, tuple(steps), HOLDING, START)
    assert found is not None and (found.low, found.high) == (Fraction(low), Fraction(high))


@pytest.mark.parametrize(
    ("steps", "spans"),
    [
        pytest.param(
            [step("40 mg", 1, bounds="2026-02-01"), step("5 mg", 2, bounds="2026-02-15")],
            ["from 2026-02-01 to 2026-02-14", "since 2026-02-15"],
            id="a step without an end ends on the eve of the next",
        ),
        pytest.param(
            [step("7.5 mg", 1, bounds="2026-04-01/2026-04-10"), step("5 mg", 2, bounds="2026-04-10/2026-06-30")],
            ["from 2026-04-01 to between 2026-04-09 and 2026-04-10", "from 2026-04-10 to 2026-06-30"],
            id="on a day of both, the first one perhaps",
        ),
        pytest.param(
            [step("7.5 mg", 1, bounds="2026-04-01/2026-04-10"), step("5 mg", 2, bounds="2026-04-11/2026-06-30")],
            ["from 2026-04-01 to 2026-04-10", "from 2026-04-11 to 2026-06-30"],
            id="that meet",
        ),
        pytest.param(
            [step("7.5 mg", 1, bounds="2026-04-01/2026-04-10"), step("5 mg", 2, bounds="2026-04-01/2026-04-10")],
            ["between 2026-04-01 and 2026-04-10", "from 2026-04-01 to 2026-04-10"],
            id="that begin together: the first one perhaps, on any of the days",
        ),
        pytest.param(
            [step("7.5 mg", bounds="2026-04-01"), step("5 mg", bounds="2026-04-10")],
            ["since 2026-04-01", "since 2026-04-10"],
            id="without a sequence, side by side",
        ),
    ],
)
def test_which_days_belong_to_which_step(steps: list[Instruction], spans: list[str]) -> None:
    found = layout(steps, Span(START, Days.on(FOREVER)))
    assert [str(own) for _, own in found] == spans
