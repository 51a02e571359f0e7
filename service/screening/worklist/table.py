"""The worklist as a table for a spreadsheet: CSV in UTF-8 with a mark, in which no cell is taken for a formula."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime

from service.screening.tenant import Tenant
from service.screening.worklist.listing import Asked, Shown, day_of, shown, wanted_of
from service.store import worklist
from service.store.engine import Store

BOM = "\ufeff"
AT_ONCE = 500
COLUMNS = (
    *("name", "born", "identifier", "standing", "status", "signal", "unresolved", "fit", "of", "reason", "missing"),
    *("from", "appointment", "clinic", "clinician", "last visit", "claimed by", "changed", "changed from"),
)
# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def table(
    store: Store, tenant: Tenant, study: str, viewer: str, asked: Asked, now: datetime, taken: list[str]
) -> Iterator[str]:
    """All rows that were asked for, a part at a time; `taken` is told of whom."""
    yield BOM + _line(COLUMNS)
    today, since = day_of(tenant, now)
    wanted, start = wanted_of(asked, viewer, now, since), 0
    while page := worklist.page(
        store, tenant.name, study, asked.tab, today, since, AT_ONCE, start, asked.order, wanted
    ):
        taken += [each.patient for each in page]
        yield "".join(_line(_cells(each)) for each in shown(store, tenant.name, study, page, ()))
        start += AT_ONCE


def _cells(row: Shown) -> tuple[str, ...]:
    entry, person, line = row.entry, row.person, row.entry.line
    reason = " ".join(each["sentence"] for each in line["against"])
    missing = "; ".join(f"{each['criterion']}: {each['data']}" for each in line["settle"])
    told: tuple[object, ...] = (
        person and person.name,
        person and person.born,
        person and next(iter(person.identifiers), None),
        *(entry.standing, entry.status, line["signal"], entry.unresolved, line["fit"], line["of"], reason, missing),
        *(entry.until, person and person.appointment, person and person.clinic, person and person.clinician),
        *(person and person.last_visit, entry.claimed_by, entry.changed, entry.changed_from),
    )
    return tuple("" if each is None else str(each) for each in told)


def safe(cell: str) -> str:
    """The same text, which no spreadsheet computes."""
    return f"'{cell}" if cell.lstrip(" \ufeff\u00a0").startswith(FORMULA) or cell.startswith(FORMULA) else cell


def _line(cells: tuple[str, ...]) -> str:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerow([safe(each) for each in cells])
    return written.getvalue()
