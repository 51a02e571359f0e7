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
from service.eligibility.explain.wording import ENGLISH, Wording
from service.eligibility.outcome import Outcome
from service.eligibility.series import DoseSeries, limit_of

TOP, HEIGHT, FOOT, KEY = 84, 150, 26, 40
UNBOUNDED = 366  # days that are drawn of a window that reaches back without end, before the first that is known


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


def dose_timeline(given: DoseSeries, name: str, wording: Wording = ENGLISH) -> str:
    """The drawing; `name` tells its parts from those of other drawings on a page."""
    window = _shown(given)
    time = TimeScale(shift(window.earliest, -2), shift(window.latest, 2), LEFT, RIGHT)
    limit = None if given.of_window else limit_of(given.bounds)
    days = window.earliest, window.latest
    heading = wording.say("{name}, mg per day", name=given.name)
    lane = Lane(heading, given.curve, HEIGHT, limit, days, wording)
    doses = dose_scale(given.curve, limit, TOP, TOP + HEIGHT)
    root = canvas(WIDTH, TOP + HEIGHT + FOOT + KEY, _title(given, wording), _description(given, wording))
    patterns(root)
    said = wording.say("window: {window}", window=_window_words(given, wording))
    draw(root, "text", said, x=EDGE, y=28, font_size=TEXT, font_weight="bold", fill=INK)
    draw(root, "text", _asked(given, wording), x=EDGE, y=48, font_size=SMALL, fill=SOFT)
    draw_lane(root, lane, doses, time)
    if given.day is not None and not given.of_window:
        _mark_highest(root, given, doses, time, wording)
    days_axis(root, time, TOP + HEIGHT, wording)
    key(root, used([lane], wording), TOP + HEIGHT + FOOT + 22)
    return serialized(scoped(root, name))


def dose_rows(given: DoseSeries, wording: Wording = ENGLISH) -> tuple[DoseRow, ...]:
    """The same numbers, day by day, the oldest first; days without a record have their own rows."""
    rows, day = list[DoseRow](), given.window.earliest
    for each in given.curve.stretches:
        if day < each.start and day != ALWAYS:
            rows.append(_gap(day, shift(each.start, -1), wording))
        rows.append(_row(each, wording))
        day = shift(each.end, 1)
    if day <= given.window.latest:
        rows.append(_gap(day, given.window.latest, wording))
    return tuple(rows)


def _row(each: Stretch, wording: Wording) -> DoseRow:
    say, value = wording.say, each.value
    average, peak, dose = value.average, value.peak, dose_words(each, wording)
    if peak != average and peak.high is not None:
        dose = say("{dose} on average; single days {dose_2} mg", dose=dose, dose_2=dose_range(peak, wording))
    sure = say("surely taken") if value.taken is Outcome.MET else say("perhaps taken")
    doubts = tuple(say(each.sentence) for each in sorted(value.reasons, key=lambda each: each.code))
    notes = (*(mark_words(mark, wording) for mark in value.marks), *doubts)
    return DoseRow(_day(each.start, wording), _day(each.end, wording), dose, sure, value.records, value.words, notes)


def _day(day: date, wording: Wording) -> str:
    return wording.say("the beginning") if day == ALWAYS else wording.day(day)


def _gap(first: date, last: date, wording: Wording) -> DoseRow:
    return DoseRow(_day(first, wording), _day(last, wording), wording.say("no record"), "", (), (), ())


def _shown(given: DoseSeries) -> Days:
    """The days that are drawn: those of the window; of one without a beginning, from the first that is known."""
    if given.window.earliest != ALWAYS:
        return given.window
    known = [each.start for each in given.curve.stretches if each.start != ALWAYS]
    known += [shift(each.end, 1) for each in given.curve.stretches if each.end < given.window.latest]
    return Days(min(known, default=shift(given.window.latest, -UNBOUNDED)), given.window.latest)


def _window_words(given: DoseSeries, wording: Wording) -> str:
    first, last = _day(given.window.earliest, wording), wording.day(given.window.latest)
    return wording.say("{day} to {day_2}, both days included", day=first, day_2=last)


def _asked(given: DoseSeries, wording: Wording) -> str:
    """The limit in words, and what came out of it."""
    say, said = wording.say, str(given.least)
    if given.most is None:
        said = say("between {number} and no upper limit known", number=said)
    elif given.most != given.least:
        said = say("between {number} and {number_2}", number=said, number_2=given.most)
    asked = {"bounds": bounds_words(given.bounds, wording), "dose": said}
    if given.of_window:
        told = say("asked: {bounds} mg/day; mean: {dose} mg/day", **asked)
        return f"{told}. {say('The limit is one of the mean of these days, so no line is drawn.')}"
    if given.day is None:
        return say("asked: {bounds} mg/day; highest day (ringed): {dose} mg/day", **asked)
    day = wording.day(date.fromisoformat(given.day))
    return say("asked: {bounds} mg/day; highest day (ringed): {dose} mg/day on {day}", day=day, **asked)


def _title(given: DoseSeries, wording: Wording) -> str:
    return wording.say("Doses for {criterion}: {name}", criterion=given.criterion, name=given.name)


def _description(given: DoseSeries, wording: Wording) -> str:
    rows = _runs(given, wording)
    told = [_told(each, wording) for each in rows]
    return f"{_window_words(given, wording)}. {_asked(given, wording)}. {'; '.join(told)}."


def _told(each: DoseRow, wording: Wording) -> str:
    said = {"day": each.first, "day_2": each.last, "dose": each.dose}
    if each.sure:
        return wording.say("{day} to {day_2}, {dose}, {sure}", sure=each.sure, **said)
    return wording.say("{day} to {day_2}, {dose}", **said)


def _runs(given: DoseSeries, wording: Wording) -> list[DoseRow]:
    """Stretches with the same dose are told once."""
    rows = list[DoseRow]()
    for each in dose_rows(given, wording):
        last = rows[-1] if rows else None
        if last is not None and (last.dose, last.sure) == (each.dose, each.sure):
            rows[-1] = DoseRow(last.first, each.last, each.dose, each.sure, (), (), ())
        else:
            rows.append(each)
    return rows


def _mark_highest(root: Element, given: DoseSeries, doses: DoseScale, time: TimeScale, wording: Wording) -> None:
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
    said = wording.say("the highest day: {dose} on {day}", dose=dose_words(stretch, wording), day=wording.day(day))
    draw(ring, "title", said)
