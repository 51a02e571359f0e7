"""Whom a run concerns: those whose records changed, whose drug, visit or other self did, or whose day has come."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.incremental.world import DAY, Hospital, Json, Resource, Result, check_same, run_on, run_whole, write_export

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
ARTHROSIS = {"coding": [{"system": ICD, "code": "M16.1"}], "text": "arthrosis"}


def patient(identity: str, **more: object) -> Json:
    return {"resourceType": "Patient", "id": identity, "birthDate": "1970-05-05", "gender": "female", **more}


def about(of: str) -> Json:
    return {"subject": {"reference": f"Patient/{of}"}}


def cancer(identity: str, of: str, **more: object) -> Json:
    code = {"coding": [{"system": ICD, "code": "C50.9"}]}
    return {
        "resourceType": "Condition",
        "id": identity,
        "code": code,
        "onsetDateTime": "2026-01-01",
        **about(of),
        **more,
    }


def result(identity: str, of: str, code: str = "718-7", day: str = "2026-06-01", **more: object) -> Json:
    coded = {"coding": [{"system": "http://loinc.org", "code": code}]}
    value = {"value": 13, "unit": "g/dL", "code": "g/dL", "system": "http://unitsofmeasure.org"}
    return {"resourceType": "Observation", "id": identity, "status": "final", "code": coded, "valueQuantity": value,
            "effectiveDateTime": day, **about(of), **more}  # fmt: skip


def visit(identity: str, of: str, day: str) -> Json:
    return {"resourceType": "Encounter", "id": identity, "status": "finished", "class": {"code": "AMB"},
            "period": {"start": day, "end": day}, **about(of)}  # fmt: skip


def order(identity: str, of: str, drug: str, **more: object) -> Json:
    return {"resourceType": "MedicationRequest", "id": identity, "status": "active", "intent": "order",
            "authoredOn": "2026-06-10", "medicationReference": {"reference": f"Medication/{drug}"}, **about(of),
            **more}  # fmt: skip


def drug(identity: str, name: str) -> Json:
    return {"resourceType": "Medication", "id": identity, "code": {"text": name}}


@pytest.fixture
def hospital(tmp_path: Path) -> Hospital:
    """Nine people, each seen lately."""
    found = Hospital(tmp_path)
    found.put(*map(patient, "123456789"), *(visit(f"v{each}", each, "2026-06-01") for each in "123456789"))
    return found


def go_on(hospital: Hospital, at: date = DAY) -> Result:
    """The next export, which has to come to what everything says."""
    found = run_on(hospital.next(), hospital.place / "state", at)
    check_same(found, run_whole(hospital.everything(f"everything{hospital.exports}"), at))
    return found


def answer(found: Result, person: str, criterion: str) -> tuple[str, list[str]]:
    (finding,) = [each for each in found.assessments[person]["findings"] if each["criterion"] == criterion]
    return finding["outcome"], finding["reasons"]


SEEN = {
    "a result": result("seen", "x", code="8867-4"),
    "an order": {key: value for key, value in order("seen", "x", "none").items() if key != "medicationReference"}
    | {"medicationCodeableConcept": {"text": "paracetamol 500 mg"}},
    "a visit": visit("seen", "x", "2026-06-01"),
}


@pytest.mark.parametrize("seen", SEEN.values(), ids=SEEN.keys())
@pytest.mark.parametrize("how", ["deleted", "entered-in-error", "long ago"])
def test_a_contact_goes_with_what_showed_it(seen: Json, how: str, hospital: Hospital) -> None:
    hospital.put(patient("x"), seen)
    first = go_on(hospital)
    if how == "deleted":
        del hospital.records[f"{seen['resourceType']}/seen"]
    elif how == "long ago":
        days = {"effectiveDateTime": "1999-01-01", "authoredOn": "1999-01-01"}
        period = {"period": {"start": "1999-01-01", "end": "1999-01-01"}} if "period" in seen else {}
        hospital.put({**seen, **{key: day for key, day in days.items() if key in seen}, **period})
    else:
        hospital.put({**seen, "status": how})
    second = go_on(hospital)
    assert second.again == {"deleted" if how == "deleted" else "changed": 1}
    assert ["no-contact"] in [each["reasons"] for each in second.assessments["x"]["findings"]]
    assert ["no-contact"] not in [each["reasons"] for each in first.assessments["x"]["findings"]]


def test_nobody_where_nothing_changed(hospital: Hospital) -> None:
    assert go_on(hospital).again == {"everybody": 9}
    found = go_on(hospital)
    assert found.again == {} and found.summary["state"]["as_before"] == 9


@pytest.mark.parametrize(
    ("before", "after", "concerned"),
    [
        pytest.param([], [cancer("c", "3")], 1, id="a new record"),
        pytest.param([cancer("c", "3")], [cancer("c", "3", onsetDateTime="2020")], 1, id="a later version"),
        pytest.param(
            [cancer("c", "3", meta={"versionId": "9"})], [cancer("c", "3", code=5, meta={"versionId": "1"})], 1,
            id="a version that says it is an earlier one",
        ),
        pytest.param([cancer("c", "3")], [cancer("c", "4")], 2, id="a record of another person now"),
        pytest.param([result("o", "3")], [result("o", "3", "9999-9")], 1, id="a result that nobody asks for by now"),
        pytest.param([result("o", "3", "9999-9")], [result("o", "4", "718-7")], 2, id="a result that showed a contact"),
        pytest.param(
            [cancer("c", "3", code=ARTHROSIS)], [cancer("c", "3")], 1, id="a diagnosis that was passed over"
        ),
        pytest.param([], [patient("3", deceasedBoolean=True)], 1, id="a death"),
        pytest.param(
            [], [patient("3", link=[{"type": "replaced-by", "other": {"reference": "Patient/4"}}])], 2, id="a merge"
        ),
        pytest.param(
            [patient("3", link=[{"type": "replaced-by", "other": {"reference": "Patient/4"}}]), cancer("c", "3")],
            [patient("3")], 2, id="a merge that is taken back",
        ),
        pytest.param(
            [drug("m", "Paracetamol"), order("x", "3", "m"), order("y", "4", "m"), order("z", "5", "n")],
            [drug("m", "Sirolimus 1 MG Oral Tablet")], 2, id="a drug that two people take",
        ),
        pytest.param(
            [order("z", "5", "n")], [drug("n", "Sirolimus 1 MG Oral Tablet")], 1, id="a drug that was not there"
        ),
        pytest.param(
            [],
            [cancer("c", "3", onsetDateTime=None, encounter={"reference": "Encounter/v3"},
                    category=[{"coding": [{"code": "encounter-diagnosis"}]}])], 1,
            id="a diagnosis of a visit of an earlier export",
        ),
        pytest.param([], [patient("new")], 1, id="a new person"),
        pytest.param([], [cancer("c", "3"), cancer("d", "3"), result("o", "4")], 2, id="several records"),
    ],
)  # fmt: skip
def test_whose_records_changed(
    before: list[Resource], after: list[Resource], concerned: int, hospital: Hospital
) -> None:
    hospital.put(*before)
    go_on(hospital)
    hospital.put(*after)
    assert go_on(hospital).again == {"changed": concerned}


@pytest.mark.parametrize(
    ("before", "gone", "concerned"),
    [
        pytest.param([cancer("c", "3")], "Condition/c", 1, id="a diagnosis"),
        pytest.param([result("o", "3", "9999-9")], "Observation/o", 1, id="a result that showed a contact"),
        pytest.param([cancer("c", "3", code=ARTHROSIS)], "Condition/c", 0, id="a diagnosis that was passed over"),
        pytest.param(
            [drug("m", "Sirolimus"), order("x", "3", "m"), order("y", "4", "m")], "Medication/m", 2, id="a drug"
        ),
        pytest.param([], "Patient/3", 1, id="a person of whom a visit is left"),
        pytest.param([], "Encounter/v3", 1, id="the last contact"),
        pytest.param([patient("alone")], "Patient/alone", 1, id="a person"),
        pytest.param([{**visit("u", "3", ""), "period": {}}], "Encounter/u", 1, id="a visit without a day"),
    ],
)  # fmt: skip
def test_whose_records_were_deleted(before: list[Resource], gone: str, concerned: int, hospital: Hospital) -> None:
    hospital.put(*before)
    go_on(hospital)
    del hospital.records[gone]
    found = go_on(hospital)
    assert found.again == ({"deleted": concerned} if concerned else {})
    assert gone.removeprefix("Patient/") not in found.assessments


def test_a_weight_is_found_when_a_dose_comes_to_go_by_it(hospital: Hospital) -> None:
    weight = {"value": 70, "unit": "kg", "code": "kg", "system": "http://unitsofmeasure.org"}
    hospital.put(result("w", "3", "29463-7", valueQuantity=weight), drug("m", "Prednisolone 5 MG Oral Tablet"))
    go_on(hospital)
    dose = {"doseAndRate": [{"doseQuantity": {"value": 1, "unit": "mg/kg"}}], "timing": {"code": {"text": "BID"}}}
    hospital.put(order("x", "3", "m", dosageInstruction=[dose]))
    found = go_on(hospital)
    assert found.again == {"changed": 1} and "Observation/w" in json.dumps(found.assessments["3"]["findings"])


@pytest.mark.parametrize(
    ("record", "days", "concerned"),
    [
        pytest.param(result("o", "3", day="2026-07-10"), 9, 0, id="a result of a later day, which has not come"),
        pytest.param(result("o", "3", day="2026-07-10"), 10, 1, id="a result of a later day"),
        pytest.param(patient("3", birthDate="2008-07-10"), 10, 1, id="a birthday"),
        pytest.param(patient("3", deceasedDateTime="2026-07-10"), 10, 1, id="a day of death"),
        pytest.param(visit("v3", "3", "2026-07-10"), 10, 1, id="a planned visit"),
    ],
)
def test_whose_day_has_come(record: Json, days: int, concerned: int, hospital: Hospital) -> None:
    hospital.put(record)
    go_on(hospital)
    found = go_on(hospital, DAY + timedelta(days))
    assert found.again == ({"a day that has come": concerned} if concerned else {})
    judged = {each["patient"]: each["screening_date"] for each in found.lines("assessments.ndjson")}
    assert judged["1"] == DAY.isoformat() and found.summary["screening_date"] == (DAY + timedelta(days)).isoformat()


def test_everybody_when_nobody_is_seen_recently_any_more(hospital: Hospital) -> None:
    go_on(hospital)
    found = go_on(hospital, DAY + timedelta(900))
    assert found.again == {"a day that has come": 9} and answer(found, "1", "E1")[1] == ["no-contact"]


def test_the_day_alone_with_an_export_that_is_in_already(hospital: Hospital) -> None:
    export = hospital.next()
    first = run_on(export, hospital.place / "state")
    again = run_on(export, hospital.place / "state")
    assert again.summary["state"]["already_in"] and again.again == {} and again.files == first.files
    later = run_on(export, hospital.place / "state", DAY + timedelta(900))
    assert later.again == {"a day that has come": 9}
    check_same(later, run_whole(export, DAY + timedelta(900)))


def test_what_is_both_there_and_deleted_is_unreadable(hospital: Hospital) -> None:
    hospital.put(cancer("c", "3"))
    first = go_on(hospital)
    assert answer(first, "3", "E1")[0] == "met"
    hospital.put(cancer("c", "3", onsetDateTime="2020"))
    both = write_export(
        hospital.place / "both", [hospital.records["Condition/c"]], "2026-06-02T01:00:00.000Z",
        "2026-06-01T01:00:00.000Z", ("Condition/c",),
    )  # fmt: skip
    found = run_on(both, hospital.place / "state")
    assert answer(found, "3", "E1") == ("unknown", ["unreadable"])
    assert answer(found, "4", "E1") == answer(first, "4", "E1")


def test_a_line_of_nobody_spoils_its_type_for_everybody_and_lasts(hospital: Hospital) -> None:
    hospital.put(cancer("c", "3", subject=None))
    first = go_on(hospital)
    assert answer(first, "1", "E1") == ("unknown", ["not-loaded"])
    hospital.put(cancer("d", "4"))
    assert go_on(hospital).again == {"changed": 1}
    hospital.put(cancer("c", "3"))
    found = go_on(hospital)
    assert found.again == {"everybody": 9} and answer(found, "1", "E1")[0] == "not_met"
