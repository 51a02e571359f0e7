"""How the lines of what was given and done look: drugs, procedures, vaccines. Holes and shape are those of `forms`."""

from collections.abc import Iterator, Mapping

import orjson

from service.screening.sample.drugs import INTRAVENOUS, ORAL, Product
from service.screening.sample.terms import Element, hl7, quantity, reference
from tests.bench.corpus.forms import DOCTOR, PLACE, SUBJECT, VISIT, resource_of, told


def formulary(ids: Mapping[Product, str]) -> Iterator[bytes]:
    """The Medications to which orders refer, each with its line end."""
    for product, identity in ids.items():
        meta = {"versionId": "1", "lastUpdated": "2020-01-02T03:04:05+00:00"}
        drug = {"resourceType": "Medication", "id": identity, "meta": meta, "status": "active", "code": product.concept}
        yield orjson.dumps(drug, option=orjson.OPT_APPEND_NEWLINE)


def order(product: Product, pieces: float, words: str, by_reference: str | None = None) -> bytes:
    """An order for 30 days and two renewals, its drug by a code, or by reference to a Medication; `status`."""
    drug: Element = {"medicationReference": reference(f"Medication/{by_reference}", product.name)}
    if by_reference is None:
        drug = {"medicationCodeableConcept": product.concept}
    days = {"value": 30, "unit": "days", "system": "http://unitsofmeasure.org", "code": "d"}
    return resource_of(
        "MedicationRequest",
        "medicationrequest",
        status="$status",
        intent="order",
        category=[hl7("medicationrequest-category", "outpatient", "Outpatient")],
        priority="routine",
        **drug,
        subject=SUBJECT,
        encounter=VISIT,
        authoredOn="$when",
        requester=DOCTOR,
        dosageInstruction=[
            {
                "sequence": 1,
                "text": words,
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                "asNeededBoolean": False,
                "route": ORAL,
                "doseAndRate": [
                    {
                        "type": hl7("dose-rate-type", "ordered", "Ordered"),
                        "doseQuantity": quantity(pieces, "tablet", "{tbl}"),
                    }
                ],
            }
        ],
        dispenseRequest={
            "numberOfRepeatsAllowed": 2,
            "quantity": quantity(30 * pieces, "tablet", "{tbl}"),
            "expectedSupplyDuration": days,
        },
    )


def infusion(product: Product, milligrams: float) -> bytes:
    """A drug given into a vein during the visit."""
    return resource_of(
        "MedicationAdministration",
        None,
        status="completed",
        medicationCodeableConcept=product.concept,
        subject=SUBJECT,
        context=VISIT,
        effectiveDateTime="$when",
        performer=[{"actor": DOCTOR}],
        dosage={"text": "as an infusion", "route": told(INTRAVENOUS), "dose": quantity(milligrams, "mg")},
    )


def procedure(code: Element, reason: Element) -> bytes:
    """Something done during the visit."""
    return resource_of(
        "Procedure",
        "procedure",
        status="completed",
        code=told(code),
        subject=SUBJECT,
        encounter=VISIT,
        performedPeriod={"start": "$when", "end": "$until"},
        performer=[{"actor": DOCTOR}],
        location=PLACE,
        reasonCode=[told(reason)],
    )


def immunization(code: Element) -> bytes:
    """A vaccine given during the visit."""
    return resource_of(
        "Immunization",
        "immunization",
        status="completed",
        vaccineCode=told(code),
        patient=SUBJECT,
        encounter=VISIT,
        occurrenceDateTime="$when",
        primarySource=True,
        location=PLACE,
        lotNumber="A-$number",
        performer=[{"actor": DOCTOR}],
    )
