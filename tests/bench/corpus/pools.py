"""What the lines of each type are drawn from: `USUAL` is what the first study does not ask for, `ASKED` what it does.
Weights are of our own making: many visits for little, few for much.

Codes and displays: LOINC, SNOMED CT, ICD-10-CM, CVX and RxNorm as public data write them; several come from the tables
of the invented population (`prescreen sample`).
"""

from collections.abc import Iterable
from typing import NamedTuple

from service.screening.sample.clinical import SERUM_IGG4, icd, snomed
from service.screening.sample.drugs import (
    METHYLPREDNISOLONE_16,
    PREDNISONE_5,
    PREDNISONE_20,
    RITUXIMAB,
    TACROLIMUS_1,
    Product,
)
from service.screening.sample.igg4 import HBSAG, HCV_ANTIBODY, IGG4_RD, IGRA, NOT_PREGNANT, PREGNANCY_STATUS
from service.screening.sample.illnesses import (
    CHILDHOOD,
    CHRONIC,
    INFLUENZA,
    METHOTREXATE,
    NO_DRUG_ALLERGY,
    PASSING,
    PENICILLIN,
    PROCEDURES,
)
from service.screening.sample.terms import CVX, LOCAL, LOINC, NEGATIVE, POSITIVE, Element, coding, concept
from tests.bench.corpus import forms, treatments
from tests.bench.corpus.forms import LABORATORY, SOCIAL, SURVEY, VITAL_SIGNS, Category


class Kind(NamedTuple):
    """Lines that look alike: the form, which number is drawn for it and how it is written, and how many of them there
    are among its neighbours. `women`: drawn for women alone."""

    form: bytes
    weight: int = 10
    low: float = 0
    high: float = 0
    digits: int = 0
    women: bool = False


def _lab(
    code: str, display: str, unit: str, low: float, high: float, digits: int, weight: int = 10, system: str = LOINC
) -> Kind:
    spread = (high - low) / 4
    line = forms.measured(concept(coding(system, code, display)), unit, LABORATORY, low, high)
    return Kind(line, weight, max(0, low - spread), high + spread, digits)


def _number(
    code: str, display: str, unit: str, low: float, high: float, digits: int, category: Category, weight: int = 10
) -> Kind:
    line = forms.measured(concept(coding(LOINC, code, display)), unit, category)
    return Kind(line, weight, low, high, digits)


def _answer(test: tuple[str, str], category: Category, answer: Element, weight: int, women: bool = False) -> Kind:
    return Kind(forms.answered(concept(coding(LOINC, *test)), category, answer), weight, women=women)


def _illness(code: Element, weight: int, *, passes: bool, women: bool = False) -> Iterable[Kind]:
    over = weight * 4 // 5 if passes else weight // 10
    yield Kind(forms.condition(code, over=True), over, women=women)
    yield Kind(forms.condition(code, over=False), weight - over, women=women)


def _drug(product: Product, weight: int, pieces: float = 1) -> Iterable[Kind]:
    """Most are named by a code, one of ten by a reference to the formulary."""
    words = f"Take {pieces:g} tablet{'' if pieces == 1 else 's'} by mouth once daily with a glass of water"
    yield Kind(treatments.order(product, pieces, words), weight * 9)
    yield Kind(treatments.order(product, pieces, words, FORMULARY[product]), weight)


def _finding(code: str, display: str) -> Element:
    return concept(snomed(code, display))


ADALIMUMAB = Product("1726844", "0.4 ML adalimumab 100 MG/ML Prefilled Syringe")
PLAIN_DRUGS = (
    Product("313782", "acetaminophen 325 MG Oral Tablet", 325),
    Product("310965", "ibuprofen 200 MG Oral Tablet", 200),
    Product("310798", "hydrochlorothiazide 25 MG Oral Tablet", 25),
    Product("197591", "diazepam 5 MG Oral Tablet", 5),
    Product("834061", "penicillin V potassium 250 MG Oral Tablet", 250),
    *(each.treatment.product for each in CHRONIC if each.treatment and not each.unusual),
)
ASKED_PRODUCTS = (PREDNISONE_5, PREDNISONE_20, METHYLPREDNISOLONE_16, METHOTREXATE.product, TACROLIMUS_1, ADALIMUMAB)
FORMULARY = {
    product: f"3c0de000-0000-4000-8000-{number:012}" for number, product in enumerate((*PLAIN_DRUGS, *ASKED_PRODUCTS))
}
GENERAL = _finding("162673000", "General examination of patient (procedure)")
CHECK_UP = _finding("185349003", "Encounter for check up (procedure)")
SYMPTOM = _finding("185345009", "Encounter for symptom (procedure)")
AMBULATORY, EMERGENCY, INPATIENT = ("AMB", "ambulatory"), ("EMER", "emergency"), ("IMP", "inpatient encounter")

VISITS = (
    Kind(forms.encounter(AMBULATORY, GENERAL, None), 40),
    Kind(forms.encounter(AMBULATORY, CHECK_UP, _finding("59621000", "Essential hypertension (disorder)")), 30),
    Kind(forms.encounter(AMBULATORY, SYMPTOM, _finding("25064002", "Headache (finding)")), 20),
    Kind(forms.encounter(EMERGENCY, SYMPTOM, _finding("22253000", "Pain (finding)")), 7),
    Kind(forms.encounter(INPATIENT, _finding("32485007", "Hospital admission (procedure)"), None), 3),
)
USUAL_RESULTS = (
    _number("29463-7", "Body Weight", "kg", 45, 120, 1, VITAL_SIGNS, 20),
    _number("8302-2", "Body Height", "cm", 150, 195, 1, VITAL_SIGNS, 20),
    _number("39156-5", "Body mass index (BMI) [Ratio]", "kg/m2", 18, 40, 2, VITAL_SIGNS, 20),
    _number("8867-4", "Heart rate", "/min", 50, 110, 0, VITAL_SIGNS, 25),
    _number("9279-1", "Respiratory rate", "/min", 11, 19, 0, VITAL_SIGNS, 25),
    _number("8310-5", "Body temperature", "Cel", 36, 38, 1, VITAL_SIGNS, 10),
    _number("2708-6", "Oxygen saturation in Arterial blood", "%", 92, 100, 1, VITAL_SIGNS, 10),
    Kind(forms.blood_pressure(), 25, 95, 150),
    _number("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported", "{score}", 0, 9, 0, SURVEY, 20),
    _number("55758-7", "Patient Health Questionnaire 2 item (PHQ-2) total score", "{score}", 0, 6, 0, SURVEY, 8),
    _number("70274-6", "Generalized anxiety disorder 7 item (GAD-7) total score", "{score}", 0, 20, 0, SURVEY, 8),
    _answer(
        ("72166-2", "Tobacco smoking status"),
        SOCIAL,
        concept(snomed("266919005", "Never smoked tobacco (finding)")),
        14,
    ),
    _lab("2339-0", "Glucose [Mass/volume] in Blood", "mg/dL", 65, 110, 1, 14),
    _lab("6299-2", "Urea nitrogen [Mass/volume] in Blood", "mg/dL", 7, 20, 1, 14),
    _lab("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 0.5, 1.2, 2, 14),
    _lab("17861-6", "Calcium [Mass/volume] in Serum or Plasma", "mg/dL", 8.5, 10.2, 2, 12),
    _lab("2947-0", "Sodium [Moles/volume] in Blood", "mmol/L", 136, 144, 1, 12),
    _lab("6298-4", "Potassium [Moles/volume] in Blood", "mmol/L", 3.7, 5.2, 2, 12),
    _lab("2069-3", "Chloride [Moles/volume] in Blood", "mmol/L", 101, 111, 1, 12),
    _lab("20565-8", "Carbon dioxide, total [Moles/volume] in Blood", "mmol/L", 20, 29, 1, 12),
    _lab("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 4, 5.6, 2, 8),
    _lab("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", "mg/dL", 150, 240, 1, 8),
    _lab("2571-8", "Triglycerides", "mg/dL", 90, 180, 1, 8),
    _lab("18262-6", "Low Density Lipoprotein Cholesterol", "mg/dL", 60, 130, 1, 8),
    _lab("2085-9", "High Density Lipoprotein Cholesterol", "mg/dL", 40, 80, 1, 8),
    _lab("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", 3.5, 10.5, 2, 8),
    _lab("789-8", "Erythrocytes [#/volume] in Blood by Automated count", "10*6/uL", 3.9, 5.7, 2, 8),
    _lab("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 12, 17.5, 1, 8),
    _lab("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", 150, 450, 0, 8),
    _lab("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 7, 55, 0, 6),
)
ASKED_RESULTS = (
    _answer(HBSAG, LABORATORY, NEGATIVE, 200),
    _answer(HBSAG, LABORATORY, POSITIVE, 6),
    _answer(HCV_ANTIBODY, LABORATORY, NEGATIVE, 200),
    _answer(HCV_ANTIBODY, LABORATORY, POSITIVE, 5),
    _answer(IGRA, LABORATORY, NEGATIVE, 120),
    _answer(IGRA, LABORATORY, POSITIVE, 8),
    _answer(PREGNANCY_STATUS, SOCIAL, NOT_PREGNANT, 200, women=True),
    _answer(
        ("2106-3", "Choriogonadotropin (pregnancy test) [Presence] in Urine"), LABORATORY, NEGATIVE, 60, women=True
    ),
    _lab(SERUM_IGG4.code, SERUM_IGG4.display, "mg/dL", 4, 86, 1, 60),
    _lab(SERUM_IGG4.code, SERUM_IGG4.display, "mg/dL", 4, 86, 1, 20)._replace(low=135, high=900),
    _lab("igg4rd-ri-total", "IgG4-RD Responder Index total", "{score}", 0, 12, 0, 40, LOCAL),
)
USUAL_ILLNESSES = (
    *(kind for each in CHRONIC if not each.unusual for kind in _illness(each.code, 40, passes=False)),
    *_illness(PASSING[-1].code, 60, passes=True),
    *_illness(concept(snomed("25064002", "Headache (finding)"), icd("R51.9")), 60, passes=True),
    *_illness(concept(snomed("271737000", "Anemia (disorder)"), icd("D64.9")), 40, passes=False),
    *_illness(concept(snomed("162864005", "Body mass index 30+ - obesity (finding)"), icd("E66.9")), 50, passes=False),
    *_illness(concept(snomed("73595000", "Stress (finding)"), icd("Z73.3")), 80, passes=True),
    *_illness(concept(snomed("160903007", "Full-time employment (finding)")), 90, passes=True),
    *_illness(concept(snomed("314529007", "Medication review due (situation)")), 120, passes=True),
    *_illness(concept(snomed("15777000", "Prediabetes (finding)"), icd("R73.03")), 40, passes=False),
)
ASKED_ILLNESSES = (
    *(kind for each in PASSING[:-1] for kind in _illness(each.code, 100, passes=True)),
    *(kind for each in CHRONIC if each.unusual for kind in _illness(each.code, 20, passes=False)),
    *_illness(IGG4_RD, 20, passes=False),
    *_illness(concept(snomed("233604007", "Pneumonia (disorder)"), icd("J18.9")), 40, passes=True),
    *_illness(concept(snomed("72892002", "Normal pregnancy (finding)"), icd("Z34.90")), 60, passes=True, women=True),
    *_illness(concept(text="Z.n. Pneumonie, Verdacht auf IgG4-assoziierte Erkrankung"), 3, passes=False),
)
USUAL_DRUGS = tuple(kind for each in PLAIN_DRUGS for kind in _drug(each, 4))
ASKED_DRUGS = (
    *_drug(PREDNISONE_5, 10),
    *_drug(PREDNISONE_5, 6, 2),
    *_drug(PREDNISONE_20, 10, 2),
    *_drug(METHYLPREDNISOLONE_16, 5),
    *_drug(METHOTREXATE.product, 4),
    *_drug(TACROLIMUS_1, 3),
    *_drug(ADALIMUMAB, 5),
)
USUAL_INFUSIONS = (
    Kind(treatments.infusion(Product("1719286", "10 ML furosemide 10 MG/ML Injection"), 40), 10),
    Kind(treatments.infusion(Product("1361226", "heparin sodium, porcine 1000 UNT/ML Injectable Solution"), 50), 10),
)
ASKED_INFUSIONS = (Kind(treatments.infusion(RITUXIMAB, 1000), 10),)
REASON = _finding("185345009", "Encounter for symptom (procedure)")
USUAL_PROCEDURES = (
    *(Kind(treatments.procedure(code, REASON), 10) for code, _ in PROCEDURES),
    Kind(treatments.procedure(_finding("430193006", "Medication reconciliation (procedure)"), REASON), 60),
    Kind(
        treatments.procedure(_finding("710824005", "Assessment of health and social care needs (procedure)"), REASON),
        40,
    ),
    Kind(treatments.procedure(_finding("171207006", "Depression screening (procedure)"), REASON), 30),
)
ASKED_PROCEDURES = (
    Kind(treatments.procedure(_finding("236886002", "Hysterectomy (procedure)"), REASON), 10, women=True),
)
VACCINES = (
    Kind(treatments.immunization(INFLUENZA), 60),
    *(Kind(treatments.immunization(code), 5) for code, _ in CHILDHOOD),
    Kind(
        treatments.immunization(concept(coding(CVX, "113", "Td (adult), 5 Lf tetanus toxoid, preservative free"))), 15
    ),
    Kind(treatments.immunization(concept(coding(CVX, "208", "COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose"))), 20),
)
ALLERGIES = (
    Kind(forms.allergy(PENICILLIN, "medication"), 20),
    Kind(forms.allergy(NO_DRUG_ALLERGY, "medication"), 10),
    Kind(forms.allergy(concept(snomed("232347008", "Dander (animal) allergy")), "environment"), 30),
    Kind(forms.allergy(concept(snomed("300913006", "Shellfish allergy")), "food"), 20),
)
REPORTS = (
    Kind(
        forms.report(
            concept(coding(LOINC, "51990-0", "Basic metabolic panel - Blood")),
            ("Glucose", "Urea Nitrogen", "Creatinine", "Calcium", "Sodium", "Potassium", "Chloride", "Carbon Dioxide"),
        ),
        20,
    ),
    Kind(
        forms.report(
            concept(coding(LOINC, "57698-3", "Lipid panel with direct LDL - Serum or Plasma")),
            ("Total Cholesterol", "Triglycerides", "LDL Cholesterol", "HDL Cholesterol"),
        ),
        10,
    ),
)
CLAIMS = (
    Kind(forms.claim((GENERAL,)), 30, 60, 400, 2),
    Kind(forms.claim((GENERAL, _finding("430193006", "Medication reconciliation (procedure)"))), 15, 60, 900, 2),
    Kind(forms.claim((CHECK_UP, SYMPTOM, _finding("73761001", "Colonoscopy (procedure)"))), 5, 400, 5000, 2),
)
