"""The server for tests does what FHIR says where the other tests lean on it."""

import pytest
import requests

from service.ehr.client import FhirClient
from service.errors import EhrRefused, ResourceGone
from tests.ehr.records import observation, patient, subject
from tests.fhir_server import Client, FhirServer


def test_versions_and_history(server: FhirServer, client: FhirClient) -> None:
    made = client.create(subject())
    client.update({**made.resource, "status": "ineligible"}, "1")
    client.delete("ResearchSubject", made.id)
    history = requests.get(f"{server.base}/ResearchSubject/{made.id}/_history", timeout=5).json()
    first = requests.get(f"{server.base}/ResearchSubject/{made.id}/_history/1", timeout=5).json()
    assert [each["request"]["method"] for each in history["entry"]] == ["DELETE", "PUT", "POST"]
    assert (first["status"], first["meta"]["versionId"]) == ("candidate", "1")
    with pytest.raises(ResourceGone):
        client.read("ResearchSubject", made.id)
    assert client.search("ResearchSubject", {"study": "x"}).resources == ()


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"patient": "p1"}, "abc"),
        ({"patient": "Patient/p2"}, "d"),
        ({"_id": "a,d"}, "ad"),
        ({"code": "http://loinc.org|1751-7"}, "abd"),
        ({"code": "1751-7,other"}, "abcd"),
        ({"code": "http://snomed.info/sct|1751-7"}, ""),
        ({"date": "ge2026-05-02"}, "bcd"),
        ({"date": "2026-05"}, "ab"),
        ({"date": "lt2026-05-02"}, "a"),
        ({"date": "gt2026"}, ""),
        ({"date": "le2026-06"}, "abcd"),
        ({"_lastUpdated": "ge2000-01-01"}, "abcd"),
        ({"_lastUpdated": "lt2000-01-01T00:00:00Z"}, ""),
        ({"status": "final"}, "abcd"),
        ({"patient": "p1", "date": "ge2026-06"}, "c"),
    ],
    ids=str,
)
def test_searches(server: FhirServer, params: dict[str, str], found: str) -> None:
    server.seed(
        observation("a", "2026-05-01"),
        observation("b", "2026-05-02T10:00:00Z"),
        observation("c", "2026-06", code="other"),
        observation("d", "2026-06-01", person="p2"),
    )
    answer = requests.get(f"{server.base}/Observation", params=params, timeout=5).json()
    assert "".join(each["resource"]["id"] for each in answer["entry"]) == found


def test_a_forgotten_page_is_gone(server: FhirServer) -> None:
    server.seed(*(observation(str(number)) for number in range(3)))
    first = requests.get(f"{server.base}/Observation?_count=2", timeout=5).json()
    address = next(each["url"] for each in first["link"] if each["relation"] == "next")
    assert [each["resource"]["id"] for each in requests.get(address, timeout=5).json()["entry"]] == ["2"]
    server.rest.pages.clear()
    assert requests.get(address, timeout=5).status_code == 410


def test_a_conditional_update(server: FhirServer) -> None:
    address = f"{server.base}/ResearchSubject?identifier=https://example.org/subjects|s1"
    statuses = [requests.put(address, json=subject(), timeout=5).status_code for _ in range(2)]
    assert (statuses, len(server.all("ResearchSubject"))) == ([201, 200], 1)
    other_id = requests.put(address, json={**subject(), "id": "other"}, timeout=5)
    assert other_id.status_code == 400


def test_a_status_that_a_client_may_not_set_is_refused(client: FhirClient) -> None:
    for status in ("active", "error"):
        with pytest.raises(EhrRefused):
            client.create(
                {
                    "resourceType": "Subscription",
                    "status": status,
                    "criteria": "Observation?",
                    "channel": {"type": "rest-hook", "endpoint": "http://127.0.0.1:9"},
                }
            )


@pytest.mark.parametrize(
    ("path", "status"),
    [("/Patient/p1", 401), ("/Patient", 401), ("/metadata", 200), ("/.well-known/smart-configuration", 200)],
)
def test_who_has_no_token_sees_what_is_public(path: str, status: int) -> None:
    with FhirServer(clients=(Client("c", {"keys": []}),)) as guarded:
        guarded.seed(patient())
        assert requests.get(guarded.base + path, timeout=5).status_code == status


def test_a_token_reaches_as_far_as_its_scopes() -> None:
    with FhirServer(clients=(Client("c", {"keys": []}),)) as guarded:
        guarded.seed(patient())
        guarded.smart.tokens["t"] = (guarded.smart.now().timestamp() + 60, "system/Patient.rs")
        headers = {"Authorization": "Bearer t"}
        statuses = [
            requests.request(method, f"{guarded.base}/{kind}", headers=headers, json={}, timeout=5).status_code
            for method, kind in (("GET", "Patient"), ("GET", "Observation"), ("POST", "Patient"))
        ]
    assert statuses == [200, 403, 403]
