"""When people of a worklist come and were here, from the EHR itself: what is asked, of whom, and what goes wrong."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc.jwk import ECKey

from service.ehr.backend_auth import Registration
from service.ehr.keys import SigningKey, load_key, public_keys
from service.eligibility.policy import Policy
from service.screening.reach import APPOINTMENTS, SOURCE
from service.screening.tenant import Tenant
from service.store import people
from service.store.engine import Store
from service.store.people import Coming, Known
from tests.ehr.clock import Watch
from tests.fhir_server import Client, FhirServer
from tests.screening.world import Json, encounter, haemoglobin, patient
from tests.working.world import FAST, NOON, Site, catalog, tenant

HOUR = timedelta(hours=1)
FROM_LIST = Coming(NOON + timedelta(days=3), "Ward 9", "Dr. L")
TYPES = dict.fromkeys(("Patient", "Observation", "Encounter", "Consent", "Condition"), "rs")


def appointment(identity: str = "a", of: str = "p", days: float = 7, **more: object) -> Json:
    actors = [
        {"reference": f"Patient/{of}"},
        {"reference": "Location/l", "display": "Ward 3"},
        {"reference": "Practitioner/b", "display": "Dr. B"},
    ]
    start = NOON + timedelta(days=days)
    made = {"resourceType": "Appointment", "id": identity, "status": "booked", "start": start.isoformat()}
    return {**made, "participant": [{"actor": each, "status": "accepted"} for each in actors], **more}


@pytest.fixture
def seen(server: FhirServer) -> FhirServer:
    """Somebody with a sign of the disease, who was seen and comes in a week."""
    server.seed(patient(), encounter(), haemoglobin(), appointment())
    return server


def screened(site: Site, person: str = "p") -> None:
    site.ask(person)
    assert site.step().done["screening"] == 1


def known(store: Store, person: str = "p") -> Known:
    found = people.of(store, "north", person)
    assert found is not None
    return found


def asked(server: FhirServer) -> list[str]:
    return [each.query for each in server.log.of(where="/Appointment")]


# ---------------------------------------------------------------------------------------------------- what is asked
def test_the_next_appointment_and_the_last_visit_come_with_the_screening(store: Store, seen: FhirServer) -> None:
    seen.seed(appointment("b", days=9), appointment("c", days=-1), encounter("f", period={"start": "2026-06-12"}))
    screened(Site(store, tenant(seen)))
    found = known(store)
    assert (found.appointment, found.clinic, found.clinician) == (NOON + timedelta(days=7), "Ward 3", "Dr. B")
    assert found.last_visit == date(2026, 6, 12)


def test_one_search_from_the_day_before_on_and_no_visit_is_asked_for_twice(store: Store, seen: FhirServer) -> None:
    screened(Site(store, tenant(seen)))
    (only,) = asked(seen)
    assert {**parse_qs(only), "_count": None} == {"patient": ["Patient/p"], "date": ["ge2026-06-29"], "_count": None}
    assert len(seen.log.of(where="/Encounter")) == 1


def test_nobody_is_asked_for_who_stands_in_no_worklist(store: Store, server: FhirServer) -> None:
    server.seed(patient(), encounter(), appointment())
    screened(Site(store, tenant(server)))
    assert (asked(server), people.of(store, "north", "p")) == ([], None)


def test_nobody_is_asked_for_who_is_held_back(store: Store, seen: FhirServer) -> None:
    seen.change(patient(deceasedBoolean=True))
    screened(Site(store, tenant(seen)))
    assert asked(seen) == []


def test_a_site_may_not_want_it(store: Store, seen: FhirServer) -> None:
    screened(Site(store, tenant(seen, appointments=False)))
    assert (asked(seen), known(store).appointment) == ([], None)


def test_appointments_of_the_record_whose_place_this_one_took_count_too(store: Store, seen: FhirServer) -> None:
    seen.seed(patient("old", link=[{"type": "replaced-by", "other": {"reference": "Patient/p"}}]))
    seen.seed(appointment("b", of="old", days=2))
    screened(Site(store, tenant(seen)))
    assert known(store).appointment == NOON + timedelta(days=2)


def test_where_patients_cannot_be_searched_for_actors_are(store: Store, seen: FhirServer) -> None:
    seen.without.add("Appointment.?patient")
    screened(Site(store, tenant(seen)))
    assert "actor=Patient/p" in asked(seen)[0]
    assert known(store).appointment == NOON + timedelta(days=7)


@pytest.mark.parametrize(
    ("what", "appointment_at"),
    [
        ({"status": "cancelled"}, None),
        ({"status": "proposed"}, None),
        ({"status": "fulfilled"}, None),
        ({"participant": [{"actor": {"reference": "Patient/p"}, "status": "declined"}]}, None),
        ({"participant": [{"actor": {"reference": "Patient/p"}, "status": "tentative"}]}, NOON + timedelta(days=7)),
    ],
)
def test_only_what_somebody_will_come_to_counts(
    store: Store, seen: FhirServer, what: Json, appointment_at: datetime | None
) -> None:
    seen.seed(appointment(**what))
    site = Site(store, tenant(seen))
    screened(site)
    assert known(store).appointment == appointment_at


# ------------------------------------------------------------------------------------------- what was known before
def with_a_list(store: Store, seen: FhirServer, **more: Any) -> Site:
    """Screened once without being asked for, then told by a list."""
    site = Site(store, tenant(seen, appointments=False, **more))
    screened(site)
    people.appoint(store, "north", "p", FROM_LIST, NOON)
    people.visit(store, "north", "p", date(2026, 6, 20), NOON)
    other = Site(store, tenant(seen, **more), watch=site.watch)
    seen.log.clear()
    return other


def from_list(store: Store) -> bool:
    found = known(store)
    return (found.appointment, found.clinic, found.clinician) == (
        FROM_LIST.appointment,
        FROM_LIST.clinic,
        FROM_LIST.clinician,
    )


def test_what_the_ehr_says_takes_the_place_of_a_list(store: Store, seen: FhirServer) -> None:
    site = with_a_list(store, seen)
    screened(site)
    found = known(store)
    assert (found.appointment, found.clinic) == (NOON + timedelta(days=7), "Ward 3")
    assert found.last_visit == date(2026, 5, 1)


def test_that_there_is_none_clears_what_a_list_said(store: Store, seen: FhirServer) -> None:
    site = with_a_list(store, seen)
    seen.remove("Appointment", "a")
    screened(site)
    assert known(store).appointment is None
    assert len(asked(seen)) == 1


def nobody_else(bundle: Any) -> Any:
    bundle["entry"] = [{"resource": appointment("x", of="q", days=1), "search": {"mode": "match"}}]
    return bundle


FAULTS: dict[str, dict[str, Any]] = {
    "not let in": {"status": 403},
    "not understood": {"status": 400},
    "not there": {"status": 404},
    "down": {"status": 503, "headers": {"Retry-After": "120"}},
    "broken": {"status": 500},
    "no answer": {"drop": True},
    "half an answer": {"cut": True},
    "no JSON": {"status": 200, "body": "x"},
    "somebody else's": {"change": nobody_else},
    "an odd shape": {"change": lambda bundle: {**bundle, "entry": [{"resource": {"resourceType": "Appointment"}}]}},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_what_goes_wrong_breaks_nothing_and_clears_nothing(
    store: Store, seen: FhirServer, fault: dict[str, Any]
) -> None:
    site = with_a_list(store, seen)
    seen.fail(where="/Appointment", times=99, **fault)
    screened(site)
    assert from_list(store)
    assert (site.standing(), site.watch.slept) == ("candidate", [])
    seen.seed(patient("q"), encounter("e2", of="q"), haemoglobin("o2", of="q"))
    screened(site, "q")
    assert site.standing("q") == "candidate"
    assert site.worker.step().postponed == 0


@pytest.mark.parametrize("fault", ["down", "broken", "no answer"])
def test_an_ehr_that_is_bad_at_it_is_left_alone_with_it_and_with_nothing_else(
    store: Store, seen: FhirServer, fault: str
) -> None:
    site = with_a_list(store, seen)
    seen.fail(where="/Appointment", times=1, **FAULTS[fault])
    screened(site)
    connections = site.worker._desk.connections
    assert connections.is_resting("north", APPOINTMENTS)
    assert not connections.is_resting("north", SOURCE)
    screened(site)
    assert len(asked(seen)) == 1
    site.watch.passed += 600
    screened(site)
    assert (len(asked(seen)), from_list(store)) == (2, False)


def test_an_ehr_that_refuses_is_asked_again_after_hours_alone(store: Store, seen: FhirServer) -> None:
    site = with_a_list(store, seen)
    seen.fail(where="/Appointment", times=99, status=403)
    for hours in (0, 1, 4, 1.1):
        site.watch.passed += hours * 3600
        screened(site)
    assert len(asked(seen)) == 2


def test_a_slow_ehr_is_asked_less_often(store: Store, seen: FhirServer) -> None:
    site = with_a_list(store, seen)

    def later(bundle: Any) -> Any:
        site.watch.passed += 3
        return bundle

    seen.fail(where="/Appointment", times=1, change=later)
    screened(site)
    assert not from_list(store)
    for seconds in (1, 40, 21):
        site.watch.passed += seconds
        screened(site)
    assert len(asked(seen)) == 2


@pytest.mark.parametrize(
    "without", [{"Appointment"}, {"Appointment.search-type"}, {"Appointment.?patient", "Appointment.?actor"}]
)
def test_a_server_without_appointments_is_not_asked(store: Store, seen: FhirServer, without: set[str]) -> None:
    site = with_a_list(store, seen)
    seen.without.update(without)
    screened(site)
    assert (asked(seen), from_list(store)) == ([], True)


@pytest.mark.parametrize(
    "what",
    [
        {"start": "2026-07-07"},
        {"start": "soon"},
        {"start": None},
        {"status": "imagined"},
        {"modifierExtension": [{"url": "https://x.example/y"}]},
    ],
)
def test_an_appointment_that_cannot_be_read_clears_nothing(store: Store, seen: FhirServer, what: Json) -> None:
    site = with_a_list(store, seen)
    changed = {name: value for name, value in appointment(**what).items() if value is not None}

    def odd(bundle: Any) -> Any:
        bundle["entry"] = [{"resource": changed, "search": {"mode": "match"}}]
        return bundle

    seen.fail(where="/Appointment", times=1, change=odd)
    screened(site)
    assert from_list(store)
    seen.fail(where="/Appointment", times=1, change=lambda bundle: _and(odd(bundle), appointment("s", days=1)))
    screened(site)
    assert known(store).appointment == NOON + timedelta(days=1)  # sooner than what is known, whatever else there is


def _and(bundle: Any, resource: Json) -> Any:
    bundle["entry"].append({"resource": resource, "search": {"mode": "match"}})
    return bundle


# --------------------------------------------------------------------------------------------------- the last visit
@pytest.mark.parametrize(
    "fault", [{"status": 403}, {"change": lambda bundle: {**bundle, "link": [{"relation": "next", "url": "http://x"}]}}]
)
def test_visits_that_are_not_all_there_add_a_later_one_alone(
    store: Store, seen: FhirServer, fault: dict[str, Any]
) -> None:
    site = with_a_list(store, seen)
    seen.fail(where="/Encounter", times=1, **fault)
    screened(site)
    assert known(store).last_visit == date(2026, 6, 20)


@pytest.mark.parametrize(
    "what", [{"period": {"start": "2026-06"}}, {"period": {"start": "x"}}, {"status": "unknown"}, {"period": {}}]
)
def test_a_visit_that_cannot_be_read_clears_nothing(store: Store, seen: FhirServer, what: Json) -> None:
    site = with_a_list(store, seen)
    seen.seed(encounter("f", **what))
    screened(site)
    assert known(store).last_visit == date(2026, 6, 20)
    seen.seed(encounter("g", period={"start": "2026-06-25T10:00:00Z"}))
    screened(site)
    assert known(store).last_visit == date(2026, 6, 25)


def test_visits_that_the_site_does_not_keep_say_nothing(store: Store, seen: FhirServer) -> None:
    site = with_a_list(store, seen, content=catalog(policy=Policy(not_kept=frozenset({"Encounter"}))))
    screened(site)
    assert known(store).last_visit == date(2026, 6, 20)


def test_that_nobody_was_here_clears_what_was_known(store: Store, seen: FhirServer) -> None:
    site = with_a_list(store, seen)
    seen.change(encounter(status="cancelled"))
    screened(site)
    assert known(store).last_visit is None


# --------------------------------------------------------------------------------------------------------- rights
@pytest.fixture(scope="module")
def key() -> SigningKey:
    return load_key(ECKey.generate_key("P-384").as_pem(private=True).decode(), "ec-1")


@pytest.fixture
def watch() -> Watch:
    return Watch(start=NOON)


@pytest.fixture
def guarded(key: SigningKey, watch: Watch) -> Iterator[FhirServer]:
    with FhirServer(clients=(Client("prescreen", public_keys([key])),), now=watch.now) as running:
        running.seed(patient(), encounter(), haemoglobin(), appointment())
        yield running


def registered(server: FhirServer, key: SigningKey) -> Tenant:
    of = tenant(server)
    assert of.source is not None
    return replace(of, source=replace(of.source, registration=Registration("prescreen", key, TYPES)))


def scopes(server: FhirServer) -> list[str]:
    return [parse_qs(each.body.decode())["scope"][0] for each in server.log.of("POST", "/auth/token")]


def test_the_token_for_appointments_finds_them_and_nothing_else(
    store: Store, guarded: FhirServer, key: SigningKey
) -> None:
    screened(Site(store, registered(guarded, key)))
    main, other = scopes(guarded)
    assert "Appointment" not in main
    assert other == "system/Appointment.s"
    assert known(store).appointment == NOON + timedelta(days=7)


@pytest.mark.parametrize("refused", ["the whole request", "a part"])
def test_a_right_that_is_not_granted_takes_nothing_from_the_screening(
    store: Store, guarded: FhirServer, key: SigningKey, watch: Watch, refused: str
) -> None:
    if refused == "a part":
        guarded.smart.grants = lambda asked: asked.replace("system/Appointment.s", "system/Slot.s")
    else:
        guarded.smart.knows = lambda scope: "Appointment" not in scope
    site = Site(store, registered(guarded, key), watch)
    for _ in range(3):
        screened(site)
        site.watch.passed += 600
    assert site.standing() == "candidate"
    assert asked(guarded) == []
    assert len([each for each in scopes(guarded) if "Appointment" in each]) <= 2


def test_the_hours_budget_counts_what_is_asked_beside(store: Store, seen: FhirServer) -> None:
    limits = replace(FAST, per_hour=9)  # seven for the patient, so that two are left
    site = Site(store, tenant(seen, limits=limits))
    screened(site)
    assert asked(seen) == []  # another patient could not be begun any more, so nothing else is
    assert known(store).last_visit == date(2026, 5, 1)


def test_the_moment_is_told_in_utc_whatever_the_ehr_writes(store: Store, seen: FhirServer) -> None:
    seen.seed(appointment(start="2026-07-07T14:00:00+08:00"))
    screened(Site(store, tenant(seen)))
    assert known(store).appointment == datetime(2026, 7, 7, 6, tzinfo=UTC)
