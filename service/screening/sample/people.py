"""Invented people: names that nobody bears, ages from 0 to 95, and the Patient resource."""

from datetime import date, timedelta
from random import Random

from service.screening.sample.chart import DAYS_OF_A_YEAR, Chart
from service.screening.sample.terms import HL7, RECORD_NUMBERS, Element, coding, concept, hl7

GIVEN = {
    "female": ("Exempla", "Fictiva", "Invanta", "Modella", "Nemina", "Sampla", "Specima", "Testina", "Vagua"),
    "male": ("Exemplo", "Fictus", "Inventor", "Modello", "Nemo", "Sampler", "Specimus", "Testo", "Vago"),
}
FAMILY = ("Beispiel", "Ejemplo", "Example", "Fictional", "Invented", "Muster", "Nobody", "Notreal", "Sample")
CITIES = ("Sampleton", "Mustertown", "Fictional Falls", "Port Example", "Nowhere Heights")
# (youngest, oldest, weight): who comes to a general hospital
AGES = ((0, 2, 5), (3, 17, 9), (18, 34, 18), (35, 49, 18), (50, 64, 22), (65, 79, 20), (80, 95, 8))


def any_age(rng: Random) -> tuple[int, int]:
    """A group of ages, as often as a general hospital sees it."""
    youngest, oldest, _ = rng.choices(AGES, weights=[weight for _, _, weight in AGES])[0]
    return youngest, oldest


def begin(
    identity: str, previous: str | None, today: date, rng: Random, sex: str | None, ages: tuple[int, int]
) -> Chart:
    """A chart with nothing but its Patient. `ages`: youngest and oldest age in years; `sex`: either if None."""
    youngest, oldest = ages
    lived = rng.randint(int(youngest * DAYS_OF_A_YEAR) + 20, int((oldest + 1) * DAYS_OF_A_YEAR) - 20)
    chart = Chart(
        id=identity,
        today=today,
        rng=rng,
        sex=sex or rng.choice(("female", "male")),
        birth=today - timedelta(days=lived),
        previous=previous,
    )
    chart.resources.append(_patient(chart))
    return chart


def _patient(chart: Chart) -> Element:
    number = chart.id.rpartition("-")[2]
    rng = chart.rng
    record = {"system": RECORD_NUMBERS, "value": number}
    name = {"family": f"{rng.choice(FAMILY)}{number}", "given": [rng.choice(GIVEN[chart.sex])]}
    return {
        "resourceType": "Patient",
        "id": chart.id,
        "meta": {"versionId": "1", "lastUpdated": chart.instant(rng.randint(1, 300), 8)},
        "identifier": [{"type": hl7("v2-0203", "MR", "Medical record number"), **record}],
        "active": True,
        "name": [{"use": "official", **name}],
        "gender": chart.sex,
        "birthDate": chart.birth.isoformat(),
        "address": [{"use": "home", "city": rng.choice(CITIES), "postalCode": "00000"}],
        "telecom": [{"system": "phone", "use": "home", "value": f"555-01{rng.randint(0, 99):02}"}],
        "communication": [{"language": concept(coding("urn:ietf:bcp:47", "en", "English")), "preferred": True}],
    }


def dies(chart: Chart, ago: int) -> None:
    """This person died that many days ago."""
    chart.patient["deceasedDateTime"] = chart.instant(ago, 4)


def is_invented_for_testing(chart: Chart) -> None:
    """A record that somebody made in the hospital's own system, to try it out."""
    chart.patient["meta"]["tag"] = [coding(f"{HL7}/v3-ActReason", "HTEST", "test health data")]


def is_replaced_by(chart: Chart, survivor: str) -> None:
    """A second record of a person who already had one: merged into that of `survivor` (an id)."""
    chart.patient["active"] = False
    chart.patient["link"] = [{"other": {"reference": f"Patient/{survivor}"}, "type": "replaced-by"}]
