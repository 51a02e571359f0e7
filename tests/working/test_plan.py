"""What is asked of an EHR: no more than the studies need, and nothing that could hide a record that matters."""

from datetime import date
from decimal import Decimal

import pytest

from service.eligibility.criteria import (
    EVER,
    Anchor,
    Bounds,
    ConditionPresent,
    Criterion,
    LookBack,
    MedicationTaken,
    Node,
    NumberTest,
    ObservationValue,
    Pregnant,
    ProcedureDone,
    Study,
)
from service.eligibility.dates import Duration, Unit
from service.eligibility.policy import Policy
from service.screening.plan import Search, searches
from tests.working.world import TODAY, catalog, shipped

MONTHS = LookBack(Duration(3, Unit.MONTH))
YEARS = LookBack(Duration(3, Unit.YEAR))
SURGERY = ProcedureDone(("operation",), look_back=EVER)
AFTER_SURGERY = LookBack(Duration(3, Unit.MONTH), anchor=Anchor(SURGERY, "latest"))
LONG_AGO = ProcedureDone(("operation",), look_back=LookBack(YEARS.duration, gap=MONTHS.duration))
PREGNANT = Pregnant(("pregnancy",), ("pregnancy-status",), ("pregnancy-test",), ("positive",), ("negative",), ())


def study(*nodes: Node) -> Study:
    criteria = tuple(Criterion(f"E{number}", "exclusion", "e", each) for number, each in enumerate(nodes, 1))
    return Study("s", "1", "S", criteria, entry=(result(MONTHS),))


def asked(*nodes: Node, policy: Policy | None = None) -> dict[str, Search]:
    of = study(*nodes)
    return {each.kind: each for each in searches((of,), catalog(of, policy=policy), TODAY)}


def result(window: LookBack | None) -> ObservationValue:
    return ObservationValue(("hb",), test=NumberTest(Bounds(below=Decimal(9)), "g/dL"), look_back=window)


def test_the_first_study_asks_for_eleven_types() -> None:
    content = shipped()
    kinds = [each.kind for each in searches((content.studies["igg4-rd-sirolimus"],), content, TODAY)]
    assert kinds == [
        *("AdverseEvent", "AllergyIntolerance", "Condition", "Consent", "Encounter", "MedicationAdministration"),
        *("MedicationDispense", "MedicationRequest", "MedicationStatement", "Observation", "Procedure"),
    ]


def test_whoever_is_screened_at_all_was_seen_and_did_not_refuse() -> None:
    assert set(asked(result(EVER))) == {"Observation", "Encounter", "Consent"}


def test_an_adverse_event_is_found_by_its_subject() -> None:
    assert Search("AdverseEvent").params("p") == {"subject": "Patient/p"}
    assert Search("Condition").params("p") == {"patient": "Patient/p"}


def test_what_a_site_does_not_keep_is_not_asked_for() -> None:
    policy = Policy(not_kept=frozenset({"Procedure", "Consent"}))
    found = asked(ProcedureDone(("operation",)), policy=policy)
    assert set(found) == {"Observation", "Encounter", "Consent"}
    assert not found["Consent"].tells


@pytest.mark.parametrize(
    ("nodes", "since"),
    [
        ((result(MONTHS),), date(2024, 6, 28)),  # contacts of 24 months count
        ((result(YEARS),), date(2023, 6, 28)),
        ((ConditionPresent(("cancer",)),), date(2024, 6, 28)),
        ((result(MONTHS), LONG_AGO), date(2024, 3, 28)),
        ((result(EVER),), None),
        ((result(None),), None),
        ((result(MONTHS), result(EVER)), None),
        ((result(AFTER_SURGERY),), None),
        ((ConditionPresent(("cancer",), look_back=AFTER_SURGERY),), None),
        ((result(MONTHS), PREGNANT), None),
        ((result(MONTHS), MedicationTaken(("drug",), look_back=MONTHS)), None),
    ],
)  # fmt: skip
def test_results_are_narrowed_only_where_every_window_has_a_fixed_beginning(
    nodes: tuple[Node, ...], since: date | None
) -> None:
    found = asked(*nodes)
    assert {each.since for kind, each in found.items() if kind != "Observation"} == {None}
    assert found["Observation"].since == since


def test_the_widest_of_several_studies_counts() -> None:
    one, other = study(result(MONTHS)), study(result(EVER))
    assert {each.kind: each.since for each in searches((one, other), catalog(one), TODAY)}["Observation"] is None


@pytest.mark.parametrize("kind", ["Observation", "AdverseEvent", "MedicationRequest"])
def test_whose_records_are_asked_for_is_said_with_the_type(kind: str) -> None:
    """A repository of Medplum's finds nothing by a bare id: a full chart would look empty, and the absence certain."""
    assert list(Search(kind).params("p").values()) == ["Patient/p"]
