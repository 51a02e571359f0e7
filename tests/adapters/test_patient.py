"""Patient: the person, and what decides whether they are screened."""

from datetime import date

import pytest

from service.eligibility.dates import ANY_DAY, Days
from service.errors import UnreadableResource
from service.fhir.patient import PatientAdapted, adapt_patient
from tests.adapters.examples import READING, coded

ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"


def patient(**elements: object) -> PatientAdapted:
    whole = {"resourceType": "Patient", "id": "1", "birthDate": "1970-03-10", "gender": "female", **elements}
    return adapt_patient({name: value for name, value in whole.items() if value is not None}, READING)


def test_a_plain_patient() -> None:
    adapted = patient(active=True, managingOrganization={"reference": "https://ehr/fhir/Organization/5/_history/1"})
    assert (adapted.person.id, adapted.person.birth, adapted.person.sex) == ("1", Days.on(date(1970, 3, 10)), "female")
    assert (adapted.person.deceased, adapted.person.died, adapted.person.marks) == (None, ANY_DAY, ())
    assert (adapted.active, adapted.organization, adapted.replaced_by) == (True, "Organization/5", None)
    assert (adapted.test_patient, adapted.labels, adapted.unreadable) == (False, (), ())


@pytest.mark.parametrize(
    ("birth", "days", "problems"),
    [
        ("1970", Days(date(1970, 1, 1), date(1970, 12, 31)), 0),
        ("1970-02", Days(date(1970, 2, 1), date(1970, 2, 28)), 0),
        (None, ANY_DAY, 0),
        ("1066-10-14", ANY_DAY, 1),
        ("9999-12-31", ANY_DAY, 1),
        ("1900-01-01", ANY_DAY, 1),
        ("1970-02-31", ANY_DAY, 1),
        (19700310, ANY_DAY, 1),
        (["1970"], ANY_DAY, 1),
    ],
    ids=repr,
)
def test_birth(birth: object, days: Days, problems: int) -> None:
    adapted = patient(birthDate=birth, _birthDate={"extension": []})
    assert (adapted.person.birth, len(adapted.unreadable)) == (days, problems)


@pytest.mark.parametrize(
    ("gender", "sex", "problems"),
    [
        ("male", "male", 0),
        ("other", "other", 0),
        ("unknown", "unknown", 0),
        (None, None, 0),
        ("banana", None, 1),
        (1, None, 1),
    ],
)
def test_sex(gender: object, sex: str | None, problems: int) -> None:
    adapted = patient(gender=gender)
    assert (adapted.person.sex, len(adapted.unreadable)) == (sex, problems)


@pytest.mark.parametrize(
    ("death", "deceased", "died"),
    [
        ({}, None, ANY_DAY),
        ({"deceasedBoolean": False}, False, ANY_DAY),
        ({"deceasedBoolean": True}, True, ANY_DAY),
        ({"deceasedDateTime": "2020-02"}, True, Days(date(2020, 2, 1), date(2020, 2, 29))),
        ({"deceasedDateTime": "2020-02-31"}, True, ANY_DAY),
        ({"_deceasedBoolean": {"extension": []}}, None, ANY_DAY),
    ],
    ids=repr,
)
def test_death(death: dict[str, object], deceased: bool | None, died: Days) -> None:
    person = patient(**death).person
    assert (person.deceased, person.died) == (deceased, died)


def test_test_patients_labels_and_marks() -> None:
    assert patient(meta={"tag": [{"system": ACT_REASON, "code": "HTEST"}]}).test_patient
    assert patient(meta={"security": [{"system": ACT_REASON, "code": "HTEST"}]}).test_patient
    assert patient(meta={"security": [{"code": "V"}, {"code": "R"}]}).labels == ("R", "V")
    interpreter = {"url": "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired", "valueBoolean": True}
    guardian = {"relationship": [coded("GUARD")]}
    assert patient(extension=[interpreter], contact=[guardian]).person.marks == ("guardian", "interpreter-needed")


def test_a_merged_record_names_the_surviving_one() -> None:
    links = [
        {"type": "seealso", "other": {"reference": "Patient/3"}},
        {"type": "replaced-by", "other": {"reference": "Patient/2"}},
    ]
    assert patient(link=links).replaced_by == "2"
    assert patient(link=links).replaces == ()


def test_a_surviving_record_names_those_that_it_replaced() -> None:
    links = [{"type": "replaces", "other": {"reference": each}} for each in ("Patient/3", "http://x.org/Patient/4")]
    assert (patient(link=links).replaces, patient(link=links).replaced_by) == (("3", "4"), None)


@pytest.mark.parametrize(
    "elements",
    [
        {"id": None},
        {"id": 1},
        {"resourceType": "Person"},
        {"deceasedBoolean": "true"},
        {"meta": []},
        {"meta": {"security": "R"}},
        {"link": [{"type": "replaced-by", "other": {"display": "?"}}]},
        {"link": [{"type": "replaces", "other": {"display": "?"}}]},
        {"link": [{"type": "replaced-by", "other": {"reference": f"Patient/{each}"}} for each in "ab"]},
        {"modifierExtension": [{"url": "http://x"}]},
    ],
    ids=repr,
)
def test_refuses_a_patient_whom_screening_could_wrong(elements: dict[str, object]) -> None:
    with pytest.raises(UnreadableResource):
        patient(**elements)


BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-sex"
RECORDED = "http://hl7.org/fhir/StructureDefinition/individual-recordedSexOrGender"
IDENTITY = "http://hl7.org/fhir/StructureDefinition/individual-genderIdentity"


def within(url: str, code: str) -> dict[str, object]:
    return {"url": url, "extension": [{"url": "value", "valueCodeableConcept": {"coding": [{"code": code}]}}]}


@pytest.mark.parametrize(
    ("gender", "said", "sex"),
    [
        pytest.param("male", {"url": BIRTH_SEX, "valueCode": "F"}, None, id="born female"),
        pytest.param("male", {"url": BIRTH_SEX, "valueCode": "M"}, "male", id="born male"),
        pytest.param("male", {"url": BIRTH_SEX, "valueCode": "UNK"}, "male", id="born nobody knows"),
        pytest.param("male", {"url": SEX, "valueCode": "248152002"}, None, id="sex female"),
        pytest.param("female", {"url": SEX, "valueCoding": {"code": "248153007"}}, None, id="sex male"),
        pytest.param("male", within(RECORDED, "female"), None, id="recorded as female elsewhere"),
        pytest.param("male", within(IDENTITY, "female"), "male", id="gender identity is not sex"),
        pytest.param("other", {"url": BIRTH_SEX, "valueCode": "F"}, "other", id="other"),
    ],
)
def test_a_sex_that_is_contradicted_is_not_known(gender: str, said: dict[str, object], sex: str | None) -> None:
    found = patient(gender=gender, extension=[said])
    assert found.person.sex == sex
    assert bool(found.unreadable) is (sex is None)
