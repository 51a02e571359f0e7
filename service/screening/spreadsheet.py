"""Tables for a spreadsheet: CSV in UTF-8 with a mark, in which no cell is taken for a formula. Pure."""

import csv
import io
from collections.abc import Iterable

BOM = "\ufeff"
# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe(cell: str) -> str:
    """The same text, which no spreadsheet computes."""
    return f"'{cell}" if cell.lstrip(" \ufeff\u00a0").startswith(FORMULA) or cell.startswith(FORMULA) else cell


def row_of(cells: Iterable[str]) -> str:
    """One row, with the end of its line."""
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerow([safe(each) for each in cells])
    return written.getvalue()
