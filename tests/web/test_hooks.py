"""The hooks: who may tell us something, what is kept, and what is answered. STANDARDS 2A, 2C and 2D, by number.

What follows from a notification that was kept is tested in tests/screening/test_receive.py and test_recovery.py.
"""

import hmac
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from service.app import app_of
from service.ehr.clock import Clock
from service.screening.tenant import Hook, Pace
from service.settings import Settings
from service.store import feeds
from service.store.engine import Store
from service.store.inbox import INBOX, Delivery
from service.web import notifications
from tests.databases import ON_BOTH
from tests.ehr.clock import Watch
from tests.notifications.forms import BASE, FORMS, Told, r4, r5
from tests.screening.tenants import HEADERS, HOOK, LEASE, NOON, PATH, SECRET, lab, status_of, tenant, told
from tests.screening.world import catalog

Json = dict[str, Any]
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}
WITHOUT_SECRET = {"Content-Type": "application/fhir+json"}


def client_of(store: Store, *hooks: Hook, settings: Settings = Settings(), **changes: Any) -> FlaskClient:  # noqa: B008
    """A client of an application that receives for one tenant with these hooks."""
    made = tenant(*hooks, **changes)
    return app_of(catalog(), settings, (made,), store).test_client()  # type: ignore[arg-type]


@pytest.fixture
def client(store: Store) -> FlaskClient:
    return client_of(store)


def kept(store: Store) -> list[Delivery]:
    """What waits in the inbox."""
    return [each.delivery for each in INBOX.claim(store, NOON + timedelta(days=9999), LEASE, 1000)]


def send(client: FlaskClient, body: object, path: str = PATH, method: str = "POST", **options: Any) -> Any:
    """A request with the right secret, unless other headers are given."""
    data = body if isinstance(body, bytes) else json.dumps(body)
    return client.open(path, method=method, data=data, **{"headers": HEADERS, **options})


EMPTY = b""
ACCEPTED: dict[str, tuple[str, str, object]] = {
    "2.4-empty-POST": ("POST", "", EMPTY),
    "2.4-empty-PUT": ("PUT", "", EMPTY),
    "2.5-POST": ("POST", "", lab(1)),
    "2.5-PUT": ("PUT", "", lab(1)),
    "2.5-PUT-to-a-path": ("PUT", "/Observation/1", lab(1)),
    "2.5-POST-to-a-path": ("POST", "/Observation/1", lab(1)),
    "2.5-a-path-alone": ("PUT", "/Observation/1", EMPTY),
    "2.6-DELETE": ("DELETE", "/Observation/1", EMPTY),
    **{f"2.23-{release}": ("POST", "", form(told(1))) for release, form in FORMS.items()},
    **{f"2.29-handshake-{release}": ("POST", "", form(Told("handshake"))) for release, form in FORMS.items()},
    **{f"2.30-heartbeat-{release}": ("POST", "", form(Told("heartbeat", 7))) for release, form in FORMS.items()},
    "2.25-query-status": ("POST", "", r4(Told("query-status", 3, codes=["no-response"]))),
    "2.27-counters-as-strings": ("POST", "", r5(told(1, 2))),
    "2.32-empty": ("POST", "", r4(Told("event-notification", 1, [(1, None, [])]))),
    "2.33-id-only": ("POST", "", r4(told(1))),
    "2.34-full-resource": ("POST", "", r4(told(1, resources=[lab(1)]))),
    "2.36-several-events": ("POST", "", r4(told(1, 2, 3))),
}


@ON_BOTH
@pytest.mark.parametrize(("method", "path", "body"), ACCEPTED.values(), ids=ACCEPTED)
def test_a_notification_is_kept_and_answered_with_nothing(
    store: Store, client: FlaskClient, method: str, path: str, body: object
) -> None:
    """2.8 and 2.9: the answer is empty, and what was sent is in the database before it."""
    answer = send(client, body, PATH + path, method)
    assert (answer.status_code, answer.data) == (204, b"")
    (delivery,) = kept(store)
    assert (delivery.tenant, delivery.method, delivery.path) == ("north", method, path.removeprefix("/"))
    assert delivery.body == (body if isinstance(body, bytes) else json.dumps(body).encode())


def test_2_6_the_header_of_a_deletion_is_kept(store: Store, client: FlaskClient) -> None:
    headers = {**HEADERS, "X-Medplum-Deleted-Resource": "Observation/1"}
    assert send(client, {}, headers=headers).status_code == 204
    (delivery,) = kept(store)
    assert delivery.headers == {"X-Medplum-Deleted-Resource": "Observation/1"}


def test_no_other_header_is_kept(store: Store, client: FlaskClient) -> None:
    send(client, r4(told(1)))
    (delivery,) = kept(store)
    assert delivery.headers == {}


def _r4_without_status(body: Json) -> None:
    body["entry"][0]["resource"] = lab(1)


def _number(body: Json) -> None:
    body["entry"][0]["resource"]["eventsSinceSubscriptionStart"] = 1


def _strange(body: Json) -> None:
    body["entry"][0]["resource"]["type"] = "party"


def _unknown_part(body: Json) -> None:
    status_of(body)["parameter"].append({"name": "trigger", "valueCoding": {"code": "feed-event"}})


CHANGES: dict[str, tuple[Callable[[Told], Json], Callable[[Json], None], int, int]] = {
    "2.24-entry-0-is-no-status": (r4, _r4_without_status, 400, 0),
    "2.27-a-counter-as-a-number": (r5, _number, 200, 1),
    "2.28-an-unknown-type": (r5, _strange, 200, 1),
    "2.60-an-unknown-part": (r4, _unknown_part, 204, 1),
}


@pytest.mark.parametrize(("form", "change", "status", "number"), CHANGES.values(), ids=CHANGES)
def test_what_breaks_the_standard_is_told(
    store: Store,
    client: FlaskClient,
    form: Callable[[Told], Json],
    change: Callable[[Json], None],
    status: int,
    number: int,
) -> None:
    body = form(told(1))
    change(body)
    answer = send(client, body)
    assert (answer.status_code, len(kept(store))) == (status, number)
    if answer.data:
        issues = answer.get_json()["issue"]
        assert answer.mimetype == "application/fhir+json"
        assert {each["severity"] for each in issues} == {"error" if status == 400 else "warning"}


REFUSED: dict[str, tuple[object, int, dict[str, Any]]] = {
    "no JSON": (b"{", 400, {}),
    "no UTF-8": (b'{"resourceType": "\xff"}', 400, {}),
    "no object": ([], 400, {}),
    "no resource": ({"a": 1}, 400, {}),
    "another resource than in the path": (lab(2), 400, {"path": f"{PATH}/Observation/1"}),
    "a path that is none": (EMPTY, 400, {"path": f"{PATH}/observation/1"}),
    "a DELETE of nothing": (EMPTY, 400, {"method": "DELETE"}),
    "XML": (b"<a/>", 415, {"headers": {**HEADERS, "Content-Type": "application/fhir+xml"}}),
    "another charset": (lab(1), 415, {"headers": {**HEADERS, "Content-Type": "application/json; charset=latin-1"}}),
    "compressed": (lab(1), 415, {"headers": {**HEADERS, "Content-Encoding": "gzip"}}),
    "GET": (EMPTY, 405, {"method": "GET"}),
    "PATCH": (EMPTY, 405, {"method": "PATCH"}),
    "too long a path": (EMPTY, 404, {"path": f"{PATH}/Observation/1/_history/1"}),
}


@pytest.mark.parametrize(("body", "status", "options"), REFUSED.values(), ids=REFUSED)
def test_what_nobody_can_act_upon_is_refused_and_not_kept(
    store: Store, client: FlaskClient, body: object, status: int, options: dict[str, Any]
) -> None:
    answer = send(client, body, **options)
    assert (answer.status_code, answer.get_json()["resourceType"]) == (status, "OperationOutcome")
    assert kept(store) == []


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in chunks"])
def test_what_is_too_large_is_refused(store: Store, client: FlaskClient, announced: bool) -> None:
    content = b'{"resourceType":"Bundle","x":"' + b"x" * notifications.LARGEST + b'"}'
    options = {} if announced else {"content_length": None, "environ_overrides": {"wsgi.input_terminated": True}}
    if not announced:
        options["headers"] = {**HEADERS, "Transfer-Encoding": "chunked"}
    answer = send(client, content, **options)
    assert (answer.status_code, kept(store)) == (413, [])


def test_the_limit_of_the_settings_holds_for_hooks(store: Store) -> None:
    small = client_of(store, settings=Settings(largest_request=1000))
    assert send(small, lab(1, note=[{"text": "x" * 1000}])).status_code == 413


@pytest.mark.parametrize("path", ["/hooks/nobody", "/hooks/labs", f"{PATH}x", PATH[:-1], "/hooks/%00", "/hooks/%ff"])
def test_2_41_an_unknown_hook_is_not_found(store: Store, client: FlaskClient, path: str) -> None:
    assert (send(client, r4(told(1)), path).status_code, kept(store)) == (404, [])


@pytest.mark.parametrize("known", ["set", "read from the server"])
def test_2_41_another_subscription_is_not_found(store: Store, known: str) -> None:
    client = client_of(store, replace(HOOK, subscription="s1" if known == "set" else None))
    if known != "set":
        feeds.observe(store, "north", "labs", NOON, server_id="s1", status="active")
    assert send(client, r4(told(1, subscription="s2"))).status_code == 404
    assert kept(store) == []
    assert send(client, r4(told(1, subscription="s1"))).status_code == 204
    assert [each.subscription for each in kept(store)] == ["labs"]


def test_2_41_a_subscription_that_was_just_created_may_shake_hands(store: Store, client: FlaskClient) -> None:
    """The server does so before it has answered with the id."""
    feeds.observe(store, "north", "labs", NOON, server_id="s1", status="active")
    assert send(client, r4(Told("handshake", subscription="s2"))).status_code == 204
    assert [each.subscription for each in kept(store)] == ["labs/s2"]


@pytest.mark.parametrize(
    "secret", [None, "", "wrong", SECRET[:-1], f"{SECRET}x", SECRET.upper(), f"{SECRET}, {SECRET}", "é"]
)
@pytest.mark.parametrize("body", [r4(told(1)), b"{", EMPTY], ids=["good", "broken", "empty"])
def test_2_42_without_the_secret_nothing_is_read(
    store: Store, client: FlaskClient, secret: str | None, body: object
) -> None:
    headers = {**WITHOUT_SECRET, **({} if secret is None else {HOOK.secret_header: secret})}
    answer = send(client, body, headers=headers)
    assert (answer.status_code, answer.data, kept(store)) == (403, b"", [])


def test_2_42_the_secret_is_compared_in_constant_time(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", compare)
    monkeypatch.setattr(notifications.orjson, "loads", lambda _: pytest.fail("it was parsed"))
    send(client, lab(1), headers={**HEADERS, HOOK.secret_header: "wrong"})
    assert compared[-1] == (SECRET.encode(), b"wrong")


def test_2_42_each_hook_has_its_own_secret(store: Store) -> None:
    other = Hook("drugs", "drugs-0123456789abcdef", secret="another-0123456789ab", secret_header="X-Other")
    client = client_of(store, HOOK, other)
    path = f"/hooks/{other.name}"
    assert send(client, lab(1), path).status_code == 403
    assert send(client, lab(1), path, headers={"X-Other": "another-0123456789ab"}).status_code == 204
    assert [each.subscription for each in kept(store)] == ["drugs"]


def test_2_43_a_hook_takes_so_many_and_no_more(store: Store) -> None:
    watch = Watch()
    page = notifications.blueprint((tenant(pace=Pace(per_minute=3)),), store, watch.clock)
    app = app_of(catalog(), Settings())  # type: ignore[arg-type]
    app.register_blueprint(page)
    client = app.test_client()
    assert [send(client, lab(each)).status_code for each in range(5)] == [204, 204, 204, 429, 429]
    assert len(kept(store)) == 3
    watch.passed += 20
    assert [send(client, lab(each)).status_code for each in (7, 8)] == [204, 429]


def test_2_43_who_has_no_secret_uses_nothing_up(store: Store) -> None:
    client = client_of(store, pace=Pace(per_minute=1))
    assert [send(client, EMPTY, headers={}).status_code for _ in range(3)] == [403] * 3
    assert send(client, EMPTY).status_code == 204


@ON_BOTH
def test_2_45_duplicates_are_kept_once(store: Store, client: FlaskClient) -> None:
    for _ in range(3):
        assert send(client, r4(told(1))).status_code == 204
    assert len(kept(store)) == 1


def test_many_empty_ones_wait_as_one(store: Store, client: FlaskClient) -> None:
    for _ in range(20):
        send(client, EMPTY)
    assert len(kept(store)) == 1


def test_an_empty_one_that_comes_while_another_is_worked_off_is_kept(store: Store, client: FlaskClient) -> None:
    send(client, EMPTY)
    assert len(kept(store)) == 1
    send(client, EMPTY)
    assert INBOX.counts(store)["north"].waiting == 1


def test_only_what_is_kept_is_news(store: Store) -> None:
    told: list[str] = []
    app = Flask("hooks")
    app.register_blueprint(notifications.blueprint((tenant(),), store, news=lambda: told.append("news")))
    client = app.test_client()
    for body, status, news in ((lab(1), 204, 1), (b"no JSON", 400, 1), (b"[1]", 400, 1)):
        assert send(client, body).status_code == status
        assert len(told) == news
    assert send(client, lab(2), headers=WITHOUT_SECRET).status_code == 403
    assert send(client, EMPTY).status_code == 204
    assert len(told) == len(kept(store)) == 2


# ----------------------------------------------------------------------------------------------- who may come in
def test_other_machines_reach_a_hook_with_a_secret_and_nothing_else(store: Store, client: FlaskClient) -> None:
    assert send(client, lab(1), environ_base=ELSEWHERE).status_code == 204
    assert send(client, lab(1), environ_base=ELSEWHERE, headers=WITHOUT_SECRET).status_code == 403
    for path in ("/health", "/studies", "/nowhere"):
        assert client.get(path, environ_base=ELSEWHERE).status_code == 403, path
    assert client.get("/", environ_base=ELSEWHERE).headers["Location"] == "/sign-in"
    assert len(kept(store)) == 1


def test_other_machines_are_let_in_where_that_is_set(store: Store) -> None:
    client = client_of(store, settings=Settings(allow_remote=True))
    assert client.get("/health", environ_base=ELSEWHERE).status_code == 200


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
def test_no_header_makes_another_machine_this_one(client: FlaskClient, name: str) -> None:
    assert client.get("/health", environ_base=ELSEWHERE, headers={name: "127.0.0.1"}).status_code == 403


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via"])
def test_what_a_proxy_passes_on_comes_from_elsewhere(store: Store, client: FlaskClient, name: str) -> None:
    """A proxy on this machine asks from its address, whoever asked it."""
    passed = {name: "127.0.0.1"}
    for path in ("/health", "/health/ready", "/studies", "/metrics", "/metadata", "/nowhere"):
        assert client.get(path).status_code in (200, 404, 503), path
        assert client.get(path, headers=passed).status_code == 403, path
    assert client.post("/assess", json={}, headers=passed).status_code == 403
    assert client.get("/", headers=passed).headers["Location"] == "/sign-in"
    assert send(client, lab(1), headers={**HEADERS, **passed}).status_code == 204
    open_ = client_of(store, settings=Settings(allow_remote=True))
    assert open_.get("/health", headers=passed).status_code == 200


DOUBLED = ["/launch//callback?code=c&state=s", "/p//x/demo", "/worklist//north/demo", "/health//", "/health//ready", ""]


@pytest.mark.parametrize("address", DOUBLED)
def test_nothing_redirects_to_the_host_that_a_request_names(client: FlaskClient, address: str) -> None:
    path, _, query = address.partition("?")
    asked = {"PATH_INFO": path, "QUERY_STRING": query}
    answer = client.get("/", headers={"Host": "evil.example"}, environ_overrides=asked)
    assert (answer.status_code, answer.headers.get("Location")) == (404, None)


OPEN = Hook("demo", "demo")


def test_a_hook_without_a_secret_is_open_to_this_machine(store: Store) -> None:
    client = client_of(store, OPEN)
    assert send(client, lab(1), "/hooks/demo", headers={}).status_code == 204


@pytest.mark.parametrize(
    "options",
    [
        {"environ_base": ELSEWHERE},
        {"headers": {"X-Forwarded-For": "203.0.113.9"}},
        {"headers": {"Forwarded": "for=203.0.113.9"}},
        {"headers": {"Via": "1.1 proxy"}},
        {"headers": {"Origin": "https://page.example"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("allow", [True, False])
def test_a_hook_without_a_secret_is_closed_to_all_others(store: Store, options: dict[str, Any], allow: bool) -> None:
    client = client_of(store, OPEN, settings=Settings(allow_remote=allow))
    answer = send(client, lab(1), "/hooks/demo", **{"headers": {}, **options})
    assert (answer.status_code, kept(store)) == (403, [])


# ------------------------------------------------------------------------------------------------- if it fails
@pytest.fixture
def broken(store: Store) -> Iterator[Store]:
    """A database that does not commit."""

    def refuse(_: object) -> None:
        raise OperationalError("COMMIT", {}, Exception("disk is full of Jane Doe"))

    event.listen(store.engine, "commit", refuse)
    yield store
    event.remove(store.engine, "commit", refuse)


@ON_BOTH
def test_2_9_what_is_not_committed_is_not_accepted(broken: Store, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = send(client_of(broken), lab(1, "jane-doe"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert answer.get_json()["issue"][0]["code"] == "transient"
    assert "ane" not in answer.text + caplog.text


@ON_BOTH
def test_2_9_after_a_failed_commit_nothing_is_there(store: Store) -> None:
    client = client_of(store)

    def refuse(_: object) -> None:
        raise OperationalError("COMMIT", {}, Exception())

    event.listen(store.engine, "commit", refuse)
    assert send(client, lab(1)).status_code == 503
    event.remove(store.engine, "commit", refuse)
    assert kept(store) == []
    assert send(client, lab(1)).status_code == 204
    assert len(kept(store)) == 1


def test_nothing_of_a_notification_is_logged_or_said(
    store: Store, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answers = [send(client, {"resourceType": "jane-doe"}), send(client, lab("jane-doe"), f"{PATH}/Observation/1")]
    assert "jane-doe" not in caplog.text + "".join(each.text for each in answers)
    assert SECRET not in caplog.text


def test_a_tenant_without_an_ehr_takes_the_sender_at_its_word(store: Store) -> None:
    """Nothing is ever read from it, so it may call itself what it likes; an event elsewhere is still told."""
    client = client_of(store, base=None)
    assert send(client, r4(told(1))).status_code == 204
    body = json.loads(json.dumps(r4(told(2))).replace(f"{BASE}/Observation", "https://other.example/Observation"))
    assert send(client, body).status_code == 200


def test_the_time_of_arrival_is_kept(store: Store) -> None:
    watch: Clock = Watch().clock
    app = app_of(catalog(), Settings())  # type: ignore[arg-type]
    app.register_blueprint(notifications.blueprint((tenant(),), store, watch))
    send(app.test_client(), EMPTY)
    assert [each.received for each in kept(store)] == [NOON]
