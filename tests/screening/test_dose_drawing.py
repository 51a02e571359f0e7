"""The drawing of doses: well-formed, said in words as well, and its bars are the numbers of the JSON."""

from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest

from service.eligibility.explain.svg import canvas, draw, serialized, shortened
from tests.screening.dose_world import PREDNISONE, Doses, Json, dosage, drug, every, order, period

SVG = "{http://www.w3.org/2000/svg}"
PLAIN = drug("prednisone", PREDNISONE)
LEFT, RIGHT = 64, 800
RECORDS: list[Json] = [
    order("a", PLAIN, dosage(20, timing=every(1, 1) | period("2026-04-10", "2026-04-30"))),
    order("b", PLAIN, dosage(5, timing=every(1, 6, "h") | period("2026-05-01", "2026-05-20"), asNeededBoolean=True)),
    order("c", drug("dexamethasone", "3264"), dosage(None, text="as directed"), start="2026-06-01"),
    order("d", drug("metformin"), dosage(500, timing=every(2, 1) | period("2026-04-01", "2026-06-01"))),
]


@pytest.fixture
def doses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Doses:
    return Doses(tmp_path, capsys)


def drawn(doses: Doses, *records: Json, **options: Any) -> Element:
    return fromstring(doses(*records, format="svg", **options))


def classed(root: Element, name: str) -> list[Element]:
    return [each for each in root.iter() if each.get("class") == name]


def number(text: str | None) -> float | None:
    return float(text) if text else None


def test_every_bar_is_a_step_of_the_json(doses: Doses) -> None:
    found = doses.json(*RECORDS)
    lanes = classed(drawn(doses, *RECORDS), "lane")
    by_name = {each["name"]: each["steps"] for each in found["ingredients"]}
    expected = [found["equivalent"]["steps"], by_name["dexamethasone"], by_name["prednisone"], by_name["metformin"]]
    told = [
        [
            (
                each.get("data-start"),
                each.get("data-end"),
                number(each.get("data-least")),
                number(each.get("data-most")),
            )
            for each in classed(lane, "stretch")
        ]
        for lane in lanes
    ]
    assert told == [[(s["start"], s["end"], s["least"], s["most"]) for s in steps] for steps in expected]


def test_a_bar_is_as_high_and_as_wide_as_its_dose_and_days(doses: Doses) -> None:
    root = drawn(
        doses, RECORDS[0], order("x", PLAIN, dosage(10, timing=every(1, 1) | period("2026-05-01", "2026-05-10")))
    )
    high, low = (classed(each, "sure")[0] for each in classed(classed(root, "lane")[0], "stretch"))
    assert float(high.get("height", 0)) == pytest.approx(2 * float(low.get("height", 0)), abs=0.02)
    assert float(high.get("width", 0)) == pytest.approx(2.1 * float(low.get("width", 0)), abs=0.05)
    assert float(high.get("x", 0)) + float(high.get("width", 0)) == pytest.approx(float(low.get("x", 0)), abs=0.02)


def test_what_may_be_and_what_is_unknown_are_told_apart_by_pattern(doses: Doses) -> None:
    root = drawn(doses, *RECORDS)
    kinds = {each.get("data-start"): [part.get("class") for part in each][1:] for each in classed(root, "stretch")}
    assert kinds["2026-04-10"] == ["sure"]
    assert kinds["2026-05-01"] == ["sure", "possible"]
    assert kinds["2026-06-01"] == ["sure", "unknown"]
    fills = {each.get("fill") for name in ("sure", "possible", "unknown") for each in classed(root, name)}
    assert {"url(#possible)", "url(#unknown)"} < fills
    assert {each.get("id") for each in root.iter(f"{SVG}pattern")} == {"possible", "unknown"}


def test_it_says_in_words_what_it_shows(doses: Doses) -> None:
    root = drawn(doses, *RECORDS)
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img" and root.get("aria-labelledby") == "title description"
    assert title is not None and "patient p, from 2026-03-30 to 2026-06-30" in str(title.text)
    assert description is not None and "2026-04-10 to 2026-04-30, 20 mg/day" in str(description.text)
    assert "dose-missing" in str(description.text)
    tips = [each.findtext(f"{SVG}title") for each in classed(root, "stretch")]
    assert "2026-04-10 to 2026-04-30: 20 mg/day" in tips


def test_the_limit_lies_across_the_sum_at_its_dose(doses: Doses) -> None:
    root = drawn(doses, RECORDS[0], limit="20")
    (line,) = classed(root, "limit")
    assert float(line.get("y1", 0)) == float(classed(root, "sure")[0].get("y", 0))
    assert "limit 20" in texts(root)
    assert classed(drawn(doses, RECORDS[0]), "limit") == []


def test_without_a_sum_the_limit_lies_across_each_drug(doses: Doses) -> None:
    assert len(classed(drawn(doses, *RECORDS, to="", limit="20"), "limit")) == 3


def test_names_are_escaped(doses: Doses) -> None:
    name = '<script>alert(1)</script> & "co" \x07'
    printed = doses(order("m", drug(name), dosage(5)), format="svg")
    assert "<script>" not in printed and "&lt;script&gt;" in printed
    assert any('<script>alert(1)</script> & "co"' in each for each in texts(fromstring(printed)))


def test_nothing_recorded_is_a_drawing_too(doses: Doses) -> None:
    root = drawn(doses)
    assert classed(root, "stretch") == [] and "no record" in texts(root)
    assert "no record" not in texts(drawn(doses, to=""))


def texts(root: Element) -> list[str]:
    return [str(each.text) for each in root.iter(f"{SVG}text")]


MANY: list[Json] = [
    order(f"m{n}", PLAIN, dosage(n, timing=every(1, 1) | period(f"2026-05-{n:02}", f"2026-05-{n:02}")))
    for n in range(1, 31)
]


@pytest.mark.parametrize("look_back", ["3 weeks", "3 months", "2 years", "40 years", "all"])
@pytest.mark.parametrize("records", [RECORDS, MANY], ids=["a few", "a new dose every day"])
def test_no_label_runs_into_another_or_out_of_the_drawing(doses: Doses, records: list[Json], look_back: str) -> None:
    root = drawn(doses, *records, look_back=look_back, limit="10")
    boxes = [(*extent(each), float(each.get("y", 0)), str(each.text)) for each in root.iter(f"{SVG}text")]
    assert [each for each in boxes if each[0] < 0 or each[1] > float(root.get("width", 0))] == []
    assert [(a, b) for a, b in combinations(boxes, 2) if a[0] < b[1] and b[0] < a[1] and abs(a[2] - b[2]) < 10] == []


def extent(text: Element) -> tuple[float, float]:
    """From where to where a text reaches, by the width of common letters."""
    width = len(str(text.text)) * float(text.get("font-size", 0)) * 0.5
    x = float(text.get("x", 0))
    left = {"middle": x - width / 2, "end": x - width}.get(text.get("text-anchor", ""), x)
    return left, left + width


def test_bars_stay_within_the_days_drawn(doses: Doses) -> None:
    root = drawn(doses, order("m", PLAIN, dosage(5), start="1990-01-01"), look_back="1 week")
    (bar,) = classed(root, "sure")[:1] or classed(root, "possible")[:1]
    left = float(bar.get("x", 0))
    assert left >= LEFT and left + float(bar.get("width", 0)) <= RIGHT


def test_a_single_day_of_many_years_is_seen(doses: Doses) -> None:
    day = order("m", PLAIN, dosage(5, timing=every(1, 1) | period("1995-03-03", "1995-03-03")))
    assert [float(each.get("width", 0)) for each in classed(drawn(doses, day, look_back="40 years"), "sure")] == [2, 2]


def test_of_many_records_a_few_are_named(doses: Doses) -> None:
    many = [order(f"m{n}", PLAIN, dosage(None, text="as directed")) for n in range(1, 6)]
    said = " ".join(" ".join(texts(drawn(doses, *many))).split())
    assert "MedicationRequest/m1, MedicationRequest/m2, MedicationRequest/m3 and 2 more" in said
    assert all(f"MedicationRequest/m{n}" in doses.json(*many)["doubts"][0] for n in range(1, 6))


def test_characters_that_xml_forbids_are_replaced() -> None:
    root = canvas(10, 10, "a\x00b", "\ud800")
    draw(root, "text", "c\x1bd", x=1)
    assert fromstring(serialized(root)).findtext(f"{SVG}title") == "a\ufffdb"


def test_a_long_name_is_cut() -> None:
    assert shortened("prednisone", 10, 1000) == "prednisone"
    assert shortened("prednisone", 10, 30) == "pred…"
