"""What people decided, on cards: silence, their answers, and records that they corrected."""

from dataclasses import replace
from typing import Any

import pytest

from service.screening.decisions.kinds import Kind
from service.screening.versions import stamp
from service.store import decisions
from service.store.decisions import Decision
from tests.cds.world import CHART, NOON, Desk
from tests.screening.world import STUDY, cancer
from tests.working.world import DAY, catalog

OTHER = replace(STUDY, id="other", title="Another study")


def decide(desk: Desk, kind: Kind, about: str | None = None, study: str | None = STUDY.id, **content: Any) -> None:
    decisions.add(desk.store, Decision("north", study, "p", kind, about, content, "why", "anna", NOON))


@pytest.mark.parametrize("status", ["declined", "ineligible", "screening", "on-study", "withdrawn", "contacted"])
def test_whom_people_decided_on_is_not_spoken_of_until_it_is_taken_back(desk: Desk, status: str) -> None:
    assert len(desk.views().cards) == 1
    decide(desk, Kind.STATUS, status=status)
    assert desk.views().cards == ()
    decide(desk, Kind.STATUS, status=None)
    assert len(desk.views().cards) == 1


def test_a_silence_ends_on_its_day(desk: Desk) -> None:
    decide(desk, Kind.SILENCE, why="declined", until="2026-07-10")
    assert desk.views(now=NOON + 10 * DAY).cards == ()
    assert len(desk.views(now=NOON + 11 * DAY).cards) == 1


@pytest.mark.parametrize(("study", "left"), [(STUDY.id, 1), (None, 0)])
def test_a_silence_is_of_one_study_or_of_all(desk: Desk, study: str | None, left: int) -> None:
    both = Desk(desk.store, catalog(STUDY, OTHER))
    decide(both, Kind.SILENCE, study=study, why="do-not-contact", until=None)
    assert len(both.views().cards) == left
    assert all("Another" in each.summary or "May fit A" in each.summary for each in both.views().cards)


def test_who_is_on_another_study_by_what_people_said_here_is_not_spoken_of(desk: Desk) -> None:
    both = Desk(desk.store, catalog(replace(STUDY, co_enrolment="forbidden"), OTHER))
    decide(both, Kind.STATUS, study="other", status="on-study")
    assert both.views().cards == ()


def test_an_answer_of_a_person_counts_before_that_of_the_machine(desk: Desk) -> None:
    assert desk.views(*CHART, cancer()).cards == ()
    decide(desk, Kind.OVERRIDE, "E1", outcome="not_met", was="met", version="1.0")
    assert len(desk.views(*CHART, cancer()).cards) == 1
    decide(desk, Kind.ANSWER, "E2", outcome="met", was="unknown", version="1.0")
    assert desk.views(*CHART, cancer()).cards == ()


def test_a_record_that_was_corrected_does_not_count_until_it_is_another_one(desk: Desk) -> None:
    wrong = cancer(meta={"versionId": "1", "lastUpdated": "2026-06-01T00:00:00Z"})
    assert desk.views(*CHART, wrong).cards == ()
    content = {"claim": "entered-in-error", "version": stamp(wrong).token, "criteria": {}}
    decide(desk, Kind.CORRECTION, "Condition/c", None, **content)
    assert len(desk.views(*CHART, wrong).cards) == 1
    later = cancer(meta={"versionId": "2", "lastUpdated": "2026-06-30T00:00:00Z"})
    assert desk.views(*CHART, later).cards == ()
    decide(desk, Kind.CORRECTION, "Condition/c", None, claim=None, version=None, criteria={})
    assert desk.views(*CHART, wrong).cards == (), "what is remembered of the chart does not outlast what was said"
