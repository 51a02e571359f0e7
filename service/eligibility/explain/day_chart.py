"""Counts by day as a drawing (SVG): a line for each thing that is counted, told apart by dashes and labels as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from xml.etree.ElementTree import Element

from service.eligibility.explain.svg import canvas, draw, serialized, width_of
from service.eligibility.explain.wording import ENGLISH, Wording

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 560, 40, 252
INK, SOFT, GRID = "#1a1a1a", "#555555", "#d9d9d9"
SMALL, APART = 12, 16
# Dashes and marks tell the lines apart without colour.
STYLES = (("#1b5e8c", "none"), ("#8c4a00", "7 4"), ("#4a2c7a", "2 3"), ("#1a6b3c", "10 3 2 3"))
Series = Mapping[str, Sequence[int]]


def day_chart(title: str, days: Sequence[date], series: Series, name: str = "", wording: Wording = ENGLISH) -> str:
    """The drawing as SVG. Each of `series` has a count for each of `days`, which are sorted; gaps stay gaps in time."""
    root = canvas(WIDTH, HEIGHT, title, _told(days, series, wording), name)
    draw(root, "text", title, x=8, y=22, font_size=15, font_weight="bold", fill=INK)
    top = _nice(max((max(each, default=0) for each in series.values()), default=0))
    _grid(root, top, days)
    ends = _spread([_y(each[-1], top) for each in series.values() if each])
    for (label, counts), style, end in zip(series.items(), STYLES, ends, strict=False):
        _line(root, [(_x(day, days), _y(count, top)) for day, count in zip(days, counts, strict=True)], style)
        draw(root, "text", f"{label}: {counts[-1]}", x=RIGHT + 12, y=end + 4, font_size=SMALL, fill=style[0])
    return serialized(root)


def _told(days: Sequence[date], series: Series, wording: Wording) -> str:
    say = wording.say
    if not days:
        return say("Nothing was counted yet.")
    said = [
        say("{label} from {number} to {number_2}", label=label, number=counts[0], number_2=counts[-1])
        for label, counts in series.items()
        if counts
    ]
    first, last = wording.day(days[0]), wording.day(days[-1])
    return say(
        "From {day} to {day_2}: {counts}. The table below has every number.",
        day=first,
        day_2=last,
        counts="; ".join(said),
    )


def _grid(root: Element, top: int, days: Sequence[date]) -> None:
    for part in range(5):
        value = top * part / 4
        if value != int(value):
            continue
        y = _y(int(value), top)
        draw(root, "line", x1=LEFT, x2=RIGHT, y1=y, y2=y, stroke=GRID, stroke_width=1)
        draw(root, "text", str(int(value)), x=LEFT - 8, y=y + 4, font_size=SMALL, fill=SOFT, text_anchor="end")
    free = 0.0
    for day in days:
        name = day.isoformat()
        x, half = _x(day, days), width_of(name, SMALL) / 2
        if x - half >= free:
            draw(root, "text", name, x=x, y=BOTTOM + 20, font_size=SMALL, fill=SOFT, text_anchor="middle")
            free = x + half + 10


def _line(root: Element, points: list[tuple[float, float]], style: tuple[str, str]) -> None:
    colour, dashes = style
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    draw(root, "polyline", points=path, fill="none", stroke=colour, stroke_width=2, stroke_dasharray=dashes)
    for x, y in points if len(points) <= 31 else points[-1:]:
        draw(root, "circle", cx=x, cy=y, r=2.5, fill=colour)


def _x(day: date, days: Sequence[date]) -> float:
    span = (days[-1] - days[0]).days
    return LEFT + 8 + (RIGHT - LEFT - 16) * ((day - days[0]).days / span if span else 1)


def _y(count: int, top: int) -> float:
    return BOTTOM - (BOTTOM - TOP) * count / top


def _nice(most: int) -> int:
    """The end of the scale: the next of 4, 8, 20, 40, 80, 200 …"""
    scale = 4
    while scale < most:
        scale = scale * 5 // 2 if str(scale)[0] == "8" else scale * 2
    return scale


def _spread(places: list[float]) -> list[float]:
    """Where labels stand so that none covers another, as near to their lines as that lets them."""
    order = sorted(range(len(places)), key=places.__getitem__)
    found, last = dict[int, float](), TOP - APART + 0.0
    for at in order:
        last = found[at] = max(places[at], last + APART)
    over = max(0.0, last - BOTTOM)
    return [max(TOP + 0.0, found[at] - over) if over else found[at] for at in range(len(places))]
