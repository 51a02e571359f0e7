"""One lane of the drawing of doses: areas, lines and numbers of one curve."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from xml.etree.ElementTree import Element

from service.eligibility.dates import shift
from service.eligibility.dose_profile import Curve, Stretch
from service.eligibility.dosing.ranges import Range
from service.eligibility.explain.dose_scale import DoseScale, TimeScale
from service.eligibility.explain.dosing import dose_range, dose_words, number_words
from service.eligibility.explain.svg import draw, shortened, width_of
from service.eligibility.explain.wording import ENGLISH, Wording
from service.eligibility.quantity import plain

INK, SOFT, LINE, SURE, ALARM = "#1a1a1a", "#555555", "#12314f", "#8aa9c8", "#8c1d18"
PALE, GRID = "#eef2f6", "#c9ced6"
# Per pattern its size, its strokes, and the ground behind them.
HATCHES = {
    "possible": (7, "M-1 8L8 -1M-1 1L1 -1M6 8L8 6", "#dfe8f1"),
    "unknown": (9, "M0 0L9 9M9 0L0 9", "#ffffff"),
}
SMALL, EDGE = 12, 20
Style = dict[str, str | float]
OVER, AROUND = 3, 12  # pixels by which a number may be wider than its days: beside other days, and beside none
THINNEST = 2  # a day of many years is still to be seen


@dataclass(frozen=True, slots=True)
class Lane:
    """A curve with its heading, its height in pixels, the limit drawn across it, if any, and the days asked about."""

    heading: str
    curve: Curve
    height: int
    limit: Decimal | None
    window: tuple[date, date]
    wording: Wording = ENGLISH


def draw_lane(root: Element, lane: Lane, doses: DoseScale, time: TimeScale) -> None:
    """Draw a lane where its scales say."""
    group = draw(root, "g", class_="lane")
    heading = shortened(lane.heading, 13, time.right - EDGE)
    draw(group, "text", heading, x=EDGE, y=doses.top - 9, font_size=13, font_weight="bold", fill=INK)
    _ground(group, lane, doses, time)
    for stretch in lane.curve.stretches:
        _area(group, stretch, doses, time, lane.wording)
    _outline(group, lane.curve, doses, time)
    for run in lane.curve.runs:
        if run[0].value.average.high is None:
            _arrow(group, (time.x(run[0].start) + time.x(shift(run[-1].end, 1))) / 2, doses.top)
    if lane.limit is not None:
        _limit(group, lane.limit, doses, time, lane.wording)
    _numbers(group, lane, doses, time)
    _gaps(group, lane, doses, time)


def _ground(group: Element, lane: Lane, doses: DoseScale, time: TimeScale) -> None:
    """The days asked about in grey, a line per dose and day that the axes name."""
    first, last = time.x(lane.window[0]), time.x(shift(lane.window[1], 1))
    height = doses.bottom - doses.top
    draw(group, "rect", class_="window", x=first, y=doses.top, width=last - first, height=height, fill=PALE)
    for day, _ in time.ticks():
        x = time.x(day)
        draw(group, "line", x1=x, x2=x, y1=doses.top, y2=doses.bottom, stroke=GRID, stroke_width=1)
    for tick in doses.ticks:
        y = doses.y(tick)
        draw(group, "line", x1=time.left, x2=time.right, y1=y, y2=y, stroke=GRID, stroke_width=1)
        style: Style = {"font_size": SMALL, "fill": SOFT, "text_anchor": "end"}
        draw(group, "text", number_words(tick), x=time.left - 6, y=y + 4, **style)
    draw(group, "line", x1=time.left, x2=time.right, y1=doses.bottom, y2=doses.bottom, stroke=INK, stroke_width=1)


def _area(group: Element, stretch: Stretch, doses: DoseScale, time: TimeScale, wording: Wording) -> None:
    """What is surely taken, what may be, and what nothing limits, each with its own filling."""
    average = stretch.value.average
    most = "" if average.high is None else number_words(average.high)
    part = draw(
        group,
        "g",
        class_="stretch",
        data_start=stretch.start.isoformat(),
        data_end=stretch.end.isoformat(),
        data_least=number_words(average.low),
        data_most=most,
    )
    days = {"day": wording.day(stretch.start), "day_2": wording.day(stretch.end)}
    draw(part, "title", wording.say("{day} to {day_2}: {dose}", dose=dose_words(stretch, wording), **days))
    left, right = time.x(stretch.start), time.x(shift(stretch.end, 1))
    _rectangle(part, "sure", (left, right), Range(Fraction(0), average.low), doses, SURE)
    if average.high is None:
        _rectangle(part, "unknown", (left, right), average, doses, "url(#unknown)")
    elif not average.exact:
        _rectangle(part, "possible", (left, right), average, doses, "url(#possible)")


def _rectangle(
    part: Element, name: str, across: tuple[float, float], between: Range, doses: DoseScale, fill: str
) -> None:
    (left, right), top, bottom = across, doses.y(between.high), doses.y(between.low)
    style: Style = {"fill": fill, "shape_rendering": "crispEdges"}  # no seam between days that follow one another
    draw(part, "rect", class_=name, x=left, y=top, width=max(right - left, THINNEST), height=bottom - top, **style)


def _arrow(part: Element, x: float, top: float) -> None:
    draw(part, "path", d=f"M{x - 7:.1f} {top + 9:.1f}L{x:.1f} {top - 3:.1f}L{x + 7:.1f} {top + 9:.1f}Z", fill=LINE)


def _outline(group: Element, curve: Curve, doses: DoseScale, time: TimeScale) -> None:
    """A thick line along the least, a thin dashed one along the most; days that follow one another are joined."""
    least, most = [], []
    before: Stretch | None = None
    for each in curve.stretches:
        joined = before is not None and shift(before.end, 1) == each.start
        left, right = time.x(each.start), time.x(shift(each.end, 1))
        average = each.value.average
        least.append(f"{'L' if joined else 'M'}{left:.1f} {doses.y(average.low):.1f}H{right:.1f}")
        if average.high is not None and not average.exact:
            most.append(f"M{left:.1f} {doses.y(average.high):.1f}H{right:.1f}")
        before = each
    style: Style = {"fill": "none", "stroke": LINE}
    if least:
        draw(group, "path", class_="least", d="".join(least), stroke_width=2.5, **style)
    if most:
        draw(group, "path", class_="most", d="".join(most), stroke_width=1.5, stroke_dasharray="4 2", **style)


def _limit(group: Element, limit: Decimal, doses: DoseScale, time: TimeScale, wording: Wording) -> None:
    y = doses.y(Fraction(limit))
    style: Style = {"stroke": ALARM, "stroke_width": 2, "stroke_dasharray": "7 4"}
    draw(group, "line", class_="limit", x1=time.left, x2=time.right, y1=y, y2=y, **style)
    said = wording.say("limit {limit}", limit=plain(limit))
    draw(group, "text", said, x=time.right + 8, y=y + 4, font_size=SMALL, fill=ALARM)


def _numbers(group: Element, lane: Lane, doses: DoseScale, time: TimeScale) -> None:
    """The dose of each run of days, as long as it has room there; the titles of its stretches have it in any case."""
    runs = lane.curve.runs
    edges = [(time.x(run[0].start), time.x(shift(run[-1].end, 1))) for run in runs]
    before = free = time.left - AROUND
    for number, (run, (left, right)) in enumerate(zip(runs, edges, strict=True)):
        after = edges[number + 1][0] if number + 1 < len(edges) else time.right + AROUND
        begin, end = max(free, before - OVER, left - AROUND), min(after + OVER, right + AROUND)
        middle = (left + right) / 2
        for text in _words(run[0], lane.wording):
            half = width_of(text, SMALL) / 2
            if begin <= middle - half and middle + half <= end:
                _label(group, text, middle, _height(run[0], lane.limit, doses))
                free = middle + half
                break
        before = right


def _words(stretch: Stretch, wording: Wording) -> tuple[str, ...]:
    """The dose in fewer and fewer words."""
    say, average, peak = wording.say, stretch.value.average, stretch.value.peak
    shown = single = dose_range(average, wording)
    if peak != average and peak.high is not None:
        single = say("{dose}, single days {dose_2}", dose=shown, dose_2=dose_range(peak, wording))
    if average.high is None:
        return (say("{dose}: no upper limit known", dose=shown), shown) if average.low else (say("dose unknown"), shown)
    return single, shown, dose_range(average).replace(" to ", "\u2013")


def _height(stretch: Stretch, limit: Decimal | None, doses: DoseScale) -> float:
    """Just above the dose, or below the limit's line where that is in the way; in the middle of what has no end."""
    average = stretch.value.average
    if average.high is None:
        return (doses.top + doses.y(average.low)) / 2 + 4
    y = doses.y(average.high) - 6
    line = None if limit is None else doses.y(Fraction(limit))
    if line is None or not y - SMALL < line < y + 3:
        return y
    return y + SMALL + 8 if doses.bottom - y > 2 * SMALL + 8 else line - 4


def _label(group: Element, text: str, x: float, y: float) -> None:
    """A text with a white rim, so that it can be read on hatching."""
    style: Style = {"stroke": "#ffffff", "stroke_width": 4, "stroke_linejoin": "round", "paint_order": "stroke"}
    draw(group, "text", text, x=x, y=y, font_size=SMALL, fill=INK, text_anchor="middle", **style)


def _gaps(group: Element, lane: Lane, doses: DoseScale, time: TimeScale) -> None:
    """`no record` where there is none for long enough to say so."""
    (day, last), said = lane.window, lane.wording.say("no record")
    ends = [(each.start, each.end) for each in lane.curve.stretches] + [(shift(last, 1), last)]
    for start, end in ends:
        left, right = time.x(day), time.x(start)
        if right - left >= width_of(said, SMALL) + 8:
            style: Style = {"font_style": "italic", "text_anchor": "middle"}
            draw(
                group,
                "text",
                said,
                x=(left + right) / 2,
                y=doses.bottom - 6,
                font_size=SMALL,
                fill=SOFT,
                **style,
            )
        day = max(day, shift(end, 1))
