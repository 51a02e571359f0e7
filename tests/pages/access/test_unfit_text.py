"""Texts that a database cannot keep, wherever a request has room for a text: refused, and never an error of ours."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from service.screening.access import Role
from service.screening.decisions.kinds import Kind
from tests.pages.access.routes import ROUTES, Kind as Reach
from tests.pages.access.test_routes import HANDLE, MEANT, METHODS, STUDY, house, rules
from tests.pages.world import NORTH, Browser, World

__all__ = ["house"]
NUL, LONG, HALF = "a\0b", "x" * 300, "\ud800"
ROOM = (
    "name study account patient q reason until why outcome status claim version about page search sort seen handle"
    " tenant role day query password new old do kind often how address language names approved expires reference roles"
).split()
OPEN = (Reach.ANYBODY, Reach.ELSEWHERE)
KNOWN = ({}, {"handle": HANDLE}, *({"kind": kind.value} for kind in Kind))


def everything(of: World) -> Browser:
    """Somebody who may do all there is."""
    of.approve(STUDY)
    return of.person("anna", *((STUDY, role) for role in Role))


def written(text: str) -> str:
    """As it would stand in an address."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def answered(who: Browser, method: str, address: str, fields: dict[str, Any], as_json: bool) -> int:
    fields = {"csrf": who.form_token, **fields}
    if method == "GET":
        asked = "&".join(f"{name}={written(str(value))}" for name, value in fields.items() if name != "csrf")
        return who.client.get(f"{address}?{asked}").status_code
    if as_json:
        token = {"X-CSRF-Token": who.form_token}
        return who.client.open(address, method=method, json=fields, headers=token).status_code
    body = "&".join(f"{name}={written(str(value))}" for name, value in fields.items())
    form = {"content_type": "application/x-www-form-urlencoded"}
    return who.client.open(address, method=method, data=body, **form).status_code


@pytest.mark.parametrize(
    ("url", "text", "alone"),
    [
        ("sqlite", NUL, False),
        ("sqlite", LONG, True),
        ("sqlite", HALF, False),
        ("postgresql", LONG, False),
    ],
    ids=["NUL", "long", "half of a pair", "long in PostgreSQL"],
    indirect=["url"],
)
def test_no_text_in_a_request_becomes_an_error_of_ours(house: World, text: str, alone: bool) -> None:
    """In each place of an address, and in all fields of a form, a query and a JSON object at once; or in each field of
    a form alone."""
    anna = everything(house)
    failed = []
    for rule in rules(house):
        if rule.rule not in ROUTES or rule.rule in ("/sign-out", "/account/sign-out-everywhere"):
            continue
        meant = {each: MEANT[each] for each in rule.arguments}
        places: list[str | None] = [None, *sorted(rule.arguments - {"number"})]
        for place in places:
            address = rule.rule
            for each, value in meant.items():
                for form in (f"<{each}>", f"<int:{each}>", f"<path:{each}>"):
                    address = address.replace(form, written(text) if each == place else value)
            for method in sorted(set(METHODS) & set(rule.methods or ())):
                apart = alone and place is None and method == "POST" and ROUTES[rule.rule] not in OPEN
                odd: list[dict[str, Any]] = [{each: text} for each in ROOM] if apart else [{}]
                odd += [] if place else [{**dict.fromkeys(ROOM, text), **known} for known in KNOWN]
                for fields in odd:
                    usual = {"tenant": NORTH, "study": STUDY, "handle": HANDLE, "seen": "0", "take": "yes"}
                    for as_json in (False, True) if method == "POST" and not apart else (False,):
                        status = answered(anna, method, address, usual | fields, as_json)
                        if status >= 500:
                            failed.append((method, rule.rule, place, sorted(fields), as_json, status))
    assert failed == []


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("text", [NUL, LONG], ids=["NUL", "long"])
@pytest.mark.parametrize(
    ("what", "content", "name"),
    [
        ("claim", {"handle": HANDLE, "take": True, "seen": 0}, "handle"),
        ("snooze", {"handle": HANDLE, "until": None, "seen": 0}, "handle"),
        ("snooze", {"handle": HANDLE, "until": None, "seen": 0}, "until"),
    ],
)
def test_a_script_is_told_what_is_wrong(house: World, what: str, content: dict[str, Any], name: str, text: str) -> None:
    anna = everything(house)
    token = {"X-CSRF-Token": anna.form_token}
    answer = anna.client.post(f"/api/worklist/{NORTH}/{STUDY}/{what}", json={**content, name: text}, headers=token)
    assert answer.status_code == 400
    assert answer.get_json()["resourceType"] == "OperationOutcome" and text not in answer.get_data(as_text=True)
