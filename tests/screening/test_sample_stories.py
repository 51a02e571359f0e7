"""The stories of the invented population: their records say what their names say, and give the answer intended."""

import re
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import orjson
import pytest

from service.eligibility.dates import Window
from service.eligibility.dosing.model import Strength
from service.eligibility.dosing.products import DrugCatalog, Product
from service.eligibility.facts import MedicationFact
from service.eligibility.outcome import Outcome
from service.eligibility.quantity import Interval
from service.eligibility.terms import Coding
from service.eligibility.units import UnitTable
from service.fhir.adapt import Reading, adapt
from service.screening.sample import STORIES, drugs
from service.screening.sample.population import chart_of, oddity_of, story_of
from tests.doses import ROWS, asked, quantity

ALL_STORIES = 240  # so many people that every story and every oddity occurs
TODAY = date(2026, 6, 30)
Json = dict[str, object]


def told(name: str, seed: int = 7) -> list[Json]:
    """The resources of the first person with this story or oddity."""
    first = next(
        number
        for number in range(1, ALL_STORIES + 1)
        if name in {each.name for each in (story_of(number), oddity_of(number)) if each is not None}
    )
    return chart_of(first, ALL_STORIES, seed, TODAY)[1].resources


TOLD = [
    ("taper_leaving_the_window", "MedicationRequest", '"sequence":4'),
    ("by_the_book", "Observation", "igg4rd-ri-total"),
    ("by_the_book", "AllergyIntolerance", "409137002"),
    ("igg4_in_grams_per_litre", "Observation", '"code":"g/L"'),
    ("igg4_in_milligrams_per_litre", "Observation", '"code":"mg/L"'),
    ("igg4_in_milligrams_per_litre", "Condition", "271511000"),
    ("igg4_that_says_little", "Observation", '"valueQuantity":{"value":310}'),
    ("igg4_that_says_little", "Observation", '"comparator":"<"'),
    ("taper_over_before_the_window", "Condition", "M35.3"),
    ("twenty_every_other_day", "MedicationRequest", "Medication/sample-medication-prednisone-20"),
    ("twenty_every_other_day", "MedicationRequest", '"period":2'),
    ("two_tablets_of_five", "MedicationRequest", '"contained"'),
    ("steroid_as_needed", "MedicationRequest", '"asNeededBoolean":true'),
    ("steroid_as_directed", "MedicationRequest", '"dosageInstruction":[{"text":"Take as directed"}]'),
    ("methylprednisolone_sixteen", "MedicationRequest", "328161"),
    ("methylprednisolone_sixteen", "AdverseEvent", "serious"),
    ("dexamethasone_where_tables_differ", "MedicationRequest", "197580"),
    ("order_on_hold", "MedicationRequest", '"on-hold"'),
    ("order_stopped_without_an_end", "MedicationRequest", '"stopped"'),
    ("one_therapy_in_three_records", "MedicationDispense", "198146"),
    ("one_therapy_in_three_records", "MedicationStatement", "198146"),
    ("tacrolimus_capsules", "MedicationRequest", '"authoredOn":"2026-05"'),
    ("rituximab_four_months_ago", "MedicationAdministration", "1657867"),
    ("rituximab_two_months_ago", "MedicationAdministration", "1657867"),
    ("breast_cancer_in_remission", "Condition", '"remission"'),
    ("breast_cancer_still_active", "Condition", '"onsetDateTime":"2019"'),
    ("colon_cancer_in_no_list", "Condition", "93761005"),
    ("basal_cell_carcinoma", "Condition", "254701007"),
    ("multifocal_fibrosclerosis", "Condition", "M35.5"),
    ("multifocal_fibrosclerosis", "MedicationRequest", "tacrolimus 0.1 % topical ointment"),
    ("lupus", "Condition", "M32.10"),
    ("lupus_entered_in_error", "Condition", '"entered-in-error"'),
    ("sirolimus_allergy_confirmed", "AllergyIntolerance", '"confirmed"'),
    ("sirolimus_allergy_resolved", "AllergyIntolerance", '"resolved"'),
    ("known_by_text_alone", "AllergyIntolerance", '"refuted"'),
    ("known_by_text_alone", "Condition", '"code":{"text":"IgG4-related disease"}'),
    ("known_by_text_alone", "Condition", '"onsetDateTime":"2021"'),
    ("hepatitis_b", "Observation", "10828004"),
    ("hepatitis_c_cleared", "Observation", "11259-9"),
    ("igra_positive", "Observation", "71774-4"),
    ("pneumonia_last_week", "Condition", "233604007"),
    ("pregnant", "Observation", "77386006"),
    ("breast_feeding", "Observation", "LA29252-6"),  # its neighbour LA29253-4 says the opposite
    ("proven_by_histology", "Observation", "igg4rd-organ-swelling"),
    ("high_igg4_without_a_diagnosis", "Observation", '"value":135'),
    ("index_too_low", "Observation", "igg4rd-ri-total"),
    ("deceased", "Patient", "deceasedDateTime"),
    ("research_refused", "Consent", '"deny"'),
    ("for_testing", "Patient", "HTEST"),
    ("merged_record", "Patient", '"replaced-by"'),
]


@pytest.mark.parametrize(("story", "kind", "says"), TOLD, ids=[f"{story}: {says}" for story, _, says in TOLD])
def test_a_story_says_in_its_records_what_its_name_says(story: str, kind: str, says: str) -> None:
    texts = [orjson.dumps(each).decode() for each in told(story) if each["resourceType"] == kind]
    assert any(says in each for each in texts)


@pytest.mark.parametrize("seed", [1, 7, 99], ids=str)
@pytest.mark.parametrize("story", [each.name for each in STORIES])
def test_no_story_is_blurred_by_a_background_that_decides_something(story: str, seed: int) -> None:
    """Whatever the seed: a cancer, lupus or hepatitis B, or a steroid, is the story's own and the only one."""
    drugs = [each for each in told(story, seed) if each["resourceType"] == "MedicationRequest"]
    steroids = [each for each in drugs if re.search(r"predniso|dexameth", orjson.dumps(each).decode())]
    texts = [orjson.dumps(each).decode() for each in told(story, seed) if each["resourceType"] == "Condition"]
    telling = [each for each in texts if re.search(r"[Mm]alignant|arthritis \(|lupus|B18", each)]
    assert len(steroids) <= 1
    assert len(telling) <= 1


def test_the_first_patient_is_worth_explaining() -> None:
    """A taper around 10 mg of which the last day above it lies 64 days back, and no Responder Index."""
    chart = told("taper_leaving_the_window")
    (taper,) = (each for each in chart if each["resourceType"] == "MedicationRequest" and "198146" in str(each))
    steps = taper["dosageInstruction"]
    doses = [2.5 * each["doseAndRate"][0]["doseQuantity"]["value"] for each in steps]  # type: ignore[attr-defined]
    lengths = [each["timing"]["repeat"]["boundsDuration"]["value"] for each in steps]  # type: ignore[attr-defined]
    begun = date.fromisoformat(str(taper["authoredOn"]))
    assert doses == [20, 12.5, 10, 7.5]
    assert (TODAY - begun).days - (lengths[0] + lengths[1]) + 1 == 64
    assert (TODAY - begun).days < sum(lengths)
    assert not any("igg4rd-ri-total" in str(each) for each in chart)


# -------------------------------------------------------------------------------- what the dose engine makes of them


def _tablet(product: drugs.Product, ingredient: str) -> tuple[Coding, Product]:
    coding = ROWS[ingredient].codings[0]
    amount = Interval.exactly(Decimal(str(product.milligrams)))
    strength = Strength(coding, ingredient, amount, quantity("1 {tbl}"), "product-map")
    return Coding(drugs.RXNORM, product.code), Product((coding,), (strength,), "Oral Tablet")


CATALOG = DrugCatalog(
    products=dict([
        _tablet(drugs.PREDNISONE_2_5, "prednisone"),
        _tablet(drugs.PREDNISONE_5, "prednisone"),
        _tablet(drugs.PREDNISONE_10, "prednisone"),
        _tablet(drugs.PREDNISONE_20, "prednisone"),
        _tablet(drugs.METHYLPREDNISOLONE_16, "methylprednisolone"),
        _tablet(drugs.DEXAMETHASONE_1_5, "dexamethasone"),
    ]),
    names={name: row.codings[0] for name, row in ROWS.items()},
)  # fmt: skip


def steroids(story: str) -> list[MedicationFact]:
    """The steroids of a story as facts, read as they would be from a file."""
    formulary = {f"Medication/{each['id']}": each for each in drugs.formulary("2026-06-30T00:00:00Z")}
    reading = Reading(zone=ZoneInfo("UTC"), units=UnitTable(), medications=formulary, drugs=CATALOG)
    adapted = [adapt(each, reading) for each in told(story) if str(each["resourceType"]).startswith("Medication")]
    assert not any(each.unreadable for each in adapted)
    facts = [fact for each in adapted for fact in each.facts if isinstance(fact, MedicationFact)]
    return [each for each in facts if re.search("predniso|dexameth", " ".join(each.concept.texts))]


ANSWERS = [
    # story, screening date, more than 10 mg within three months?, least and most mg on the highest day
    ("taper_leaving_the_window", TODAY, Outcome.MET, "12.5", "12.5"),
    ("taper_leaving_the_window", date(2026, 7, 27), Outcome.MET, "12.5", "12.5"),
    ("taper_leaving_the_window", date(2026, 7, 28), Outcome.NOT_MET, "10", "10"),
    ("taper_over_before_the_window", TODAY, Outcome.NOT_MET, "0", "0"),
    ("exactly_ten_milligrams", TODAY, Outcome.NOT_MET, "10", "10"),
    ("twenty_every_other_day", TODAY, Outcome.NOT_MET, "10", "10"),
    ("two_tablets_of_five", TODAY, Outcome.NOT_MET, "10", "10"),
    ("steroid_as_needed", TODAY, Outcome.UNKNOWN, "0", "20"),
    ("steroid_as_directed", TODAY, Outcome.UNKNOWN, "0", None),
    ("methylprednisolone_sixteen", TODAY, Outcome.MET, "20", "20"),
    ("dexamethasone_where_tables_differ", TODAY, Outcome.UNKNOWN, "9.375", "12.5"),
    ("order_on_hold", TODAY, Outcome.UNKNOWN, "0", "20"),
    ("order_stopped_without_an_end", TODAY, Outcome.UNKNOWN, "0", "20"),
    ("one_therapy_in_three_records", TODAY, Outcome.NOT_MET, "7.5", "7.5"),
]


@pytest.mark.parametrize(
    ("story", "at", "outcome", "least", "most"), ANSWERS, ids=[f"{story} on {at}" for story, at, *_ in ANSWERS]
)
def test_a_steroid_story_gives_the_answer_it_is_told_for(
    story: str, at: date, outcome: Outcome, least: str, most: str | None
) -> None:
    window = Window.of(date(at.year, at.month - 3, at.day), at)
    answer = asked(steroids(story), window=window, at=at)
    assert answer.outcome is outcome
    assert (answer.least, answer.most) == (Decimal(least), Decimal(most) if most else None)
