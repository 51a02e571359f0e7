"""Whom to screen, and when: one piece of work for each patient of a tenant, however many events ask for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, delete, func, literal, null, or_

from service.errors import InvalidValue
from service.store.engine import Store, insert_into
from service.store.leases import Lease, State, asked_again, earlier, fresh, held, lease_of, wait_again
from service.store.queues import Queue
from service.store.tables import screenings

SEPARATOR = ","


@dataclass(frozen=True, slots=True)
class ClaimedScreening:
    """A patient to screen, why (codes, sorted), and the lease on it."""

    lease: Lease
    tenant: str
    patient: str
    reasons: tuple[str, ...]


def _claimed(row: Row[Any]) -> ClaimedScreening:
    return ClaimedScreening(lease_of(row), row.tenant, row.patient, tuple(sorted(set(row.reasons.split(SEPARATOR)))))


def _all_reasons() -> ColumnElement[Any]:
    """A claim answers what was asked for meanwhile, too."""
    kept, later = screenings.c.reasons, screenings.c.again_reasons
    return case((later.is_not(None), kept + literal(SEPARATOR) + later), else_=kept)


AT_CLAIM = {"reasons": _all_reasons(), "again_reasons": null(), "gather_until": null()}
SCREENINGS = Queue(screenings, _claimed, AT_CLAIM)


def request(store: Store, tenant: str, patient: str, reason: str, due: datetime, until: datetime | None = None) -> bool:
    """Ask for a screening not before `due`. False if one was asked for already, and this request joins it.

    The earliest `due` counts, with two exceptions. Requests that give `until` are gathered: each puts the screening off
    to its own `due`, but not beyond the `until` of the first. A patient whose screening just failed waits for the next
    try. A screening
    that is being done does not answer the request, as it may have read the record before: it is done once more. One
    that was given up begins anew. `reason` is a code without commas. Who asks for several patients within one
    transaction takes them in sorted order, so that two of them cannot block each other.
    """
    if not reason or SEPARATOR in reason:
        raise InvalidValue("the reason of a screening is a code without commas")
    values = {"tenant": tenant, "patient": patient, "reasons": reason, "requests": 1, "gather_until": until}
    with store.writing() as connection:
        statement = insert_into(connection, screenings).values(**values, **fresh(due))
        columns = screenings.c
        claimed = columns.state == State.CLAIMED
        kept, later = columns.reasons, columns.again_reasons
        new = statement.excluded
        changes = {
            **_when(new, asked_again(screenings, new.due)),
            "reasons": case((claimed, kept), else_=_joined(kept, new.reasons)),
            "again_reasons": case((claimed, _joined(later, new.reasons)), else_=later),
            "requests": columns.requests + 1,
        }
        row = connection.execute(
            statement.on_conflict_do_update(index_elements=["tenant", "patient"], set_=changes).returning(
                columns.requests
            )
        ).one()
    return bool(row.requests == 1)


def _when(new: Any, ungathered: dict[str, ColumnElement[Any]]) -> dict[str, ColumnElement[Any]]:
    """The columns that say when, with those of a `new` request that is gathered, or is not."""
    now = screenings.c
    is_gathered = and_(now.gather_until.is_not(None), new.gather_until.is_not(None))
    put_off = and_(now.state == State.WAITING, now.error.is_(None), is_gathered, new.due > now.due)
    instead = and_(now.state != State.CLAIMED, or_(now.state == State.DEAD, new.due < now.due))
    return {
        **ungathered,
        "due": case((put_off, earlier(now.gather_until, new.due)), else_=ungathered["due"]),
        "gather_until": case((instead, new.gather_until), else_=now.gather_until),
    }


def _joined(codes: ColumnElement[Any], code: ColumnElement[Any]) -> ColumnElement[Any]:
    """The codes with one more, which is not repeated."""
    around = literal(SEPARATOR)
    known = func.replace(around + codes + around, around + code + around, "") != around + codes + around
    return case((codes.is_(None), code), (known, codes), else_=codes + around + code)


def done(store: Store, lease: Lease) -> bool:
    """The patient was screened. True if it was asked for again meanwhile, and is done once more. Raises LeaseLost."""
    with store.writing() as connection:
        row = held(connection, screenings, lease)
        if row.again is None:
            connection.execute(delete(screenings).where(screenings.c.id == lease.id))
            return False
        wait_again(connection, screenings, row, reasons=row.again_reasons, again_reasons=None, requests=1)
        return True
