"""Draft orders of a call: which are meant, and what each would be once it is signed."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from service.fhir.own import Json
from service.fhir.references import LITERAL

ORDER = "MedicationRequest"  # no other order says anything of what somebody takes
MEDICATION = "Medication"
DRAFT = (None, "draft", "active", "on-hold", "unknown")  # whatever JSON holds can be compared with these
UNSIGNED = "draft"


@dataclass(frozen=True, slots=True)
class Drafts:
    """The drug orders that are meant, and the Medications in the same Bundle by their ids."""

    orders: tuple[Json, ...]
    medications: Mapping[str, Json]


def draft_orders(bundle: Mapping[str, object], selections: Collection[str] | None) -> Drafts:
    """The drug orders of a Bundle; `selections` (`Type/id`): only these, None: all."""
    found = tuple(_resources(bundle))
    chosen = None if selections is None else {_key(each) for each in selections}
    orders = tuple(
        each
        for each in found
        if each.get("resourceType") == ORDER
        and each.get("status") in DRAFT
        and (chosen is None or f"{ORDER}/{each.get('id')}" in chosen)
    )
    return Drafts(orders, {str(each.get("id")): each for each in found if each.get("resourceType") == MEDICATION})


def as_if_signed(order: Mapping[str, object], patient: str, at: date, number: int) -> Json:
    """The order as it would be on record: active, meant as an order, written on that day, with an id.

    A draft may name nobody yet; then it is the patient's whose chart is open.
    """
    status = order.get("status")
    return {
        **order,
        "id": order.get("id") or f"draft-{number}",
        "status": "active" if status in (None, UNSIGNED) else status,
        "intent": order.get("intent") if order.get("intent") not in (None, "proposal", "plan") else "order",
        "authoredOn": order.get("authoredOn") or at.isoformat(),
        "subject": order.get("subject") or {"reference": f"Patient/{patient}"},
    }


def _resources(bundle: Mapping[str, object]) -> Iterator[Json]:
    listed = bundle.get("entry")
    for each in listed if isinstance(listed, list) else ():
        resource = each.get("resource") if isinstance(each, dict) else None
        if isinstance(resource, dict):
            yield resource


def _key(reference: str) -> str:
    found = LITERAL.search(reference)
    return f"{found['type']}/{found['id']}" if found else reference
