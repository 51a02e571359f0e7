"""The journey against a FHIR server that is not ours, such as HAPI FHIR: `TEST_FHIR_SERVER=http://… pytest …`.

Only for a server that may be written to, holds nobody's real records, and reaches this machine. docs/servers.md says
how to start one, and what was found.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.real import RealServer, Resource
from tests.journeys.site import NAME, STUDY, Site, cancer, eventually, lab_result, patient

UNSETTLED = re.compile(r"(?:delivery|screening|write): (?!0 waiting, 0 claimed, \d+ done, 0 given up)")
BASE = os.environ.get("TEST_FHIR_SERVER", "")
pytestmark = pytest.mark.skipif(not BASE, reason="TEST_FHIR_SERVER names no FHIR server")


@pytest.fixture
def server() -> RealServer:
    return RealServer(BASE)


@pytest.fixture
def site(tmp_path: Path, server: RealServer, request: pytest.FixtureRequest) -> Iterator[Site]:
    """A site that the server notifies, with its Subscriptions active; `param`: whether the hook is trusted."""
    trusted = getattr(request, "param", False)
    installed = Site(tmp_path, server, f"sqlite:///{tmp_path}/database", f"{NAME}-{server.run}", trusted)
    try:
        installed.give("db", "migrate")
        installed.serve("--lease", "5")
        installed.give("subscribe", "--at", installed.address)
        assert eventually(lambda: _all_active(server, installed)), "the server made no Subscription active"
        yield installed
    finally:
        installed.end()
        server.clean(installed.endpoint)


def _all_active(server: RealServer, site: Site) -> bool:
    found = server.find("Subscription", url=site.endpoint)
    return bool(found) and {each["status"] for each in found} == {"active"}


def _candidate(server: RealServer) -> str:
    """A new person with a result that points to the disease; the id."""
    person = str(server.add(patient(""))["id"])
    server.add(lab_result("", person))
    return person


def _written(server: RealServer, person: str) -> Resource:
    """The one right ResearchSubject, with its study, its list and where it comes from."""
    assert eventually(lambda: _listed(server, person)), "nothing came of the notification"
    (subject,) = server.subjects(person)
    (study,) = server.find("ResearchStudy", identifier=f"https://fhir-prescreen.org/fhir/identifier/study|{STUDY}")
    assert subject["study"]["reference"].endswith(f"ResearchStudy/{study['id']}")
    return subject


def _listed(server: RealServer, person: str) -> bool:
    subjects = server.subjects(person)
    addresses = [f"ResearchSubject/{each['id']}" for each in subjects]
    return len(addresses) == 1 and all(
        len(server.find("List", item=each)) == 1 and len(_origins(server, each)) == 1 for each in addresses
    )


def _origins(server: RealServer, subject: str) -> list[Resource]:
    return server.find("Provenance", target=subject)


def _is_settled(site: Site) -> bool:
    """Is all work done, and none of it given up?"""
    return not UNSETTLED.search(site.give("inbox", "list"))


def _said(subject: Resource, word: str) -> bool:
    return word in str(subject["extension"])


@pytest.mark.parametrize("site", [False, True], ids=["told that", "told what"], indirect=True)
def test_a_result_becomes_a_subject_and_a_change_moves_it_at_once(site: Site, server: RealServer) -> None:
    """The change comes within a minute of the first, in which HAPI FHIR would answer searches as before."""
    person = _candidate(server)
    subject = _written(server, person)
    assert subject["status"] == "potential-candidate"
    server.add(cancer("", person))
    assert eventually(lambda: server.subjects(person)[0]["status"] == "ineligible")
    again = server.subjects(person)
    assert [each["id"] for each in again] == [subject["id"]]
    assert eventually(lambda: len(_origins(server, f"ResearchSubject/{subject['id']}")) == 2)
    (worklist,) = server.find("List", item=f"ResearchSubject/{subject['id']}")
    (entry,) = [each for each in worklist["entry"] if each["item"]["reference"].endswith(subject["id"])]
    assert "flag" in entry
    assert eventually(lambda: _is_settled(site))
    assert len(_origins(server, f"ResearchSubject/{subject['id']}")) == 2


@pytest.mark.parametrize("site", [True], ids=["told what"], indirect=True)
def test_a_deletion_is_told_too(site: Site, server: RealServer) -> None:
    """Only where notifications say what they are about; otherwise the next reconciliation finds it."""
    person = _candidate(server)
    _written(server, person)
    tumour = server.add(cancer("", person))
    assert eventually(lambda: [each["status"] for each in server.subjects(person)] == ["ineligible"])
    if not server.may_delete(tumour):
        pytest.skip("the server deletes nothing that others refer to, such as our Provenance")
    assert eventually(lambda: [each["status"] for each in server.subjects(person)] == ["potential-candidate"])


def test_killed_and_started_again_it_is_written_once(site: Site, server: RealServer) -> None:
    """Killed again and again while it works, until it is done."""
    person = _candidate(server)
    for _ in range(4):
        eventually(lambda: server.subjects(person), patience=1.5)
        site.kill()
        site.serve("--lease", "3")
    subject = _written(server, person)
    assert subject["status"] == "potential-candidate"
    assert eventually(lambda: _is_settled(site))
    assert len(server.subjects(person)) == 1 == len(_origins(server, f"ResearchSubject/{subject['id']}"))


def test_what_a_person_set_stays(site: Site, server: RealServer) -> None:
    person = _candidate(server)
    subject = _written(server, person)
    server.change({**subject, "status": "screening"})
    server.add(cancer("", person))
    assert eventually(lambda: _said(server.subjects(person)[0], "stateSetByPerson"))
    (subject,) = server.subjects(person)
    assert subject["status"] == "screening" and _said(subject, "ineligible")


def test_asked_twice_the_subscriptions_stand(site: Site, server: RealServer) -> None:
    before = {each["id"] for each in server.find("Subscription", url=site.endpoint)}
    told = site.give("subscribe", "--at", site.address)
    assert told.count(": keep (it stands); now active") == len(before)
    assert {each["id"] for each in server.find("Subscription", url=site.endpoint)} == before
