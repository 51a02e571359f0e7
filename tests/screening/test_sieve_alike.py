"""Odd lines say the same, sifted or all parsed, in memory or in buckets, and whatever stands beside them."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from service.screening.sifting.traces import days_since
from tests.screening import shipped
from tests.screening.test_sieve import DRUG, LATELY, PULSE, UNASKED, by_weight, compact, facts, read, weight
from tests.screening.world import Json, bundle, cancer, encounter, export, haemoglobin, patient, run

NONE_KNOWN = {"system": "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", "code": "no-known-medications"}
SIMVASTATIN = {"resourceType": "Medication", "id": "s", "code": {"text": "Simvastatin 20 MG Oral Tablet"}}


def same(source: Path) -> Any:
    """What is gathered, with the lines sifted and with all of them parsed."""
    found = facts(source, sifted=True, world=shipped.catalog(), study=shipped.STUDY)
    assert found == facts(source, sifted=False, world=shipped.catalog(), study=shipped.STUDY)
    return found


def order(day: bytes = b"2026-05-01", **more: object) -> Json:
    whole = {**json.loads(DRUG % (b"Simvastatin", day)), **more}
    return {name: value for name, value in whole.items() if value is not None}


def test_an_order_of_no_known_medication_shows_no_contact(tmp_path: Path) -> None:
    none = order(medicationCodeableConcept={"coding": [NONE_KNOWN]})
    found = same(export(tmp_path / "in", MedicationRequest=[compact(none)], Encounter=[]))
    assert not found[0]["p"][3]


BROKEN: dict[str, Json] = {"of nobody": {"subject": None}, "of an illegible version": {"meta": {"versionId": 7}}}


@pytest.mark.parametrize("more", BROKEN.values(), ids=BROKEN.keys())
def test_an_order_that_refers_to_a_product_is_read_alike_everywhere(more: Json, tmp_path: Path) -> None:
    """Where shares are sorted, nobody knows the product yet; so nobody may go by it in memory, either."""
    referred = {"medicationCodeableConcept": None, "medicationReference": {"reference": "Medication/s"}}
    referring = order(b"1999-01-01", **{**referred, **more})
    source = export(tmp_path / "in", Medication=[SIMVASTATIN], MedicationRequest=[compact(referring)])
    same(source)
    assert run(source, studies=(shipped.STUDY,), world=shipped.catalog()).counts[2] == 1


SUBJECTS: dict[str, bytes] = {
    "absolute": b'"subject":{"reference":"https://ehr.example/fhir/Patient/q/_history/4"}',
    "with a blank of another kind": b'"subject":{"reference":"Patient/q\xc2\xa0"}',
    "a URN": b'"subject":{"reference":"urn:x/Patient/p"}',
    "a search": b'"subject":{"reference":"https://ehr.example?x=/Patient/p"}',
    "contained": b'"subject":{"reference":"#/Patient/p"}',
    "said twice": b'"subject":{"reference":"Patient/p","reference":"Patient/q"}',
    "elsewhere": b'"note":[{"subject":{"reference":"Patient/p"}}]',
    "and a patient": b'"subject":{"reference":"Patient/q"},"patient":{"reference":"Patient/p"}',
    "in an identifier": b'"subject":{"identifier":{"assigner":{"reference":"Patient/p"}},"reference":"Patient/q"}',
}


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS.keys())
def test_a_weight_is_whose_reading_it_says(subject: bytes, tmp_path: Path) -> None:
    line = compact(weight("w", "p", effectiveDateTime="2024-03-01"))
    line = line.replace(b'"subject":{"reference":"Patient/p"}', subject)
    dosed = {**by_weight("q"), "authoredOn": "2024-03-02"}
    source = export(
        tmp_path / "in", Patient=[patient(), patient("q")], MedicationRequest=[dosed], Observation=[b"", line]
    )
    same(source)
    run(source, studies=(shipped.STUDY,), world=shipped.catalog())


@pytest.mark.parametrize("other", ["Patient/q", "Group/1", "Patient/nobody"])
def test_a_record_that_names_two_is_in_the_bucket_of_the_one_it_is_read_for(other: str, tmp_path: Path) -> None:
    people = [patient(), patient("q")]
    both = cancer("c", "p", patient={"reference": other})
    result = run(export(tmp_path / "in", Patient=people, Condition=[both]))
    assert result.answer("E1") == ("met", ())


def test_a_product_is_of_nobody_whatever_it_says(tmp_path: Path) -> None:
    """Two contradict each other, wherever the third that repeats one of them is thought to belong."""
    other = {**SIMVASTATIN, "code": {"text": "Prednisolone 5 MG Oral Tablet"}, "subject": {"reference": "Patient/q"}}
    products = [SIMVASTATIN, *({**other, "patient": {"reference": f"Patient/{each}"}} for each in "pqrstuvw")]
    referring = {**order(), "medicationReference": {"reference": "Medication/s"}}
    del referring["medicationCodeableConcept"]
    source = export(tmp_path / "in", Medication=products, MedicationRequest=[referring])
    result = run(source, studies=(shipped.STUDY,), world=shipped.catalog())
    assert result.counts[2] == 10


DATES: dict[str, tuple[Json, bool]] = {
    "a date": ({"effectiveDateTime": None, "effectiveDate": "2026-06-01"}, True),
    "two of them": ({"effectiveDate": "1999-01-01"}, False),
    "and a text": ({"effectiveString": "in June"}, False),
}


@pytest.mark.parametrize(("more", "seen"), DATES.values(), ids=DATES.keys())
def test_a_result_shows_a_contact_if_one_element_says_when(more: Json, seen: bool, tmp_path: Path) -> None:
    pulse = haemoglobin("a", **LATELY, **more)
    found = same(export(tmp_path / "in", Observation=[compact(pulse)], Encounter=[]))
    assert bool(found[0]["p"][3]) is seen


def test_a_day_that_is_two_days_later_at_the_site_is_looked_for() -> None:
    """23:59 at -12:00 is past midnight of the day after tomorrow at +14:00."""
    assert re.match(days_since(date(2024, 7, 2), date(2026, 6, 29)), b"2024-06-30T23:59:00-12:00")
    assert re.match(days_since(date(2024, 7, 2), date(2026, 6, 29)), b"2026-07-01T00:00:00+14:00")


@pytest.mark.parametrize("blank", ["\u00a0", "\u3000", "\u0085"])
def test_blanks_of_every_kind_are_no_part_of_an_id(blank: str, tmp_path: Path) -> None:
    older = haemoglobin("a", meta={"versionId": "1"})
    newer = haemoglobin(f"a{blank}", **PULSE, meta={"versionId": "2"})
    written = b"\n".join(map(compact, (older, newer, haemoglobin("bb", **PULSE))))
    found = same(export(tmp_path / "in", Observation=written))
    assert not found[0]["p"][1]


def test_what_stands_behind_an_id_says_nothing_about_it() -> None:
    long = UNASKED.replace(b'"id":"o"', b'"id":"' + b"a" * 64 + b'"')
    noted = UNASKED.replace(b'"id":"o"', b'"id":"o","language":"\\n"')
    assert read("Observation", noted, UNASKED) == [False, False]
    assert read("Observation", noted, long, UNASKED) == [False, False, False]


def test_what_says_two_types_is_none_of_them(tmp_path: Path) -> None:
    inside = compact(bundle(haemoglobin("b")))[1:]
    twice = compact(haemoglobin("a"))[:-1] + b"," + inside
    found = same(export(tmp_path / "in", Observation=[compact(haemoglobin("n", **PULSE)), twice]))
    assert len(found[3]) == 1 and not found[0]["p"][1]


@pytest.mark.parametrize("held", [b'"contained":[{"resourceType":"Coverage","id":"1"}],', rb'"type":"a\/b",'])
def test_what_is_broken_in_a_type_that_nobody_asks_for_is_not_looked_for(held: bytes, tmp_path: Path) -> None:
    found = same(export(tmp_path / "in", Claim=[b'{"resourceType":"Claim","id":"a",' + held + b"}"]))
    assert not found[3]


def test_a_file_whose_lines_are_all_escaped_holds_its_type(tmp_path: Path) -> None:
    escaped = compact(cancer("c")).replace(b"Patient/p", b"P\\u0061tient/p")
    same(export(tmp_path / "in", Condition=[escaped, compact(encounter("v"))]))


def test_the_end_of_a_line_is_no_part_of_it(tmp_path: Path) -> None:
    cut = compact(haemoglobin("a"))[:-9]
    assert "line 2" not in str(same(export(tmp_path / "in", Observation=[cut], Encounter=[cut]))[3])


WAYS = [(",", ":"), (", ", ": "), (" ,\t", " : ")]


@pytest.mark.parametrize("first", WAYS, ids=["plain", "spaced", "with tabs"])
def test_what_is_not_looked_for_depends_on_no_other_line(first: tuple[str, str], tmp_path: Path) -> None:
    """An old pulse, broken: it is of no use, however the lines around it are written."""
    ways = enumerate([first, *WAYS])
    whole = [json.dumps(haemoglobin(str(each), **PULSE), separators=way).encode() for each, way in ways]
    written = [each.replace(b'"final"', b'"final') for each in whole]
    result = run(export(tmp_path / "in", Observation=b"\n".join([*written, compact(haemoglobin("a"))])))
    assert result.counts[2:] == (0, 0)
