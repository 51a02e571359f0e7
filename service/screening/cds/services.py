"""The CDS services there are, and what discovery tells of them. STANDARDS 1A."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.fhir.cds.call import Hook
from service.screening.cds.templates import templates
from service.screening.tenant import Tenant

NEEDS_ACCESS = (
    "All records that the open studies ask for are prefetched. What does not come along, or not whole, is read from "
    "the FHIR server with the token of the call; without one, the studies that depend on it are not spoken of."
)


@dataclass(frozen=True, slots=True)
class CdsService:
    """One address, and the hooks that are answered there: a later one's cards replace those of an earlier one."""

    id: str
    title: str
    description: str
    hooks: tuple[Hook, ...]


CHART = CdsService(
    "prescreen-chart",
    "Clinical studies this patient may fit",
    "Says, and only then, that a patient may fit an open clinical study: how many criteria fit, and what is missing.",
    (Hook.PATIENT_VIEW, Hook.ENCOUNTER_START),
)
ORDERS = CdsService(
    "prescreen-orders",
    "Orders that speak against a clinical study",
    "Warns of a drug order that would keep a patient out of a study they may fit so far, and says until when.",
    (Hook.ORDER_SELECT, Hook.ORDER_SIGN),
)
SERVICES: Mapping[str, CdsService] = {each.id: each for each in (CHART, ORDERS)}


def discovery(tenant: Tenant) -> dict[str, object]:
    """What a client is told: each hook of each service, with what to send along. Without open studies, nothing."""
    if not tenant.studies or tenant.cards is None:
        return {"services": []}
    asked = dict(templates(tenant, with_roles=bool(tenant.cards.roles)))
    return {
        "services": [
            {
                "hook": hook.value,
                "title": each.title,
                "description": each.description,
                "id": each.id,
                "prefetch": asked,
                "usageRequirements": NEEDS_ACCESS,
            }
            for each in SERVICES.values()
            for hook in each.hooks
        ]
    }
