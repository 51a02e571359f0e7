"""Comparing numbers: bounds on an interval, a result in the unit asked for, multiples of a limit of normal."""

from dataclasses import replace
from decimal import Decimal

from service.eligibility.criteria import Bounds, NumberTest
from service.eligibility.evaluate.context import Knowledge
from service.eligibility.facts import ObservationFact
from service.eligibility.outcome import Outcome, Reason, conjunction
from service.eligibility.quantity import Interval, Quantity
from service.eligibility.units import conversion, converted

Answer = tuple[Outcome, frozenset[Reason]]


def within(value: Interval, bounds: Bounds) -> Outcome:
    """Is the number within the bounds, whatever number of the interval it is?"""
    tests = (
        (bounds.above, value.above),
        (bounds.at_least, value.at_least),
        (bounds.below, value.below),
        (bounds.at_most, value.at_most),
    )
    return conjunction(test(limit) for limit, test in tests if limit is not None)


def number_test(knowledge: Knowledge, fact: ObservationFact, test: NumberTest) -> Answer:
    """Is this result within the bounds, in the unit asked for or relative to its own limit of normal?"""
    if not isinstance(fact.value, Quantity):
        return Outcome.UNKNOWN, frozenset({Reason.VALUE_MISSING})
    if test.relative_to is not None:
        return _relative(knowledge, fact, fact.value, test)
    converted = convert(knowledge, fact.value, test.unit or "1", fact)
    if converted is None:
        return Outcome.UNKNOWN, frozenset({Reason.UNIT_NOT_CONVERTIBLE})
    return _answer(within(converted, test.bounds))


def convert(knowledge: Knowledge, quantity: Quantity, unit: str, fact: ObservationFact) -> Interval | None:
    """The value in another unit, exactly; mass and amount by the molar mass of what was measured. None: impossible."""
    if quantity.unit is None:
        return None
    if quantity.unit == unit:
        return quantity.value
    for analyte in (None, *(f"{each.system}|{each.code}" for each in fact.concept.codings)):
        affine = conversion(knowledge.units, quantity.unit, unit, analyte)
        if affine is not None:
            return converted(quantity.value, affine)
    return None


def united(limit: Quantity, value: Quantity) -> Quantity:
    """A limit of normal for whose unit nothing is written is in that of its result."""
    return replace(limit, unit=value.unit, spelled=value.spelled) if limit.without_unit else limit


def in_its_unit(knowledge: Knowledge, limit: Quantity, value: Quantity, fact: ObservationFact) -> Interval | None:
    """A limit of normal in the unit of its result; None where there is no way."""
    own = united(limit, value)
    return own.value if own.shares_unit(value) else convert(knowledge, own, value.unit or "", fact)


def _relative(knowledge: Knowledge, fact: ObservationFact, value: Quantity, test: NumberTest) -> Answer:
    limit = fact.high if test.relative_to == "upper_limit_of_normal" else fact.low
    if limit is None or not limit.value.exact or limit.value.low is None:
        return Outcome.UNKNOWN, frozenset({Reason.VALUE_MISSING})
    normal = in_its_unit(knowledge, limit, value, fact)
    if normal is None or normal.low is None:
        return Outcome.UNKNOWN, frozenset({Reason.UNIT_NOT_CONVERTIBLE})
    return _answer(within(value.value, _scaled(test.bounds, normal.low)))


def _scaled(bounds: Bounds, by: Decimal) -> Bounds:
    limits = (bounds.above, bounds.at_least, bounds.below, bounds.at_most)
    above, at_least, below, at_most = (None if each is None else each * by for each in limits)
    return Bounds(above, at_least, below, at_most)


def _answer(outcome: Outcome) -> Answer:
    return outcome, frozenset({Reason.VALUE_IMPRECISE}) if outcome is Outcome.UNKNOWN else frozenset()
