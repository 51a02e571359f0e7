"""Criteria as a closed set of frozen nodes. An invalid criterion cannot be built.

`catalog` makes them from YAML, `evaluate` answers them, `explain` says them in words. Value sets are named by id; the
catalog checks that they exist. Bounds are words: above, at_least, below, at_most.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from service.eligibility.dates import Duration
from service.eligibility.facts import Sex
from service.eligibility.outcome import Outcome
from service.errors import InvalidValue

ValueSetIds = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """A range of numbers: at most one lower and one upper limit, each strict or not, at least one of them."""

    above: Decimal | None = None
    at_least: Decimal | None = None
    below: Decimal | None = None
    at_most: Decimal | None = None

    def __post_init__(self) -> None:
        if self.above is not None and self.at_least is not None:
            raise InvalidValue("a range has either `above` or `at_least`, not both")
        if self.below is not None and self.at_most is not None:
            raise InvalidValue("a range has either `below` or `at_most`, not both")
        low = self.above if self.above is not None else self.at_least
        high = self.below if self.below is not None else self.at_most
        if low is None and high is None:
            raise InvalidValue("a range needs one of above, at_least, below, at_most")
        if low is not None and high is not None and (low > high or (low == high and None in (self.at_least, self.at_most))):
            raise InvalidValue(f"an empty range: from {low} to {high}")


@dataclass(frozen=True, slots=True)
class Absence:
    """What the lack of any record means here, against the rule in absence.yaml, and why."""

    outcome: Outcome
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise InvalidValue("an overridden absence needs its reason in words")


@dataclass(frozen=True, slots=True)
class Anchor:
    """An index date other than the screening date: the first or latest time something happened."""

    event: "Event"
    which: Literal["first", "latest"]


@dataclass(frozen=True, slots=True)
class LookBack:
    """A window: `duration` back from its anchor (None: ever), ending `gap` before it; `ahead` also looks forward.

    Both ends are in. `anchor` None is the screening date.
    """

    duration: Duration | None = None
    anchor: Anchor | None = None
    gap: Duration | None = None
    ahead: Duration | None = None


EVER = LookBack()


@dataclass(frozen=True, slots=True)
class ConditionPresent:
    """A condition of these codes was present in the window (`present`), began in it (`onset`), on at least n occasions.

    Without a look-back, `present` means on the screening date.
    """

    codes: ValueSetIds
    excluding: ValueSetIds = ()
    timing: Literal["present", "onset"] = "present"
    look_back: LookBack | None = None
    at_least: int = 1
    absence: Absence | None = None


Measure = Literal["cycle_average", "highest_day"]


@dataclass(frozen=True, slots=True)
class DoseTest:
    """A daily dose within bounds: in `unit` per day of the drug itself, or equivalent to a reference drug."""

    bounds: Bounds
    unit: str = "mg/d"
    equivalent_to: str | None = None
    measure: Measure = "cycle_average"


@dataclass(frozen=True, slots=True)
class MedicationTaken:
    """A drug of these codes was taken in the window; by a systemic route if `systemic`; in that daily dose."""

    codes: ValueSetIds
    excluding: ValueSetIds = ()
    look_back: LookBack | None = None
    systemic: bool = False
    dose: DoseTest | None = None
    at_least: int = 1
    absence: Absence | None = None


@dataclass(frozen=True, slots=True)
class NumberTest:
    """The result is within bounds, in `unit` (UCUM), or in multiples of its own upper or lower limit of normal."""

    bounds: Bounds
    unit: str | None = None
    relative_to: Literal["upper_limit_of_normal", "lower_limit_of_normal"] | None = None

    def __post_init__(self) -> None:
        if (self.unit is None) == (self.relative_to is None):
            raise InvalidValue("a number is compared either in a unit or relative to a limit of normal")


@dataclass(frozen=True, slots=True)
class CodedTest:
    """The result is one of `answers`; a result among `other_answers` is surely not; anything else is not understood."""

    answers: ValueSetIds
    other_answers: ValueSetIds = ()


@dataclass(frozen=True, slots=True)
class BooleanTest:
    """The result is this boolean."""

    expected: bool


@dataclass(frozen=True, slots=True)
class TypedTest:
    """Several tests for results that come as a number from one laboratory and as a code from another."""

    number: NumberTest | None = None
    coded: CodedTest | None = None
    boolean: BooleanTest | None = None

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.number, self.coded, self.boolean)) < 2:
            raise InvalidValue("a test by type of result needs at least two tests")


ValueTest = NumberTest | CodedTest | BooleanTest | TypedTest


@dataclass(frozen=True, slots=True)
class Choice:
    """Which results of the window decide.

    latest / earliest: that one; any / all: at least one / every one; of_last: `count` of the last `out_of`;
    mean: the mean of the last `count`; consecutive: `count` results in a row, anywhere in the window.
    """

    which: Literal["latest", "earliest", "any", "all", "of_last", "mean", "consecutive"] = "latest"
    count: int = 1
    out_of: int = 1

    def __post_init__(self) -> None:
        if self.count < 1 or (self.which == "of_last" and self.out_of < self.count):
            raise InvalidValue(f"{self.which} cannot ask for {self.count} of {self.out_of} results")


@dataclass(frozen=True, slots=True)
class ObservationValue:
    """Results with these codes, in the window: which of them, and what they must be (`test` None: any result at all).

    `not_met_valid_for`: a result that fails the test but is older than this does not decide (an old negative serology).
    """

    codes: ValueSetIds
    excluding: ValueSetIds = ()
    test: ValueTest | None = None
    choice: Choice = Choice()
    look_back: LookBack | None = None
    not_met_valid_for: Duration | None = None
    absence: Absence | None = None


@dataclass(frozen=True, slots=True)
class ProcedureDone:
    """A procedure of these codes was done in the window, at least n times."""

    codes: ValueSetIds
    excluding: ValueSetIds = ()
    look_back: LookBack | None = None
    at_least: int = 1
    absence: Absence | None = None


@dataclass(frozen=True, slots=True)
class AllergyKnown:
    """An allergy or intolerance to these substances is present; `none_known` codes say explicitly that there is none."""

    codes: ValueSetIds
    excluding: ValueSetIds = ()
    none_known: ValueSetIds = ()
    absence: Absence | None = None


@dataclass(frozen=True, slots=True)
class AdverseEventHad:
    """An adverse event in the window: of these codes if given, with one of these drugs suspected if given, serious if asked."""

    codes: ValueSetIds = ()
    suspects: ValueSetIds = ()
    serious: bool = False
    look_back: LookBack | None = None
    absence: Absence | None = None

    def __post_init__(self) -> None:
        if not self.codes and not self.suspects:
            raise InvalidValue("an adverse event needs codes, or suspects, or both")


@dataclass(frozen=True, slots=True)
class ImmunizationGiven:
    """A vaccine of these codes was given in the window, at least n times."""

    codes: ValueSetIds
    excluding: ValueSetIds = ()
    look_back: LookBack | None = None
    at_least: int = 1
    absence: Absence | None = None


@dataclass(frozen=True, slots=True)
class EncounterHad:
    """A visit of these codes (class, type or reason) in the window, at least n times."""

    codes: ValueSetIds
    excluding: ValueSetIds = ()
    look_back: LookBack | None = None
    at_least: int = 1
    absence: Absence | None = None


@dataclass(frozen=True, slots=True)
class ConsentIs:
    """A consent of these codes stands on the screening date: given, or refused."""

    codes: ValueSetIds
    given: bool
    absence: Absence | None = None


@dataclass(frozen=True, slots=True)
class AgeAtScreening:
    """Completed years of age on the screening date."""

    bounds: Bounds


@dataclass(frozen=True, slots=True)
class SexIs:
    """Administrative gender is one of these."""

    sexes: tuple[Sex, ...]


@dataclass(frozen=True, slots=True)
class Alive:
    """Not recorded as deceased by the screening date."""


@dataclass(frozen=True, slots=True)
class Pregnant:
    """Pregnant on the screening date: by condition, status or test; male sex, age or hysterectomy speak against it."""

    conditions: ValueSetIds
    statuses: ValueSetIds
    tests: ValueSetIds
    positive: ValueSetIds
    negative: ValueSetIds
    hysterectomy: ValueSetIds = ()
    negative_valid_for: Duration | None = None


@dataclass(frozen=True, slots=True)
class BreastFeeding:
    """Breast feeding on the screening date: by condition or status; male sex speaks against it."""

    conditions: ValueSetIds
    statuses: ValueSetIds
    positive: ValueSetIds
    negative: ValueSetIds
    valid_for: Duration | None = None


@dataclass(frozen=True, slots=True)
class Manual:
    """A person must judge it: the only escape hatch. `question` is put to them."""

    question: str

    def __post_init__(self) -> None:
        if not self.question.strip():
            raise InvalidValue("a manual criterion needs the question to be asked")


Event = (
    ConditionPresent
    | MedicationTaken
    | ObservationValue
    | ProcedureDone
    | AdverseEventHad
    | ImmunizationGiven
    | EncounterHad
)
Characteristic = (
    Event | AllergyKnown | ConsentIs | AgeAtScreening | SexIs | Alive | Pregnant | BreastFeeding | Manual
)


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
    """Where `condition` holds, `then` decides; where it does not, `otherwise`. Unknown conditions need both to agree."""

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
    """A trial with its criteria. `entry` names the evidence by which a person is worth looking at (SEMANTICS §7)."""

    id: str
    version: str
    title: str
    criteria: tuple[Criterion, ...]
    entry: tuple[Node, ...]
    identifiers: tuple[tuple[str, str], ...] = ()
    sponsor: str | None = None
    source: str = ""

    def __post_init__(self) -> None:
        ids = [criterion.id for criterion in self.criteria]
        if not ids or len(set(ids)) != len(ids):
            raise InvalidValue(f"study {self.id}: criteria need ids, each once")
        if not self.entry:
            raise InvalidValue(f"study {self.id}: no entry evidence is named")
