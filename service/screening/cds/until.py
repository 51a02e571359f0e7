"""Until when an order would keep somebody out: for a card, on which no record that merely grows stale ends anything."""

from __future__ import annotations

from datetime import date

from service.eligibility.assess import Finding, Verdict, blocks
from service.eligibility.evaluate import Case, Judgement, evaluate
from service.eligibility.followed import Followed
from service.eligibility.outcome import Outcome, Reason


def until(verdict: Verdict, case: Case) -> date | None:
    """The day from which a clear answer stands in place of each that keeps out, and nothing else does; None: none.

    This is less than the `later` of an assessment, which is about when to look again.
    """
    wanted = case.at
    for finding in (each for each in verdict.findings if each.blocks):
        changes = Followed(finding.criterion.node, finding.judgement, case).changes()
        cleared = next((day for day, judged in changes if _clears(finding, judged)), None)
        if cleared is None:
            return None
        wanted = max(wanted, cleared)
    then = case.on(wanted)
    kept = any(blocks(each.criterion, evaluate(each.criterion.node, then).outcome) for each in verdict.findings)
    return None if kept else wanted


def _clears(finding: Finding, judged: Judgement) -> bool:
    """That the person will not have been seen for long by then (`no-contact`) means that somebody has to see them."""
    if finding.criterion.kind == "inclusion":
        return judged.outcome is Outcome.MET
    return judged.outcome is Outcome.NOT_MET or judged.reasons == {Reason.NO_CONTACT}
