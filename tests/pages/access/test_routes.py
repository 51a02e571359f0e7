"""Nobody sees a patient of a study that is not theirs, at any address there is, and whoever adds one has to say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from service.app import app_of
from service.ehr.smart_launch import App
from service.screening.access import BasisKind
from service.screening.cds.policy import CardPolicy
from service.screening.tenant import Hook
from service.settings import Settings
from service.store import assessments, audit, decisions
from service.store.decisions import Decision
from service.store.engine import Store
from tests.databases import ON_BOTH
from tests.pages.access.routes import DEMO, ROUTES, Kind
from tests.pages.shell.site import NO_PAGES, PAGES
from tests.pages.world import NORTH, Browser, World, stand, world
from tests.screening.world import STUDY as SMALL
from tests.working.world import TODAY, catalog

STUDY, OTHER = "demo", "elsewhere"
PATIENT, HANDLE, NAME, BORN, NUMBER = (
    "goner-4711",
    "h4Ndl3-of-nobody-else",
    "Wilhelmina Zzyzx",
    "1931-07-23",
    "MRN-00815",
)
SECRETS = (PATIENT, HANDLE, "Wilhelmina", "Zzyzx", BORN, NUMBER)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
MEANT = {
    "tenant": NORTH,
    "study": STUDY,
    "handle": HANDLE,
    "patient": HANDLE,
    "number": "0",
    "n": "0",
    "name": "labs-0123456789abcdef",
    "identity": STUDY,
    "kind": "Observation",
    "filename": "pages.css",
}


@pytest.fixture
def house(store: Store) -> World:
    """All that there is where a site has set up everything, with one patient in the study `demo`."""
    app = App("https://ehr.example/fhir", "client", "https://prescreen.example/launch/callback")
    whole = {"hooks": (Hook("labs", MEANT["name"]),), "cards": CardPolicy(), "launch": (app,)}
    made = world(store, catalog(SMALL, replace(SMALL, id=OTHER)), **whole)
    found = {"criterion": "I1", "kind": "inclusion", "outcome": "met", "sentence": NAME, "reasons": [], "evidence": []}
    found |= {"open_item": False, "computed": None}
    line = {
        "patient": PATIENT,
        "study": STUDY,
        "study_version": "1",
        "standing": "candidate",
        "signal": "strong",
        "unresolved": 0,
        "screening_date": TODAY.isoformat(),
        "findings": [found],
        "assumptions": [],
        "settle": [],
        "later": None,
        "next_change": None,
    }
    assessments.add(store, NORTH, STUDY, "1", PATIENT, "digest", TODAY, line, None, made.now)
    decisions.add(
        store, Decision(NORTH, STUDY, PATIENT, "status", None, {"status": "screening"}, NAME, "admin", made.now)
    )
    audit.append(store, audit.Entry(made.now, NORTH, "admin", "view-patient", STUDY, PATIENT))
    stand(store, PATIENT, STUDY, handle=HANDLE, name=NAME, born=BORN, number=NUMBER)
    return made


def rules(of: World) -> list[Rule]:
    return [each for each in of.app.url_map.iter_rules() if not each.rule.startswith(DEMO)]


def test_every_address_has_its_line_in_the_table(house: World) -> None:
    """If this fails, you added an address: say in tests/pages/access/routes.py what it may show to whom."""
    assert {each.rule for each in rules(house)} - set(ROUTES) == set()


def test_the_table_names_no_address_twice_or_in_vain(house: World) -> None:
    assert set(ROUTES) - {each.rule for each in rules(house)} <= {
        "/launch/static/<path:filename>",
        "/static/<path:filename>",
    }


def test_every_page_is_looked_at_in_a_browser_or_has_a_reason_why_not(house: World) -> None:
    """If this fails, you added a page: give it a line in PAGES of tests/pages/shell/site.py, or NO_PAGES a reason."""
    adapter = house.app.url_map.bind("localhost")
    seen = set()
    for address in PAGES.values():
        place = address.partition("?")[0].replace("{", "").replace("}", "")
        try:
            seen.add(adapter.match(place, return_rule=True)[0].rule)
        except MethodNotAllowed:
            assert place == "/sign-out"  # what a form leads to
    shown = {each.rule for each in rules(house) if "GET" in (each.methods or ())}
    assert shown - seen == set(NO_PAGES), "a page nobody looks at, or a reason for what there is not"


def addresses(of: World, *kinds: Kind) -> list[tuple[str, str]]:
    """(method, address) of all rules of these kinds, pointed at the patient."""
    found = []
    for rule in rules(of):
        if ROUTES.get(rule.rule) in kinds:
            adapter = of.app.url_map.bind("localhost")
            address = adapter.build(rule.endpoint, {each: MEANT[each] for each in rule.arguments})
            found += [(method, address) for method in METHODS if method in (rule.methods or ())]
    return found


def sent(who: Browser, method: str, address: str) -> TestResponse:
    """The request as a browser of theirs would send it, with the token of its forms and the patient in every field."""
    fields = {"csrf": who.form_token, "tenant": NORTH, "study": STUDY, "q": "zzyzx", "name": "zzyzx", "kind": "status"}
    fields |= {"handle": HANDLE, "status": "contacted", "reason": "x", "role": "admin", "account": "anna"}
    given: Any = {"query_string": {"q": "zzyzx", "study": STUDY}} if method == "GET" else {"data": fields}
    return who.client.open(address, method=method, **given)


def check_nothing_shown(answer: TestResponse, where: str, *, refused: bool) -> None:
    shown = answer.get_data(as_text=True) + str(answer.headers)
    assert [each for each in SECRETS if each in shown.replace(answer.request.path, "")] == [], where
    if refused:
        assert answer.status_code in (403, 404), f"{where}: {answer.status_code}"


def without_a_role(of: World) -> Browser:
    of.approve(STUDY)
    return of.person("anna")


def of_another_study(of: World) -> Browser:
    of.approve(STUDY)
    of.approve(OTHER)
    return of.person("anna", (OTHER, "viewer"), (OTHER, "coordinator"), (OTHER, "investigator"), (OTHER, "admin"))


def with_an_expired_basis(of: World) -> Browser:
    of.approve(STUDY, expires=TODAY - timedelta(days=1))
    return of.person("anna", (STUDY, "investigator"), (STUDY, "coordinator"))


def without_a_basis(of: World) -> Browser:
    return of.person("anna", (STUDY, "investigator"), (STUDY, "coordinator"))


def with_a_basis_that_was_ended(of: World) -> Browser:
    of.approve(STUDY)
    of.approve(STUDY, kind="none", roles=())
    return of.person("anna", (STUDY, "investigator"))


def not_permitted(of: World) -> Browser:
    of.approve(STUDY, roles=("investigator",))
    return of.person("anna", (STUDY, "coordinator"))


def an_administrator(of: World) -> Browser:
    of.approve(STUDY)
    return of.person("anna", (STUDY, "admin"))


WHO = [
    without_a_role,
    of_another_study,
    with_an_expired_basis,
    without_a_basis,
    with_a_basis_that_was_ended,
    not_permitted,
    an_administrator,
]


@pytest.mark.parametrize("who", WHO, ids=[each.__name__ for each in WHO])
def test_nobody_sees_a_patient_who_is_not_theirs(house: World, who: Any) -> None:
    anna = who(house)
    for method, address in addresses(house, Kind.PATIENT):
        check_nothing_shown(sent(anna, method, address), f"{method} {address}", refused=True)
    for method, address in addresses(house, Kind.LISTS, Kind.SELF, Kind.ANYBODY):
        if address not in ("/sign-out", "/account/sign-out-everywhere"):
            check_nothing_shown(sent(anna, method, address), f"{method} {address}", refused=False)
    if who is not an_administrator:
        for method, address in addresses(house, Kind.ADMIN):
            answer = sent(anna, method, address)
            own = (
                who is of_another_study and method == "GET" and address != "/admin/audit"
            )  # these show their own study
            check_nothing_shown(answer, f"{method} {address}", refused=not own)


@pytest.mark.parametrize("leak", [f"the patient {PATIENT}", NAME, HANDLE, NUMBER, "nothing of a patient, but open"])
def test_an_address_that_showed_it_would_be_found_out(house: World, leak: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk itself is tested: a page that forgot to ask `Desk.need` does not pass, nor one without a line."""
    house.app.add_url_rule("/leaking/<handle>", "leaking", lambda handle: leak)
    assert {each.rule for each in rules(house)} - set(ROUTES) == {"/leaking/<handle>"}
    monkeypatch.setitem(ROUTES, "/leaking/<handle>", Kind.PATIENT)
    anna = without_a_role(house)
    ((method, address),) = [each for each in addresses(house, Kind.PATIENT) if "leaking" in each[1]]
    with pytest.raises(AssertionError):
        check_nothing_shown(sent(anna, method, address), address, refused=True)


def test_an_administrator_reads_who_looked_and_not_at_which_person(house: World) -> None:
    """The page names the handle, which opens nothing to them; the export, which is audited, names the id in the EHR."""
    anna = an_administrator(house)
    page = anna.get("/admin/audit")
    assert page.status_code == 200 and HANDLE in page.text
    assert [each for each in SECRETS if each != HANDLE and each in page.text] == []


def test_nobody_is_anybody_who_is_not_signed_in(house: World) -> None:
    house.approve(STUDY)
    house.person("anna", (STUDY, "investigator"))
    stranger = Browser(house.stranger(), "none")
    for method, address in addresses(house, Kind.PATIENT, Kind.LISTS, Kind.SELF, Kind.ADMIN):
        answer = sent(stranger, method, address)
        check_nothing_shown(answer, f"{method} {address}", refused=False)
        assert answer.status_code in (302, 401, 404), f"{method} {address}: {answer.status_code}"
        assert answer.status_code != 302 or answer.headers["Location"].partition("?")[0] == "/sign-in"


@ON_BOTH
def test_no_form_counts_without_the_token_of_its_session(house: World) -> None:
    house.approve(STUDY)
    everything = [(STUDY, each) for each in ("viewer", "coordinator", "investigator", "admin")]
    anna, other = house.person("anna", *everything), house.person("anna", *everything)
    before = state(house.store)
    for method, address in addresses(house, Kind.PATIENT, Kind.LISTS, Kind.SELF, Kind.ADMIN):
        if method == "GET":
            continue
        for data in ({}, {"csrf": ""}, {"csrf": "x"}, {"csrf": other.form_token}, {"csrf": anna.token}):
            fields = {"tenant": NORTH, "study": STUDY, **data}
            assert anna.client.open(address, method=method, data=fields).status_code in (403, 405), address
        for site in ("cross-site", "same-site"):
            answer = anna.client.open(
                address, method=method, data={"csrf": anna.form_token}, headers={"Sec-Fetch-Site": site}
            )
            assert answer.status_code in (403, 405), address
        by_query = anna.client.open(f"{address}?csrf={anna.form_token}", method=method)
        assert by_query.status_code in (403, 405), address
    assert state(house.store) == before


@ON_BOTH
def test_to_look_changes_nothing_but_the_audit(house: World) -> None:
    house.approve(STUDY)
    anna = house.person("anna", *[(STUDY, each) for each in ("coordinator", "investigator", "admin")])
    before = state(house.store)
    for method, address in addresses(house, Kind.PATIENT, Kind.LISTS, Kind.SELF, Kind.ADMIN):
        if method == "GET":
            assert sent(anna, method, address).status_code < 500, address
    assert state(house.store) == before


def state(store: Store) -> str:
    """Every row, but for what each look writes."""
    from service.store.tables import metadata

    with store.reading() as connection:
        kept = [each for each in metadata.sorted_tables if each.name not in ("audit", "sessions", "launches")]
        return "\n".join(repr(row) for table in kept for row in connection.execute(table.select()))


def test_the_demonstration_is_in_no_other_application(house: World) -> None:
    assert [each.rule for each in house.app.url_map.iter_rules() if each.rule.startswith(DEMO)] == []


def test_cookies_are_of_this_host_alone(store: Store) -> None:
    made = world(store)
    safe = app_of(made.tenant.catalog, Settings(public_url="https://prescreen.example"), (made.tenant,), store)
    there = safe.test_client().get("/sign-in", base_url="https://prescreen.example").headers.getlist("Set-Cookie")
    plain = made.stranger().get("/sign-in").headers.getlist("Set-Cookie")
    assert len(there) == 1 and there[0].startswith("__Host-prescreen-session-before=")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in there[0].split("; ")
    assert "Domain" not in there[0]
    assert len(plain) == 1 and plain[0].startswith("prescreen-session-before=") and "HttpOnly" in plain[0]


def test_the_day_counts_at_the_site_and_the_last_one_is_still_good(house: World) -> None:
    house.approve(STUDY, BasisKind.WAIVER, expires=TODAY)
    assert isinstance(TODAY, date)
    anna = house.person("anna", (STUDY, "investigator"), (STUDY, "admin"))
    assert "Expired" not in anna.get("/admin/studies").text
    house.now += timedelta(days=1)
    again = house.person("anna")
    assert "Expired" in again.get("/admin/studies").text
