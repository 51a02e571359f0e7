"""A dry run: the exact Bundle, and nothing written."""

from typing import Any

import pytest

from service.fhir.opinion import subject_identity
from service.screening import publish
from service.screening.publish import What
from service.screening.tenant import TargetKind
from service.store import outbox
from service.store.engine import Store
from service.store.outbox import OUTBOX
from tests.fhir_server.server import FhirServer
from tests.publishing.test_refusals import seeded
from tests.publishing.world import ALL, DAY, NOON, Json, office, only, writes


@pytest.mark.parametrize("standings", [("candidate",), ("candidate", "ineligible")])
def test_a_dry_run_shows_the_very_bundle_that_is_sent(
    store: Store, server: FhirServer, standings: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office(store, server, resources=ALL)
    for each in standings[:-1]:
        desk.plan(each)
        desk.work()
    desk.plan(standings[-1])
    before = {kind: server.all(kind) for kind in ALL}
    (shown,) = publish.preview(store, office(store, server, resources=ALL, dry_run=True).tenant, desk.connection, NOON)
    assert {kind: server.all(kind) for kind in ALL} == before
    assert (shown.patient, shown.code) == ("p", None) and shown.bundle is not None
    sent: list[Json] = []
    assert desk.connection is not None
    client = desk.connection.client
    original = client.transaction

    def transaction(bundle: Json) -> Any:
        sent.append(bundle)
        return original(bundle)

    monkeypatch.setattr(client, "transaction", transaction)
    assert [each.what for each in desk.work()] == [What.WRITTEN]
    assert sent == [shown.bundle]


def test_a_dry_run_says_why_nothing_would_be_sent(store: Store, server: FhirServer) -> None:
    desk = office(store, server)
    desk.plan()
    desk.work()
    outbox.put(store, "north", "demo", "broken", "digest", {}, NOON)
    desk.plan(patient="nobody")
    desk.plan("ineligible", patient="nobody")
    desk.later(days=1)
    publish.recheck(store, desk.tenant, desk.now, 9, desk.now)
    seeded(server, id="foreign", individual={"reference": "Patient/another"}, identifier=identifier_of("theirs"))
    desk.plan(patient="theirs")
    shown = {
        each.patient: (each.bundle, each.code) for each in publish.preview(store, desk.tenant, desk.connection, NOON)
    }
    assert shown == {
        "p": (None, "unchanged"),
        "broken": (None, "invalid-value"),
        "nobody": (None, "nothing"),
        "theirs": (None, "not-ours"),
    }
    assert {each.code for each in publish.preview(store, desk.tenant, None, NOON)} == {"no-connection", "invalid-value"}


def identifier_of(patient: str) -> list[Json]:
    system = "https://fhir-prescreen.org/fhir/identifier/research-subject"
    return [{"system": system, "value": subject_identity("demo", patient)}]


def test_it_shows_all_that_waits_and_leaves_it_waiting(
    store: Store, server: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "PAGE", 5)
    desk = office(store, server)
    for number in range(12):
        desk.plan(patient=f"p{number}", day=DAY)
    desk.tenant = office(store, server, kind=TargetKind.NDJSON).tenant
    shown = list(publish.preview(store, desk.tenant, None, NOON))
    assert len({each.patient for each in shown}) == len(shown) == 12
    assert all(each.bundle is not None for each in shown)
    assert OUTBOX.counts(store)["north"].waiting == 12 and writes(server) == {}


def test_a_dry_run_reports_a_server_that_is_away(store: Store, server: FhirServer) -> None:
    desk = office(store, server)
    desk.plan()
    server.fail(method=".*", where="ResearchS", times=99, status=503)
    (shown,) = publish.preview(store, desk.tenant, desk.connection, NOON)
    assert (shown.bundle, shown.code) == (None, "http-503")
    server.faults.clear()
    desk.work()
    assert only(server, "ResearchSubject")["status"] == "candidate"
