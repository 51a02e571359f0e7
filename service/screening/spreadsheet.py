"""Tables for a spreadsheet: CSV in UTF-8 with a mark, in which no cell is taken for a formula. Pure."""

import csv
import io
import re
from collections.abc import Iterable

BOM = "\ufeff"
# What a spreadsheet takes for the beginning of a formula, behind blanks and marks that it drops.
FORMULA = r"(?=[=+\-@＝＋－＠])"
DROPPED = r"[\s\ufeff\"]*"
FIRST = re.compile(rf"{DROPPED}{FORMULA}|[\t\r\n]")
# Many split a line elsewhere than at commas, as their country or their user has it, and heed no quotation marks then.
WITHIN = re.compile(rf"([;,|\t\r\n\v\f]{DROPPED}){FORMULA}")


def safe(cell: str) -> str:
    """The same text, of which no spreadsheet computes anything, wherever it splits it."""
    found = WITHIN.sub(r"\1'", cell)
    return f"'{found}" if FIRST.match(cell) else found


def row_of(cells: Iterable[str | float]) -> str:
    """One row, with the end of its line. Numbers stay as they are."""
    written = io.StringIO()
    texts = [safe(each) if isinstance(each, str) else str(each) for each in cells]
    csv.writer(written, quoting=csv.QUOTE_ALL).writerow(texts)
    return written.getvalue()
