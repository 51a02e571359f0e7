"""Signing in with a password: what lets in, what does not, and that nothing tells why."""

import re
import secrets
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY
from flask.testing import FlaskClient

from service.errors import UsageError
from service.screening.access import local, passwords
from service.store import accounts, attempts, audit, retention, sessions
from service.store.accounts import Account, Given
from service.store.audit import Wanted
from service.store.engine import Store
from service.store.retention import Keep
from service.web.language import LANGUAGES
from service.web.pages.desk import COOKIE
from service.web.pages.way_back import local_path
from tests.databases import ON_BOTH
from tests.hashing import CHEAP, SHIPPED
from tests.pages.world import NORTH, World, world

GOOD = "brisk otters sing at noon"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def house(store: Store) -> World:
    made = world(store)
    accounts.add(store, Account("anna", "Anna", made.now, "anna@hospital.example", passwords.hashed(GOOD)))
    accounts.add(store, Account("otto", "Otto", made.now))
    accounts.add(store, Account("gone", "Gone", made.now, password=passwords.hashed(GOOD), disabled=made.now))
    return made


def sign_in(client: FlaskClient, name: str, password: str, **more: Any) -> Any:
    """What a person does: opens the page, and fills it in."""
    page = client.get("/sign-in")
    form = page.text.partition('action="/sign-in"')[2]  # whoever is signed in already has another one, to sign out
    token = re.search(r'name="csrf" value="([^"]+)"', form)
    assert token is not None
    return client.post("/sign-in", data={"csrf": token[1], "account": name, "password": password}, **more)


def session_of(client: FlaskClient) -> str | None:
    found = client.get_cookie(COOKIE)
    return found.value if found is not None and found.value else None


@pytest.mark.parametrize("name", ["anna", "anna@hospital.example", " anna "])
def test_whoever_knows_the_password_is_let_in(house: World, name: str) -> None:
    client = house.stranger()
    assert sign_in(client, name, GOOD).status_code == 302
    assert client.get("/account").status_code == 200
    (entry,) = audit.page(house.store, Wanted("*"), 5)
    assert (entry.entry.actor, entry.entry.action) == ("anna", "signed-in")


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("anna", "brisk otters sing at nooN"),
        ("anna", ""),
        ("anna", "x" * 5000),
        ("otto", ""),
        ("otto", "a password that nobody has"),
        ("nobody", GOOD),
        ("nobody", "a password that nobody has"),
        ("gone", GOOD),
        ("", ""),
        ("anna\x00", GOOD),
        ("' OR 1=1 --", GOOD),
    ],
)
def test_whoever_does_not_is_told_the_same_whatever_was_wrong(house: World, name: str, password: str) -> None:
    client = house.stranger()
    answer = sign_in(client, name, password)
    reference = sign_in(house.stranger(), "anna", "something else entirely")
    plain = [re.sub(r'value="[^"]*"', "", each.text) for each in (answer, reference)]
    assert answer.status_code == 403 and plain[0] == plain[1]
    assert session_of(client) is None
    assert password not in answer.text or password == ""


def test_an_unknown_account_costs_as_many_hashes_as_a_known_one(house: World, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Any:
            tried.append(str(hash).rpartition("$")[0].rpartition("$")[0])
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "HASHER", Counting.from_parameters(CHEAP))
    for name in ("anna", "otto", "nobody", "gone"):
        sign_in(house.stranger(), name, "not the password at all")
    assert len(tried) == 4 and len(set(tried)) == 1  # one check each, at the same cost


@ON_BOTH
def test_a_session_that_was_there_before_is_not_taken_over(house: World) -> None:
    """Session fixation: what somebody planted in the browser is worth nothing afterwards."""
    planted = house.person("otto")
    client = house.stranger()
    client.set_cookie(COOKIE, planted.token)
    assert sign_in(client, "anna", GOOD).status_code == 302
    mine = session_of(client)
    assert mine is not None and mine != planted.token
    assert planted.get("/account").status_code == 302  # that session ended
    invented = secrets.token_urlsafe(32)
    other = house.stranger()
    other.set_cookie(COOKIE, invented)
    sign_in(other, "anna", GOOD)
    assert session_of(other) != invented


def test_a_page_of_another_site_signs_nobody_in(house: World) -> None:
    client = house.stranger()
    fields = {"account": "anna", "password": GOOD}
    assert client.post("/sign-in", data=fields).status_code == 403
    assert client.post("/sign-in", data={**fields, "csrf": ""}).status_code == 403
    client.get("/sign-in")
    assert client.post("/sign-in", data={**fields, "csrf": "x"}).status_code == 403
    assert sign_in(client, "anna", GOOD, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert session_of(client) is None


@ON_BOTH
def test_attempts_from_one_place_come_to_an_end_and_others_are_not_locked_out(house: World) -> None:
    far = {"REMOTE_ADDR": "203.0.113.9"}
    for _ in range(local.FROM_ONE_PLACE):
        assert sign_in(house.stranger(), "anna", "wrong again", environ_overrides=far).status_code == 403
    refused = sign_in(house.stranger(), "anna", GOOD, environ_overrides=far)
    assert refused.status_code == 429 and 0 < int(refused.headers["Retry-After"]) <= 960
    assert sign_in(house.stranger(), "anna", GOOD).status_code == 302  # the owner, from the hospital
    house.now += attempts.PERIOD + MINUTE
    assert sign_in(house.stranger(), "anna", GOOD, environ_overrides=far).status_code == 302


def test_an_unknown_account_is_throttled_like_a_known_one(house: World) -> None:
    answers = [sign_in(house.stranger(), "nobody", "wrong").status_code for _ in range(local.FROM_ONE_PLACE + 1)]
    assert answers == [403] * local.FROM_ONE_PLACE + [429]


def test_the_address_is_the_one_that_the_proxy_of_this_machine_saw(house: World) -> None:
    for _ in range(local.FROM_ONE_PLACE):
        forged = {"X-Forwarded-For": f"{secrets.token_hex(2)}, 203.0.113.9"}
        sign_in(house.stranger(), "anna", "wrong", headers=forged)
    again = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
    assert sign_in(house.stranger(), "anna", GOOD, headers=again).status_code == 429
    other = {"X-Forwarded-For": "203.0.113.9, 198.51.100.1"}
    assert sign_in(house.stranger(), "anna", GOOD, headers=other).status_code == 302


def test_a_hundred_who_sign_in_from_one_address_are_no_attack(store: Store) -> None:
    limits = local.limits("anna", "192.0.2.1")
    now = world(store).now
    for _ in range(local.OF_ONE_ADDRESS + 50):
        assert attempts.take(store, limits, now)
        attempts.give_back(store, limits)
    assert attempts.wait(store, limits, now) == timedelta(0)


def test_what_is_counted_says_nobodys_name(house: World) -> None:
    sign_in(house.stranger(), "anna", "wrong", environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    with house.store.reading() as connection:
        from service.store.tables import attempts as table

        rows = connection.execute(table.select()).all()
    assert len(rows) == 3 and all(re.fullmatch("[0-9a-f]{64}", row.about) for row in rows)


def test_a_hash_of_another_cost_is_made_anew_when_its_owner_signs_in(
    house: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the cost of the service is that of RFC 9106 where there is less memory."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher.from_parameters(SHIPPED))
    assert SHIPPED == RFC_9106_LOW_MEMORY
    assert sign_in(house.stranger(), "anna", "wrong").status_code == 403
    kept = accounts.find(house.store, "anna")
    assert kept is not None and f"m={CHEAP.memory_cost}" in str(kept.password)
    assert sign_in(house.stranger(), "anna", GOOD).status_code == 302
    kept = accounts.find(house.store, "anna")
    assert kept is not None and "m=65536" in str(kept.password) and passwords.fits(kept.password, GOOD)


@pytest.mark.parametrize("bad", ["short", "x" * 201, "aaaaaaaaaaaaaaaa", "abababababababab", "my name is Anna, really"])
def test_a_password_that_is_easy_to_guess_is_not_taken(bad: str) -> None:
    with pytest.raises(UsageError) as refused:
        passwords.hashed(bad, "anna")
    assert bad not in str(refused.value)


@ON_BOTH
def test_a_session_ends_when_it_is_idle_and_at_the_latest_when_it_is_old(house: World) -> None:
    client = house.stranger()
    sign_in(client, "anna", GOOD)
    house.now += timedelta(minutes=61)
    assert client.get("/account").status_code == 302
    sign_in(client, "anna", GOOD)
    for _ in range(14):
        house.now += timedelta(minutes=45)
        last = client.get("/account").status_code
    assert last == 302  # more than ten hours, although it was used all the time


@ON_BOTH
def test_another_password_ends_all_other_sessions_and_no_other_one(house: World) -> None:
    here, there = house.person("anna"), house.person("anna")
    new = "calm herons walk by night"
    assert here.post("/account/password", old="wrong", new=new, again=new).status_code == 403
    assert here.post("/account/password", old=GOOD, new=new, again="else").status_code == 400
    assert here.post("/account/password", old=GOOD, new="short", again="short").status_code == 400
    assert there.get("/account").status_code == 200
    assert here.post("/account/password", old=GOOD, new=new, again=new).status_code == 302
    assert (here.get("/account").status_code, there.get("/account").status_code) == (200, 302)
    assert sign_in(house.stranger(), "anna", GOOD).status_code == 403
    assert sign_in(house.stranger(), "anna", new).status_code == 302


def test_whoever_has_no_password_gets_none_by_the_page(house: World) -> None:
    otto = house.person("otto")
    new = "calm herons walk by night"
    assert otto.post("/account/password", old="", new=new, again=new).status_code == 403
    kept = accounts.find(house.store, "otto")
    assert kept is not None and kept.password is None


def test_signing_out_everywhere_ends_every_session(house: World) -> None:
    here, there, other = house.person("anna"), house.person("anna"), house.person("otto")
    assert here.post("/account/sign-out-everywhere").status_code == 302
    assert [each.get("/account").status_code for each in (here, there, other)] == [302, 302, 200]


def test_whoever_is_disabled_is_out_at_once(house: World) -> None:
    anna = house.person("anna")
    accounts.change(house.store, "anna", disabled=house.now)
    assert anna.get("/account").status_code == 302
    assert anna.post("/account", names="hidden").status_code == 401


def test_preferences_are_kept_beside_those_of_others(house: World) -> None:
    anna = house.person("anna")
    accounts.change(house.store, "anna", preferences={"digest": "daily"})
    assert anna.post("/account", names="hidden", language="de").status_code == 302
    kept = accounts.find(house.store, "anna")
    assert kept is not None and kept.preferences == {"digest": "daily", "names": "hidden", "language": "de"}
    assert anna.post("/account", names="sometimes", language="de").status_code == 400
    assert anna.post("/account", names="shown", language="<script>").status_code == 400


@pytest.mark.parametrize("chosen", LANGUAGES)
def test_each_language_can_be_chosen_and_then_holds(house: World, chosen: str) -> None:
    anna = house.person("anna")
    assert anna.post("/account", names="shown", language=chosen).status_code == 302
    shown = anna.get("/account").text
    assert f'<html lang="{chosen.replace("_", "-")}">' in shown
    assert f'<option value="{chosen}" selected>' in shown


@ON_BOTH
def test_old_sessions_and_attempts_are_purged_and_living_ones_stay(house: World) -> None:
    living = house.person("anna")
    sessions.begin(house.store, "otto", "local", house.now, timedelta(hours=1))
    sign_in(house.stranger(), "anna", "wrong")
    gone = retention.purge(house.store, house.now + timedelta(hours=2), Keep())
    assert gone.sessions == 1
    assert living.get("/account").status_code == 200
    assert attempts.wait(house.store, dict.fromkeys(local.limits("anna", "127.0.0.1"), 1), house.now) == timedelta(0)


def test_whoever_has_no_role_is_told_whom_to_ask(house: World) -> None:
    client = house.stranger()
    assert sign_in(client, "anna", GOOD).headers["Location"] == "/no-role"
    page = client.get("/no-role")
    assert page.status_code == 200 and "anna" in page.text and "administrator" in page.text
    assert house.person("otto", ("demo", "viewer")).get("/no-role").status_code == 302


PLACES = ["/worklist/north/demo?tab=later&order=name", "/p/h-1_2/demo", "/account", "/today"]
ELSEWHERE = [
    *("//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example", "/x\\..\\evil", "evil.example", ""),
    *(
        "https://evil.example",
        "https:/evil.example",
        "javascript:alert(1)",
        "/\tevil",
        "/\n/evil.example",
        "/\x00",
        " /x",
    ),
    *("\t//evil.example", "/\u2028x", "/é", "/a b", "/%0d%0aSet-Cookie: x=1", "?next=/today", "/" + "x" * 1000),
    *("/", "/sign-in", "/sign-in?next=/today", "/sign-out", "/no-role", "/api/today"),
]


def test_whoever_has_to_sign_in_first_comes_to_where_they_wanted(house: World) -> None:
    accounts.give(house.store, Given("anna", NORTH, "demo", "coordinator", "admin", house.now))
    for place in PLACES:
        client = house.stranger()
        away = client.get(place)
        assert away.status_code == 302 and away.headers["Location"].startswith("/sign-in?next=")
        page = client.get(away.headers["Location"]).text
        kept = re.search(r'name="next" value="([^"]+)"', page)
        token = re.search(r'name="csrf" value="([^"]+)"', page)
        assert kept is not None and token is not None and unescape(kept[1]) == place
        fields = {"csrf": token[1], "account": "anna", "next": unescape(kept[1])}
        wrong = client.post("/sign-in", data={**fields, "password": "not this one"})
        assert 'value="anna"' in wrong.text and kept[0] in wrong.text, "what was typed and wanted is still there"
        assert client.post("/sign-in", data={**fields, "password": GOOD}).headers["Location"] == place


@pytest.mark.parametrize("place", ELSEWHERE)
def test_signing_in_leads_nowhere_else(house: World, place: str) -> None:
    accounts.give(house.store, Given("anna", NORTH, "demo", "coordinator", "admin", house.now))
    assert local_path(place) is None
    client = house.stranger()
    assert 'name="next"' not in client.get("/sign-in", query_string={"next": place}).text
    token = re.search(r'name="csrf" value="([^"]+)"', client.get("/sign-in").text)
    assert token is not None
    answer = client.post("/sign-in", data={"csrf": token[1], "account": "anna", "password": GOOD, "next": place})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_whoever_has_no_role_is_led_to_whom_to_ask_wherever_they_wanted_to_go(house: World) -> None:
    assert sign_in_to(house, "/today") == "/no-role"


def sign_in_to(house: World, place: str) -> str:
    client = house.stranger()
    token = re.search(r'name="csrf" value="([^"]+)"', client.get("/sign-in").text)
    assert token is not None
    sent = {"csrf": token[1], "account": "anna", "password": GOOD, "next": place}
    return str(client.post("/sign-in", data=sent).headers["Location"])
