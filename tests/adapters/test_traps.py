"""What FHIR libraries were seen to accept, lose or choke on: read here for what it is, or refused."""

import subprocess
import sys
from decimal import Decimal

import orjson
import pytest

from service.eligibility.dates import ANY_DAY
from service.eligibility.facts import Certainty
from service.errors import UnreadableResource
from service.fhir.adapt import adapt
from service.fhir.elements import number
from service.fhir.patient import adapt_patient
from tests.adapters.examples import READING, fact, make, read

REASON = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
PATIENT = {"resourceType": "Patient", "id": "1", "birthDate": "1970-03-10"}


@pytest.mark.parametrize("kind", ["Observation", "Procedure", "Immunization", "Encounter", "MedicationRequest"])
def test_a_status_that_is_absent_for_a_reason_is_not_taken_for_final(kind: str) -> None:
    assert fact(kind, status=None, _status=REASON).certainty is Certainty.POSSIBLE


def test_a_birth_date_absent_for_a_reason_and_a_name_with_a_gap_are_read() -> None:
    name = [{"given": ["Ada", None], "_given": [None, REASON]}]
    adapted = adapt_patient({**PATIENT, "birthDate": None, "_birthDate": REASON, "name": name}, READING)
    assert adapted.person.birth == ANY_DAY and not adapted.unreadable


@pytest.mark.parametrize(
    "more",
    [{"note": None}, {"note": []}, {"category": []}, {"stage": {}}, {"unheard": {"of": [1]}}, {"language": ""}],
    ids=repr,
)
def test_nulls_empty_parts_and_unknown_elements_change_nothing(more: dict[str, object]) -> None:
    plain = {"category": None}
    assert read("Condition", **{**plain, **more}) == read("Condition", **plain)


@pytest.mark.parametrize("gender", ["banana", "", "MALE"])
def test_a_gender_that_is_no_code_is_no_sex(gender: str) -> None:
    assert adapt_patient({**PATIENT, "gender": gender}, READING).person.sex is None


@pytest.mark.parametrize("active", ["true", 1])
def test_a_boolean_as_text_or_number_is_not_read(active: object) -> None:
    adapted = adapt_patient({**PATIENT, "active": active}, READING)
    assert adapted.active is None and adapted.unreadable


@pytest.mark.parametrize("target", ["Practitioner/1", "Organization/1"])
def test_a_subject_of_a_wrong_type_is_nobodys_record(target: str) -> None:
    assert read("Condition", subject={"reference": target}).patient is None


@pytest.mark.parametrize("target", ["Patient", "Patient/", "//", "Patient/a b", "1", "Patient/" + "x" * 129])
def test_a_garbage_subject_is_refused(target: str) -> None:
    with pytest.raises(UnreadableResource):
        adapt(make("Condition", subject={"reference": target}), READING)


@pytest.mark.parametrize("identity", ["with_underscore", "x" * 65])
def test_ids_that_fhir_does_not_allow_but_systems_use_are_read(identity: str) -> None:
    found = read("Condition", id=identity, subject={"reference": f"Patient/{identity}"})
    assert found.patient == identity and found.facts[0].evidence.reference == f"Condition/{identity}"


def test_what_one_release_alone_knows_may_stand_inside() -> None:
    product = {"resourceType": "MedicinalProduct", "id": "m"}
    unheard = {"resourceType": "NoSuchType", "id": "n"}
    assert read("Condition", contained=[product, unheard]).facts == read("Condition").facts


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (b"1.10", "1.1"),
        (b"0.1", "0.1"),
        (b"135.0", "135"),
        (b"1E2", "100"),
        (b"123456789012345680", "123456789012345680"),
    ],
)
def test_a_decimal_is_the_number_that_was_written(written: bytes, value: str) -> None:
    assert number(orjson.loads(written), "X") == Decimal(value)


@pytest.mark.parametrize("value", ["6.3", "<5", " 5 ", "5,6", ""])
def test_a_number_as_text_is_not_read(value: str) -> None:
    found = read("Observation", valueQuantity={"value": value, "unit": "mg/dL"})
    assert not found.facts and found.unreadable


@pytest.mark.parametrize("comparator", ["~", "=", "approx"])
def test_a_comparator_that_fhir_does_not_have_is_not_read(comparator: str) -> None:
    found = read("Observation", valueQuantity={"value": 5, "unit": "mg/dL", "comparator": comparator})
    assert not found.facts and found.unreadable


def test_reading_loads_none_of_the_slow_strict_or_guessing_libraries() -> None:
    """fhir.resources and jsonschema are too slow for every line; date parsers fill in today's month."""
    names = ["fhir", "jsonschema", "jsonschema_rs", "dateutil", "pendulum", "isodate", "pint", "ucumvert", "pydantic"]
    code = f"import sys, service.fhir.adapt, service.screening.intake; print([n for n in {names} if n in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
