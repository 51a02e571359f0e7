"""Signing in by OpenID Connect: what is asked, what is believed, which roles come and go, and what is refused."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from joserfc.jwk import ECKey

from service.ehr.code_flow import challenge
from service.screening.access.known import viewer_of
from service.store import accounts
from service.store.accounts import Account, Given
from service.store.engine import Store
from service.web.pages.desk import COOKIE
from tests.databases import ON_BOTH
from tests.pages.access.issuer import (
    BACK,
    CHIEFS,
    CLIENT,
    NURSES,
    Issuer,
    application,
    came_back,
    left,
    permitted,
    query,
    signed_in,
)
from tests.pages.world import NORTH


class Time:
    """A clock that a test may move."""

    def __init__(self) -> None:
        self.passed = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.passed


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def issuer(time: Time) -> Iterator[Issuer]:
    with Issuer(time.now) as running:
        yield running


@pytest.fixture
def app(store: Store, issuer: Issuer, time: Time) -> Flask:
    return application(store, issuer, time.now, contact="the study office")


def known(store: Store) -> tuple[Account, ...]:
    return accounts.all_of_them(store)


def roles(store: Store) -> set[tuple[str, str, str]]:
    (account,) = known(store)
    return {(each.study, each.role, each.given_by) for each in accounts.roles_of(store, account.id)}


def check_refused(client: Any, answer: Any, store: Store, status: int) -> None:
    assert answer.status_code == status, answer.text
    found = client.get_cookie(COOKIE)
    assert found is None or not found.value
    assert known(store) == ()


def test_what_is_asked_is_bound_to_the_browser_and_to_this_service(app: Flask, issuer: Issuer) -> None:
    client = app.test_client()
    first, second = query(left(client)), query(left(client))
    assert first["redirect_uri"] == BACK and first["client_id"] == CLIENT and first["response_type"] == "code"
    assert first["code_challenge_method"] == "S256" and first["scope"] == "openid profile email"
    assert all(first[each] != second[each] for each in ("state", "nonce", "code_challenge"))
    assert not {"code_verifier", "launch", "aud"} & set(first)


def test_whoever_the_issuer_knows_is_let_in_with_the_roles_of_their_groups(
    app: Flask, issuer: Issuer, store: Store
) -> None:
    client = app.test_client()
    assert signed_in(client).headers["Location"] == "/"
    assert "Nora Nurse" in client.get("/account").text
    assert roles(store) == {("demo", "coordinator", "issuer:hospital")}
    (account,) = known(store)
    assert account.id.startswith("hospital-") and account.password is None
    signed_in(app.test_client())
    assert known(store) == (account,)


@ON_BOTH
def test_a_role_goes_with_its_group_and_what_people_gave_stays(app: Flask, issuer: Issuer, store: Store) -> None:
    issuer.person = {"sub": "s-1", "name": "Nora", "groups": [NURSES, CHIEFS]}
    signed_in(app.test_client())
    (account,) = known(store)
    accounts.give(store, Given(account.id, NORTH, "demo", "viewer", "boss", account.created))
    chief = {("*", "admin", "issuer:hospital"), ("demo", "investigator", "issuer:hospital")}
    assert roles(store) == {("demo", "coordinator", "issuer:hospital"), ("demo", "viewer", "boss"), *chief}
    issuer.person = {"sub": "s-1", "name": "Nora", "groups": [NURSES]}
    signed_in(app.test_client())
    assert roles(store) == {("demo", "coordinator", "issuer:hospital"), ("demo", "viewer", "boss")}
    for groups in ({}, {"groups": None}, {"groups": 7}, {"groups": {NURSES: True}}, {"groups": [[NURSES]]}):
        issuer.person = {"sub": "s-1", "name": "Nora", **groups}
        signed_in(app.test_client())
        assert roles(store) == {("demo", "viewer", "boss")}, groups


def test_however_busy_somebody_is_the_issuer_is_asked_again_within_hours(
    app: Flask, issuer: Issuer, store: Store, time: Time
) -> None:
    """Their groups are read when they sign in, and nobody stays signed in for longer than a session lasts."""
    client = app.test_client()
    signed_in(client)
    issuer.person = {"sub": "s-1", "name": "Nora", "groups": []}
    minutes = 0
    while client.get("/account").status_code == 200:
        minutes += 30
        time.passed += timedelta(minutes=30)
        assert minutes <= 600, "ten hours, as nothing else is set"
    assert minutes == 600
    assert signed_in(client).headers["Location"] == "/no-role"
    assert roles(store) == set()


def test_what_a_group_gave_counts_for_thirty_days_after_the_last_sign_in_and_what_people_gave_stays(
    app: Flask, store: Store, time: Time
) -> None:
    """Whoever left the hospital never comes back by its issuer: by no other way are they to keep the role."""
    signed_in(app.test_client())
    (account,) = known(store)
    accounts.give(store, Given(account.id, NORTH, "other", "viewer", "boss", time.now()))

    def counting() -> set[str]:
        person = viewer_of(store, account.id, time.now())
        assert person is not None
        return {study for _, study in person.roles}

    time.passed = timedelta(days=29)
    assert counting() == {"demo", "other"}
    time.passed = timedelta(days=31)
    assert counting() == {"other"}
    signed_in(app.test_client())
    assert counting() == {"demo", "other"}
    time.passed = timedelta(days=60)
    assert counting() == {"demo", "other"}


def test_a_role_that_a_person_gave_first_does_not_become_one_of_the_group(app: Flask, store: Store, time: Time) -> None:
    signed_in(app.test_client())
    (account,) = known(store)
    accounts.take(store, account.id, NORTH, "demo", "coordinator")
    accounts.give(store, Given(account.id, NORTH, "demo", "coordinator", "boss", account.created))
    signed_in(app.test_client())
    assert roles(store) == {("demo", "coordinator", "boss")}


def test_a_single_group_may_be_a_text(app: Flask, issuer: Issuer, store: Store) -> None:
    issuer.person = {"sub": "s-1", "groups": NURSES}
    signed_in(app.test_client())
    assert roles(store) == {("demo", "coordinator", "issuer:hospital")}


def test_whoever_has_no_role_is_told_whom_to_ask(app: Flask, issuer: Issuer, store: Store) -> None:
    issuer.person = {"sub": "s-9", "name": "New Person", "groups": ["others"]}
    client = app.test_client()
    assert signed_in(client).headers["Location"] == "/no-role"
    page = client.get("/no-role").text
    assert "the study office" in page and "New Person" in page


def test_nobody_becomes_somebody_else_by_what_they_are_called(app: Flask, issuer: Issuer, store: Store) -> None:
    accounts.add(store, Account("anna", "Anna", datetime.now(UTC), "anna@hospital.example"))
    accounts.give(store, Given("anna", NORTH, "demo", "investigator", "boss", datetime.now(UTC)))
    called = {"preferred_username": "anna", "name": "anna", "email": "anna@hospital.example", "email_verified": False}
    issuer.person = {"sub": "anna", **called}
    signed_in(app.test_client())
    other = [each for each in known(store) if each.id != "anna"]
    assert len(other) == 1 and other[0].email is None
    assert accounts.roles_of(store, other[0].id) == ()
    assert accounts.named(store, "anna@hospital.example").id == "anna"  # type: ignore[union-attr]


def test_whoever_is_disabled_here_is_not_let_in_whatever_the_issuer_says(
    app: Flask, issuer: Issuer, store: Store
) -> None:
    signed_in(app.test_client())
    (account,) = known(store)
    accounts.change(store, account.id, disabled=account.created)
    client = app.test_client()
    assert signed_in(client).status_code == 403
    found = client.get_cookie(COOKIE)
    assert found is None or not found.value


def test_a_state_counts_once_in_its_own_browser_and_not_for_ever(
    app: Flask, issuer: Issuer, store: Store, time: Time
) -> None:
    client = app.test_client()
    back = permitted(left(client))
    check_refused(stranger := app.test_client(), came_back(stranger, back), store, 400)
    assert came_back(client, back.replace("state=", "state=x")).status_code == 400
    time.passed = timedelta(minutes=11)
    check_refused(client, came_back(client, back), store, 400)
    time.passed = timedelta(0)
    back = permitted(left(client))
    assert came_back(client, back).status_code == 302
    assert came_back(client, back).status_code == 400


def test_a_state_for_one_issuer_is_none_for_another_address(app: Flask, issuer: Issuer, store: Store) -> None:
    client = app.test_client()
    back = permitted(left(client)).replace("/hospital/", "/other/")
    check_refused(client, came_back(client, back), store, 400)
    assert client.get("/sign-in/oidc/other").status_code == 404


@pytest.mark.parametrize("back", ["", "?state=x", "?code=x", "?state=a.b&code=c", "?state=a&state=b&code=c"])
def test_what_came_from_nowhere_is_refused(app: Flask, issuer: Issuer, store: Store, back: str) -> None:
    client = app.test_client()
    check_refused(client, client.get(f"/sign-in/oidc/hospital/callback{back}"), store, 400)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://other.example"},
        {"aud": "somebody-else"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"nonce": "of another browser"},
        {"nonce": None},
        {"exp": 1},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 300},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_is_refused(
    app: Flask, issuer: Issuer, store: Store, wrong: dict[str, Any]
) -> None:
    issuer.person |= wrong
    client = app.test_client()
    check_refused(client, signed_in(client), store, 502)


def test_a_token_of_another_key_or_none_is_refused(app: Flask, issuer: Issuer, store: Store) -> None:
    client = app.test_client()
    back = permitted(left(client))
    published, issuer.key = issuer.key, ECKey.generate_key("P-256", {"kid": issuer.key.kid, "use": "sig"})
    token = issuer.id_token
    issuer.id_token = lambda app, permission: _kept(issuer, published, token, app, permission)  # type: ignore[method-assign]
    check_refused(client, came_back(client, back), store, 502)
    issuer.answered = lambda content: {key: each for key, each in content.items() if key != "id_token"}
    check_refused(client, signed_in(client), store, 502)


def _kept(issuer: Issuer, published: Any, token: Any, app: Any, permission: Any) -> Any:
    """Signed with the wrong key, while the right one is published."""
    signed = token(app, permission)
    issuer.key = published
    return signed


def test_an_issuer_that_says_it_is_another_is_not_asked(app: Flask, issuer: Issuer, store: Store) -> None:
    issuer.published = lambda content: {**content, "issuer": "https://other.example"}
    client = app.test_client()
    check_refused(client, client.get("/sign-in/oidc/hospital"), store, 502)
    assert issuer.asked == []


def test_an_issuer_without_pkce_is_not_asked(app: Flask, issuer: Issuer, store: Store) -> None:
    issuer.published = lambda content: {**content, "code_challenge_methods_supported": ["plain"]}
    check_refused(client := app.test_client(), client.get("/sign-in/oidc/hospital"), store, 502)


def test_an_answer_of_another_issuer_is_sent_to_none(app: Flask, issuer: Issuer, store: Store) -> None:
    client = app.test_client()
    back = permitted(left(client))
    check_refused(client, came_back(client, f"{back}&iss=https%3A%2F%2Fother.example"), store, 502)
    assert all(not each.used for each in issuer.codes.values())


def test_an_issuer_that_says_no_is_explained(app: Flask, issuer: Issuer, store: Store) -> None:
    issuer.refused = {"error": "access_denied"}
    client = app.test_client()
    check_refused(client, signed_in(client), store, 400)


def test_the_verifier_fits_its_challenge() -> None:
    assert challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_where_there_are_no_passwords_none_is_asked_for(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/sign-in").text
    assert 'type="password"' not in page and "The hospital" in page
    assert client.post("/sign-in", data={"account": "anna", "password": "x"}).status_code == 404
