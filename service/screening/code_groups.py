"""By which codes a Subscription to one type may be narrowed: those that the open studies ask for, in groups. Pure.

An event leads to a screening, for which everything is read. So narrowing makes no answer wrong: what no code tells
(a result that counts by its text, by a code that nobody mapped, or as a mere sign that the person was seen) comes
later, with the next event about that person or when everybody's turn comes.
"""

from collections.abc import Iterator

from service.ehr.capability import Features
from service.ehr.wanted import criteria_for, token
from service.eligibility.evaluate.context import RESOURCE_TYPES
from service.eligibility.outcome import Outcome
from service.eligibility.terms import Coding, Terminology, ValueSet
from service.screening.needs import Needs

# The search parameters by which a type's codes are asked for, the best first. Orders may refer to a Medication that
# holds the code, which no parameter of theirs reaches, so they are never narrowed.
PARAMS = {
    "AllergyIntolerance": ("code",),
    "Condition": ("code",),
    "Immunization": ("vaccine-code",),
    "Observation": ("combo-code", "code"),
    "Procedure": ("code",),
}
KINDS = {kind: each for each, kind in RESOURCE_TYPES.items()}
WRITTEN_DIFFERENTLY = "icd-10"  # with a dot or without: a search for the one does not find the other


def searches_for(kind: str, needs: Needs, features: Features) -> tuple[str, ...]:
    """The criteria for this type, narrowed to groups of codes; or one for all of it, where codes cannot tell enough."""
    param = next((each for each in PARAMS.get(kind, ()) if features.has(kind, f"?{each}")), None)
    codes = None if param is None else codes_of(kind, needs)
    return criteria_for(kind, codes or (), param or "")


def codes_of(kind: str, needs: Needs) -> frozenset[str] | None:
    """The codes that the open studies ask for in this type, with those of the site that lead to one of them.

    As tokens of a search. None where they cannot be listed: a set holds words alone, or all codes that begin alike, or
    codes that are written in several ways; or every record is kept, whatever its code.
    """
    asked = KINDS[kind]
    sets = [needs.terminology.value_sets[each] for each in needs.wanted[asked]]
    codings = frozenset(_codings(sets, needs.terminology))
    if asked in needs.whole or not all(_is_listed(each) for each in sets):
        return None
    if any(WRITTEN_DIFFERENTLY in each.system.lower() for each in codings):
        return None
    return frozenset(token(each.system, each.code) for each in codings) or None


def _is_listed(value_set: ValueSet) -> bool:
    sure, inexact = value_set.sure, value_set.inexact
    return bool(sure.listed or inexact.listed) and not (sure.prefixes or inexact.prefixes)


def _codings(sets: list[ValueSet], terminology: Terminology) -> Iterator[Coding]:
    for each in sets:
        yield from each.sure.listed | each.inexact.listed
    for own, targets in terminology.maps.items():
        targeted = (each.holds(target.target.normalized()).outcome for each in sets for target in targets)
        if any(outcome is not Outcome.NOT_MET for outcome in targeted):
            yield own
