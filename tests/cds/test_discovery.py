"""What a client is told, and asked to send along. STANDARDS 1A and 1.29-1.33, by number."""

import re
from dataclasses import replace

import pytest

from service.eligibility.criteria import EVER, Criterion, MedicationTaken, ProcedureDone
from service.fhir.cds.call import Hook
from service.screening.cds.policy import Show
from service.screening.cds.services import SERVICES, discovery
from service.screening.cds.templates import USER_ROLES
from tests.cds.schemas import DISCOVERY, empties, violations
from tests.cds.world import Desk, Json
from tests.screening.world import STUDY
from tests.working.world import catalog, shipped

# The portable subset: a read, or a search of one type by the patient alone.
READ = re.compile(r"[A-Z][A-Za-z]+/\{\{\w+(?:\.\w+)?\}\}")
SEARCH = re.compile(r"[A-Z][A-Za-z]+\?(?:patient=|subject=Patient/|practitioner=)\{\{\w+(?:\.\w+)?\}\}")
TOKEN = re.compile(r"\{\{(.*?)\}\}")
USER_TOKENS = {"userPractitionerId", "userPractitionerRoleId", "userPatientId", "userRelatedPersonId"}


def told(desk: Desk) -> list[Json]:
    services = discovery(desk.tenant)["services"]
    assert isinstance(services, list)
    return services


@pytest.fixture
def whole(desk: Desk) -> Desk:
    """All that is shipped, and roles that count."""
    return Desk(desk.store, shipped()).under(roles={"http://roles.example|nurse": Show.NEVER})


def test_1_1_and_1_2_it_has_the_shape_of_the_standard(whole: Desk) -> None:
    assert violations(DISCOVERY, discovery(whole.tenant)) == []


def test_1_8_nothing_in_it_is_empty(whole: Desk) -> None:
    assert empties(discovery(whole.tenant)) == []


def test_1_1_without_open_studies_there_is_no_service(desk: Desk) -> None:
    nothing = {"services": list[Json]()}
    assert discovery(replace(desk.tenant, studies=())) == nothing
    assert discovery(replace(desk.tenant, cards=None)) == nothing


def test_1_6_each_hook_of_a_service_has_the_same_id(desk: Desk) -> None:
    listed = [(each["id"], each["hook"]) for each in told(desk)]
    assert listed == [(service.id, hook.value) for service in SERVICES.values() for hook in service.hooks]
    assert sorted(hook for _, hook in listed) == sorted(Hook)


def test_1_4_it_says_what_fails_without_access(desk: Desk) -> None:
    assert all("without one" in each["usageRequirements"] for each in told(desk))


def test_1_5_nothing_of_the_ballot_is_told(desk: Desk) -> None:
    assert {name for each in told(desk) for name in each} & {"version", "hookVersion"} == set()


def templates_of(desk: Desk) -> dict[str, str]:
    found = {tuple(each["prefetch"].items()) for each in told(desk)}
    (only,) = found  # a client may ask once for all hooks
    return dict(only)


def test_1_31_and_1_32_templates_stay_in_the_portable_subset(whole: Desk) -> None:
    templates = templates_of(whole)
    assert len(templates) > 8
    assert [each for each in templates.values() if not (READ.fullmatch(each) or SEARCH.fullmatch(each))] == []


def test_1_29_and_1_30_tokens_are_of_the_root_of_the_context_or_the_user(whole: Desk) -> None:
    tokens = {token for each in templates_of(whole).values() for token in TOKEN.findall(each)}
    assert tokens == {"context.patientId", "userPractitionerId", "userPractitionerRoleId"}
    assert tokens - {"context.patientId"} <= USER_TOKENS


def test_1_33_nothing_is_sorted_or_cut(whole: Desk) -> None:
    assert not re.search(r"_sort|sort:|_count|_maxresults|_include", " ".join(templates_of(whole).values()))


def test_what_is_asked_for_follows_from_what_the_open_studies_need(desk: Desk) -> None:
    assert "procedure" not in templates_of(desk)
    operated = Criterion("E3", "exclusion", "an operation", ProcedureDone(("operation",), look_back=EVER))
    treated = Criterion("E4", "exclusion", "a drug", MedicationTaken(("drug",), look_back=EVER))
    study = replace(STUDY, criteria=(*STUDY.criteria, operated, treated))
    more = templates_of(Desk(desk.store, catalog(study)))
    assert more["procedure"] == "Procedure?patient={{context.patientId}}"
    assert more["medicationRequest"] == "MedicationRequest?patient={{context.patientId}}"
    assert templates_of(desk).items() < more.items()


def test_a_type_without_the_parameter_patient_is_asked_for_by_subject(desk: Desk) -> None:
    asked = templates_of(Desk(desk.store, shipped()))
    assert all("patient=" in each or "subject=" in each for key, each in asked.items() if key != "patient")
    assert "adverseEvent" not in asked or asked["adverseEvent"] == "AdverseEvent?subject=Patient/{{context.patientId}}"


def test_roles_are_asked_for_only_where_they_count(desk: Desk, whole: Desk) -> None:
    assert not USER_ROLES.keys() & templates_of(desk).keys()
    assert USER_ROLES.items() <= templates_of(whole).items()
