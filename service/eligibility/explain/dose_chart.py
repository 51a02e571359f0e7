"""The doses of one person as a drawing (SVG): days across, mg per day upwards, a lane per drug and one for their sum.

What is surely taken is a filled area under a thick line; what may be taken beside it is hatched; where nothing limits
it, crossed hatching runs out of the lane with an arrow. Pattern and label tell the same as colour.
"""

from collections.abc import Iterator
from decimal import Decimal
from textwrap import wrap
from xml.etree.ElementTree import Element

from service.eligibility.dates import shift
from service.eligibility.dose_profile import Curve, DoseProfile
from service.eligibility.explain.dose_lane import HATCHES, Lane, draw_lane
from service.eligibility.explain.dose_report import ACTS, doubts, equivalent_title, window_words
from service.eligibility.explain.dose_scale import TimeScale, dose_scale, time_scale
from service.eligibility.explain.dosing import dose_words
from service.eligibility.explain.svg import canvas, draw, letters_in, serialized, shortened, width_of
from service.eligibility.explain.wording import ENGLISH, Wording

WIDTH, LEFT, RIGHT = 900, 64, 800
EDGE = 20
HEAD, GAP, FOOT = 112, 44, 24  # above the first lane; between lanes, for their headings; below the last, for the days
KEY, LINE = 52, 17  # for what the patterns mean; for each note
HEIGHTS = {True: 130, False: 70}  # of a lane that counts, of one that does not
INK, SOFT, ALARM = "#1a1a1a", "#555555", "#8c1d18"
TEXT, SMALL = 13, 12
FEW = 3  # records that are named with a reason; the text names all
FILLS = {"sure": "#8aa9c8", "possible": "url(#possible)", "unknown": "url(#unknown)"}


def dose_chart(profile: DoseProfile, limit: Decimal | None = None) -> str:
    """The drawing as SVG. `limit`: a daily dose, drawn across the sum, or across each drug where there is no sum."""
    lanes = _lanes(profile, limit)
    bottom = HEAD + sum(lane.height + GAP for lane in lanes) - (GAP if lanes else 0)
    notes = _notes(profile)
    root = canvas(WIDTH, bottom + FOOT + KEY + LINE * len(notes), _title(profile), _description(profile, lanes))
    patterns(root)
    _heading(root, profile)
    time = time_scale(profile, LEFT, RIGHT)
    _window(root, profile, time)
    top = HEAD
    for lane in lanes:
        draw_lane(root, lane, dose_scale(lane.curve, lane.limit, top, top + lane.height), time)
        top += lane.height + GAP
    days_axis(root, time, bottom)
    key(root, used(lanes), bottom + FOOT + 20)
    for number, note in enumerate(notes):
        y = bottom + FOOT + KEY - 10 + LINE * number
        draw(root, "text", note, x=EDGE, y=y, font_size=SMALL, fill=INK)
    return serialized(root)


def _lanes(profile: DoseProfile, limit: Decimal | None) -> list[Lane]:
    """The sum, then what counts in it, then the rest."""
    total, table = profile.equivalent, profile.table
    behind = {name for each in total.stretches for name in each.value.records} if total is not None else set()
    days = profile.window.earliest, profile.window.latest
    lanes = []
    if total is not None and table is not None:
        lanes.append(Lane(equivalent_title(table), total, HEIGHTS[True], limit, days))
    for curve in sorted(profile.ingredients, key=lambda each: not _records(each) & behind):
        counts = total is None or bool(_records(curve) & behind)
        perhaps = ": perhaps counted above" if curve.systemic is None and total is not None else ""
        heading = f"{curve.name} ({ACTS[curve.systemic]})" + (perhaps if counts else ": not counted above")
        lanes.append(Lane(heading, curve, HEIGHTS[counts], limit if total is None else None, days))
    return lanes


def _records(curve: Curve) -> set[str]:
    return {name for each in curve.stretches for name in each.value.records}


def _title(profile: DoseProfile) -> str:
    return f"Daily doses of patient {profile.patient}, {window_words(profile)}"


def _description(profile: DoseProfile, lanes: list[Lane]) -> str:
    """The whole drawing in words, for those who cannot see it."""
    said = [f"{lane.heading}: {'; '.join(_told(lane.curve)) or 'no record'}." for lane in lanes]
    return " ".join([*(said or ["No record of any drug in these days."]), *doubts(profile, FEW)])


def _told(curve: Curve) -> Iterator[str]:
    for run in curve.runs:
        yield f"{run[0].start} to {run[-1].end}, {dose_words(run[0])}"


def _heading(root: Element, profile: DoseProfile) -> None:
    title = shortened(f"Daily doses of patient {profile.patient}", 18, WIDTH - 2 * EDGE)
    draw(root, "text", title, x=EDGE, y=30, font_size=18, font_weight="bold", fill=INK)
    said = f"mg per day, average over the dosing cycle; as of {profile.at}"
    draw(root, "text", said, x=EDGE, y=50, font_size=TEXT, fill=SOFT)


def _window(root: Element, profile: DoseProfile, time: TimeScale) -> None:
    """A bracket over the days that were asked about."""
    first, last = time.x(max(profile.window.earliest, time.first)), time.x(shift(profile.window.latest, 1))
    y = HEAD - 32
    draw(root, "path", d=f"M{first:.1f} {y + 7}V{y}H{last:.1f}V{y + 7}", fill="none", stroke=SOFT, stroke_width=1.5)
    text = f"window: {window_words(profile)}"
    draw(root, "text", text, x=(first + last) / 2, y=y - 5, font_size=SMALL, fill=SOFT, text_anchor="middle")


def days_axis(root: Element, time: TimeScale, bottom: float, wording: Wording = ENGLISH) -> None:
    """The names of days below the lowest lane, as far as they have room."""
    free = 0.0
    for day, name in time.ticks(wording):
        x, half = time.x(day), width_of(name, SMALL) / 2
        if x - half >= free:
            draw(root, "text", name, x=x, y=bottom + 18, font_size=SMALL, fill=INK, text_anchor="middle")
            free = x + half + 8


def patterns(root: Element) -> None:
    """Hatching for what may be taken, crossed hatching for what nothing limits."""
    defs = draw(root, "defs")
    for name, (size, path, ground) in HATCHES.items():
        pattern = draw(defs, "pattern", id=name, width=size, height=size, patternUnits="userSpaceOnUse")
        draw(pattern, "rect", width=size, height=size, fill=ground)
        draw(pattern, "path", d=path, stroke="#3d5f80", stroke_width=1, fill="none")


def used(lanes: list[Lane], wording: Wording = ENGLISH) -> list[tuple[str, str]]:
    """What the areas and lines mean, as far as they are drawn."""
    say = wording.say
    ranges = [each.value.average for lane in lanes for each in lane.curve.stretches]
    entries = [
        ("sure", say("surely taken"), any(each.low for each in ranges)),
        (
            "possible",
            say("perhaps taken, up to the dashed line"),
            any(each.high and each.high > each.low for each in ranges),
        ),
        ("unknown", say("\u25b2 taken, and no upper limit is known"), any(each.high is None for each in ranges)),
        ("limit", say("limit to compare with"), any(lane.limit is not None for lane in lanes)),
    ]
    return [(name, text) for name, text, used in entries if used]


def key(root: Element, entries: list[tuple[str, str]], y: float) -> None:
    """One line of samples with their meaning."""
    x: float = EDGE
    for name, text in entries:
        if name == "limit":
            draw(
                root, "line", x1=x, x2=x + 26, y1=y - 4, y2=y - 4, stroke=ALARM, stroke_width=2, stroke_dasharray="7 4"
            )
        else:
            fill = FILLS[name]
            draw(root, "rect", x=x, y=y - 12, width=26, height=15, fill=fill, stroke=SOFT, stroke_width=0.75)
        draw(root, "text", text, x=x + 33, y=y, font_size=SMALL, fill=INK)
        x += 33 + width_of(text, SMALL) + 14


def _notes(profile: DoseProfile) -> list[str]:
    """What is not certain, and what was left out altogether, in lines."""
    notes = [f"Not certain: {each}" for each in doubts(profile, FEW)]
    notes += [f"Not counted: {each.name}, {each.why}" for each in profile.omitted if each.everywhere]
    letters = int(letters_in(WIDTH - 2 * EDGE, SMALL))
    return [line for note in notes for line in wrap(note, letters, subsequent_indent="    ", break_on_hyphens=False)]
