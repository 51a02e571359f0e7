"""In one word, where a patient stands: by the records, by what people answered, or later by time alone. Pure.

Every page says it by this rule, so that the same person is called the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.screening.decisions.applied import CANDIDATE, INELIGIBLE, NEEDS_REVIEW

LATER = "later"
BY_PEOPLE = "kept-out-by-people"
# In the order in which studies are listed. Nobody is called one who may, or may not, take part.
STANDINGS = {
    CANDIDATE: "May fit: nothing on record stands against it.",
    NEEDS_REVIEW: "Open: the record does not settle every criterion.",
    LATER: "Later: time alone keeps the patient out.",
    INELIGIBLE: "Does not fit as the record stands: at least one criterion speaks against it.",
    BY_PEOPLE: "Does not fit by what people answered: at least one criterion speaks against it.",
}


def stand_of(standing: str, later: object, machine: Mapping[str, Any] | None) -> str:
    """The standing, but for who is kept out by time alone (`later`), and by people's answers alone (`BY_PEOPLE`).

    `machine`: what the machine alone says, where people's answers make a difference (see `with_decisions`).
    """
    if standing != INELIGIBLE:
        return standing
    if later is not None:
        return LATER
    return BY_PEOPLE if machine is not None and machine["standing"] != INELIGIBLE else standing
