"""From when to when a drug was taken as far as a record says, and whether it acts in the whole body.

SEMANTICS §6.1, §6.5, §6.6.
"""

from dataclasses import dataclass
from datetime import date

from service.eligibility.dates import ALWAYS, FOREVER, Days, Span, shift
from service.eligibility.dosing.routes import systemic
from service.eligibility.facts import Certainty, MedicationFact
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.policy import Policy

__all__ = ["Exposure", "exposure", "first_stale_day", "systemic", "turning_days"]


@dataclass(frozen=True, slots=True)
class Exposure:
    """When it was taken, none of it after the screening date. MET: surely, UNKNOWN: possibly, NOT_MET: not (yet).

    `reason`: why the exposure itself, or how long it lasted, is not certain.
    """

    span: Span
    outcome: Outcome
    reason: Reason | None = None


def exposure(fact: MedicationFact, at: date, policy: Policy) -> Exposure:
    """The exposure that a record tells of, as of the day `at`."""
    if fact.certainty is Certainty.DENIED or fact.span.start.earliest > at:
        return Exposure(fact.span, Outcome.NOT_MET)
    stale = _stale(fact, at, policy)
    span = Span(_start(fact, at), _end(fact, at, stale))
    if fact.certainty is Certainty.POSSIBLE:
        return Exposure(span, Outcome.UNKNOWN, Reason.STATUS_UNCERTAIN)
    if fact.span.start.latest > at:
        return Exposure(span, Outcome.UNKNOWN, Reason.DATE_IMPRECISE if fact.span.start.known else Reason.DATE_MISSING)
    if stale or (not span.end.exact and not span.point):
        return Exposure(span, Outcome.MET, Reason.STATUS_UNCERTAIN)
    if not span.start.exact:
        return Exposure(span, Outcome.MET, Reason.DATE_IMPRECISE if fact.span.start.known else Reason.DATE_MISSING)
    return Exposure(span, Outcome.MET)


def _start(fact: MedicationFact, at: date) -> Days:
    return Days(fact.span.start.earliest, min(fact.span.start.latest, at))


def _stale(fact: MedicationFact, at: date, policy: Policy) -> bool:
    """Has an order without an end shown no sign of life for longer than the horizon?"""
    day = first_stale_day(fact, policy)
    return day is not None and day <= at


def first_stale_day(fact: MedicationFact, policy: Policy) -> date | None:
    """The first day on which an order without an end counts only possibly; None where it has an end of its own."""
    if fact.span.end.earliest != FOREVER:
        return None
    sign = fact.last_sign.latest if fact.last_sign.known else fact.span.start.latest
    return ALWAYS if sign == FOREVER else policy.order_horizon.first_day_without(sign)


def _end(fact: MedicationFact, at: date, stale: bool) -> Days:
    latest = min(fact.span.end.latest, at)
    if not stale:
        return Days(min(fact.span.end.earliest, latest), latest)
    return Days(min(_last_sign_of_life(fact), latest), latest)


def _last_sign_of_life(fact: MedicationFact) -> date:
    """The last day on which an order without an end surely went on, once it has grown stale."""
    sign = fact.last_sign.earliest if fact.last_sign.known else fact.span.start.earliest
    return max(sign, fact.span.start.earliest, shift(ALWAYS, 1))


def turning_days(fact: MedicationFact, policy: Policy) -> tuple[date, ...]:
    """Beside its own dates, the days on which an order without an end counts otherwise: when it grows stale, from when.

    Empty where it has an end of its own.
    """
    stale = first_stale_day(fact, policy)
    return () if stale is None else (stale, _last_sign_of_life(fact))
