"""Body weights and heights of a record, for doses by kilogram and square metre."""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from service.eligibility.dates import Days
from service.eligibility.dosing.body import Body, Measurement
from service.eligibility.evaluate.absence import gaps
from service.eligibility.evaluate.context import Case, Knowledge
from service.eligibility.evaluate.existence import belonging
from service.eligibility.evaluate.numbers import convert
from service.eligibility.facts import Certainty, Kind, ObservationFact
from service.eligibility.outcome import Outcome
from service.eligibility.quantity import Interval, Quantity

WEIGHT, HEIGHT = "body-weight", "body-height"  # the value sets
# Beyond these nobody weighs or stands: a slip of the unit or the decimal point, which is not to be multiplied.
POSSIBLE = {WEIGHT: ("kg", Decimal("0.2"), Decimal(650)), HEIGHT: ("cm", Decimal(20), Decimal(280))}


class _Known(NamedTuple):
    knowledge: Knowledge
    body: Body


def body_of(case: Case) -> Body:
    """What was measured until the screening date; `whole` if there can be no other measurement than these."""
    key = "body", case.at
    known = case.record.known.get(key)
    if not isinstance(known, _Known) or known.knowledge is not case.knowledge:
        known = case.record.known[key] = _Known(case.knowledge, _body_of(case))
    return known.body


def _body_of(case: Case) -> Body:
    asked_for = tuple(each for each in (WEIGHT, HEIGHT) if each in case.terminology.value_sets)
    return Body(
        tuple(_measurements(case, WEIGHT)),
        tuple(_measurements(case, HEIGHT)),
        case.record.person.birth,
        case.policy.body_horizon,
        case.policy.minor_body_horizon,
        whole=not gaps(case, Kind.OBSERVATION, asked_for),
    )


def _measurements(case: Case, name: str) -> Iterator[Measurement]:
    if name not in case.terminology.value_sets:
        return
    for fact, belongs in belonging(case, ObservationFact, (name,), ()):
        if fact.certainty is Certainty.DENIED or fact.when.earliest > case.at or not isinstance(fact.value, Quantity):
            continue
        when = Days(fact.when.earliest, min(fact.when.latest, case.at))
        sure = fact.certainty is Certainty.SURE and belongs.outcome is Outcome.MET
        yield Measurement(when, _value(case, fact, fact.value, name), fact.evidence.reference, sure)


def _value(case: Case, fact: ObservationFact, stated: Quantity, name: str) -> Interval | None:
    unit, least, most = POSSIBLE[name]
    found = convert(case.knowledge, stated, unit, fact)
    if found is None or found.low is None or found.high is None or found.low < least or found.high > most:
        return None
    return found
