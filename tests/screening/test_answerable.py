"""`prescreen coverage`: what an export can answer is counted by people, told in bands, and lists nobody's own words."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given as any_of, strategies as st
from jsonschema import Draft202012Validator

from service.cli import main
from service.screening.studying.suppression import BAND, FEWEST, banded
from tests.screening.coverage_world import (
    AS_OF,
    CODED_DRUG,
    LOCAL,
    LOCAL_DRUG,
    STUDY,
    TEXT_DRUG,
    Given,
    cancers,
    given,
    hospital,
    order,
    people,
)
from tests.screening.dose_world import dosage
from tests.screening.world import Json, cancer, patient
from tests.shape.source import ROOT

SCHEMA = Draft202012Validator(json.loads((ROOT / "mappings/schemas/coverage.schema.json").read_text()))
__all__ = ["given"]
TEXT_SYSTEM = "https://fhir-prescreen.org/fhir/CodeSystem/text"
RARE = "Herr Huber, malignant something"
EXACT = "--show-small"


def exactly(number: int) -> Json:
    return {"from": number, "to": number}


def criterion(found: Any, name: str) -> Any:
    (one,) = [each for each in found["studies"][0]["criteria"] if each["id"] == name]
    return one


def look_alikes(found: Any) -> dict[str, Any]:
    return {each["code"]: each for each in found["look_alikes"]}


def of_value_set(found: Any, name: str, kind: str = "medication") -> list[Any]:
    (one,) = [each for each in found["value_sets"] if (each["id"], each["kind"]) == (name, kind)]
    codes: list[Any] = one["codes"]
    return codes


def test_every_criterion_counts_everybody_once(given: Given, tmp_path: Path) -> None:
    found = given.json(hospital(tmp_path / "in", MedicationRequest=[order(0, CODED_DRUG)]), EXACT)
    for each in found["studies"][0]["criteria"]:  # type: ignore[index]
        total = each["decided"]["from"] + each["decided_by_absence"]["from"] + each["unknown"]["from"]
        assert (
            total
            == each["people"]["from"]
            == 20
            == sum(n["from"] for n in each["why_unknown"].values()) + (total - each["unknown"]["from"])
        )
    assert criterion(found, "E2a")["decided"] == exactly(1)
    assert criterion(found, "E2a")["decided_by_absence"] == exactly(19)


def test_what_was_not_loaded_is_named(given: Given, tmp_path: Path) -> None:
    found: Any = given.json(hospital(tmp_path / "in"), EXACT)
    assert criterion(found, "E3c")["not_loaded"] == ["AdverseEvent"]
    assert criterion(found, "E3c")["why_unknown"] == {"not-loaded": exactly(20)}
    states = {each["type"]: (each["state"], each["need"]) for each in found["types"]}
    assert states["AdverseEvent"] == ("absent", "required") and states["Condition"] == ("complete", "required")
    assert states["MedicationStatement"] == ("absent", "optional")
    assert {"study": STUDY, "criterion": "E3c"} in next(e for e in found["types"] if e["type"] == "AdverseEvent")[
        "asked_by"
    ]


def test_codes_are_counted_by_people_and_by_records(given: Given, tmp_path: Path) -> None:
    again = [order(0, LOCAL_DRUG, id=f"again{number}") for number in range(3)]
    orders = [*(order(number, LOCAL_DRUG) for number in range(16)), *again]
    found = look_alikes(given.json(hospital(tmp_path / "in", MedicationRequest=orders), EXACT))["P5"]
    assert (found["patients"], found["records"]) == (exactly(16), exactly(19))
    assert (found["system"], found["text"], found["kind"]) == (LOCAL, "Prednisolone 5 mg Tabl", "medication")
    assert "drug-systemic-glucocorticoids" in {each["value_set"] for each in found["may_be"]}
    assert found["proposed"]["code"] == "8638" and found["proposed"]["name"] == "prednisolone"


def test_only_those_who_are_screened_and_the_version_that_stands_count(given: Given, tmp_path: Path) -> None:
    some = [*people(17), patient("dead", deceasedBoolean=True), patient("old", link=[_replaced_by("p0")])]
    old = cancer("c0", of="p0", code=_cancer("old"), meta={"lastUpdated": "2026-01-01T00:00:00Z"})
    new = cancer("c0", of="p0", code=_cancer("new"), meta={"lastUpdated": "2026-02-01T00:00:00Z"})
    others = [cancer(f"x{of}", of=of, code=_cancer("new")) for of in ("dead", "old", "p1")]
    found = given.json(hospital(tmp_path / "in", 17, Patient=some, Condition=[new, old, *others]), EXACT)
    assert {code: (each["patients"], each["records"]) for code, each in look_alikes(found).items()} == {
        "new": (exactly(2), exactly(3))  # of p0, whose older record it is as well, and of p1
    }
    assert found["held_back"] == {"deceased": 1} and found["screened"] == exactly(17)


def _replaced_by(other: str) -> Json:
    return {"type": "replaced-by", "other": {"reference": f"Patient/{other}"}}


def _cancer(code: str, text: str = "malignant growth") -> Json:
    return {"coding": [{"system": "urn:ours", "code": code}], "text": text}


def test_a_value_set_lists_its_codes_that_were_met(given: Given, tmp_path: Path) -> None:
    orders = [order(number, CODED_DRUG) for number in range(18)]
    found = given.json(hospital(tmp_path / "in", MedicationRequest=orders), EXACT)
    (one,) = of_value_set(found, "drug-systemic-glucocorticoids")
    assert (one["code"], one["through"], one["patients"]) == ("8640", "code", exactly(18))
    assert of_value_set(found, "malignancy", "condition") == []


def test_codes_that_nothing_tells_of_are_listed_apart(given: Given, tmp_path: Path) -> None:
    growths = cancers(16, _cancer("K1", "Zustand nach"))
    found: Any = given.json(hospital(tmp_path / "in", Condition=growths), EXACT)
    assert [(each["code"], each["patients"]) for each in found["unknown_codes"]] == [("K1", exactly(16))]
    assert found["look_alikes"] == []


def test_doses_are_counted_by_what_they_lack(given: Given, tmp_path: Path) -> None:
    orders = [
        *(order(number, CODED_DRUG) for number in range(16)),
        order(16, CODED_DRUG, dosage(1, "{tablet}")),
        order(17, CODED_DRUG, {"text": "Take  as directed"}),
        order(18, CODED_DRUG, {"text": "see the attached plan"}),
        order(19, CODED_DRUG, dosage(20, asNeededBoolean=True)),
    ]
    found: Any = given.json(hospital(tmp_path / "in", MedicationRequest=orders), EXACT)
    (drug,) = found["doses"]
    numbers = {name: drug[name]["from"] for name in ("records", "computed", "computed_as_range", "not_computed")}
    assert numbers == {"records": 20, "computed": 16, "computed_as_range": 1, "not_computed": 3}
    assert {name: each["from"] for name, each in drug["why_not_computed"].items()} == {
        "no-strength": 1, "as-directed": 1, "text-not-read": 1,
    }  # fmt: skip
    assert [(each["text"], each["why"]) for each in drug["texts"]] == [
        ("see the attached plan", "text-not-read"),
        ("take as directed", "as-directed"),
    ]


# ------------------------------------------------------------------------------------------- what may not be told


def numbers_in(found: Any) -> list[tuple[int, int]]:
    """Every count in a document, as (from, to)."""
    if isinstance(found, dict):
        if found.keys() == {"from", "to"}:
            return [(found["from"], found["to"])]
        return [each for part in found.values() for each in numbers_in(part)]
    return [each for part in found for each in numbers_in(part)] if isinstance(found, list) else []


def mixed(directory: Path, count: int) -> Path:
    """People who differ in small numbers everywhere."""
    orders = [
        *(order(number, LOCAL_DRUG) for number in range(count - 3)),
        order(count - 3, CODED_DRUG, {"text": f"{RARE} as directed"}),
        order(count - 2, TEXT_DRUG),
    ]
    growths = [
        *cancers(1, _cancer("rare", RARE)),
        *cancers(14, _cancer("few"), "f"),
        *cancers(15, _cancer("many"), "m"),
    ]
    some = [*people(count), patient("dead", deceasedBoolean=True)]
    return hospital(directory, count, Patient=some, MedicationRequest=orders, Condition=growths)


def test_by_default_every_count_is_a_band(given: Given, tmp_path: Path) -> None:
    found = given.json(mixed(tmp_path / "in", 40))
    assert found["band"] == BAND and found["held_back"] is None
    told = numbers_in(found)
    assert len(told) > 50
    assert all(low % BAND == 0 and high == low + BAND - 1 for low, high in told)


@pytest.mark.parametrize("band", [15, 16, 30])
def test_no_output_tells_of_a_code_or_text_of_few(band: int, given: Given, tmp_path: Path) -> None:
    source, out = mixed(tmp_path / "in", 40), tmp_path / "out"
    found = given.json(source, "--band", str(band), "--out", str(out))
    listed = set(look_alikes(found))
    assert listed == ({"P5", "many"} if band == 15 else {"P5"})
    written = "".join(each.read_text() for each in out.iterdir()) + json.dumps(found)
    for secret in ("Huber", "rare", "dead", "PREDNISONE", "prednisone  20mg", "prednisone 20mg", "p39"):
        assert secret not in written


def test_a_word_of_few_makes_nothing_of_a_code_of_many(given: Given, tmp_path: Path) -> None:
    """Forty people have a code for anything; beside it, one record tells of a malignant growth."""
    usual, rare = _cancer("any", "Z.n. Kontrolle"), _cancer("any", "malignant, says Huber")
    growths = [*cancers(39, usual), cancer("x", of="p39", code=rare)]
    found: Any = given.json(hospital(tmp_path / "in", 40, Condition=growths))
    assert found["look_alikes"] == [] and "Huber" not in json.dumps(found)
    assert set(look_alikes(given.json(tmp_path / "in", EXACT))) == {"any"}


def test_words_of_many_texts_count_together_and_none_of_the_texts_is_told(given: Given, tmp_path: Path) -> None:
    drugs: list[Json] = [
        {"coding": [{"system": LOCAL, "code": "P"}], "text": f"Prednisone for Huber {number}"} for number in range(20)
    ]
    orders = [order(number, drug) for number, drug in enumerate(drugs)]
    source = hospital(tmp_path / "in", MedicationRequest=orders)
    found = given.json(source)
    one = look_alikes(found)["P"]
    assert one["text"] is None and one["patients"] == {"from": 15, "to": 29}
    assert "drug-systemic-glucocorticoids" in {each["value_set"] for each in one["may_be"]}
    assert "Huber" not in json.dumps(found)


def test_a_difference_of_one_person_is_seen_only_where_a_band_ends(given: Given, tmp_path: Path) -> None:
    """Two exports that differ by one person's cancer: as long as no band is passed, nothing that is told differs."""
    before = hospital(tmp_path / "a", 40, Condition=cancers(16, _cancer("K")))
    after = hospital(tmp_path / "b", 40, Condition=cancers(17, _cancer("K")))
    assert given.json(before) == given.json(after)
    assert given.json(before, EXACT) != given.json(after, EXACT)


def test_the_records_of_few_are_not_counted_however_many_they_are(given: Given, tmp_path: Path) -> None:
    many = [order(0, CODED_DRUG, id=f"m{number}") for number in range(60)]
    found: Any = given.json(hospital(tmp_path / "in", MedicationRequest=many))
    (drug,) = found["doses"]
    assert drug["records"] is drug["computed"] is drug["not_computed"] is None
    assert of_value_set(found, "drug-systemic-glucocorticoids") == []


parts = st.lists(st.integers(0, 14) | st.integers(0, 200), min_size=1, max_size=5)


@any_of(parts, st.integers(0, 14) | st.integers(0, 300), st.integers(0, 14) | st.integers(0, 300), st.integers(15, 40))
def test_whoever_knows_what_is_told_cannot_tell_that_a_cell_is_small(
    reasons: list[int], decided: int, absence: int, width: int
) -> None:
    """Of each cell below FEWEST: with the very same bands of it, of the others and of both totals, it may be FEWEST."""
    unknown = sum(reasons)
    whole, rest = banded(decided + absence + unknown, width), banded(unknown, width)
    assume(whole.low)
    told, sides = [banded(each, width) for each in reasons], [banded(each, width) for each in (decided, absence)]
    least, most = sum(each.low for each in sides), sum(each.high for each in sides)
    for at, each in enumerate(reasons):
        if each < FEWEST:
            others = [band for number, band in enumerate(told) if number != at]
            low = max(FEWEST + sum(band.low for band in others), rest.low, whole.low - most)
            high = min(told[at].high + sum(band.high for band in others), rest.high, whole.high - least)
            assert low <= high
    for at, each in enumerate((decided, absence)):
        if each < FEWEST:
            inside = max(rest.low, sum(band.low for band in told)), min(rest.high, sum(band.high for band in told))
            other = sides[1 - at]
            assert FEWEST + other.low + inside[0] <= whole.high and sides[at].high + other.high + inside[1] >= whole.low


@pytest.mark.parametrize("band", ["14", "1", "0", "-5", "many", "15.5"])
def test_narrower_bands_are_refused(band: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["coverage", str(tmp_path), "--study", STUDY, "--as-of", AS_OF, "--band", band])
    assert end.value.code == 2 and "--show-small leaves nothing out" in capsys.readouterr().err


# ---------------------------------------------------------------------------------------------- what is written


@pytest.mark.parametrize("options", [(), (EXACT,)], ids=str)
def test_the_json_keeps_to_its_schema(options: tuple[str, ...], given: Given, tmp_path: Path) -> None:
    for source in (mixed(tmp_path / "in", 40), hospital(tmp_path / "none", 0, Patient=[], Encounter=[])):
        assert [each.message for each in SCHEMA.iter_errors(given.json(source, *options))] == []


def test_the_same_input_gives_the_same_files(given: Given, tmp_path: Path) -> None:
    source = mixed(tmp_path / "in", 40)
    for name in "ab":
        given(source, "--out", str(tmp_path / name))
    names = sorted(each.name for each in (tmp_path / "a").iterdir())
    assert names == ["concept-map.json", "coverage.html", "coverage.json"]
    assert all((tmp_path / "a" / each).read_bytes() == (tmp_path / "b" / each).read_bytes() for each in names)


def test_the_text_says_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = mixed(tmp_path / "in", 40)
    assert main(["coverage", str(source), "--study", STUDY, "--as-of", AS_OF]) == 0
    printed = capsys.readouterr().out
    assert "People screened as of 2026-06-30: 30–44." in printed
    assert "Missing from the export: AdverseEvent, Consent." in printed
    assert "P5 Prednisolone 5 mg Tabl" in printed and "Huber" not in printed


def test_records_do_not_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    growths = cancers(20, _cancer("K\x1b[2J", "[red]malignant[/red] \x1b]0;mine\x07"))
    orders = [order(number, CODED_DRUG, {"text": "see \x1b[31mplan [/]"}) for number in range(20)]
    source = hospital(tmp_path / "in", Condition=growths, MedicationRequest=orders)
    assert main(["coverage", str(source), "--study", STUDY, "--as-of", AS_OF]) == 0
    printed = capsys.readouterr().out
    assert "[red]malignant[/red]" in printed and "plan [/]" in printed
    assert not {each for each in printed if not each.isprintable()} - {"\n"}


@pytest.mark.parametrize(("place", "why"), [("in", "another --out"), ("file", "needs a directory")])
def test_it_does_not_write_over_its_input(
    place: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = hospital(tmp_path / "in", 1)
    (tmp_path / "file").write_text("mine")
    before = {each: each.read_bytes() for each in source.iterdir()}
    words = ["coverage", str(source), "--study", STUDY, "--as-of", AS_OF, "--quiet", "--out", str(tmp_path / place)]
    assert main(words) == 2 and why in capsys.readouterr().err
    assert before == {each: each.read_bytes() for each in source.iterdir()}


def test_an_unknown_study_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage", str(hospital(tmp_path / "in", 1)), "--study", "none", "--as-of", AS_OF, "--quiet"]) == 2
    assert "none" in capsys.readouterr().err


# ------------------------------------------------------------------------------------ confirming what it proposes


def answers(source: Path, out: Path, site: Path | None = None) -> bytes:
    options = ["--site", str(site)] if site is not None else []
    words = ["screen", str(source), "--study", STUDY, "--as-of", AS_OF, "--out", str(out), "--quiet", *options]
    assert main(words) == 0
    return (out / "assessments.ndjson").read_bytes()


def proposed(given: Given, source: Path, out: Path) -> Any:
    given(source, "--out", str(out))
    return json.loads((out / "concept-map.json").read_text())


def site_with(directory: Path, concept_map: object) -> Path:
    place = directory / "concept-maps"
    place.mkdir(parents=True)
    (place / "local-codes.json").write_text(json.dumps(concept_map))
    return directory


@pytest.fixture
def unmapped(tmp_path: Path) -> Path:
    """Everybody takes 20 mg a day of a drug that no code names: half by a local code, half by its text alone."""
    drugs = [LOCAL_DRUG if number < 16 else TEXT_DRUG for number in range(32)]
    return hospital(tmp_path / "in", 32, MedicationRequest=[order(n, drug) for n, drug in enumerate(drugs)])


def outcomes(assessments: bytes) -> dict[str, tuple[str, tuple[str, ...]]]:
    lines = [json.loads(each) for each in assessments.splitlines()]
    found = ((line["patient"], each) for line in lines for each in line["findings"] if each["criterion"] == "E2a")
    return {patient: (each["outcome"], tuple(each["reasons"])) for patient, each in found}


def elements(concept_map: Any) -> dict[str, Any]:
    return {each["code"]: each for group in concept_map["group"] for each in group["element"]}


def test_what_is_proposed_changes_no_answer(given: Given, unmapped: Path, tmp_path: Path) -> None:
    made = proposed(given, unmapped, tmp_path / "coverage")
    assert set(elements(made)) == {"P5", "prednisone 20mg tab"}
    assert {group["source"] for group in made["group"]} == {LOCAL, TEXT_SYSTEM}
    before = answers(unmapped, tmp_path / "before")
    assert set(outcomes(before).values()) == {("unknown", ("name-only",))}
    assert answers(unmapped, tmp_path / "after", site_with(tmp_path / "site", made)) == before


def test_what_a_person_confirms_counts(given: Given, unmapped: Path, tmp_path: Path) -> None:
    made = proposed(given, unmapped, tmp_path / "coverage")
    for each in elements(made).values():
        (target,) = each["target"]
        assert target["code"] in ("8638", "8640")  # prednisolone, prednisone
        del target["_equivalence"]
        target["equivalence"] = "equivalent"
    after = outcomes(answers(unmapped, tmp_path / "after", site_with(tmp_path / "site", made)))
    assert set(after.values()) == {("met", ())}
    again = given.json(unmapped, "--site", str(tmp_path / "site"))
    assert again["look_alikes"] == []
    through = {each["code"]: each["through"] for each in of_value_set(again, "drug-systemic-glucocorticoids")}
    assert through == {"P5": "map", "prednisone 20mg tab": "map"}


def test_one_by_one(given: Given, unmapped: Path, tmp_path: Path) -> None:
    made = proposed(given, unmapped, tmp_path / "coverage")
    (target,) = elements(made)["P5"]["target"]
    del target["_equivalence"]
    target["equivalence"] = "equivalent"
    after = outcomes(answers(unmapped, tmp_path / "after", site_with(tmp_path / "site", made)))
    assert after["p0"] == ("met", ()) and after["p31"] == ("unknown", ("name-only",))


def test_what_a_person_refuses_is_none(given: Given, unmapped: Path, tmp_path: Path) -> None:
    made = proposed(given, unmapped, tmp_path / "coverage")
    for each in elements(made).values():
        each["target"] = [{"equivalence": "unmatched"}]
    after = outcomes(answers(unmapped, tmp_path / "after", site_with(tmp_path / "site", made)))
    assert set(after.values()) == {("not_met", ())}


def test_the_map_is_one_that_fhir_knows(given: Given, unmapped: Path, tmp_path: Path) -> None:
    from fhir.resources.R4B.conceptmap import ConceptMap

    made = proposed(given, unmapped, tmp_path / "coverage")
    read = ConceptMap.model_validate(made)
    assert read.status == "draft" and len(read.group) == 2
    assert made["group"][0]["element"][0]["target"][0]["comment"].startswith("Not confirmed. May be of: ")


SICK: Json = {"coding": [{"system": "http://snomed.info/sct", "code": "126906006"}], "text": "Neoplasm of prostate"}


def test_where_no_code_suggests_itself_a_system_does(given: Given, tmp_path: Path) -> None:
    """A code of a system that the value set uses is mapped within it; a local one to the system used most."""
    local = {"coding": [{"system": "urn:ours", "code": "K"}], "text": "malignant growth"}
    rest = [cancer(f"l{number}", of=f"p{number}", code=local) for number in range(16)]
    made = given.json(hospital(tmp_path / "in", Condition=[*cancers(16, SICK), *rest]))["concept_map"]
    assert {each["source"]: each["target"] for each in made["group"]} == {  # type: ignore[index]
        "http://snomed.info/sct": "http://snomed.info/sct",
        "urn:ours": "http://snomed.info/sct",
    }
    assert all("code" not in each["target"][0] for each in elements(made).values())


def test_a_code_without_a_system_is_listed_and_cannot_be_mapped(given: Given, tmp_path: Path) -> None:
    source = hospital(tmp_path / "in", Condition=cancers(16, {"coding": [{"code": "K"}], "text": "malignant"}))
    found = given.json(source)
    assert look_alikes(found)["K"]["system"] is None
    assert "group" not in found["concept_map"]  # type: ignore[operator]


@pytest.mark.shared
@pytest.mark.parametrize(("size", "missing"), [(10, {"Observation"}), (100, {"Observation", "Condition", "Procedure"})])
def test_real_exports_that_lack_types(size: int, missing: set[str], given: Given, shared: Path) -> None:
    source = shared / "data" / "smart-sample-bulk-partial" / f"{size}-patients"
    found: Any = given.json(source, EXACT, as_of="2021-03-31")
    assert [each.message for each in SCHEMA.iter_errors(found)] == []
    screened = found["screened"]["from"]
    assert 0 < screened <= 1.2 * size
    for each in found["studies"][0]["criteria"]:
        known = each["decided"]["from"] + each["decided_by_absence"]["from"]
        assert known + each["unknown"]["from"] == screened
        assert sum(number["from"] for number in each["why_unknown"].values()) == each["unknown"]["from"]
    absent = {each["type"] for each in found["types"] if each["state"] == "absent" and each["need"] == "required"}
    assert absent >= missing | {"AdverseEvent", "Consent"} and "AllergyIntolerance" not in absent
    assert criterion(found, "I2")["why_unknown"] == {"not-loaded": exactly(screened)}
    assert criterion(found, "I2")["not_loaded"] == ["Observation"]
    assert {each["text"] for each in found["look_alikes"]} >= ({"Suspected COVID-19"} if size == 10 else set())
