"""The subscriptions: what was asked for, what the server made of it, how far its counter was heard."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, null, select, update

from service.store import counting
from service.store.counting import Arrival, Event, Gap, Position
from service.store.engine import Store, insert_into
from service.store.tables import feed_events, feeds

KEY = ("tenant", "subscription")
ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Feed:
    """One subscription. `wanted` and `actual` are its resource as asked for, and as read from the server.

    `server_id`, `status` and `ends` are the server's; `error` is why a person has to look at it. `checked` is when it
    was read. `heard` is when anything came last, `queried` up to when the server was last asked for what is new,
    `whole` up to when it was surely active, or what it had missed was made good. `reconcile_since`: since when the
    whole feed has to be reconciled, or None.
    """

    tenant: str
    subscription: str
    wanted: Mapping[str, object] | None
    actual: Mapping[str, object] | None
    server_id: str | None
    status: str | None
    error: str | None
    ends: datetime | None
    checked: datetime | None
    whole: datetime | None
    position: Position
    heard: datetime | None
    queried: datetime | None
    reconcile_since: datetime | None


def want(store: Store, tenant: str, subscription: str, wanted: Mapping[str, object]) -> None:
    """Keep the definition that this subscription should have."""
    _put(store, tenant, subscription, wanted=dict(wanted))


def observe(
    store: Store,
    tenant: str,
    subscription: str,
    now: datetime,
    *,
    server_id: str | None,
    status: str | None,
    actual: Mapping[str, object] | None = None,
    error: str | None = None,
    ends: datetime | None = None,
    whole: datetime | None = None,
) -> None:
    """Keep what the server says of the subscription at `now`. One that is active is whole; of another, `whole` may be
    told, and otherwise stays."""
    values = {"server_id": server_id, "status": status, "actual": actual, "error": error, "ends": ends}
    upto = now if status == ACTIVE else whole
    known = {} if upto is None else {"whole": upto}
    _put(store, tenant, subscription, checked=now, **values, **known)


def complain(store: Store, tenant: str, subscription: str, error: str) -> None:
    """Keep why a person has to look at it, where nothing new is known of it."""
    _put(store, tenant, subscription, error=error)


def count_anew(store: Store, tenant: str, subscription: str) -> None:
    """Another Subscription took its place on the server, whose counter begins at its own beginning."""
    with store.writing() as connection:
        mine = _of(feeds, tenant, subscription)
        connection.execute(delete(feed_events).where(*_of(feed_events, tenant, subscription)))
        connection.execute(update(feeds).where(*mine).values(last_event=null(), gaps=null()))


def heard(
    store: Store, tenant: str, subscription: str, now: datetime, total: int | None = None, status: str | None = None
) -> Arrival:
    """A handshake, heartbeat or status came, with the count of events so far, if it says so."""
    told: dict[str, object] = {"heard": now} if status is None else {"heard": now, "status": status}

    def change(connection: Connection, position: Position) -> Arrival:
        arrival = Arrival(position) if total is None else counting.reach(position, total, now)
        if arrival.restarted:
            connection.execute(delete(feed_events).where(*_of(feed_events, tenant, subscription)))
        return arrival

    return _advance(store, tenant, subscription, change, **told)


def arrived(
    store: Store,
    tenant: str,
    subscription: str,
    events: Iterable[Event],
    now: datetime,
    total: int | None = None,
    seen: datetime | None = None,
) -> Arrival:
    """Events came. A `total` beyond them shows that others were counted, which are missing as yet.

    One below does not show a restart here, as a notification may come late. `seen`: when they surely had not happened
    before, if that is earlier than `now`.
    """
    given = tuple(events)

    def change(connection: Connection, position: Position) -> Arrival:
        numbers = {event.number for event in given}
        mine = _of(feed_events, tenant, subscription)
        columns = feed_events.c
        rows = connection.execute(select(columns.number, columns.digest).where(*mine, columns.number.in_(numbers)))
        arrival = counting.arrive(position, {row.number: row.digest for row in rows}, given, now)
        if arrival.restarted:
            connection.execute(delete(feed_events).where(*mine))
        digests = {event.number: event.digest for event in given}
        key = {"tenant": tenant, "subscription": subscription, "seen": seen or now}
        if arrival.fresh:
            lines = [{**key, "number": number, "digest": digests[number]} for number in arrival.fresh]
            connection.execute(insert(feed_events), lines)
        if total is not None and total > arrival.position.last:
            reached = counting.reach(arrival.position, total, now).position
            return Arrival(reached, arrival.fresh, arrival.repeated, arrival.restarted)
        return arrival

    return _advance(store, tenant, subscription, change, heard=now)


def digests(store: Store, tenant: str, subscription: str, numbers: Iterable[int]) -> dict[int, str]:
    """Of these event numbers, those that came before, with what was told of them."""
    columns, wanted = feed_events.c, tuple(numbers)
    with store.reading() as connection:
        rows = connection.execute(
            select(columns.number, columns.digest).where(
                *_of(feed_events, tenant, subscription), columns.number.in_(wanted)
            )
        )
        return {row.number: row.digest for row in rows}


def last_seen(store: Store, tenant: str, subscription: str, before: int) -> datetime | None:
    """Since when, at the latest, the event numbered below `before` was there; None if none is known.

    What has the number `before` did not happen earlier.
    """
    columns = feed_events.c
    mine = (*_of(feed_events, tenant, subscription), columns.number < before)
    with store.reading() as connection:
        statement = select(columns.seen).where(*mine).order_by(columns.number.desc()).limit(1)
        return connection.execute(statement).scalar_one_or_none()


def settled(store: Store, tenant: str, subscription: str, upto: int) -> Position:
    """What was missing up to the number `upto` was recovered, as by a query. Returns the position."""

    def change(_: Connection, position: Position) -> Arrival:
        return Arrival(counting.settle(position, upto))

    return _advance(store, tenant, subscription, change).position


def queried(store: Store, tenant: str, subscription: str, upto: datetime) -> None:
    """The server was asked for all that is new up to this instant, and answered completely."""
    _put(store, tenant, subscription, queried=upto)


def reconcile(store: Store, tenant: str, subscription: str, now: datetime) -> None:
    """The whole feed has to be reconciled, for a reason outside of its counter."""
    _put(store, tenant, subscription, reconcile_since=now)


def reconciled(store: Store, tenant: str, subscription: str, began: datetime) -> bool:
    """A reconciliation that began at `began` has ended. False if one became necessary after it had begun."""
    mine = _of(feeds, tenant, subscription)
    with store.writing() as connection:
        connection.execute(update(feeds).where(*mine, feeds.c.reconcile_since <= began).values(reconcile_since=null()))
        left = connection.execute(select(feeds.c.reconcile_since).where(*mine)).scalar_one_or_none()
    return left is None


def forget_events(store: Store, before: datetime) -> int:
    """Forget by what repetitions are known, of before that time. Returns how many events that were."""
    with store.writing() as connection:
        for row in connection.execute(select(feeds).with_for_update()).all():
            position = _position(row)
            kept = tuple(gap for gap in position.gaps if not gap.settled or gap.since >= before)
            if kept != position.gaps:
                mine = _of(feeds, row.tenant, row.subscription)
                connection.execute(update(feeds).where(*mine).values(gaps=_as_json(kept)))
        return connection.execute(delete(feed_events).where(feed_events.c.seen < before)).rowcount


def find(store: Store, tenant: str, subscription: str) -> Feed | None:
    """One subscription, or None."""
    with store.reading() as connection:
        row = connection.execute(select(feeds).where(*_of(feeds, tenant, subscription))).one_or_none()
    return None if row is None else _feed(row)


def of_tenant(store: Store, tenant: str | None = None) -> tuple[Feed, ...]:
    """The subscriptions of a tenant, or of all, sorted."""
    mine = [] if tenant is None else [feeds.c.tenant == tenant]
    with store.reading() as connection:
        rows = connection.execute(select(feeds).where(*mine).order_by(*(feeds.c[name] for name in KEY))).all()
    return tuple(_feed(row) for row in rows)


def forget(store: Store, tenant: str, subscription: str) -> bool:
    """Remove a subscription that is no longer wanted, with its counter. False if there is none."""
    with store.writing() as connection:
        connection.execute(delete(feed_events).where(*_of(feed_events, tenant, subscription)))
        return connection.execute(delete(feeds).where(*_of(feeds, tenant, subscription))).rowcount == 1


def _advance(
    store: Store,
    tenant: str,
    subscription: str,
    change: Callable[[Connection, Position], Arrival],
    **told: object,
) -> Arrival:
    """Change the counter of a subscription, which nobody else changes meanwhile, and the columns `told`."""
    with store.transaction() as whole, whole.writing() as connection:
        _put(whole, tenant, subscription, **told)
        mine = _of(feeds, tenant, subscription)
        row = connection.execute(select(feeds).where(*mine).with_for_update()).one()
        arrival = change(connection, _position(row))
        since = {"reconcile_since": row.heard} if arrival.restarted else {}
        gaps = {"gaps": _as_json(arrival.position.gaps), "last_event": arrival.position.last}
        connection.execute(update(feeds).where(*mine).values(**gaps, **since))
    return arrival


def _put(store: Store, tenant: str, subscription: str, **values: object) -> None:
    key = {"tenant": tenant, "subscription": subscription}
    with store.writing() as connection:
        row = insert_into(connection, feeds).values(**{**key, **values})
        there = row.on_conflict_do_update(index_elements=KEY, set_=values) if values else row.on_conflict_do_nothing()
        connection.execute(there)


def _of(table: Any, tenant: str, subscription: str) -> tuple[Any, ...]:
    return table.c.tenant == tenant, table.c.subscription == subscription


def _feed(row: Row[Any]) -> Feed:
    values = {name: getattr(row, name) for name in Feed.__slots__ if name != "position"}
    return Feed(position=_position(row), **values)


def _position(row: Row[Any]) -> Position:
    told = (row.gaps or {"gaps": []})["gaps"]
    gaps = tuple(Gap(first, last, datetime.fromisoformat(since), settled) for first, last, since, settled in told)
    return Position(row.last_event or 0, gaps)


def _as_json(gaps: tuple[Gap, ...]) -> dict[str, object]:
    return {"gaps": [[gap.first, gap.last, gap.since.isoformat(), gap.settled] for gap in gaps]}
