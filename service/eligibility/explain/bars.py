"""Horizontal stacked bars as a drawing (SVG): a bar per thing that is counted, its numbers below it in words.

Fillings differ by pattern as well as by colour. Across, everything is in percent of the drawing's width and nothing is
scaled, so that the letters stay as large as they are on a screen of any width. Colours are attributes, for whoever
draws the file by itself; on a page, `BARS_STYLE` makes the drawing as wide as its room, and dark where the reader is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from xml.etree.ElementTree import Element

from service.eligibility.explain.svg import canvas, draw, letters_in, scoped, serialized
from service.errors import InvalidValue

WIDTH, NARROWEST = 720, 320  # by itself; the narrowest room in which no text is cut off
HIGH, LINE, GAP = 18, 17, 14  # of a bar, of a line of text, between bars
HEADING, TEXT, SMALL = 15, 13, 12
INK, SOFT, GROUND = "#1a1a1a", "#555555", "#ffffff"
# Per filling its ground, and the size, strokes and colour of its pattern. The last is for what is not shown.
FILLINGS: tuple[tuple[str, int, str, str], ...] = (
    ("#1b5e8c", 8, "", "#1b5e8c"),
    ("#f3dcc0", 7, "M-1 8L8 -1M-1 1L1 -1M6 8L8 6", "#8c4a00"),
    ("#d9ecdf", 6, "M3 2V4M2 3H4", "#1a6b3c"),
    ("#e6def2", 9, "M0 0L9 9M9 0L0 9", "#4a2c7a"),
    ("#e4e7ea", 6, "M0 3H6", "#555555"),
    ("#ffffff", 6, "M3 0V6", "#9a9a9a"),
)
DARK = ("#6db3e2", "#5a3a12", "#1f4a30", "#3b2b5c", "#3a4149", "#14181c")
DARK_LINES = ("#6db3e2", "#f0b775", "#8fd3a6", "#c3adec", "#b5bcc4", "#7d858d")
NOT_SHOWN = len(FILLINGS) - 1
BARS_STYLE = "\n".join(
    [
        "svg.bars{width:100%}svg.bars .ground{fill:none}",
        "@media screen and (prefers-color-scheme:dark){",
        "svg.bars .ink{fill:#e8eaed}svg.bars .soft{fill:#b5bcc4}",
        "svg.bars .edge{stroke:#b5bcc4}",
        *(
            f"svg.bars .fill-{at}{{fill:{fill}}}svg.bars .line-{at}{{stroke:{line}}}"
            for at, (fill, line) in enumerate(zip(DARK, DARK_LINES, strict=True))
        ),
        "}",
    ]
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: how many of each part, in their order. None: not shown. `note`: what else is said below it.

    `open`: the numbers are the least that there are, and what remains of the whole may belong to any part.
    """

    label: str
    parts: Mapping[str, int | None]
    total: int | None
    note: str = ""
    open: bool = False

    def __post_init__(self) -> None:
        known = [each for each in self.parts.values() if each is not None]
        if any(each < 0 for each in known) or (self.total is not None and sum(known) > self.total):
            raise InvalidValue(f"bar {self.label!r}: its parts are negative, or more than all of it")

    @property
    def whole(self) -> bool:
        """Is nothing left out?"""
        return self.total is not None and None not in self.parts.values() and not self.open


def bars_chart(
    title: str,
    bars: Sequence[Bar],
    name: str,
    *,
    most: int | None = None,
    hidden: str = "",
    room: int = NARROWEST,
    numbers: bool = True,
) -> str:
    """The drawing as SVG: as `bars_drawing`, written."""
    return serialized(bars_drawing(title, bars, name, most=most, hidden=hidden, room=room, numbers=numbers))


def bars_drawing(
    title: str,
    bars: Sequence[Bar],
    name: str,
    *,
    most: int | None = None,
    hidden: str = "",
    room: int = NARROWEST,
    numbers: bool = True,
) -> Element:
    """The drawing as an element; `name` tells its ids from those of other drawings on a page.

    `most`: how many a bar of the full width stands for; None: each bar is as wide, and its parts are shares of it.
    `hidden`: what is said of a number that is not shown. `room`: how wide its lines of text may be. `numbers` False:
    the note alone says them.
    """
    hidden = hidden or "not shown"
    names = list(dict.fromkeys(part for each in bars for part in each.parts))
    if len(names) > NOT_SHOWN:
        raise InvalidValue(f"no more than {NOT_SHOWN} parts can be told apart, and there are {len(names)}")
    entries = [*enumerate(names)] if len(names) > 1 else []
    if not all(each.whole for each in bars):
        entries.append((NOT_SHOWN, hidden))
    said_of = {id(each): _told(each, hidden, most is None) if numbers else each.note for each in bars}
    placed = [(each, _lines(each.label, TEXT, room), _lines(said_of[id(each)], SMALL, room)) for each in bars]
    head = _lines(title, HEADING, room, bold=True)
    heights = [LINE * (len(label) + len(said)) + HIGH + GAP for _, label, said in placed]
    top = LINE * (len(head) + len(entries)) + GAP
    root = canvas(WIDTH, top + sum(heights), title, "; ".join(f"{each.label}: {said_of[id(each)]}" for each in bars))
    del root.attrib["viewBox"]  # nothing is scaled
    root.set("class", "bars")
    _ground(root)
    _texts(root, head, 0, HEADING, "ink", bold=True)
    for row, (at, text) in enumerate(entries, len(head)):
        _swatch(root, at, "0", LINE * row + 3, "26", LINE - 5)
        draw(root, "text", text, class_="ink", x=33, y=LINE * row + 13, font_size=SMALL, fill=INK)
    for (bar, label, said), height in zip(placed, heights, strict=True):
        _texts(root, label, top, TEXT, "ink")
        _bar(root, bar, names, top + LINE * len(label), most, hidden)
        _texts(root, said, top + LINE * len(label) + HIGH, SMALL, "soft")
        top += height
    return scoped(root, name)


def _lines(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    return wrap(text, letters_in(room, size, bold=bold), break_on_hyphens=False)


def _told(bar: Bar, hidden: str, shares: bool) -> str:
    return "; ".join([*_numbers(bar, hidden, shares), *([bar.note] if bar.note else [])])


def _numbers(bar: Bar, hidden: str, shares: bool) -> Iterator[str]:
    if bar.total is None and not any(bar.parts.values()):
        yield hidden
        return
    for part, number in bar.parts.items():
        if number is None:
            yield f"{part} {hidden}"
        elif shares and bar.total:
            yield f"{part} {number} ({share_words(number, bar.total)})"
        else:
            yield f"{part} {number}".strip()


def share_words(number: int, of: int) -> str:
    """A share in percent; no part is said to be nothing, and none but the whole to be all."""
    percent = 100 * number / of
    if 0 < percent < 1:
        return "<1 %"
    if 99 < percent < 100:
        return ">99 %"
    return f"{percent:.0f} %"


def _ground(root: Element) -> None:
    """The white ground that every canvas has fills whatever room there is; then the patterns."""
    ground = root[-1]
    ground.attrib |= {"class": "ground", "width": "100%", "height": "100%"}
    defs = draw(root, "defs")
    for at, (fill, size, path, line) in enumerate(FILLINGS):
        pattern = draw(defs, "pattern", id=f"fill-{at}", width=size, height=size, patternUnits="userSpaceOnUse")
        draw(pattern, "rect", class_=f"fill-{at}", width=size, height=size, fill=fill)
        draw(pattern, "path", class_=f"line-{at}", d=path or "M0 0", stroke=line, stroke_width=1.2, fill="none")


def _texts(root: Element, lines: Sequence[str], top: float, size: float, of: str, *, bold: bool = False) -> None:
    for number, text in enumerate(lines):
        weight = {"font_weight": "bold"} if bold else {}
        y, fill = top + LINE * number + 13, INK if of == "ink" else SOFT
        draw(root, "text", text, class_=of, x=0, y=y, font_size=size, fill=fill, **weight)


def _swatch(root: Element, at: int, x: str, y: float, width: str, height: float) -> Element:
    style = {"stroke": SOFT, "stroke_width": "0.75"}
    return draw(root, "rect", class_="edge", x=x, y=y, width=width, height=height, fill=f"url(#fill-{at})", **style)


def _bar(root: Element, bar: Bar, names: Sequence[str], y: float, most: int | None, hidden: str) -> None:
    """Its parts from the left; what is not shown, all of it together, fills the rest of the whole."""
    scale = (bar.total or 0) if most is None else most
    at = 0.0
    for part, number in bar.parts.items():
        if number and scale:
            wide = 100 * number / scale
            swatch = _swatch(root, names.index(part), f"{at:.3f}%", y, f"{wide:.3f}%", HIGH - 4)
            draw(swatch, "title", f"{bar.label}: {part} {number}")
            at += wide
    if bar.whole:
        return
    rest = 100.0 if bar.total is None or most is None else 100 * bar.total / scale if scale else 0.0
    if rest > at:
        swatch = _swatch(root, NOT_SHOWN, f"{at:.3f}%", y, f"{rest - at:.3f}%", HIGH - 4)
        draw(swatch, "title", f"{bar.label}: {hidden}")
