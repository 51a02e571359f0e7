"""Results that no study asks for: of many of one moment, one is enough to show that the person was seen.

Most of a chart are results, and most results are of no use to the few studies that a chart may speak for. Reading them
takes most of the time. What is left out here could only have been counted as a contact, of which one of the same
moment stays; so the answers are the same as without it.
"""

from collections.abc import Mapping

from service.ehr.searching import Resource
from service.eligibility.facts import Kind
from service.eligibility.outcome import Outcome
from service.errors import UnreadableResource
from service.fhir.elements import nodes, read_concept
from service.fhir.observations import RANKS
from service.screening.needs import Needs
from service.twofold import Twofold

# With any of these, what it says or whether it counts takes a closer look.
UNUSUAL = frozenset({"focus", "modifierExtension", "implicitRules", "component", "issued", "effectivePeriod"})
SHORTEST = len("2026-06-30")


def thinned(results: Mapping[str, Resource], needs: Needs) -> dict[str, Resource]:
    """The Observations that could matter, and one for each moment at which any other was made."""
    kept: dict[str, Resource] = {}
    seen: set[str] = set()
    for key, each in results.items():
        moment = None if _may_matter(each, needs) else _plain_moment(each)
        if moment is None or moment not in seen:
            kept[key] = each
        if moment is not None:
            seen.add(moment)
    return kept


def _may_matter(result: Resource, needs: Needs) -> bool:
    """Could any study ask for it, by any of its codes or words, or because nobody can tell what it is?"""
    if isinstance(result, Twofold):
        return True
    ids = needs.wanted[Kind.OBSERVATION]
    try:
        parts = [result.get("code"), *(each.get("code") for each in nodes(result.get("component"), "component"))]
        concepts = [read_concept(each, "code") for each in parts]
    except UnreadableResource:
        return True
    legible = all(each.codings or each.texts for each in concepts)
    return not legible or any(
        needs.terminology.membership(ids, each).outcome is not Outcome.NOT_MET for each in concepts
    )


def _plain_moment(result: Resource) -> str | None:
    """When a result was made that surely counts as a contact; None for one that takes a closer look."""
    moment, quantity = result.get("effectiveDateTime"), result.get("valueQuantity", {})
    if UNUSUAL & result.keys() or result.get("status") not in RANKS:
        return None
    if not isinstance(moment, str) or len(moment) < SHORTEST:
        return None
    number = quantity.get("value", 0) if isinstance(quantity, dict) else None
    return moment if isinstance(number, int | float) and not isinstance(number, bool) else None
