"""inbox list, inbox retry: the work that waits, the work that was given up, and how the subscriptions are doing."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from service.cli.console import out
from service.cli.inputs import add_tenant
from service.cli.installation import check_tenant, database, now
from service.errors import UsageError
from service.settings import Settings
from service.store import audit, feeds, troubles, upkeep
from service.store.engine import Store
from service.store.feeds import Feed
from service.store.inbox import INBOX
from service.store.outbox import OUTBOX
from service.store.queues import Counts, Dead, Queue
from service.store.screenings import SCREENINGS

ACTOR = "command-line"
QUEUES: dict[str, Queue[Any]] = {"delivery": INBOX, "screening": SCREENINGS, "write": OUTBOX}
MOST = 1000


def add_inbox(command: ArgumentParser) -> None:
    """`prescreen inbox`."""
    actions = command.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="what waits, what was given up and why, how the subscriptions are doing")
    add_tenant(listing)
    listing.set_defaults(run=list_work)
    again = actions.add_parser("retry", help="let work that was given up be tried again")
    again.add_argument("what", nargs="+", type=_work, metavar="KIND-NUMBER", help="as it is listed; or all")
    again.set_defaults(run=retry)


def list_work(chosen: Namespace) -> int:
    """Counts by tenant, subscriptions, and dead letters."""
    settings = Settings.from_env()
    with database(settings) as store:
        tenant = chosen.tenant
        check_tenant(settings, tenant, {name for queue in QUEUES.values() for name in queue.counts(store)})
        for line in (
            *_counts(store, tenant),
            *_feeds(store, tenant),
            *_upkeep(store, tenant),
            *_troubles(store, tenant),
            *_dead(store, tenant),
        ):
            out(line)
    return 0


def retry(chosen: Namespace) -> int:
    """Try again what is named, or all that was given up."""
    with database(Settings.from_env()) as store:
        named = _all_dead(store) if ("all", 0) in chosen.what else chosen.what
        lost = [f"{kind}-{number}" for kind, number in named if not QUEUES[kind].retry(store, number, now())]
        done = len(named) - len(lost)
        if done:
            audit.append(store, audit.Entry(now(), "*", ACTOR, "retried", detail={"pieces": done}))
    out(f"{done} to be tried again.")
    if lost:
        raise UsageError(f"not given up, or not there: {', '.join(lost)}; see: prescreen inbox list")
    return 0


def _all_dead(store: Store) -> list[tuple[str, int]]:
    return [(kind, each.id) for kind, queue in QUEUES.items() for each in queue.dead(store, MOST)]


def _counts(store: Store, tenant: str | None) -> Iterator[str]:
    told = [
        (name, kind, counts)
        for kind, queue in QUEUES.items()
        for name, counts in queue.counts(store).items()
        if tenant in (None, name)
    ]
    for name, kind, counts in sorted(told, key=lambda each: each[:2]):
        yield f"{name}: {kind}: {_state(counts)}"
    if not told:
        yield "No work was ever kept here."


def _state(counts: Counts) -> str:
    states = {"waiting": counts.waiting, "claimed": counts.claimed, "done": counts.done, "given up": counts.dead}
    since = f", the first due {_when(counts.oldest)}" if counts.oldest else ""
    return ", ".join(f"{number} {name}" for name, number in states.items()) + since


def _feeds(store: Store, tenant: str | None) -> Iterator[str]:
    for feed in feeds.of_tenant(store, tenant):
        yield f"{feed.tenant}: subscription {feed.subscription}: {_condition(feed)}"


def _upkeep(store: Store, tenant: str | None) -> Iterator[str]:
    for each in upkeep.every(store, tenant):
        told = [f"looked after {_when(each.looked)}", f"next {_when(each.due)}"]
        told += [f"not kept alive: {each.problem}"] if each.problem else []
        yield f"{each.tenant}: subscriptions: {', '.join(told)}"


def _troubles(store: Store, tenant: str | None) -> Iterator[str]:
    """Servers out of reach, and types of which something is lacking, as they were found last."""
    for each in troubles.every(store, tenant):
        about = "out of reach" if each.about == troubles.WHOLE else f"{each.about} is lacking"
        yield f"{each.tenant}: {each.place}: {about} ({each.code}) since {_when(each.since)}, last {_when(each.at)}"


def _condition(feed: Feed) -> str:
    missing = sum(gap.last - gap.first + 1 for gap in feed.position.missing)
    told = [
        f"status {feed.status or 'not known'}",
        f"last event {feed.position.last}",
        f"{missing} missing",
        f"heard {_when(feed.heard)}",
    ]
    told += [f"error {feed.error}"] if feed.error else []
    told += [f"ends {_when(feed.ends)}"] if feed.ends else []
    told += [f"to be reconciled since {_when(feed.reconcile_since)}"] if feed.reconcile_since else []
    return ", ".join(told)


def _dead(store: Store, tenant: str | None) -> Iterator[str]:
    for kind, queue in QUEUES.items():
        for each in queue.dead(store, MOST):
            if tenant in (None, each.tenant):
                yield f"{kind}-{each.id}: given up after {each.tries} tries, {each.error or 'unknown'} ({_about(each)})"


def _about(dead: Dead) -> str:
    parts: dict[str, str | None] = {"subscription": dead.subscription, "study": dead.study, "patient": dead.patient}
    return ", ".join([dead.tenant, *(f"{name} {value}" for name, value in parts.items() if value)])


def _when(moment: datetime | None) -> str:
    return "never" if moment is None else moment.isoformat(timespec="seconds")


def _work(text: str) -> tuple[str, int]:
    kind, _, number = text.partition("-")
    if text == "all":
        return "all", 0
    if kind not in QUEUES or not (number.isascii() and number.isdigit()):
        raise ArgumentTypeError(f"{text!r} is no piece of work; write it as it is listed, such as delivery-12")
    return kind, int(number)
