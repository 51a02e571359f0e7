"""What somebody asks of a worklist, as an address says it; and what that means for the database."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from service.errors import UsageError
from service.store.worklist import Wanted
from service.store.worklist_news import Lately, News
from service.store.worklist_order import Order
from service.store.worklist_tabs import Tab

MOST_PAGES = 10_000
SIGNALS = {"strong": 0, "weak": 1}
ME, NOBODY = "me", "nobody"
INELIGIBLE = "ineligible"  # as the records stand; and, as a status that people set:
BY_A_PERSON = f"{INELIGIBLE}-by-a-person"
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
LONGEST_HANDLE = 100
WHERE = ("page", "after", "before")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked for; a search is never in an address.

    `criterion`: whom it keeps out, and `news`: of the day, are looked for in all tabs, as what is searched is. `after`,
    `before`: the handle of the last or first patient of the page that they come from, so that what comes next is found
    however long the list is, and nobody is passed over when it changed meanwhile. Where there is no such row any more,
    `page` decides alone.
    """

    tab: Tab = Tab.NOW
    order: Order = Order.USUAL
    page: int = 1
    standing: str | None = None
    signal: str | None = None
    missing: str | None = None
    criterion: str | None = None
    news: News | None = None
    claimed: str | None = None
    changed_days: int | None = None
    coming_days: int | None = None
    after: str | None = None
    before: str | None = None
    search: str | None = field(default=None, repr=False)

    @property
    def within(self) -> Tab | None:
        """The tab in which is looked; None: in all."""
        return None if self.search or self.criterion or self.news else self.tab

    @property
    def narrowed(self) -> bool:
        """Is it less than the whole tab?"""
        return any((self.standing, self.signal, self.missing, self.claimed, self.changed_days, self.coming_days))

    def with_(self, **changes: Any) -> str:
        """The query of an address that asks the same, from the first page on, but for these changes."""
        told = {name: getattr(self, name) for name in self.__slots__ if name not in (*WHERE, "search")} | changes
        first = told.get("page") == 1
        return urlencode(
            {
                name: str(each)
                for name, each in told.items()
                if each not in (None, "") and not (first and name == "page")
            }
        )

    def here(self) -> str:
        """The query of an address that asks the same, on this page."""
        return self.with_(**{name: getattr(self, name) for name in WHERE})


NAMES = frozenset(Asked.__slots__) - {"search"}


def asked_of(given: Mapping[str, str], search: str | None = None) -> Asked:
    """What the parameters of an address ask for. Raises UsageError for what is none of ours."""
    try:
        signal, claimed, news = (given.get(name) or None for name in ("signal", "claimed", "news"))
        made = Asked(
            tab=Tab(given.get("tab") or Tab.NOW),
            order=Order(given.get("order") or Order.USUAL),
            page=_number(given.get("page"), MOST_PAGES) or 1,
            standing=_code(given.get("standing")),
            signal=signal,
            missing=_code(given.get("missing")),
            criterion=_code(given.get("criterion")),
            news=None if news is None else News(news),
            claimed=claimed,
            changed_days=_number(given.get("changed_days"), 366),
            coming_days=_number(given.get("coming_days"), 366),
            after=(given.get("after") or "")[:LONGEST_HANDLE] or None,
            before=(given.get("before") or "")[:LONGEST_HANDLE] or None,
            search=(search or "").strip()[:100] or None,
        )
    except ValueError:
        raise UsageError("the address asks for what there is not; begin again from the list of studies") from None
    odd = not NAMES.issuperset(given.keys())
    if odd or (signal is not None and signal not in SIGNALS) or claimed not in (None, ME, NOBODY):
        raise UsageError("the address asks for what there is not; begin again from the list of studies")
    return made


def wanted_of(asked: Asked, viewer: str, now: datetime, today: date, since: datetime) -> Wanted:
    """What that means for the database. `since`: when `today` began."""
    if asked.search:
        return Wanted(search=asked.search)
    return Wanted(
        standing=INELIGIBLE if asked.standing == BY_A_PERSON else asked.standing,
        by_person={INELIGIBLE: False, BY_A_PERSON: True}.get(asked.standing or ""),
        rank=None if asked.signal is None else SIGNALS[asked.signal],
        missing=asked.missing,
        against=asked.criterion,
        news=None if asked.news is None else Lately(asked.news, today, since, now),
        claimed={None: None, ME: viewer, NOBODY: ""}[asked.claimed],
        changed_since=None if asked.changed_days is None else now - timedelta(days=asked.changed_days),
        coming_before=None if asked.coming_days is None else since + timedelta(days=asked.coming_days + 1),
    )


def _code(text: str | None) -> str | None:
    """A standing, a status, or the id of a criterion; others are not looked for. Raises ValueError."""
    if text and not CODE.fullmatch(text):
        raise ValueError("no such code")
    return text or None


def _number(text: str | None, most: int) -> int | None:
    """A number from 1 on. Raises ValueError."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10) or not 1 <= int(text) <= most:
        raise ValueError("no such number")
    return int(text)
