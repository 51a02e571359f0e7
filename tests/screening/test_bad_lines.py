"""Bad lines: each is counted for what it is, and the answer about its patient becomes unknown, never "no"."""

from pathlib import Path

import pytest

from service.screening import lines
from tests.screening.world import Json, cancer, encounter, export, haemoglobin, patient, run

NOT_MET = ("not_met", ())
NOT_LOADED = ("unknown", ("not-loaded",))
UNREADABLE = ("unknown", ("unreadable",))
MET = ("met", ())
ABOUT_P = b'"subject":{"reference":"Patient/p"}'
DEEP = b'[{"extension":' * 400 + b"[]" + b"}]" * 400


def test_a_whole_export_without_the_condition_is_an_answer(tmp_path: Path) -> None:
    """The baseline of all that follows: nothing is on record, everything was loaded, the person was seen."""
    result = run(export(tmp_path / "in"))
    assert result.answer("E1") == NOT_MET
    assert result.counts == (2, 0, 0, 0)


REJECTED = {
    "not JSON": (b"{nonsense", NOT_LOADED),
    "cut off, and its bytes show whose it is": (b'{"resourceType":"Condition",' + ABOUT_P + b',"code', UNREADABLE),
    "cut off within the patient's id": (b'{"resourceType":"Condition","subject":{"reference":"Patient/p', NOT_LOADED),
    "cut off, about somebody who is not there": (
        b'{"resourceType":"Condition","subject":{"reference":"Patient/x"},',
        NOT_LOADED,
    ),
    "names two patients": (b"{" + ABOUT_P + b',"patient":{"reference":"Patient/q"},', NOT_LOADED),
    "an array": (b"[1, 2]", NOT_LOADED),
    "a number": (b"17", NOT_LOADED),
    "null": (b"null", NOT_LOADED),
    "NaN": (b'{"resourceType":"Condition","id":"c","value":NaN}', NOT_LOADED),
    "not UTF-8": (b'{"resourceType":"Condition","id":"\xff"}', NOT_LOADED),
    "nested a hundred thousand deep": (b'{"resourceType":"Condition","a":' + b"[" * 100_000, NOT_LOADED),
    "nested deeper than it could be written again": (
        b'{"resourceType":"Condition","id":"c",' + ABOUT_P + b',"extension":' + DEEP + b"}",
        UNREADABLE,
    ),
    "no resourceType": ({"id": "c", "subject": {"reference": "Patient/p"}}, UNREADABLE),
    "resourceType is a number": ({"resourceType": 5, "id": "c"}, NOT_LOADED),
    "resourceType is a list": ({"resourceType": ["Condition"], "id": "c"}, NOT_LOADED),
    "resourceType is an object": ({"resourceType": {}, "subject": {"reference": "Patient/p"}}, UNREADABLE),
    "a resourceType that FHIR has not": ({"resourceType": "Conditon", "id": "c"}, NOT_LOADED),
    "no id": ({k: v for k, v in cancer().items() if k != "id"}, UNREADABLE),
    "an id that is a number": (cancer() | {"id": 5}, UNREADABLE),
    "an empty id": (cancer() | {"id": " "}, UNREADABLE),
    "the key written with an escape, no id": (b'{"resource\\u0054ype":"Condition",' + ABOUT_P + b"}", UNREADABLE),
}


@pytest.mark.parametrize(("line", "answer"), REJECTED.values(), ids=REJECTED.keys())
def test_what_is_no_resource_is_rejected(tmp_path: Path, line: object, answer: object) -> None:
    result = run(export(tmp_path / "in", Condition=[line]))
    assert result.counts == (2, 0, 0, 1)
    assert result.answer("E1") == answer
    reject = result.rejects[0]
    assert (reject["file"], reject["line"], reject["disposition"]) == ("Condition.ndjson", 1, "rejected")


UNDERSTOOD = {
    "an unknown modifierExtension": cancer(modifierExtension=[{"url": "x"}]),
    "a code that is a number": cancer(code=5),
    "a date that does not exist": cancer(onsetDateTime="2024-02-31"),
    "year 0000": cancer(onsetDateTime="0000"),
    "a number as a date": cancer(onsetDateTime=2024),
    "two onsets": cancer(onsetString="long ago"),
    "a part of it alone": cancer(meta={"tag": [{"code": "SUBSETTED"}]}),
    "a part of it alone, without its code": cancer(meta={"tag": [{"code": "SUBSETTED"}]}, code=None),
}


@pytest.mark.parametrize("resource", UNDERSTOOD.values(), ids=UNDERSTOOD.keys())
def test_what_cannot_be_understood_is_unreadable_for_its_patient_alone(tmp_path: Path, resource: Json) -> None:
    people = [patient("p"), patient("q")]
    seen = [encounter("e", "p"), encounter("f", "q")]
    result = run(export(tmp_path / "in", Patient=people, Encounter=seen, Condition=[resource]))
    assert result.counts == (4, 0, 1, 0)
    assert result.answer("E1", "p") == UNREADABLE
    assert result.answer("E1", "q") == NOT_MET
    assert result.rejects[0]["disposition"] == "unreadable"


def test_a_date_far_in_the_future_of_a_condition_never_reads_as_no_cancer_ever(tmp_path: Path) -> None:
    result = run(export(tmp_path / "in", Condition=[cancer(onsetDateTime="9999")]))
    assert result.counts[2] == 1
    assert result.answer("E1") == UNREADABLE


def test_a_number_as_text_makes_the_result_unknown(tmp_path: Path) -> None:
    result = run(export(tmp_path / "in", Observation=[haemoglobin(value="13")]))
    assert result.counts == (2, 0, 1, 0)
    assert result.answer("I2") == UNREADABLE


@pytest.mark.parametrize(
    "subject", [None, {}, {"display": "somebody"}, {"reference": "urn:uuid:nobody"}, {"reference": 5}]
)
def test_a_resource_about_nobody_makes_its_type_incomplete_until_accepted(tmp_path: Path, subject: object) -> None:
    source = export(tmp_path / "in", Condition=[cancer(subject=subject)])
    assert run(source).answer("E1") == NOT_LOADED
    assert run(source).summary["incomplete_for_everybody"] == {"Condition": 1}
    accepted = run(source, accepted=1)
    assert accepted.answer("E1") == NOT_MET
    assert accepted.summary["accepted_rejects"] == 1


def test_more_rejects_than_accepted_count_all(tmp_path: Path) -> None:
    source = export(tmp_path / "in", Condition=[b"{", b"{", b"{"])
    assert run(source, accepted=2).answer("E1") == NOT_LOADED
    assert run(source, accepted=3).answer("E1") == NOT_MET


def test_a_broken_line_that_could_be_anything_makes_every_type_incomplete(tmp_path: Path) -> None:
    result = run(export(tmp_path / "in", mixed=[b'{"contained":[{"resourceType":"Organization"}],"code']))
    assert result.answer("E1") == NOT_LOADED
    assert result.summary["incomplete_for_everybody"] == {"*": 1}


def test_a_broken_line_of_a_type_nobody_asks_for_spoils_nothing(tmp_path: Path) -> None:
    result = run(export(tmp_path / "in", DiagnosticReport=[b"{oops", b'{"resourceType":"DiagnosticReport","id']))
    assert result.counts == (2, 0, 0, 2)
    assert result.answer("E1") == NOT_MET


def test_a_resource_about_a_device_or_group_is_not_needed(tmp_path: Path) -> None:
    result = run(export(tmp_path / "in", Observation=[haemoglobin(subject={"reference": "Device/d"})]))
    assert result.counts == (2, 1, 0, 0)


def test_entered_in_error_is_neither_a_fact_nor_a_problem(tmp_path: Path) -> None:
    wrong = cancer(verificationStatus={"coding": [{"code": "entered-in-error"}]})
    result = run(export(tmp_path / "in", Condition=[wrong]))
    assert result.counts == (2, 1, 0, 0)
    assert result.answer("E1") == NOT_MET


def test_a_resource_in_the_file_of_another_type_counts_for_what_it_is(tmp_path: Path) -> None:
    result = run(export(tmp_path / "in", Observation=[cancer(), haemoglobin()]))
    assert result.answer("E1") == MET
    assert result.answer("I2") == MET


def test_a_file_that_holds_only_another_type_says_nothing_about_its_own(tmp_path: Path) -> None:
    result = run(export(tmp_path / "in", Condition=[haemoglobin()], Observation=[]))
    assert result.answer("E1") == NOT_LOADED


def test_a_line_longer_than_we_read_is_rejected_and_its_patient_salvaged(tmp_path: Path) -> None:
    source = export(tmp_path / "in")
    with (source / "Condition.ndjson").open("wb") as file:
        file.write(b'{"resourceType":"Condition","id":"c",' + ABOUT_P + b',"note":"')
        file.seek(100 * 2**20)  # a hole: a hundred megabytes that take no room on disk
        file.write(b'"}\n' + b'{"resourceType":"Condition","id":"d"}\n')
    result = run(source)
    assert result.counts == (2, 0, 1, 1)
    assert [(each["line"], each["reason"]) for each in result.rejects if each["disposition"] == "rejected"] == [
        (1, "longer than this service reads at once")
    ]


def test_a_long_line_of_an_unneeded_type_spoils_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 1000)
    report = b'{"resourceType":"DocumentReference","data":"' + b"A" * 2000 + b'"}'
    result = run(export(tmp_path / "in", mixed=[report]))
    assert result.counts == (2, 0, 0, 1)
    assert result.answer("E1") == NOT_MET


def test_a_medication_that_is_not_there_makes_its_order_unreadable_not_absent(tmp_path: Path) -> None:
    """References that dangle or go round in circles end somewhere, and never crash."""
    around = cancer(
        encounter={"reference": "Encounter/nowhere"}, category=[{"coding": [{"code": "encounter-diagnosis"}]}]
    )
    around.pop("onsetDateTime")
    result = run(export(tmp_path / "in", Condition=[around]))
    assert result.counts == (3, 0, 0, 0)
    assert result.answer("E1")[0] == "unknown"


def test_patients_that_replace_each_other_in_a_circle_are_held_back(tmp_path: Path) -> None:
    def replaced(by: str) -> dict[str, object]:
        return {"link": [{"type": "replaced-by", "other": {"reference": f"Patient/{by}"}}]}

    people = [patient("a", **replaced("b")), patient("b", **replaced("c")), patient("c", **replaced("a"))]
    result = run(export(tmp_path / "in", Patient=people))
    assert result.assessments == {}
    assert result.summary["people"]["held_back_reasons"] == {"merge-unclear": 3}  # type: ignore[index]


UNNEEDED = {
    "type first": b'{"resourceType":"Organization","id":"1"}',
    "type last": b'{"id":"1","resourceType":"Organization"}',
    "blanks around the colon": b'{ "resourceType" : "Organization" }',
    "no id": b'{"resourceType":"Organization"}',
    "an escape in a name": b'{"resourceType":"Organization","name":"\\u00e9"}',
    "a needed type named inside": b'{"resourceType":"DiagnosticReport","contained":[{"resourceType":"Observation"}]}',
    "a needed type named in a text": b'{"resourceType":"Basic","text":"\\"resourceType\\":\\"Patient\\""}',
    "a supported type that no study asks for": b'{"resourceType":"Immunization","id":"1"}',
}


@pytest.mark.parametrize("line", UNNEEDED.values(), ids=UNNEEDED.keys())
@pytest.mark.parametrize("way", ["line", "document", "bundle"])
def test_what_no_study_needs_is_counted_alike_on_every_way_in(tmp_path: Path, line: bytes, way: str) -> None:
    source = export(tmp_path / "in")
    if way == "line":
        (source / "other.ndjson").write_bytes(line + b"\r\n")
    elif way == "document":
        (source / "other.json").write_bytes(line)
    else:
        whole = b'{"resourceType":"Bundle","type":"collection","entry":[{"resource":' + line + b"}]}"
        (source / "other.json").write_bytes(whole)
    result = run(source)
    assert result.counts == (2, 1, 0, 0)
    assert result.answer("E1") == NOT_MET


NEEDED_AFTER_ALL = {
    "the last of two keys counts": b'{"resourceType":"Organization","resourceType":"Condition","id":"1"}',
    "only something inside has a type": b'{"id":"1","contained":[{"resourceType":"Organization"}]}',
    "the type hides behind an escape": b'{"resourceType":"Organization","resource\\u0054ype":"Condition","id":"1"}',
    "not framed by braces": b'{"resourceType":"Organization"',
}


@pytest.mark.parametrize("line", NEEDED_AFTER_ALL.values(), ids=NEEDED_AFTER_ALL.keys())
def test_a_line_that_may_be_needed_is_parsed(tmp_path: Path, line: bytes) -> None:
    result = run(export(tmp_path / "in", other=[line]))
    assert result.counts[1] == 0


def test_a_patient_with_an_unreadable_birth_date_is_screened_and_counted(tmp_path: Path) -> None:
    result = run(export(tmp_path / "in", Patient=[patient(birthDate="1970-13-01")]))
    assert result.counts == (1, 0, 1, 0)
    assert result.answer("I1")[0] == "unknown"
    assert result.answer("E1") == NOT_MET


def test_a_patient_that_cannot_be_read_is_not_screened_and_counted(tmp_path: Path) -> None:
    people = [patient("p"), patient("q", modifierExtension=[{"url": "x"}])]
    result = run(export(tmp_path / "in", Patient=people, Condition=[cancer(of="q")]))
    assert list(result.assessments) == ["p"]
    assert result.summary["people"]["without_readable_patient"] == 1  # type: ignore[index]
    assert result.answer("E1") == NOT_MET
