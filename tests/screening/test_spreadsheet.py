"""No cell of a table is a formula, wherever a spreadsheet splits its lines."""

import csv
import io
import re

import pytest
from hypothesis import given, strategies as st

from service.screening.flat import ASSESSMENTS
from service.screening.spreadsheet import row_of, safe

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
SPLIT = re.compile(r"[;,|\t\r\n]")
EVIL = "IgG4-related disease;=HYPERLINK(A1;A2);\t=1+1"
TEXTS = [
    EVIL, "=1", " =1", "\ufeff=1", "\u00a0-1", "a;+1", "a; @x", "a|-1", "a,=1", "a\r=1", "a\n = 1", "a\r\n@x", "a;;=1",
    'a;"=1"', 'a; " =1', "\t=1", "a\t\t=1", "a;\uff1d1",
]  # fmt: skip


def computed(fragment: str) -> bool:
    """Would it be taken for a formula, blanks and quotation marks dropped?"""
    return fragment.lstrip().lstrip('"\ufeff').lstrip().startswith(tuple(SIGNS))


@pytest.mark.parametrize("text", TEXTS)
def test_no_fragment_is_a_formula(text: str) -> None:
    assert not [each for each in SPLIT.split(safe(text)) if computed(each)]


@given(st.text(alphabet=SIGNS + ";,|\t\r\n \"\ufeff\u00a0a1'", max_size=12))
def test_whatever_stands_in_it(text: str) -> None:
    written = row_of(["id", text, "x"])
    assert not [each for each in SPLIT.split(written) if computed(each)]
    (row,) = csv.reader(io.StringIO(written, newline=""))
    assert row == ["id", safe(text), "x"]
    assert safe(text).replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_a_line_that_is_split_elsewhere(delimiter: str) -> None:
    for row in csv.reader(io.StringIO(row_of(["a", EVIL, 'b;"=1+1"'])), delimiter=delimiter):
        assert not [each for each in row if computed(each)]


@pytest.mark.parametrize(
    "text", ["", "a=1", "2026-06-30", "I1; E1", "4.5 mg/dl, then 3-4", "non-small", "a@b", "x; y, z", "IgG4-related"]
)
def test_what_is_harmless_stays(text: str) -> None:
    assert safe(text) == text


def test_numbers_stay() -> None:
    assert row_of([-1.5, -3, "-1.5"]) == '"-1.5","-3","\'-1.5"\r\n'
    assert {each.kind for each in ASSESSMENTS} >= {str, int}
