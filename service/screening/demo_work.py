"""What people did at the site of the demonstration before anybody signed in, so that no page of it is empty.

Of those who are to be looked at in a study, the first ones come to a clinic soon, and the last ones were worked on.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from service.screening.access.known import viewer_of
from service.screening.decisions.given import Given
from service.screening.decisions.kinds import Kind
from service.screening.decisions.make import decide
from service.screening.patient import screening_date
from service.screening.studying.upkeep import keep_versions, look_after
from service.screening.tenant import Tenant
from service.store import people, worklist
from service.store.engine import Store
from service.store.people import Coming
from service.store.worklist import Entry
from service.store.worklist_tabs import Tab

MOST = 200
LEFT_ALONE = 3  # at least so many have nothing decided about them
VISITS = (
    (timedelta(hours=2), "Rheumatology, room 4", "Dr. Erfunden"),
    (timedelta(days=1, hours=1), "Rheumatology, room 4", "Dr. Erfunden"),
    (timedelta(days=6, hours=3), "Gastroenterology", "Dr. Inventada"),
    (timedelta(days=13), "Ophthalmology", None),
)
LATER = timedelta(days=10)
REASON = "does not want to take part in a study"


def begin(store: Store, tenant: Tenant, account: str, now: datetime) -> None:
    """Let appointments be known, `account` have decided on some patients, and each study be counted."""
    for study in tenant.studies:
        rows = _open_in(store, tenant, study, now)
        for each, (after, clinic, clinician) in zip(rows, VISITS, strict=False):
            people.appoint(store, tenant.name, each.patient, Coming(now + after, clinic, clinician), now)
        _work(store, tenant, account, rows[LEFT_ALONE:], now)
    keep_versions(store, tenant, now)
    look_after(store, tenant, now)


def _open_in(store: Store, tenant: Tenant, study: str, now: datetime) -> tuple[Entry, ...]:
    today = screening_date(tenant, now)
    return worklist.page(store, tenant.name, study, Tab.NOW, today, now, MOST)


def _work(store: Store, tenant: Tenant, account: str, rows: Sequence[Entry], now: datetime) -> None:
    """The last of these said no, the one before waits, one is being screened, and one has somebody."""
    until = (now + LATER).date().isoformat()
    deeds: tuple[tuple[Kind, dict[str, object], str | None], ...] = (
        (Kind.STATUS, {"status": "declined"}, REASON),
        (Kind.SNOOZE, {"until": until}, None),
        (Kind.STATUS, {"status": "screening"}, None),
        (Kind.CLAIM, {"claimed": True}, None),
    )
    viewer = viewer_of(store, account, now)
    if viewer is None:
        return
    for each, (kind, content, reason) in zip(reversed(rows), deeds, strict=False):
        decide(store, tenant, viewer, Given(each.study, each.patient, kind, None, content, reason), now, 0)
