"""What is asked of an EHR about one patient: one search for each type that the open studies can need, and no more.

What narrows a search must hide no record that could matter. So:

- Types: those of `Needs`. What the site says it does not keep is not asked for, except Consent, as a refusal of
  research is never to be missed; its silence then means nothing.
- Codes: none. A record may count by its text alone, by a local code that a map of the site knows, or by the code of a
  component, none of which a search by code finds; and every result, whatever its code, shows that the person was seen.
- Dates: only results (Observation), the most numerous, and only where every window of every study ends on the
  screening date (or a fixed time before it) and begins a fixed time before that. A result without a date is asked for
  besides. Orders, diagnoses and visits may be old and still hold, so they are never narrowed.

So a patient who is fetched is judged to the byte as in a bulk export, but for one thing: a result that cannot be read
and is legibly dated before all windows spoils nothing here, as it is not fetched.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from service.catalog.load import Catalog
from service.eligibility.criteria import (
    Anchor,
    BreastFeeding,
    LookBack,
    MedicationTaken,
    ObservationValue,
    Pregnant,
    Study,
)
from service.eligibility.criteria.walk import once_per_study, parts_of
from service.eligibility.dates import ALWAYS, Duration, shift
from service.screening.needs import Needs

# AdverseEvent has no search parameter `patient` before R5.
BY_SUBJECT = frozenset({"AdverseEvent"})
NEVER_LEFT_OUT = "Consent"
NOT_SEARCHED = frozenset({"Patient", "Medication"})  # read by id, and as far as records refer to them
MARGIN = 2  # days: servers read a date without a time zone in their own
NARROWED = "Observation"


@dataclass(frozen=True, slots=True)
class Search:
    """A search for all records of a type about one person.

    `since`: only those of that day or later, and those without a date. `tells` False: that nothing is found means
    nothing, as the site does not keep the type.
    """

    kind: str
    since: date | None = None
    tells: bool = True

    def params(self, patient: str) -> dict[str, str]:
        """The parameters that say whose records are asked for: with the type, as not all servers know a bare id."""
        return {"subject" if self.kind in BY_SUBJECT else "patient": f"Patient/{patient}"}


def searches(studies: Iterable[Study], catalog: Catalog, at: date) -> tuple[Search, ...]:
    """The searches that these studies need on screening date `at`, by type."""
    wanted = tuple(studies)
    types = Needs(wanted, catalog.terminology).types - NOT_SEARCHED
    not_kept = catalog.policy.not_kept
    asked = sorted(types - (not_kept - {NEVER_LEFT_OUT}))
    since = results_since(wanted, catalog, at)
    return tuple(Search(each, since if each == NARROWED else None, each not in not_kept) for each in asked)


def results_since(studies: Iterable[Study], catalog: Catalog, at: date) -> date | None:
    """The first day whose results any of these studies can ask for, with a margin; None: all of them.

    A result also shows that the person was seen, which counts for some time before the end of any window.
    """
    parts = [part for study in studies for part in _bounding(study)]
    if any(_asks_for_all(each) for each in parts):
        return None
    windows = [each.look_back for each in parts if isinstance(each, ObservationValue) and each.look_back is not None]
    gaps = [each.gap for each in parts if isinstance(each, LookBack) and each.gap is not None]
    horizon = catalog.policy.contact_horizon
    ends = [at, *(gap.before(at) for gap in gaps)]
    first = min(*(_first_day(each, at) for each in windows), *(horizon.before(end) for end in ends), at)
    return None if first == ALWAYS else shift(first, -MARGIN)


@once_per_study
def _bounding(study: Study) -> tuple[object, ...]:
    """The parts that can say from when on results are asked for."""
    kinds = (ObservationValue, LookBack, Anchor, Pregnant, BreastFeeding, MedicationTaken)
    return tuple(each for each in parts_of(study) if isinstance(each, kinds))


def _asks_for_all(part: object) -> bool:
    """Does this part of a criterion reach back to a day that the screening date alone does not tell?

    An anchor does; so do states that are followed through their history, and drugs, whose doses by body weight go by a
    weight that may be older than the window.
    """
    if isinstance(part, ObservationValue):
        return part.look_back is None or part.look_back.duration is None
    return isinstance(part, Anchor | Pregnant | BreastFeeding | MedicationTaken)


def _first_day(window: LookBack, at: date) -> date:
    gap, duration = window.gap, window.duration
    assert isinstance(duration, Duration), "a window without a beginning is asked for whole"
    return duration.before(at if gap is None else gap.before(at))
