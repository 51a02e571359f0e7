"""How strong a product is: which source is asked first, what several of them say together, and several ingredients.

SEMANTICS §6.4: the Medication's own ingredients, else the coded product, else the product's name.
"""

from dataclasses import replace

import pytest

from service.catalog.content import mappings_dir
from service.catalog.drugs import load_drugs
from service.catalog.equivalents import load_equivalents
from service.eligibility.dosing.amount import Holding, amount
from service.eligibility.dosing.measure import Taken, Terms, steps
from service.eligibility.dosing.model import Strength
from service.eligibility.dosing.products import CONFLICT, DrugCatalog, Product
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.terms import Coding, Concept
from tests.doses import AT, PREDNISONE, RXNORM, asked, instruction, medication, numbers, quantity, strength

PRODUCT = Coding(RXNORM, "product")
BETAMETHASONE = Coding(RXNORM, "1514")
NAMES = {"prednisone": PREDNISONE, "betamethasone": BETAMETHASONE}


def stated(mg: str, per: str = "1 {tbl}") -> Strength:
    return strength(mg, per)


def mapped(mg: str, per: str = "1 {each}") -> Strength:
    return replace(strength(mg, per), source="product-map")


# what is said                by the record, the map of products, the name                        amount, per, conflict
TOLD = {
    "by the record alone": ((stated("5"),), (), "prednisone", ("5", "1 {tbl}", False)),
    "by the map alone": ((), (mapped("5"),), "prednisone", ("5", "1 {each}", False)),
    "by the name alone": ((), (), "prednisone 5 MG Oral Tablet", ("5", "1 {each}", False)),
    "by all, and they agree": ((stated("5"),), (mapped("5"),), "prednisone 5 MG", ("5", "1 {tbl}", False)),
    "the record says 20, the name 5": ((stated("20"),), (), "prednisone 5 MG", ("5 to 20", "1 {tbl}", True)),
    "the map says 10, the name 5": ((), (mapped("10"),), "prednisone 5 MG", ("5 to 10", "1 {each}", True)),
    "three numbers": ((stated("20"),), (mapped("10"),), "prednisone 5 MG", ("5 to 20", "1 {tbl}", True)),
    "15 mg in 5 mL are 3 mg in 1 mL": ((stated("15", "5 mL"),), (mapped("3", "1 mL"),), "x", ("15", "5 mL", False)),
    "10 mg in 3 mL are 20 mg in 6 mL": ((stated("10", "3 mL"),), (mapped("20", "6 mL"),), "x", ("10", "3 mL", False)),
    "1 g in 1 L is 1 mg in 1 mL": ((stated("1000", "1 L"),), (mapped("1", "1 mL"),), "x", ("1000", "1 L", False)),
    "per tablet and per mL are two statements": (
        (stated("5"),), (mapped("1", "1 mL"),), "prednisone", ("5", "1 {tbl}", False),
    ),
    "a strength that is not stated leaves it to the name": (
        (Strength(PREDNISONE, "prednisone", None, None, "ingredient"),), (), "prednisone 5 MG",
        ("5", "1 {each}", False),
    ),
    "the two strengths of a pack": (
        (), (), "{10 (prednisone 20 MG Oral Tablet) / 5 (prednisone 10 MG Oral Tablet) } Pack",
        ("10 to 20", "1 {each}", True),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("own", "map_", "name", "expected"), TOLD.values(), ids=TOLD.keys())
def test_who_is_believed(
    own: tuple[Strength, ...], map_: tuple[Strength, ...], name: str, expected: tuple[str, str, bool]
) -> None:
    catalog = DrugCatalog({PRODUCT: Product((PREDNISONE,), map_)}, NAMES)
    (found,), marks = catalog.strengths(own, (PRODUCT,), (name,))
    assert (str(found.amount), str(found.per), CONFLICT in marks) == expected


def test_sources_that_disagree_reach_the_finding_as_a_range_with_its_reason() -> None:
    (found,), marks = DrugCatalog(names=NAMES).strengths((stated("20"),), (), ("prednisone 5 MG Oral Tablet",))
    answer = asked([medication(instruction("1 {tbl}"), strengths=(found,), marks=marks)])
    assert (answer.outcome, str(answer.least), str(answer.most)) == (Outcome.UNKNOWN, "5", "20")
    assert answer.reasons == {Reason.DOSE_IMPRECISE} and CONFLICT in answer.marks


PACK = "{21 (methylprednisolone 4 MG Oral Tablet) } Pack"
TWO_STRENGTHS = "{10 (prednisone 20 MG Oral Tablet) / 5 (prednisone 10 MG Oral Tablet) } Pack"

# a pack, of which so much is stated        name                                       mg
PACKS = {
    "1 tablet": (PACK, "4"),
    "21 tablets": (PACK, "84"),
    "1 {pack}": (PACK, "84"),
    "1 package": (PACK, "84"),
    "1 EA": (PACK, "4 to 84"),
    "1 pack": (TWO_STRENGTHS, "250"),
    "1 each": (TWO_STRENGTHS, "10 to 250"),
    "1 ea": ("methylprednisolone 4 mg dose pack", "at least 4"),
    "1 Each": ("methylprednisolone 4 mg tablet", "4"),
    "1 box": ("methylprednisolone 4 mg tablet", "an unknown amount"),
}


@pytest.mark.parametrize(("dose", "name", "expected"), [(dose, *each) for dose, each in PACKS.items()])
def test_one_of_a_pack_is_a_piece_or_the_pack(dose: str, name: str, expected: str) -> None:
    names = {**NAMES, "methylprednisolone": Coding(RXNORM, "6902")}
    strengths, _ = DrugCatalog(names=names).strengths((), (), (name,))
    assert str(amount(quantity(dose), Holding(strengths)).value) == expected


def test_the_map_of_products_knows_what_a_pack_holds() -> None:
    found = load_drugs(mappings_dir() / "concept-maps").product((Coding(RXNORM, "762675"),))
    assert found is not None and str(found.strengths[0].package) == "84"


# two salts of one drug in one product         the dose       mg of betamethasone
SALTS_TOGETHER = {"1 mL": "6", "0.5 mL": "3", "6 mg": "6"}
CELESTONE = "betamethasone acetate 3 MG/ML / betamethasone sodium phosphate 3 MG/ML Injectable Suspension"


@pytest.mark.parametrize(("dose", "expected"), SALTS_TOGETHER.items())
def test_two_salts_of_one_drug_add_up(dose: str, expected: str) -> None:
    strengths, marks = DrugCatalog(names=NAMES).strengths((), (), (CELESTONE,))
    assert [str(each.amount) for each in strengths] == ["6"] and marks == ()
    fact = replace(
        medication(instruction(dose)), strengths=strengths, concept=Concept((BETAMETHASONE,), ("betamethasone",))
    )
    (step,) = steps([Taken(fact)], AT, Terms(table=None))
    assert str(step.value.average) == expected


def test_two_salts_under_codes_of_their_own_are_one_drug_of_the_table() -> None:
    """Nothing but their names says that they are the same drug: the table knows them by those."""
    table = load_equivalents(mappings_dir() / "dose-equivalents")["betamethasone"]
    salts = tuple(
        Strength(Coding(RXNORM, code), name, numbers(3), quantity("1 mL"), "ingredient")
        for code, name in (("a", "betamethasone acetate"), ("p", "betamethasone sodium phosphate"))
    )
    for dose in ("1 mL", "6 mg"):
        fact = replace(medication(instruction(dose)), strengths=salts, concept=Concept(texts=("Celestone",)))
        (step,) = steps([Taken(fact)], AT, Terms(table=table))
        assert str(step.value.average) == "5.4 to 6"  # the acetate's mass may be stated


def test_of_a_mixture_each_ingredient_has_its_own_strength() -> None:
    other = Coding(RXNORM, "161")
    mixed = (strength(5), strength(325, ingredient=other, name="acetaminophen"))
    fact = replace(medication(instruction("2 {tbl}")), strengths=mixed, concept=Concept((PRODUCT,), ("mixture",)))
    assert str(asked([fact]).most) == "10"
    grams = replace(fact, instructions=(instruction("330 mg"),))
    assert asked([grams]).reasons == {Reason.DOSE_MISSING}
