"""Who is signed in, in which browser: the browser has a token, the database what it hashes to."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, insert, select, update

from service.store.engine import Store
from service.store.tables import sessions

SEEN_ANEW = timedelta(minutes=1)  # a request within that time after the last one is not written down


@dataclass(frozen=True, slots=True)
class Session:
    """A session of an account. `source`: how they signed in. `content` holds what belongs to it, and no secret."""

    digest: str = field(repr=False)
    account: str
    source: str
    content: Mapping[str, Any]
    began: datetime
    seen: datetime
    expires: datetime


def begin(
    store: Store, account: str, source: str, now: datetime, lasts: timedelta, content: Mapping[str, Any] | None = None
) -> str:
    """Begin a session; returns the token, which is known nowhere else."""
    token = secrets.token_urlsafe(32)
    values = {"digest": digest_of(token), "account": account, "source": source, "content": dict(content or {})}
    with store.writing() as connection:
        connection.execute(insert(sessions).values(**values, began=now, seen=now, expires=now + lasts))
    return token


def find(store: Store, token: str, now: datetime, idle: timedelta) -> Session | None:
    """The session of this token, if it has neither expired nor been unused for so long."""
    with store.reading() as connection:
        row = connection.execute(select(sessions).where(sessions.c.digest == digest_of(token))).one_or_none()
    if row is None or row.expires <= now or row.seen + idle <= now:
        return None
    found = Session(**row._mapping)
    if now - found.seen >= SEEN_ANEW:
        with store.writing() as connection:
            connection.execute(update(sessions).where(sessions.c.digest == found.digest).values(seen=now))
    return found


def keep(store: Store, token: str, content: Mapping[str, Any]) -> None:
    """What belongs to the session of this token, in place of what was there."""
    with store.writing() as connection:
        connection.execute(update(sessions).where(sessions.c.digest == digest_of(token)).values(content=dict(content)))


def end(store: Store, token: str) -> None:
    """End the session of this token."""
    with store.writing() as connection:
        connection.execute(delete(sessions).where(sessions.c.digest == digest_of(token)))


def end_all(store: Store, account: str, but: str | None = None) -> int:
    """End every session of an account (but that of the token `but`); how many."""
    theirs = [sessions.c.account == account]
    if but is not None:
        theirs.append(sessions.c.digest != digest_of(but))
    with store.writing() as connection:
        return connection.execute(delete(sessions).where(*theirs)).rowcount


def of_account(store: Store, account: str, now: datetime) -> tuple[Session, ...]:
    """The sessions of an account that have not expired, the one used last first."""
    theirs = (sessions.c.account == account, sessions.c.expires > now)
    with store.reading() as connection:
        rows = connection.execute(select(sessions).where(*theirs).order_by(sessions.c.seen.desc())).all()
    return tuple(Session(**row._mapping) for row in rows)


def digest_of(token: str) -> str:
    """What the database knows of a token: nobody can go back from it."""
    return sha256(token.encode()).hexdigest()
