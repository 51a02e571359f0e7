"""Whether a drug was taken in one and the same dose over a window: of each drug for itself, or of all together.

The same: one exact average over the dosing cycle on every day. Not the same: two days whose doses surely differ, or a
time without the drug that is longer than the gap allowed. Doses given on single days (an infusion) are not compared
with the days between them.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from service.eligibility.dates import Days, Window, shift
from service.eligibility.dosing.ranges import Range
from service.eligibility.dosing.records import Record
from service.eligibility.dosing.steps import Step, cuts, walk
from service.eligibility.dosing.stretches import joined
from service.eligibility.dosing.therapy import therapies
from service.eligibility.facts import Source
from service.eligibility.outcome import Outcome, Reason, truth

TOGETHER = ""


@dataclass(frozen=True, slots=True)
class Stability:
    """Was it unchanged, why that is not known, and the steps of each drug, by its name."""

    outcome: Outcome
    reasons: frozenset[Reason]
    drugs: tuple[tuple[str, tuple[Step, ...]], ...]


@dataclass(frozen=True, slots=True)
class _Drug:
    """The steps of one drug: of the window (`inside`), and with those shortly before it (`steps`), from `since` on.

    `on_single_days`: some doses are those of single days. `known`: it is certain that it is this drug, and no other one
    of these records.
    """

    name: str
    steps: tuple[Step, ...]
    inside: tuple[Step, ...]
    since: date
    on_single_days: bool
    known: bool


def unchanged(found: Sequence[Record], window: Window, at: date, gap: int, *, together: bool) -> Stability:
    """Was some drug of these records taken on every day of the window, up to its last, and did no dose change?"""
    drugs = [each for each in _drugs(found, window, at, gap, together=together) if each.inside]
    covered = _covered([step for each in drugs for step in each.steps], window, gap)
    changed = any(_changed(each, window, gap) for each in drugs)
    constant = any(_fills(each, window, gap) for each in drugs) and all(_one_dose(each) for each in drugs)
    outcome = truth(constant, covered and not changed)
    named = tuple((each.name, each.inside) for each in drugs)
    return Stability(outcome, _reasons(drugs) if outcome is Outcome.UNKNOWN else frozenset(), named)


def _drugs(found: Sequence[Record], window: Window, at: date, gap: int, *, together: bool) -> list[_Drug]:
    by_key: dict[str | None, list[Record]] = {}
    for each in found:
        by_key.setdefault(TOGETHER if together else each.ingredient.key, []).append(each)
    one_product = len(by_key) == 1 and len({_product(each) for each in found}) == 1
    since = shift(window.possible.earliest, -gap - 1)
    sure = [] if window.sure is None else [window.sure.earliest, shift(window.sure.latest, 1)]
    drugs = []
    for _, own in sorted(by_key.items(), key=lambda item: item[0] or ""):
        firsts = [*cuts(own), window.possible.earliest, *sure]
        walked = walk(therapies(own), firsts, Days(since, window.possible.latest), at)
        inside = tuple(each for each in walked if each.start >= window.possible.earliest)
        name = TOGETHER if together else own[0].ingredient.name
        single = any(_on_single_days(each) for each in own)
        drugs.append(_Drug(name, walked, inside, since, single, None not in by_key or one_product))
    return drugs


def _product(record: Record) -> Hashable:
    return frozenset(record.fact.concept.codings) or record.fact.concept.texts


def _on_single_days(record: Record) -> bool:
    return record.fact.source is Source.ADMINISTRATION or any(phase.span.point for phase in record.phases)


def _stretches(steps: Sequence[Step], gap: int = 0) -> list[Days]:
    return joined((Days(each.start, each.end) for each in steps), gap)


def _covered(steps: Sequence[Step], window: Window, gap: int) -> bool:
    """Was some drug possibly taken on every day that surely is in the window?"""
    if window.sure is None:
        return bool(steps)
    return any(window.sure.inside(each) for each in _stretches(steps, gap))


def _changed(drug: _Drug, window: Window, gap: int) -> bool:
    """Did its dose surely change from one day of the window to another?"""
    sure = window.sure
    if drug.on_single_days or not drug.known or sure is None:
        return False
    doses = [each.value.average for each in drug.inside if each.surely_inside(window)]
    highs = [dose.high for dose in doses if dose.high is not None]
    if highs and max(dose.low for dose in doses) > min(highs):
        return True
    without = [each for each in _without(drug, sure.latest) if each.overlaps(sure)]
    return any(dose.low > 0 for dose in doses) and any(_length(each) > gap for each in without)


def _without(drug: _Drug, last: date) -> Iterator[Days]:
    """The times without the drug, as far as they lie between `since` and the last day."""
    ends = [shift(drug.since, -1), *(each.latest for each in _stretches(drug.steps))]
    begins = [*(each.earliest for each in _stretches(drug.steps)), shift(last, 1)]
    for end, begin in zip(ends, begins, strict=True):
        if shift(end, 1) < begin:
            yield Days(shift(end, 1), shift(begin, -1))


def _length(days: Days) -> int:
    return (days.latest - days.earliest).days + 1


def _fills(drug: _Drug, window: Window, gap: int) -> bool:
    return any(window.possible.inside(each) for each in _stretches(drug.steps, gap))


def _one_dose(drug: _Drug) -> bool:
    """Was it surely taken, and in one exact dose?"""
    first = drug.inside[0].value.average
    return drug.known and first.exact and all(_is(each, first) for each in drug.inside)


def _is(step: Step, dose: Range) -> bool:
    return step.value.taken is Outcome.MET and step.value.average == dose


def _reasons(drugs: Sequence[_Drug]) -> frozenset[Reason]:
    values = [step.value for each in drugs for step in each.inside]
    doubtful = [each for each in values if each.taken is not Outcome.MET or not each.average.exact]
    found = frozenset[Reason]().union(*(each.reasons for each in doubtful))
    if any(not each.known for each in drugs):
        found |= {Reason.CODE_UNMAPPED}
    return found or frozenset({Reason.DOSE_IMPRECISE})
