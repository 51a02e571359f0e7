"""/today: what does not work, for whoever has a study there, and nothing of anybody else's."""

from dataclasses import replace
from datetime import timedelta

import pytest
from jsonschema import Draft202012Validator

from service.app import app_of
from service.ehr.clock import Clock
from service.ehr.connect import Server
from service.eligibility.facts import Loaded
from service.screening.reach import note_loaded
from service.settings import Settings
from service.store import troubles
from service.store.engine import Store
from tests.pages.worklist.test_pages import coordinator
from tests.pages.worklist.world import NOON, TENANT
from tests.pages.world import World, world
from tests.screening.world import STUDY as STUDY_ITSELF
from tests.working.world import catalog

WHOLE = {"Observation": Loaded.COMPLETE, "Condition": Loaded.COMPLETE}
BROKEN, LACKING = "Something does not work", "Not everything is loaded"


@pytest.fixture
def made(store: Store) -> World:
    """A tenant that reads from an EHR."""
    return world(store, source=Server("https://ehr.example/fhir"))


def test_where_all_works_nothing_is_said(made: World) -> None:
    note_loaded(made.store, made.tenant, "source", WHOLE, NOON)
    shown = coordinator(made).get("/today").text
    assert BROKEN not in shown and LACKING not in shown


def test_an_ehr_out_of_reach_is_told_of_with_the_times_of_the_site(made: World) -> None:
    troubles.whole_place(made.store, TENANT, "source", "no-answer-transient", NOON)
    troubles.whole_place(made.store, TENANT, "source", "http-503", NOON + timedelta(minutes=7))
    shown = coordinator(made).get("/today").text
    assert "The EHR is out of reach." in shown and "Since 30 Jun 2026, 12:00; last tried 30 Jun 2026, 12:07." in shown
    assert "does not let this service in" not in shown and "http-503" not in shown


def test_an_ehr_that_lets_nobody_in_is_told_of_as_that(made: World) -> None:
    troubles.whole_place(made.store, TENANT, "appointments", "refused-http-403", NOON)
    shown = coordinator(made).get("/today").text
    assert "does not tell when people come next" in shown and "does not let this service in" in shown


@pytest.mark.parametrize(
    ("place", "loaded", "said"),
    [
        ("export", {}, "Condition was not in the last export."),
        ("export", {"Condition": Loaded.INCOMPLETE}, "Condition was in the last export in part alone."),
        ("source", {}, "Condition does not come from the EHR."),
        ("source", {"Condition": Loaded.INCOMPLETE}, "Condition came from the EHR in part alone"),
    ],
)
def test_a_type_that_is_not_loaded_is_told_of_with_the_criteria_that_stay_open(
    made: World, place: str, loaded: dict[str, Loaded], said: str
) -> None:
    note_loaded(made.store, made.tenant, place, {"Observation": Loaded.COMPLETE, **loaded}, NOON)
    shown = coordinator(made).get("/today").text
    assert LACKING in shown and BROKEN not in shown
    assert said in shown and ">A demonstration</span>: E1." in " ".join(shown.split())


@pytest.mark.parametrize("language", ["de", "zh-CN"])
def test_it_is_told_in_the_language_of_the_reader(made: World, language: str) -> None:
    for use in ("source", "target", "subscriptions", "appointments"):
        troubles.whole_place(made.store, TENANT, use, "refused-http-403", NOON)
    note_loaded(made.store, made.tenant, "source", {}, NOON)
    shown = coordinator(made).get("/today", headers={"Accept-Language": language}).text
    assert not any(each in shown for each in ("out of reach", "come next", "come from", "Since", "stay open"))


def test_of_a_study_that_is_not_theirs_nobody_learns_what_it_lacks(store: Store) -> None:
    other = replace(STUDY_ITSELF, id="other", title="Another")
    made = world(store, catalog(STUDY_ITSELF, other))
    note_loaded(store, made.tenant, "export", {"Observation": Loaded.COMPLETE}, NOON)
    shown = coordinator(made).get("/today").text
    assert "A demonstration</span>: E1" in shown and "Another" not in shown
    nobody = made.person("eve")
    assert "not in the last export" not in nobody.get("/today", follow_redirects=True).text
    assert nobody.get("/api/today").get_json()["tenants"] == []


def test_what_is_told_as_json_is_as_it_is_described(made: World) -> None:
    """With more in it than the machine that tries all addresses finds."""
    tenant = replace(made.tenant, hooks=())
    made.app = app_of(tenant.catalog, Settings(), (tenant,), made.store, clock=Clock(now=lambda: made.now))
    troubles.whole_place(made.store, TENANT, "source", "http-503", NOON)
    note_loaded(made.store, tenant, "export", {}, NOON)
    anna = coordinator(made)
    description = anna.get("/api/openapi.json").get_json()
    told = anna.get("/api/today").get_json()
    ((one,), types) = (told["tenants"][0]["away"], told["tenants"][0]["unloaded"])
    assert (one["use"], one["refused"]) == ("source", False)
    assert {each["type"]: each["criteria"] for each in types} == {
        "Condition": {"demo": ["E1"]},
        "Observation": {"demo": ["I2"]},
    }
    schema = {**description, "$ref": "#/components/schemas/Trouble"}
    Draft202012Validator(schema).validate(told["tenants"][0])
