"""When time alone ends what keeps a person out. SEMANTICS §7."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from service.eligibility.criteria import MedicationTaken
from service.eligibility.evaluate import Case, Judgement
from service.eligibility.followed import Followed, first_change
from service.eligibility.outcome import Outcome, Reason

if TYPE_CHECKING:
    from service.eligibility.assess import Finding


def first_free_day(findings: Iterable[Finding], case: Case, again: Callable[[Case], Sequence[Finding]]) -> date | None:
    """The first later day on which no criterion keeps the person out, with no new data; None: there is none.

    What keeps out today goes on to where it becomes unknown only because its record grew stale: silence
    about somebody who was not seen for long, an order of which nothing more was heard. `again` finds the answers of
    another day. Up to the day by which each that keeps out has ended, one of them does: only on that day all are asked.
    """
    then, blocking = case, [each for each in findings if each.blocks]
    kept = {each.criterion.id for each in blocking}
    while blocking:
        ends = _ends(blocking, then)
        if ends is None:
            return None
        then = case.on(ends)
        blocking = [each for each in again(then) if each.blocks or (each.criterion.id in kept and _stale(each))]
    return then.at


def _ends(blocking: list[Finding], case: Case) -> date | None:
    """The day by which each has given another answer than on the day of the case; None: one of them never does."""
    last = case.at
    # what moves least is the first to tell that it will never be
    for finding in sorted(blocking, key=lambda each: len(each.judgement.watch)):
        changed = first_change([Followed(finding.criterion.node, finding.judgement, case)])
        if changed is None:
            return None
        last = max(last, changed[0])
    return last


def _stale(finding: Finding) -> bool:
    """Is it unknown only because nothing was heard for long?"""
    judged = finding.judgement
    if judged.outcome is not Outcome.UNKNOWN:
        return False
    if finding.criterion.kind == "inclusion":
        return Reason.NO_CONTACT in judged.reasons
    return any(
        isinstance(each.node, MedicationTaken) and each.reasons == {Reason.STATUS_UNCERTAIN} for each in _leaves(judged)
    )


def _leaves(judged: Judgement) -> Iterator[Judgement]:
    """What it rests on, as far as that is unknown."""
    if not judged.parts:
        yield judged
    for each in judged.parts:
        if each.outcome is Outcome.UNKNOWN:
            yield from _leaves(each)
