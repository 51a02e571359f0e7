"""Composition of characteristics into criteria, and of criteria into a study."""

from dataclasses import dataclass
from typing import Literal

from service.eligibility.criteria.events import Event
from service.eligibility.criteria.states import (
    AgeAtScreening,
    Alive,
    AllergyKnown,
    BreastFeeding,
    ConsentIs,
    Manual,
    Pregnant,
    SexIs,
)
from service.errors import InvalidValue

Characteristic = Event | AllergyKnown | ConsentIs | AgeAtScreening | SexIs | Alive | Pregnant | BreastFeeding | Manual


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple["Node", ...]

    def __post_init__(self) -> None:
        _need_parts(self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple["Node", ...]

    def __post_init__(self) -> None:
        _need_parts(self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class AtLeast:
    """At least `count` of the parts hold."""

    count: int
    parts: tuple["Node", ...]

    def __post_init__(self) -> None:
        _need_parts(self.parts)
        if not 1 <= self.count <= len(self.parts):
            raise InvalidValue(f"at least {self.count} of {len(self.parts)} parts can never be asked")


@dataclass(frozen=True, slots=True)
class IfElse:
    """Where `condition` holds, `then` decides; where it does not, `otherwise`. An unknown one needs both to agree."""

    condition: "Node"
    then: "Node"
    otherwise: "Node"


@dataclass(frozen=True, slots=True)
class Tier:
    """One named tier of a graded statement, such as definite, probable, possible."""

    name: str
    node: "Node"


@dataclass(frozen=True, slots=True)
class Tiers:
    """Graded statement: it holds if any tier does; the first tier that holds is printed."""

    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        _need_parts(self.tiers)


Node = AllOf | AnyOf | Not | AtLeast | IfElse | Tiers | Characteristic


def _need_parts(parts: tuple[object, ...]) -> None:
    if not parts:
        raise InvalidValue("an empty list of parts would always, or never, hold")


@dataclass(frozen=True, slots=True)
class Decision:
    """An ambiguity of the protocol, how this study reads it, and why. Shown with every explanation."""

    question: str
    reading: str
    reason: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """One numbered statement of the protocol, verbatim, with its encoding. `kind` says what a MET does."""

    id: str
    kind: Literal["inclusion", "exclusion"]
    text: str
    node: Node
    decisions: tuple[Decision, ...] = ()
    settled_at: Literal["screening_visit"] | None = None


@dataclass(frozen=True, slots=True)
class Study:
    """A trial with its criteria. `entry` names the evidence by which a person is worth looking at (SEMANTICS §7).

    `short_name`: for cards and lists. `co_enrolment`: may somebody be on another study at the same time?
    `contact_approval`: who has to agree before somebody is recorded as contacted.
    """

    id: str
    version: str
    title: str
    criteria: tuple[Criterion, ...]
    entry: tuple[Node, ...]
    identifiers: tuple[tuple[str, str], ...] = ()
    sponsor: str | None = None
    source: str = ""
    short_name: str | None = None
    co_enrolment: Literal["allowed", "forbidden"] = "allowed"
    contact_approval: Literal["treating-clinician"] | None = None

    @property
    def short_title(self) -> str:
        """What to call it where there is little room."""
        return self.short_name or self.title

    def __post_init__(self) -> None:
        ids = [criterion.id for criterion in self.criteria]
        if not ids or len(set(ids)) != len(ids):
            raise InvalidValue(f"study {self.id}: criteria need ids, each once")
        if not self.entry:
            raise InvalidValue(f"study {self.id}: no entry evidence is named")
