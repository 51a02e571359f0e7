"""What is drawn is what was judged, from every way in; drawings and tables tell the same, and text stays text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree.ElementTree import fromstring

import orjson
import pytest
from hypothesis import given, strategies as st
from jsonschema import Draft202012Validator

from service.catalog.content import mappings_dir
from service.eligibility.criteria import Bounds
from service.eligibility.dates import Days
from service.eligibility.explain.dose_timeline import dose_rows, dose_timeline
from service.eligibility.explain.trend_chart import NOT_DRAWN, trend_chart, trend_rows
from service.eligibility.outcome import Outcome
from service.eligibility.quantity import Interval
from service.eligibility.series import DoseSeries, Point, Series, Trend
from service.screening.invented import invent
from service.screening.person.drawings import drawings_of
from service.screening.person.series_line import series_line, series_of
from service.screening.population import screen
from service.screening.request import Progress, Request
from service.screening.sources import find_sources
from service.store import series as kept
from service.store.engine import Store
from tests.fhir_server import FhirServer
from tests.pages.patient.world import screen_files
from tests.pages.world import NORTH, world
from tests.working.world import examined, shipped, tenant

AT = date(2026, 6, 30)
STUDY = "igg4-rd-sirolimus"
SVG = "{http://www.w3.org/2000/svg}"


@cache
def sample() -> tuple[dict[str, Any], dict[str, Any], tuple[dict[str, Any], ...]]:
    """(series by patient, assessment lines by patient, resources) of invented people."""
    with TemporaryDirectory() as place:
        invent(Path(place) / "export", 24, 7)
        request = Request(find_sources([Path(place) / "export"]), (shipped().studies[STUDY],), AT, series=True)
        screen(shipped(), request, Path(place) / "out", Progress())
        read = {name: list(_lines(Path(place) / "out" / name)) for name in ("series.ndjson", "assessments.ndjson")}
        resources = tuple(each for path in sorted((Path(place) / "export").glob("*.ndjson")) for each in _lines(path))
    drawn = {each["patient"]: each["series"] for each in read["series.ndjson"]}
    return drawn, {each["patient"]: each for each in read["assessments.ndjson"]}, resources


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    return (orjson.loads(line) for line in path.read_bytes().splitlines())


def test_whoever_has_a_signal_has_series_and_nobody_else() -> None:
    drawn, lines, _ = sample()
    assert set(drawn) == {name for name, each in lines.items() if each["signal"] in ("strong", "weak")} and drawn


def test_the_assessments_are_the_same_to_the_byte_whether_series_are_asked_for_or_not(tmp_path: Path) -> None:
    invent(tmp_path / "export", 12, 7)
    written = []
    for asked in (False, True):
        request = Request(find_sources([tmp_path / "export"]), (shipped().studies[STUDY],), AT, series=asked)
        screen(shipped(), request, tmp_path / f"out{asked}", Progress())
        written.append((tmp_path / f"out{asked}" / "assessments.ndjson").read_bytes())
        assert (tmp_path / f"out{asked}" / "series.ndjson").exists() is asked
    assert written[0] == written[1]


def test_what_is_read_from_an_ehr_is_drawn_as_what_comes_in_files() -> None:
    drawn, lines, resources = sample()
    with FhirServer() as server:
        server.seed(*resources)
        of = replace(tenant(server, shipped()), studies=(STUDY,))
        for patient in drawn:
            (found,) = examined(of, patient).found
            assert json.loads(json.dumps(found.series)) == drawn[patient]
            assert found.line == lines[patient]


def test_the_lines_are_as_the_schema_says_and_read_back_as_they_were() -> None:
    schema = json.loads((mappings_dir() / "schemas" / "series.schema.json").read_text())
    for line in sample()[0].values():
        Draft202012Validator(schema).validate(line)
        assert series_line(series_of(line)) == line


def test_the_table_of_doses_covers_each_day_of_the_window_once() -> None:
    checked = 0
    for line in sample()[0].values():
        for dose in series_of(line).doses:
            days = [(date.fromisoformat(row.first), date.fromisoformat(row.last)) for row in dose_rows(dose)]
            assert days[0][0] == dose.window.earliest and days[-1][1] == dose.window.latest
            assert all((later[0] - earlier[1]).days == 1 for earlier, later in pairwise(days))
            checked += 1
    assert checked


def test_the_drawing_of_doses_shows_the_numbers_that_decided() -> None:
    drawn, lines, _ = sample()
    checked = 0
    for patient, line in drawn.items():
        computed = {each["criterion"]: each["computed"] for each in lines[patient]["findings"]}
        for dose in series_of(line).doses:
            root = fromstring(dose_timeline(dose, "one"))
            shown = [each for each in root.iter(f"{SVG}g") if each.get("class") == "stretch"]
            least = max(Decimal(each.get("data-least", "0")) for each in shown)
            assert (
                least == Decimal(str(computed[dose.criterion]["least"])) and computed[dose.criterion]["day"] == dose.day
            )
            assert len(shown) == len(dose.curve.stretches)
            assert any(each.get("class") == "limit" for each in root.iter(f"{SVG}line"))
            checked += 1
    assert checked


def point(value: Interval | None, counts: Outcome = Outcome.MET, said: str = "Hb: 13 g/dL", **more: Any) -> Point:
    return Point(Days.on(date(2026, 5, 1)), value, more.get("normal"), said, "Observation/o", "value", counts)


def trend(*points: Point, said: str = "latest haemoglobin", unit: str = "g/dL") -> Trend:
    return Trend("E1", said, unit, Days(date(2026, 4, 1), AT), Bounds(at_least=Decimal(8)), points)


def test_a_result_without_a_number_is_in_the_table_and_not_in_the_drawing() -> None:
    given = trend(point(None), point(Interval.exactly(13)))
    assert [row.value for row in trend_rows(given)] == ["13 g/dL", NOT_DRAWN]
    drawn = [each for each in fromstring(trend_chart(given, "a")).iter(f"{SVG}g") if each.get("class") == "result"]
    assert len(drawn) == 1


@pytest.mark.parametrize(
    ("counts", "tag", "fill"),
    [(Outcome.MET, "circle", "#12314f"), (Outcome.UNKNOWN, "circle", "#ffffff"), (Outcome.NOT_MET, "path", "none")],
)
def test_what_counts_is_told_by_its_shape(counts: Outcome, tag: str, fill: str) -> None:
    root = fromstring(trend_chart(trend(point(Interval.exactly(13), counts)), "a"))
    (group,) = [each for each in root.iter(f"{SVG}g") if each.get("class") == "result"]
    assert [each.get("fill") for each in group.iter(f"{SVG}{tag}")] == [fill]


def test_a_range_is_drawn_as_a_range() -> None:
    given = trend(point(Interval(Decimal(0), Decimal(5), False, True)), point(Interval(Decimal(9), None, True)))
    bars = [each for each in fromstring(trend_chart(given, "a")).iter(f"{SVG}line") if each.get("class") == "range"]
    assert len(bars) == 2
    assert [row.value for row in trend_rows(given)] == ["more than 9 g/dL", "less than 5 g/dL"]


@given(said=st.text(max_size=40), name=st.sampled_from(["<script>", '"><img src=x>', "a & b", "\x00\x08"]))
def test_whatever_a_record_says_stays_text(said: str, name: str) -> None:
    given = trend(point(Interval.exactly(13), said=said + name), said=said + name, unit=name)
    svg = trend_chart(given, "a")
    fromstring(svg)
    assert "<script" not in svg and "<img" not in svg
    line = next(iter(sample()[0].values()))
    for dose in series_of(line).doses:
        hostile: DoseSeries = replace(dose, said=said + name, name=name, criterion=name)
        fromstring(dose_timeline(hostile, "b"))


def test_series_with_an_equal_name_on_a_page_share_no_id() -> None:
    given = trend(point(Interval.exactly(13)))
    ids = [
        each.get("id") for name in ("a", "b") for each in fromstring(trend_chart(given, name)).iter() if each.get("id")
    ]
    assert len(ids) == len(set(ids)) > 0


def test_a_nightly_export_keeps_the_newest_series_alone(store: Store, tmp_path: Path) -> None:
    made = world(store, shipped(), datetime(2026, 6, 30, 9, tzinfo=UTC))
    invent(tmp_path / "export", 12, 7)
    screen_files(made, tmp_path / "export")
    key = (NORTH, STUDY, "sample-0001")
    first = kept.find(store, key)
    assert first is not None and first.screening_date == date(2026, 6, 30)
    made.now = datetime(2026, 7, 1, 9, tzinfo=UTC)
    screen_files(made, tmp_path / "export")
    second = kept.find(store, key)
    assert second is not None and second.screening_date == date(2026, 7, 1)
    assert second.content != first.content, "the window has moved"
    kept.keep(store, key, date(2026, 7, 2), None)
    assert kept.find(store, key) is None


def test_without_anything_to_draw_there_is_an_empty_line() -> None:
    assert series_of(series_line(Series())) == Series()


def test_what_several_parts_of_a_criterion_ask_alike_is_drawn_once() -> None:
    drawn, _, _ = sample()
    several = 0
    for each in drawn.values():
        given = series_of(each)
        made = drawings_of(given, "x")
        for kind in (given.doses, given.trends):
            for criterion in {one.criterion for one in kind}:
                mine = [one for one in kind if one.criterion == criterion]
                different = [one for at, one in enumerate(mine) if one not in mine[:at]]
                several += len(mine) - len(different)
                shown = [one for one in made[criterion] if bool(one.doses) is (kind is given.doses)]
                assert len(shown) == len(different)
    assert several, "I1 asks for serum IgG4 in three of its parts"
