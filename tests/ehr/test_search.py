"""Searching, all pages, and never calling complete what is not. STANDARDS 8C, SEMANTICS §4."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote

import pytest
import responses

from service.ehr.client import FhirClient
from service.ehr.dates import surely_outside
from service.ehr.dialects import DIALECTS, STANDARD, choose
from service.ehr.dialects.dialect import Dialect
from service.ehr.limits import Limits
from service.ehr.medications import include_parameter, missing_medications
from service.ehr.scopes import Reach
from service.ehr.searching import SearchResult
from service.ehr.transport import new_session
from service.errors import EhrUnavailable, NotPermitted, UnusableAnswer, UsageError
from service.twofold import is_twofold
from tests.builders import twice
from tests.ehr.records import observation, order, outcome, page, patient, subject
from tests.fhir_server import FhirServer

BASE = "https://ehr.example/fhir"
OURS = {"patient": "p1"}
Made = Callable[..., FhirClient]


def ids(result: SearchResult) -> list[object]:
    return [each["id"] for each in result.resources]


def answered(*pages: dict[str, Any], params: dict[str, str] = OURS, **more: Any) -> SearchResult:
    """The result of a search that is answered with these pages."""
    with responses.RequestsMock() as answers:
        answers.get(f"{BASE}/Observation", json=pages[0])
        for number, each in enumerate(pages[1:], 1):
            answers.get(f"{BASE}/page{number}", json=each)
        return FhirClient(BASE, new_session(), **more).search("Observation", params)


def test_8_19_all_pages_are_read(server: FhirServer, client: FhirClient) -> None:
    server.seed(patient(), *(observation(f"o{number}") for number in range(45)))
    result = client.search("Observation", {**OURS, "_count": "10"})
    assert (len(set(ids(result))), result.pages, result.complete) == (45, 5, True)
    assert len(server.log.of("GET", "_getpages=")) == 4


def test_8_19_the_total_is_not_trusted() -> None:
    result = answered(page(observation("1"), next=f"{BASE}/page1", total=1), page(observation("2"), total=99))
    assert (ids(result), result.complete) == (["1", "2"], True)


@pytest.mark.parametrize(("total", "complete"), [(3, False), (2, True), (None, True), ("3", True)])
def test_a_full_last_page_of_more_is_not_all_there_is(total: Any, complete: bool) -> None:
    """Medplum's repository in memory gives as many as were asked for, tells that there are more, and has no pages."""
    last = page(observation("1"), observation("2"), **({} if total is None else {"total": total}))
    result = answered(last, params={**OURS, "_count": "2"})
    assert (ids(result), result.complete) == (["1", "2"], complete)
    assert answered(page(observation("1"), total=9), params={**OURS, "_count": "2"}).complete


def test_a_next_link_may_hold_in_its_query_what_no_host_may() -> None:
    """FHIR escapes commas with a backslash, and some servers leave blanks as they are."""
    following = "https://ehr.example/fhir/page1?code=a\\,b c&by=x@y"
    assert ids(answered(page(observation("1"), next=following), page(observation("2")))) == ["1", "2"]


def test_8_19_a_relative_next_link_is_resolved() -> None:
    assert ids(answered(page(observation("1"), next="page1"), page(observation("2")))) == ["1", "2"]


@pytest.mark.parametrize(
    "elsewhere",
    [
        pytest.param("https://evil.example/fhir/page1", id="8.27 another host"),
        pytest.param("http://ehr.example/fhir/page1", id="8.27 without encryption"),
        pytest.param("https://ehr.example:444/fhir/page1", id="8.27 another port"),
        pytest.param("https://ehr.example@evil.example/page1", id="8.27 a host in disguise"),
        pytest.param("https://evil.example\\@ehr.example/fhir/page1", id="8.27 a host before a backslash"),
        pytest.param("https://evil.example\\@ehr.example:443/fhir/page1", id="8.27 the same with a port"),
        pytest.param("https://evil.example\t@ehr.example/fhir/page1", id="8.27 a host before a blank"),
        pytest.param("https://evil.example%2f@ehr.example/fhir/page1", id="8.27 a user in front"),
        pytest.param("//evil.example/page1", id="8.27 without scheme"),
        pytest.param("https://[broken/page1", id="8.27 no address at all"),
        pytest.param("https://ehr.example:99999/page1", id="8.27 no port at all"),
    ],
)
def test_paging_to_another_host_is_refused_and_incomplete(elsewhere: str) -> None:
    with responses.RequestsMock() as answers:
        answers.get(f"{BASE}/Observation", json=page(observation("1"), next=elsewhere))
        result = FhirClient(BASE, new_session()).search("Observation", OURS)
        assert len(answers.calls) == 1
    assert (ids(result), result.complete) == (["1"], False)
    assert "another host" in str(result.problem)


@pytest.mark.parametrize("status", [400, 403, 404, 410, 422])
def test_a_page_that_is_missing_makes_the_type_incomplete(server: FhirServer, client: FhirClient, status: int) -> None:
    server.seed(*(observation(f"o{number}") for number in range(45)))
    server.fail(where="_getpages", status=status)
    result = client.search("Observation", {**OURS, "_count": "20"})
    assert (len(result.resources), result.complete) == (20, False)
    assert str(result.problem).startswith(f"Observation: GET the server: HTTP {status}")


def test_a_server_that_gives_out_between_pages_is_an_error_or_a_problem(server: FhirServer, client: FhirClient) -> None:
    server.seed(*(observation(f"o{number}") for number in range(45)))
    server.fail(where="_getpages", status=503, times=8)
    with pytest.raises(EhrUnavailable):
        client.search("Observation", {**OURS, "_count": "20"})
    result = client.search("Observation", {**OURS, "_count": "20"}, partial=True)
    assert (len(result.resources), result.complete) == (20, False)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"body": '{"resourceType": "Bundle", "ty', "content_type": "application/fhir+json"}, "broken JSON"),
        ({"body": "<html>", "content_type": "text/html"}, "not declared as JSON"),
        ({"body": '{"resourceType": "Patient"}'}, "no Bundle"),
        ({"body": '{"resourceType": "Bundle", "type": "history"}'}, "searchset"),
        ({"body": '{"resourceType": "Bundle"}'}, "searchset"),
        ({"body": '{"resourceType": "Bundle", "type": "searchset", "entry": {}}'}, "an entry without a resource"),
        ({"body": '{"resourceType": "Bundle", "type": "searchset", "entry": [7]}'}, "an entry without a resource"),
        ({"body": ""}, "no Bundle"),
    ],
)
def test_a_page_that_makes_no_sense_is_incomplete(
    server: FhirServer, client: FhirClient, fault: dict[str, Any], words: str
) -> None:
    server.fail(status=200, **fault)
    result = client.search("Observation", OURS)
    assert not result.complete and words in str(result.problem)


def test_an_empty_answer_is_complete(client: FhirClient) -> None:
    assert client.search("Observation", OURS) == SearchResult("Observation", pages=1)


def test_pages_in_a_circle_end_and_are_incomplete() -> None:
    first = page(observation("1"), next=f"{BASE}/page1")
    result = answered(first, page(observation("2"), next=f"{BASE}/page1"))
    assert (ids(result), result.complete) == (["1", "2"], False)


def test_more_pages_than_are_read_are_incomplete(server: FhirServer, client_of: Made) -> None:
    server.seed(*(observation(f"o{number}") for number in range(45)))
    result = client_of(server.base, Limits(most_pages=2)).search("Observation", {**OURS, "_count": "10"})
    assert (len(result.resources), result.pages, result.complete) == (20, 2, False)


def test_8_28_what_stands_on_two_pages_counts_once() -> None:
    later = {**observation("1"), "status": "amended"}
    result = answered(page(observation("1"), observation("2"), next=f"{BASE}/page1"), page(later))
    assert [(each["id"], each["status"]) for each in result.resources] == [("1", "amended"), ("2", "final")]


@pytest.mark.parametrize(
    ("resource", "complete"),
    [
        pytest.param(outcome("informational", "information"), True, id="8.22 information"),
        pytest.param(outcome("suppressed", "information"), False, id="8.22 withheld, said as information"),
        pytest.param(outcome("processing", "warning"), False, id="8.22 a warning"),
        pytest.param(outcome("exception", "error"), False, id="8.22 an error"),
        pytest.param(outcome("x", "made-up"), False, id="8.22 a severity that nobody knows"),
    ],
)
def test_an_outcome_beside_the_answer(server: FhirServer, client: FhirClient, resource: Any, complete: bool) -> None:
    server.seed(observation("1"))
    server.rest.outcomes = [resource]
    result = client.search("Observation", OURS)
    assert (ids(result), result.complete) == (["1"], complete)
    assert "Secret" not in str(result.problem)


@pytest.mark.parametrize(
    ("dialect", "accepted", "details", "complete"),
    [
        ("epic", frozenset(), "4101", True),
        ("standard", frozenset(), "4101", False),
        ("epic", frozenset(), "4119", False),
        ("epic", frozenset({"4119"}), "4119", True),
    ],
)
def test_8_22_outcomes_that_a_product_or_a_site_knows(
    dialect: str, accepted: frozenset[str], details: str, complete: bool
) -> None:
    found = page() | {"entry": [{"resource": outcome("processing", "warning", details), "search": {"mode": "outcome"}}]}
    assert answered(found, dialect=DIALECTS[dialect], accepted_outcomes=accepted).complete is complete


def test_8_22_only_what_was_asked_for_is_a_result() -> None:
    entries = [
        {"resource": observation("1"), "search": {"mode": "match"}},
        {"resource": observation("2"), "search": {"mode": "include"}},
        {"resource": patient(), "search": {"mode": "include"}},
        {"resource": observation("3")},
        {"resource": {"resourceType": "Device", "id": "d"}},
    ]
    result = answered(page() | {"entry": entries})
    assert (ids(result), [each["id"] for each in result.included]) == (["1", "3"], ["2", "p1", "d"])


def test_8_20_records_of_somebody_else_are_left_out_and_incomplete() -> None:
    result = answered(page(observation("1"), observation("2", person="p2")))
    assert (ids(result), result.complete) == (["1"], False)
    assert "somebody else" in str(result.problem)


def test_8_20_what_was_not_asked_for_by_id_is_left_out(client_of: Made) -> None:
    with responses.RequestsMock() as answers:
        answers.get(f"{BASE}/Patient", json=page(patient("p1"), patient("p2")))
        result = client_of(BASE).search("Patient", {"_id": "p1"})
    assert (ids(result), result.complete) == (["p1"], False)


@pytest.mark.parametrize("reference", ["Patient/p1", f"{BASE}/Patient/p1", "Patient/p1/_history/3"])
def test_8_20_whose_a_record_is_may_be_written_in_several_ways(reference: str) -> None:
    assert answered(page({**observation("1"), "subject": {"reference": reference}})).complete


ELSEWHERE = (
    "https://other.example/fhir/Patient/p1",
    f"{BASE}/partition/Patient/p1",
    "//other.example/Patient/p1",
    "x/y/Patient/p1",
    "http://other.example/#/Patient/p1",
)


@pytest.mark.parametrize("reference", ELSEWHERE)
def test_3_51_who_has_the_same_id_elsewhere_is_somebody_else(reference: str) -> None:
    result = answered(page(observation("1"), {**observation("2"), "subject": {"reference": reference}}))
    assert (ids(result), result.complete) == (["1"], False)
    assert "somebody else" in str(result.problem)


def test_3_51_a_server_may_have_several_addresses() -> None:
    others = ("https://ehr.internal:8443/fhir",)
    one = {**observation("1"), "subject": {"reference": f"{others[0]}/Patient/p1"}}
    assert answered(page(one), others=others).complete
    assert not answered(page(one)).complete


@pytest.mark.parametrize(
    ("used", "notes", "complete"),
    [
        pytest.param("Observation?patient=p1&code=x", 0, True, id="8.20 all were used"),
        pytest.param("Observation?subject=Patient/p1&code=x", 0, True, id="8.20 another name of the patient"),
        pytest.param("Observation?patient=p1", 1, True, id="8.20 the code was not: more comes, nothing is lost"),
        pytest.param("Observation?code=x", 1, False, id="8.20 the patient was not"),
        pytest.param("?_getpages=abc", 0, True, id="8.20 a link that says nothing"),
        pytest.param("[?patient=p1", 1, True, id="8.20 an odd link"),
        pytest.param(None, 0, True, id="8.20 no link"),
    ],
)
def test_parameters_that_the_server_did_not_use(used: str | None, notes: int, complete: bool) -> None:
    link = f"{BASE}/{used}" if used else None
    result = answered(page(observation("1"), self=link), params={**OURS, "code": "x"})
    assert (len(result.notes), result.complete) == (notes, complete)


def test_3_12_a_part_of_a_resource_is_incomplete() -> None:
    assert not answered(page({**observation("1"), "meta": {"tag": [{"code": "SUBSETTED"}]}})).complete


@pytest.mark.parametrize(
    ("params", "kept"),
    [
        pytest.param({"date": "ge2024-03-10"}, ["day", "month", "year", "period", "none", "odd"], id="3.11 from"),
        pytest.param({"date": "le2023-05-01"}, ["old", "none", "odd"], id="3.11 to"),
        pytest.param({"date": "sa2030"}, ["old", "day", "month", "year", "period", "none", "odd"], id="3.11 unknown"),
        pytest.param({"status": "final"}, ["old", "day", "month", "year", "period", "none", "odd"], id="3.11 no date"),
    ],
)
def test_dates_are_applied_here_again(params: dict[str, str], kept: list[str]) -> None:
    dated: dict[str, Any] = {
        "old": {"effectiveDateTime": "2023-01-01"},
        "day": {"effectiveDateTime": "2024-03-09T23:30:00-02:00"},
        "month": {"effectiveDateTime": "2024-03"},
        "year": {"effectiveDateTime": "2024"},
        "period": {"effectivePeriod": {"start": "2024-01-01"}},
        "none": {},
        "odd": {"effectiveDateTime": "10.03.2024"},
    }
    bare = {name: value for name, value in observation("x").items() if name != "effectiveDateTime"}
    result = answered(page(*({**bare, "id": name, **each} for name, each in dated.items())), params={**OURS, **params})
    assert (ids(result), result.complete) == (kept, True)
    assert bool(result.notes) == (len(kept) < len(dated))


@pytest.mark.parametrize(
    ("resource", "name", "value", "outside"),
    [
        ({"resourceType": "Encounter", "period": {"end": "2020-01-01"}}, "date", "ge2024", True),
        ({"resourceType": "Encounter", "period": {"start": "2020-01-01"}}, "date", "ge2024", False),
        ({"resourceType": "Encounter", "period": {"start": "2025", "end": "2024"}}, "date", "ge2026", False),
        ({"resourceType": "MedicationRequest", "authoredOn": "2020-01-01"}, "authoredon", "ge2020-01-02", False),
        ({"resourceType": "MedicationRequest", "authoredOn": "2020-01-01"}, "authoredon", "ge2020-01-03", True),
        ({"resourceType": "Observation", "meta": {"lastUpdated": "2020-01-01"}}, "_lastUpdated", "gt2021", True),
        ({"resourceType": "Observation"}, "_lastUpdated", "gt2021", False),
        ({"resourceType": "Observation", "effectiveDateTime": "2020-02-30"}, "date", "ge2021", False),
        ({"resourceType": "Observation", "effectiveDateTime": "2020-02-20"}, "date", "2020-02", False),
        ({"resourceType": "Observation", "effectiveDateTime": "2020-04-20"}, "date", "eq2020-02", True),
        ({"resourceType": "Observation", "effectiveTiming": {}}, "date", "ge2021", False),
        ({"resourceType": "Group", "date": "2020"}, "date", "ge2021", False),
        ({"resourceType": "Observation", "effectiveDateTime": 2020}, "date", "ge2021", False),
    ],
)
def test_only_what_is_surely_outside_is_left_out(resource: Any, name: str, value: str, outside: bool) -> None:
    assert surely_outside(resource, name, value) is outside


class Granted:
    """An Auth whose token reaches so far."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def token(self) -> str:
        return "t"

    def reject(self, token: str) -> None:
        raise AssertionError

    def reach(self, kind: str, letters: str) -> Reach:
        return self._reach


@pytest.mark.parametrize(
    ("reach", "requests", "complete"),
    [
        pytest.param(Reach.ALL, 1, True, id="3.66 all"),
        pytest.param(Reach.PART, 1, False, id="4.23 a part"),
        pytest.param(Reach.NONE, 0, False, id="3.66 nothing"),
    ],
)
def test_a_narrower_right_makes_the_type_incomplete(
    server: FhirServer, client_of: Made, reach: Reach, requests: int, complete: bool
) -> None:
    result = client_of(server.base, auth=Granted(reach)).search("Observation", OURS)
    assert (result.complete, len(server.log)) == (complete, requests)


@pytest.mark.parametrize(
    ("name", "kind", "params", "sent"),
    [
        pytest.param("standard", "Observation", {"patient": "1"}, "patient=1&_count=200", id="8.23 a hint"),
        pytest.param("standard", "Observation", {"_count": "5"}, "_count=5", id="8.23 the caller's own"),
        pytest.param("oracle", "Observation", {"patient": "1"}, "patient=1&_count=200", id="8.23 Oracle's most"),
        pytest.param(
            "standard", "Goal", {"patient": "Patient/1"}, "patient=Patient/1&_count=200", id="a whole reference"
        ),
        pytest.param(
            "oracle", "Goal", {"patient": "Patient/1"}, "patient=1&_count=100", id="as Oracle's pages have it"
        ),
        pytest.param("oracle", "Condition", {"_id": "1,2", "patient": "1"}, "_id=1,2", id="8.25 _id alone"),
        pytest.param(
            "oracle",
            "Observation",
            {"date": "ge2024", "_lastUpdated": "gt2025", "_count": "1"},
            "date=ge2024&_count=1",
            id="8.25 not together",
        ),
        pytest.param(
            "oracle",
            "Observation",
            {"_lastUpdated": "gt2025", "_count": "1"},
            "_lastUpdated=gt2025&_count=1",
            id="8.25 one of them",
        ),
        pytest.param(
            "oracle",
            "MedicationRequest",
            {"patient": "1", "authoredon": "ge2024", "_count": "1"},
            "patient=1&_count=1",
            id="6.54 no such parameter",
        ),
    ],
)
def test_a_dialect_asks_what_its_server_understands(name: str, kind: str, params: dict[str, str], sent: str) -> None:
    with responses.RequestsMock() as answers:
        answers.get(f"{BASE}/{kind}", json=page())
        FhirClient(BASE, new_session(), dialect=DIALECTS[name]).search(kind, params)
        assert unquote(str(answers.calls[0].request.url)).partition("?")[2] == sent


def test_6_54_what_was_not_asked_is_applied_here() -> None:
    old, new = order("1", "m") | {"authoredOn": "2020-01-01"}, order("2", "m") | {"authoredOn": "2025-01-01"}
    with responses.RequestsMock() as answers:
        answers.get(f"{BASE}/MedicationRequest", json=page(old, new))
        made = FhirClient(BASE, new_session(), dialect=DIALECTS["oracle"])
        result = made.search("MedicationRequest", {**OURS, "authoredon": "ge2024-01-01"})
    assert (ids(result), result.complete) == (["2"], True)


def test_6_4_a_type_that_a_product_does_not_have_is_incomplete(server: FhirServer, client_of: Made) -> None:
    made = client_of(server.base, dialect=DIALECTS["oracle"])
    assert not made.search("MedicationStatement", OURS).complete
    assert len(server.log) == 0


@pytest.mark.parametrize(
    ("setting", "software", "name"),
    [
        (None, "", "standard"),
        (None, "HAPI FHIR Server", "hapi"),
        (None, "Smile CDR", "hapi"),
        (None, "Epic May 2026", "epic"),
        (None, "Cerner Millennium", "oracle"),
        (None, "medplum", "medplum"),
        ("epic", "HAPI FHIR Server", "epic"),
    ],
)
def test_the_dialect_is_set_or_told_by_the_server(setting: str | None, software: str, name: str) -> None:
    assert choose(setting, software).name == name


def test_a_dialect_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="epic, hapi, medplum, oracle, standard"):
        choose("cerner2")


def test_8_21_unknown_parameters_are_to_be_refused_where_the_server_can(server: FhirServer, client: FhirClient) -> None:
    server.seed(observation("1"))
    strict = client.search("Observation", {**OURS, "made-up": "x"})
    lenient = client.speaking(Dialect("lenient", strict=False)).search("Observation", {**OURS, "made-up": "x"})
    assert (strict.complete, ids(lenient)) == (False, ["1"])
    assert lenient.notes == ("Observation: the server did not use the parameter made-up",)


@pytest.mark.parametrize(
    ("params", "method"),
    [
        pytest.param({"patient": "p1"}, "GET", id="8.26 short"),
        pytest.param({"code": ",".join(str(each) for each in range(1000))}, "POST", id="8.26 long"),
        pytest.param({"identifier": "urn:mrn|12345"}, "POST", id="8.26 identifying"),
        pytest.param({"birthdate": "1950-01-01"}, "POST", id="8.26 personal"),
    ],
)
def test_what_is_long_or_personal_is_posted(
    server: FhirServer, client: FhirClient, params: dict[str, str], method: str
) -> None:
    server.seed(observation("1"))
    client.speaking(Dialect("any", strict=False)).search("Observation", params)
    asked = server.log.of()[0]
    sent = parse_qs(asked.query if method == "GET" else asked.body.decode())
    assert (asked.method, sent[next(iter(params))]) == (method, [next(iter(params.values()))])
    assert client.speaking(Dialect("any", post_search=False)).search("Observation", OURS).complete


def test_a_server_that_remembers_searches_is_asked_anew(server: FhirServer, client: FhirClient) -> None:
    """HAPI FHIR answers the same search as it did a moment ago: what was notified since would be missing."""
    server.rest.remembers = True
    one = {"resourceType": "Observation", "id": "1", "status": "final", "subject": {"reference": "Patient/1"}}
    server.seed(one)
    asked = {"patient": "Patient/1"}
    assert [each["id"] for each in client.search("Observation", asked).resources] == ["1"]
    server.seed({**one, "id": "2"})
    assert [each["id"] for each in client.search("Observation", asked).resources] == ["1", "2"]
    server.seed({**one, "id": "3", "identifier": [{"system": "urn:a", "value": "b"}]})
    assert client.find("Observation", "urn:a", "b") is not None, "neither by POST"


def test_8_24_medications_come_along_or_are_fetched(server: FhirServer, client: FhirClient) -> None:
    server.seed(
        *({"resourceType": "Medication", "id": f"m{number}"} for number in range(3)),
        *(order(f"r{number}", f"m{number}") for number in range(3)),
        order("contained", "x") | {"medicationReference": {"reference": "#1"}},
    )
    features = client.capabilities()
    included = client.search("MedicationRequest", {**OURS, **include_parameter(client, features, "MedicationRequest")})
    assert sorted(str(each["id"]) for each in included.included) == ["m0", "m1", "m2"]
    before = len(server.log)
    assert missing_medications(client, [included]) == SearchResult("Medication")
    assert len(server.log) == before
    plain = client.search("MedicationRequest", OURS)
    assert sorted(str(each) for each in ids(missing_medications(client, [plain]))) == ["m0", "m1", "m2"]


def test_8_24_nothing_is_included_that_the_server_does_not_declare(server: FhirServer, client: FhirClient) -> None:
    server.without = {"MedicationRequest.include"}
    assert include_parameter(client, client.capabilities(), "MedicationRequest") == {}


def test_8_30_who_is_let_in_nowhere_is_told_so(server: FhirServer, client: FhirClient) -> None:
    server.fail(status=401)
    with pytest.raises(NotPermitted):
        client.search("Observation", OURS)


def test_3_53_a_medication_that_is_not_found_is_a_problem(server: FhirServer, client: FhirClient) -> None:
    server.seed(order("r", "gone"))
    result = missing_medications(client, [client.search("MedicationRequest", OURS)])
    assert result.problems == ("Medication: 1 of 1 that others refer to were not found",)


def test_many_are_read_in_few_requests(server: FhirServer, client: FhirClient) -> None:
    server.seed(*({"resourceType": "Medication", "id": f"m{number}"} for number in range(120)))
    result = client.read_many("Medication", [f"m{number}" for number in range(120)])
    assert (len(result.resources), len(server.log), result.complete) == (120, 3, True)


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        pytest.param("Patient/1", ("Patient", "1"), id="2.38 relative"),
        pytest.param(f"{BASE}/Patient/1", ("Patient", "1"), id="2.38 ours"),
        pytest.param(f"{BASE}/Patient/1/_history/2", ("Patient", "1"), id="2.38 a version"),
        pytest.param("https://other.example/fhir/Patient/1", None, id="2.38 another host's"),
        pytest.param("https://ehr.example/fhir2/Patient/1", None, id="2.38 another base"),
        pytest.param(f"{BASE}.evil.example/Patient/1", None, id="2.38 a host in disguise"),
        pytest.param(f"{BASE}/partition/Patient/1", None, id="2.38 another part of our server"),
        pytest.param(f"{BASE}/$x/Patient/1", None, id="2.38 below an operation"),
        pytest.param("//other.example/fhir/Patient/1", None, id="2.38 another host's without a scheme"),
        pytest.param("x/y/Patient/1", None, id="2.38 relative, with more before it"),
        pytest.param("/Patient/1", None, id="2.38 from the root of the host"),
        pytest.param(f"{BASE}/https://other.example/Patient/1", None, id="2.38 an address in an address"),
        pytest.param("#1", None, id="2.38 contained"),
        pytest.param("urn:uuid:1", None, id="2.38 a URN"),
        pytest.param(None, None, id="2.38 nothing"),
    ],
)
def test_what_a_reference_leads_to(reference: str | None, found: tuple[str, str] | None) -> None:
    assert FhirClient(f"{BASE}/", new_session()).identity(reference) == found


@pytest.mark.parametrize(
    "base", ["", "ehr.example/fhir", "ftp://ehr.example", "https://u:p@ehr.example", "https://ehr.example/?a=b"]
)
def test_a_base_that_is_none_is_refused(base: str) -> None:
    with pytest.raises(UsageError):
        FhirClient(base, new_session())


@pytest.mark.parametrize("id", ["../Patient", "1/2", "1?x=y", "1#"])
def test_an_odd_id_cannot_become_another_address(server: FhirServer, client: FhirClient, id: str) -> None:
    server.seed(patient())
    with pytest.raises(Exception, match=r"GET Patient: HTTP 404|another resource"):
        client.read("Patient", id)
    assert client.dialect is STANDARD
    assert all(each.path.startswith("/fhir/Patient/") for each in server.log.of())


def of_entries(*resources: bytes) -> bytes:
    entries = b",".join(b'{"resource":' + each + b"}" for each in resources)
    return b'{"resourceType":"Bundle","type":"searchset","entry":[' + entries + b"]}"


def test_what_says_something_twice_is_given_on_and_a_page_that_does_is_not() -> None:
    record = of_entries(twice(observation("1"), status="cancelled"))
    for body, expected in ((record, (1, True)), (twice(page(observation("1")), link=[]), (0, False))):
        with responses.RequestsMock() as answers:
            answers.get(f"{BASE}/Observation", body=body, content_type="application/fhir+json")
            result = FhirClient(BASE, new_session()).search("Observation", OURS)
        assert (len(result.resources), result.complete) == expected
        assert all(is_twofold(each) for each in result.resources)


@pytest.mark.parametrize("again", [{"status": "withdrawn"}, {"identifier": []}])
def test_nothing_is_written_over_what_says_something_twice(again: dict[str, Any]) -> None:
    """Whether a person set its status cannot be told."""
    found = twice({**subject(), "id": "1"}, **again)
    client = FhirClient(BASE, new_session())
    with responses.RequestsMock() as answers:
        for method, place, body in (("POST", "/_search", of_entries(found)), ("GET", "/1", found)):
            answers.add(method, f"{BASE}/ResearchSubject{place}", body=body, content_type="application/fhir+json")
        with pytest.raises(UnusableAnswer, match="stands twice"):
            client.find("ResearchSubject", "https://example.org/subjects", "s1")
        with pytest.raises(UnusableAnswer, match="stands twice"):
            client.read("ResearchSubject", "1")
