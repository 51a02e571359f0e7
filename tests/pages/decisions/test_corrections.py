"""What a person said of a record: it does not count as it stands, until the record is another one."""

from dataclasses import replace

import pytest

from service.eligibility.criteria import Criterion, MedicationTaken, Study
from service.errors import Outpaced
from service.screening.decisions.kinds import Kind
from service.store import decisions
from service.store.engine import Store
from tests.builders import RXNORM
from tests.fhir_server import FhirServer
from tests.pages.decisions.world import Ward, ward
from tests.screening.world import STUDY, cancer, patient

WRONG = {"about": "Condition/c", "claim": "entered-in-error", "reason": "her sister's"}


@pytest.fixture
def ill(store: Store, server: FhirServer) -> Ward:
    """Somebody with a cancer on record."""
    return ward(store, server, cancer())


def correct(desk: Ward, **change: str | None) -> int:
    record = str(change.get("about", WRONG["about"]))
    return desk.decide(Kind.CORRECTION, **{**WRONG, "version": desk.held.records.get(record), **change})


def test_a_record_entered_in_error_counts_no_more_from_the_next_screening_on(ill: Ward) -> None:
    assert (ill.outcome("E1"), ill.line["standing"]) == ("met", "ineligible")
    before = ill.line
    correct(ill)
    assert ill.line == before, "the assessment is as it was, until it is made anew"
    ill.site.step(seconds=5)
    assert (ill.outcome("E1"), ill.line["standing"]) == ("not_met", "candidate")
    (told,) = ill.line["corrections"]
    assert (told["record"], told["claim"], told["by"]) == ("Condition/c", "entered-in-error", "anna")
    assert told["holds"] is True and told["criteria"] == ["E1"]
    assert "sister" not in str(ill.line)


def test_it_survives_every_screening_and_the_line_stays_the_same_to_the_byte(ill: Ward) -> None:
    correct(ill)
    first = ill.screened().line
    assert ill.screened().line == first and ill.outcome("E1") == "not_met"


def test_it_holds_for_the_version_that_was_seen_alone(ill: Ward, server: FhirServer) -> None:
    correct(ill)
    ill.screened()
    server.change(cancer(recordedDate="2026-06-29"))
    ill.screened()
    assert (ill.outcome("E1"), ill.line["standing"]) == ("met", "ineligible")
    (told,) = ill.line["corrections"]
    assert told["holds"] is False and told["criteria"] == ["E1"]
    correct(ill)  # whoever looked at the new version says so again
    assert ill.screened().outcome("E1") == "not_met"


def test_taking_it_back_gives_the_same_answers_as_before(ill: Ward) -> None:
    before = ill.line
    correct(ill)
    ill.screened()
    ill.decide(Kind.CORRECTION, about="Condition/c", claim=None)
    assert ill.screened().line == before


def test_a_version_that_the_person_did_not_see_is_not_corrected(ill: Ward, server: FhirServer) -> None:
    seen = ill.held.records["Condition/c"]
    server.change(cancer(recordedDate="2026-06-29"))
    ill.screened()
    with pytest.raises(Outpaced):
        correct(ill, version=seen)
    assert ill.all() == ()


def test_another_record_of_the_same_thing_still_counts(store: Store, server: FhirServer) -> None:
    desk = ward(store, server, cancer(), cancer("c2"))
    correct(desk)
    assert desk.screened().outcome("E1") == "met"
    correct(desk, about="Condition/c2")
    assert desk.screened().outcome("E1") == "not_met"


def test_what_nobody_may_still_be_told_by_absence_stays_unknown(store: Store, server: FhirServer) -> None:
    """The only result is gone: there is none on record, which is no answer."""
    desk = ward(store, server)
    desk.decide(
        Kind.CORRECTION,
        about="Observation/o",
        claim="entered-in-error",
        version=desk.held.records["Observation/o"],
        reason="mixed up",
    )
    assert desk.screened().outcome("I2") == "unknown"


def test_a_correction_follows_a_record_that_was_merged(ill: Ward, server: FhirServer) -> None:
    correct(ill)
    server.seed(patient("q", link=[{"type": "replaces", "other": {"reference": "Patient/p"}}]))
    ill.site.ask("q")
    ill.site.step(seconds=5)
    assert decisions.together(ill.store, "north", "q") == ("q", "p")
    assert ill.site.standing("q") == "candidate"
    assert [each.kind for each in decisions.of_patient(ill.store, "north", "q", STUDY.id)] == ["correction"]


def taken() -> Study:
    """A study that asks whether a drug was taken."""
    drug = Criterion("E1", "exclusion", "a drug", MedicationTaken(("drug",)))
    return replace(STUDY, criteria=(*STUDY.criteria[:2], drug, STUDY.criteria[3]))


def order(identity: str, **more: object) -> dict[str, object]:
    drug = {"coding": [{"system": RXNORM, "code": "8640"}]}
    plain = {"resourceType": "MedicationRequest", "id": identity, "status": "active", "intent": "order"}
    return {
        **plain,
        "subject": {"reference": "Patient/p"},
        "medicationCodeableConcept": drug,
        "authoredOn": "2026-06-01",
        **more,
    }


def never_taken(desk: Ward, record: str) -> None:
    correct(desk, about=record, claim="never-taken", reason="she never fetched it")


def test_a_drug_that_was_never_taken_is_no_exposure_and_denies_no_other_order(store: Store, server: FhirServer) -> None:
    desk = ward(store, server, order("m"), order("n"), study=taken())
    assert desk.outcome("E1") == "met"
    never_taken(desk, "MedicationRequest/m")
    assert desk.screened().outcome("E1") == "met", "the other order stands as it did"
    never_taken(desk, "MedicationRequest/n")
    assert desk.screened().outcome("E1") == "not_met"
    assert [each["claim"] for each in desk.line["corrections"]] == ["never-taken", "never-taken"]
