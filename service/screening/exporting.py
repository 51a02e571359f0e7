"""What a bulk export is asked for, so that these studies can be screened on it, and no more. STANDARDS 3.6, 3.10, 3.66.

Nothing is narrowed by dates, and by codes only where somebody wants that: a record may count by its text alone, by a
code that no map of the site knows, or as a sign that the person was seen, and none of that comes then. So a type that
was narrowed is never complete: what is there counts, and nothing is concluded from what is not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from service.catalog.load import Catalog
from service.ehr.bulk import Asked, Level
from service.ehr.capability import Features
from service.ehr.wanted import criteria_for
from service.eligibility.criteria import Study
from service.errors import UsageError
from service.screening.code_groups import PARAMS, codes_of
from service.screening.needs import Needs

NEVER_LEFT_OUT = "Consent"
PATIENT = "Patient"
NARROWED = "Observation"  # the most numerous, and the one whose codes are listed rather than told by their beginning
LONGEST = 5000  # characters of a query: servers take one for each type, if any, in addresses of 8000 at least


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Queries of a type (`filters`) with so many `codes`; or `why` there are none."""

    filters: Mapping[str, tuple[str, ...]]
    codes: int = 0
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """The question, and which types that the studies need are not in it, as the token does not reach them wholly."""

    asked: Asked
    not_granted: tuple[str, ...]


def types_of(studies: Iterable[Study], catalog: Catalog) -> tuple[str, ...]:
    """The types that these studies need, sorted. What the site says it does not keep is not asked for, but Consent:
    a refusal of research is never to be missed."""
    needed = Needs(studies, catalog.terminology).types | {PATIENT, NEVER_LEFT_OUT}
    return tuple(sorted(needed - (catalog.policy.not_kept - {NEVER_LEFT_OUT})))


def narrowing(studies: Iterable[Study], catalog: Catalog, features: Features) -> Narrowing:
    """How results can be narrowed to the codes that these studies ask for, with a site's own that lead to them."""
    param = next((each for each in PARAMS[NARROWED] if features.has(NARROWED, f"?{each}")), None)
    if param is None:
        return Narrowing({}, why=f"the server does not declare a search of {NARROWED} by code")
    codes = codes_of(NARROWED, Needs(studies, catalog.terminology))
    queries = criteria_for(NARROWED, codes or (), param, LONGEST)
    if not codes or len(queries) > 1:
        return Narrowing({}, why="the codes that the studies ask for cannot be listed in one query")
    return Narrowing({NARROWED: (queries[0].removeprefix(f"{NARROWED}?"),)}, len(codes))


def planned(
    types: Iterable[str],
    not_granted: Iterable[str],
    level: Level,
    group: str | None,
    filters: Mapping[str, tuple[str, ...]] | None = None,
) -> Planned:
    """The question for these types, as far as they are granted. Raises UsageError where the patients are not."""
    needed, lacking = set(types), set(not_granted)
    if PATIENT in lacking:
        raise UsageError(
            "the server does not grant this service Patient: nobody could be screened; ask for system/Patient.rs"
        )
    granted = needed - lacking
    narrowed = {kind: queries for kind, queries in (filters or {}).items() if kind in granted}
    asked = Asked(level, tuple(sorted(granted)), group, narrowed)
    return Planned(asked, tuple(sorted(needed & lacking)))
