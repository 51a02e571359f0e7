"""The results behind one criterion as a drawing (SVG), with the limit and each result's own upper limit of normal."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from xml.etree.ElementTree import Element

from service.eligibility.dates import ALWAYS, FOREVER, shift
from service.eligibility.explain.dose_chart import EDGE, INK, LEFT, RIGHT, SMALL, SOFT, TEXT, WIDTH, days_axis
from service.eligibility.explain.dose_lane import ALARM, GRID, LINE, PALE
from service.eligibility.explain.dose_scale import DoseScale, TimeScale, nice
from service.eligibility.explain.dosing import number_words
from service.eligibility.explain.recognise import days_words, interval_words
from service.eligibility.explain.svg import canvas, draw, scoped, serialized, shortened, width_of
from service.eligibility.explain.values import bounds_words, unit_words
from service.eligibility.explain.wording import ENGLISH, Wording
from service.eligibility.outcome import Outcome
from service.eligibility.quantity import plain
from service.eligibility.series import Point, Trend

TOP, HEIGHT, FOOT, KEY = 66, 150, 26, 36
ROOM = timedelta(days=10)
HEADROOM = Fraction(12, 10)
NOT_DRAWN = "no number in this unit: not drawn"


def counts_words(counts: Outcome, wording: Wording = ENGLISH) -> str:
    """Whether a result counts."""
    match counts:
        case Outcome.MET:
            return wording.say("in the window")
        case Outcome.UNKNOWN:
            return wording.say("perhaps one that counts")
        case Outcome.NOT_MET:
            return wording.say("outside the window")


@dataclass(frozen=True, slots=True)
class TrendRow:
    """One result in the table."""

    when: str
    value: str
    normal: str
    counts: str
    said: str
    reference: str


def trend_chart(given: Trend, name: str, wording: Wording = ENGLISH) -> str:
    """The drawing; `name` tells its parts from those of other drawings on a page."""
    shown = [each for each in given.points if each.value is not None and _dated(each)]
    time, values = _time(given, shown), _values(given, shown)
    title = wording.say("Results for {criterion}: {asked}", criterion=given.criterion, asked=given.said)
    root = canvas(WIDTH, TOP + HEIGHT + FOOT + KEY, title, _description(given, wording))
    heading = shortened(f"{given.said[:1].upper()}{given.said[1:]}", TEXT, WIDTH - 2 * EDGE)
    draw(root, "text", heading, x=EDGE, y=28, font_size=TEXT, font_weight="bold", fill=INK)
    unit = unit_words(given.unit) or wording.say("no unit")
    asked = wording.say("{unit}; asked: {bounds}", unit=unit, bounds=bounds_words(given.bounds, wording))
    draw(root, "text", asked, x=EDGE, y=48, font_size=SMALL, fill=SOFT)
    _ground(root, given, time, values, wording)
    drawn = [_place(each, time, values) for each in shown]
    if len(drawn) > 1:
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in drawn)
        draw(root, "path", class_="trend", d=f"M{path}", fill="none", stroke=LINE, stroke_width=1, opacity=0.6)
    free = 0.0
    for each, (x, y) in zip(shown, drawn, strict=True):
        free = _point(root, each, (x, y), values, free, wording)
    days_axis(root, time, TOP + HEIGHT, wording)
    _key(root, shown, TOP + HEIGHT + FOOT + 20, wording)
    return serialized(scoped(root, name))


def trend_rows(given: Trend, wording: Wording = ENGLISH) -> tuple[TrendRow, ...]:
    """The same numbers, the newest first."""
    unit = unit_words(given.unit)
    rows = (
        TrendRow(
            days_words(each.when, wording),
            wording.say(NOT_DRAWN) if each.value is None else f"{interval_words(each.value, wording)} {unit}".rstrip(),
            "" if each.normal is None else plain(each.normal),
            counts_words(each.counts, wording),
            each.said,
            each.reference,
        )
        for each in given.points
    )
    return tuple(reversed(tuple(rows)))


def _description(given: Trend, wording: Wording) -> str:
    told = [f"{each.when}: {each.value} ({each.counts})" for each in reversed(trend_rows(given, wording))]
    asked = f"{bounds_words(given.bounds, wording)} {unit_words(given.unit)}"
    return wording.say("Asked: {bounds}. {results}.", bounds=asked, results="; ".join(told))


def _dated(each: Point) -> bool:
    return each.when.earliest != ALWAYS and each.when.latest != FOREVER


def _time(given: Trend, shown: list[Point]) -> TimeScale:
    """From the first result, or the window's first day, to the window's last."""
    window = given.window
    firsts = [each.when.earliest for each in shown] + ([window.earliest] if window.earliest != ALWAYS else [])
    lasts = [each.when.latest for each in shown] + [window.latest]
    room = max(ROOM.days, (max(lasts) - min(firsts, default=window.latest)).days // 30)
    return TimeScale(shift(min(firsts, default=window.latest), -room), shift(max(lasts), room), LEFT, RIGHT)


def _values(given: Trend, shown: list[Point]) -> DoseScale:
    """From nothing to a little above everything; results are seldom below nothing, and then lie on the ground line."""
    limits = [each for each in limits_of(given) if each is not None]
    ends = [end for each in shown if each.value for end in (each.value.low, each.value.high) if end is not None]
    known = [*limits, *ends, *(each.normal for each in shown if each.normal is not None)]
    top = Fraction(max([*known, Decimal(0)]))
    if not top:
        return DoseScale(Fraction(1), (Fraction(0),), TOP, TOP + HEIGHT)
    step = nice(top / 2)
    ticks = tuple(step * n for n in range(int(top / step) + 1))
    return DoseScale(top * HEADROOM, ticks, TOP, TOP + HEIGHT)


def limits_of(given: Trend) -> tuple[Decimal | None, ...]:
    """The limits that are asked about."""
    bounds = given.bounds
    return bounds.above, bounds.at_least, bounds.below, bounds.at_most


def _ground(root: Element, given: Trend, time: TimeScale, values: DoseScale, wording: Wording) -> None:
    """The window in grey, the lines that the axis names, and the limits."""
    first, last = time.x(max(given.window.earliest, time.first)), time.x(shift(given.window.latest, 1))
    draw(root, "rect", class_="window", x=first, y=TOP, width=max(last - first, 2), height=HEIGHT, fill=PALE)
    for tick in values.ticks:
        y = values.y(tick)
        draw(root, "line", x1=LEFT, x2=RIGHT, y1=y, y2=y, stroke=GRID, stroke_width=1)
        draw(root, "text", number_words(tick), x=LEFT - 6, y=y + 4, font_size=SMALL, fill=SOFT, text_anchor="end")
    draw(root, "line", x1=LEFT, x2=RIGHT, y1=TOP + HEIGHT, y2=TOP + HEIGHT, stroke=INK, stroke_width=1)
    for limit in (each for each in limits_of(given) if each is not None):
        y = values.y(Fraction(limit))
        draw(
            root,
            "line",
            class_="limit",
            x1=LEFT,
            x2=RIGHT,
            y1=y,
            y2=y,
            stroke=ALARM,
            stroke_width=2,
            stroke_dasharray="7 4",
        )
        said = wording.say("limit {limit}", limit=plain(limit))
        draw(root, "text", said, x=RIGHT + 8, y=y + 4, font_size=SMALL, fill=ALARM)


def _place(each: Point, time: TimeScale, values: DoseScale) -> tuple[float, float]:
    assert each.value is not None
    ends = [end for end in (each.value.low, each.value.high) if end is not None]
    middle = Fraction(sum(ends) / len(ends)) if ends else Fraction(0)
    return (time.x(each.when.earliest) + time.x(shift(each.when.latest, 1))) / 2, _inside(middle, values)


def _inside(value: Fraction, values: DoseScale) -> float:
    return min(values.y(max(value, Fraction(0))), values.bottom)


def _point(
    root: Element, each: Point, at: tuple[float, float], values: DoseScale, free: float, wording: Wording
) -> float:
    """A filled dot counts surely, a hollow one perhaps, a small cross not; a bar spans what a range leaves open."""
    x, y = at
    assert each.value is not None
    part = draw(root, "g", class_="result")
    text = interval_words(each.value, wording)
    draw(part, "title", f"{days_words(each.when, wording)}: {text} ({counts_words(each.counts, wording)})")
    if each.normal is not None:
        normal = values.y(Fraction(each.normal))
        draw(part, "line", class_="normal", x1=x - 9, x2=x + 9, y1=normal, y2=normal, stroke=SOFT, stroke_width=2)
    if not each.value.exact:
        low = _inside(Fraction(each.value.low or 0), values)
        high = values.top if each.value.high is None else _inside(Fraction(each.value.high), values)
        draw(part, "line", class_="range", x1=x, x2=x, y1=low, y2=high, stroke=LINE, stroke_width=3)
    if each.counts is Outcome.NOT_MET:
        draw(part, "path", d=f"M{x - 4:.1f} {y - 4:.1f}l8 8m-8 0l8 -8", stroke=SOFT, stroke_width=1.5, fill="none")
    else:
        fill = LINE if each.counts is Outcome.MET else "#ffffff"
        draw(part, "circle", cx=x, cy=y, r=5, fill=fill, stroke=LINE, stroke_width=2)
    half = width_of(text, SMALL) / 2
    if x - half < free:
        return free
    draw(part, "text", text, x=x, y=max(y - 10, TOP + 10), font_size=SMALL, fill=INK, text_anchor="middle")
    return x + half + 6


def _key(root: Element, shown: list[Point], y: float, wording: Wording) -> None:
    """What the signs mean, as far as they are drawn."""
    say, counts = wording.say, {each.counts for each in shown}
    words = [say("grey: the window")]
    words += [say("● counts")] if Outcome.MET in counts else []
    words += [say("○ perhaps counts")] if Outcome.UNKNOWN in counts else []
    words += [say("× outside the window")] if Outcome.NOT_MET in counts else []
    normal = any(each.normal is not None for each in shown)
    words += [say("▬ upper limit of normal of that result")] if normal else []
    draw(root, "text", "; ".join(words), x=EDGE, y=y, font_size=SMALL, fill=INK)
