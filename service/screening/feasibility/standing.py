"""Where one person stands towards a study on one day, step by step: surely in, perhaps in, or out. Pure.

Before the criteria come two steps of their own: that there is such a person on that day, and that anything on record
points to the disease. What only a person or the screening visit can settle is not in the way, as for a candidate.
"""

from collections.abc import Iterable
from datetime import date
from enum import IntEnum

from service.eligibility.assess import Finding, Signal, finding_of, signal
from service.eligibility.criteria import Study
from service.eligibility.evaluate import Case
from service.eligibility.facts import PatientRecord
from service.eligibility.outcome import Outcome

PEOPLE, SIGNAL = "people", "signal"


class State(IntEnum):
    """The least of several is what they come to together."""

    OUT = 0
    OPEN = 1
    IN = 2


Standing = tuple[State, ...]  # of the two steps before, then of each criterion; it may end at the first that is out


def born_by(record: PatientRecord, at: date) -> State:
    """Whether there was such a person on that day. Who was seen by then was born."""
    birth = record.person.birth
    seen = bool(record.contacts) and record.contacts[0] <= at
    if birth.earliest > at:
        return State.OUT
    return State.IN if birth.latest <= at or seen else State.OPEN


def pointed_at(study: Study, case: Case) -> State:
    """Whether anything on record points to the disease; where its records were not loaded, that is open."""
    found = signal(study, case)
    return State.IN if found in (Signal.STRONG, Signal.WEAK) else State.OPEN if found is Signal.UNKNOWN else State.OUT


def state_of(finding: Finding) -> State:
    """Whether a criterion lets the person in."""
    if finding.blocks:
        return State.OUT
    return State.OPEN if finding.outcome is Outcome.UNKNOWN and not finding.open_item else State.IN


def standing(study: Study, case: Case, there: State, *, whole: bool) -> Standing:
    """Every step, as far as it decides something. `whole`: of whom something points to the disease, all criteria."""
    if there is State.OUT:
        return (there,)
    pointed = pointed_at(study, case)
    states = [there, pointed]
    if pointed is State.OUT:
        return tuple(states)
    for criterion in study.criteria:
        states.append(state_of(finding_of(criterion, case)))
        if not whole and states[-1] is State.OUT:
            break
    return tuple(states)


def together(states: Iterable[State]) -> State:
    """In only where each step lets in; out where one keeps out."""
    return min(states)
