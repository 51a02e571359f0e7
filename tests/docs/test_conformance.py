"""docs/conformance.md: every sentence is there, and whatever is said to hold names a test that there is."""

import ast

from tests.docs.markdown import table
from tests.shape.source import ROOT

ROWS = table((ROOT / "docs" / "conformance.md").read_text(encoding="utf-8"), "sentences:")
SENTENCES = 63
NOT_YET = "not yet"


def test_no_sentence_is_left_out() -> None:
    assert [row[0] for row in ROWS] == [f"2.{number}" for number in range(1, SENTENCES + 1)]
    assert all(len(row[1]) > 15 for row in ROWS)


def test_every_sentence_that_holds_names_a_test_that_there_is() -> None:
    lost = [row[0] for row in ROWS if row[2] != NOT_YET and not _is_there(row[2].strip("`"))]
    assert lost == []


def test_what_does_not_hold_is_said() -> None:
    assert [row[0] for row in ROWS if row[2] == NOT_YET] == ["2.59", "2.63"]


def test_a_test_that_is_not_there_is_seen() -> None:
    assert _is_there("tests/docs/test_conformance.py::test_a_test_that_is_not_there_is_seen")
    assert not _is_there("tests/docs/test_conformance.py::test_nothing") and not _is_there("tests/nowhere.py::test_x")


def _is_there(named: str) -> bool:
    path, _, test = named.partition("::")
    if not (ROOT / path).is_file():
        return False
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return any(isinstance(each, ast.FunctionDef) and each.name == test for each in tree.body)
