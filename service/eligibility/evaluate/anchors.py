"""Index dates: when the event that anchors a window happened, as far as that is known."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from service.eligibility.criteria import (
    AdverseEventHad,
    Anchor,
    ConditionPresent,
    Event,
    MedicationTaken,
    ObservationValue,
)
from service.eligibility.dates import ALWAYS, Days, Span, Window
from service.eligibility.evaluate.absence import Gaps, gaps
from service.eligibility.evaluate.conditions import condition_candidates
from service.eligibility.evaluate.context import Case
from service.eligibility.evaluate.events import KINDS, adverse_event_candidates, event_candidates
from service.eligibility.evaluate.judgement import Candidate, Exhibit, unique
from service.eligibility.evaluate.medications import exposed
from service.eligibility.evaluate.results import results
from service.eligibility.evaluate.windows import watch
from service.eligibility.facts import Kind
from service.eligibility.outcome import Outcome, Reason, conjunction


@dataclass(frozen=True, slots=True)
class Found:
    """The days on which the anchor may lie, or why that cannot be said."""

    days: Days | None
    reasons: frozenset[Reason] = frozenset()
    lacking: frozenset[str] = frozenset()
    exhibits: tuple[Exhibit, ...] = ()  # of the events that may be it
    watch: frozenset[date] = frozenset()  # later days on which that may change


def find_anchor(case: Case, anchor: Anchor) -> Found:
    """When did the first (or latest) such event happen? Which one is the first or latest needs all to be loaded."""
    kind, candidates = _candidates(case, anchor.event)
    every = tuple(candidates)
    counted = [each for each in every if each.outcome is not Outcome.NOT_MET]
    shown = unique(each.exhibit for each in counted)
    missing: Gaps = gaps(case, kind, anchor.event.codes)
    if missing:
        return Found(None, missing.reasons, missing.lacking, shown)
    days = watch(case, None, (day for each in every for day in (*each.span.boundaries(), *each.also)))
    sure = [each.span for each in counted if each.outcome is Outcome.MET]
    if not sure:
        doubts = frozenset().union(*(each.reasons for each in counted))
        return Found(None, doubts or frozenset({Reason.NO_RECORD}), exhibits=shown, watch=days)
    return Found(_extreme(sure, [each.span for each in counted], anchor.which == "first"), watch=days)


def _extreme(sure: list[Span], every: list[Span], first: bool) -> Days:
    if first:
        return Days(min(s.start.earliest for s in every), min(s.start.latest for s in sure))
    # the latest day of something that lasts is its end
    return Days(max(s.end.earliest for s in sure), max(s.end.latest for s in every))


def _candidates(case: Case, event: Event) -> tuple[Kind, Iterable[Candidate]]:
    window = Window.of(ALWAYS, case.at)
    if isinstance(event, ConditionPresent):
        onset = ConditionPresent(event.codes, event.excluding, "onset")
        return Kind.CONDITION, condition_candidates(case, onset, window)
    if isinstance(event, MedicationTaken):
        return Kind.MEDICATION, (_taken(each, span) for each, span in exposed(case, event, window))
    if isinstance(event, ObservationValue):
        return Kind.OBSERVATION, [_tested(each.counts, each.answer) for each in results(case, event, window)]
    if isinstance(event, AdverseEventHad):
        return Kind.ADVERSE_EVENT, adverse_event_candidates(case, event, window)
    return KINDS[type(event)][1], event_candidates(case, event, window)


def _taken(counted: Candidate, span: Span) -> Candidate:
    """A drug that is still taken was last taken on the screening date, unless its order shows no life any more."""
    return replace(counted, span=span, also=(*counted.also, *counted.span.boundaries()))


def _tested(counts: Candidate, answer: tuple[Outcome, frozenset[Reason]]) -> Candidate:
    outcome = conjunction((counts.outcome, answer[0]))
    return Candidate(outcome, counts.exhibit, counts.span, counts.reasons | answer[1])
