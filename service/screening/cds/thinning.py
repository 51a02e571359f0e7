"""Results that no study asks for: of many of one moment, one is enough to show that the person was seen.

Most of a chart are results, and most results are of no use to the few studies that a chart may speak for. Reading them
takes most of the time. What is left out here could only have been counted as a contact, of which one of the same
moment stays; so the answers are the same as without it.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from zoneinfo import ZoneInfo

from service.ehr.searching import Resource
from service.eligibility.dosing.body import by_body_size
from service.eligibility.facts import Kind, MedicationFact, PatientRecord
from service.eligibility.outcome import Outcome
from service.eligibility.terms import Terminology
from service.errors import UnreadableResource
from service.fhir.dates import read_moment
from service.fhir.elements import nodes, read_concept, read_concepts
from service.fhir.observations import RANKS, focus_is_coded, says_why_not
from service.screening.needs import Needs
from service.twofold import Twofold

# With any of these, what it says or whether it counts takes a closer look.
UNUSUAL = frozenset({"focus", "modifierExtension", "implicitRules"})
# Those that may be beside the one moment, and the one value; any other of their kind contradicts them.
MOMENT, QUANTITY = "effectiveDateTime", "valueQuantity"
NUMBERS, TEXTS = (int, float), ("unit", "system", "code")
SHORTEST = len("2026-06-30")
CHOICE = re.compile("(?:effective|value)[A-Z]")
UTC = ZoneInfo("UTC")


def thinned(results: Mapping[str, Resource], needs: Needs, *, sizes: bool = True) -> dict[str, Resource]:
    """The Observations that could matter, and one for each moment at which any other was made.

    `sizes` False: no dose goes by body weight or height, so that these matter only where a criterion asks for them.
    """
    kept: dict[str, Resource] = {}
    seen: set[str] = set()
    asked = needs.wanted[Kind.OBSERVATION] if sizes else needs.asked_of_results
    for key, each in results.items():
        moment = None if _may_matter(each, needs.terminology, asked) else _plain_moment(each)
        if moment is None or moment not in seen:
            kept[key] = each
        if moment is not None:
            seen.add(moment)
    return kept


def goes_by_size(record: PatientRecord) -> bool:
    """May any dose on record go by body weight or height?"""
    return any(isinstance(each, MedicationFact) and by_body_size(each) for each in record.facts)


def _may_matter(result: Resource, terminology: Terminology, asked: tuple[str, ...]) -> bool:
    """Could any study ask for it, by any of its codes or words, or because nobody can tell what it is?"""
    if isinstance(result, Twofold):
        return True
    try:
        parts = [result.get("code"), *(each.get("code") for each in nodes(result.get("component"), "component"))]
        concepts = [read_concept(each, "code") for each in parts]
    except UnreadableResource:
        return True
    legible = all(each.codings or each.texts for each in concepts)
    # by a bare unknown code no fact is kept, but a component that cannot be read may be anything
    membership = terminology.membership
    return not legible or any(membership(asked, each).outcome is not Outcome.NOT_MET for each in concepts)


def _plain_moment(result: Resource) -> str | None:
    """When a result was made that surely counts as a contact; None for one that takes a closer look."""
    if not _is_plain(tuple(result)) or result.get("status") not in RANKS or not _is_number(result.get(QUANTITY)):
        return None
    moment, meta = result[MOMENT], result.get("meta")
    if not isinstance(moment, str) or len(moment) < SHORTEST or not isinstance(meta, dict | None):
        return None
    try:
        if focus_is_coded(result) or says_why_not(result):
            return None
        read_moment(moment, MOMENT, UTC)
        read_moment(meta.get("lastUpdated") if meta else None, "meta.lastUpdated", UTC)
        read_concepts(result.get("interpretation"), "interpretation")
    except UnreadableResource:
        return None
    return moment


@lru_cache(maxsize=16384)
def _is_plain(names: tuple[str, ...]) -> bool:
    """Is it, by the names of its elements, the result of one moment, with a number for its value if it has any?"""
    of_choices = {each for each in names if CHOICE.match(each)}
    return MOMENT in of_choices and of_choices <= {MOMENT, QUANTITY} and UNUSUAL.isdisjoint(names)


def _is_number(quantity: object) -> bool:
    if quantity is None:
        return True
    if not isinstance(quantity, dict) or quantity.get("comparator") is not None:
        return False
    stated = all(isinstance(quantity.get(each), str | None) for each in TEXTS)
    return stated and type(quantity.get("value", 0)) in NUMBERS
