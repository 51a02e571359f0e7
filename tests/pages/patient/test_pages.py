"""The pages of one patient, as a browser gets them: who may see them, what stands on them, and what never does."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from service.screening.access import Role
from service.screening.decisions import Kind
from service.store import accounts, audit, decisions
from service.store.decisions import Decision
from service.store.engine import Store
from tests.databases import ON_BOTH
from tests.pages.patient.world import HANDLE, coordinator, screen_files, stand
from tests.pages.world import NORTH, World, world
from tests.screening.world import STUDY, cancer, encounter, haemoglobin, patient
from tests.working.world import DAY

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
PLACES = ["", "/demo", "/demo/history", "/demo/source/1"]


def words(text: str) -> str:
    """What a person reads."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.fixture
def site(store: Store, tmp_path: Path) -> World:
    """One patient, in the worklist of `demo`."""
    made = world(store)
    screen_files(made, tmp_path / "export", [patient(), encounter(), haemoglobin()])
    stand(made, "p", "demo")
    return made


@ON_BOTH
def test_the_page_shows_every_criterion_in_the_protocols_own_words(site: World) -> None:
    page = coordinator(site, "demo").get(f"/p/{HANDLE}/demo")
    assert page.status_code == 200
    said = words(page.text)
    assert all(each.text in said and f"criterion-{each.id}" in page.text for each in STUDY.criteria)
    assert "Eva Muster" in said and "1970-05-05" in said and "MRN 4711" in said and "56" in said


def test_what_keeps_out_comes_first_and_what_fits_last(site: World, tmp_path: Path) -> None:
    screen_files(site, tmp_path / "other", [patient(), encounter(), haemoglobin(), cancer()])
    site.now += DAY
    screen_files(site, tmp_path / "other")
    page = coordinator(site, "demo").get(f"/p/{HANDLE}/demo").text
    places = [page.index(f"criterion-{each}") for each in ("E1", "E2", "I1")]
    assert places == sorted(places)
    assert "E1 (“cancer”) speaks against." in words(page)


@pytest.mark.parametrize("place", PLACES)
def test_who_may_not_see_the_patient_learns_nothing(site: World, place: str) -> None:
    """No role; no basis; a role elsewhere; no such patient; not in that worklist: one answer, to the byte."""
    nobody = site.person("bert")
    answers = [nobody.get(f"/p/{HANDLE}{place}")]
    without_basis = site.person("cora", ("demo", Role.INVESTIGATOR))
    answers.append(without_basis.get(f"/p/{HANDLE}{place}"))
    admin = site.person("dora", ("demo", Role.ADMIN))
    answers.append(admin.get(f"/p/{HANDLE}{place}"))
    anna = coordinator(site, "demo")
    answers.append(anna.get(f"/p/unknown{place}"))
    stand(site, "other-patient", handle="in-no-worklist")
    answers.append(anna.get(f"/p/in-no-worklist{place}"))
    if place:
        answers.append(anna.get(f"/p/{HANDLE}{place.replace('demo', 'no-such-study')}"))
    assert {each.status_code for each in answers} == {403}
    assert len({re.sub(r"(?s)<header class=\"top\">.*?</header>", "", each.text) for each in answers}) == 1
    assert audit.entries(site.store, NORTH, 100, patient="other-patient") == ()


@pytest.mark.parametrize("place", PLACES)
def test_nobody_sees_a_page_without_signing_in(site: World, place: str) -> None:
    answer = site.stranger().get(f"/p/{HANDLE}{place}")
    assert answer.status_code == 302 and "Eva" not in answer.text


@pytest.mark.parametrize(
    ("place", "action"),
    [
        ("", "view-trials"),
        ("/demo", "view-patient"),
        ("/demo/history", "view-history"),
        ("/demo/source/1", "view-source"),
    ],
)
def test_every_view_is_written_down(site: World, place: str, action: str) -> None:
    coordinator(site, "demo").get(f"/p/{HANDLE}{place}")
    (entry,) = [each for each in audit.entries(site.store, NORTH, 9, patient="p") if each.actor == "anna"]
    assert entry.action == action and entry.study == (None if place == "" else "demo")


def test_hidden_names_are_shown_only_when_asked_for_and_that_is_written_down(site: World) -> None:
    anna = coordinator(site, "demo")
    accounts.change(site.store, "anna", preferences={"names": "hidden"})
    for place in PLACES:
        page = anna.get(f"/p/{HANDLE}{place}").text
        assert "Eva" not in page and "4711" not in page and "1970-05-05" not in page
    assert anna.client.post(f"/p/{HANDLE}/demo/reveal").status_code == 403
    assert "Eva Muster" in anna.post(f"/p/{HANDLE}/demo/reveal").text
    assert "Eva Muster" in anna.post(f"/p/{HANDLE}/reveal").text
    assert "Eva" not in anna.get(f"/p/{HANDLE}/demo").text
    actions = [each.action for each in audit.entries(site.store, NORTH, 99, patient="p")]
    assert actions.count("reveal-patient") == 2


@ON_BOTH
def test_an_answer_of_a_person_stands_beside_the_machines_and_asks_to_be_looked_at_again(site: World) -> None:
    content = {"outcome": "met", "was": "unknown"}
    said = Decision(NORTH, "demo", "p", Kind.OVERRIDE.value, "E1", content, "seen by <b>me</b>", "dora", site.now)
    decisions.add(site.store, said)
    page = coordinator(site, "demo").get(f"/p/{HANDLE}/demo").text
    text = words(page)
    assert "Answered by a person: Present: speaks against" in text and "The machine says: Not present" in text
    assert "Look again" in text and "By the machine alone:" in text
    assert "seen by &lt;b&gt;me&lt;/b&gt;" in page


def test_what_records_say_is_never_markup(store: Store, tmp_path: Path) -> None:
    made = world(store)
    coded = {"coding": [{"system": "http://snomed.info/sct", "code": "1", "display": HOSTILE}], "text": HOSTILE}
    screen_files(made, tmp_path / "export", [patient(), encounter(), haemoglobin(), cancer(code=coded)])
    stand(made, "p", "demo", name=HOSTILE)
    anna = coordinator(made, "demo")
    for place in PLACES:
        page = anna.get(f"/p/{HANDLE}{place}").text
        assert "<script>alert" not in page and "<img" not in page
    assert HOSTILE in unescape(anna.get(f"/p/{HANDLE}/demo").text)


def test_pages_have_no_style_of_their_own_and_no_name_in_an_address(site: World) -> None:
    anna = coordinator(site, "demo")
    for place in PLACES:
        page = anna.get(f"/p/{HANDLE}{place}")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)", page.text)
        assert not re.search(r"(?:href|action)=\"[^\"]*(?:Eva|4711|Patient/)", page.text)


def test_what_stands_behind_an_answer_says_that_no_ehr_is_connected(site: World) -> None:
    anna = coordinator(site, "demo")
    page = anna.get(f"/p/{HANDLE}/demo").text
    address = re.findall(r"href=\"(/p/[^\"]*/source/\d+\?seen=\d+)\"", page)[0]
    assert "No EHR is connected here" in anna.get(address).text
    assert "has changed since" in anna.get(address.replace("seen=", "seen=9")).text
    assert "has changed since" in anna.get(f"/p/{HANDLE}/demo/source/999").text


@ON_BOTH
def test_the_history_says_what_changed_and_why(site: World, tmp_path: Path) -> None:
    site.now += DAY
    screen_files(site, tmp_path / "second", [patient(), encounter(), haemoglobin(), cancer()])
    said = words(coordinator(site, "demo").get(f"/p/{HANDLE}/demo/history").text)
    assert "E1 : Not present → Present: speaks against" in said
    assert "the first assessment" in said and "the records are not the same" in said


def test_all_trials_shows_only_studies_that_are_open_to_who_looks(site: World) -> None:
    anna = coordinator(site, "demo")
    page = words(anna.get(f"/p/{HANDLE}").text)
    assert STUDY.title in page and "There may be others." in page


def test_whose_assessment_was_withdrawn_stands_nowhere(site: World, tmp_path: Path) -> None:
    site.now += DAY
    screen_files(site, tmp_path / "second", [patient(deceasedBoolean=True), encounter(), haemoglobin()])
    answer = coordinator(site, "demo").get(f"/p/{HANDLE}/demo")
    assert answer.status_code == 403 and "haemoglobin" not in answer.text and "Muster" not in answer.text
