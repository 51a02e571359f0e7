"""What is forgotten: all of one patient, and what is older than a site keeps."""

import re
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, exists, insert, not_, or_, select, tuple_

from service.store import feeds
from service.store.attempts import PERIOD
from service.store.engine import Store
from service.store.leases import State
from service.store.tables import (
    assessments,
    attempts,
    audit,
    card_responses,
    cards,
    current,
    decisions,
    deliveries,
    forgetting,
    launches,
    merges,
    outbox,
    people,
    published,
    screenings,
    series,
    sessions,
    tokens,
    worklist,
)


@dataclass(frozen=True, slots=True)
class Keep:
    """How long things are kept.

    `cards`: what was shown on cards, and what became of it. `deliveries`: what is known of a notification that was
    worked off, or given up. `events`: the numbers of events, by which repetitions are known. `superseded`: an
    assessment that does not hold any more. `unconfirmed`: one that holds, but was not confirmed for so long; what is
    known of its resource in the target goes with it. `audit`: who did what.
    """

    deliveries: timedelta = timedelta(days=90)
    events: timedelta = timedelta(days=365)
    superseded: timedelta = timedelta(days=365)
    unconfirmed: timedelta = timedelta(days=3 * 365)
    audit: timedelta = timedelta(days=6 * 365)
    cards: timedelta = timedelta(days=3 * 365)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows of each kind are gone."""

    deliveries: int = 0
    events: int = 0
    screenings: int = 0
    assessments: int = 0
    current: int = 0
    outbox: int = 0
    published: int = 0
    audit: int = 0
    launches: int = 0
    cards: int = 0
    card_responses: int = 0
    series: int = 0
    tokens: int = 0
    sessions: int = 0
    decisions: int = 0
    merges: int = 0
    worklist: int = 0
    people: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return sum(getattr(self, each.name) for each in fields(self))


def delete_patient(store: Store, tenant: str, patient: str) -> Forgotten:
    """Delete all that is kept about one patient.

    That includes each notification not yet worked off that names the patient. One that names others, too, is gone for
    them as well: where `deliveries` is not 0, the caller reconciles. Whom a launch from the EHR is about cannot be told
    without its key, so all launches of the tenant end. SQLite's file is overwritten where it was; of
    PostgreSQL, the backups and write-ahead logs are up to its administrator.
    """
    with store.transaction() as whole, whole.writing() as connection:
        _permit(connection)
        gone = {"deliveries": _delete_deliveries(connection, tenant, patient)}
        gone["card_responses"] = _delete(connection, card_responses, _about(tenant, patient))
        gone["decisions"], gone["merges"] = _delete_decisions(connection, tenant, patient)
        about = (current, assessments, series, screenings, outbox, published, audit, cards, worklist, people)
        for table in about:
            mine = (table.c.tenant == tenant, table.c.patient == patient)
            gone[table.name] = connection.execute(delete(table).where(*mine)).rowcount
        gone["launches"] = _delete(connection, launches, launches.c.tenant == tenant)
        _forbid(connection)
    _overwrite(store)
    return Forgotten(**gone)


def _delete_decisions(connection: Connection, tenant: str, patient: str) -> tuple[int, int]:
    """What was decided about the patient, under this record and those that were merged into it."""
    about = and_(merges.c.tenant == tenant, merges.c.survivor == patient)
    others = connection.scalars(select(merges.c.patient).where(about)).all()
    mine = and_(decisions.c.tenant == tenant, decisions.c.patient.in_([patient, *others]))
    named = and_(merges.c.tenant == tenant, or_(merges.c.survivor == patient, merges.c.patient == patient))
    return _delete(connection, decisions, mine), _delete(connection, merges, named)


def purge(store: Store, now: datetime, keep: Keep) -> Forgotten:
    """Delete what is older than is kept, and which tokens were used that are refused for their age by now.

    Work that waits or is being done stays, however old; so does what people decided, until its patient is forgotten.
    """
    stale = current.c.touched < now - keep.unconfirmed
    finished = or_(
        deliveries.c.finished < now - keep.deliveries,
        and_(deliveries.c.state == State.DEAD, deliveries.c.received < now - keep.deliveries),
    )
    with store.transaction() as whole, whole.writing() as connection:
        _permit(connection)
        gone = {
            "deliveries": _delete(connection, deliveries, finished),
            "events": feeds.forget_events(whole, now - keep.events),
            "current": _delete(connection, current, stale),
            "series": _delete(connection, series, _lone()),
            "assessments": _delete(connection, assessments, _unused(now, keep)),
            "published": _delete(connection, published, _lost(now - keep.unconfirmed)),
            "audit": _delete(connection, audit, audit.c.at < now - keep.audit),
            "launches": _delete(connection, launches, launches.c.expires <= now),
            "card_responses": _delete(connection, card_responses, _unowned(now - keep.cards)),
            "cards": _delete(connection, cards, cards.c.shown < now - keep.cards),
            "tokens": _delete(connection, tokens, tokens.c.until < now),
            "sessions": _delete(connection, sessions, sessions.c.expires <= now),
            "worklist": _delete(connection, worklist, _not_in(current, worklist, ("tenant", "study", "patient"))),
            "people": _delete(connection, people, _not_in(worklist, people, ("tenant", "patient"))),
        }
        _delete(connection, attempts, attempts.c.since <= now - PERIOD)
        _forbid(connection)
    _overwrite(store)
    return Forgotten(**gone)


def _about(tenant: str, patient: str) -> Any:
    """Responses to cards that were about this patient."""
    mine = select(cards.c.card).where(cards.c.tenant == tenant, cards.c.patient == patient)
    return and_(card_responses.c.tenant == tenant, card_responses.c.card.in_(mine))


def _unowned(before: datetime) -> Any:
    """Responses that are old, and those to cards that are: without its card nobody could find one of a patient."""
    old = select(cards.c.tenant, cards.c.card).where(cards.c.shown < before)
    return or_(
        card_responses.c.received < before,
        tuple_(card_responses.c.tenant, card_responses.c.card).in_(old),
    )


def _unused(now: datetime, keep: Keep) -> Any:
    """Entries of the history to which nothing points, and which are old enough."""
    holding = exists(select(current.c.assessment).where(current.c.assessment == assessments.c.id))
    return and_(assessments.c.made < now - keep.superseded, not_(holding))


def _lone() -> Any:
    """Series of which the assessment is gone."""
    key = ("tenant", "study", "patient")
    assessed = exists(select(current.c.patient).where(*(current.c[name] == series.c[name] for name in key)))
    return not_(assessed)


def _not_in(listed: Table, table: Table, key: tuple[str, ...]) -> Any:
    """Rows of a table of which the other holds none of the same key."""
    return not_(exists(select(listed.c.tenant).where(*(listed.c[name] == table.c[name] for name in key))))


def _lost(before: datetime) -> Any:
    """What is known of resources of which there is no assessment any more."""
    key = ("tenant", "study", "patient")
    assessed = exists(select(current.c.patient).where(*(current.c[name] == published.c[name] for name in key)))
    return and_(published.c.checked < before, not_(assessed))


def _delete(connection: Connection, table: Table, which: Any) -> int:
    return connection.execute(delete(table).where(which)).rowcount


def _delete_deliveries(connection: Connection, tenant: str, patient: str) -> int:
    """Those not yet worked off that name the patient; the others hold no content any more."""
    columns = deliveries.c
    rows = connection.execute(
        select(columns.id, columns.path, columns.body).where(columns.tenant == tenant, columns.state != State.DONE)
    )
    naming = [row.id for row in rows if _names(patient, row.path or "", row.body or b"")]
    for number in naming:
        connection.execute(delete(deliveries).where(columns.id == number))
    return len(naming)


def _names(patient: str, path: str, body: bytes) -> bool:
    """Is there a reference to the patient, or the Patient itself? JSON may write any character as \\uXXXX."""
    shown = re.sub(r"\\u([0-9a-fA-F]{4})", lambda each: chr(int(each[1], 16)), body.decode(errors="replace"))
    said = f"{path}\n{shown}".replace("\\/", "/")
    this = re.escape(patient)
    referred = re.search(rf"(?:Patient/|urn:uuid:){this}(?![A-Za-z0-9.\-])", said)
    itself = re.search(r'"resourceType"\s*:\s*"Patient"', said) and re.search(rf'"id"\s*:\s*"{this}"', said)
    return bool(referred or itself)


def _permit(connection: Connection) -> None:
    """From here to the end of the transaction, the history may be deleted from."""
    connection.execute(insert(forgetting).values(id=1))


def _forbid(connection: Connection) -> None:
    connection.execute(delete(forgetting))


def _overwrite(store: Store) -> None:
    """SQLite: empty the write-ahead log into the file, so that no earlier page is left in it."""
    if not store.on_sqlite or store.joined is not None:
        return
    connection = store.engine.raw_connection()  # a transaction would hold on to what is to be emptied
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
