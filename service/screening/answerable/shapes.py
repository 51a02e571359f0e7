"""What is told of an export: numbers in bands, codes and texts that are listed. Shapes alone; `report` makes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from service.eligibility.terms import Coding
from service.screening.answerable.codes import Suggested
from service.screening.answerable.proposals import Proposal
from service.screening.studying.suppression import Band

NOT_KEPT, OPTIONAL, REQUIRED = "not-kept", "optional", "required"


@dataclass(frozen=True, slots=True)
class Answered:
    """One criterion: how many answers are decided, and how many are unknown, by the first reason (`why`).

    `manual`: no record could decide it. `lacking`: of which types something was not loaded.
    """

    criterion: str
    kind: str
    text: str
    people: Band
    decided: Band
    by_absence: Band
    unknown: Band
    why: Mapping[str, Band]
    manual: bool
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A code, or a text without one, as it is listed. `text`: what stands beside it, None where of too few people."""

    kind: str
    coding: Coding
    text: str | None
    patients: Band
    records: Band


@dataclass(frozen=True, slots=True)
class OfStudy:
    """One study."""

    id: str
    version: str
    title: str
    criteria: tuple[Answered, ...]


@dataclass(frozen=True, slots=True)
class OfType:
    """One resource type: for how many people it was loaded completely, incompletely, or not at all.

    `state`: the one of these that holds for everybody, if one does. `lines`: how many of it were read, None of Patient:
    that would tell how many are not screened.
    """

    name: str
    need: str
    people: Band
    states: Mapping[str, Band]
    state: str | None
    lines: Band | None
    criteria: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OfValueSet:
    """The codes of one value set that were met, each with whether it is one itself or by a map."""

    id: str
    title: str
    kind: str
    codes: tuple[tuple[Listed, str], ...]


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A code or text that nothing classifies and that looks like a wanted concept, and what could be proposed."""

    met: Listed
    may_be: tuple[Suggested, ...]
    proposal: Proposal | None


@dataclass(frozen=True, slots=True)
class DoseText:
    """The text of an instruction that gave no dose: why, how many records, of how many people."""

    lack: str
    text: str
    patients: Band
    records: Band


@dataclass(frozen=True, slots=True)
class OfDrug:
    """The records of the drugs of one dose that is asked for: how many there are, and of how many the dose is computed.

    None, or not among `why`: they are of too few people.
    """

    study: str
    criterion: str
    value_sets: tuple[str, ...]
    unit: str
    equivalent_to: str | None
    records: Band | None
    computed: Band | None
    as_range: Band | None
    not_computed: Band | None
    why: Mapping[str, Band]
    texts: tuple[DoseText, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What an export can and cannot answer. `band`: how wide the bands of counts are, 1 where everything is told.

    `held`: who is not screened, told only with everything. `titles`: of the value sets.
    """

    at: date
    band: int
    screened: Band
    held: Mapping[str, int] | None
    studies: tuple[OfStudy, ...]
    types: tuple[OfType, ...]
    value_sets: tuple[OfValueSet, ...]
    look_alikes: tuple[LookAlike, ...]
    silent: tuple[Listed, ...]
    doses: tuple[OfDrug, ...]
    titles: Mapping[str, str]
