"""docs/performance.md: every part that can be measured has its section, with tables of ratios and the command."""

import re

import pytest

from tests.bench.__main__ import PARTS
from tests.shape.source import ROOT

TEXT = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"\d+(\.\d+)?( \d+\.\d+)*|yes|no")


@pytest.mark.parametrize("part", PARTS)
def test_a_section_names_its_command_its_day_and_the_machine(part: str) -> None:
    told = _section(part).split("\n\n")[1].replace("\n", " ")
    size = r" SIZE=\d+" if part == "bulk" else ""
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
    for each in ("reading the bytes", "orjson.loads on every line", "DuckDB, three", "prescreen screen, 50 studies"):
        assert f"\n| {each}" in found, each
    assert all(f"{each}: DuckDB and screening agree on" in found for each in ("I2", "E4", "E2c"))


def test_the_parts_are_those_that_can_be_measured() -> None:
    assert re.findall(r"^\| `(\w+)` \|", TEXT.split("## What is compared")[0], re.MULTILINE) == list(PARTS)


def _section(part: str) -> str:
    return TEXT.split(f"<!-- {part}:", 1)[1].split(f"<!-- end of {part} -->", 1)[0].partition("-->")[2]
