"""The 41 notification Bundles that HL7 publishes, POSTed to the application and worked off: each does the right thing.

What is read in each is listed in tests/notifications/test_official.py; here it goes the whole way.
"""

from pathlib import Path
from typing import Any

import pytest

from service.app import app_of
from service.fhir.notifications import Concerns
from service.screening import receive
from service.screening.receive import Processed, process
from service.screening.tenant import Tenant
from service.screening.whose import Whose
from service.settings import Settings
from service.store import feeds
from service.store.engine import Store
from service.store.inbox import INBOX
from service.store.queues import Counts
from tests.contracts.official import official
from tests.notifications.test_official import BASES, EVERY, _of, bundles
from tests.screening.tenants import HEADERS, LEASE, NOON, PATH, tenant
from tests.screening.world import catalog
from tests.web.test_hooks import OPEN, send

__all__ = ["bundles"]
pytestmark = pytest.mark.shared
LATER = NOON.replace(year=9999)


def base_of(name: str) -> str:
    return next(base for part, base in BASES.items() if part in name)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Concerns]:
    """What would be asked of the EHR; nothing is."""
    found: list[Concerns] = []

    def note(store: Store, tenant: Tenant, hook: object, todo: Concerns, *more: Any) -> Whose:
        found.append(todo)
        return Whose(frozenset(todo.patients))

    monkeypatch.setattr(receive, "whose", note)
    return found


@pytest.mark.parametrize("name", EVERY)
def test_an_example_is_accepted_and_worked_off(
    store: Store, shared: Path, bundles: dict[str, object], asked: list[Concerns], name: str
) -> None:
    kind, count, events, _, todo, breaches = EVERY[name]
    body = _of(bundles, name)
    north = tenant(base=base_of(name))
    client = app_of(catalog(), Settings(), (north,), store).test_client()  # type: ignore[arg-type]
    answer = send(client, body, PATH, headers=HEADERS)
    assert answer.status_code == (200 if breaches else 204)
    if breaches:
        told = answer.get_json()
        validator = official(shared / "data/definitions/r4", "OperationOutcome")
        assert [each.message for each in validator.iter_errors(told)] == []
        assert [each["expression"] for each in told["issue"]] == [[where] for _, where in breaches]
    (claimed,) = INBOX.claim(store, LATER, LEASE, 9)
    done = process(store, north, claimed, NOON, object())  # type: ignore[arg-type]
    assert (done.kind, done.screenings, done.restarted) == (kind, len(todo.patients), False)
    assert asked == [todo]
    (feed,) = feeds.of_tenant(store, "north")
    assert (feed.subscription, feed.position.last) == (
        "labs/admission" if "backport" in name else "labs/123",
        count if kind != "query-event" else max(number for number, _ in events),
    )
    heard = {number for number, _ in events}
    lost = {each for gap in feed.position.missing for each in range(gap.first, gap.last + 1)}
    assert lost == set(range(1, feed.position.last + 1)) - heard
    assert INBOX.counts(store)["north"] == Counts(done=1)


def test_all_of_them_come_to_the_hook_of_a_demonstration(store: Store, bundles: dict[str, object]) -> None:
    """It has no EHR and asks for no secret. Some examples are the same to the byte, and are kept once."""
    demo = tenant(OPEN, base=None)
    client = app_of(catalog(), Settings(), (demo,), store).test_client()  # type: ignore[arg-type]
    for name, row in EVERY.items():
        answer = send(client, _of(bundles, name), "/hooks/demo", headers={})
        assert answer.status_code == (200 if row[5] else 204), name
    claimed = INBOX.claim(store, LATER, LEASE, 99)
    assert len(claimed) == len({repr(_of(bundles, name)) for name in EVERY})
    done = [process(store, demo, each, NOON, None) for each in claimed]
    assert {each.error for each in done} == {None, "no-source"}
    assert all(
        each == Processed(each.kind, each.screenings, each.repeated, restarted=each.restarted) or each.error
        for each in done
    )
