"""What a page of the worklist shows: gathered for whoever looks, who sees only what they may."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from service.screening.person.sentence import Sentence
from service.screening.person.who import hide
from service.screening.stand import stand_of
from service.screening.studying.suppression import exact, suppressed
from service.screening.tenant import Tenant
from service.screening.worklist.asked import Asked, wanted_of
from service.screening.worklist.changes import What, sentence_of
from service.screening.worklist.reasons import Reason, reasons_of
from service.store import accounts, people, worklist, worklist_counts
from service.store.engine import Store
from service.store.people import Known
from service.store.worklist import Beside, Entry, Wanted
from service.store.worklist_tabs import Tab

ON_A_PAGE = 50
# With these somebody is in a study, and another one may forbid it.
TAKEN = frozenset({"consented", "on-study", "pending-on-study"})
ANOTHER = "another-study"


@dataclass(frozen=True, slots=True)
class Shown:
    """One row, with who it is, and where the patient stands in other studies: (study or `another-study`, stand).

    `nameless`: names are hidden from whoever looks, so nothing here tells who it is. `names`: of the accounts that
    answered something.
    """

    entry: Entry
    person: Known | None = field(repr=False)
    elsewhere: tuple[tuple[str, str], ...] = ()
    nameless: bool = False
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def stand(self) -> str:
        """In one word, where the patient stands but for what people set."""
        return stand_of(self.entry.standing, self.entry.later, self.entry.line["machine"])

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the patient is kept out, as far as there is room for it."""
        return reasons_of(self.entry.line["against"], self.names)

    @property
    def change(self) -> Sentence | None:
        """What time alone will change next."""
        change = self.entry.line["next_change"]
        return None if change is None else sentence_of(change)


@dataclass(frozen=True, slots=True)
class Listing:
    """A page: its rows, how many there are of what was asked for, and how many by tab and standing."""

    asked: Asked
    today: date
    rows: tuple[Shown, ...]
    total: int
    counts: Mapping[tuple[Tab, str], int]
    criteria: tuple[str, ...]

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // ON_A_PAGE))

    @property
    def previous(self) -> str | None:
        """The query of the page before; None: this is the first."""
        if self.asked.page == 1:
            return None
        first = self.rows[0].person if self.rows and self.asked.page > 2 else None
        return self.asked.with_(page=self.asked.page - 1, before=first and first.handle)

    @property
    def following(self) -> str | None:
        """The query of the next page; None: this is the last."""
        if self.asked.page >= self.pages:
            return None
        last = self.rows[-1].person if self.rows else None
        return self.asked.with_(page=self.asked.page + 1, after=last and last.handle)

    def of_tab(self, tab: Tab) -> int:
        """How many stand in a tab."""
        return sum(number for (each, _), number in self.counts.items() if each is tab)


def listing(
    store: Store,
    tenant: Tenant,
    study: str,
    viewer: str,
    seen: Collection[str],
    asked: Asked,
    now: datetime,
    *,
    nameless: bool = False,
) -> Listing:
    """A page of the worklist of a study. `viewer`: the account; `seen`: the studies that it may see; `nameless`: it
    wants names hidden."""
    today, since = day_of(tenant, now)
    wanted = wanted_of(asked, viewer, now, today, since)
    with store.snapshot() as whole:
        if wanted.search:
            wanted = replace(wanted, numbered=people.with_number(whole, tenant.name, wanted.search))
        entries, total = _page(whole, tenant.name, study, (today, since), asked, wanted)
        return Listing(
            asked,
            today,
            shown(whole, tenant.name, study, entries, seen, nameless=nameless),
            total,
            worklist_counts.by_stand(whole, tenant.name, study, today),
            tuple(each.id for each in tenant.catalog.studies[study].criteria),
        )


def _page(
    store: Store, tenant: str, study: str, day: tuple[date, datetime], asked: Asked, wanted: Wanted
) -> tuple[tuple[Entry, ...], int]:
    """The rows of a page, and how many there are of all pages: counted first, where that is known without a look at
    each row; and not at all, where the first page is the only one."""
    key, start = (store, tenant, study, asked.within, *day), (asked.page - 1) * ON_A_PAGE
    total = worklist.count(*key, wanted) if wanted.is_counted else None
    beside = _beside(store, tenant, study, asked)
    entries = worklist.page(*key, ON_A_PAGE, start, asked.order, wanted, beside=beside, total=total)
    if total is None:
        whole = asked.page == 1 and len(entries) < ON_A_PAGE
        total = len(entries) if whole else worklist.count(*key, wanted)
    return entries, total


def _beside(store: Store, tenant: str, study: str, asked: Asked) -> Beside | None:
    """The row from which somebody turned the page; none for the first page, where all begins."""
    handle = asked.after or asked.before
    known = people.by_handle(store, handle) if handle and asked.page > 1 else None
    if known is None or known.tenant != tenant:
        return None
    row = worklist.find(store, tenant, study, known.patient)
    return None if row is None else Beside(row, before=asked.after is None)


def counted(store: Store, tenant: Tenant, study: str, now: datetime, *, exactly: bool) -> Mapping[Tab, int | None]:
    """How many stand in each tab. `exactly` False, for whoever may not see patients: None where it tells of few."""
    counts = worklist_counts.by_stand(store, tenant.name, study, day_of(tenant, now)[0])
    by_tab = {tab.value: sum(number for (each, _), number in counts.items() if each is tab) for tab in Tab}
    published = exact(by_tab) if exactly else suppressed(by_tab)
    return {tab: published.cells[tab.value] for tab in Tab}


def shown(
    store: Store, tenant: str, study: str, entries: Collection[Entry], seen: Collection[str], *, nameless: bool = False
) -> tuple[Shown, ...]:
    """The rows with who they are. Of a study that is not theirs the viewer learns only that there is one."""
    patients = [each.patient for each in entries]
    known = people.of_many(store, tenant, patients)
    elsewhere: dict[str, list[tuple[str, str]]] = {}
    for each in worklist.of_patients(store, tenant, patients):
        if each.study == study:
            continue
        stand = each.status or stand_of(each.standing, each.later, each.line["machine"])
        if each.study in seen and (each.status is not None or each.standing != "ineligible"):
            elsewhere.setdefault(each.patient, []).append((each.study, stand))
        elif each.study not in seen and each.status in TAKEN:
            elsewhere.setdefault(each.patient, []).append((ANOTHER, "on-study"))
    names = _names(store, entries)
    made = (
        Shown(each, known.get(each.patient), tuple(dict.fromkeys(elsewhere.get(each.patient, ()))), names=names)
        for each in entries
    )
    return tuple(_without_name(each) if nameless else each for each in made)


def _names(store: Store, entries: Collection[Entry]) -> dict[str, str]:
    """What those are called who answered something that keeps somebody out."""
    asked = {one["decided"]["by"] for each in entries for one in each.line["against"] if "decided" in one}
    found = (accounts.find(store, each) for each in asked)
    return {each.id: each.name for each in found if each is not None}


def _without_name(row: Shown) -> Shown:
    """The same without the name, birth date and numbers, wherever they stand."""
    entry, person = replace(row.entry, found_by=None), row.person
    if person is None:
        return replace(row, entry=entry, nameless=True)
    change = entry.line["next_change"]
    # The day on which somebody turns so many years tells when they were born.
    ageless = None if change is not None and change.get("what") == What.AGE else change
    entry = replace(entry, line=hide({**entry.line, "next_change": ageless}, person))
    return replace(row, entry=entry, person=replace(person, name=None, born=None, identifiers={}), nameless=True)


def day_of(tenant: Tenant, now: datetime) -> tuple[date, datetime]:
    """Which day it is at the site, and when it began."""
    zone = tenant.catalog.site.zone
    today = now.astimezone(zone).date()
    return today, datetime.combine(today, time(), zone)
