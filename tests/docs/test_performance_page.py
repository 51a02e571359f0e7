"""docs/performance.md: every part that can be measured has its section, with tables of ratios and the command.

One part tells rates, on docs/spark.md.
"""

import re

import pytest

from tests.bench.__main__ import PARTS
from tests.bench.page import ELSEWHERE, PAGE, SIZED
from tests.bench.steps import PEOPLE
from tests.shape.source import ROOT

TEXT = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"-?\d+(\.\d+)?( \d+\.\d+)*|\d{1,3}(,\d{3})+|yes|no")


@pytest.mark.parametrize("part", PARTS)
def test_a_section_names_its_command_its_day_and_the_machine(part: str) -> None:
    told = _section(part).split("\n\n")[1].replace("\n", " ")
    size = r" SIZE=\d+" if part in SIZED else ""
    machine = r"\d+ cores?, \w+ \w+, CPython 3\.\d+\.\d+"
    assert re.fullmatch(rf"`make bench PART={part}{size}` on \d{{4}}-\d\d-\d\d, {machine}\.", told), told


@pytest.mark.parametrize("part", PARTS)
def test_a_section_holds_tables_of_numbers_and_says_what_one_is(part: str) -> None:
    tables = re.split(r"^### ", _section(part), flags=re.MULTILINE)[1:]
    assert tables
    for each in tables:
        _, about, *_ = each.split("\n\n")
        rows = [line.strip("| ").split(" | ") for line in each.splitlines() if line.startswith("|")]
        assert len(about) > 50 and len(rows) > 3
        assert all(NUMBER.fullmatch(cell) for row in rows[2:] for cell in row[1:]), each


def test_nothing_on_the_page_is_a_time() -> None:
    assert re.findall(r"\b\d[\d.,]* ?(?:s|sec|seconds?|minutes?|µs|us|MB/s|requests/s|lines/s)\b", TEXT) == []
    assert set(re.findall(r"\b\d[\d.,]* ?ms\b", TEXT)) <= {"100 ms"}  # the limit that calls and views have to keep to


def test_screening_is_compared_with_bytes_orjson_and_duckdb() -> None:
    found = _section("bulk")
    for each in ("reading the bytes", "orjson.loads on every line", "DuckDB, three", "the same with --with-signal"):
        assert f"\n| {each}" in found, each
    assert "\n50 studies against one" in found and "\n| 1, --with-signal |" in found
    assert all(f"{each}: DuckDB and screening agree on" in found for each in ("I2", "E4", "E2c"))


def test_a_person_of_many_lines_is_told_apart_from_one_of_few() -> None:
    people = re.findall(r"an invented hospital of (\d+) people with (\d+) lines each", _section("bulk"))
    each = sorted({int(lines) for _, lines in people})
    assert 60 < each[0] < 110 and 700 < each[-1] < 1300
    assert "\n### What a line costs, and what a person\n" in _section("bulk")


def test_the_population_of_a_cluster_is_reckoned_from_the_rates() -> None:
    told = dict(_rows(_section("spark")))
    for at in range(2):
        lines, rate = told["lines of a person"][at], told["sorting: lines in a second"][at]
        assert told["sorting, hours of a core"][at] == pytest.approx(PEOPLE * lines / rate / 3600, rel=0.02)
        people = told["judging one study: people in a second"][at]
        assert told["judging one study, hours of a core"][at] == pytest.approx(PEOPLE / people / 3600, rel=0.02)
        kilobytes = sum(values[at] for name, values in told.items() if name.startswith("KB of a person that are"))
        assert told["shuffled by patient, TB"][at] == pytest.approx(PEOPLE * kilobytes / 10**9, rel=0.02)


def _rows(section: str) -> list[tuple[str, list[float]]]:
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return [
        (row[0], [float(cell.replace(",", "")) for cell in row[1:]])
        for row in rows
        if row[1][0].isdigit() and "lines a person" not in row[1]
    ]


def test_the_parts_are_those_that_can_be_measured() -> None:
    assert re.findall(r"^\| `(\w+)` \|", TEXT.split("## What is compared")[0], re.MULTILINE) == list(PARTS)


def _section(part: str) -> str:
    text = ELSEWHERE.get(part, PAGE).read_text(encoding="utf-8")
    return text.split(f"<!-- {part}:", 1)[1].split(f"<!-- end of {part} -->", 1)[0].partition("-->")[2]
