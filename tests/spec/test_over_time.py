"""Counts over time as a drawing: two edges with what lies between them, each number in words, and nothing invented."""

from datetime import date
from xml.etree.ElementTree import Element, fromstring

import pytest

from service.eligibility.explain.over_time import Reading, over_time
from service.errors import InvalidValue
from service.screening import pictures
from service.screening.pictures import png_of

SVG = "{http://www.w3.org/2000/svg}"
JANUARY, MARCH, JUNE = date(2026, 1, 1), date(2026, 3, 1), date(2026, 6, 1)
READINGS = (Reading(JANUARY, 0, 14, "few"), Reading(MARCH, 30, 59, "more"), Reading(JUNE, 15, 44, "less"))


def drawn(*readings: Reading) -> Element:
    return fromstring(over_time("How many < before", readings, "time", surely="candidates", at_most="not kept out"))


def test_every_day_is_marked_at_both_edges_and_said_in_words() -> None:
    root = drawn(*READINGS)
    marks = [each for each in root.iter(f"{SVG}g") if each.get("class") == "reading"]
    assert [each.find(f"{SVG}title").text for each in marks] == [  # type: ignore[union-attr]
        "2026-01-01: few",
        "2026-03-01: more",
        "2026-06-01: less",
    ]
    for mark, reading in zip(marks, READINGS, strict=True):
        high, low = (float(each.attrib["cy"]) for each in mark.iter(f"{SVG}circle"))
        assert high < low, reading  # more lies above
    assert root.find(f"{SVG}desc").text == "2026-01-01: few; 2026-03-01: more; 2026-06-01: less"  # type: ignore[union-attr]


def test_days_lie_as_far_apart_as_they_are() -> None:
    places = [float(next(each.iter(f"{SVG}line")).attrib["x1"]) for each in drawn(*READINGS).iter(f"{SVG}g")]
    ratio = (places[1] - places[0]) / (places[2] - places[0])
    assert ratio == pytest.approx((MARCH - JANUARY).days / (JUNE - JANUARY).days, abs=0.01)


def test_the_key_says_what_the_edges_are() -> None:
    texts = [each.text for each in drawn(*READINGS).iter(f"{SVG}text")]
    assert {"candidates", "not kept out", "How many < before", "0"} <= set(texts)


@pytest.mark.parametrize("reading", [(JANUARY, 0, 0, "none"), (JANUARY, 7, 7, "7")])
def test_one_day_alone_is_drawn(reading: tuple[date, int, int, str]) -> None:
    assert len(list(drawn(Reading(*reading)).iter(f"{SVG}circle"))) == 2


def test_nothing_is_not_drawn() -> None:
    with pytest.raises(InvalidValue):
        drawn()


@pytest.mark.parametrize(("surely", "at_most"), [(3, 2), (-1, 2)])
def test_what_is_sure_is_not_more_than_what_is_possible(surely: int, at_most: int) -> None:
    with pytest.raises(InvalidValue):
        Reading(JANUARY, surely, at_most, "")


def test_the_same_readings_give_the_same_drawing() -> None:
    first, second = (over_time("t", READINGS, "time", surely="a", at_most="b") for _ in range(2))
    assert first == second and pictures.png_of(first) == pictures.png_of(second)


def test_a_picture_without_letters_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without any font."""
    blank = png_of("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>")
    monkeypatch.setattr(pictures, "_drawn", lambda *_: blank)
    with pytest.raises(pictures.UsageError, match="no font is installed"):
        png_of(over_time("t", READINGS, "time", surely="a", at_most="b"))


def test_the_letters_are_drawn_with_a_font_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine's settings name first: it is often one that was never installed."""
    plain, asked = pictures._drawn, []

    def missing(svg: str, family: str | None) -> bytes:
        asked.append(family)
        return plain(svg, family or "a font that is nowhere")

    monkeypatch.setattr(pictures, "_drawn", missing)
    drawing = over_time("t", READINGS, "time", surely="a", at_most="b")
    assert png_of(drawing.replace("Helvetica, Arial, 'Liberation Sans', sans-serif", "sans-serif"))
    assert asked[-1] in pictures.FAMILIES[1:]
