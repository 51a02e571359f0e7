"""Three values (Kleene's strong logic), and why an answer is unknown."""

from collections.abc import Collection, Iterable, Sequence
from enum import Enum, IntEnum
from operator import attrgetter

from service.errors import InvalidValue


class Outcome(IntEnum):
    """Is the statement true of this person on this record? NOT_MET < UNKNOWN < MET."""

    NOT_MET = 0
    UNKNOWN = 1
    MET = 2

    @property
    def code(self) -> str:
        """The lower-case word used in every output: `met`, `not_met`, `unknown`."""
        return CODES[self]


CODES = {each: each.name.lower() for each in Outcome}


class Reason(Enum):
    """Why an outcome is UNKNOWN: a closed set, each with the sentence that explains it."""

    NO_RECORD = "no-record", "nothing is recorded that would answer it"
    NOT_LOADED = "not-loaded", "the records that would answer it were not loaded, or not completely"
    DATE_MISSING = "date-missing", "a record that bears on it has no usable date"
    DATE_IMPRECISE = "date-imprecise", "a date is not precise enough to tell whether it falls in the window"
    VALUE_MISSING = "value-missing", "a value that bears on it is missing"
    VALUE_IMPRECISE = "value-imprecise", "the value is a range that contains the limit"
    UNIT_NOT_CONVERTIBLE = "unit-not-convertible", "the unit is missing or cannot be converted"
    CODE_UNMAPPED = "code-unmapped", "a code is not, or not reliably, mapped to what the criterion asks for"
    NAME_ONLY = "name-only", "only the name suggests it; no code confirms it"
    DOSE_MISSING = "dose-missing", "a dose is not stated in a way that can be computed"
    DOSE_IMPRECISE = "dose-imprecise", "the dose is a range that contains the limit"
    NO_EQUIVALENCE = "no-equivalence", "no sourced equivalence exists for the drug"
    ROUTE_UNKNOWN = "route-unknown", "it is not recorded whether the drug acts in the whole body"
    STATUS_UNCERTAIN = "status-uncertain", "the record does not say for certain that it is, or still is, the case"
    NO_CONTACT = "no-contact", "the person was not seen recently enough for silence to mean absence"
    UNREADABLE = "unreadable", "a record that could bear on it could not be read"
    MANUAL = "manual", "a person has to judge this; records do not say it"

    __hash__ = object.__hash__  # there is one of each

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        self.sentence = sentence
        self.place = len(type(self).__members__)  # in the order of this list


def ordered(reasons: Collection[Reason]) -> Sequence[Reason]:
    """Reasons in the order in which they are told."""
    return sorted(reasons, key=PLACE) if len(reasons) > 1 else tuple(reasons)


PLACE = attrgetter("place")


def negate(outcome: Outcome) -> Outcome:
    """NOT: swap MET and NOT_MET; UNKNOWN stays."""
    return Outcome(2 - outcome)


def conjunction(outcomes: Iterable[Outcome]) -> Outcome:
    """AND: the least. Of nothing, MET."""
    return min(outcomes, default=Outcome.MET)


def disjunction(outcomes: Iterable[Outcome]) -> Outcome:
    """OR: the greatest. Of nothing, NOT_MET."""
    return max(outcomes, default=Outcome.NOT_MET)


def at_least(wanted: int, sure: int, possible: int) -> Outcome:
    """Compare `wanted` with the interval [sure, sure + possible] of how many there are."""
    if min(sure, possible) < 0:
        raise InvalidValue(f"counts cannot be negative: sure={sure}, possible={possible}")
    if sure >= wanted:
        return Outcome.MET
    return Outcome.UNKNOWN if sure + possible >= wanted else Outcome.NOT_MET


def truth(sure: bool, possible: bool) -> Outcome:
    """MET if surely so, UNKNOWN if only possibly, NOT_MET if not even that."""
    if sure:
        return Outcome.MET
    return Outcome.UNKNOWN if possible else Outcome.NOT_MET
