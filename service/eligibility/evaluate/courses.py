"""How long a drug was taken: on every day of the window, or in courses; with gaps that still count as use."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from service.eligibility.criteria import Courses, MedicationTaken, Throughout
from service.eligibility.criteria.exposure import in_days
from service.eligibility.dates import ALWAYS, FOREVER, Window, shift
from service.eligibility.dosing.exposure import turning_days
from service.eligibility.dosing.pace import MOST_SWAY, Pace
from service.eligibility.dosing.stretches import Use, courses, joined, throughout, turning
from service.eligibility.evaluate.context import Case
from service.eligibility.evaluate.denials import opposed_records, turns
from service.eligibility.evaluate.doses import no_further, shown_in
from service.eligibility.evaluate.judgement import Judgement
from service.eligibility.evaluate.medications import (
    acting_days,
    beside_denials,
    denials,
    exposure_of,
    opposing_days,
    reconciled_records,
)
from service.eligibility.evaluate.windows import watch
from service.eligibility.facts import MedicationFact
from service.eligibility.outcome import Outcome, Reason


@dataclass(frozen=True, slots=True)
class _Told:
    """What one record says about the time of use, and what makes it uncertain."""

    fact: MedicationFact
    use: Use
    at: date
    reasons: frozenset[Reason]


def taken_throughout(case: Case, node: MedicationTaken, asked: Throughout, window: Window) -> Judgement:
    """Was it taken on every day of the window, up to its last?"""
    told = _told(case, node)
    outcome = throughout([each.use for each in told], window, in_days(asked.gap))
    return _judged(case, node, window, told, outcome, ())


def taken_in_courses(case: Case, node: MedicationTaken, asked: Courses, window: Window) -> Judgement:
    """Was it taken in at least so many courses, each of at least so many days?"""
    told, lasting = _told(case, node), in_days(asked.lasting)
    outcome, least, most = courses([each.use for each in told], window, in_days(asked.gap), lasting, asked.at_least)
    number = str(least) if least == most else f"{least} to {most}"
    judged = _judged(case, node, window, told, outcome, (f"{number} such course{'s' if most != 1 else ''}",))
    own = [day for each in told for day in (*each.fact.span.boundaries(), *acting_days(case, node, each.fact))]
    own += [day for each in told for day in turns(each.use.opposed)]
    edges = [day for day in [*own, *_known_ends(told)] if ALWAYS < day < FOREVER]
    days = watch(case, node.look_back, turning(edges, lasting)) if lasting > 1 else frozenset()
    if Pace.of(node.look_back, case.at).sways and abs(_length(window) - lasting) <= MOST_SWAY + 1:
        days |= {shift(case.at, 1)}  # the window itself is sometimes as long, and sometimes not
    return judged.watching(days)


def _known_ends(told: Sequence[_Told]) -> list[date]:
    """The ends of times of use that are not only those of what is known so far."""
    return [day for each in told for day in each.use.span.boundaries() if day < each.at]


def _length(window: Window) -> int:
    return (window.possible.latest - window.possible.earliest).days + 1


def _told(case: Case, node: MedicationTaken) -> list[_Told]:
    """What each record says, with what those linked to it, or a stop on record, say about its time.

    The same record read twice counts once, at its best.
    """
    best: dict[str, _Told] = {}
    found = opposed_records(case, node)
    for fact, belongs, (acts, why) in reconciled_records(case, node):
        taken, name = exposure_of(case, node, fact), fact.evidence.reference
        opposing = opposing_days(case, node, found, fact)
        outcome = min(belongs.outcome, acts, taken.outcome)
        doubts = {each for each in (belongs.reason, taken.reason) if each is not None}
        if name not in best or outcome > best[name].use.outcome:
            doubts |= {Reason.STATUS_UNCERTAIN} if opposing else set()
            best[name] = _Told(fact, Use(taken.span, outcome, opposing), case.at, why | doubts)
    return [best[name] for name in sorted(best)]


def _judged(
    case: Case,
    node: MedicationTaken,
    window: Window,
    told: Sequence[_Told],
    outcome: Outcome,
    notes: tuple[str, ...],
) -> Judgement:
    counted = [each for each in told if each.use.outcome is not Outcome.NOT_MET]
    exhibits = shown_in(case, node, window)
    notes = (*_stretches_in_words([each.use for each in counted], window), *notes) if exhibits else ()
    edges = [day for each in told for day in (*each.fact.span.boundaries(), *turning_days(each.fact, case.policy))]
    edges += [day for each in told for day in acting_days(case, node, each.fact)]
    edges += [day for each in told for day in turns(each.use.opposed)]
    edges += [shift(day, near) for day in edges for near in (-1, 1)]
    edges += [day for each in denials(case, node, window) for day in (each.said.earliest, each.said.latest)]
    edges += _known_ends(told)
    days = watch(case, node.look_back, edges)
    if outcome is Outcome.NOT_MET:
        silent = no_further(case, node, window, exhibits)
        return replace(silent, notes=(*silent.notes, *notes), watch=silent.watch | days)
    doubts = frozenset[Reason]().union(*(each.reasons for each in counted))
    reasons = (doubts or frozenset({Reason.DATE_IMPRECISE})) if outcome is Outcome.UNKNOWN else frozenset[Reason]()
    judged = Judgement(node, outcome, reasons, exhibits, notes=notes, watch=days)
    return beside_denials(case, node, window, judged)


def _stretches_in_words(uses: Sequence[Use], window: Window) -> tuple[str, ...]:
    """The arithmetic: from when to when it was in use, surely and, where that is more, possibly."""
    sure = [days for each in uses for days in each.sure if days.overlaps(window.possible)]
    found = ", ".join(f"{each.earliest} to {each.latest}" for each in joined(sure))
    return (f"surely in use {found or 'on no day that is known'}",)
