"""Builders of medication facts for the tests of the dose engine: short enough to read in a table."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from service.eligibility.criteria import Bounds, DoseTest, Measure
from service.eligibility.dates import FOREVER, Days, Span, Window
from service.eligibility.dosing.body import NOBODY, Body
from service.eligibility.dosing.equivalence import EquivalenceTable, Equivalent
from service.eligibility.dosing.measure import DoseAnswer, Taken, dose_in_window
from service.eligibility.dosing.model import Cap, Instruction, Lapse, Strength, Supply, TimeUnit, Timing
from service.eligibility.facts import Certainty, Evidence, MedicationFact, Source
from service.eligibility.policy import Policy
from service.eligibility.quantity import Interval, Quantity
from service.eligibility.terms import Coding, Concept

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
PREDNISONE = Coding(RXNORM, "8640")
START = date(2026, 1, 5)  # a Monday
AT = date(2026, 4, 1)
WINDOW = Window.of(date(2026, 1, 1), AT)

# Codes of ingredients and mg equal to 5 mg of prednisone, with the range of the sources (CLINICAL §1.1).
EQUAL = {
    "prednisone": ("8640", "5", "5"),
    "prednisolone": ("8638", "5", "5"),
    "methylprednisolone": ("6902", "4", "4"),
    "hydrocortisone": ("5492", "20", "20"),
    "dexamethasone": ("3264", "0.6", "0.8"),
}
ROWS = {
    name: Equivalent(name, (Coding(RXNORM, code),), Interval(Decimal(low), Decimal(high)), "CLINICAL §1.1")
    for name, (code, low, high) in EQUAL.items()
}
ROWS["cloprednol"] = Equivalent("cloprednol", (Coding(RXNORM, "21285"),), None, "", "no equivalence found")
TABLE = EquivalenceTable(
    "prednisone",
    PREDNISONE,
    "prednisone",
    Interval.exactly(5),
    "test",
    {code: row for row in ROWS.values() for code in row.codings},
    ROWS,
)


def numbers(value: str | int) -> Interval:
    """`5`, or `5-15` as an interval."""
    low, _, high = str(value).partition("-")
    return Interval(Decimal(low), Decimal(high or low))


def quantity(words: str) -> Quantity:
    """`5 mg`, `5-15 mg`, `2 {tbl}`; a bare number has no unit."""
    value, _, unit = words.partition(" ")
    return Quantity(numbers(value), unit or None)


def lapse(words: str) -> Lapse:
    """`1 d`, `4-6 h`."""
    value, _, unit = words.partition(" ")
    known: dict[str, TimeUnit] = {unit: unit for unit in ("s", "min", "h", "d", "wk", "mo", "a")}
    return Lapse(numbers(value), known[unit])


def timing(frequency: str | int | None = 1, period: str | None = "1 d", **more: object) -> Timing:
    """So many times in a period."""
    return Timing(
        frequency=numbers(frequency) if frequency is not None else None,
        period=lapse(period) if period is not None else None,
        **more,  # type: ignore[arg-type]
    )


DAILY = timing()


def instruction(dose: str | None = "5 mg", how: Timing | None = DAILY, **more: object) -> Instruction:
    """One instruction."""
    amount = quantity(dose) if dose is not None else None
    return Instruction("dosageInstruction[0]", amount=amount, timing=how, **more)  # type: ignore[arg-type]


def cap(most: str, period: str = "1 d") -> Cap:
    """No more than so much in a period."""
    return Cap(quantity(most), lapse(period))


def strength(
    mg: str | int = 5, per: str = "1 {tbl}", ingredient: Coding = PREDNISONE, name: str = "prednisone"
) -> Strength:
    """So many mg per piece or volume."""
    return Strength(ingredient, name, numbers(mg), quantity(per), "ingredient")


def supply(amount: str, days: int, fills: int = 1) -> Supply:
    """So much for so many days."""
    return Supply(quantity(amount), Interval.exactly(days), fills)


def days(first: date | str, last: date | str | None = None) -> Days:
    """A day, or an interval of days."""
    one = date.fromisoformat(first) if isinstance(first, str) else first
    other = last if last is not None else one
    return Days(one, date.fromisoformat(other) if isinstance(other, str) else other)


def medication(
    *instructions: Instruction,
    name: str = "1",
    drug: str = "prednisone",
    source: Source = Source.REQUEST,
    start: Days | None = None,
    end: Days | None = None,
    certainty: Certainty = Certainty.SURE,
    **more: object,
) -> MedicationFact:
    """A record of a drug from 5 January 2026 on, without an end, ordered that day, in tablets of 5 mg."""
    begin = start or Days.on(START)
    last = end or (begin if source is Source.ADMINISTRATION else Days.on(FOREVER))
    coding = ROWS[drug].codings[0]
    more.setdefault("strengths", (strength(ingredient=coding, name=drug),))
    more.setdefault("last_sign", begin)
    return MedicationFact(
        Evidence(f"{source.value}/{name}", f"{source.value}.medication"),
        Concept((coding,), (drug,)),
        certainty,
        source,
        Span(begin, last),
        instructions=instructions,
        **more,  # type: ignore[arg-type]
    )


def asked(
    facts: Sequence[MedicationFact | Taken],
    *,
    above: str | Decimal = "10",
    measure: Measure = "cycle_average",
    window: Window = WINDOW,
    at: date = AT,
    bounds: Bounds | None = None,
    body: Body = NOBODY,
) -> DoseAnswer:
    """More than 10 mg of prednisone or its equivalent a day, on any day of the window?"""
    taken = [each if isinstance(each, Taken) else Taken(each) for each in facts]
    test = DoseTest(bounds or Bounds(above=Decimal(above)), equivalent_to="prednisone", measure=measure)
    return dose_in_window(taken, window, at, test, TABLE, Policy(), body=body)
