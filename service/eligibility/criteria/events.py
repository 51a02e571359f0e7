"""Windows, and the characteristics that ask whether something happened in one."""

from dataclasses import dataclass
from typing import Literal

from service.eligibility.criteria.exposure import Exposed, Throughout, UnchangedDose
from service.eligibility.criteria.limits import Choice, DoseTest, ValueSetIds, ValueTest
from service.eligibility.dates import Duration
from service.eligibility.outcome import Outcome
from service.errors import InvalidValue


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
    """An index date other than the screening date: the first or latest time something happened.

    Its event is any such record at all: what narrows or counts it (a dose, n times, a choice of results, a meaning of
    absence) would be lost, and is refused.
    """

    event: "Event"
    which: Literal["first", "latest"]

    def __post_init__(self) -> None:
        event = self.event
        counted = getattr(event, "at_least", 1) > 1 or any(
            getattr(event, each, None) is not None for each in ("dose", "exposed", "half_lives")
        )
        chosen = getattr(event, "choice", Choice()) != Choice() or getattr(event, "not_met_valid_for", None) is not None
        if counted or chosen or event.absence is not None:
            raise InvalidValue(
                "an anchor's event takes no dose, at_least, courses, throughout, which, not_met_valid_for or if_absent"
            )


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


@dataclass(frozen=True, slots=True)
class Depot:
    """Products of these codes, injected as a depot, act for so long from each day on which they are given."""

    codes: ValueSetIds
    acts: Duration


@dataclass(frozen=True, slots=True)
class MedicationTaken:
    """A drug of these codes was taken in the window; by a systemic route if `systemic`; in that daily dose.

    `also_systemic` are value sets of further routes that count as systemic; `depot` says which products act longer.
    `exposed`: not only at some time, but throughout, in courses, or in an unchanged dose. `half_lives`: the window
    reaches back for so many of the drug's own half-lives where these are longer than its duration.
    """

    codes: ValueSetIds
    excluding: ValueSetIds = ()
    look_back: LookBack | None = None
    systemic: bool = False
    dose: DoseTest | None = None
    at_least: int = 1
    absence: Absence | None = None
    also_systemic: ValueSetIds = ()
    depot: Depot | None = None
    exposed: Exposed | None = None
    half_lives: int | None = None

    def __post_init__(self) -> None:
        asked = (self.dose is not None, self.exposed is not None, self.half_lives is not None, self.at_least > 1)
        if sum(asked) > 1:
            raise InvalidValue(
                "ask for one of: a dose, at_least so many occasions, courses, throughout, an unchanged dose, half-lives"
            )
        look, past = self.look_back, self.look_back is not None and self.look_back.ahead is None
        if self._of_whole_window() and (look is None or look.duration is None or not past):
            raise InvalidValue("what is asked of a whole window needs a look-back of a stated length into the past")
        if self.half_lives is not None and (self.half_lives < 1 or (look and (look.gap or look.anchor))):
            raise InvalidValue("at least one half-life back from the screening date, and neither `gap` nor `before`")
        if isinstance(self.exposed, UnchangedDose) and self.depot is not None:
            raise InvalidValue("the dose of a depot after its day is not known, and so not whether it is unchanged")

    def _of_whole_window(self) -> bool:
        mean = self.dose is not None and self.dose.measure == "mean"
        return mean or self.half_lives is not None or isinstance(self.exposed, Throughout | UnchangedDose)


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
class AdverseEventHad:
    """An adverse event in the window: these codes, one of these drugs suspected (each if given), serious if asked."""

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


Event = (
    ConditionPresent
    | MedicationTaken
    | ObservationValue
    | ProcedureDone
    | AdverseEventHad
    | ImmunizationGiven
    | EncounterHad
)
