"""The worklist as a table for a spreadsheet: CSV in UTF-8 with a mark, in which no cell is taken for a formula."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from functools import partial

from service.screening.spreadsheet import BOM, row_of
from service.screening.tenant import Tenant
from service.screening.worklist.asked import Asked, wanted_of
from service.screening.worklist.listing import Shown, day_of, shown
from service.store import worklist
from service.store.engine import Store
from service.store.worklist import Beside

AT_ONCE = 500
SHOWN_OF_HANDLE = 6  # as on the page: to tell rows apart where names are hidden
COLUMNS = (
    *("name", "born", "identifier", "standing", "status", "signal", "unresolved", "fit", "of", "reason", "missing"),
    *("from", "next change", "appointment", "clinic", "clinician", "last visit", "claimed by", "changed"),
    "changed from",
)


def table(
    store: Store,
    tenant: Tenant,
    study: str,
    viewer: str,
    asked: Asked,
    now: datetime,
    taken: list[str],
    *,
    nameless: bool = False,
) -> Iterator[str]:
    """All rows that were asked for, a part at a time; `taken` is told of whom. `nameless`: names are hidden."""
    yield BOM + row_of(COLUMNS)
    today, since = day_of(tenant, now)
    wanted = wanted_of(asked, viewer, now, today, since)
    ask = partial(worklist.page, store, tenant.name, study, asked.within, today, since, AT_ONCE)
    page = ask(order=asked.order, wanted=wanted)
    while page:
        taken += [each.patient for each in page]
        rows = shown(store, tenant.name, study, page, (), nameless=nameless)
        yield "".join(row_of(_cells(each, tenant.catalog.site.zone)) for each in rows)
        page = ask(order=asked.order, wanted=wanted, beside=Beside(page[-1]))


def _cells(row: Shown, zone: tzinfo) -> tuple[str, ...]:
    entry, person, line = row.entry, row.person, row.entry.line
    reason = " ".join(f"{each.criterion}: {each}" for each in row.reasons)
    missing = "; ".join(f"{each['criterion']}: {each['data']}" for each in line["settle"])
    told: tuple[object, ...] = (
        person and (person.handle[:SHOWN_OF_HANDLE] if row.nameless else person.name),
        person and person.born,
        person and next(iter(person.identifiers), None),
        *(entry.standing, entry.status, line["signal"], entry.unresolved, line["fit"], line["of"], reason, missing),
        *(
            entry.until,
            row.change,
            person and _local(person.appointment, zone),
            person and person.clinic,
            person and person.clinician,
        ),
        *(person and person.last_visit, entry.claimed_by, _local(entry.changed, zone), entry.changed_from),
    )
    return tuple("" if each is None else str(each) for each in told)


def _local(moment: datetime | None, zone: tzinfo) -> str | None:
    """A time at the site, to the minute."""
    return None if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
