"""What a person said of single records, while they are read: left out, or told to be of another version by now.

A record *entered in error* says nothing, as one of that status: no fact, nothing unreadable, no day of contact. A drug
that was *never taken* is no exposure and denies no other record of the drug, which may have been taken; that it was
ordered or handed out stays a contact. Either holds for the version alone that the person saw.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from service.errors import InvalidValue
from service.fhir.reading import Adapted

NEVER_TAKEN, ENTERED_IN_ERROR = "never-taken", "entered-in-error"
CLAIMS = frozenset({NEVER_TAKEN, ENTERED_IN_ERROR})


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said of a record, and of which version of it (see `screening.versions`). `criteria`: by study, those
    whose answers rested on it then."""

    claim: str
    version: str
    by: str
    at: str
    criteria: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        if self.claim not in CLAIMS:
            raise InvalidValue(f"of a record it can be said: {', '.join(sorted(CLAIMS))}")


Claims = Mapping[str, Claim]  # by `Type/id`
NO_CLAIMS: Claims = {}


@dataclass(frozen=True, slots=True)
class Corrected:
    """A record of which a person said something. `holds` False: the record changed since, and counts as it stands."""

    record: str
    claim: Claim
    holds: bool

    def as_json(self, study: str) -> dict[str, object]:
        """As a line of an assessment tells it; why a person said so is not in it."""
        said = self.claim
        return {
            "record": self.record,
            "claim": said.claim,
            "by": said.by,
            "at": said.at,
            "holds": self.holds,
            "criteria": list(said.criteria.get(study, ())),
        }


def left_of(adapted: Adapted, claim: Claim) -> Adapted:
    """What counts of a record of which that holds."""
    contacts = adapted.contacts if claim.claim == NEVER_TAKEN else ()
    return replace(adapted, facts=(), unreadable=(), contacts=contacts)


def told(corrected: tuple[Corrected, ...], study: str) -> dict[str, object]:
    """What is added to the line of a study; nothing where nobody corrected anything."""
    ordered = sorted(corrected, key=lambda each: each.record)
    return {"corrections": [each.as_json(study) for each in ordered]} if ordered else {}
