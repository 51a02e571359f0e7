"""Whom to screen, and when: one piece of work for each patient of a tenant, however many events ask for it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, literal, null

from service.errors import InvalidValue
from service.store import leases
from service.store.engine import Store, insert_into
from service.store.leases import MOST_TRIES, Counts, Dead, Lease, State
from service.store.tables import screenings

SEPARATOR = ","


@dataclass(frozen=True, slots=True)
class ClaimedScreening:
    """A patient to screen, why (codes, sorted), and the lease on it."""

    lease: Lease
    tenant: str
    patient: str
    reasons: tuple[str, ...]


def request(store: Store, tenant: str, patient: str, reason: str, due: datetime) -> bool:
    """Ask for a screening not before `due`. False if one was asked for already, and this request joins it.

    The earliest `due` counts, except that a patient whose screening just failed waits for the next try. A screening
    that is being done does not answer the request, as it may have read the record before: it is done once more. One
    that was given up begins anew. `reason` is a code without commas. Who asks for several patients within one
    transaction takes them in sorted order, so that two of them cannot block each other.
    """
    if not reason or SEPARATOR in reason:
        raise InvalidValue("the reason of a screening is a code without commas")
    values = {"tenant": tenant, "patient": patient, "reasons": reason, "requests": 1, **leases.fresh(due)}
    with store.writing() as connection:
        statement = insert_into(connection, screenings).values(**values)
        columns = screenings.c
        claimed = columns.state == State.CLAIMED
        kept, later = columns.reasons, columns.again_reasons
        changes = {
            **leases.asked_again(screenings, statement.excluded.due),
            "reasons": case((claimed, kept), else_=_joined(kept, statement.excluded.reasons)),
            "again_reasons": case((claimed, _joined(later, statement.excluded.reasons)), else_=later),
            "requests": columns.requests + 1,
        }
        row = connection.execute(
            statement.on_conflict_do_update(index_elements=["tenant", "patient"], set_=changes).returning(
                columns.requests
            )
        ).one()
    return bool(row.requests == 1)


def _joined(codes: ColumnElement[Any], code: ColumnElement[Any]) -> ColumnElement[Any]:
    """The codes with one more, which is not repeated."""
    around = literal(SEPARATOR)
    known = func.replace(around + codes + around, around + code + around, "") != around + codes + around
    return case((codes.is_(None), code), (known, codes), else_=codes + around + code)


def claim(
    store: Store,
    now: datetime,
    lease: timedelta,
    most: int,
    *,
    most_tries: int = MOST_TRIES,
    tenants: Collection[str] | None = None,
) -> tuple[ClaimedScreening, ...]:
    """Claim screenings that are due; of these `tenants` alone, if given."""
    more = screenings.c.again_reasons.is_not(None)
    both = screenings.c.reasons + literal(SEPARATOR) + screenings.c.again_reasons
    changes = {"reasons": case((more, both), else_=screenings.c.reasons), "again_reasons": null()}
    with store.writing() as connection:
        rows = leases.claim(connection, screenings, now, lease, most, most_tries, tenants, changes)
    return tuple(
        ClaimedScreening(
            leases.lease_of(row), row.tenant, row.patient, tuple(sorted(set(row.reasons.split(SEPARATOR))))
        )
        for row in rows
    )


def done(store: Store, lease: Lease) -> bool:
    """The patient was screened. True if it was asked for again meanwhile, and is done once more. Raises LeaseLost."""
    with store.writing() as connection:
        row = leases.held(connection, screenings, lease)
        if row.again is None:
            connection.execute(delete(screenings).where(screenings.c.id == lease.id))
            return False
        leases.wait_again(connection, screenings, row, reasons=row.again_reasons, again_reasons=None, requests=1)
        return True


def failed(store: Store, lease: Lease, error: str, retry_at: datetime | None) -> State:
    """The patient could not be screened: try again at `retry_at`, or never. Raises LeaseLost."""
    return leases.failed(store, screenings, lease, error, retry_at)


def postponed(store: Store, lease: Lease, until: datetime) -> None:
    """It could not even be begun: try again at `until`, as if this had been no try. Raises LeaseLost."""
    leases.postponed(store, screenings, lease, until)


def renew(store: Store, lease: Lease, until: datetime) -> Lease:
    """Hold it for longer. Raises LeaseLost."""
    return leases.renew(store, screenings, lease, until)


def dead(store: Store, most: int = 1000) -> tuple[Dead, ...]:
    """The screenings that were given up, the oldest first."""
    return leases.dead(store, screenings, most)


def retry(store: Store, screening: int, now: datetime) -> bool:
    """Let one that was given up be tried again. False if there is none of this id."""
    return leases.retry(store, screenings, screening, now)


def counts(store: Store) -> dict[str, Counts]:
    """How many screenings there are to do, by tenant."""
    return leases.counts(store, screenings)
