"""The page of a study: who sees it, which numbers, and what it says of versions."""

from dataclasses import replace
from typing import Any

import pytest

from service.ehr.clock import Clock
from service.screening.access import Role
from service.screening.studying import upkeep
from service.screening.worker import Worker
from service.store import assessments, studying
from service.store.cards import CardResponse, ShownCard, keep_responses, keep_shown
from service.store.engine import Store
from tests.databases import ON_BOTH
from tests.pages.studying.test_counts import line, of
from tests.pages.world import NORTH, World, world
from tests.working.world import DAY, NOON, TODAY

STUDY = "demo"
PAGE, JSON, VERSIONS = (f"{each}/{NORTH}/{STUDY}" for each in ("/study", "/api/study", "/study"))


def assess(store: Store, patient: str, told: dict[str, Any]) -> None:
    said = {"patient": patient, "study": STUDY, **told}
    assessments.add(store, NORTH, STUDY, "1.0", patient, "d", TODAY, said, None, NOON)


@pytest.fixture
def site(store: Store) -> World:
    """Thirty people: 3 are kept out by E1 alone, 15 are candidates, 12 have no signal. All of it is counted."""
    made = world(store)
    for number in range(3):
        assess(store, f"e{number}", line(of(E1="met")))
    for number in range(15):
        assess(store, f"c{number}", line(of()))
    for number in range(12):
        assess(store, f"n{number}", line(of(), signal="none"))
    upkeep.keep_versions(store, made.tenant, NOON)
    upkeep.look_after(store, made.tenant, NOON)
    return made


@ON_BOTH
def test_who_may_see_the_patients_sees_every_number(site: World) -> None:
    site.approve(STUDY)
    told = site.person("anna", (STUDY, Role.COORDINATOR)).get(JSON).get_json()
    assert (told["seen"], told["funnel"]["assessed"], told["funnel"]["candidate"]) == (True, 30, 15)
    assert {each["criterion"]: each["out"] for each in told["funnel"]["falls"]} == {"I1": 0, "I2": 0, "E1": 3, "E2": 0}
    assert told["costs"][0] == {"criterion": "E1", "candidate": 3, "needs_review": 0, "undecided": 0}
    assert [(each["day"], each["candidate"]) for each in told["days"]] == [(TODAY.isoformat(), 15)]


@ON_BOTH
def test_without_a_basis_there_are_counts_and_no_small_ones(site: World) -> None:
    told = site.person("anna", (STUDY, Role.COORDINATOR)).get(JSON).get_json()
    funnel = told["funnel"]
    assert (told["seen"], funnel["assessed"], funnel["candidate"], funnel["whole"]) == (False, 30, 15, False)
    # 3 are small; so is nobody at the others; and the 12 without a signal would tell of the 3
    assert [funnel["no_signal"], funnel["needs_review"], *(each["out"] for each in funnel["falls"])] == [None] * 6
    assert (told["costs"], told["quality"], told["days"], told["withdrawn"]) == ([], [], [], None)
    assert all(each["unknown"] is None and each["why"] == [] for each in funnel["falls"])


def test_the_page_says_what_is_left_out(site: World) -> None:
    html = site.person("anna", (STUDY, Role.ADMIN)).get(PAGE).get_data(as_text=True)
    assert "counts only" in html and "not shown" in html
    assert "/worklist/" not in html and "<svg" not in html


def test_the_page_shows_criteria_numbers_and_a_drawing(site: World) -> None:
    site.approve(STUDY)
    html = site.person("anna", (STUDY, Role.VIEWER)).get(PAGE).get_data(as_text=True)
    for said in ("an adult", "age at least 18 years", "<svg", "Candidates: 15", "?criterion=E1", "1 codes"):
        assert said in html, said
    assert "Count now" not in html


@pytest.mark.parametrize("path", [PAGE, JSON, f"{VERSIONS}/versions"])
def test_nobody_sees_a_study_that_is_not_theirs(site: World, path: str) -> None:
    assert site.person("ben").get(path).status_code == 403
    assert site.stranger().get(path).status_code == (401 if path == JSON else 302)
    there = site.person("cleo", (STUDY, Role.VIEWER))
    assert there.get(path).status_code == 200
    assert there.get(path.replace(STUDY, "other")).status_code == 403
    assert there.get(path.replace(NORTH, "south")).status_code == 403


def test_a_count_is_asked_for_and_the_worker_does_it(site: World) -> None:
    site.approve(STUDY)
    anna = site.person("anna", (STUDY, Role.COORDINATOR))
    assess(site.store, "new", line(of()))
    assert anna.post(f"{PAGE}/count").status_code == 303
    assert anna.get(JSON).get_json()["waiting"] is True
    assert anna.get(JSON).get_json()["funnel"]["assessed"] == 30
    assert upkeep.look_after(site.store, site.tenant, NOON) == 1
    told = anna.get(JSON).get_json()
    assert (told["waiting"], told["funnel"]["assessed"]) == (False, 31)


def test_who_only_looks_asks_for_no_count(site: World) -> None:
    site.approve(STUDY)
    assert site.person("vic", (STUDY, Role.VIEWER)).post(f"{PAGE}/count").status_code == 403
    assert site.person("anna", (STUDY, Role.ADMIN)).client.post(f"{PAGE}/count").status_code == 403
    assert upkeep.look_after(site.store, site.tenant, NOON) == 0


def test_without_a_basis_the_numbers_do_not_move_from_day_to_day(site: World) -> None:
    def assessed() -> int:
        told = site.person("anna", (STUDY, Role.COORDINATOR)).get(JSON).get_json()
        return int(told["funnel"]["assessed"])

    assess(site.store, "new", line(of()))
    site.now += DAY
    assert upkeep.look_after(site.store, site.tenant, site.now) == 1
    assert assessed() == 30
    site.now += 7 * DAY
    assert assessed() == 31
    site.approve(STUDY)
    assert assessed() == 31


def test_a_change_without_a_new_version_is_shown_loudly(site: World) -> None:
    study = site.tenant.catalog.studies[STUDY]
    other = replace(study, title="A demonstration that asks something else")
    changed = replace(site.tenant, catalog=replace(site.tenant.catalog, studies={STUDY: other}))
    anna = site.person("anna", (STUDY, Role.VIEWER))
    assert "without a new version" not in anna.get(PAGE).get_data(as_text=True)
    assert upkeep.keep_versions(site.store, changed, NOON + DAY) == 1
    assert "Changed without a new version" in anna.get(PAGE).get_data(as_text=True)
    html = anna.get(f"{VERSIONS}/versions").get_data(as_text=True)
    assert "Changed without a new version" in html
    assert "<ins>A demonstration that asks something else (demo, version 1.0)</ins>" in html
    assert "<del>A demonstration (demo, version 1.0)</del>" in html and "1 Jul 2026" in html


def test_a_new_version_is_no_alarm(site: World) -> None:
    other = replace(site.tenant.catalog.studies[STUDY], version="1.1")
    changed = replace(site.tenant, catalog=replace(site.tenant.catalog, studies={STUDY: other}))
    upkeep.keep_versions(site.store, changed, NOON + DAY)
    kept = studying.versions(site.store, NORTH, STUDY)
    assert [each.version for each in kept] == ["1.0", "1.1"]
    anna = site.person("anna", (STUDY, Role.VIEWER))
    assert "without a new version" not in anna.get(f"{VERSIONS}/versions").get_data(as_text=True)


def test_cards_are_told_with_their_rates(site: World) -> None:
    for number in range(4):
        keep_shown(site.store, [ShownCard(f"k{number}", NORTH, STUDY, f"c{number}", "may-fit", "patient-view", NOON)])
    keep_responses(site.store, [CardResponse(NORTH, "k0", "accepted", NOON, NOON)])
    keep_responses(site.store, [CardResponse(NORTH, "k1", "overridden", NOON, NOON, reason="too-frail")])
    anna = site.person("anna", (STUDY, Role.VIEWER))
    (hidden,) = anna.get(JSON).get_json()["cards"]
    assert (hidden["shown"], hidden["accepted"], hidden["overridden"]) == (None, None, [["too-frail", None]])
    site.approve(STUDY)
    (told,) = anna.get(JSON).get_json()["cards"]
    assert (told["shown"], told["accepted"], told["unanswered"]) == (4, 1, 2)
    assert told["overridden"] == [["too-frail", 1]]
    assert "too-frail: 1 (25 %)" in anna.get(PAGE).get_data(as_text=True)


def test_a_worker_that_stops_leaves_the_count_to_the_next_one(site: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studying, "PAGE", 10)
    site.now += DAY
    at_work = upkeep.Upkeep(site.store, lambda: site.now)
    at_work.begin(site.tenant)
    at_work.step(site.tenant)
    assert at_work.goes_on, "30 people are three steps"
    assert upkeep.look_after(site.store, site.tenant, site.now) == 0, "somebody counts"
    at_work.close()
    assert [each.content is None for each in studying.counted(site.store, NORTH, STUDY, TODAY)] == [False, True]
    assert upkeep.look_after(site.store, site.tenant, site.now) == 1


def test_a_count_step_by_step_is_the_same_as_at_once(site: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = studying.counted(site.store, NORTH, STUDY, TODAY)[-1].content
    monkeypatch.setattr(studying, "PAGE", 7)
    site.now += DAY
    at_work = upkeep.Upkeep(site.store, lambda: site.now)
    at_work.begin(site.tenant)
    steps = 0
    while at_work.goes_on:
        at_work.step(site.tenant)
        steps, site.now = steps + 1, site.now + upkeep.LEASE * 0.9  # a lease for each step is enough
    assert steps == 5
    assert studying.counted(site.store, NORTH, STUDY, TODAY)[-1].content == before


def test_a_count_whose_lease_was_lost_keeps_nothing(site: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studying, "PAGE", 10)
    site.now += DAY
    slow = upkeep.Upkeep(site.store, lambda: site.now)
    slow.begin(site.tenant)
    slow.step(site.tenant)
    site.now += 2 * upkeep.LEASE
    assert upkeep.look_after(site.store, site.tenant, site.now) == 1
    slow.step(site.tenant)
    assert not slow.goes_on
    assert studying.counted(site.store, NORTH, STUDY, TODAY)[-1].due is None, "nobody is made to count again"


def test_other_work_goes_on_between_two_steps_of_a_count(site: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studying, "PAGE", 10)
    site.now += DAY
    worker = Worker(site.store, [site.tenant], clock=Clock(now=lambda: site.now))
    passes = [worker.step() for _ in range(4)]
    assert [each.counting for each in passes] == [True, True, True, False]
    assert passes[0].worked and not passes[-1].worked
    assert studying.counted(site.store, NORTH, STUDY, TODAY)[-1].counted == site.now


def test_a_worker_keeps_what_its_studies_say_and_counts_them_without_an_ehr(store: Store) -> None:
    made = world(store)
    assess(store, "p", line(of()))
    Worker(store, [made.tenant], clock=Clock(now=lambda: NOON)).step()
    assert [each.version for each in studying.versions(store, NORTH, STUDY)] == ["1.0"]
    (counted,) = studying.counted(store, NORTH, STUDY, TODAY)
    assert counted.content is not None and counted.content["assessed"] == 1


def test_all_are_named_that_cost_most_and_alike(store: Store) -> None:
    made = world(store)
    made.approve(STUDY)
    told = {}
    for name, several in {"one": {"E1": 2, "I1": 1}, "two": {"E1": 2, "I1": 2}}.items():
        for criterion, number in several.items():
            outcome = "met" if criterion == "E1" else "not_met"
            for at in range(number):
                assess(store, f"{criterion}-{at}", line(of(**{criterion: outcome})))
        made.now += DAY
        upkeep.keep_versions(store, made.tenant, made.now)
        upkeep.look_after(store, made.tenant, made.now)
        told[name] = made.person("anna", (STUDY, Role.COORDINATOR)).get(PAGE).text
    assert "Most is kept out by E1 alone: without it, 2 more" in told["one"]
    assert "Most is kept out by each of these alone: I1, E1. Without any one of them, 2 more" in told["two"]
