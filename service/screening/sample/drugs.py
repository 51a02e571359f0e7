"""Drugs and the four kinds of medication records, in R4. RxNorm codes and names are those of public prescriptions."""

from typing import NamedTuple

from service.screening.sample.chart import Chart
from service.screening.sample.terms import RXNORM, SNOMED, UCUM, Element, coding, concept, quantity, reference, stated

ORAL = concept(coding(SNOMED, "26643006", "Oral route (qualifier value)"))
INTRAVENOUS = concept(coding(SNOMED, "47625008", "Intravenous route (qualifier value)"))
TOPICAL = concept(coding(SNOMED, "6064005", "Topical route (qualifier value)"))
RESPIRATORY = concept(coding(SNOMED, "447694001", "Respiratory tract route (qualifier value)"))
TABLET = concept(coding(SNOMED, "385055001", "Tablet"))
PIECES = {"tablet": "{tbl}", "capsule": "{capsule}", "puff": "{puff}"}
RHYTHMS = {
    (1, 1, "d"): "once daily",
    (2, 1, "d"): "twice daily",
    (1, 2, "d"): "every other day",
    (1, 1, "wk"): "once a week",
}


class Product(NamedTuple):
    """A product: RxNorm code, name, and mg per piece where it has pieces."""

    code: str
    name: str
    milligrams: float | None = None

    @property
    def concept(self) -> Element:
        """Its CodeableConcept."""
        return concept(coding(RXNORM, self.code, self.name), text=self.name)


PREDNISONE_2_5 = Product("198146", "prednisone 2.5 MG Oral Tablet", 2.5)
PREDNISONE_5 = Product("312617", "prednisone 5 MG Oral Tablet", 5)
PREDNISONE_10 = Product("198145", "prednisone 10 MG Oral Tablet", 10)
PREDNISONE_20 = Product("312615", "prednisone 20 MG Oral Tablet", 20)
METHYLPREDNISOLONE_16 = Product("328161", "methylprednisolone 16 MG Oral Tablet", 16)
DEXAMETHASONE_1_5 = Product("197580", "dexamethasone 1.5 MG Oral Tablet", 1.5)
TACROLIMUS_1 = Product("198377", "tacrolimus 1 MG Oral Capsule", 1)
RITUXIMAB = Product("1657867", "50 ML rituximab 10 MG/ML Injection")
SIROLIMUS = concept(coding(RXNORM, "35302", "sirolimus"), text="sirolimus")
FORMULARY = {"sample-medication-prednisone-20": PREDNISONE_20, "sample-medication-prednisone-5": PREDNISONE_5}


def formulary(updated: str) -> list[Element]:
    """The Medication resources to which records refer; they belong to nobody."""
    meta = {"versionId": "1", "lastUpdated": updated}
    return [
        {"resourceType": "Medication", "id": identity, "meta": meta, **_product(each)}
        for identity, each in sorted(FORMULARY.items())
    ]


def _product(product: Product) -> Element:
    strength = {
        "numerator": quantity(product.milligrams or 0, "mg"),
        "denominator": quantity(1, "tablet", "{tbl}"),
    }
    ingredient = {"itemCodeableConcept": concept(text=product.name.split()[0]), "strength": strength}
    return {"status": "active", "code": product.concept, "form": TABLET, "ingredient": [ingredient]}


def contained(product: Product) -> Element:
    """The elements of a record that carries its Medication within."""
    return {
        "contained": [{"resourceType": "Medication", "id": "drug", **_product(product)}],
        "medicationReference": reference("#drug"),
    }


def coded(product: Product) -> Element:
    """The elements of a record that names its drug by a code."""
    return {"medicationCodeableConcept": product.concept}


def take(
    amount: float,
    unit: str = "tablet",
    *,
    times: int = 1,
    period: int = 1,
    period_unit: str = "d",
    days: int | None = None,
    sequence: int | None = None,
    as_needed: bool = False,
    route: Element = ORAL,
) -> Element:
    """An instruction whose text and structure agree: so many pieces, so many times per period, for some days."""
    bounds = {"boundsDuration": {"value": days, "unit": "days", "system": UCUM, "code": "d"}} if days else {}
    repeat = {"frequency": times, "period": period, "periodUnit": period_unit, **bounds}
    pieces = unit if amount == 1 or unit not in PIECES else f"{unit}s"
    words = [f"Take {amount:g} {pieces}", RHYTHMS[times, period, period_unit]]
    words += [f"for {days} days"] if days else []
    words += ["as needed"] if as_needed else []
    return stated({
        "sequence": sequence,
        "text": " ".join(words),
        "timing": {"repeat": repeat},
        "asNeededBoolean": True if as_needed else None,
        "route": route,
        "doseAndRate": [{"doseQuantity": quantity(amount, unit, PIECES.get(unit))}],
    })  # fmt: skip


def order(
    chart: Chart,
    drug: Element,
    ago: int,
    *instructions: Element,
    status: str = "active",
    authored: str | None = None,
    updated: int | None = None,
    **more: object,
) -> str:
    """A MedicationRequest; `drug` is `coded(…)`, `contained(…)` or a medicationReference. Its reference."""
    return chart.add(
        "MedicationRequest",
        ago,
        updated,
        status=status,
        intent="order",
        **drug,
        authoredOn=authored or chart.day(ago),
        requester={"display": "Outpatient clinic"},
        dosageInstruction=list(instructions) or None,
        **more,
    )


def statement(chart: Chart, drug: Element, begin: int, *instructions: Element, end: int | None = None) -> str:
    """A MedicationStatement: what the person says is taken since `begin` days ago; asked at the last visit."""
    return chart.add(
        "MedicationStatement",
        12 if end is None else end,
        status="active" if end is None else "completed",
        **drug,
        effectivePeriod=chart.period(begin, end),
        dosage=list(instructions) or None,
    )


def dispense(
    chart: Chart, drug: Element, ago: int, pieces: int, days: int, *instructions: Element, by: str | None = None
) -> str:
    """A MedicationDispense of so many pieces for so many days, on the order `by`."""
    return chart.add(
        "MedicationDispense",
        ago,
        status="completed",
        **drug,
        authorizingPrescription=[reference(by)] if by else None,
        quantity=quantity(pieces, "tablet", "{tbl}"),
        daysSupply={"value": days, "unit": "days", "system": UCUM, "code": "d"},
        whenHandedOver=chart.instant(ago, 12),
        dosageInstruction=list(instructions) or None,
    )


def administration(chart: Chart, drug: Element, ago: int, milligrams: float, route: Element) -> str:
    """A MedicationAdministration: given on that day."""
    return chart.add(
        "MedicationAdministration",
        ago,
        status="completed",
        **drug,
        effectiveDateTime=chart.instant(ago, 11),
        dosage={"route": route, "dose": quantity(milligrams, "mg")},
    )
