"""What stands in the target, in the course of a patient's assessments and of what people do."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from service.ehr.connect import Server
from service.fhir.own import ORIGIN
from service.fhir.screening_list import NO_LONGER
from service.screening import publish
from service.screening.publish import What
from service.store import assessments, audit, published
from service.store.engine import Store
from tests.databases import ON_BOTH
from tests.fhir_server.server import FhirServer
from tests.publishing.world import (
    ALL,
    DAY,
    IDENTITY,
    NOON,
    STATES,
    Office,
    connected,
    line,
    office,
    only,
    part,
    person_sets,
    tenant,
    writes,
)
from tests.screening.world import STUDY

WITH_AND_WITHOUT = pytest.mark.parametrize("lacking", [set(), {"transaction"}], ids=["transaction", "one by one"])
USUAL = {"ResearchSubject": 1, "ResearchStudy": 1, "Provenance": 1, "List": 1}


@ON_BOTH
@WITH_AND_WITHOUT
def test_a_candidate_is_written_with_study_provenance_and_list(
    store: Store, server: FhirServer, lacking: set[str]
) -> None:
    server.without = lacking
    desk = office(store, server)
    assert desk.plan()
    (result,) = desk.work()
    assert result.what is What.WRITTEN and not result.by_person
    assert writes(server) == USUAL
    study, subject = only(server, "ResearchStudy"), only(server, "ResearchSubject")
    assert subject["status"] == "candidate" and subject["individual"] == {"reference": "Patient/p"}
    assert subject["identifier"][0]["value"] == IDENTITY
    assert subject["study"]["reference"] == f"ResearchStudy/{study['id']}"
    provenance, worklist = only(server, "Provenance"), only(server, "List")
    assert provenance["target"] == [{"reference": f"ResearchSubject/{subject['id']}"}]
    (entry,) = worklist["entry"]
    assert entry["item"]["reference"] == f"ResearchSubject/{subject['id']}" and "flag" not in entry
    assert all(ORIGIN in each["meta"]["tag"] for each in (study, subject, provenance, worklist))
    known = published.find(store, "north", STUDY.id, "p")
    assert known is not None and known.resource_id == subject["id"] and known.machine_state == "candidate"
    assert known.human_state is None and known.written == NOON
    assert bool(server.log.of("POST", "/fhir$")) is not bool(lacking)


@WITH_AND_WITHOUT
def test_everything_that_can_be_written_is(store: Store, server: FhirServer, lacking: set[str]) -> None:
    server.without = lacking
    desk = office(store, server, resources=ALL)
    desk.plan()
    desk.work()
    assert writes(server) == dict.fromkeys(ALL, 1)
    assert only(server, "Flag")["status"] == "active" and only(server, "Task")["status"] == "requested"
    assert only(server, "Task")["focus"]["reference"] == f"ResearchSubject/{only(server, 'ResearchSubject')['id']}"
    desk.later(days=1).plan("ineligible")
    desk.work()
    assert only(server, "Flag")["status"] == "inactive" and only(server, "Task")["status"] == "cancelled"
    assert only(server, "List")["entry"][0]["flag"] == NO_LONGER
    assert only(server, "ResearchSubject")["status"] == "ineligible"


@WITH_AND_WITHOUT
def test_what_changes_is_brought_up_to_date_and_what_does_not_is_left(
    store: Store, server: FhirServer, lacking: set[str]
) -> None:
    server.without = lacking
    desk = office(store, server)
    for number, standing in enumerate(["candidate", "needs_review", "ineligible", "candidate"], 1):
        assert desk.later(days=1).plan(standing, day=DAY + timedelta(number))
        assert [each.what for each in desk.work()] == [What.WRITTEN]
        assert only(server, "ResearchSubject")["status"] == STATES[standing]
        assert not desk.plan(standing, day=DAY + timedelta(number + 1)), "a later day alone is no news"
    assert writes(server)["ResearchSubject"] == 4 and len(server.all("Provenance")) == 4
    assert writes(server)["List"] == 3, "it changed when flagged and when not any more"
    assert writes(server)["ResearchStudy"] == 1


@pytest.mark.parametrize(
    ("standing", "signal", "written"),
    [
        ("candidate", "strong", True),
        ("needs_review", "strong", True),
        ("ineligible", "strong", False),
        ("candidate", "weak", False),
        ("candidate", "none", False),
        ("candidate", "unknown", False),
    ],
)
def test_which_are_written_is_what_the_site_says(
    store: Store, server: FhirServer, standing: str, signal: str, written: bool
) -> None:
    desk = office(store, server)
    assert desk.plan(standing, signal=signal) is written
    desk.work()
    assert bool(server.all("ResearchSubject")) is written


def test_who_was_written_before_is_kept_up_to_date_whatever_becomes_of_them(store: Store, server: FhirServer) -> None:
    desk = office(store, server)
    desk.plan()
    desk.work()
    assert desk.plan("candidate", signal="none")
    desk.work()
    assert part(only(server, "ResearchSubject"), "signal") == "none"
    assert only(server, "List")["entry"][0]["flag"] == NO_LONGER


def test_what_was_never_begun_gives_way_to_what_is_not_to_be_written(store: Store, server: FhirServer) -> None:
    desk = office(store, server)
    desk.plan()
    assert desk.plan("ineligible"), "a part of the first may stand there already"
    assert [each.what for each in desk.work()] == [What.NOTHING]
    assert writes(server) == {} and published.find(store, "north", STUDY.id, "p") is None


@WITH_AND_WITHOUT
@pytest.mark.parametrize("status", ["screening", "on-study", "withdrawn", "ineligible", "potential-candidate"])
def test_a_persons_state_is_kept_and_our_opinion_stands_beside_it(
    store: Store, server: FhirServer, status: str, lacking: set[str]
) -> None:
    server.without = lacking
    desk = office(store, server)
    desk.plan()
    desk.work()
    person_sets(server, status)
    for standing in ("needs_review", "ineligible", "candidate"):
        desk.later(days=1).plan(standing)
        (result,) = desk.work()
        subject = only(server, "ResearchSubject")
        assert (result.what, result.by_person, subject["status"]) == (What.WRITTEN, True, status)
        assert part(subject, "standing") == standing and part(subject, "stateSetByPerson") is True
        known = published.find(store, "north", STUDY.id, "p")
        assert known is not None and known.human_state == status


def test_a_persons_state_is_kept_even_where_our_extension_was_lost(store: Store, server: FhirServer) -> None:
    desk = office(store, server)
    desk.plan()
    desk.work()
    person_sets(server, "screening")
    desk.plan("needs_review")
    desk.work()
    subject = only(server, "ResearchSubject")
    server.change({**{key: subject[key] for key in subject if key != "extension"}, "status": "candidate"})
    desk.plan("ineligible")
    assert [each.by_person for each in desk.work()] == [True]
    assert only(server, "ResearchSubject")["status"] == "candidate"


def test_what_people_add_to_a_resource_stays(store: Store, server: FhirServer) -> None:
    desk = office(store, server)
    desk.plan()
    desk.work()
    foreign = {"url": "urn:theirs", "valueString": "x"}
    subject = only(server, "ResearchSubject")
    server.change({**subject, "extension": [*subject["extension"], foreign], "consent": {"reference": "Consent/1"}})
    desk.plan("ineligible")
    desk.work()
    after = only(server, "ResearchSubject")
    assert foreign in after["extension"] and after["consent"] == {"reference": "Consent/1"}
    assert after["status"] == "ineligible"


def test_a_study_that_is_there_is_found_by_any_identifier(store: Store, server: FhirServer) -> None:
    numbered = {"system": "https://clinicaltrials.gov", "value": "NCT1"}
    server.seed({"resourceType": "ResearchStudy", "id": "theirs", "status": "active", "identifier": [numbered]})
    desk = office(store, server)
    study = replace(STUDY, identifiers=(("https://clinicaltrials.gov", "NCT1"),))
    desk.tenant.catalog.studies[STUDY.id] = study  # type: ignore[index]
    desk.plan()
    desk.work()
    assert only(server, "ResearchStudy")["id"] == "theirs"
    assert only(server, "ResearchSubject")["study"]["reference"] == "ResearchStudy/theirs"
    assert only(server, "List")["extension"][0]["valueReference"]["reference"] == "ResearchStudy/theirs"


def test_what_the_server_cannot_take_is_left_out(store: Store, server: FhirServer) -> None:
    server.without = {"List", "Provenance.create", "ResearchStudy.?identifier"}
    desk = office(store, server, resources=ALL)
    assert desk.connection is not None
    told = publish.problems(desk.connection, ALL)
    assert len(told) >= 3 and all("declare" in each for each in told)
    desk.plan()
    assert [each.what for each in desk.work()] == [What.WRITTEN]
    assert writes(server) == {"ResearchSubject": 1, "Flag": 1, "Task": 1}


def test_a_target_without_subjects_lets_everything_wait(store: Store, server: FhirServer) -> None:
    server.without = {"ResearchSubject"}
    desk = office(store, server)
    desk.plan()
    assert [(each.what, each.code) for each in desk.work()] == [(What.WAITING, "target-unsuitable")]
    assert writes(server) == {}


@WITH_AND_WITHOUT
def test_a_server_that_gives_the_ids_gets_one_provenance_for_each_opinion(
    store: Store, server: FhirServer, lacking: set[str]
) -> None:
    server.without = {*lacking, "Provenance.updateCreate"}
    server.rest.gives_ids = True
    desk = office(store, server)
    for standing in ("candidate", "ineligible"):
        desk.later(days=1).plan(standing)
        assert [each.what for each in desk.work()] == [What.WRITTEN]
    assert len(server.all("Provenance")) == 2 and writes(server)["Provenance"] == 2


@WITH_AND_WITHOUT
@pytest.mark.parametrize("cut", [False, True], ids=["at once", "cut off and made whole"])
def test_a_server_like_hapi_gets_one_provenance_for_each_opinion(
    store: Store, server: FhirServer, lacking: set[str], cut: bool
) -> None:
    """It gives the ids, drops versions from references, and answers a search as it did a moment ago."""
    server.without = {*lacking, "Provenance.updateCreate"}
    server.rest.gives_ids = server.rest.remembers = server.storage.drops_versions = True
    desk = office(store, server)
    for number, standing in enumerate(("candidate", "ineligible", "candidate"), 1):
        desk.later(days=1).plan(standing)
        if cut:
            server.fail(method="POST", where="fhir$|Provenance", swallow=True)
        desk.work()
        desk.later(hours=12).work()
        assert desk.results[-1].what in (What.WRITTEN, What.UNCHANGED)
        assert len(server.all("Provenance")) == number == writes(server)["Provenance"]
    assert "/_history/" not in str(server.all("Provenance"))


def test_what_was_just_written_is_not_compared_to_be_known(store: Store, server: FhirServer) -> None:
    """A server that makes something else of a Provenance gets it once all the same, not eight times."""
    server.without = {"Provenance.updateCreate"}
    desk = office(store, server)
    server.fail(
        method="GET",
        where="Provenance",
        times=100,
        change=lambda read: json.loads(json.dumps(read).replace('"source"', '"derivation"')),
    )
    desk.plan()
    assert [each.what for each in desk.work()] == [What.WRITTEN]
    assert len(server.all("Provenance")) == 1


@pytest.mark.parametrize("release", ["4.3.0", "5.0.0"])
def test_other_releases_are_written_in_their_form(store: Store, release: str) -> None:
    with FhirServer(release=release) as server:
        desk = office(store, server)
        for day, standing in ((DAY, "candidate"), (date(2026, 7, 3), "ineligible")):
            desk.plan(standing, day=day)
            assert [each.what for each in desk.work()] == [What.WRITTEN]
        subject = only(server, "ResearchSubject")
        if release == "4.3.0":
            assert subject["status"] == "ineligible"
        else:
            assert subject["status"] == "active"
            assert [each.get("endDate") for each in subject["progress"]] == ["2026-07-03", None]


def test_another_target_names_the_records_by_their_servers_address(store: Store, server: FhirServer) -> None:
    for name in ("a", "b"):
        theirs = replace(tenant(server.base), name=name, source=Server(f"https://{name}.example/fhir/"))
        desk = Office(store, theirs, connected(server.base))
        desk.plan()
        assert [each.what for each in desk.work()] == [What.WRITTEN]
    references = {each["individual"]["reference"] for each in server.all("ResearchSubject")}
    assert references == {"https://a.example/fhir/Patient/p", "https://b.example/fhir/Patient/p"}
    assert len(only(server, "List")["entry"]) == 2 and len(server.all("Provenance")) == 2
    records = [each["what"]["reference"] for each in server.all("Provenance")[0]["entity"][1:]]
    assert records and all(each.startswith("https://a.example/fhir/") for each in records)


# ------------------------------------------------------------------------------------------------- held back
def test_who_is_held_back_is_taken_off_the_list_and_keeps_what_was_said(store: Store, server: FhirServer) -> None:
    desk = office(store, server, resources=ALL)
    assessments.add(store, "north", STUDY.id, "1.0", "p", "facts", DAY, line(), None, NOON)
    assert not publish.withdraw(store, desk.tenant, STUDY.id, "p", "deceased", NOON), "nothing was written of them"
    desk.plan()
    desk.work()
    before = only(server, "ResearchSubject")
    assert publish.withdraw(store, desk.tenant, STUDY.id, "p", "deceased", NOON)
    assert [each.what for each in desk.work()] == [What.WRITTEN]
    assert only(server, "ResearchSubject") == before
    assert only(server, "List")["entry"][0]["flag"] == NO_LONGER
    assert only(server, "Flag")["status"] == "inactive" and only(server, "Task")["status"] == "cancelled"
    assert not publish.withdraw(store, desk.tenant, STUDY.id, "p", "deceased", NOON)
    assert desk.plan(), "they are screened again"
    desk.work()
    assert "flag" not in only(server, "List")["entry"][0] and only(server, "Flag")["status"] == "active"


def test_who_is_held_back_before_anything_was_sent_is_never_written(store: Store, server: FhirServer) -> None:
    desk = office(store, server)
    assessments.add(store, "north", STUDY.id, "1.0", "p", "facts", DAY, line(), None, NOON)
    desk.plan()
    assert publish.withdraw(store, desk.tenant, STUDY.id, "p", "opted-out", NOON)
    assert [each.what for each in desk.work()] == [What.NOTHING]
    assert writes(server) == {}


# ------------------------------------------------------------------------------------------------- looked at again
def test_what_people_did_meanwhile_is_seen_when_looked_at_again(store: Store, server: FhirServer) -> None:
    desk = office(store, server)
    assessments.add(store, "north", STUDY.id, "1.0", "p", "facts", DAY, line(), None, NOON)
    desk.plan()
    desk.work()
    assert publish.recheck(store, desk.tenant, NOON, 10, NOON) == 0
    person_sets(server, "screening")
    desk.later(days=7)
    assert publish.recheck(store, desk.tenant, NOON + timedelta(days=1), 10, desk.now) == 1
    (result,) = desk.work()
    assert result.by_person and only(server, "ResearchSubject")["status"] == "screening"
    known = published.find(store, "north", STUDY.id, "p")
    assert known is not None and (known.human_state, known.checked) == ("screening", desk.now)


@pytest.mark.parametrize("taken_over", [False, True])
def test_what_was_deleted_comes_back_unless_a_person_had_taken_it_over(
    store: Store, server: FhirServer, taken_over: bool
) -> None:
    desk = office(store, server)
    desk.plan()
    desk.work()
    if taken_over:
        person_sets(server, "screening")
        desk.plan("needs_review")
        desk.work()
    server.remove("ResearchSubject", only(server, "ResearchSubject")["id"])
    desk.plan("candidate", signal="strong", unresolved=9)
    (result,) = desk.work()
    assert result.what is (What.NOTHING if taken_over else What.WRITTEN)
    assert len(server.all("ResearchSubject")) == (0 if taken_over else 1)


def test_few_requests_are_enough(store: Store, server: FhirServer) -> None:
    desk = office(store, server)
    server.log.clear()
    desk.plan()
    desk.work()
    assert [each.method for each in server.log.of()] == ["POST"] * 4 + ["GET"] * 3, "three searches, one transaction"
    server.log.clear()
    desk.plan("ineligible")
    desk.work()
    assert len(server.log) == 8


# ------------------------------------------------------------------------------------------------- audit
def test_every_write_is_on_record_without_a_word_about_the_patient(store: Store, server: FhirServer) -> None:
    desk = office(store, server)
    desk.plan()
    desk.work()
    entries = audit.entries(store, "north", 10)
    assert [each.action for each in entries] == ["write-written", "write-begun"]
    assert {(each.patient, each.study) for each in entries} == {("p", STUDY.id)}
    assert entries[1].detail == {"types": "ResearchStudy ResearchSubject Provenance List", "round": 1}
    assert entries[0].detail == {"state": "candidate", "by_person": False, "rounds": 2}
