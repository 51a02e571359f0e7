"""Characteristics of the person on the screening date: allergies, consent, age, sex, pregnancy; and judgement."""

from dataclasses import dataclass

from service.eligibility.criteria.events import Absence
from service.eligibility.criteria.limits import Bounds, ValueSetIds
from service.eligibility.dates import Duration
from service.eligibility.facts import Sex
from service.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class AllergyKnown:
    """An allergy or intolerance to these substances is present; `none_known` codes say outright that there is none."""

    codes: ValueSetIds
    excluding: ValueSetIds = ()
    none_known: ValueSetIds = ()
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
