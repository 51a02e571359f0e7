"""Stories about results, infections, pregnancy and breast feeding."""

from service.screening.sample.chart import Chart
from service.screening.sample.clinical import (
    SERUM_IGG4,
    Lab,
    condition,
    finding,
    icd,
    observation,
    result,
    snomed,
)
from service.screening.sample.igg4 import (
    HBSAG,
    HCV_ANTIBODY,
    HCV_RNA,
    IGRA,
    PREGNANCY_STATUS,
    bare_igg4,
    below,
    igg4_patient,
    negative_tests,
    positive_test,
    responder_index,
    serum_igg4,
)
from service.screening.sample.ordinary import background
from service.screening.sample.terms import LOCAL, LOINC, NEGATIVE, coding, concept

PNEUMONIA = concept(
    snomed("233604007", "Pneumonia (disorder)"), icd("J18.9", "Pneumonia, unspecified organism"), text="Pneumonia"
)
TB_ANTIGEN = Lab("64084-7", "Mycobacterium tuberculosis stimulated gamma interferon, TB1", "[IU]/mL", None, 0.35)
MITOGEN = Lab("71774-4", "Mitogen stimulated gamma interferon, corrected for background", "[IU]/mL", 0.5, None)
RATIO = Lab("igg4-igg-positive-ratio", "IgG4+/IgG+ plasma cell ratio", "%", None, None, LOCAL)
CELLS = Lab("igg4-positive-cells-per-hpf", "IgG4+ plasma cells per HPF", "{cells}/[HPF]", None, None, LOCAL)
SWELLING = (LOCAL, "igg4rd-organ-swelling", "Diffuse or localized swelling or mass in one or more organs")
FIBROSIS = (LOCAL, "igg4rd-lymphoplasmacytic-fibrosis", "Marked lymphoplasmacytic infiltration and fibrosis")
NIL = Lab("71776-9", "Gamma interferon background", "[IU]/mL", None, 8)


def igg4_in_grams_per_litre(chart: Chart) -> None:
    """3.12 g/L is 312 mg/dL; no Responder Index; a pneumonia two years ago, never written down as over."""
    igg4_patient(chart, igg4=None, index=None)
    serum_igg4(chart, 3.12, "g/L", 33)
    condition(chart, PNEUMONIA, chart.day(740), recorded=735)


def igg4_in_milligrams_per_litre(chart: Chart) -> None:
    """2140 mg/L is 214 mg/dL; immune against hepatitis B, which is not an infection."""
    igg4_patient(chart, igg4=None, index=4)
    serum_igg4(chart, 2140, "mg/L", 51)
    condition(chart, concept(snomed("271511000", "Hepatitis B immune (finding)")), chart.day(2000), recorded=410)


def igg4_that_says_little(chart: Chart) -> None:
    """A serum IgG4 without its unit, and an older one below the limit of detection."""
    igg4_patient(chart, igg4=None, index=3)
    bare_igg4(chart, {"value": 310}, 40)
    bare_igg4(chart, below(0.3, "mg/dL"), 900)


def high_igg4_without_a_diagnosis(chart: Chart) -> None:
    """A pancreatitis and a serum IgG4 of exactly 135 mg/dL, but nobody called it IgG4-related disease."""
    background(chart)
    serum_igg4(chart, 135, "mg/dL", 28)
    pancreatitis = concept(icd("K86.1", "Other chronic pancreatitis"), text="Chronic pancreatitis")
    condition(chart, pancreatitis, chart.month(400), recorded=96)


def proven_by_histology(chart: Chart) -> None:
    """Definite by the 2011 criteria, every item under its local code; the serum IgG4 has fallen to normal since."""
    igg4_patient(chart, igg4=62, index=5)
    result(chart, SERUM_IGG4, 388, 1090)
    result(chart, RATIO, 62, 1080)
    result(chart, CELLS, 84, 1080)
    for code in (SWELLING, FIBROSIS):
        observation(chart, concept(coding(*code)), 1080, "exam", valueBoolean=True)


def hepatitis_b(chart: Chart) -> None:
    """Chronic hepatitis B with HBsAg positive."""
    igg4_patient(chart, tested=False)
    code = concept(icd("B18.1", "Chronic viral hepatitis B without delta-agent"), text="Chronic hepatitis B")
    condition(chart, code, chart.year(3000), recorded=215)
    positive_test(chart, HBSAG, 75)
    finding(chart, *HCV_ANTIBODY, NEGATIVE, 75)


def hepatitis_c_cleared(chart: Chart) -> None:
    """Antibodies against hepatitis C, no RNA: over."""
    igg4_patient(chart, tested=False)
    positive_test(chart, HCV_ANTIBODY, 75)
    for code, name in (HCV_RNA, HBSAG, IGRA):
        finding(chart, code, name, NEGATIVE, 60)


def igra_positive(chart: Chart) -> None:
    """A positive IGRA with its control wells, which are numbers of the same panel and no results."""
    igg4_patient(chart, tested=False)
    positive_test(chart, IGRA, 60)
    for lab, value in ((TB_ANTIGEN, 1.42), (NIL, 0.06), (MITOGEN, 9.8)):
        result(chart, lab, value, 60)
    finding(chart, *HBSAG, NEGATIVE, 60)


def hepatitis_b_test_too_old(chart: Chart) -> None:
    """HBsAg negative, but two years ago."""
    igg4_patient(chart, tested=False)
    negative_tests(chart, 731)


def pneumonia_last_week(chart: Chart) -> None:
    """A pneumonia that began last week, given no end."""
    igg4_patient(chart)
    condition(chart, PNEUMONIA, chart.day(9), recorded=7)


def pregnant(chart: Chart) -> None:
    """Pregnant by the status asked last month, with the day she expects to give birth."""
    igg4_patient(chart, tested=False)
    status = concept(snomed("77386006", "Pregnancy (finding)"), coding(LOINC, "LA15173-0", "Pregnant"), text="Pregnant")
    finding(chart, *PREGNANCY_STATUS, status, 30, "social-history")
    expected = concept(coding(LOINC, "11778-8", "Delivery date Estimated"))
    observation(chart, expected, 30, "exam", valueDateTime=chart.day(-150))


def breast_feeding(chart: Chart) -> None:
    """Breast feeding, by the status asked at the last visit."""
    igg4_patient(chart)
    answer = concept(coding(LOINC, "LA29252-6", "Currently breastfeeding"), text="Breastfeeding")
    finding(chart, "63895-7", "Breastfeeding status", answer, 12, "social-history")


def index_too_low(chart: Chart) -> None:
    """A Responder Index of 1: not active enough."""
    igg4_patient(chart, index=None)
    responder_index(chart, 1)
