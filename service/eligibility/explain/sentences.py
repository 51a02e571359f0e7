"""Findings in sentences: the answer, what it rests on, the arithmetic, and the doubt."""

from service.eligibility.assess import Assessment, Finding
from service.eligibility.dosing.measure import DoseAnswer
from service.eligibility.evaluate.judgement import Exhibit, Judgement
from service.eligibility.explain.phrases import Phrases
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.quantity import plain

ANSWERS = {Outcome.MET: "Met", Outcome.NOT_MET: "Not met", Outcome.UNKNOWN: "Unknown"}
NOTES = {
    "stale-entry": "The entry is still marked active, but nothing in the window confirms it: please check.",
    "illegible-codes-only": "The only records that could belong carry a code that is unknown here, and no words.",
}


def finding_sentence(finding: Finding, phrases: Phrases) -> str:
    """One finding in plain sentences."""
    judgement = finding.judgement
    parts = [f"{ANSWERS[judgement.outcome]}: {phrases.of(finding.criterion.node)}."]
    if judgement.tier:
        parts.append(f"Tier: {judgement.tier}.")
    parts += [_why(judgement)] if judgement.outcome is Outcome.UNKNOWN else []
    if judgement.dose is not None:
        parts.append(dose_sentence(judgement.dose))
    if judgement.exhibits:
        parts.append(f"On record: {'; '.join(exhibit_words(each) for each in judgement.exhibits[:5])}{_more(judgement)}.")
    parts += [*judgement.assumptions, *(NOTES.get(note, note) for note in judgement.notes)]
    parts += [f"Read here as: {each.reading} ({each.reason})" for each in finding.criterion.decisions]
    return " ".join(parts)


def _why(judgement: Judgement) -> str:
    reasons = sorted(judgement.reasons, key=lambda reason: list(Reason).index(reason))
    said = [reason.sentence for reason in reasons]
    if judgement.lacking:
        said = [f"{each} ({', '.join(sorted(judgement.lacking))})" if "not loaded" in each else each for each in said]
    return f"Because {'; '.join(said)}."


def _more(judgement: Judgement) -> str:
    rest = len(judgement.exhibits) - 5
    return f"; and {rest} more" if rest > 0 else ""


def exhibit_words(exhibit: Exhibit) -> str:
    """One piece of evidence: what it says, when, and where it stands."""
    when = f", {exhibit.when}" if exhibit.when else ""
    return f"{exhibit.value}{when} [{exhibit.reference}]"


def dose_sentence(dose: DoseAnswer) -> str:
    """The dose with its arithmetic: how much, on which day, from which records, by which factors."""
    most = "an unknown amount" if dose.most is None else plain(dose.most)
    amount = plain(dose.least) if dose.most == dose.least else f"between {plain(dose.least)} and {most}"
    day = f" on {dose.day}" if dose.day else ""
    sums = f" ({'; '.join(dose.factors)})" if dose.factors else ""
    return f"Highest daily dose in the window: {amount} {dose.unit.replace('/d', '/day')}{day}{sums}."


def standing_sentence(assessment: Assessment) -> str:
    """What the assessment comes to, and what time will do to it."""
    words = {
        "candidate": "Candidate: nothing on record stands against it",
        "needs_review": "Needs review: the record does not settle every criterion",
        "ineligible": "Ineligible: a criterion keeps this person out",
    }[assessment.standing.value]
    blocking = [finding.criterion.id for finding in assessment.findings if finding.blocks]
    parts = [f"{words}{' (' + ', '.join(blocking) + ')' if blocking else ''}."]
    parts.append(f"Signal for the study's disease: {assessment.signal.value}.")
    if assessment.later:
        parts.append(f"Time alone lifts the exclusion on {assessment.later}.")
    if assessment.next_change:
        change = assessment.next_change
        became = ANSWERS[change.outcome].lower()
        parts.append(f"With no new data, {change.criterion} becomes {became} on {change.date}.")
    return " ".join(parts)
