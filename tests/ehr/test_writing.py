"""Creating once, updating what one knows, transactions. STANDARDS 8A, 8B."""

from collections.abc import Callable
from typing import Any

import pytest
import responses

from service.ehr.client import FhirClient
from service.ehr.dialects import DIALECTS
from service.ehr.transport import new_session
from service.ehr.writing import condition, differences, is_repeatable
from service.errors import (
    EhrRefused,
    EhrUnavailable,
    InvalidOutput,
    PrescreenError,
    ResourceGone,
    UnusableAnswer,
    UsageError,
    VersionConflict,
)
from tests.ehr.records import outcome, patient, subject
from tests.fhir_server import FhirServer

BASE = "https://ehr.example/fhir"
SYSTEM = "https://example.org/subjects"
Made = Callable[..., FhirClient]


def test_8_1_created_once_however_often_it_is_sent(server: FhirServer, client: FhirClient) -> None:
    first = client.create_once(subject(), SYSTEM, "s1")
    second = client.create_once(subject(status="ineligible"), SYSTEM, "s1")
    assert (first.created, second.created, second.id, second.version) == (True, False, first.id, "1")
    assert second.resource["status"] == "candidate"
    assert [each["id"] for each in server.all("ResearchSubject")] == [first.id]


def test_8_1_several_with_the_identifier_are_a_conflict(server: FhirServer, client: FhirClient) -> None:
    server.seed({**subject(), "id": "a"}, {**subject(), "id": "b"})
    with pytest.raises(VersionConflict):
        client.create_once(subject(), SYSTEM, "s1")
    with pytest.raises(VersionConflict):
        client.find("ResearchSubject", SYSTEM, "s1")


@pytest.mark.parametrize(
    ("system", "value", "query"),
    [
        pytest.param(SYSTEM, "s1", f"identifier={SYSTEM}|s1", id="8.2 the query alone"),
        pytest.param("urn:oid:1.2", "a b&c=d", "identifier=urn:oid:1.2|a%20b%26c%3Dd", id="8.2 escaped"),
    ],
)
def test_the_condition_is_by_identifier_alone(system: str, value: str, query: str) -> None:
    assert condition(system, value) == query


@pytest.mark.parametrize("value", ["", "a,b", "a|b", "a\\b", "a\r\nX: y"])
def test_8_39_an_identifier_that_asks_for_more_than_itself_is_refused(value: str) -> None:
    with pytest.raises(InvalidOutput):
        condition(SYSTEM, value)


@pytest.mark.parametrize("fault", [{"swallow": True}, {"drop": True}, {"cut": True}], ids=str)
def test_8_31_a_conditional_create_is_repeated_after_a_lost_answer(
    server: FhirServer, client: FhirClient, fault: dict[str, Any]
) -> None:
    server.fail(method="POST", **fault)
    client.create_once(subject(), SYSTEM, "s1")
    assert len(server.all("ResearchSubject")) == 1
    assert len(server.log.of("POST")) == 2


@pytest.mark.parametrize(
    "fault", [{"swallow": True}, {"status": 503}, {"status": 429, "headers": {"Retry-After": "1"}}], ids=str
)
def test_8_31_a_create_without_condition_is_never_repeated(
    server: FhirServer, client: FhirClient, fault: dict[str, Any]
) -> None:
    server.fail(method="POST", **fault)
    with pytest.raises(EhrUnavailable):
        client.create(subject())
    assert len(server.log.of("POST")) == 1


def test_8_6_an_update_names_the_version_it_replaces(server: FhirServer, client: FhirClient) -> None:
    made = client.create(subject())
    changed = client.update({**made.resource, "status": "ineligible"}, made.version)
    assert (changed.version, changed.created) == ("2", False)
    assert server.log.of("PUT")[0].headers["if-match"] == 'W/"1"'
    with pytest.raises(VersionConflict):
        client.update({**made.resource, "status": "candidate"}, made.version)
    assert server.all("ResearchSubject")[0]["status"] == "ineligible"


@pytest.mark.parametrize(("status", "error"), [(412, VersionConflict), (409, VersionConflict), (422, EhrRefused)])
def test_8_6_a_conflict_is_412_or_409(
    server: FhirServer, client: FhirClient, status: int, error: type[PrescreenError]
) -> None:
    server.fail(method="PUT", status=status, times=3)
    with pytest.raises(error):
        client.update({**subject(), "id": "x"}, "1")
    assert len(server.log) == 1


def test_8_7_a_server_that_wants_the_version_is_not_asked_without(server: FhirServer, client_of: Made) -> None:
    server.rest.needs_if_match = True
    made = client_of(server.base, dialect=DIALECTS["oracle"])
    written = made.create(subject())
    with pytest.raises(UsageError):
        made.update(written.resource, None)
    assert made.update(written.resource, written.version).version == "2"


def test_8_8_what_we_do_not_know_goes_back_unchanged(server: FhirServer, client: FhirClient) -> None:
    strange = {**patient(), "extension": [{"url": "urn:x", "valueDecimal": 1.5}], "_birthDate": {"id": "7"}}
    server.seed(strange)
    read = client.read("Patient", "p1")
    client.update({**read, "active": True}, "1")
    stored = server.all("Patient")[0]
    assert {name: stored[name] for name in ("extension", "_birthDate")} == {
        name: strange[name] for name in ("extension", "_birthDate")
    }


def test_8_10_an_empty_answer_is_read_back(server: FhirServer, client: FhirClient) -> None:
    server.answers_empty = True
    first = client.create_once(subject(), SYSTEM, "s1")
    again = client.create_once(subject(), SYSTEM, "s1")
    assert (first.resource["status"], first.version, first.created) == ("candidate", "1", True)
    assert (again.id, again.created) == (first.id, False)
    assert client.update(first.resource, "1").version == "2"


@pytest.mark.parametrize("status", [200, 201])
def test_8_10_an_answer_that_names_nothing_is_looked_up_by_the_identifier(status: int) -> None:
    there = {**subject(), "id": "7", "meta": {"versionId": "3"}}
    found = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": there}]}
    with responses.RequestsMock() as answers:
        answers.post(f"{BASE}/ResearchSubject", status=status, json=outcome("informational", "information"))
        answers.post(f"{BASE}/ResearchSubject/_search", json=found)
        written = FhirClient(BASE, new_session()).create_once(subject(), SYSTEM, "s1")
    assert (written.id, written.version, written.created) == ("7", "3", status == 201)


def test_8_10_an_unconditional_create_that_names_nothing_is_unusable() -> None:
    with responses.RequestsMock() as answers:
        answers.post(f"{BASE}/ResearchSubject", status=201, body=b"", content_type="text/html")
        with pytest.raises(UnusableAnswer, match="does not say what it created"):
            FhirClient(BASE, new_session()).create(subject())


def test_8_10_a_create_that_left_nothing_behind_is_unusable() -> None:
    with responses.RequestsMock() as answers:
        answers.post(f"{BASE}/ResearchSubject", status=200, body=b"")
        answers.post(f"{BASE}/ResearchSubject/_search", json={"resourceType": "Bundle", "type": "searchset"})
        with pytest.raises(UnusableAnswer, match="none has the identifier"):
            FhirClient(BASE, new_session()).create_once(subject(), SYSTEM, "s1")


def test_what_has_no_type_is_not_written(server: FhirServer, client: FhirClient) -> None:
    with pytest.raises(UsageError):
        client.create({"id": "x"})
    assert len(server.log) == 0


def test_8_10_a_location_alone_is_enough() -> None:
    with responses.RequestsMock() as answers:
        location = {"Location": f"{BASE}/ResearchSubject/9/_history/4"}
        answers.post(f"{BASE}/ResearchSubject", status=201, headers=location, body=b"", content_type="text/html")
        answers.get(f"{BASE}/ResearchSubject/9", json={**subject(), "id": "9"})
        written = FhirClient(BASE, new_session()).create(subject())
    assert (written.id, written.version, written.created) == ("9", "4", True)


@pytest.mark.parametrize(
    ("sent", "stands", "found"),
    [
        pytest.param({"a": 1}, {"a": 1, "b": 2}, (), id="8.11 what the server adds"),
        pytest.param({"a": 1}, {}, ("R.a",), id="8.11 dropped"),
        pytest.param({"a": {"b": 1}}, {"a": {"b": 2}}, ("R.a.b",), id="8.11 changed within"),
        pytest.param({"a": [{"b": 1}]}, {"a": [{"b": 1, "id": "x"}]}, (), id="8.11 a list"),
        pytest.param({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}]}, ("R.a.b",), id="8.11 a shorter list"),
        pytest.param({"a": {"b": 1}}, {"a": "x"}, ("R.a.b",), id="8.11 another shape"),
    ],
)
def test_what_was_written_is_compared(sent: Any, stands: Any, found: tuple[str, ...]) -> None:
    assert differences(sent, stands, "R") == found


def test_8_11_a_server_that_drops_elements_is_read_back(server: FhirServer, client_of: Made) -> None:
    made = client_of(server.base, dialect=DIALECTS["oracle"])
    made.create(subject())
    assert len(server.log.of("GET", "/ResearchSubject/")) == 1


@pytest.mark.parametrize("id", [None, 7])
def test_an_update_needs_an_id(client: FhirClient, id: object) -> None:
    with pytest.raises(UsageError):
        client.update({"resourceType": "List", "id": id}, "1")


def test_8_12_a_part_is_never_written_back(server: FhirServer, client: FhirClient) -> None:
    with pytest.raises(InvalidOutput):
        client.update({**patient(), "meta": {"tag": [{"code": "SUBSETTED"}]}}, "1")
    with pytest.raises(InvalidOutput):
        client.transaction(bundle(entry({**patient(), "meta": {"tag": [{"code": "SUBSETTED"}]}}, method="PUT")))
    assert len(server.log) == 0


def test_a_deleted_resource_is_gone_and_may_be_deleted_again(server: FhirServer, client: FhirClient) -> None:
    server.seed(patient())
    client.delete("Patient", "p1")
    client.delete("Patient", "p1")
    server.fail(method="DELETE", status=404)
    client.delete("Patient", "p1")
    with pytest.raises(ResourceGone) as gone:
        client.read("Patient", "p1")
    assert gone.value.status == 410


def entry(resource: dict[str, Any], full_url: str | None = None, **request: str) -> dict[str, Any]:
    asked = {"method": "POST", "url": resource["resourceType"], **request}
    return {"resource": resource, "request": asked} | ({"fullUrl": full_url} if full_url else {})


def bundle(*entries: dict[str, Any], type: str = "transaction") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": type, "entry": list(entries)}


def test_8_13_a_transaction_answers_in_the_order_of_its_entries(server: FhirServer, client: FhirClient) -> None:
    study = entry({"resourceType": "ResearchStudy"}, "urn:uuid:1")
    ours = {**subject(), "study": {"reference": "urn:uuid:1"}}
    answers = client.transaction(bundle(entry(ours, ifNoneExist=f"identifier={SYSTEM}|s1"), study))
    assert [(each.kind, each.status, each.done) for each in answers] == [
        ("ResearchSubject", 201, True),
        ("ResearchStudy", 201, True),
    ]
    assert server.all("ResearchSubject")[0]["study"] == {"reference": f"ResearchStudy/{answers[1].id}"}  # 8.14


def test_8_13_a_transaction_is_all_or_nothing(server: FhirServer, client: FhirClient) -> None:
    server.seed({**subject("a"), "id": "1"}, {**subject("a"), "id": "2"})
    both = bundle(entry({"resourceType": "ResearchStudy"}), entry(subject("a"), ifNoneExist=f"identifier={SYSTEM}|a"))
    with pytest.raises(VersionConflict):
        client.transaction(both)
    assert server.all("ResearchStudy") == []


def test_8_15_each_answer_of_a_batch_is_looked_at(server: FhirServer, client: FhirClient) -> None:
    put = entry({**patient("p9")}, method="PUT", url="Patient/p9", ifMatch='W/"7"')
    answers = client.transaction(bundle(put, entry({"resourceType": "ResearchStudy"}), type="batch"))
    assert [(each.status, each.done, each.codes) for each in answers] == [
        (404, False, ("not-found",)),
        (201, True, ()),
    ]


@pytest.mark.parametrize(
    ("requests", "repeatable"),
    [
        pytest.param([{"method": "POST", "ifNoneExist": "identifier=a|b"}], True, id="8.18 conditional"),
        pytest.param([{"method": "PUT"}, {"method": "DELETE"}, {"method": "GET"}], True, id="8.18 idempotent"),
        pytest.param([{"method": "PUT"}, {"method": "POST"}], False, id="8.18 one is not"),
        pytest.param([{"method": "PATCH"}], False, id="8.18 a patch is not"),
        pytest.param([{}], False, id="8.18 nothing is said"),
    ],
)
def test_which_transactions_may_be_sent_again(requests: list[dict[str, str]], repeatable: bool) -> None:
    assert is_repeatable({"entry": [{"request": each} for each in requests]}) is repeatable


def test_8_18_a_conditional_transaction_survives_a_lost_answer(server: FhirServer, client: FhirClient) -> None:
    server.fail(method="POST", swallow=True)
    client.transaction(bundle(entry(subject(), ifNoneExist=f"identifier={SYSTEM}|s1")))
    assert (len(server.all("ResearchSubject")), len(server.log.of("POST"))) == (1, 2)


def test_8_15_fewer_answers_than_entries_are_unusable() -> None:
    with responses.RequestsMock() as answers:
        answers.post(BASE, json={"resourceType": "Bundle", "type": "transaction-response", "entry": []})
        with pytest.raises(UnusableAnswer):
            FhirClient(BASE, new_session()).transaction(bundle(entry(subject(), ifNoneExist="identifier=a|b")))


def test_8_32_validating_answers_200_whatever_is_found(client: FhirClient) -> None:
    assert [each.severity for each in client.validate(subject())] == ["information"]
    without = {name: value for name, value in subject().items() if name != "status"}
    assert [(each.severity, each.code) for each in client.validate(without, "urn:p")] == [("error", "required")]
