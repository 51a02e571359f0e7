"""The report as bars: criteria, resource types, doses. Pure.

A band is drawn up to its lower end; what the bands leave open of the whole has a filling of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from service.eligibility.explain.bars import Bar
from service.screening.answerable.shapes import OfStudy, Report
from service.screening.answerable.words import STATES, dose_name, reasons, share
from service.screening.studying.suppression import Band


def criteria_bars(study: OfStudy) -> Sequence[Bar]:
    """A bar for each criterion that records can decide."""
    return [
        _bar(
            f"{each.criterion} ({each.kind})",
            {"decided by records": each.decided, "decided by absence": each.by_absence, "unknown": each.unknown},
            each.people,
        )
        for each in study.criteria
        if not each.manual
    ]


def type_bars(report: Report) -> Sequence[Bar]:
    """A bar for each resource type of which the people differ."""
    return [
        _bar(each.name, {words: each.states[state] for state, words in STATES.items()}, each.people)
        for each in report.types
        if each.state is None
    ]


def dose_bars(report: Report) -> Sequence[Bar]:
    """A bar for each dose that is asked for."""
    return [
        _bar(
            dose_name(each, report),
            {"computed": each.computed, "computed as a range": each.as_range, "not computed": each.not_computed},
            each.records,
            reasons(each.why),
        )
        for each in report.doses
    ]


def _bar(label: str, parts: Mapping[str, Band | None], whole: Band | None, note: str = "") -> Bar:
    told = [f"{name}: {share(each, whole)}" for name, each in parts.items()]
    said = "; ".join([*told, *([note] if note else [])])
    if whole is None:
        return Bar(label, dict.fromkeys(parts), None, said)
    lows = {name: None if each is None else each.low for name, each in parts.items()}
    exact = whole.low == whole.high and None not in lows.values()
    return Bar(label, lows, whole.high, said, open=not exact)
