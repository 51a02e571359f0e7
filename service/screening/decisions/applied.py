"""An assessment as it stands with what people decided: their answers beside the machine's, and the standing of both.

The machine's own answer stays in the line. Without a decision the line is the same, to the byte.
"""

from collections.abc import Mapping
from typing import Any

from service.eligibility.assess import Finding, Verdict, standing_of
from service.eligibility.evaluate import Judgement
from service.eligibility.outcome import Outcome, Reason
from service.screening.decisions.decided import Answer, Decided

Line = Mapping[str, Any]
CANDIDATE, NEEDS_REVIEW, INELIGIBLE = "candidate", "needs_review", "ineligible"
UNKNOWN = "unknown"
# The outcome that keeps somebody out, by the kind of the criterion.
BLOCKING = {"inclusion": "not_met", "exclusion": "met"}


def with_decisions(line: Line, decided: Decided) -> dict[str, Any]:
    """A line of assessments.ndjson with the answers of people in it.

    A finding that a person answered has `decided`: their `outcome`, `by`, `at`, `reason`, `against` (it contradicts the
    machine), `moved`: the machine's outcome, or the study's version, is not what they saw; somebody has to look; and
    `contradicted`: the machine has learnt since then that it is otherwise. Then neither answer decides: it is unknown.
    `standing`, `unresolved` and `later` follow from the answers that hold; `machine` keeps those of the machine, if any
    differs.
    """
    known = {each["criterion"] for each in line["findings"]}
    answers = {name: each for name, each in decided.answers.items() if name in known}
    if not answers:
        return dict(line)
    findings = [_finding(each, answers.get(each["criterion"]), line["study_version"]) for each in line["findings"]]
    blocking = [each for each in findings if outcome_of(each) == BLOCKING[each["kind"]]]
    unknown = [each for each in findings if outcome_of(each) == "unknown"]
    stands = {
        "standing": _standing(blocking, unknown),
        "unresolved": len(unknown),
        "later": _later(line, blocking),
    }
    machine = {name: line[name] for name in stands}
    changed = {} if machine == stands else {"machine": machine}
    return {**line, **stands, "findings": findings, **changed}


def outcome_of(finding: Mapping[str, Any]) -> str:
    """The outcome that holds: a person's, if one was given, and nothing was learnt since that speaks against it."""
    decided = finding.get("decided")
    if decided is None:
        return str(finding["outcome"])
    return UNKNOWN if decided["contradicted"] else str(decided["outcome"])


def verdict_with(verdict: Verdict, decided: Decided, unless: Verdict | None = None) -> Verdict:
    """The same of an assessment that is not written down, as for a card.

    `unless`: a criterion of which the machine says there another thing keeps the machine's new answer.
    """
    if not decided.answers:
        return verdict
    before = {} if unless is None else {each.criterion.id: each.outcome for each in unless.findings}
    findings = tuple(_answered(each, decided, before.get(each.criterion.id, each.outcome)) for each in verdict.findings)
    return Verdict(findings, standing_of(findings), verdict.signal)


def _answered(finding: Finding, decided: Decided, before: Outcome) -> Finding:
    answer = decided.answers.get(finding.criterion.id)
    if answer is None or finding.outcome is not before:
        return finding
    holding = UNKNOWN if _contradicted(answer, finding.outcome.code) else answer.outcome
    outcome = next(each for each in Outcome if each.code == holding)
    reasons = frozenset({Reason.MANUAL}) if outcome is Outcome.UNKNOWN else frozenset[Reason]()
    return Finding(finding.criterion, Judgement(finding.criterion.node, outcome, reasons), open_item=False)


def _finding(finding: Mapping[str, Any], answer: Answer | None, version: str) -> dict[str, Any]:
    if answer is None:
        return dict(finding)
    told = {
        "outcome": answer.outcome,
        "by": answer.by,
        "at": answer.at.isoformat(),
        "reason": answer.reason,
        "against": answer.against,
        "moved": _moved(answer, finding["outcome"], version),
        "contradicted": _contradicted(answer, finding["outcome"]),
    }
    return {**finding, "decided": told}


def _contradicted(answer: Answer, outcome: str) -> bool:
    """Does the machine by now surely say what the person neither saw nor said?

    An answer given while a record was silent must not hide what the record says since.
    """
    return outcome not in (UNKNOWN, answer.was, answer.outcome) and answer.was is not None


def _moved(answer: Answer, outcome: str, version: str) -> bool:
    """Is the machine's outcome, or the study, another one than the person saw? What is not known is not compared."""
    return (answer.was is not None and answer.was != outcome) or (
        answer.version is not None and answer.version != version
    )


def _standing(blocking: list[dict[str, Any]], unknown: list[dict[str, Any]]) -> str:
    if blocking:
        return INELIGIBLE
    # An unknown that a person gave is one that they could not settle: it is not a checklist item any more.
    settled = all(each["open_item"] and "decided" not in each for each in unknown)
    return CANDIDATE if settled else NEEDS_REVIEW


def _later(line: Line, blocking: list[dict[str, Any]]) -> str | None:
    """The first day on which nothing keeps out any more, by time alone, as far as the machine's line tells.

    A person's own answer that keeps out is lifted by no day. Where the machine's day stands for more criteria than
    are left, it is at the latest that day; where it has none, the next change may be of the only one that is left.
    """
    if not blocking or any("decided" in each for each in blocking):
        return None
    if line["later"] is not None:
        return str(line["later"])
    change = line["next_change"]
    if change is None or [each["criterion"] for each in blocking] != [change["criterion"]]:
        return None
    return str(change["date"])
