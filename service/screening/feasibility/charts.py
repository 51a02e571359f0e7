"""The document as drawings (SVG): the funnel, what each criterion costs, moved bounds, counts over time. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from xml.etree.ElementTree import fromstring, register_namespace, tostring

from service.eligibility.explain.bars import TEXT, WIDTH, Bar, bars_chart
from service.eligibility.explain.over_time import Reading, over_time
from service.eligibility.explain.svg import shortened
from service.screening.feasibility.report import band_of
from service.screening.feasibility.words import reach_words, step_words

Json = Mapping[str, Any]
SVG = "http://www.w3.org/2000/svg"
EDGE = 20


def charts_of(document: Json, study: Json) -> Iterator[tuple[str, str]]:
    """Each drawing with its name: funnel, costs, moves, over-time; those that have something to show."""
    exact = document["counts"] == "exact"
    of = f"{study['study']} {study['study_version']}, as of {document['as_of']}"
    told = " Exact counts, not to be passed on." if exact else f" Counts in bands of {document['band']} people."
    yield "funnel", _drawn(f"Who is left after each criterion: {of}.{told}", _funnel(study, exact=exact), "funnel")
    for name, title, bars in (
        ("costs", "Who would be let in without one criterion", _costs(study, exact=exact)),
        ("moves", "Who would be let in or lost with a bound moved", _moves(study, exact=exact)),
    ):
        shown = [each for each in bars if each.total]
        if shown:
            rest = len(bars) - len(shown)
            silent = f" Not drawn: {rest} more, with no count above {document['band'] - 1}." if rest else ""
            yield name, _drawn(f"{title}: {of}.{told}{silent}", shown, name)
    if study["days"]:
        yield (
            "over-time",
            _over_time(study, f"Over time: {study['study']} {study['study_version']}.{told}", exact=exact),
        )


def _funnel(study: Json, *, exact: bool) -> list[Bar]:
    """What is sure as wide as it is at least, with what is possible as wide as it is at most."""
    least, most = ("", "") if exact else (", at least", ", at most")
    bars = []
    for each in study["funnel"]:
        surely, at_most = each["surely"]["from"], each["at_most"]["to"]
        parts = {f"surely in{least}": surely, f"besides these, possibly in{most}": at_most - surely}
        bars.append(Bar(_labelled(each), parts, at_most, reach_words(each)))
    return bars


def _labelled(step: Json) -> str:
    """The step with the beginning of the protocol's words, on one line."""
    named = step_words(step)
    return named if step["kind"] is None else shortened(f"{named}: {step['text']}", TEXT, WIDTH)


def _costs(study: Json, *, exact: bool) -> list[Bar]:
    """Each part as wide as it is at least: nothing, where all that can be told is that there are few."""
    least = "" if exact else ", at least"
    labels = {each["step"]: _labelled(each) for each in study["funnel"]}
    bars = []
    for each in study["costs"]:
        kept, undecided = each["kept_out"], each["undecided"]
        parts = {
            f"kept out by it alone, else candidates{least}": kept["surely"]["from"],
            f"besides these, kept out by it alone{least}": kept["at_most"]["from"] - kept["surely"]["from"],
            f"only its answer is lacking for a candidate{least}": undecided["from"],
        }
        note = f"kept out by it alone: {reach_words(kept)}; only its answer is lacking: {band_of(undecided)}"
        bars.append(Bar(labels[each["criterion"]], parts, sum(parts.values()), note))
    return bars


def _moves(study: Json, *, exact: bool) -> list[Bar]:
    """As the costs."""
    least = "" if exact else ", at least"
    bars = []
    for each in study["moves"]:
        gained, lost = each["gained"], each["lost"]
        parts = {
            f"let in, as candidates{least}": gained["surely"]["from"],
            f"besides these, let in{least}": gained["at_most"]["from"] - gained["surely"]["from"],
            f"lost, candidates now{least}": lost["surely"]["from"],
            f"besides these, lost{least}": lost["at_most"]["from"] - lost["surely"]["from"],
        }
        label = f"{each['criterion']}, {each['what']} {each['now']}, moved to {each['then']}"
        note = f"let in: {reach_words(gained)}; lost: {reach_words(lost)}"
        bars.append(Bar(label, parts, sum(parts.values()), note))
    return bars


def _over_time(study: Json, title: str, *, exact: bool) -> str:
    readings = [
        Reading(
            date.fromisoformat(each["day"]),
            each["left"]["surely"]["from"],
            each["left"]["at_most"]["to"],
            reach_words(each["left"]),
        )
        for each in study["days"]
    ]
    surely, at_most = ("candidates", "not kept out") if exact else ("candidates, at least", "not kept out, at most")
    return over_time(title, readings, "time", surely=surely, at_most=at_most)


def _drawn(title: str, bars: list[Bar], name: str) -> str:
    """A drawing by itself, with a white edge around it."""
    most = max((each.total or 0 for each in bars), default=0) or 1
    register_namespace("", SVG)
    inner = fromstring(bars_chart(title, bars, name, most=most, room=WIDTH, numbers=False))
    wide, high = (int(inner.attrib[each]) + 2 * EDGE for each in ("width", "height"))
    root = fromstring(f'<svg xmlns="{SVG}" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}"/>')
    root.append(fromstring(f'<rect xmlns="{SVG}" width="{wide}" height="{high}" fill="#ffffff"/>'))
    inner.attrib |= {"x": str(EDGE), "y": str(EDGE)}
    root.append(inner)
    return tostring(root, encoding="unicode")
