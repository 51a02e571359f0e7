"""Conditions: present in the window, or begun in it. SEMANTICS §3.4 and §5."""

from collections.abc import Iterator
from datetime import date

from service.eligibility.criteria import ConditionPresent
from service.eligibility.dates import ALWAYS, ANY_DAY, FOREVER, Days, Span, Window, shift
from service.eligibility.evaluate.context import Case
from service.eligibility.evaluate.existence import belonging, candidate, dated, happened
from service.eligibility.evaluate.judgement import Candidate, Exhibit, Judgement, Negative
from service.eligibility.facts import Certainty, ConditionFact, Kind
from service.eligibility.outcome import Outcome, Reason


def condition_present(case: Case, node: ConditionPresent, window: Window) -> Judgement:
    """Was a condition of these codes present (or did it begin) in the window, on at least n occasions?"""
    found = tuple(condition_candidates(case, node, window))
    denied = [
        Negative(show(fact, "refuted"), fact.asserted, of_all=case.terminology.is_all_of(node.codes, fact.concept))
        for fact, belongs in belonging(case, ConditionFact, node.codes, node.excluding)
        if fact.certainty is Certainty.DENIED and belongs.outcome is Outcome.MET
    ]
    return happened(
        case,
        node,
        Kind.CONDITION,
        node.codes,
        found,
        window=window,
        look_back=node.look_back,
        wanted=node.at_least,
        absence=node.absence,
        denied=denied,
    )


def condition_candidates(case: Case, node: ConditionPresent, window: Window) -> Iterator[Candidate]:
    """Every condition whose code could belong, with how far it counts in this window."""
    for fact, belongs in belonging(case, ConditionFact, node.codes, node.excluding):
        if fact.certainty is Certainty.DENIED:
            continue
        limit = case.terminology.self_limited_days(node.codes, fact.concept)
        span = presence(fact, case.at, limit)
        if node.timing == "onset":
            span = Span.on(fact.span.start)
        notes = ("stale-entry",) if _stale(fact, window, limit) and node.timing == "present" else ()
        # an end that moves with the screening date is no day on which anything changes
        fixed = fact.span if limit is None and node.timing == "present" else span
        # an onset that nothing bounds tells no occasion from another; the day of its encounter does
        occasion = fact.asserted if fact.span.start.earliest == ALWAYS else fact.span.start
        timing, asserted = _timing(span, window), (fact.asserted.earliest, fact.asserted.latest)
        yield candidate(
            belongs, fact.certainty, timing, show(fact), fixed, notes=notes, also=asserted, occasion=occasion
        )


def _timing(span: Span, window: Window) -> tuple[Outcome, frozenset[Reason]]:
    """Was it there in the window? Where only its going on is in doubt, that is its status and not a date."""
    outcome, reasons = dated(span, window)
    going_on = span.end.earliest < FOREVER == span.end.latest and span.start.latest <= window.possible.latest
    if outcome is Outcome.UNKNOWN and going_on and span.start.known:
        return outcome, frozenset({Reason.STATUS_UNCERTAIN})
    return outcome, reasons


def presence(fact: ConditionFact, at: date, self_limited_days: int | None) -> Span:
    """From when to when the condition was there, as far as the record tells on screening date `at`.

    Absent abatement is "still present"; an inactive status without a date ended on an unknown day before `at`; what
    passes by itself is sure only for its usual duration after onset or the latest assertion.
    """
    start, end = fact.span.start, fact.span.end
    if fact.ended:
        # a status that was still being written after that day may have been another on it
        last = end.latest if at < end.latest < FOREVER else min(end.latest, shift(at, -1))
        return Span(start, Days(start.earliest, max(start.earliest, last)))
    if end.earliest < FOREVER:  # it ended, or nothing says that it went on after its encounter
        return fact.span
    if self_limited_days is not None:
        return _self_limited(fact, at, self_limited_days)
    if start == ANY_DAY:
        known = fact.asserted.latest if fact.asserted.known else at
        start = Days(ALWAYS, known)
    return Span(start, end)


def _self_limited(fact: ConditionFact, at: date, days: int) -> Span:
    start = fact.span.start
    if start == ANY_DAY and not fact.asserted.known:
        return Span(ANY_DAY, ANY_DAY)
    if start == ANY_DAY:
        start = Days(ALWAYS, fact.asserted.latest)
    last_known = fact.asserted.earliest if fact.asserted.known and fact.asserted.latest <= at else start.earliest
    return Span(start, Days(shift(max(start.earliest, last_known), days), FOREVER))


def _stale(fact: ConditionFact, window: Window, self_limited_days: int | None) -> bool:
    if self_limited_days is not None or fact.span.end.earliest < FOREVER or window.possible.earliest == ALWAYS:
        return False
    if window.possible.earliest == window.possible.latest:
        return False
    evidence = [days.latest for days in (fact.span.start, fact.asserted) if days.known]
    return bool(evidence) and max(evidence) < window.possible.earliest


def show(fact: ConditionFact, state: str | None = None) -> Exhibit:
    """The exhibit of a condition."""
    state = state or ("unconfirmed" if fact.certainty is Certainty.POSSIBLE else None)
    when = "on an unknown day" if fact.span.start == ANY_DAY and fact.ended else str(fact.span)
    value = fact.concept.name if state is None else f"{fact.concept.name} ({state})"
    if fact.ended:
        value += " (no longer active)"
    return Exhibit(fact.evidence.reference, fact.evidence.element, when, value)
