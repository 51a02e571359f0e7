"""The drawing of counts by day: described in words, told apart without colour, and right where it is drawn."""

from datetime import date, timedelta
from xml.etree.ElementTree import fromstring

from hypothesis import given, strategies as st

from service.eligibility.explain.day_chart import BOTTOM, HEIGHT, LEFT, RIGHT, STYLES, TOP, day_chart

FIRST = date(2026, 6, 1)
SVG = "{http://www.w3.org/2000/svg}"


def days(count: int) -> list[date]:
    return [FIRST + timedelta(days=each) for each in range(count)]


def test_it_says_what_it_shows() -> None:
    root = fromstring(day_chart("Counts", days(2), {"Later": [4, 2], "Candidates": [0, 9]}, "x-"))
    assert root.find(f"{SVG}title").text == "Counts"  # type: ignore[union-attr]
    told = "From 2026-06-01 to 2026-06-02: Later from 4 to 2; Candidates from 0 to 9. The table below has every number."
    assert root.find(f"{SVG}desc").text == told  # type: ignore[union-attr]
    assert root.get("aria-labelledby") == "x-title x-description"
    labels = [each.text for each in root.iter(f"{SVG}text")]
    assert "Later: 2" in labels and "Candidates: 9" in labels


def test_each_line_has_its_own_dashes() -> None:
    root = fromstring(day_chart("Counts", days(1), {name: [1] for name in "abcd"}))
    dashes = [each.get("stroke-dasharray") for each in root.iter(f"{SVG}polyline")]
    assert len(set(dashes)) == len(STYLES) == 4


def test_a_gap_in_time_stays_a_gap() -> None:
    listed = [FIRST, FIRST + timedelta(days=1), FIRST + timedelta(days=11)]
    root = fromstring(day_chart("Counts", listed, {"a": [1, 1, 1]}))
    (line,) = root.iter(f"{SVG}polyline")
    first, second, third = (float(each.split(",")[0]) for each in (line.get("points") or "").split())
    assert round((third - second) / (second - first)) == 10


@given(
    st.integers(1, 40).flatmap(
        lambda n: st.lists(st.lists(st.integers(0, 10**6), min_size=n, max_size=n), min_size=1, max_size=4)
    )
)
def test_everything_is_within_the_drawing_and_higher_where_there_are_more(series: list[list[int]]) -> None:
    root = fromstring(day_chart("Counts", days(len(series[0])), dict(zip("abcd", series, strict=False))))
    for line, counts in zip(root.iter(f"{SVG}polyline"), series, strict=True):
        points = [tuple(map(float, each.split(","))) for each in (line.get("points") or "").split()]
        assert all(LEFT <= x <= RIGHT and TOP <= y <= BOTTOM for x, y in points)
        for (_, y), count in zip(points, counts, strict=True):
            assert all(y <= other for (_, other), less in zip(points, counts, strict=True) if less < count)
    assert all(0 <= float(each.get("y") or 0) <= HEIGHT for each in root.iter(f"{SVG}text"))
