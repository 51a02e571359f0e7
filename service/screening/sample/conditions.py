"""Stories about diagnoses, and drugs other than steroids: cancers, lupus, old names, texts, rituximab, allergies."""

from service.screening.sample.chart import Chart
from service.screening.sample.clinical import allergy, condition, icd, procedure, snomed
from service.screening.sample.drugs import (
    INTRAVENOUS,
    RITUXIMAB,
    SIROLIMUS,
    TACROLIMUS_1,
    TOPICAL,
    administration,
    coded,
    order,
    take,
)
from service.screening.sample.igg4 import igg4_patient, negative_tests, responder_index, serum_igg4
from service.screening.sample.illnesses import NO_DRUG_ALLERGY
from service.screening.sample.ordinary import background
from service.screening.sample.terms import SNOMED, coding, concept, stated

SEVEN_YEARS = 7 * 365
MASTECTOMY = concept(coding(SNOMED, "69031006", "Excision of breast tissue (procedure)"), text="Mastectomy")
BREAST_CANCER = concept(
    icd("C50.912", "Malignant neoplasm of unspecified site of left female breast"),
    snomed("254837009", "Malignant neoplasm of breast (disorder)"),
    text="Breast cancer",
)
OINTMENT = concept(text="tacrolimus 0.1 % topical ointment")
LUPUS = concept(
    icd("M32.10", "Systemic lupus erythematosus, organ or system involvement unspecified"),
    snomed("55464009", "Systemic lupus erythematosus (disorder)"),
    text="Systemic lupus erythematosus",
)


def breast_cancer_in_remission(chart: Chart) -> None:
    """Breast cancer seven years ago, in remission the same year: not within five years."""
    igg4_patient(chart)
    began = SEVEN_YEARS
    condition(chart, BREAST_CANCER, chart.day(began), recorded=96, status="remission", abated=chart.month(began - 240))
    procedure(chart, MASTECTOMY, began - 40)


def breast_cancer_still_active(chart: Chart) -> None:
    """Breast cancer found seven years ago and still on the problem list as active: it counts today."""
    igg4_patient(chart)
    condition(chart, BREAST_CANCER, chart.year(SEVEN_YEARS), recorded=215)


def colon_cancer_in_no_list(chart: Chart) -> None:
    """A colon cancer by a SNOMED code that no list of ours holds; only its display tells."""
    igg4_patient(chart)
    cancer = concept(snomed("93761005", "Primary malignant neoplasm of colon (disorder)"))
    condition(chart, cancer, chart.day(700), recorded=215)


def basal_cell_carcinoma(chart: Chart) -> None:
    """A basal cell carcinoma two years ago: the text of the study makes no exception for skin cancer."""
    igg4_patient(chart)
    cancer = concept(snomed("254701007", "Basal cell carcinoma of skin (disorder)"), text="Basal cell carcinoma")
    condition(chart, cancer, chart.day(720), recorded=410, status="resolved", abated=chart.day(690))


def multifocal_fibrosclerosis(chart: Chart) -> None:
    """M35.5, an old name of the disease and no other connective tissue disease; tacrolimus ointment for the skin."""
    background(chart)
    negative_tests(chart, 75)
    serum_igg4(chart, 298, "mg/dL", 60)
    code = concept(icd("M35.5", "Multifocal fibrosclerosis"), text="Multifocal fibrosclerosis")
    condition(chart, code, chart.day(1900), recorded=96)
    how = stated({"text": "Apply thinly to the skin twice daily", "route": TOPICAL})
    order(chart, {"medicationCodeableConcept": OINTMENT}, 50, how, updated=12)


def lupus(chart: Chart) -> None:
    """Systemic lupus erythematosus besides: another connective tissue disease."""
    igg4_patient(chart)
    condition(chart, LUPUS, chart.day(2600), recorded=96)


def tacrolimus_capsules(chart: Chart) -> None:
    """Tacrolimus by mouth, ordered at some day of the month before last."""
    igg4_patient(chart)
    order(chart, coded(TACROLIMUS_1), 45, take(1, "capsule", times=2), authored=chart.month(45), updated=12)


def rituximab_four_months_ago(chart: Chart) -> None:
    """Two infusions of rituximab, the last one some four months ago: before the window."""
    igg4_patient(chart, index=2)
    for ago in (139, 125):
        administration(chart, coded(RITUXIMAB), ago, 1000, INTRAVENOUS)


def rituximab_two_months_ago(chart: Chart) -> None:
    """Two infusions of rituximab, the last one two months ago: within the window for another month."""
    igg4_patient(chart)
    for ago in (75, 61):
        administration(chart, coded(RITUXIMAB), ago, 1000, INTRAVENOUS)


def sirolimus_allergy_confirmed(chart: Chart) -> None:
    """An allergy to sirolimus, confirmed and active."""
    igg4_patient(chart)
    allergy(chart, SIROLIMUS, 410)


def sirolimus_allergy_resolved(chart: Chart) -> None:
    """An allergy to sirolimus, resolved: history, no longer present."""
    igg4_patient(chart)
    allergy(chart, SIROLIMUS, 410, clinical="resolved")


def known_by_text_alone(chart: Chart) -> None:
    """The diagnosis as free text since some day of a year; an allergy to sirolimus that was refuted."""
    background(chart)
    negative_tests(chart, 75)
    responder_index(chart, 4)
    condition(chart, concept(text="IgG4-related disease"), chart.year(1870), recorded=96)
    allergy(chart, SIROLIMUS, 410, clinical="inactive", verified="refuted")


def by_the_book(chart: Chart) -> None:
    """Everything recorded as the protocol asks, all tests negative, no drug allergy known, no steroid."""
    igg4_patient(chart, index=9, igg4=530)
    allergy(chart, NO_DRUG_ALLERGY, 96)


def lupus_entered_in_error(chart: Chart) -> None:
    """A lupus that was entered in error: it never was."""
    igg4_patient(chart)
    condition(chart, LUPUS, chart.day(300), recorded=215, status=None, verified="entered-in-error")
