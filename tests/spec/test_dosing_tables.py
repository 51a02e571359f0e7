"""Names of products, tables of equivalence, the catalogue of drugs, and which drugs act in the whole body."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from service.catalog.drugs import load_drugs
from service.catalog.equivalents import load_equivalents
from service.eligibility.dosing.exposure import systemic
from service.eligibility.dosing.measure import Taken, Terms, steps
from service.eligibility.dosing.names import read_name
from service.eligibility.dosing.records import SALT
from service.eligibility.dosing.routes import ATC
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.terms import Codes, Coding, Concept, Terminology, ValueSet
from service.errors import CatalogError, InvalidValue
from tests.doses import AT, RXNORM, instruction, medication

MAPPINGS = Path(__file__).parents[2] / "mappings"

# what the name says                                                      ingredient, amount, per
NAMES = {
    "prednisone 5 MG Oral Tablet": [("prednisone", "5 mg", "1 {each}")],
    "1 ML methylprednisolone 40 MG/ML Injection": [("methylprednisolone", "40 mg", "1 ml")],
    "prednisolone 3 MG/ML Oral Solution": [("prednisolone", "3 mg", "1 ml")],
    "prednisolone 15 mg/5 mL": [("prednisolone", "15 mg", "5 ml")],
    "tacrolimus 0.001 MG/MG Topical Ointment": [("tacrolimus", "0.001 mg", "1 mg")],
    "tacrolimus 0.1 % ointment": [("tacrolimus", "1 mg", "1 g")],
    "prednisolone acetate 1 % eye drops": [("prednisolone acetate", "10 mg", "1 mL")],
    "24 HR tacrolimus 1 MG Extended Release Oral Tablet": [("tacrolimus", "1 mg", "1 {each}")],
    "{21 (methylprednisolone 4 MG Oral Tablet) } Pack": [("methylprednisolone", "4 mg", "1 {each}")],
    "A 5 MG / B 10 MG Oral Tablet": [("a", "5 mg", "1 {each}"), ("b", "10 mg", "1 {each}")],
    "levothyroxine 50 MCG tab": [("levothyroxine", "0.05 mg", "1 {each}")],
    "Prednison 2,5 mg": [("prednison", "2.5 mg", "1 {each}")],
    "prednisone 5 MG Oral Tablet [Deltasone 10 MG]": [("prednisone", "5 mg", "1 {each}")],
    "prednisone .5 mg tablet": [("prednisone", "0.5 mg", "1 {each}")],
    "methylprednisolone sodium succinate 40 MG per 1 ML": [("methylprednisolone sodium succinate", "40 mg", "1 ml")],
    "dexamethasone 4 MG in 1 ML Injection": [("dexamethasone", "4 mg", "1 ml")],
    "dexamethasone 8 mg in saline": [("dexamethasone", "8 mg", "1 {each}")],
    "PredniSONE - 5 mg tab x 30": [("prednisone", "5 mg", "1 {each}")],
    "prednisolone 15 mg/5 mL (3 mg/mL) oral solution": [("prednisolone", "15 mg", "5 ml")],
    "{10 (prednisone 20 MG Oral Tablet) / 5 (prednisone 10 MG Oral Tablet) } Pack": [
        ("prednisone", "20 mg", "1 {each}"), ("prednisone", "10 mg", "1 {each}"),
    ],
    "betamethasone acetate 3 MG/ML / betamethasone sodium phosphate 3 MG/ML Injection": [
        ("betamethasone acetate", "3 mg", "1 ml"), ("betamethasone sodium phosphate", "3 mg", "1 ml"),
    ],
    # nothing is guessed
    "prednisone": [],
    "100mg/2mL RECON SOLN": [],
    "prednisone 1,250 MG": [],
    "acetaminophen 325 MG / 5 MG": [],
    "prednisone 0 MG": [],
    "prednisone 2.5-5 mg": [],
    "prednisone 5 mg - 10 mg": [],
    "prednisone 5 mg to 10 mg": [],
}  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), NAMES.items(), ids=NAMES.keys())
def test_product_names(name: str, expected: list[tuple[str, str, str]]) -> None:
    found = read_name(name).strengths
    assert [(each.ingredient, f"{each.amount} {each.unit}", str(each.per)) for each in found] == expected


FACTORS = {
    "prednisone": "1", "prednisolone": "1", "methylprednisolone": "1.25", "hydrocortisone": "0.25", "cortisone": "0.2",
    "triamcinolone": "1.25", "dexamethasone": "6.25 to 8.3333", "betamethasone": "6.6667 to 8.3333",
    "deflazacort": "0.6667 to 0.8333",
}  # fmt: skip
UNSOURCED = ("cloprednol", "prednylidene", "vamorolone", "fluocortolone", "budesonide", "fludrocortisone")


def test_the_shipped_table_has_the_factors_of_its_sources() -> None:
    table = load_equivalents(MAPPINGS / "dose-equivalents")["prednisone"]
    assert {name: str(table.factor(table.names[name])) for name in FACTORS} == FACTORS
    assert [name for name in UNSOURCED if table.names[name].unknown is None] == []
    assert all(row.source for row in table.rows.values())


def test_a_name_is_a_whole_word() -> None:
    table = load_equivalents(MAPPINGS / "dose-equivalents")["prednisone"]
    found = table.row((), ("methylprednisolone sodium succinate 1000 MG Injection",))
    assert found is not None and found.name == "methylprednisolone"
    assert table.row((), ("prednisone or prednisolone",)) is None


@pytest.mark.parametrize(
    ("name", "drug"),
    [
        ("methyl prednisolone tablet", "methylprednisolone"),
        ("methyl-prednisolone 4 mg", "methylprednisolone"),
        ("prednisolone, methyl 4 mg tablet", "methylprednisolone"),
        ("hydro cortisone 10 mg", "hydrocortisone"),
        ("prednisolone 5 mg tablet", "prednisolone"),
        ("cortisone 25 mg", "cortisone"),
    ],
)
def test_a_name_in_two_words(name: str, drug: str) -> None:
    found = load_equivalents(MAPPINGS / "dose-equivalents")["prednisone"].row((), (name,))
    assert found is not None and found.name == drug


@pytest.mark.parametrize(
    ("codes", "name", "drug", "factor"),
    [
        (["8640"], "prednisone 5 MG Oral Tablet", "prednisone", True),
        (["8640"], "Rayos", "prednisone", True),
        (["3264"], "prednisone 5 MG Oral Tablet", "dexamethasone or prednisone", False),
        (["6902"], "prednisolone 5 MG Oral Tablet", "methylprednisolone or prednisolone", False),
        (["8638", "6902"], "", "methylprednisolone or prednisolone", False),
        (["3264"], "prednisone or prednisolone", "dexamethasone", True),
    ],
)
def test_codes_and_a_name_of_different_drugs_give_no_factor(
    codes: list[str], name: str, drug: str, factor: bool
) -> None:
    table = load_equivalents(MAPPINGS / "dose-equivalents")["prednisone"]
    found = table.row((Coding(RXNORM, each) for each in codes), (name,))
    assert found is not None and (found.name, found.sourced) == (drug, factor)


# asked for in equivalents of         from               as a factor
DIVIDED = {
    "hydrocortisone": {"prednisone": "4", "dexamethasone": "25 to 33.3333", "hydrocortisone": "1"},
    "methylprednisolone": {"prednisone": "0.8", "hydrocortisone": "0.2", "methylprednisolone": "1"},
    "dexamethasone": {"prednisone": "0.12 to 0.16", "betamethasone": "0.8 to 1.3333", "dexamethasone": "1"},
    "morphine": {"oxycodone": "1.5", "codeine": "0.15", "methadone": "4.7", "morphine": "1"},
    "oxycodone": {"morphine": "0.6667", "codeine": "0.1", "oxycodone": "1"},
}  # fmt: skip


@pytest.mark.parametrize("reference", DIVIDED)
def test_one_sourced_table_serves_every_reference_drug(reference: str) -> None:
    table = load_equivalents(MAPPINGS / "dose-equivalents")[reference]
    assert table.reference_name == reference
    assert {name: str(table.factor(table.names[name])) for name in DIVIDED[reference]} == DIVIDED[reference]


def test_a_drug_without_a_factor_is_no_reference() -> None:
    tables = load_equivalents(MAPPINGS / "dose-equivalents")
    assert not {"budesonide", "cloprednol", "fentanyl", "buprenorphine"} & tables.keys()
    with pytest.raises(InvalidValue, match="no factor of 'budesonide'"):
        tables["prednisone"].to("budesonide")


def written(identity: str, *names: str) -> str:
    rows = [{"name": n, "codings": [{"system": RXNORM, "code": n}], "source": "s", "low": 5, "high": 5} for n in names]
    reference = {"system": RXNORM, "code": names[0], "name": names[0]}
    return json.dumps({"id": identity, "version": "1", "reference": reference, "reference_amount": 5, "rows": rows})


def test_a_drug_of_two_tables_is_a_reference_only_by_a_table_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(written("a", "a", "b", "c"))
    (tmp_path / "two.json").write_text(written("b", "b", "c"))
    found = load_equivalents(tmp_path)
    assert sorted(found) == ["a", "b"] and found["b"].reference.code == "b" and len(found["b"].rows) == 2


# what the record calls it                       of the stated mass so much is the drug
SALTS = {
    "dexamethasone sodium phosphate 4 MG/ML Injection": "0.76 to 1",
    "triamcinolone acetonide 40 MG/ML Injection": "0.9 to 1",
    "1 ML methylprednisolone acetate 80 MG/ML Injection": "0.89 to 1",
    "methylprednisolone sodium succinate 1000 MG Injection": "1",
    "prednisolone sodium phosphate 15 mg/5 mL": "1",
    "cortisone acetate 25 MG Oral Tablet": "1",
    "dexamethasone 4 MG Oral Tablet": "1",
}


@pytest.mark.parametrize(("name", "share"), SALTS.items(), ids=SALTS.keys())
def test_salts_whose_own_mass_a_label_may_state(name: str, share: str) -> None:
    row = load_equivalents(MAPPINGS / "dose-equivalents")["prednisone"].row((), (name,))
    assert row is not None and str(row.share((name,))) == share


def test_the_share_of_a_salt_reaches_the_dose_and_its_words() -> None:
    table = load_equivalents(MAPPINGS / "dose-equivalents")["prednisone"]
    fact = replace(
        medication(instruction("4 mg"), drug="dexamethasone", strengths=()),
        concept=Concept((Coding(RXNORM, "3264"),), ("dexamethasone phosphate 4 MG/ML Injection",)),
    )
    (step,) = steps([Taken(fact)], AT, Terms(table=table))
    assert str(step.value.average) == "19 to 33.3333"
    assert "x 0.76 to 1 (the mass may be that of the salt)" in step.value.words[0]
    assert SALT in step.value.marks


WRONG = {
    "low above high": {"name": "x", "codings": [{"system": "s", "code": "1"}], "source": "s", "low": 2, "high": 1},
    "nothing known, and no reason": {"name": "x", "codings": [{"system": "s", "code": "1"}], "source": "s"},
    "no source": {"name": "x", "codings": [{"system": "s", "code": "1"}], "low": 1, "high": 1},
    "equal to nothing": {"name": "x", "codings": [{"system": "s", "code": "1"}], "source": "s", "low": 0, "high": 1},
    "a factor of nothing": {"name": "x", "codings": [{"system": "s", "code": "1"}], "source": "s", "factor": 0},
    "a route that is none": {
        "name": "x", "codings": [{"system": "s", "code": "1"}], "source": "s", "factor": 1, "routes": ["by post"],
    },
}  # fmt: skip


@pytest.mark.parametrize("row", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_row_is_refused_with_its_place(tmp_path: Path, row: dict[str, object]) -> None:
    reference = {"system": RXNORM, "code": "8640", "name": "prednisone"}
    table = {"id": "t", "version": "1", "reference": reference, "reference_amount": 5, "rows": [row]}
    (tmp_path / "t.json").write_text(json.dumps(table))
    with pytest.raises(CatalogError, match=r"t\.json: rows\[0\]"):
        load_equivalents(tmp_path)


def concept_map(*elements: dict[str, object]) -> str:
    group = {"source": RXNORM, "target": RXNORM, "element": list(elements)}
    return json.dumps({"resourceType": "ConceptMap", "group": [group]})


def product(strength: str) -> dict[str, object]:
    said = [{"property": "strength", "value": strength}, {"property": "form", "value": "Oral Tablet"}]
    return {"code": "312617", "target": [{"code": "8640", "display": "prednisone", "product": said}]}


def test_products_and_names_are_read_from_concept_maps(tmp_path: Path) -> None:
    (tmp_path / "drug-products.json").write_text(concept_map(product("5 mg/1 {tbl}")))
    (tmp_path / "drug-names.json").write_text(concept_map({"code": "Deltasone", "target": [{"code": "8640"}]}))
    catalog = load_drugs(tmp_path)
    found = catalog.product((Coding(RXNORM, "312617"),))
    assert found is not None
    assert (found.ingredients, found.form, str(found.strengths[0].amount)) == (
        (Coding(RXNORM, "8640"),),
        "Oral Tablet",
        "5",
    )
    assert catalog.ingredient("deltasone retard") == Coding(RXNORM, "8640")


@pytest.mark.parametrize("strength", ["5", "5 mg", "five mg/1 {tbl}", "0 mg/1 {tbl}", "5 mg/0 mL"])
def test_a_strength_that_is_not_one_is_refused(tmp_path: Path, strength: str) -> None:
    (tmp_path / "drug-products.json").write_text(concept_map(product(strength)))
    (tmp_path / "drug-names.json").write_text(concept_map())
    with pytest.raises(CatalogError, match="312617: a strength is written like"):
        load_drugs(tmp_path)


SNOMED = "http://snomed.info/sct"
ORAL, EYE = (
    Concept((Coding(SNOMED, "26643006"),), ("Oral route",)),
    Concept((Coding(SNOMED, "54485002"),), ("Ophthalmic route",)),
)


def words(id_: str, *listed: str, codes: Codes | None = None) -> ValueSet:
    return ValueSet(id_, id_, sure=codes or Codes(), words=listed)


INGREDIENT = Coding("rxnorm", "5492")
TERMS = Terminology(
    {
        each.id: each
        for each in (
            words("route-systemic", "oral", codes=Codes(frozenset(ORAL.codings))),
            words("route-local", "ophthalmic", "intra-articular", codes=Codes(frozenset(EYE.codings))),
            words("form-systemic", "oral tablet", "injection"),
            words("form-local", "ointment", "ophthalmic", "eye drops"),
            words("drug-local-glucocorticoids", codes=Codes(prefixes=(Coding(ATC, "S01"),))),
            words("drug-systemic-glucocorticoids", codes=Codes(frozenset({INGREDIENT}), (Coding(ATC, "H02AB"),))),
        )
    }
)
SYSTEMIC, LOCAL = (Outcome.MET, None), (Outcome.NOT_MET, None)
UNKNOWN = (Outcome.UNKNOWN, Reason.ROUTE_UNKNOWN)


def named(text: str, code: str | None = None) -> Concept:
    return Concept((Coding(ATC, code),) if code else (), (text,))


# what tells                                route   form                       product                             acts
ROUTES = {
    "the route": (ORAL, None, named("x"), SYSTEMIC),
    "the route in words": (Concept(texts=("Oral",)), None, named("x"), SYSTEMIC),
    "a local route": (EYE, None, named("x"), LOCAL),
    "the route before the form": (ORAL, Concept(texts=("ointment",)), named("x"), SYSTEMIC),
    "an unclear route, then form": (Concept(texts=("pump",)), Concept(texts=("oral tablet",)), named("x"), SYSTEMIC),
    "the form": (None, Concept(texts=("eye drops",)), named("x"), LOCAL),
    "the product's name": (None, None, named("prednisone 5 MG Oral Tablet"), SYSTEMIC),
    "the form before the name": (None, Concept(texts=("ointment",)), named("x injection"), LOCAL),
    "the ATC code": (None, None, named("prednisolone", "S01BA04"), LOCAL),
    "the ATC code of a systemic one": (None, None, named("prednisolone", "H02AB06"), SYSTEMIC),
    "an ingredient's code": (None, None, Concept((INGREDIENT,), ("hydrocortisone",)), UNKNOWN),
    "nothing": (None, None, named("prednisolone"), UNKNOWN),
    "a name that says both": (None, None, named("ophthalmic injection"), UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(("route", "form", "product_", "expected"), ROUTES.values(), ids=ROUTES.keys())
def test_systemic_or_not(route: Concept | None, form: Concept | None, product_: Concept, expected: object) -> None:
    fact = replace(medication(instruction()), route=route, form=form, concept=product_)
    assert systemic(fact, TERMS) == expected


def test_instructions_of_both_kinds_leave_it_open() -> None:
    fact = medication(instruction(route=ORAL), instruction(route=EYE))
    assert systemic(fact, TERMS) == UNKNOWN
