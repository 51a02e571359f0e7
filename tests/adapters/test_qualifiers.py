"""How sure a German diagnosis is: G certain, V suspected, A ruled out, Z had in the past. SEMANTICS §5."""

import pytest

from service.eligibility.dates import FOREVER
from service.eligibility.facts import Certainty
from service.eligibility.icd import german_qualifier, plain_code
from service.eligibility.terms import Coding
from tests.adapters.examples import coded, fact

GM = "http://fhir.de/CodeSystem/bfarm/icd-10-gm"
CM = "http://hl7.org/fhir/sid/icd-10-cm"
URL = "http://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit"
KBV = "https://fhir.kbv.de/CodeSystem/KBV_CS_SFHIR_ICD_DIAGNOSESICHERHEIT"
SURE, POSSIBLE, DENIED = Certainty.SURE, Certainty.POSSIBLE, Certainty.DENIED
STATUS = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


def marked(letter: str, url: str = URL) -> dict[str, object]:
    return {"url": url, "valueCoding": {"system": KBV, "code": letter}}


def diagnosis(letter: str, code: str = "C50.9", **more: object):  # type: ignore[no-untyped-def]
    """A diagnosis without a verificationStatus, unless one is given."""
    coding = coded(code, GM, **({"extension": [marked(letter)]} if letter else {}))
    return fact("Condition", **{"verificationStatus": None, "clinicalStatus": None, "code": coding, **more})


@pytest.mark.parametrize(
    ("letter", "certainty"),
    [("G", SURE), ("V", POSSIBLE), ("A", DENIED), ("Z", SURE), ("X", POSSIBLE), ("", SURE)],
    ids=["certain", "suspected", "ruled out", "in the past", "no such letter", "none"],
)
def test_the_letter_beside_a_code(letter: str, certainty: Certainty) -> None:
    assert diagnosis(letter).certainty is certainty


@pytest.mark.parametrize(
    ("written", "certainty"),
    [
        ("C50.9", SURE),
        ("C50.9 G", SURE),
        ("C50.9A", DENIED),
        ("C50.9 V", POSSIBLE),
        ("c50.9v", POSSIBLE),
        ("C50.9*", SURE),
        ("C50.9+ A", DENIED),
        ("C50.- A", DENIED),
        ("C50.9 ?", POSSIBLE),
        ("C50.9 AV", POSSIBLE),
    ],
)
def test_the_letter_behind_a_code(written: str, certainty: Certainty) -> None:
    found = diagnosis("", written)
    assert found.certainty is certainty
    assert {each.normalized().code for each in found.concept.codings} <= {"C509", "C50"}


@pytest.mark.parametrize(("letter", "ended"), [("Z", True), ("G", False)])
def test_what_one_had_in_the_past_is_over_since_nobody_knows_when(letter: str, ended: bool) -> None:
    assert diagnosis(letter).ended is ended


def test_in_the_past_and_yet_active_is_a_doubt() -> None:
    active = coded("active", "http://terminology.hl7.org/CodeSystem/condition-clinical")
    found = diagnosis("Z", clinicalStatus=active)
    assert (found.ended, found.span.end.earliest < FOREVER == found.span.end.latest) == (False, True)


@pytest.mark.parametrize(
    ("letter", "status", "certainty"),
    [
        ("A", "refuted", DENIED),
        ("A", "confirmed", POSSIBLE),
        ("G", "refuted", POSSIBLE),
        ("V", "confirmed", POSSIBLE),
        ("G", "provisional", POSSIBLE),
        ("G", "confirmed", SURE),
        ("", "refuted", DENIED),
    ],
)
def test_where_the_status_says_something_else_nobody_knows(letter: str, status: str, certainty: Certainty) -> None:
    assert diagnosis(letter, verificationStatus=coded(status, STATUS)).certainty is certainty


@pytest.mark.parametrize(
    "place",
    [
        {"extension": [marked("A")]},
        {"extension": [marked("A", URL.replace("http:", "https:"))]},
        {"extension": [{"url": URL, "valueCode": "A"}]},
    ],
    ids=["of the resource", "by https", "as a code"],
)
def test_the_letter_may_stand_elsewhere(place: dict[str, object]) -> None:
    assert diagnosis("", **place).certainty is DENIED


def test_two_letters_that_differ_are_a_doubt() -> None:
    codings = [{"system": GM, "code": "C50.9", "extension": [marked(each)]} for each in "GA"]
    assert fact("Condition", verificationStatus=None, code={"coding": codings}).certainty is POSSIBLE


@pytest.mark.parametrize(
    ("system", "code", "plain", "letter"),
    [
        (GM, "E11.90A", "E1190", "A"),
        (GM, "U07.1!", "U071", None),
        (CM, "S72.001A", "S72001A", None),
        (CM, "C4A.9", "C4A9", None),
        ("http://snomed.info/sct", "44054006", "44054006", None),
    ],
)
def test_in_other_systems_letters_are_part_of_the_code(system: str, code: str, plain: str, letter: str | None) -> None:
    assert (plain_code(system, code), german_qualifier(system, code)) == (plain, letter)
    assert Coding(system, code).normalized() == Coding(system, plain)
