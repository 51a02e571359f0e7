"""What a server says of itself, and what that switches off. STANDARDS 8.33, 2.58."""

from typing import Any

import pytest

from service.ehr.capability import FEATURES, read_features
from service.ehr.client import FhirClient
from service.ehr.dialects import DIALECTS
from service.ehr.subscriptions import PATIENT_DATA_FEED, chosen_topic
from service.errors import UnusableAnswer
from tests.fhir_server import FhirServer


def test_8_33_a_server_that_has_everything_switches_nothing_off(client: FhirClient) -> None:
    features = client.capabilities()
    assert (features.release, features.software) == ("R4", "Test server")
    assert {name: features.missing(name) for name in FEATURES} == dict.fromkeys(FEATURES, ())
    assert features.not_searchable(["Observation", "Condition"]) == ()


@pytest.mark.parametrize(
    ("lacking", "feature", "sentence"),
    [
        ("ResearchSubject.create", "subjects", "the server does not declare create for ResearchSubject"),
        ("ResearchSubject.conditionalCreate", "subjects", "does not declare conditionalCreate for ResearchSubject"),
        ("ResearchSubject.?identifier", "subjects", "the search parameter identifier for ResearchSubject"),
        ("ResearchSubject", "subjects", "the server does not declare read for ResearchSubject"),
        ("List", "lists", "does not declare update for List"),
        ("Flag.conditionalCreate", "flags", "does not declare conditionalCreate for Flag"),
        ("Task.create", "tasks", "does not declare create for Task"),
        ("Provenance", "provenance", "does not declare create for Provenance"),
        ("transaction", "transactions", "the server does not declare transaction"),
        ("Subscription", "subscriptions", "does not declare create for Subscription"),
    ],
)
def test_8_33_what_is_lacking_switches_a_feature_off_with_a_reason(
    server: FhirServer, client: FhirClient, lacking: str, feature: str, sentence: str
) -> None:
    server.without = {lacking}
    features = client.capabilities()
    assert any(sentence in each for each in features.missing(feature))
    assert [each for each in FEATURES if features.missing(each)] == [feature]


@pytest.mark.parametrize("name", ["oracle", "epic"])
def test_5_50_products_that_are_not_known_to_accept_what_we_write_say_so(name: str) -> None:
    reasons = read_features({"fhirVersion": "4.0.1"}).missing("subjects", DIALECTS[name])
    assert reasons[-1] == f"servers of the dialect {name} are not known to accept ResearchSubject"


def test_8_33_a_type_that_cannot_be_searched_is_named(server: FhirServer, client: FhirClient) -> None:
    server.without = {"Condition", "Observation.search-type"}
    assert client.capabilities().not_searchable(["Observation", "Condition", "Patient"]) == (
        "Condition cannot be fetched: the server declares no search for it",
        "Observation cannot be fetched: the server declares no search for it",
    )


def test_2_58_topics_are_found_where_they_are_listed(server: FhirServer, client: FhirClient) -> None:
    assert chosen_topic(client.capabilities().topics, [PATIENT_DATA_FEED]) is None
    server.subscriptions.topics = {"https://other.example/topic": set(), PATIENT_DATA_FEED: {"Observation"}}
    assert (
        chosen_topic(client.capabilities().topics, ["https://ours.example/topic", PATIENT_DATA_FEED])
        == PATIENT_DATA_FEED
    )


@pytest.mark.parametrize(
    ("version", "release"),
    [("4.0.1", "R4"), ("4.3.0", "R4B"), ("5.0.0", "R5"), ("3.0.2", None), (None, None), (7, None)],
)
def test_8_33_the_release(version: object, release: str | None) -> None:
    assert read_features({"fhirVersion": version}).release == release


@pytest.mark.parametrize(
    "statement",
    [{}, {"rest": {}}, {"rest": [7]}, {"rest": [{"resource": [{"type": "Group", "interaction": 7}]}]}, {"software": 7}],
)
def test_parts_that_make_no_sense_count_as_not_declared(statement: dict[str, Any]) -> None:
    features = read_features(statement)
    assert all(features.missing(each) for each in FEATURES)


def test_what_is_no_capability_statement_is_unusable(server: FhirServer, client: FhirClient) -> None:
    server.fail(where="metadata", status=200, body='{"resourceType": "Patient"}')
    with pytest.raises(UnusableAnswer):
        client.capabilities()
