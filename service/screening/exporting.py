"""What a bulk export is asked for, so that these studies can be screened on it, and no more. STANDARDS 3.6, 3.66.

Codes and dates narrow nothing: a record may count by its text alone, and a type that was narrowed could not be taken
for complete.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from service.catalog.load import Catalog
from service.ehr.bulk import Asked, Level
from service.eligibility.criteria import Study
from service.errors import UsageError
from service.screening.exports import transaction_time
from service.screening.needs import Needs

NEVER_LEFT_OUT = "Consent"
PATIENT = "Patient"


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


def planned(
    types: Iterable[str], not_granted: Iterable[str], level: Level, group: str | None, since: str | None
) -> Planned:
    """The question for these types, as far as they are granted. Raises UsageError where the patients are not."""
    needed, lacking = set(types), set(not_granted)
    if PATIENT in lacking:
        raise UsageError(
            "the server does not grant this service Patient: nobody could be screened; ask for system/Patient.rs"
        )
    asked = Asked(level, tuple(sorted(needed - lacking)), group, since=since)
    return Planned(asked, tuple(sorted(needed & lacking)))


def since_of(earlier: Path) -> str:
    """When the data of an earlier export were current, by the server's clock. Raises UsageError where nothing says it.

    The clock of this machine is never taken: what changed between the two would be missed.
    """
    found = transaction_time(earlier)
    if found is None:
        raise UsageError(f"{earlier}: no manifest in it says when its data were current; export everything")
    return found
