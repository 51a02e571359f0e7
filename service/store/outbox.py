"""What should stand in the target: for each study and patient the newest content, until it was written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, delete, or_, select

from service.store.engine import Store, insert_into
from service.store.leases import Lease, State, asked_again, fresh, held, lease_of, wait_again
from service.store.queues import Queue
from service.store.tables import outbox


@dataclass(frozen=True, slots=True)
class ClaimedWrite:
    """A content to write, its digest, and the lease on it."""

    lease: Lease
    tenant: str
    study: str
    patient: str
    digest: str
    content: dict[str, object]


def _claimed(row: Row[Any]) -> ClaimedWrite:
    return ClaimedWrite(lease_of(row), row.tenant, row.study, row.patient, row.digest, row.content)


OUTBOX = Queue(outbox, _claimed)


def put(
    store: Store, tenant: str, study: str, patient: str, digest: str, content: Mapping[str, object], due: datetime
) -> bool:
    """Let `content`, a JSON object, be written from `due` on. It takes the place of an older one that still waits.

    One that is being written is followed by this one, and one that was given up is replaced. Returns False, and changes
    nothing, if the same digest waits already, or is just being written and nothing is to follow it.
    """
    values = {"tenant": tenant, "study": study, "patient": patient, "digest": digest, "content": dict(content)}
    with store.writing() as connection:
        statement = insert_into(connection, outbox).values(**values, **fresh(due))
        new = statement.excluded
        columns = outbox.c
        other = or_(columns.digest != new.digest, columns.state == State.DEAD)
        row = connection.execute(
            statement.on_conflict_do_update(
                index_elements=["tenant", "study", "patient"],
                set_={"digest": new.digest, "content": new.content, **asked_again(outbox, new.due)},
                where=other,
            ).returning(columns.id)
        ).one_or_none()
    return row is not None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A content that is to be written, whether somebody is at it or not."""

    study: str
    patient: str
    digest: str
    content: dict[str, object]


def is_wanted(store: Store, tenant: str, study: str, patient: str) -> bool:
    """Is anything to be written for this study and patient, is it being written, or was it given up?

    Then a part of it may stand in the target already.
    """
    of_row = (outbox.c.tenant == tenant, outbox.c.study == study, outbox.c.patient == patient)
    with store.reading() as connection:
        return connection.execute(select(outbox.c.id).where(*of_row)).first() is not None


def waiting(store: Store, tenant: str, most: int, after: tuple[str, str] = ("", "")) -> tuple[Waiting, ...]:
    """What is to be written, by patient and study: at most `most`, from the one after `after` on. Claims nothing."""
    columns = outbox.c
    later = or_(columns.patient > after[0], and_(columns.patient == after[0], columns.study > after[1]))
    page = (
        select(columns.study, columns.patient, columns.digest, columns.content)
        .where(columns.tenant == tenant, columns.state != State.DEAD, later)
        .order_by(columns.patient, columns.study)
        .limit(most)
    )
    with store.reading() as connection:
        return tuple(Waiting(*row) for row in connection.execute(page))


def done(store: Store, lease: Lease) -> bool:
    """It was written. True if a newer content came meanwhile, which is written next. Raises LeaseLost."""
    with store.writing() as connection:
        row = held(connection, outbox, lease)
        if row.again is None:
            connection.execute(delete(outbox).where(outbox.c.id == lease.id))
            return False
        wait_again(connection, outbox, row)
        return True


def withdraw(store: Store, tenant: str, study: str, patient: str) -> bool:
    """Take back what was not yet begun. False if there is nothing of the kind, or it is being written."""
    of_row = and_(outbox.c.tenant == tenant, outbox.c.study == study, outbox.c.patient == patient)
    with store.writing() as connection:
        taken = connection.execute(delete(outbox).where(of_row, outbox.c.state != State.CLAIMED))
    return taken.rowcount == 1
