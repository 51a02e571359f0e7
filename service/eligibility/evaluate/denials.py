"""What statements that a drug was not taken, or perhaps was not, leave of its other records. SEMANTICS §4, §6.2."""

from collections.abc import Sequence
from datetime import date
from typing import cast

from service.eligibility.criteria import MedicationTaken
from service.eligibility.dates import ALWAYS, FOREVER, Days, Span, Window, shift
from service.eligibility.dosing.denials import Opposed, may_deny, oppose, opposed
from service.eligibility.dosing.equivalence import EquivalenceTable, ingredients
from service.eligibility.dosing.stretches import remaining
from service.eligibility.evaluate.context import Case
from service.eligibility.evaluate.existence import membership
from service.eligibility.facts import Certainty, MedicationFact
from service.eligibility.outcome import Outcome


def opposed_records(case: Case, node: MedicationTaken, table: EquivalenceTable | None = None) -> Opposed:
    """Which records of these drugs are spoken against, and by which statements. `table` tells ingredients apart."""
    if not _may_deny(case):
        return {}
    return opposed(
        [each for each in case.record.of(MedicationFact) if _perhaps_asked_about(case, node, each)],
        lambda fact: frozenset(each.key for each in ingredients(fact, table, case.terminology, node.codes)),
    )


def denying(case: Case, node: MedicationTaken) -> list[MedicationFact]:
    """The statements that one of these drugs was not taken."""
    denied = (each for each in _may_deny(case) if each.certainty is Certainty.DENIED)
    return [each for each in denied if _perhaps_asked_about(case, node, each)]


def _may_deny(case: Case) -> tuple[MedicationFact, ...]:
    """The statements that may say of any drug that it was not taken; looked up once in a record."""
    known = case.record.known
    if may_deny not in known:
        known[may_deny] = tuple([each for each in case.record.of(MedicationFact) if may_deny(each)])
    return cast(tuple[MedicationFact, ...], known[may_deny])


def _perhaps_asked_about(case: Case, node: MedicationTaken, fact: MedicationFact) -> bool:
    return membership(case, node.codes, node.excluding, fact.concept).outcome is not Outcome.NOT_MET


def stands(span: Span, window: Window, opposing: Sequence[Days]) -> bool:
    """Does what surely lies in the window also lie there on a day that is not spoken against?"""
    sure = window.sure
    if sure is None:
        return False
    if any(each.inside(sure) and not oppose(opposing, each) for each in (span.start, span.end)):
        return True
    first, last = max(span.start.latest, sure.earliest), min(span.end.earliest, sure.latest)
    return first <= last and any(True for _ in remaining(Days(first, last), opposing))


def unopposed(span: Span, opposing: Sequence[Days]) -> Span:
    """The span with its ends moved inwards as far as what is spoken against may have been no use."""
    first, last = span.start.latest, span.end.earliest
    inner = list(remaining(Days(first, last), opposing)) if first <= last else []
    starts, ends = not oppose(opposing, span.start), not oppose(opposing, span.end)
    begin = inner[0].earliest if inner else span.end.latest
    finish = inner[-1].latest if inner else span.start.earliest
    return Span(
        span.start if starts else Days(span.start.earliest, max(begin, span.start.latest)),
        span.end if ends else Days(min(finish, span.end.earliest), span.end.latest),
    )


def turns(opposing: Sequence[Days]) -> tuple[date, ...]:
    """The days about which they begin and end."""
    ends = ((shift(each.earliest, -1), each.earliest, each.latest, shift(each.latest, 1)) for each in opposing)
    return tuple(day for each in ends for day in each if ALWAYS < day < FOREVER)
