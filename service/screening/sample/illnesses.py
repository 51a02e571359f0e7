"""Tables of what ordinary patients have: chronic and passing illnesses, tests, procedures, vaccines."""

from typing import NamedTuple

from service.screening.sample.clinical import Lab, icd, snomed
from service.screening.sample.drugs import ORAL, PREDNISONE_5, RESPIRATORY, Product
from service.screening.sample.terms import CVX, Element, coding, concept

CREATININE = Lab("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 0.5, 1.2)
HEMOGLOBIN = Lab("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 12, 17)
PLATELETS = Lab("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", 150, 400)
ALT = Lab("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", None, 45)
POTASSIUM = Lab("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", 3.5, 5.1)
HBA1C = Lab("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 4, 5.6)
LDL = Lab("18262-6", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by Direct assay", "mg/dL", None, 130)
# (test, mean, standard deviation, digits after the point)
ROUTINE = (
    (CREATININE, 0.9, 0.18, 2),
    (HEMOGLOBIN, 13.8, 1.3, 1),
    (PLATELETS, 250, 55, 0),
    (ALT, 26, 10, 0),
    (POTASSIUM, 4.2, 0.3, 1),
)


class Treatment(NamedTuple):
    """A drug as it is usually taken: so many pieces, so many times per period."""

    product: Product
    amount: float = 1
    unit: str = "tablet"
    times: int = 1
    period: int = 1
    period_unit: str = "d"
    route: Element = ORAL


class Illness(NamedTuple):
    """A chronic illness: from which age, in which share of the old, how treated, which test goes with it, in which sex.

    `unusual`: it could decide a criterion of a study, so the background of a story is kept free of it.
    """

    code: Element
    from_age: int
    share: float
    treatment: Treatment | None = None
    test: tuple[Lab, float, float, int] | None = None
    sex: str | None = None
    unusual: bool = False


def _both(snomed_code: str, name: str, icd_code: str) -> Element:
    return concept(snomed(snomed_code, name), icd(icd_code), text=name.partition(" (")[0])


LISINOPRIL = Treatment(Product("314076", "lisinopril 10 MG Oral Tablet", 10))
AMLODIPINE = Treatment(Product("197361", "amlodipine 5 MG Oral Tablet", 5))
METFORMIN = Treatment(
    Product("860975", "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet", 500), amount=2, times=2
)
SIMVASTATIN = Treatment(Product("314231", "simvastatin 10 MG Oral Tablet", 10))
ASPIRIN = Treatment(Product("243670", "aspirin 81 MG Oral Tablet", 81))
WARFARIN = Treatment(Product("855332", "warfarin sodium 5 MG Oral Tablet", 5))
OMEPRAZOLE = Treatment(Product("198051", "omeprazole 20 MG Delayed Release Oral Capsule", 20), unit="capsule")
SERTRALINE = Treatment(Product("312938", "sertraline 100 MG Oral Tablet", 100))
LEVOTHYROXINE = Treatment(Product("966222", "levothyroxine sodium 0.075 MG Oral Tablet", 0.075))
ALENDRONATE = Treatment(Product("904419", "alendronic acid 10 MG Oral Tablet", 10))
ALBUTEROL = Treatment(
    Product("745679", "200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler"), 2, "puff", 2, route=RESPIRATORY
)
METHOTREXATE = Treatment(Product("105585", "methotrexate 2.5 MG Oral Tablet", 2.5), 6, period_unit="wk")
LOW_PREDNISONE = Treatment(PREDNISONE_5)

CHRONIC = (
    Illness(_both("59621000", "Essential hypertension (disorder)", "I10"), 30, 0.55, LISINOPRIL),
    Illness(_both("55822004", "Hyperlipidemia (disorder)", "E78.5"), 30, 0.4, SIMVASTATIN, (LDL, 128, 25, 0)),
    Illness(
        _both("44054006", "Diabetes mellitus type 2 (disorder)", "E11.9"), 35, 0.25, METFORMIN, (HBA1C, 7.3, 0.9, 1)
    ),
    Illness(
        _both("433144002", "Chronic kidney disease stage 3 (disorder)", "N18.30"),
        55,
        0.15,
        None,
        (CREATININE, 1.6, 0.2, 2),
    ),
    Illness(_both("53741008", "Coronary arteriosclerosis (disorder)", "I25.10"), 50, 0.2, ASPIRIN),
    Illness(_both("49436004", "Atrial fibrillation (disorder)", "I48.91"), 60, 0.12, WARFARIN),
    Illness(_both("195967001", "Asthma (disorder)", "J45.909"), 4, 0.09, ALBUTEROL),
    Illness(_both("40930008", "Hypothyroidism (disorder)", "E03.9"), 30, 0.09, LEVOTHYROXINE),
    Illness(_both("370143000", "Major depressive disorder (disorder)", "F32.9"), 16, 0.12, SERTRALINE),
    Illness(_both("235595009", "Gastroesophageal reflux disease (disorder)", "K21.9"), 25, 0.18, OMEPRAZOLE),
    Illness(_both("239873007", "Osteoarthritis of knee (disorder)", "M17.9"), 50, 0.2),
    Illness(_both("64859006", "Osteoporosis (disorder)", "M81.0"), 60, 0.18, ALENDRONATE, sex="female"),
    Illness(_both("24079001", "Atopic dermatitis (disorder)", "L20.9"), 1, 0.05),
    Illness(_both("69896004", "Rheumatoid arthritis (disorder)", "M06.9"), 30, 0.02, METHOTREXATE, unusual=True),
    Illness(
        _both("55464009", "Systemic lupus erythematosus (disorder)", "M32.10"), 18, 0.006, LOW_PREDNISONE, unusual=True
    ),
    Illness(
        _both("254837009", "Malignant neoplasm of breast (disorder)", "C50.919"), 35, 0.03, sex="female", unusual=True
    ),
    Illness(_both("399068003", "Malignant tumor of prostate (disorder)", "C61"), 55, 0.05, sex="male", unusual=True),
    Illness(_both("363406005", "Malignant neoplasm of colon (disorder)", "C18.9"), 50, 0.02, unusual=True),
    Illness(_both("61977001", "Chronic type B viral hepatitis (disorder)", "B18.1"), 20, 0.006, unusual=True),
)


class Passing(NamedTuple):
    """An illness that passes: how long it lasts, and between which ages it is common."""

    code: Element
    days: int
    ages: tuple[int, int]


PASSING = (
    Passing(_both("444814009", "Viral sinusitis (disorder)", "J01.90"), 14, (6, 95)),
    Passing(_both("10509002", "Acute bronchitis (disorder)", "J20.9"), 21, (2, 95)),
    Passing(_both("65363002", "Otitis media (disorder)", "H66.90"), 12, (0, 10)),
    Passing(_both("307426000", "Acute infective cystitis (disorder)", "N30.00"), 9, (16, 95)),
    Passing(_both("44465007", "Sprain of ankle (disorder)", "S93.409A"), 28, (6, 70)),
)
PROCEDURES = (
    (concept(snomed("73761001", "Colonoscopy (procedure)"), text="Colonoscopy"), 45),
    (concept(snomed("80146002", "Excision of appendix (procedure)"), text="Appendectomy"), 8),
    (concept(snomed("399208008", "Plain chest X-ray (procedure)"), text="Chest X-ray"), 1),
    (concept(snomed("127783003", "Spirometry (procedure)"), text="Spirometry"), 10),
)
INFLUENZA = concept(coding(CVX, "140", "Influenza, seasonal, injectable, preservative free"))
CHILDHOOD = (
    (concept(coding(CVX, "08", "Hep B, adolescent or pediatric")), 30),
    (concept(coding(CVX, "20", "DTaP")), 61),
    (concept(coding(CVX, "10", "IPV")), 61),
    (concept(coding(CVX, "03", "MMR")), 370),
)
PENICILLIN = concept(coding("http://www.nlm.nih.gov/research/umls/rxnorm", "7984", "Penicillin V"), text="Penicillin V")
NO_DRUG_ALLERGY = concept(snomed("409137002", "No known drug allergy (situation)"), text="No known drug allergy")
