"""Who is told that a server is out of reach, or that a type is not loaded: as the worker and the exports found it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service.eligibility.criteria import Criterion, MedicationTaken, ProcedureDone
from service.eligibility.facts import Loaded
from service.eligibility.policy import Policy
from service.screening.exports import Export
from service.screening.nightly import screen_export
from service.screening.reach import Unloaded, away, needed_by, note_loaded, unloaded
from service.screening.request import Progress
from service.screening.tenant import Tenant
from service.store import inbox, troubles
from service.store.engine import Store
from tests.fhir_server import FhirServer
from tests.screening.world import STUDY, cancer, encounter, export, haemoglobin, patient
from tests.working.world import NOON, Site, catalog, notice, tenant, writing


@pytest.fixture
def seen(server: FhirServer) -> FhirServer:
    server.seed(patient(), encounter(), haemoglobin())
    return server


def uses(site: Site) -> dict[str, bool]:
    """Which uses of servers are out of reach; and do they refuse?"""
    return {each.use: each.refused for each in away(site.store, site.tenant)}


def lacking(store: Store, of: Tenant) -> dict[tuple[str, str], tuple[bool, dict[str, tuple[str, ...]]]]:
    found: tuple[Unloaded, ...] = unloaded(store, of, of.studies)
    return {(each.place, each.type): (each.partly, dict(each.criteria)) for each in found}


# ------------------------------------------------------------------------------------------------------- out of reach
@pytest.mark.parametrize(
    ("what", "refused"),
    [({"status": 503}, False), ({"drop": True}, False), ({"status": 401}, True), ({"status": 403}, True)],
)
def test_an_ehr_that_cannot_be_asked_is_told_of_until_it_can(
    store: Store, seen: FhirServer, what: dict[str, Any], refused: bool
) -> None:
    site = Site(store, tenant(seen))
    seen.fail(where="metadata", times=99, **what)
    site.ask()
    site.step()
    (first,) = away(store, site.tenant)
    assert (first.use, first.refused, first.at) == ("source", refused, first.since)
    assert first.since - NOON < timedelta(seconds=1)
    site.step(minutes=11)
    (found,) = away(store, site.tenant)
    assert (found.since, found.at > first.at + timedelta(minutes=10)) == (first.since, True)
    seen.faults.clear()
    site.step(minutes=11)
    assert (uses(site), site.standing()) == ({}, "candidate")


def test_an_ehr_that_gives_out_in_the_middle_of_a_chart_is_told_of(store: Store, seen: FhirServer) -> None:
    site = Site(store, tenant(seen))
    seen.fail(where="/Condition", times=2, status=503)
    site.ask()
    site.step()
    assert uses(site) == {"source": False}
    site.step(minutes=5)
    assert (uses(site), site.standing()) == ({}, "candidate")


def test_a_worker_that_was_not_there_when_it_failed_clears_it(store: Store, seen: FhirServer) -> None:
    first = Site(store, tenant(seen))
    seen.fail(where="metadata", times=99, status=503)
    first.ask()
    first.step()
    assert uses(first) == {"source": False}
    seen.faults.clear()
    second = Site(store, tenant(seen))
    second.step(minutes=11)
    assert uses(second) == {}


def test_work_that_asks_nothing_does_not_say_that_a_server_is_back(store: Store, seen: FhirServer) -> None:
    site = Site(store, writing(seen))
    troubles.whole_place(store, "north", "source", "http-503", NOON)
    seen.log.clear()
    site.worker._guarded(site.tenant, lambda: None)
    assert (uses(site), len(seen.log)) == ({"source": False}, 0)


def test_our_own_limits_are_no_trouble_of_the_server(store: Store, seen: FhirServer) -> None:
    site = Site(store, tenant(seen))
    site.ask()
    site.step()
    site.worker._desk.connections._gates.of(site.tenant.source).hold(3600)  # type: ignore[arg-type]
    site.ask()
    assert site.step(minutes=1).postponed == 1
    assert uses(site) == {}


@pytest.mark.parametrize("what", [{"status": 503}, {"status": 500}, {"drop": True}])
def test_a_target_that_does_not_answer_is_told_of(store: Store, seen: FhirServer, what: dict[str, Any]) -> None:
    site = Site(store, writing(seen))
    seen.fail(where="/ResearchSubject", times=99, **what)
    inbox.deliver(store, notice(haemoglobin()))
    site.step()
    site.step(seconds=2)
    assert uses(site) == {"target": False}
    seen.faults.clear()
    site.step(minutes=11)
    assert uses(site) == {}


def test_appointments_that_are_refused_are_told_of_apart(store: Store, seen: FhirServer) -> None:
    site = Site(store, tenant(seen))
    seen.fail(where="/Appointment", times=99, status=403)
    site.ask()
    site.step()
    assert uses(site) == {"appointments": True}
    assert away(store, replace(site.tenant, appointments=False)) == ()


def test_of_a_server_that_is_not_in_use_any_more_nothing_is_told(store: Store, seen: FhirServer) -> None:
    of = writing(seen)
    for use in ("source", "target", "subscriptions", "appointments"):
        troubles.whole_place(store, "north", use, "http-503", NOON)
    assert {each.use for each in away(store, of)} == {"source", "target", "subscriptions", "appointments"}
    assert {each.use for each in away(store, replace(of, source=None))} == {"target"}
    assert {each.use for each in away(store, tenant(seen))} == {"source", "appointments"}


# ---------------------------------------------------------------------------------------------------------- not loaded
def test_a_type_that_the_ehr_does_not_give_is_told_of_with_the_criteria_that_stay_open(
    store: Store, seen: FhirServer
) -> None:
    site = Site(store, tenant(seen))
    seen.fail(where="/Condition", times=1, status=403)
    site.ask()
    site.step()
    assert lacking(store, site.tenant) == {("source", "Condition"): (True, {"demo": ("E1",)})}
    site.ask()
    site.step(minutes=1)
    assert lacking(store, site.tenant) == {}


def test_a_type_that_the_ehr_has_no_search_for_is_not_loaded_at_all(store: Store, seen: FhirServer) -> None:
    seen.without.add("Condition.search-type")
    site = Site(store, tenant(seen))
    site.ask()
    site.step()
    assert lacking(store, site.tenant) == {("source", "Condition"): (False, {"demo": ("E1",)})}


def test_what_a_site_does_not_keep_is_no_trouble(store: Store, seen: FhirServer) -> None:
    site = Site(store, tenant(seen, catalog(policy=Policy(not_kept=frozenset({"Condition"})))))
    site.ask()
    site.step()
    assert lacking(store, site.tenant) == {}


def test_of_somebody_who_is_held_back_nothing_is_concluded(store: Store, seen: FhirServer) -> None:
    site = Site(store, tenant(seen))
    troubles.types_of(store, "north", "source", {"Condition": "not-loaded"}, NOON)
    seen.change(patient(deceasedBoolean=True))
    site.ask()
    site.step()
    assert set(lacking(store, site.tenant)) == {("source", "Condition")}


def test_what_the_last_export_lacked_is_told_of(tmp_path: Path, store: Store) -> None:
    of = Tenant("north", catalog(), (STUDY.id,))

    def night(name: str, *but: str, **files: Any) -> dict[str, bool]:
        made = export(tmp_path / name, **files)
        for each in but:
            (made / f"{each}.ndjson").unlink()
        screen_export(store, of, Export(name, made, NOON, None), tmp_path / "results", lambda: NOON, Progress())
        return {kind: partly for (_, kind), (partly, _) in lacking(store, of).items()}

    nobody = {**cancer("x"), "subject": {"display": "?"}}
    assert night("1") == {}
    assert night("2", "Condition") == {"Condition": False}
    assert night("3", Condition=[nobody]) == {"Condition": True}  # of whom, nobody can tell
    assert night("4", "Condition", Condition_001=[], Condition_003=[], Condition=[]) == {"Condition": True}  # a gap
    assert night("5", "Observation") == {"Observation": False}
    assert night("6") == {}


def test_criteria_name_the_types_whose_silence_they_rest_on() -> None:
    drug = Criterion("E1", "exclusion", "a drug", MedicationTaken(("drug",)))
    operated = Criterion("E2", "exclusion", "an operation", ProcedureDone(("operation",)))
    study = replace(STUDY, criteria=(drug, operated))
    assert needed_by(study, Policy()) == {"MedicationRequest", "Procedure"}
    kept = Policy(medication_types=("MedicationStatement", "MedicationDispense"), not_kept=frozenset({"Procedure"}))
    assert needed_by(study, kept) == {"MedicationStatement", "MedicationDispense"}


def test_half_of_any_kind_of_drug_records_is_told_of_and_none_of_it_is_not(store: Store) -> None:
    """SEMANTICS §4: the kinds of drug records that a site does not name are used where they are there."""
    drug = Criterion("E1", "exclusion", "a drug", MedicationTaken(("drug",)))
    of = Tenant("north", catalog(replace(STUDY, criteria=(drug,))), (STUDY.id,))
    whole = {"MedicationRequest": Loaded.COMPLETE}
    note_loaded(store, of, "export", whole, NOON)
    assert lacking(store, of) == {}
    note_loaded(store, of, "export", {**whole, "MedicationDispense": Loaded.INCOMPLETE}, NOON)
    assert lacking(store, of) == {("export", "MedicationDispense"): (True, {"demo": ("E1",)})}
    assert unloaded(store, of, ()) == ()
