"""docs/conformance.md: every sentence is there, and whatever is said to hold names a test that there is."""

import ast

import pytest

from tests.docs.markdown import table
from tests.shape.source import ROOT

TEXT = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
# The tables, with the sentences of each.
TABLES = {
    "sentences:": [f"2.{number}" for number in range(1, 64)],
    "sentences of CDS clients:": [f"1.{number}" for number in range(75, 88)],
    "sentences of launches:": [f"4.{number}" for number in range(1, 29)],
    "sentences of exports:": [f"3.{number}" for number in range(1, 80)],
    "sentences of CDS Hooks:": [f"1.{number}" for number in (*range(1, 75), *range(88, 93))],
}
NOT_YET, NOT_APPLICABLE = "not yet", "not applicable"


@pytest.mark.parametrize("name", TABLES)
def test_no_sentence_is_left_out(name: str) -> None:
    rows = table(TEXT, name)
    assert [row[0] for row in rows] == TABLES[name]
    assert all(len(row[1]) > 15 for row in rows)


@pytest.mark.parametrize("name", TABLES)
def test_every_sentence_that_holds_names_a_test_that_there_is(name: str) -> None:
    held = [row for row in table(TEXT, name) if row[2] not in (NOT_YET, NOT_APPLICABLE)]
    lost = [row[0] for row in held if not _is_there(row[2].strip("`"))]
    assert lost == []


def test_what_does_not_hold_is_said() -> None:
    rows = [row for name in TABLES for row in table(TEXT, name)]
    assert [row[0] for row in rows if row[2] == NOT_APPLICABLE] == ["4.27", "4.28", "3.71"]
    assert [row[0] for row in rows if row[2] == NOT_YET] == [
        *("2.59", "2.63"),
        *("1.11", "1.92"),
    ]


def test_a_test_that_is_not_there_is_seen() -> None:
    assert _is_there("tests/docs/test_conformance.py::test_a_test_that_is_not_there_is_seen")
    assert not _is_there("tests/docs/test_conformance.py::test_nothing") and not _is_there("tests/nowhere.py::test_x")


def _is_there(named: str) -> bool:
    path, _, test = named.partition("::")
    if not (ROOT / path).is_file():
        return False
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return any(isinstance(each, ast.FunctionDef) and each.name == test for each in tree.body)
