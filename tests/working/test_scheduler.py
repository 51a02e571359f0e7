"""Who is screened without an event: by time, in turn, for a new study, before an appointment; and in which order."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service.errors import InputError
from service.screening import scheduler
from service.screening.scheduler import Appointment, read_appointments
from service.screening.tenant import Pace, Tenant
from service.store import assessments, screenings
from service.store.engine import Store
from service.store.screenings import SCREENINGS
from tests.fhir_server import FhirServer
from tests.working.world import DAY, NOON, TODAY, tenant

PEOPLE = [f"q{number:03}" for number in range(140)]


@pytest.fixture
def of(server: FhirServer) -> Tenant:
    return tenant(server)


def add(store: Store, patient: str, **changes: Any) -> None:
    given: dict[str, Any] = {"study": "demo", "version": "1.0", "digest": "d", "screening_date": TODAY - DAY}
    given |= {"line": {}, "next_change": None, "now": NOON} | changes
    assessments.add(store, "north", patient=patient, **given)


def waiting(store: Store, hours: float = 24) -> dict[str, tuple[str, ...]]:
    """Whom to screen within that time, in order, and why."""
    until = NOON + timedelta(hours=hours)
    found: dict[str, tuple[str, ...]] = {}
    while claimed := SCREENINGS.claim(store, until, timedelta(days=99), 1):
        found[claimed[0].patient] = claimed[0].reasons
    return found


# -------------------------------------------------------------------------------------------------------- by time
def test_who_changes_today_or_should_have_before_is_asked_for(store: Store, of: Tenant) -> None:
    for patient, days in (("late", -9), ("today", 0), ("tomorrow", 1)):
        add(store, patient, next_change=TODAY + days * DAY)
    add(store, "never")
    add(store, "elsewhere", study="closed", next_change=TODAY)
    assert scheduler.request_due(store, of, NOON) == 2
    assert waiting(store) == {"late": ("time",), "today": ("time",)}


def test_asking_twice_is_asking_once(store: Store, of: Tenant) -> None:
    add(store, "p", next_change=TODAY)
    for _ in range(3):
        scheduler.request_due(store, of, NOON)
    assert SCREENINGS.counts(store)["north"].waiting == 1


def test_news_come_before_those_whom_nobody_waits_for(store: Store, of: Tenant) -> None:
    for patient in PEOPLE[:5]:
        add(store, patient, next_change=TODAY)
    scheduler.request_due(store, of, NOON)
    screenings.request(store, "north", "news", "event", NOON + timedelta(seconds=3))
    assert list(waiting(store)) == [*PEOPLE[:2], "news", *PEOPLE[2:5]]


def test_it_is_the_sites_day_that_counts(store: Store, of: Tenant) -> None:
    add(store, "p", next_change=TODAY)
    early = NOON - timedelta(hours=12.5)
    assert scheduler.request_due(store, of, early) == 0
    site = replace(of.catalog.site, zone=ZoneInfo("Europe/Berlin"))
    berlin = replace(of, catalog=replace(of.catalog, site=site))
    assert scheduler.request_due(store, berlin, early) == 1


# -------------------------------------------------------------------------------------------------------- in turn
def test_everybody_has_a_turn_once_in_the_period(store: Store, of: Tenant) -> None:
    for patient in PEOPLE:
        add(store, patient)
    turns: list[str] = []
    for day in range(7):
        asked = scheduler.reconcile(store, of, NOON + day * DAY)
        found = waiting(store, 24 * (day + 1))
        assert len(found) == asked > 0
        assert set(found.values()) == {("reconcile",)}
        turns += found
    assert sorted(turns) == PEOPLE


def test_turns_are_spread_over_the_day(store: Store, of: Tenant) -> None:
    for patient in PEOPLE:
        add(store, patient)
    whole = scheduler.reconcile(store, of, NOON)
    early = len(waiting(store, 12))
    assert 0 < early < whole
    assert early + len(waiting(store)) == whole


def test_who_was_confirmed_today_has_no_turn_again(store: Store, of: Tenant) -> None:
    for patient in PEOPLE:
        add(store, patient, screening_date=TODAY)
    assert scheduler.reconcile(store, of, NOON) == 0


def test_who_was_withdrawn_has_a_turn_too(store: Store, of: Tenant) -> None:
    for patient in PEOPLE:
        add(store, patient, screening_date=TODAY)
        assessments.withdraw(store, "north", patient, "research-opt-out", NOON)
    assert scheduler.reconcile(store, of, NOON) > 0


def test_without_a_period_nobody_has_a_turn(store: Store, of: Tenant) -> None:
    for patient in PEOPLE:
        add(store, patient)
    assert scheduler.reconcile(store, replace(of, pace=Pace(reconcile=None)), NOON) == 0


@pytest.mark.parametrize("changes", [{"version": "0.9"}, {"study": "closed"}])
def test_who_was_judged_by_other_studies_is_asked_for_at_once(
    store: Store, of: Tenant, changes: dict[str, str]
) -> None:
    for patient in PEOPLE[:3]:
        add(store, patient, screening_date=TODAY, **changes)
    of = replace(of, pace=Pace(reconcile=None))
    assert scheduler.reconcile(store, of, NOON) == 3
    assert waiting(store, 0.1) == dict.fromkeys(PEOPLE[:3], ("study",))


def test_other_tenants_are_left_alone(store: Store, of: Tenant) -> None:
    for patient in PEOPLE:
        add(store, patient, next_change=TODAY, version="0.9")
    south = replace(of, name="south")
    assert scheduler.request_due(store, south, NOON) == scheduler.reconcile(store, south, NOON) == 0


# --------------------------------------------------------------------------------------------------- appointments
def test_who_comes_next_is_screened_first(store: Store, of: Tenant) -> None:
    screenings.request(store, "north", "news", "event", NOON)
    listed = [Appointment("later", TODAY + 3 * DAY), Appointment("next", TODAY), Appointment("late", TODAY - DAY)]
    listed += [Appointment("some day", TODAY + 8 * DAY), Appointment("next", TODAY + 5 * DAY)]
    assert scheduler.request_appointments(store, of, listed, NOON) == 2
    assert waiting(store) == {"next": ("appointment",), "later": ("appointment",), "news": ("event",)}


def test_a_list_of_appointments_is_read() -> None:
    lines = ["patient,day", "p1, 2026-06-30", "", "Patient/p2,2026-07-01T09:30:00+02:00"]
    assert read_appointments(lines) == (Appointment("p1", date(2026, 6, 30)), Appointment("p2", date(2026, 7, 1)))


@pytest.mark.parametrize("line", ["Mrs. Secret", "p1,tomorrow", "p1,2026-06-30,9:30", "p1,2026-02-30"])
def test_a_line_that_is_none_is_named_by_its_number_alone(line: str) -> None:
    with pytest.raises(InputError, match="line 2 of the list") as refused:
        read_appointments(["p0,2026-06-30", line])
    assert "Secret" not in str(refused.value)
