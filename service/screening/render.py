"""An assessment as the JSON line of assessments.ndjson (schema: mappings/schemas/assessment.schema.json)."""

from decimal import Decimal
from typing import NamedTuple

from service.eligibility.assess import Assessment, Finding
from service.eligibility.dosing.measure import DoseAnswer
from service.eligibility.evaluate.recall import Recall
from service.eligibility.explain import Phrases, finding_sentence, wanted
from service.eligibility.outcome import ordered
from service.eligibility.quantity import plain
from service.screening.corrected import Corrected, told


class Told(NamedTuple):
    """What a line tells of one finding, in its three places. Lines share it, and nobody changes it."""

    finding: Finding
    line: dict[str, object]
    assumptions: list[dict[str, str]]
    settle: list[dict[str, str]]


def assessment_line(
    assessment: Assessment, phrases: Phrases, corrected: tuple[Corrected, ...] = (), recall: Recall | None = None
) -> dict[str, object]:
    """One person, one study, one date: everything a reader needs to check the answer.

    `corrected`: what people said of single records of this person. `recall`: with what it was judged.
    """
    change = assessment.next_change
    shared = {} if recall is None else recall.made_of(phrases)
    found = [shared.get(id(each)) or _told(each, phrases, recall) for each in assessment.findings]
    return {
        "patient": assessment.patient,
        "study": assessment.study.id,
        "study_version": assessment.study.version,
        "screening_date": assessment.screening_date.isoformat(),
        "standing": assessment.standing.value,
        "signal": assessment.signal.value,
        "unresolved": assessment.unresolved,
        "later": assessment.later.isoformat() if assessment.later else None,
        "next_change": None
        if change is None
        else {"date": change.date.isoformat(), "criterion": change.criterion, "outcome": change.outcome.code},
        "assumptions": [each for one in found for each in one.assumptions],
        "settle": [each for one in found for each in one.settle],
        "findings": [one.line for one in found],
        **told(corrected, assessment.study.id),
    }


def _told(finding: Finding, phrases: Phrases, recall: Recall | None) -> Told:
    told = _of_finding(finding, phrases)
    if recall is not None and recall.beside(finding.judgement) is not None:
        recall.made_of(phrases)[id(finding)] = told  # which keeps the finding, and so its number
    return told


def _of_finding(finding: Finding, phrases: Phrases) -> Told:
    name = finding.criterion.id
    return Told(
        finding,
        finding_line(finding, phrases),
        [{"criterion": name, "assumption": each} for each in finding.judgement.assumptions],
        [{"criterion": name, "data": each} for each in wanted(finding, phrases)],
    )


def finding_line(finding: Finding, phrases: Phrases) -> dict[str, object]:
    """One finding with its evidence and its arithmetic."""
    judgement = finding.judgement
    line: dict[str, object] = {
        "criterion": finding.criterion.id,
        "kind": finding.criterion.kind,
        "outcome": judgement.outcome.code,
        "reasons": [reason.code for reason in ordered(judgement.reasons)],
        "open_item": finding.open_item,
        "sentence": finding_sentence(finding, phrases),
        "evidence": [
            {"reference": each.reference, "element": each.element, "when": each.when, "value": each.value}
            for each in judgement.exhibits
        ],
        "computed": None if judgement.dose is None else _dose(judgement.dose),
    }
    if finding.criterion.decisions:
        line["readings"] = [
            {"question": each.question, "reading": each.reading, "reason": each.reason}
            for each in finding.criterion.decisions
        ]
    if judgement.tier:
        line["tier"] = judgement.tier
    if judgement.notes:
        line["notes"] = list(judgement.notes)
    return line


def _dose(dose: DoseAnswer) -> dict[str, object]:
    return {
        "least": _number(dose.least),
        "most": None if dose.most is None else _number(dose.most),
        "unit": dose.unit,
        "day": dose.day.isoformat() if dose.day else None,
        "records": list(dose.records),
        "factors": list(dose.factors),
    }


def _number(value: Decimal) -> int | float:
    """A JSON number; decimals as written, at most six places."""
    text = plain(value)
    return float(text) if "." in text else int(text)
