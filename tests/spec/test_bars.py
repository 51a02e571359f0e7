"""Stacked bars: right where they are drawn, told in words, told apart without colour, and silent on what is hidden."""

from itertools import pairwise
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given, strategies as st

from service.eligibility.explain.bars import (
    BARS_STYLE,
    FILLINGS,
    HEADING,
    NARROWEST,
    NOT_SHOWN,
    WIDTH,
    Bar,
    bars_chart,
    bars_drawing,
    share_words,
)
from service.eligibility.explain.svg import PER_BOLD, width_of
from service.errors import InvalidValue

SVG = "{http://www.w3.org/2000/svg}"
WHOLE = Bar("E1", {"decided": 30, "unknown": 10}, 40, "why: no-record 10")
HIDDEN = Bar("E2", {"decided": None, "unknown": 25}, 40)
NOTHING = Bar("E3", {"decided": None, "unknown": None}, None)


def drawn(*bars: Bar, most: int | None = None) -> Element:
    return fromstring(bars_chart("Counts", bars, "x", most=most, hidden="not shown"))


def words(root: Element) -> list[str]:
    return [each.text or "" for each in root.iter(f"{SVG}text")]


def parts(root: Element) -> list[tuple[str, float, float]]:
    """(filling, from, to) of everything drawn as a part of a bar, in percent; the key's samples are in pixels."""
    found = [each for each in root.iter(f"{SVG}rect") if (each.get("width") or "").endswith("%")]
    spans = [(each, *(float((each.get(key) or "0").rstrip("%")) for key in ("x", "width"))) for each in found]
    return [(each.get("fill") or "", x, x + wide) for each, x, wide in spans if each.get("class") != "ground"]


def test_shares_fill_the_width_and_are_told() -> None:
    root = drawn(WHOLE)
    assert parts(root) == [("url(#x-fill-0)", 0, 75), ("url(#x-fill-1)", 75, 100)]
    assert "decided 30 (75 %); unknown 10 (25 %);" in " ".join(words(root)) and "why: no-record 10" in " ".join(
        words(root)
    )


def test_numbers_have_one_scale() -> None:
    root = drawn(Bar("a", {"": 20}, 20), Bar("b", {"": 5}, 5), most=20)
    assert [(start, end) for _, start, end in parts(root)] == [(0, 100), (0, 25)]
    assert words(root)[1:] == ["a", "20", "b", "5"]


def test_the_whole_is_said_to_those_who_do_not_see_it() -> None:
    root = drawn(WHOLE, HIDDEN)
    assert root.find(f"{SVG}title").text == "Counts"  # type: ignore[union-attr]
    told = (root.find(f"{SVG}desc").text or "").split("; ")  # type: ignore[union-attr]
    assert told[:2] == ["E1: decided 30 (75 %)", "unknown 10 (25 %)"]
    assert told[-2:] == ["E2: decided not shown", "unknown 25 (62 %)"]
    assert root.get("aria-labelledby") == "x-title x-description"


def test_what_is_not_shown_is_one_filling_for_all_of_it() -> None:
    root = drawn(HIDDEN, NOTHING)
    hidden = f"url(#x-fill-{NOT_SHOWN})"
    assert parts(root) == [("url(#x-fill-1)", 0, 62.5), (hidden, 62.5, 100), (hidden, 0, 100)]
    assert words(root)[-1] == "not shown"


def test_what_bands_leave_open_fills_the_rest_and_is_told_in_their_words() -> None:
    bar = Bar("E4", {"decided": 30, "unknown": 0}, 44, "decided 30–44; unknown fewer than 15", open=True)
    root = fromstring(bars_chart("Counts", [bar], "x", hidden="left open", numbers=False))
    (first, _, end), (rest, begin, last) = parts(root)
    assert first == "url(#x-fill-0)" and rest == f"url(#x-fill-{NOT_SHOWN})"
    assert (end, begin, last) == (pytest.approx(68.182), pytest.approx(68.182), pytest.approx(100))
    assert words(root)[-1] == "decided 30–44; unknown fewer than 15" and "left open" in words(root)


def test_of_what_is_not_shown_no_number_follows() -> None:
    """Whatever the hidden ones are, the drawing is the same: it is made of what is shown alone."""
    text = bars_chart("Counts", [NOTHING], "x")
    assert not any(char.isdigit() for each in words(fromstring(text))[2:] for char in each.replace("E3", ""))


@pytest.mark.parametrize(("parts_of", "total"), [({"a": -1}, 5), ({"a": 3, "b": 3}, 5), ({"a": 6, "b": None}, 5)])
def test_numbers_that_cannot_be_are_refused(parts_of: dict[str, int | None], total: int) -> None:
    with pytest.raises(InvalidValue):
        Bar("x", parts_of, total)


def test_more_parts_than_can_be_told_apart_are_refused() -> None:
    with pytest.raises(InvalidValue):
        drawn(Bar("x", dict.fromkeys("abcdef", 1), 6))


def test_every_filling_differs_by_more_than_colour() -> None:
    assert len({(size, path) for _, size, path, _ in FILLINGS}) == len(FILLINGS)
    assert all(f".fill-{at}{{" in BARS_STYLE and f".line-{at}{{" in BARS_STYLE for at in range(len(FILLINGS)))


@pytest.mark.parametrize(
    ("number", "of", "said"),
    [(0, 7, "0 %"), (1, 1000, "<1 %"), (999, 1000, ">99 %"), (7, 7, "100 %"), (1, 2, "50 %")],
)
def test_no_share_is_rounded_to_nothing_or_all(number: int, of: int, said: str) -> None:
    assert share_words(number, of) == said


def test_a_text_that_looks_like_markup_stays_text() -> None:
    root = drawn(Bar("<script>alert(1)</script> \x00", {"<b>": 1}, 1))
    assert not list(root.iter("script")) and any("<script>" in each for each in words(root))


counts = st.dictionaries(st.sampled_from("abcde"), st.none() | st.integers(0, 10**9), min_size=1)


@given(st.lists(counts, min_size=1, max_size=5), st.lists(st.booleans(), min_size=5, max_size=5), st.booleans())
def test_everything_is_in_the_drawing_and_nothing_overlaps(
    given_counts: list[dict[str, int | None]], known: list[bool], shares: bool
) -> None:
    totals = [sum(each or 0 for each in one.values()) + (7 if None in one.values() else 0) for one in given_counts]
    bars = [
        Bar("A label of many words, as they are of criteria " * 3, one, total if whole else None)
        for one, total, whole in zip(given_counts, totals, known, strict=False)
    ]
    root = drawn(*bars, most=None if shares else max(*totals, 1, 1))
    height = float(root.get("height") or 0)
    for row in {each.get("y") for each in root.iter(f"{SVG}rect") if each.get("class") == "edge"}:
        spans = sorted(
            tuple(float((each.get(key) or "0").rstrip("%")) for key in ("x", "width"))
            for each in root.iter(f"{SVG}rect")
            if each.get("y") == row and (each.get("width") or "").endswith("%")
        )
        assert all(x >= 0 and x + wide <= 100.01 for x, wide in spans)
        assert all(x + wide <= after + 0.01 for (x, wide), (after, _) in pairwise(spans))
    lines = [float(each.get("y") or 0) for each in root.iter(f"{SVG}text")]
    assert lines == sorted(lines) and lines[-1] <= height
    sizes = [(each.text or "", float(each.get("font-size") or 0)) for each in root.iter(f"{SVG}text")]
    assert all(width_of(text, size) <= NARROWEST for text, size in sizes)


def test_a_title_is_wrapped_as_the_bold_text_that_it_is() -> None:
    title = "Who would be let in or lost with a bound moved: igg4-rd-sirolimus 1.0.0, as of 2026-06-30. Exact counts."
    drawn = bars_drawing(title, [Bar("one", {"": 1}, 1)], "n", room=WIDTH)
    bold = [each.text or "" for each in drawn.iter("text") if each.get("font-weight") == "bold"]
    assert " ".join(bold) == title and len(bold) > 1
    assert all(len(each) * HEADING * PER_BOLD <= WIDTH for each in bold)
