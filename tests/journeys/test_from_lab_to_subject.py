"""A lab result arrives in the EHR; seconds later the ResearchSubject stands there, whoever was killed in between."""

import pytest

from tests.fhir_server import FhirServer
from tests.journeys.site import NAME, SECRET, STUDY, Site, cancer, eventually, lab_result, patient, subjects


def check(server: FhirServer, person: str) -> None:
    """One right ResearchSubject stands there, with its study, its list and where it comes from."""
    (subject,) = subjects(server)[person]
    assert subject["status"] == "potential-candidate"
    (study,) = server.all("ResearchStudy")
    assert subject["study"]["reference"] == f"ResearchStudy/{study['id']}"
    assert study["identifier"][0]["value"] == STUDY
    (worklist,) = server.all("List")
    listed = [each["item"]["reference"] for each in worklist["entry"]]
    assert listed.count(f"ResearchSubject/{subject['id']}") == 1
    origins = [each["target"][0]["reference"] for each in server.all("Provenance")]
    assert any(each.startswith(f"ResearchSubject/{subject['id']}") for each in origins)


def test_a_lab_result_becomes_a_research_subject(site: Site, server: FhirServer) -> None:
    """One process receives and works; the EHR notifies it as it was asked to by `prescreen subscribe`."""
    server.seed(patient("p1"), patient("p2"))
    site.give("db", "migrate")
    site.serve()
    told = site.give_alone("subscribe", "--at", site.address)
    server.subscriptions.wait()
    assert "labs: Subscription/" in told and NAME not in told and SECRET not in told
    (subscription,) = server.all("Subscription")
    assert subscription["status"] == "active"  # our process answered the handshake
    server.change(lab_result("o1", "p1"))
    assert eventually(lambda: "p1" in subjects(server) and server.all("List") and server.all("Provenance"))
    check(server, "p1")
    assert "p2" not in subjects(server)
    listed = site.give("inbox", "list")
    assert f"north: subscription labs: status {subscription['status']}" in listed or "last event 1" in listed
    log = (site.place / "log").read_text()
    assert not [each for each in ("p1", "o1", NAME, SECRET) if f"/{each}" in log]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_killed_after_the_answer_nothing_is_lost(site: Site, server: FhirServer) -> None:
    """The process that has answered 204 is killed before anybody worked; another takes it up."""
    server.seed(patient("p1"))
    site.serve("--no-worker")
    site.give("subscribe", "--at", site.address)
    server.subscriptions.wait()
    server.change(lab_result("o1", "p1"))
    server.subscriptions.wait()
    site.kill()
    assert subjects(server) == {}
    site.serve()
    assert eventually(lambda: "p1" in subjects(server) and server.all("Provenance"))
    check(server, "p1")


@pytest.mark.parametrize(
    ("method", "where"),
    [("GET|POST", "Observation"), ("POST", "fhir$|ResearchSubject")],
    ids=["while it reads the chart", "while it writes"],
)
def test_killed_at_work_another_process_ends_it_once(site: Site, server: FhirServer, method: str, where: str) -> None:
    """The EHR takes its time over an answer; meanwhile our process is killed. What it asked for is done, or not.

    Its successor finds that nobody else is there, and does not wait until the lease is over.
    """
    server.seed(patient("p1"))
    site.serve("--lease", "3600")
    site.give("subscribe", "--at", site.address)
    server.subscriptions.wait()
    server.fail(method=method, where=where, delay=2.0)
    before = len(server.log)
    server.change(lab_result("o1", "p1"))
    assert eventually(lambda: server.log.of(method, where) or _is_waiting(server, before))
    site.kill()
    site.serve("--lease", "3600")
    assert eventually(lambda: "p1" in subjects(server) and server.all("Provenance"))
    assert eventually(lambda: "0 waiting, 0 claimed" in site.give("inbox", "list").split("delivery:")[1])
    check(server, "p1")


def _is_waiting(server: FhirServer, before: int) -> bool:
    """Has our process begun to ask?"""
    return len(server.log) > before + 1


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_as_many_workers_as_one_likes_on_postgresql(site: Site, server: FhirServer) -> None:
    people = [f"p{number}" for number in range(12)]
    server.seed(*(patient(each) for each in people))
    site.serve("--no-worker", "--workers", "2")
    for _ in range(2):
        site.work()
    site.give("subscribe", "--at", site.address)
    server.subscriptions.wait()
    server.change(*(lab_result(f"o-{each}", each) for each in people))
    assert eventually(lambda: len(subjects(server)) == len(people))
    assert {each: len(found) for each, found in subjects(server).items()} == dict.fromkeys(people, 1)


def test_what_a_person_set_stays(site: Site, server: FhirServer) -> None:
    """A person takes over; then a cancer is found, which keeps out: the state stays, our opinion is stored."""
    server.seed(patient("p1"))
    site.serve()
    site.give("subscribe", "--at", site.address)
    server.subscriptions.wait()
    server.change(lab_result("o1", "p1"))
    assert eventually(lambda: "p1" in subjects(server) and server.all("Provenance"))
    (subject,) = subjects(server)["p1"]
    server.seed({**subject, "status": "screening"})
    server.change(cancer("c1", "p1"))
    (subject,) = eventually(lambda: [each for each in subjects(server)["p1"] if "ineligible" in str(each)])
    assert subject["status"] == "screening" and "stateSetByPerson" in str(subject["extension"])
