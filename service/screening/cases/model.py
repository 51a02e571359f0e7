"""One case: who it is, what is on record, and what is expected."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from service.eligibility.outcome import Outcome

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Expected:
    """The outcome of one criterion; `reasons` only where the case names them, and then exactly these."""

    outcome: Outcome
    reasons: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class PatientCase:
    """An invented patient, the FHIR resources on record, and the answers that the study has to give.

    `where` is `file:line`. `assessment` holds what is expected of the whole: standing, signal, later, next_change.
    """

    name: str
    where: str
    at: date
    patient: Json
    resources: tuple[Json, ...]
    not_loaded: frozenset[str]
    expected: Mapping[str, Expected]
    assessment: Mapping[str, object]
