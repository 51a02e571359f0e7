"""What was measured is told the same in a terminal and on the page, and a part replaces its own section alone."""

from pathlib import Path

import pytest

from tests.bench.__main__ import PARTS, main
from tests.bench.page import PAGE, replace_section
from tests.bench.table import Table

TABLE = Table("A title", "What is 1.0.", ("what", "times"), (("one", "1.00"), ("another", "12.50")), ("a note",))


def test_a_table_in_a_terminal() -> None:
    assert list(TABLE.text()) == [
        "A title",
        "  What is 1.0.",
        "  what     times",
        "  one       1.00",
        "  another  12.50",
        "  a note",
    ]


def test_a_table_on_the_page() -> None:
    assert list(TABLE.markdown()) == [
        "### A title",
        "",
        "What is 1.0.",
        "",
        "| what | times |",
        "| --- | ---: |",
        "| one | 1.00 |",
        "| another | 12.50 |",
        "",
        "- a note",
    ]


def test_a_part_replaces_its_own_section_alone(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    text = PAGE.read_text(encoding="utf-8")
    page.write_text(text, encoding="utf-8")
    replace_section("bulk", [TABLE], 42, page)
    first = page.read_text(encoding="utf-8")
    replace_section("bulk", [TABLE], 42, page)
    assert page.read_text(encoding="utf-8") == first
    assert "\n`make bench PART=bulk SIZE=42` on 2" in first and "| another | 12.50 |" in first
    for mark in ("<!-- bulk", "<!-- end of bulk -->"):
        assert (first.split(mark)[0], first.split(mark)[-1])[mark != "<!-- bulk"] == (
            (text.split(mark)[0], text.split(mark)[-1])[mark != "<!-- bulk"]
        )


def test_a_page_without_the_section_is_left_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("# How fast\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="no section for hooks"):
        replace_section("hooks", [TABLE], 1, page)
    assert page.read_text(encoding="utf-8") == "# How fast\n"


def test_a_part_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["bulk", "bulc"])
    complained = capsys.readouterr().err
    assert "no part bulc" in complained and all(each in complained for each in PARTS)
