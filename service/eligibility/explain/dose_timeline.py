"""The doses behind one criterion as a drawing (SVG) that explains itself, and the same numbers as the rows of a table.

As in `dose_chart`: a filled area is surely taken, a hatched one perhaps; pattern and label tell the same as colour.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from xml.etree.ElementTree import Element

from service.eligibility.dates import ALWAYS, Days, shift
from service.eligibility.dose_profile import Stretch
from service.eligibility.explain.dose_chart import (
    EDGE,
    INK,
    LEFT,
    RIGHT,
    SMALL,
    SOFT,
    TEXT,
    WIDTH,
    days_axis,
    key,
    patterns,
    used,
)
from service.eligibility.explain.dose_lane import Lane, draw_lane
from service.eligibility.explain.dose_scale import DoseScale, TimeScale, dose_scale
from service.eligibility.explain.dosing import dose_range, dose_words
from service.eligibility.explain.marks import mark_words
from service.eligibility.explain.svg import canvas, draw, scoped, serialized
from service.eligibility.explain.values import bounds_words
from service.eligibility.outcome import Outcome
from service.eligibility.series import DoseSeries, limit_of

TOP, HEIGHT, FOOT, KEY = 84, 150, 26, 40
UNBOUNDED = 366  # days that are drawn of a window that reaches back without end, before the first that is known
OF_MEAN = "The limit is one of the mean of these days, so no line is drawn."


@dataclass(frozen=True, slots=True)
class DoseRow:
    """One stretch of days in the table: from when to when, how much, and what it rests on."""

    first: str
    last: str
    dose: str
    sure: str
    records: tuple[str, ...]
    arithmetic: tuple[str, ...]
    notes: tuple[str, ...]


def dose_timeline(given: DoseSeries, name: str) -> str:
    """The drawing; `name` tells its parts from those of other drawings on a page."""
    window = _shown(given)
    time = TimeScale(shift(window.earliest, -2), shift(window.latest, 2), LEFT, RIGHT)
    limit = None if given.of_window else limit_of(given.bounds)
    days = window.earliest, window.latest
    lane = Lane(f"{given.name}, mg per day", given.curve, HEIGHT, limit, days)
    doses = dose_scale(given.curve, limit, TOP, TOP + HEIGHT)
    root = canvas(WIDTH, TOP + HEIGHT + FOOT + KEY, _title(given), _description(given))
    patterns(root)
    draw(root, "text", f"window: {_window_words(given)}", x=EDGE, y=28, font_size=TEXT, font_weight="bold", fill=INK)
    draw(root, "text", _asked(given), x=EDGE, y=48, font_size=SMALL, fill=SOFT)
    draw_lane(root, lane, doses, time)
    if given.day is not None and not given.of_window:
        _mark_highest(root, given, doses, time)
    days_axis(root, time, TOP + HEIGHT)
    key(root, used([lane]), TOP + HEIGHT + FOOT + 22)
    return serialized(scoped(root, name))


def dose_rows(given: DoseSeries) -> tuple[DoseRow, ...]:
    """The same numbers, day by day, the oldest first; days without a record have their own rows."""
    rows, day = list[DoseRow](), given.window.earliest
    for each in given.curve.stretches:
        if day < each.start and day != ALWAYS:
            rows.append(_gap(day, shift(each.start, -1)))
        rows.append(_row(each))
        day = shift(each.end, 1)
    if day <= given.window.latest:
        rows.append(_gap(day, given.window.latest))
    return tuple(rows)


def _row(each: Stretch) -> DoseRow:
    value = each.value
    average, peak = value.average, value.peak
    single = peak != average and peak.high is not None
    dose = dose_words(each) + (f" on average; single days {dose_range(peak)} mg" if single else "")
    sure = "surely taken" if value.taken is Outcome.MET else "perhaps taken"
    doubts = tuple(f"{each.sentence}" for each in sorted(value.reasons, key=lambda each: each.code))
    notes = (*(mark_words(mark) for mark in value.marks), *doubts)
    return DoseRow(_day(each.start), _day(each.end), dose, sure, value.records, value.words, notes)


def _day(day: date) -> str:
    return "the beginning" if day == ALWAYS else day.isoformat()


def _gap(first: date, last: date) -> DoseRow:
    return DoseRow(_day(first), _day(last), "no record", "", (), (), ())


def _shown(given: DoseSeries) -> Days:
    """The days that are drawn: those of the window; of one without a beginning, from the first that is known."""
    if given.window.earliest != ALWAYS:
        return given.window
    known = [each.start for each in given.curve.stretches if each.start != ALWAYS]
    known += [shift(each.end, 1) for each in given.curve.stretches if each.end < given.window.latest]
    return Days(min(known, default=shift(given.window.latest, -UNBOUNDED)), given.window.latest)


def _window_words(given: DoseSeries) -> str:
    return f"{_day(given.window.earliest)} to {given.window.latest}, both days included"


def _asked(given: DoseSeries) -> str:
    """The limit in words, and what came out of it."""
    most = "no upper limit known" if given.most is None else str(given.most)
    said = str(given.least) if given.most == given.least else f"between {given.least} and {most}"
    what = "mean" if given.of_window else "highest day (ringed)"
    day = "" if given.day is None or given.of_window else f" on {given.day}"
    told = f"asked: {bounds_words(given.bounds)} mg/day; {what}: {said} mg/day{day}"
    return f"{told}. {OF_MEAN}" if given.of_window else told


def _title(given: DoseSeries) -> str:
    return f"Doses for {given.criterion}: {given.name}"


def _description(given: DoseSeries) -> str:
    told = [f"{each.first} to {each.last}, {each.dose}{f', {each.sure}' if each.sure else ''}" for each in _runs(given)]
    return f"{_window_words(given)}. {_asked(given)}. {'; '.join(told)}."


def _runs(given: DoseSeries) -> list[DoseRow]:
    """Stretches with the same dose are told once."""
    rows = list[DoseRow]()
    for each in dose_rows(given):
        last = rows[-1] if rows else None
        if last is not None and (last.dose, last.sure) == (each.dose, each.sure):
            rows[-1] = DoseRow(last.first, each.last, each.dose, each.sure, (), (), ())
        else:
            rows.append(each)
    return rows


def _mark_highest(root: Element, given: DoseSeries, doses: DoseScale, time: TimeScale) -> None:
    """A ring on the highest day, with its value beside it."""
    assert given.day is not None
    day = max(date.fromisoformat(given.day), time.first)
    stretch = next((each for each in given.curve.stretches if each.start <= day <= each.end), None)
    if stretch is None:
        return
    average = stretch.value.average
    top = average.high if average.high is not None else average.low
    x, y = (time.x(day) + time.x(shift(day, 1))) / 2, doses.y(top or Fraction(0))
    ring = draw(root, "circle", class_="highest", cx=x, cy=y, r=6, fill="none", stroke=INK, stroke_width=2)
    draw(ring, "title", f"the highest day: {dose_words(stretch)} on {day}")
