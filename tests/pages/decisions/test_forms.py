"""Deciding in the browser: forms alone, a redirection afterwards, and pages that say what another did."""

import re
from typing import Any

import pytest
from flask import render_template

from service.screening.access import Role
from service.screening.access.known import viewer_of
from service.screening.decisions.forms import deciding
from service.screening.decisions.kinds import Kind
from tests.pages.decisions.world import NOON, Ward
from tests.pages.world import Browser, World, stand, world
from tests.screening.world import STUDY

ADDRESS = f"/p/unguessable/{STUDY.id}/decide"
DECIDING = ("status", "answer", "correction", "silence", "note")
FRAGMENTS = (*(f"_decide_{each}" for each in DECIDING), "_decisions_history")


@pytest.fixture
def site(desk: Ward) -> World:
    """The application over the same database; the patient's address is `unguessable`."""
    stand(desk.store, "p", STUDY.id, handle="unguessable")
    return world(desk.store)


@pytest.fixture
def anna(site: World) -> Browser:
    return site.person("anna", (STUDY.id, Role.COORDINATOR), (STUDY.id, Role.INVESTIGATOR))


def test_a_form_is_kept_and_leads_back_to_the_patient(desk: Ward, anna: Browser) -> None:
    answer = anna.post(ADDRESS, kind="status", status="screening", seen="0")
    assert answer.status_code == 303 and answer.headers["Location"] == f"/p/unguessable/{STUDY.id}"
    assert desk.decided.status is not None and desk.decided.status.by == "anna"


def test_two_people_do_not_lose_a_change(desk: Ward, site: World, anna: Browser) -> None:
    bert = site.person("bert", (STUDY.id, Role.COORDINATOR))
    anna.post(ADDRESS, kind="status", status="ineligible", seen="0", reason="moved to Rome")
    answer = bert.post(ADDRESS, kind="status", status="screening", seen="0", reason="<b>fits</b>")
    assert answer.status_code == 409
    said = answer.get_data(as_text=True)
    assert "Somebody else decided this meanwhile" in said and "moved to Rome" in said and "Anna" in said
    assert "&lt;b&gt;fits&lt;/b&gt;" in said, "what was typed is not lost, and is no markup"
    assert len(desk.all()) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "status", "status": "screening"},
        {"kind": "status", "status": "screening", "seen": "-1"},
        {"kind": "status", "status": "screening", "seen": "many"},
        {"kind": "nothing", "seen": "0"},
        {"seen": "0"},
        {"kind": "override", "about": "I2", "outcome": "not_met", "was": "met", "seen": "0"},
    ],
)
def test_what_cannot_be_kept_is_answered_with_a_page_that_says_why(
    desk: Ward, anna: Browser, fields: dict[str, Any]
) -> None:
    answer = anna.post(ADDRESS, **fields)
    assert answer.status_code == 400 and "text/html" in answer.headers["Content-Type"]
    assert desk.all() == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "status"},
        {"kind": "answer", "about": "I2", "was": "met"},
        {"kind": "answer", "about": "I2", "outcome": ""},
        {"kind": "correction", "about": "Condition/c", "version": ""},
        {"kind": "correction", "about": "Condition/c", "claim": ""},
        {"kind": "silence", "until": ""},
        {"kind": "silence", "why": ""},
        {"kind": "claim"},
        {"kind": "snooze"},
        {"kind": "approval"},
    ],
)
def test_a_form_that_lacks_a_field_takes_nothing_back(desk: Ward, anna: Browser, fields: dict[str, Any]) -> None:
    anna.post(ADDRESS, kind="status", status="screening", seen="0")
    before = desk.all()
    answer = anna.post(ADDRESS, **fields, seen=str(before[-1].id), reason="x")
    assert answer.status_code == 400 and "none of ours" in answer.get_data(as_text=True)
    assert desk.all() == before


def test_an_empty_field_takes_back(desk: Ward, anna: Browser) -> None:
    anna.post(ADDRESS, kind="status", status="screening", seen="0")
    answer = anna.post(ADDRESS, kind="status", status="", seen=str(desk.all()[-1].id), reason="by mistake")
    assert answer.status_code == 303 and desk.decided.status is None


def test_whoever_may_not_see_the_patient_learns_nothing(desk: Ward, site: World) -> None:
    stranger = site.person("carl", ("another", Role.INVESTIGATOR))
    nobody = stranger.post("/p/nobody/demo/decide", kind="note", reason="x", seen="0")
    here = stranger.post(ADDRESS, kind="note", reason="x", seen="0")
    assert (nobody.status_code, here.status_code) == (403, 403)
    assert "Anna" not in here.get_data(as_text=True) and desk.all() == ()
    viewer = site.person("dora", (STUDY.id, Role.VIEWER)).post(ADDRESS, kind="note", reason="x", seen="0")
    assert viewer.status_code == 403 and desk.all() == ()


def test_nothing_is_decided_about_whom_the_worklist_does_not_hold(desk: Ward, site: World) -> None:
    """Everybody was assessed; but only whoever stands in the study's worklist is a patient of the study."""
    stand(desk.store, "q", handle="in-no-list")
    anna = site.person("anna", (STUDY.id, Role.INVESTIGATOR))
    answer = anna.post(f"/p/in-no-list/{STUDY.id}/decide", kind="note", reason="x", seen="0")
    nobody = anna.post(f"/p/nobody/{STUDY.id}/decide", kind="note", reason="x", seen="0")
    assert (answer.status_code, answer.get_data()) == (403, nobody.get_data()) and desk.all() == ()


def test_a_form_of_another_site_is_not_kept(desk: Ward, anna: Browser) -> None:
    fields = {"kind": "status", "status": "screening", "seen": "0"}
    assert anna.client.post(ADDRESS, data=fields).status_code == 403
    assert anna.client.get(ADDRESS).status_code == 405
    assert desk.all() == ()


def forms(site: World, desk: Ward, **more: str) -> str:
    """The fragments, as the patient's page shows them to Anna."""
    person = viewer_of(desk.store, "anna", NOON)
    assert person is not None
    context = deciding(desk.store, desk.tenant, person, "p", STUDY.id, NOON)
    with site.app.test_request_context():
        told = {"deciding": context, "action": ADDRESS, "criterion": "E2", "record": "Observation/o", **more}
        return "".join(render_template(f"pages/{each}.html", **told) for each in FRAGMENTS)


def fields_of(form: str) -> dict[str, str]:
    """What a browser would send of the hidden fields, the first choices and the button."""
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    found |= dict(re.findall(r'<input type="radio" name="([^"]+)" value="([^"]*)"', form)[:1])
    found |= dict.fromkeys(re.findall(r'<input type="date" name="([^"]+)"', form), "")
    found |= dict(re.findall(r'<button name="([^"]+)" value="([^"]*)"', form)[:1])
    for name, rest in re.findall(r'<select name="([^"]+)">(.*?)</select>', form, re.DOTALL):
        found[name] = next((each for each in re.findall(r'<option value="([^"]*)"', rest) if each), "")
    found.pop("csrf", None)
    return found


def test_every_form_can_be_sent_as_it_stands(desk: Ward, site: World, anna: Browser) -> None:
    listed = re.findall(r"<form .*?</form>", forms(site, desk), re.DOTALL)
    kinds = [fields_of(each)["kind"] for each in listed]
    assert kinds == ["status", "answer", "correction", "silence", "silence", "snooze", "claim", "note"]
    for each in listed:
        answer = anna.post(ADDRESS, **{"reason": "because", **fields_of(each)})
        assert answer.status_code == 303, answer.get_data(as_text=True)
    assert [each.kind for each in desk.all()] == kinds
    shown = forms(site, desk)
    assert "because" in shown and "Anna" in shown and "Look again" not in shown


def test_who_only_looks_on_has_no_form(desk: Ward, site: World) -> None:
    site.person("anna", (STUDY.id, Role.VIEWER))
    assert "<form" not in forms(site, desk)


def test_reasons_are_no_markup(desk: Ward, site: World, anna: Browser) -> None:
    desk.decide(Kind.NOTE, reason="<script>alert(1)</script>")
    assert "<script>" not in forms(site, desk)


def test_a_note_is_written_on_the_page_and_stays_in_the_history(desk: Ward, anna: Browser) -> None:
    page = anna.get(f"/p/unguessable/{STUDY.id}").text
    form = page.partition('name="kind" value="note"')[2].partition("</form>")[0]
    seen = re.search(r'name="seen" value="(\d+)"', form)
    assert seen is not None and "Note, which stays in the history" in form
    assert anna.post(ADDRESS, kind="note", seen=seen[1], reason="").status_code == 400
    assert anna.post(ADDRESS, kind="note", seen=seen[1], reason="calls back <i>on Monday</i>").status_code == 303
    page = anna.get(f"/p/unguessable/{STUDY.id}").text
    assert "calls back &lt;i&gt;on Monday&lt;/i&gt;" in page
    (made,) = desk.all()
    assert (made.kind, made.actor) == ("note", "anna")
