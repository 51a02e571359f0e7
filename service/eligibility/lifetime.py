"""What cannot be true: things dated long before the person was born. SEMANTICS §3, §5."""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache

from service.eligibility.dates import ALWAYS, Days, Duration, Unit
from service.eligibility.facts import (
    AdverseEventFact,
    AllergyFact,
    Fact,
    ImmunizationFact,
    ObservationFact,
    Unreadable,
)

MARGIN = Duration(1, Unit.YEAR)  # of what was found before birth, or is dated by a year that nobody is sure of
BEFORE_BIRTH = "a date before the person was born, most likely a placeholder"


@lru_cache(maxsize=65_536)
def first_day(birth: Days) -> date:
    """The first day on which anything can be true of a person; ALWAYS if the birth date is not known."""
    return MARGIN.before(birth.earliest)


def untrue(fact: Fact, first: date) -> bool:
    """Does it surely say that something was, began or ended before `first`? What was only recorded then may be true."""
    return any(each.latest < first for each in _stated(fact))


def unreadable(facts: Iterable[Fact]) -> Iterator[Unreadable]:
    """Facts that cannot be true are no facts: they may have been anything that their concept is."""
    for fact in facts:
        kind, reason = fact.evidence.reference.partition("/")[0], f"{fact.evidence.element}: {BEFORE_BIRTH}"
        named = (fact.concept.codings or fact.concept.texts) and not isinstance(fact, AdverseEventFact)
        yield Unreadable(kind, fact.evidence, reason, fact.concept if named else None)


def _stated(fact: Fact) -> tuple[Days, ...]:
    if isinstance(fact, ObservationFact):
        return (fact.when, fact.value) if isinstance(fact.value, Days) else (fact.when,)
    if isinstance(fact, AdverseEventFact | ImmunizationFact):
        return (fact.when,)
    if isinstance(fact, AllergyFact):
        return (fact.begun,) if fact.begun.earliest > ALWAYS else ()
    return fact.span.start, fact.span.end
