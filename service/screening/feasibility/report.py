"""The numbers as data, all told in one way: exactly, or in bands from which no small count follows. Pure.

Whatever is printed, drawn or written as a table is taken from this document, so that nothing else can be told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from service.eligibility.criteria import Criterion, Manual
from service.eligibility.criteria.walk import within
from service.eligibility.explain.bound_words import bound_words, value_in_words
from service.eligibility.explain.phrases import Phrases
from service.screening.feasibility.counting import Change, Cost, Day, Reach
from service.screening.feasibility.moves import Move
from service.screening.feasibility.run import REASONS, Asked, Feasibility, OfStudy
from service.screening.feasibility.standing import PEOPLE, SIGNAL
from service.screening.studying.suppression import BAND, Band, banded, precise

Tell = Callable[[int], Band]
Json = dict[str, Any]
TITLES = {PEOPLE: "people on that day", SIGNAL: "something on record points to the disease"}


def document(result: Feasibility, asked: Asked, phrases: Phrases, *, show_small: bool) -> Json:
    """All of it. Each count is `from` one number `to` another; the two are the same where it is exact."""
    tell: Tell = precise if show_small else banded
    return {
        "as_of": asked.request.at.isoformat(),
        "counts": "exact" if show_small else "bands",
        "band": 1 if show_small else BAND,
        "accepted_rejects": asked.request.accepted_rejects,
        "rejects": _told(result.rejects, tell),
        "incomplete_for_everybody": list(result.incomplete),
        "people": _people(result, tell),
        "studies": [_study(each, phrases, tell) for each in result.studies],
    }


def _people(result: Feasibility, tell: Tell) -> Json:
    """Whom it is about, and who is in no number of that day."""
    return {
        "read": _told(result.read, tell),
        "merged_into_another": _told(result.merged, tell),
        "without_readable_patient": _told(result.without_patient, tell),
        "held_back": {reason: _told(result.held[reason], tell) for reason in REASONS},
        "not_born": _told(result.not_born, tell),
    }


def _study(of: OfStudy, phrases: Phrases, tell: Tell) -> Json:
    study = of.study
    kinds = {each.id: each for each in study.criteria}
    return {
        "study": study.id,
        "study_version": study.version,
        "title": study.title,
        "checklist": [each.id for each in study.criteria if for_people(each)],
        "funnel": [_step(name, kinds.get(name), reach, tell) for name, reach in of.counted.steps.items()],
        "costs": [_cost(name, each, tell) for name, each in of.counted.costs.items()],
        "moves": [_move(each, of.counted.changes[each.id], phrases, tell) for each in of.moves],
        "days": [_day(day.isoformat(), each, tell) for day, each in of.days.items()],
    }


def for_people(criterion: Criterion) -> bool:
    """Is it one that a person, or the screening visit, may have to settle?"""
    return criterion.settled_at is not None or any(isinstance(each, Manual) for each in within(criterion.node))


def _step(name: str, criterion: Criterion | None, reach: Reach, tell: Tell) -> Json:
    kind, text = (None, TITLES[name]) if criterion is None else (criterion.kind, criterion.text)
    return {"step": name, "kind": kind, "text": text, **_reach(reach, tell)}


def _cost(name: str, cost: Cost, tell: Tell) -> Json:
    return {"criterion": name, "kept_out": _reach(cost.kept_out, tell), "undecided": _told(cost.undecided, tell)}


def _move(move: Move, change: Change, phrases: Phrases, tell: Tell) -> Json:
    bound = move.bound
    return {
        "move": move.id,
        "criterion": bound.criterion,
        "bound": bound.id,
        "what": bound_words(bound, phrases),
        "now": value_in_words(bound, bound.value),
        "then": value_in_words(bound, move.value),
        "entry": bound.entry,
        "gained": _reach(change.gained, tell),
        "lost": _reach(change.lost, tell),
        "settled": _told(change.settled, tell),
        "unsettled": _told(change.unsettled, tell),
    }


def _day(day: str, counted: Day, tell: Tell) -> Json:
    return {
        "day": day,
        "people": _reach(counted.people, tell),
        "signal": _reach(counted.signal, tell),
        "left": _reach(counted.left, tell),
    }


def _reach(reach: Reach, tell: Tell) -> Json:
    return {"surely": _told(reach.surely, tell), "at_most": _told(reach.at_most, tell)}


def _told(count: int, tell: Tell) -> Json:
    band = tell(count)
    return {"from": band.low, "to": band.high}


def band_of(told: Mapping[str, int]) -> Band:
    """A count of the document."""
    return Band(told["from"], told["to"])
