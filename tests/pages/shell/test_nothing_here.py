"""An address where nothing stands: a sentence for people, an OperationOutcome for programs."""

import pytest

from service.screening.access import Role
from service.store.engine import Store
from tests.pages.world import world

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PAGES = ["/today/", "/admin", "/worklist/north", "/studys", "/p/", "/favicon.ico"]
PROGRAMS = ["/api/nothing", "/fhir/Patient", "/cds-services/nothing", "/studies/nothing", "/hooks/x", "/static/nothing"]
FHIR = "application/fhir+json"


@pytest.mark.parametrize("address", PAGES)
def test_people_are_told_in_words_what_to_do(store: Store, address: str) -> None:
    made = world(store)
    anna = made.person("anna", ("demo", Role.COORDINATOR))
    for client, known in ((made.stranger(), False), (anna.client, True)):
        answer = client.get(address, headers=BROWSER)
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
        assert "There is nothing here" in answer.text and "OperationOutcome" not in answer.text
        assert ("Sign out" in answer.text) is known
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    german = made.stranger().get(address, headers={**BROWSER, "Accept-Language": "de"}).text
    assert "There is nothing here" not in german and 'lang="de"' in german


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("accept", ["application/json", FHIR, "*/*", "", "text/html;q=0"])
def test_programs_get_an_operation_outcome(store: Store, address: str, accept: str) -> None:
    answer = world(store).stranger().get(address, headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (404, FHIR)


@pytest.mark.parametrize("address", PROGRAMS)
def test_an_address_for_programs_answers_as_they_expect_whoever_asks(store: Store, address: str) -> None:
    answer = world(store).stranger().get(address, headers=BROWSER)
    assert (answer.status_code, answer.mimetype) in {(404, FHIR), (405, FHIR)}


def test_what_can_only_be_sent_says_so_and_how(store: Store) -> None:
    answer = world(store).stranger().get("/sign-out", headers=BROWSER)
    assert (answer.status_code, answer.mimetype) == (405, "text/html") and "POST" in answer.headers["Allow"]
    assert "That cannot be done here" in answer.text
