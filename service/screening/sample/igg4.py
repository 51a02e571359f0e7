"""What the people of stories share: IgG4-related disease, a serum IgG4, a Responder Index, tests for infections."""

from service.screening.sample.chart import Chart
from service.screening.sample.clinical import (
    RESPONDER_INDEX,
    SERUM_IGG4,
    condition,
    finding,
    icd,
    observation,
    result,
    snomed,
)
from service.screening.sample.ordinary import background
from service.screening.sample.terms import LOINC, NEGATIVE, POSITIVE, coding, concept, quantity

IGG4_RD = concept(icd("D89.84", "IgG4-related disease"), text="IgG4-related disease")
HBSAG = ("5195-3", "Hepatitis B virus surface Ag [Presence] in Serum")
HCV_ANTIBODY = ("13955-0", "Hepatitis C virus Ab [Presence] in Serum or Plasma by Immunoassay")
HCV_RNA = ("11259-9", "Hepatitis C virus RNA [Presence] in Serum or Plasma by NAA with probe detection")
IGRA = ("71773-6", "Mycobacterium tuberculosis stimulated gamma interferon [Interpretation] in Blood Qualitative")
PREGNANCY_STATUS = ("82810-3", "Pregnancy status")
NOT_PREGNANT = concept(snomed("60001007", "Not pregnant (finding)"), text="Not pregnant")


def igg4_patient(chart: Chart, *, index: int | None = 6, igg4: float | None = 412, tested: bool = True) -> None:
    """Somebody with active IgG4-RD by D89.84. `igg4` in mg/dL, `index` the Responder Index: None leaves them out.

    `tested`: negative tests for hepatitis B and C and tuberculosis, and for a woman under 56 a status "not pregnant".
    """
    background(chart)
    condition(chart, IGG4_RD, chart.day(1100), recorded=96)
    if igg4 is not None:
        serum_igg4(chart, igg4, "mg/dL", 40)
    if index is not None:
        responder_index(chart, index)
    if tested:
        negative_tests(chart, 75)


def serum_igg4(chart: Chart, value: float, unit: str, ago: int) -> None:
    """Serum IgG4 in the unit of the laboratory; the limits of normal are in that unit, too."""
    per = {"mg/dL": 1.0, "g/L": 0.01, "mg/L": 10.0}[unit]
    result(chart, SERUM_IGG4._replace(unit=unit, low=round(4 * per, 2), high=round(86 * per, 2)), value, ago)


def bare_igg4(chart: Chart, value: dict[str, object], ago: int) -> None:
    """Serum IgG4 with a quantity exactly as given: without a unit, or with a comparator."""
    observation(chart, concept(coding(LOINC, SERUM_IGG4.code, SERUM_IGG4.display)), ago, valueQuantity=value)


def responder_index(chart: Chart, score: int, ago: int = 12) -> None:
    """The total of the Responder Index under the local code: no standard one exists."""
    result(chart, RESPONDER_INDEX, score, ago, category="survey")


def negative_tests(chart: Chart, ago: int) -> None:
    """HBsAg, antibodies against HCV and an IGRA, all negative; "not pregnant" where that could be asked."""
    for code, name in (HBSAG, HCV_ANTIBODY, IGRA):
        finding(chart, code, name, NEGATIVE, ago)
    if chart.sex == "female" and chart.age < 56:
        finding(chart, *PREGNANCY_STATUS, NOT_PREGNANT, 12, "social-history")


def positive_test(chart: Chart, test: tuple[str, str], ago: int) -> None:
    """One of these tests, positive."""
    finding(chart, *test, POSITIVE, ago)


def below(limit: float, unit: str) -> dict[str, object]:
    """A quantity of which is known only that it is below a limit."""
    return quantity(limit, unit, comparator="<")
