"""The many who come to a hospital for something else: visits, vital signs, chronic illness and its treatment.

Most were seen within the last two years. Some charts are silent, some people have died; a few illnesses and drugs among
them decide criteria of studies just as they do in life.
"""

from service.screening.sample import illnesses
from service.screening.sample.chart import Chart
from service.screening.sample.clinical import (
    Lab,
    allergy,
    condition,
    observation,
    procedure,
    research_consent,
    result,
    vaccination,
    visit,
)
from service.screening.sample.drugs import (
    INTRAVENOUS,
    PREDNISONE_20,
    Product,
    administration,
    coded,
    dispense,
    order,
    statement,
    take,
)
from service.screening.sample.illnesses import CHRONIC, PASSING, ROUTINE, Illness, Treatment
from service.screening.sample.people import dies
from service.screening.sample.terms import LOINC, coding, concept, quantity, reference

TWO_YEARS = 730
WEIGHT = Lab("29463-7", "Body weight", "kg", None, None)
HEIGHT = Lab("8302-2", "Body height", "cm", None, None)
FUROSEMIDE = Product("1719286", "10 ML furosemide 10 MG/ML Injection")


def ordinary(chart: Chart) -> None:
    """Write the whole chart of somebody ordinary."""
    silent = chart.chance(0.07) and chart.age > 6
    seen = _visits(chart, TWO_YEARS + 60 if silent else 0)
    for each in CHRONIC:
        if _has(chart, each):
            _chronic(chart, each, seen)
    _now_and_then(chart, seen)
    if not silent and chart.age > 60 and chart.chance(0.05):
        dies(chart, chart.rng.randint(0, seen[0]))


def background(chart: Chart) -> None:
    """What people have besides their story: visits and common illness, nothing that decides a criterion."""
    visits = [(ago, visit(chart, ago)) for ago in (12, 96, 215, 410)]
    for ago, encounter in visits:
        vital_signs(chart, ago, encounter)
        _routine(chart, ago, encounter)
    for each in CHRONIC:
        if not each.unusual and _has(chart, each):
            _chronic(chart, each, [ago for ago, _ in visits])


def _visits(chart: Chart, since: int) -> list[int]:
    """Write one to six visits, none within the last `since` days; days ago of each, the latest first."""
    oldest = min(since + TWO_YEARS, chart.lived - 1)
    days = sorted({chart.rng.randint(min(since + 2, oldest), oldest) for _ in range(chart.rng.randint(1, 6))})
    for ago in days:
        encounter = visit(chart, ago, "EMER" if chart.chance(0.1) else "AMB")
        vital_signs(chart, ago, encounter)
        if chart.chance(0.55):
            _routine(chart, ago, encounter)
        if chart.chance(0.35):
            _passing(chart, ago, encounter)
    return days


def vital_signs(chart: Chart, ago: int, encounter: str) -> None:
    """Weight, height, and from three years on blood pressure as a panel of components."""
    years = min(chart.age, 18)
    seen = reference(encounter)
    weight = round(3.5 + years * (4 if chart.sex == "male" else 3.5) + chart.rng.gauss(0, 1 + years / 2), 1)
    result(chart, WEIGHT, max(weight, 2.5), ago, encounter, category="vital-signs")
    if chart.chance(0.3):
        height = round(50 + years * 6.6 + chart.rng.gauss(0, years / 3))
        result(chart, HEIGHT, height, ago, encounter, category="vital-signs")
    if chart.age >= 3:
        systolic = round(chart.rng.gauss(105 + chart.age / 3, 9))
        panel = concept(coding(LOINC, "85354-9", "Blood pressure panel with all children optional"))
        diastolic = round(systolic * 0.62)
        parts = (("8480-6", "Systolic blood pressure", systolic), ("8462-4", "Diastolic blood pressure", diastolic))
        components = [
            {"code": concept(coding(LOINC, code, name)), "valueQuantity": quantity(value, "mmHg", "mm[Hg]")}
            for code, name, value in parts
        ]
        observation(chart, panel, ago, "vital-signs", component=components, encounter=seen)


def _routine(chart: Chart, ago: int, encounter: str) -> None:
    for lab, mean, deviation, digits in ROUTINE:
        result(chart, lab, _about(chart, mean, deviation, digits), ago, encounter)


def _about(chart: Chart, mean: float, deviation: float, digits: int) -> float:
    value = round(max(chart.rng.gauss(mean, deviation), mean / 3), digits)
    return int(value) if digits == 0 else value


def _has(chart: Chart, illness: Illness) -> bool:
    """The older, the more often; the full share thirty years after the illness first appears."""
    if chart.age < illness.from_age or illness.sex not in (None, chart.sex):
        return False
    return chart.chance(illness.share * min(1, 0.3 + (chart.age - illness.from_age) / 40))


def _chronic(chart: Chart, illness: Illness, seen: list[int]) -> None:
    began = min(chart.rng.randint(200, 4500), int(chart.lived - illness.from_age * 365))
    ago = seen[0]
    onset = chart.rng.choice((chart.day, chart.day, chart.month, chart.year))(max(began, ago))
    condition(chart, illness.code, onset, recorded=ago)
    if illness.test is not None:
        lab, mean, deviation, digits = illness.test
        result(chart, lab, _about(chart, mean, deviation, digits), ago)
    if illness.treatment is not None:
        _treat(chart, illness.treatment, ago)


def _treat(chart: Chart, treatment: Treatment, ago: int) -> None:
    """An order renewed at the last visit; some of it is dispensed, some people say themselves what they take."""
    how = take(
        treatment.amount,
        treatment.unit,
        times=treatment.times,
        period=treatment.period,
        period_unit=treatment.period_unit,
        route=treatment.route,
    )
    drug = coded(treatment.product)
    request = order(chart, drug, ago, how)
    if treatment.unit == "tablet" and chart.chance(0.4):
        pieces = round(90 * treatment.amount * treatment.times / (7 if treatment.period_unit == "wk" else 1))
        dispense(chart, drug, ago, pieces, 90, how, by=request)
    if chart.chance(0.15):
        statement(chart, drug, ago + 200, how)


def _passing(chart: Chart, ago: int, encounter: str) -> None:
    """Something that went by; its end is written down half of the time."""
    illness = chart.rng.choice(PASSING)
    if not illness.ages[0] <= chart.age <= illness.ages[1]:
        return
    over = ago > illness.days and chart.chance(0.5)
    end = chart.day(ago - illness.days) if over else None
    condition(
        chart,
        illness.code,
        chart.day(ago + 2),
        recorded=ago,
        status="resolved" if over else "active",
        abated=end,
        encounter=encounter,
    )


def _now_and_then(chart: Chart, seen: list[int]) -> None:
    """Vaccines, procedures, allergies, a short course of prednisone, a stay, a consent: each in some charts."""
    ago = seen[0]
    if chart.age < 18:
        for vaccine, day_of_life in illnesses.CHILDHOOD:
            if day_of_life < chart.lived:
                vaccination(chart, vaccine, chart.lived - day_of_life)
    elif chart.chance(0.4):
        vaccination(chart, illnesses.INFLUENZA, ago)
    for code, from_age in illnesses.PROCEDURES:
        if chart.age > from_age and chart.chance(0.07):
            procedure(chart, code, ago)
    if chart.chance(0.25):
        allergy(chart, chart.rng.choice((illnesses.PENICILLIN, illnesses.NO_DRUG_ALLERGY)), ago)
    if chart.age > 16 and chart.chance(0.04):
        order(chart, coded(PREDNISONE_20), ago, take(2, days=5), status="completed")
    if chart.age > 50 and chart.chance(0.05):
        visit(chart, ago, "IMP", nights=min(4, ago))
        administration(chart, coded(FUROSEMIDE), ago, 40, INTRAVENOUS)
    if chart.chance(0.2):
        research_consent(chart, ago, permits=True)
