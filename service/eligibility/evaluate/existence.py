"""Characteristics that ask whether something happened: at least n candidates in the window."""

from collections.abc import Sequence
from datetime import date
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from service.eligibility.criteria import Absence, LookBack, Node, ValueSetIds
from service.eligibility.dates import ALWAYS, ANY_DAY, FOREVER, Days, Span, Window
from service.eligibility.evaluate.absence import silence
from service.eligibility.evaluate.context import Case
from service.eligibility.evaluate.judgement import Candidate, Exhibit, Judgement, Negative, in_order, unique
from service.eligibility.evaluate.windows import watch
from service.eligibility.facts import Certainty, Coded, Kind
from service.eligibility.outcome import Outcome, Reason, at_least
from service.eligibility.terms import Concept, Membership, Terminology

ILLEGIBLE_ONLY = "illegible-codes-only"
SAME_OCCASION = "same-occasion"


F = TypeVar("F", bound=Coded)


class Belonging(NamedTuple):
    """What was found in a record before, and by whose value sets."""

    terminology: Terminology
    found: tuple[Any, ...]


def membership(case: Case, codes: ValueSetIds, excluding: ValueSetIds, concept: Concept) -> Membership:
    """Does the concept belong to `codes` and not to `excluding`?"""
    inside = case.terminology.membership(codes, concept)
    if inside.outcome is Outcome.NOT_MET or not excluding:
        return inside
    outside = case.terminology.membership(excluding, concept)
    if outside.outcome is Outcome.MET:
        return Membership(Outcome.NOT_MET)
    if outside.outcome is Outcome.UNKNOWN and not outside.opaque:
        return Membership(Outcome.UNKNOWN, outside.reason, inside.opaque)
    return inside


def belonging(
    case: Case, of_type: type[F], codes: ValueSetIds, excluding: ValueSetIds
) -> Sequence[tuple[F, Membership]]:
    """The facts of this type of which the concept may belong to `codes`, with how far it does."""
    key, terminology = (of_type, codes, excluding), case.terminology
    known = case.record.known.get(key)
    if isinstance(known, Belonging) and known.terminology is terminology:
        return known.found
    chosen: list[tuple[int, F, Membership]] = []
    for concept, facts in case.record.by_concept(of_type):
        belongs = membership(case, codes, excluding, concept)
        if belongs.outcome is not Outcome.NOT_MET:
            chosen += [(place, fact, belongs) for place, fact in facts]
    chosen.sort(key=itemgetter(0))
    found = tuple((fact, belongs) for _, fact, belongs in chosen)
    case.record.known[key] = Belonging(terminology, found)
    return found


def dated(span: Span, window: Window) -> tuple[Outcome, frozenset[Reason]]:
    """Was it in the window, and if that is unknown, is its date missing or only imprecise?"""
    outcome = span.during(window)
    if outcome is not Outcome.UNKNOWN:
        return outcome, frozenset()
    missing = not span.start.known or (not span.point and not span.end.known)
    return outcome, frozenset({Reason.DATE_MISSING if missing else Reason.DATE_IMPRECISE})


def active(span: Span, at: date) -> Span:
    """What goes on now is present on the screening date; only its beginning is unknown."""
    if span.start == ANY_DAY and span.end.earliest == FOREVER:
        return Span(Days(ALWAYS, at), span.end)
    return span


def candidate(
    belongs: Membership,
    certainty: Certainty,
    timing: tuple[Outcome, frozenset[Reason]],
    exhibit: Exhibit,
    span: Span,
    more: Sequence[tuple[Outcome, frozenset[Reason]]] = (),
    notes: tuple[str, ...] = (),
    also: tuple[date, ...] = (),
    occasion: Days | None = None,
) -> Candidate:
    """Fold what speaks for one fact: its code, its status, its date, and anything else the criterion asks."""
    status = Outcome.MET if certainty is Certainty.SURE else Outcome.UNKNOWN
    outcome = min(belongs.outcome, status, timing[0], *(each for each, _ in more))
    doubts = frozenset[Reason]()
    if outcome is Outcome.UNKNOWN:
        parts = [
            (belongs.outcome, frozenset({belongs.reason}) if belongs.reason else frozenset[Reason]()),
            (status, frozenset({Reason.STATUS_UNCERTAIN})),
            timing,
            *more,
        ]
        doubts = frozenset().union(*(why for each, why in parts if each is Outcome.UNKNOWN))
    return Candidate(outcome, exhibit, span, doubts, notes, also, belongs.opaque, occasion)


def all_along(span: Span, window: Window) -> bool:
    """Does it surely speak of every day of the window? What was not done on one day may have been done on another."""
    possible = window.possible
    return span.start.latest <= possible.earliest and possible.latest <= span.end.earliest


def happened(
    case: Case,
    node: Node,
    kind: Kind,
    ids: ValueSetIds,
    candidates: Sequence[Candidate],
    *,
    window: Window,
    look_back: LookBack | None,
    wanted: int = 1,
    absence: Absence | None = None,
    denied: Sequence[Negative] = (),
) -> Judgement:
    """MET if `wanted` candidates surely count, UNKNOWN if possibly, else what silence means.

    Records that may tell of the same occasion surely count as one, and possibly as several.
    """
    distinct = _distinct(candidates)
    sure = [each for each in distinct if each.outcome is Outcome.MET]
    possible = [each for each in distinct if each.outcome is Outcome.UNKNOWN]
    told = [day for each in denied for day in (each.said.earliest, each.said.latest, *each.also)]
    ends = [day for each in candidates for day in (*each.span.boundaries(), *each.also)]
    days = watch(case, look_back, [*ends, *told])
    occasions = _occasions(sure)
    outcome = at_least(wanted, occasions, len(sure) + len(possible) - occasions)
    if outcome is Outcome.NOT_MET:
        shown = [each.exhibit for each in distinct if each.span.start.earliest <= case.at]
        silent = silence(
            case,
            node,
            kind,
            ids,
            window,
            look_back=look_back,
            absence=absence,
            shown=shown,
            denied=[] if possible else denied,
        )
        return silent.watching(days)
    counted = sure if outcome is Outcome.MET else [*sure, *possible]
    merged = outcome is Outcome.UNKNOWN and occasions < len(sure)
    doubts = [*(each.reasons for each in possible), frozenset({Reason.STATUS_UNCERTAIN} if merged else ())]
    notes = [note for each in counted for note in each.notes]
    return Judgement(
        node,
        outcome,
        frozenset[Reason]().union(*doubts) if outcome is Outcome.UNKNOWN else frozenset(),
        unique(each.exhibit for each in counted),
        notes=in_order([*notes, *_legibility(counted), *([SAME_OCCASION] if merged else [])]),
        watch=days,
    )


def _occasions(sure: Sequence[Candidate]) -> int:
    """How many occasions there are at least: as many as can be told apart by their days."""
    count, last = 0, None
    for days in sorted((each.occasion or each.span.start for each in sure), key=lambda each: each.latest):
        if last is None or days.earliest > last:
            count, last = count + 1, days.latest
    return count


def _legibility(counted: Sequence[Candidate]) -> tuple[str, ...]:
    return (ILLEGIBLE_ONLY,) if all(each.illegible for each in counted) else ()


def _distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    """One candidate per resource: the same record read twice counts once, at its best."""
    best: dict[str, Candidate] = {}
    for each in sorted(candidates, key=lambda c: (c.exhibit, c.outcome)):
        known = best.get(each.exhibit.reference)
        if known is None or each.outcome > known.outcome:
            best[each.exhibit.reference] = each
    return [best[reference] for reference in sorted(best)]
