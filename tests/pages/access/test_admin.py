"""What administrators do: only in their own studies, never for themselves, and all of it is written down."""

from datetime import date, timedelta

import orjson
import pytest

from service.errors import UsageError
from service.screening.access.administered import disable, enter
from service.screening.access.audited import Why, note_view
from service.screening.access.known import bases_of, viewer_of
from service.store import accounts, audit, bases
from service.store.audit import Wanted
from service.store.engine import Store
from tests.databases import ON_BOTH
from tests.pages.world import NORTH, Browser, World, world
from tests.screening.world import STUDY as SMALL
from tests.working.world import TODAY

STUDY = SMALL.id
DAY = timedelta(days=1)


@pytest.fixture
def house(store: Store) -> World:
    return world(store)


def given(of: World, account: str) -> set[tuple[str, str]]:
    return {(each.study, each.role) for each in accounts.roles_of(of.store, account)}


def act(who: Browser, account: str, role: str, study: str = STUDY, do: str = "give", tenant: str = NORTH) -> int:
    fields = {"tenant": tenant, "study": study, "account": account, "role": role, "do": do}
    return int(who.post("/admin/people", **fields).status_code)


@ON_BOTH
def test_an_administrator_gives_and_takes_roles_in_their_study(house: World) -> None:
    boss = house.person("boss", (STUDY, "admin"))
    house.person("anna")
    assert act(boss, "anna", "coordinator") == 302
    assert given(house, "anna") == {(STUDY, "coordinator")}
    assert "anna" in boss.get("/admin/people").text
    assert act(boss, "anna", "coordinator", do="take") == 302
    assert given(house, "anna") == set()
    told = [each.entry.action for each in audit.page(house.store, Wanted(NORTH), 10)]
    assert told == ["role-taken", "role-given"]


@pytest.mark.parametrize("role", ["viewer", "coordinator", "investigator"])
def test_nobody_else_gives_roles(house: World, role: str) -> None:
    house.person("anna")
    assert act(house.person("eve", (STUDY, role)), "anna", "viewer") == 403
    assert given(house, "anna") == set()


def test_an_administrator_gives_none_elsewhere_nor_to_themselves(house: World) -> None:
    boss = house.person("boss", (STUDY, "admin"))
    house.person("anna")
    assert act(boss, "anna", "viewer", study="other") == 403
    assert act(boss, "anna", "viewer", study="*") == 403
    assert act(boss, "anna", "viewer", tenant="south") == 403
    assert act(boss, "boss", "investigator") == 400
    assert act(boss, "nobody", "viewer") == 400
    assert act(boss, "anna", "king") == 400
    assert given(house, "anna") == set() and given(house, "boss") == {(STUDY, "admin")}


def test_whoever_administers_all_gives_roles_in_all(house: World) -> None:
    boss = house.person("boss", ("*", "admin"))
    house.person("anna")
    assert "Known, without a role" in boss.get("/admin/people").text
    assert act(boss, "anna", "viewer", study="*") == 302
    assert given(house, "anna") == {("*", "viewer")}


def test_a_role_counts_at_once_and_so_does_its_end(house: World) -> None:
    house.person("anna", (STUDY, "viewer"))
    known = viewer_of(house.store, "anna", house.now)
    assert known is not None and known.roles_in(NORTH, STUDY) == {"viewer"}
    accounts.take(house.store, "anna", NORTH, STUDY, "viewer")
    known = viewer_of(house.store, "anna", house.now)
    assert known is not None and known.roles_in(NORTH, STUDY) == frozenset()
    assert disable(house.store, "anna", NORTH, "boss", house.now)
    assert viewer_of(house.store, "anna", house.now) is None and not disable(
        house.store, "anna", NORTH, "boss", house.now
    )


@ON_BOTH
def test_a_basis_is_entered_and_what_was_before_stays_to_be_seen(house: World) -> None:
    boss = house.person("boss", (STUDY, "admin"))
    fields = {"tenant": NORTH, "study": STUDY, "role": ["coordinator", "investigator"]}
    for kind, approval, expires in (("waiver", "EC 2026/17", "2027-01-31"), ("consent", "EC 2026/18", "")):
        assert boss.post("/admin/studies", **fields, kind=kind, approval=approval, expires=expires).status_code == 302
    newest, older = bases.history(house.store, NORTH, STUDY)
    assert (newest.kind, newest.approval, newest.expires) == ("consent", "EC 2026/18", None)
    assert (older.expires, older.roles, older.actor) == (date(2027, 1, 31), ("coordinator", "investigator"), "boss")
    page = boss.get("/admin/studies").text
    assert "EC 2026/17" in page and "EC 2026/18" in page
    assert boss.post("/admin/studies", **{**fields, "role": []}, kind="none").status_code == 302
    assert bases_of(house.store, house.tenant)[STUDY] is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "because"}, "the kind of a basis is one of"),
        ({"approval": " "}, "under which number"),
        ({"approval": "x" * 300}, "at most 200"),
        ({"role": []}, "which roles"),
        ({"role": ["admin"]}, "which roles"),
        ({"expires": "tomorrow"}, "YYYY-MM-DD"),
    ],
)
def test_what_is_no_basis_is_not_entered(house: World, change: dict[str, object], said: str) -> None:
    boss = house.person("boss", (STUDY, "admin"))
    fields = {"tenant": NORTH, "study": STUDY, "kind": "waiver", "approval": "EC 1", "role": ["viewer"], **change}
    answer = boss.post("/admin/studies", **fields)
    assert answer.status_code == 400 and said in answer.text
    assert bases.history(house.store, NORTH, STUDY) == ()


def test_a_basis_is_entered_by_administrators_alone(house: World) -> None:
    fields = {"tenant": NORTH, "study": STUDY, "kind": "waiver", "approval": "EC 1", "role": ["viewer"]}
    for name, role in (("a", "viewer"), ("b", "coordinator"), ("c", "investigator")):
        assert house.person(name, (STUDY, role)).post("/admin/studies", **fields).status_code == 403
    with pytest.raises(UsageError):
        enter(house.store, house.tenant, "other", "waiver", "EC 1", None, ("viewer",), "boss", house.now)
    assert bases.history(house.store, NORTH, STUDY) == ()


def looked(of: World, patient: str, account: str = "anna", study: str | None = STUDY, days: int = 0) -> None:
    known = viewer_of(of.store, account, of.now)
    assert known is not None
    note_view(of.store, known, NORTH, study, patient, "view-patient", of.now + days * DAY)


def test_the_audit_is_filtered_by_study_account_and_day(house: World) -> None:
    house.person("anna"), house.person("otto")
    boss, small = house.person("boss", ("*", "admin")), house.person("small", (STUDY, "admin"))
    looked(house, "p1"), looked(house, "p2", "otto"), looked(house, "p3", days=1), looked(house, "p4", study=None)
    assert boss.get("/admin/audit").text.count("looked at the patient") == 4
    assert small.get("/admin/audit").text.count("looked at the patient") == 3  # not what is of no study
    assert boss.get("/admin/audit?account=otto").text.count("looked at the patient") == 1
    assert boss.get(f"/admin/audit?day={TODAY + DAY}").text.count("looked at the patient") == 1
    assert boss.get("/admin/audit?day=monday").status_code == 400
    for number in ("99999999999999999999", str(2**63), "-1"):
        assert boss.get(f"/admin/audit?before={number}").status_code == 400
    for number in ("0", str(2**63 - 1)):
        assert boss.get(f"/admin/audit?before={number}").status_code == 200
    assert boss.get("/admin/audit?tenant=south").status_code == 403
    assert small.get("/admin/audit?study=other").status_code == 403


@ON_BOTH
def test_the_audit_is_paged_without_a_gap(house: World) -> None:
    house.person("anna")
    for number in range(120):
        looked(house, f"p{number}")
    found: list[int] = []
    before = None
    while True:
        some = audit.page(house.store, Wanted(NORTH), 50, before)
        found += [each.id for each in some]
        if len(some) < 50:
            break
        before = some[-1].id
    assert found == sorted(found, reverse=True) and len(set(found)) == 120
    assert [each.id for each in audit.walk(house.store, Wanted(NORTH), at_once=7)] == sorted(found)
    first = house.person("boss", (STUDY, "admin")).get("/admin/audit").text
    assert first.count("looked at the patient") == 50 and "Older ones" in first


def test_the_export_is_of_the_entries_asked_for_and_is_audited(house: World) -> None:
    house.person("anna"), house.person("otto")
    looked(house, "p1"), looked(house, "p2", "otto")
    boss = house.person("boss", (STUDY, "admin"))
    answer = boss.post("/admin/audit/export", tenant=NORTH, account="otto")
    (line,) = answer.data.splitlines()
    event = orjson.loads(line)
    assert event["entity"][0]["what"] == {"reference": "Patient/p2"}
    assert answer.mimetype == "application/fhir+ndjson"
    newest = audit.page(house.store, Wanted(NORTH), 1)[0].entry
    assert (newest.actor, newest.action) == ("boss", "export-audit")
    assert house.person("anna").post("/admin/audit/export", tenant=NORTH).status_code == 403


def test_why_somebody_looked_is_kept(house: World) -> None:
    from dataclasses import replace

    house.person("anna")
    known = viewer_of(house.store, "anna", house.now)
    assert known is not None
    note_view(house.store, known, NORTH, STUDY, "p", "reveal-name", house.now, why=Why.CONTACT)
    note_view(house.store, replace(known, source="launch"), NORTH, STUDY, "p", "view-patient", house.now)
    kept = [each.detail for each in audit.entries(house.store, NORTH, 2)]
    assert kept == [{"purpose": "treatment"}, {"purpose": "recruitment", "why": "contact"}]
