"""The pages of the worklist: who sees what, what is written down, what two people do at once."""

import csv
import io
import json
import re
from datetime import date, timedelta

import pytest

from service.screening.access import Role
from service.screening.spreadsheet import safe
from service.screening.worklist import refresh, table as tables
from service.screening.worklist.asked import Asked
from service.store import accounts, audit, people, worklist
from service.store.engine import Store
from service.store.people import Identity
from tests.databases import ON_BOTH
from tests.pages.worklist.world import NOON, STUDY, TENANT, decide, found, line, row
from tests.pages.world import Browser, World, world

HERE = f"/worklist/{TENANT}/{STUDY}"


def listed(store: Store, patient: str = "p", name: str = "Ana Díaz", number: str = "MRN-77") -> None:
    """A candidate who is known by name."""
    found(store, line(patient))
    row(store, patient)
    people.identify(store, TENANT, patient, Identity(name, "1970-05-05", "female", {number: "MR"}), NOON)


def open_world(store: Store) -> World:
    made = world(store)
    made.approve(STUDY)
    return made


def coordinator(made: World, name: str = "anna") -> Browser:
    return made.person(name, (STUDY, Role.COORDINATOR))


@ON_BOTH
def test_a_coordinator_sees_who_is_to_be_looked_at_and_that_is_written_down(store: Store) -> None:
    listed(store)
    anna = coordinator(open_world(store))
    shown = anna.get(HERE).text
    assert "Ana Díaz" in shown and "2 of 2 criteria fit" in shown
    (seen,) = audit.entries(store, TENANT, 10, "p")
    assert (seen.actor, seen.action, seen.study) == ("anna", "list-patient", STUDY)


def test_no_address_on_the_page_names_the_patient(store: Store) -> None:
    listed(store, "patient-4711")
    assert "patient-4711" not in coordinator(open_world(store)).get(HERE).text


def test_without_a_basis_only_counts_are_shown(store: Store) -> None:
    listed(store)
    anna = coordinator(world(store))
    shown = anna.get(HERE).text
    assert "Only counts" in shown and "Ana" not in shown and "MRN-77" not in shown
    assert "Ana" not in anna.post(HERE, search="Ana").text
    assert audit.entries(store, TENANT, 10, "p") == ()


def test_whoever_has_no_role_in_the_study_sees_nothing(store: Store) -> None:
    listed(store)
    eve = open_world(store).person("eve", ("another", Role.COORDINATOR))
    for path in (HERE, f"{HERE}/table.csv"):
        assert eve.get(path).status_code == 403
    assert eve.post(HERE, search="Ana").status_code == 403
    assert HERE not in eve.get("/worklist").text and HERE not in eve.get("/today").text


@ON_BOTH
def test_a_name_is_found_in_part_and_without_its_marks_a_number_whole(store: Store) -> None:
    listed(store)
    listed(store, "q", "Bert Meier", "MRN-78")
    anna = coordinator(open_world(store))
    for search in ("diaz", "DÍAZ ana", "mrn-77"):
        shown = anna.post(HERE, search=search).text
        assert "Ana Díaz" in shown and "Bert" not in shown, search
    assert "Ana" not in anna.post(HERE, search="MRN-7").text


@ON_BOTH
def test_two_who_claim_at_once_do_not_both_get_it(store: Store) -> None:
    listed(store)
    made = open_world(store)
    anna, bert = coordinator(made), coordinator(made, "bert")
    known = people.of(store, TENANT, "p")
    assert known is not None
    wanted = {"handle": known.handle, "take": "yes", "seen": "0", "query": "tab=now"}
    first = anna.post(f"{HERE}/claim", **wanted)
    assert (first.status_code, first.headers["Location"]) == (
        303,
        f"{HERE}?tab=now&order=usual&done=claimed#row-{known.handle}",
    )
    assert bert.post(f"{HERE}/claim", **wanted).status_code == 409
    assert (entry := worklist.find(store, TENANT, STUDY, "p")) is not None and entry.claimed_by == "anna"


@ON_BOTH
def test_a_row_that_is_put_off_leaves_now_and_comes_back(store: Store) -> None:
    listed(store)
    made = open_world(store)
    anna = coordinator(made)
    known = people.of(store, TENANT, "p")
    assert known is not None
    sent = {"handle": known.handle, "seen": "0", "query": ""}
    assert anna.post(f"{HERE}/snooze", until="2026-06-30", **sent).status_code == 400
    assert anna.post(f"{HERE}/snooze", until="2026-07-02", **sent).status_code == 303
    assert "Ana" not in anna.get(HERE).text
    assert "Ana" in anna.get(f"{HERE}?tab=later").text
    made.now += timedelta(days=2)
    assert "Ana" in coordinator(made).get(HERE).text


def test_a_viewer_cannot_claim_nor_export(store: Store) -> None:
    listed(store)
    eve = open_world(store).person("eve", (STUDY, Role.VIEWER))
    known = people.of(store, TENANT, "p")
    assert known is not None
    shown = eve.get(HERE).text
    assert "Ana" in shown and ">Claim<span" not in shown and "/claim" not in shown
    assert eve.post(f"{HERE}/claim", handle=known.handle, take="yes", seen="0").status_code == 403
    assert eve.get(f"{HERE}/table.csv").status_code == 403


def test_what_prepares_research_exports_nothing(store: Store) -> None:
    listed(store)
    made = world(store)
    made.approve(STUDY, "preparatory")
    anna = coordinator(made)
    assert "Ana" in anna.get(HERE).text
    assert anna.get(f"{HERE}/table.csv").status_code == 403


@ON_BOTH
def test_a_table_holds_the_rows_and_no_formula_and_is_written_down(store: Store) -> None:
    listed(store, name='=HYPERLINK("x")')
    answer = coordinator(open_world(store)).get(f"{HERE}/table.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    header, only = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert dict(zip(header, only, strict=True))["name"] == '\'=HYPERLINK("x")'
    assert {each.action for each in audit.entries(store, TENANT, 10)} >= {"export-worklist", "export-patient"}


def test_a_table_comes_to_its_end_though_the_list_changes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "AT_ONCE", 2)
    for patient in "abcdef":
        listed(store, patient, f"Nobody {patient}")
    taken: list[str] = []
    parts = tables.table(store, open_world(store).tenant, STUDY, "anna", Asked(), NOON, taken)
    assert next(parts).startswith("\ufeff") and "Nobody a" in next(parts)
    worklist.remove(store, TENANT, STUDY, "b")
    rest = list(parts)
    assert len(rest) == 2 and "".join(rest).count("Nobody") == 4
    assert taken == list("abcdef")


def test_no_cell_is_taken_for_a_formula() -> None:
    for cell in ("=1", "+1", "-1", "@x", "\t1", " =1", "＝1"):
        assert safe(cell) == f"'{cell}"
    assert safe("\t=1") == "'\t'=1", "a spreadsheet may split at tabs"
    assert [safe(each) for each in ("", "1", "a=1", "2026-06-30")] == ["", "1", "a=1", "2026-06-30"]


def test_a_study_that_is_not_theirs_is_another_study(store: Store) -> None:
    listed(store)
    found(store, line(), study="secret-study")
    decide(store, "status", study="secret-study", status="on-study")
    refresh(store, TENANT, "secret-study", "p", NOON)
    shown = coordinator(open_world(store)).get(HERE).text
    assert "On another study" in shown and "secret-study" not in shown


def test_an_address_that_asks_for_what_there_is_not_is_refused(store: Store) -> None:
    anna = coordinator(open_world(store))
    for query in ("tab=x", "order=x", "page=0", "page=x", "signal=x", "claimed=x", "changed_days=999999999999"):
        assert anna.get(f"{HERE}?{query}").status_code == 400, query


@ON_BOTH
def test_today_counts_what_is_new(store: Store) -> None:
    listed(store)
    made = world(store)
    assert coordinator(made).get("/api/today").get_json()["studies"] == [], "numbers of few tell of single people"
    made.approve(STUDY)
    anna = coordinator(made)
    (news,) = anna.get("/api/today").get_json()["studies"]
    assert (news["open"], news["new"], news["changed"]) == (1, 1, 0)
    assert "Ana" not in anna.get("/today").text


def test_hidden_names_are_in_no_page_json_or_table(store: Store) -> None:
    told = line("p", "ineligible")
    for each in told["findings"]:
        each["sentence"] = "Ana Díaz (MRN-77, 1970-05-05) has it."
    told["findings"][1]["evidence"] = [{"reference": "Patient/p", "element": "Patient.birthDate", "when": "1970-05-05"}]
    told["next_change"] = {"date": "2027-05-05", "criterion": "E1", "outcome": "not_met"}
    found(store, told)
    row(store)
    people.identify(store, TENANT, "p", Identity("Ana Díaz", "1970-05-05", "female", {"MRN-77": "MR"}), NOON)
    known = people.of(store, TENANT, "p")
    assert known is not None
    made = open_world(store)
    anna, bert = coordinator(made), coordinator(made, "bert")
    accounts.change(store, "bert", preferences={"names": "hidden"})
    for path in (f"{HERE}?tab=out", f"/api{HERE}?tab=out", f"{HERE}/table.csv?tab=out"):
        open_, hidden = (browser.get(path).text for browser in (anna, bert))
        assert "Turns 57" in open_ or "/api/" in path
        for each in ("Díaz", "MRN-77", "1970-05-05"):
            assert _said(each) in open_ or each in open_, (path, each)
            assert _said(each) not in hidden and each not in hidden, (path, each)
        assert "(hidden)" in hidden, path
        for each in ("Turns 57", "May 2027", "2027-05-05"):
            assert each not in hidden, "a birthday with an age tells the day of birth"
        assert known.handle[:6] in hidden, path
    sent = {"handle": known.handle, "take": True, "seen": 0}
    headers = {"X-CSRF-Token": bert.form_token}
    answer = bert.client.post(f"/api{HERE}/claim", json=sent, headers=headers).get_json()
    assert (answer["row"]["name"], answer["row"]["born"]) == (None, None)
    searched = bert.post(HERE, search="diaz").text
    assert known.handle in searched and "Díaz" not in searched and "Díaz" in anna.post(HERE, search="diaz").text


def _said(text: str) -> str:
    """As JSON writes it."""
    return json.dumps(text)[1:-1]


def test_what_time_alone_changes_is_told_with_its_day(store: Store) -> None:
    told = line("p", "ineligible", later=date(2026, 7, 28))
    told["findings"][1]["evidence"] = [{"reference": "MedicationRequest/m", "element": "x", "when": "since 2026-03-10"}]
    found(store, told)
    row(store)
    made = open_world(store)
    shown = coordinator(made).get(f"{HERE}?tab=later").text
    assert "Time alone stands in the way until" in shown and "Washout (E1) ends on 28 Jul 2026." in shown
    (_, only) = csv.reader(io.StringIO(coordinator(made).get(f"{HERE}/table.csv?tab=later").data.decode("utf-8-sig")))
    assert "Washout (E1) ends on 2026-07-28." in only
    made.now += timedelta(days=30)
    shown = coordinator(made).get(HERE).text
    assert "Its time has come on" in shown and "Washout" not in shown, "what is over is no news"


def test_pages_are_turned_from_the_row_that_was_seen_last(store: Store) -> None:
    for number in range(120):
        found(store, line(f"p{number:03}"))
        row(store, f"p{number:03}")
        people.identify(store, TENANT, f"p{number:03}", Identity(f"Nobody {number:03}"), NOON)
    anna = coordinator(open_world(store))
    first = anna.get(HERE).text
    assert _numbers(first) == list(range(50)) and "Page 1 of 3" in first and 'rel="prev"' not in first
    following = _link(first, "next")
    assert "page=2" in following and "after=" in following and "p049" not in following
    refresh_out(store, "p003")
    second = anna.get(following).text
    assert _numbers(second) == list(range(50, 100)), "nobody is passed over, though somebody before left the list"
    last = anna.get(_link(second, "next")).text
    assert _numbers(last) == list(range(100, 120)) and 'rel="next"' not in last
    back = anna.get(_link(last, "prev")).text
    assert _numbers(back) == list(range(50, 100))
    assert _numbers(anna.get(_link(back, "prev")).text) == [*range(3), *range(4, 51)], "the first page is from the top"
    assert _numbers(anna.get(f"{HERE}?page=2&after=no-such-handle").text) == list(range(51, 101))
    claimed = anna.post(f"{HERE}/claim", **_form(second))
    back_to = claimed.headers["Location"].partition("&done=claimed#row-")
    assert claimed.status_code == 303 and back_to[0] == following and back_to[2] in second


def refresh_out(store: Store, patient: str) -> None:
    """They leave the tab."""
    decide(store, "status", patient=patient, status="declined")
    row(store, patient)


def _numbers(shown: str) -> list[int]:
    return [int(each) for each in re.findall(r">Nobody (\d{3})</a>", shown)]


def _link(shown: str, rel: str) -> str:
    return re.findall(rf'rel="{rel}" href="([^"]+)"', shown)[0].replace("&amp;", "&")


def _form(shown: str) -> dict[str, str]:
    form = shown.split(f'action="{HERE}/claim"')[1].split("</form>")[0]
    fields = dict(re.findall(r'name="(handle|seen|query)" value="([^"]*)"', form))
    return {**fields, "query": fields["query"].replace("&amp;", "&"), "take": "yes"}
