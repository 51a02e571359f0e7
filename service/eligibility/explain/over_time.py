"""Counts as of several days as a drawing (SVG): what is sure as a filled ground, what is possible beside it hatched.

Only the marked days were counted; the lines between them lead the eye. Every number stands in the description, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from textwrap import wrap
from xml.etree.ElementTree import Element

from service.eligibility.dates import shift
from service.eligibility.explain.dose_chart import EDGE, INK, LEFT, RIGHT, SMALL, SOFT, TEXT, WIDTH, days_axis
from service.eligibility.explain.dose_lane import GRID, LINE
from service.eligibility.explain.dose_scale import DoseScale, TimeScale, nice
from service.eligibility.explain.dosing import number_words
from service.eligibility.explain.svg import canvas, draw, letters_in, scoped, serialized
from service.errors import InvalidValue

HEIGHT, FOOT, ROW = 220, 26, 18
HEADROOM = Fraction(11, 10)
DOT = 4
SURE = "#8aa9c8"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was counted as of one day: surely so many, at most so many; and that in words."""

    day: date
    surely: int
    at_most: int
    said: str

    def __post_init__(self) -> None:
        if not 0 <= self.surely <= self.at_most:
            raise InvalidValue("what is sure is not negative, and not more than what is possible")


def over_time(title: str, readings: Sequence[Reading], name: str, *, surely: str, at_most: str) -> str:
    """The drawing; `surely` and `at_most` say in its key what the two edges are."""
    if not readings:
        raise InvalidValue("nothing was counted, and nothing can be drawn")
    head = wrap(title, letters_in(WIDTH - 2 * EDGE, TEXT, bold=True))
    top = EDGE + ROW * (len(head) + 2)
    told = "; ".join(f"{each.day}: {each.said}" for each in readings)
    root = canvas(WIDTH, top + HEIGHT + FOOT + EDGE, title, told)
    for row, text in enumerate(head):
        draw(root, "text", text, x=EDGE, y=EDGE + 10 + ROW * row, font_size=TEXT, font_weight="bold", fill=INK)
    time, scale = _time(readings), _scale(readings, top)
    _patterns(root)
    _key(root, EDGE + ROW * len(head), surely, at_most)
    _grid(root, scale)
    _areas(root, readings, time, scale)
    _marks(root, readings, time, scale)
    days_axis(root, time, top + HEIGHT)
    return serialized(scoped(root, name))


def _time(readings: Sequence[Reading]) -> TimeScale:
    first, last = readings[0].day, readings[-1].day
    room = max((last - first).days // 40, 1)
    return TimeScale(shift(first, -room), shift(last, room), LEFT, RIGHT)


def _scale(readings: Sequence[Reading], top: float) -> DoseScale:
    most = Fraction(max(each.at_most for each in readings))
    if not most:
        return DoseScale(Fraction(1), (Fraction(0),), top, top + HEIGHT)
    step = max(nice(most / 3), Fraction(1))
    return DoseScale(most * HEADROOM, tuple(step * n for n in range(int(most / step) + 1)), top, top + HEIGHT)


def _patterns(root: Element) -> None:
    pattern = draw(draw(root, "defs"), "pattern", id="possible", width=7, height=7, patternUnits="userSpaceOnUse")
    draw(pattern, "rect", width=7, height=7, fill="#ffffff")
    draw(pattern, "path", d="M-1 8L8 -1M-1 1L1 -1M6 8L8 6", stroke=LINE, stroke_width=1.2, fill="none")


def _key(root: Element, top: float, surely: str, at_most: str) -> None:
    for row, (fill, text) in enumerate(((SURE, surely), ("url(#possible)", at_most))):
        y = top + ROW * row
        draw(root, "rect", x=EDGE, y=y + 4, width=26, height=12, fill=fill, stroke=SOFT, stroke_width=0.75)
        draw(root, "text", text, x=EDGE + 34, y=y + 14, font_size=SMALL, fill=INK)


def _grid(root: Element, scale: DoseScale) -> None:
    for tick in scale.ticks:
        y = scale.y(tick)
        draw(root, "line", x1=LEFT, x2=RIGHT, y1=y, y2=y, stroke=GRID, stroke_width=1)
        draw(root, "text", number_words(tick), x=LEFT - 6, y=y + 4, font_size=SMALL, fill=SOFT, text_anchor="end")
    draw(root, "line", x1=LEFT, x2=RIGHT, y1=scale.bottom, y2=scale.bottom, stroke=INK, stroke_width=1)


def _middle(day: date, time: TimeScale) -> float:
    return (time.x(day) + time.x(shift(day, 1))) / 2


def _areas(root: Element, readings: Sequence[Reading], time: TimeScale, scale: DoseScale) -> None:
    lower = [(_middle(each.day, time), scale.y(Fraction(each.surely))) for each in readings]
    upper = [(_middle(each.day, time), scale.y(Fraction(each.at_most))) for each in readings]
    ground = [(x, scale.bottom) for x, _ in lower]
    for name, edge, base, fill in (("possible", upper, lower, "url(#possible)"), ("sure", lower, ground, SURE)):
        way = "L".join(f"{x:.1f} {y:.1f}" for x, y in [*edge, *reversed(base)])
        draw(root, "path", class_=name, d=f"M{way}Z", fill=fill, stroke="none")
    for edge in (upper, lower):
        way = "L".join(f"{x:.1f} {y:.1f}" for x, y in edge)
        draw(root, "path", d=f"M{way}", fill="none", stroke=LINE, stroke_width=1.5)


def _marks(root: Element, readings: Sequence[Reading], time: TimeScale, scale: DoseScale) -> None:
    """A dot at each edge of each day: hollow above, filled below; a line joins the two."""
    for each in readings:
        x, low, high = _middle(each.day, time), scale.y(Fraction(each.surely)), scale.y(Fraction(each.at_most))
        part = draw(root, "g", class_="reading")
        draw(part, "title", f"{each.day}: {each.said}")
        draw(part, "line", x1=x, x2=x, y1=low, y2=high, stroke=LINE, stroke_width=1)
        draw(part, "circle", cx=x, cy=high, r=DOT, fill="#ffffff", stroke=LINE, stroke_width=1.5)
        draw(part, "circle", cx=x, cy=low, r=DOT, fill=LINE, stroke=LINE, stroke_width=1.5)
