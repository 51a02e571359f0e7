"""Series as JSON, as they are kept beside the assessment that holds (schema: mappings/schemas/series.schema.json).

Numbers are texts, so that what is read back is exactly what was written.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from service.eligibility.assess import Assessment, Signal
from service.eligibility.criteria import Bounds
from service.eligibility.dates import Days
from service.eligibility.dose_profile import Curve, Stretch
from service.eligibility.dosing.ranges import ZERO, Range
from service.eligibility.dosing.value import Value
from service.eligibility.evaluate import Case
from service.eligibility.explain import Phrases
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.quantity import Interval
from service.eligibility.series import DoseSeries, Point, Series, Trend, series

BOUNDS = ("above", "at_least", "below", "at_most")
REASONS = {each.code: each for each in Reason}
OUTCOMES = {each.code: each for each in Outcome}
Line = Mapping[str, Any]


def series_line(given: Series) -> dict[str, object]:
    """The series of one assessment, to be kept."""
    return {"doses": [_dose(each) for each in given.doses], "trends": [_trend(each) for each in given.trends]}


def drawn_of(assessment: Assessment, case: Case, phrases: Phrases) -> dict[str, object] | None:
    """What is drawn of an assessment of this case; None where nothing points to the disease: nobody looks at it."""
    if assessment.signal not in (Signal.STRONG, Signal.WEAK):
        return None
    return series_line(series(assessment, case, phrases))


def series_of(line: Line) -> Series:
    """The series that were kept."""
    return Series(tuple(map(_read_dose, line["doses"])), tuple(map(_read_trend, line["trends"])))


def _dose(each: DoseSeries) -> dict[str, object]:
    return {
        "criterion": each.criterion,
        "said": each.said,
        "name": each.name,
        "window": _days(each.window),
        "bounds": _bounds(each.bounds),
        "of_window": each.of_window,
        "least": str(each.least),
        "most": _text(each.most),
        "day": each.day,
        "steps": [_step(step) for step in each.curve.stretches],
        "left_out": each.left_out,
    }


def _step(step: Stretch) -> dict[str, object]:
    value = step.value
    return {
        "days": [step.start.isoformat(), step.end.isoformat()],
        "average": _range(value.average),
        "peak": _range(value.peak),
        "taken": value.taken.code,
        "reasons": [each.code for each in Reason if each in value.reasons],
        "arithmetic": list(value.words),
        "records": list(value.records),
        "marks": list(value.marks),
    }


def _trend(each: Trend) -> dict[str, object]:
    return {
        "criterion": each.criterion,
        "said": each.said,
        "unit": each.unit,
        "window": _days(each.window),
        "bounds": _bounds(each.bounds),
        "points": [_point(point) for point in each.points],
        "left_out": each.left_out,
    }


def _point(each: Point) -> dict[str, object]:
    value = each.value
    return {
        "days": _days(each.when),
        "value": None if value is None else [_text(value.low), _text(value.high), value.low_open, value.high_open],
        "normal": _text(each.normal),
        "said": each.said,
        "reference": each.reference,
        "element": each.element,
        "counts": each.counts.code,
    }


def _read_dose(line: Line) -> DoseSeries:
    return DoseSeries(
        line["criterion"],
        line["said"],
        line["name"],
        _read_days(line["window"]),
        _read_bounds(line["bounds"]),
        line["of_window"],
        Decimal(line["least"]),
        _number(line["most"]),
        line["day"],
        Curve(line["name"], True, tuple(map(_read_step, line["steps"]))),
        line["left_out"],
    )


def _read_step(line: Line) -> Stretch:
    value = Value(
        average=_read_range(line["average"]),
        peak=_read_range(line["peak"]),
        trough=ZERO,
        taken=OUTCOMES[line["taken"]],
        reasons=frozenset(REASONS[each] for each in line["reasons"]),
        words=tuple(line["arithmetic"]),
        records=tuple(line["records"]),
        marks=tuple(line["marks"]),
    )
    first, last = map(date.fromisoformat, line["days"])
    return Stretch(first, last, value, ())


def _read_trend(line: Line) -> Trend:
    return Trend(
        line["criterion"],
        line["said"],
        line["unit"],
        _read_days(line["window"]),
        _read_bounds(line["bounds"]),
        tuple(map(_read_point, line["points"])),
        line["left_out"],
    )


def _read_point(line: Line) -> Point:
    value = line["value"]
    return Point(
        _read_days(line["days"]),
        None if value is None else Interval(_number(value[0]), _number(value[1]), value[2], value[3]),
        _number(line["normal"]),
        line["said"],
        line["reference"],
        line["element"],
        OUTCOMES[line["counts"]],
    )


def _days(days: Days) -> list[str]:
    return [days.earliest.isoformat(), days.latest.isoformat()]


def _read_days(given: list[str]) -> Days:
    return Days(*map(date.fromisoformat, given))


def _bounds(bounds: Bounds) -> dict[str, str]:
    given = {name: getattr(bounds, name) for name in BOUNDS}
    return {name: str(limit) for name, limit in given.items() if limit is not None}


def _read_bounds(given: Mapping[str, str]) -> Bounds:
    return Bounds(**{name: Decimal(limit) for name, limit in given.items()})


def _range(given: Range) -> list[str | None]:
    return [str(given.low), _text(given.high)]


def _read_range(given: list[str | None]) -> Range:
    low, high = given
    return Range(Fraction(low or 0), None if high is None else Fraction(high))


def _text(number: Decimal | Fraction | None) -> str | None:
    return None if number is None else str(number)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
