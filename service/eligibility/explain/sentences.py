"""Findings in sentences: the answer, the parts that decide it, their evidence, arithmetic, assumptions and doubts."""

from collections.abc import Iterator

from service.eligibility.assess import Assessment, Finding
from service.eligibility.criteria import IfElse, Manual
from service.eligibility.dosing.measure import DoseAnswer
from service.eligibility.evaluate.judgement import Exhibit, Judgement
from service.eligibility.explain.marks import mark_words
from service.eligibility.explain.missing import missing
from service.eligibility.explain.phrases import Phrases
from service.eligibility.outcome import Outcome, Reason, ordered
from service.eligibility.quantity import plain

ANSWERS = {Outcome.MET: "Met", Outcome.NOT_MET: "Not met", Outcome.UNKNOWN: "Unknown"}
VERDICTS = {Outcome.MET: "yes", Outcome.NOT_MET: "no", Outcome.UNKNOWN: "not known"}
NOTES = {
    "stale-entry": "The entry is still marked active, but nothing in the window confirms it: please check",
    "not-taken-contradicts": "A statement says, or may say, that it was not taken, against another record of it",
    "same-occasion": "Records of the same days may tell of one occasion",
    "illegible-codes-only": "The only records that could belong carry a code that is unknown here, and no words",
}
MOST_EXHIBITS = 5


def finding_sentence(finding: Finding, phrases: Phrases) -> str:
    """One finding in plain sentences: the answer, then each part that decides it."""
    judgement = finding.judgement
    tier = f", {judgement.tier}" if judgement.tier and judgement.outcome is Outcome.MET else ""
    parts = dict.fromkeys(phrases.once(leaf, _leaf_sentence) for leaf in deciding_leaves(judgement))
    return f"{ANSWERS[judgement.outcome]}{tier}. {' '.join(parts)}"


def deciding_leaves(judgement: Judgement) -> Iterator[Judgement]:
    """The leaves of the criterion's tree that make its outcome what it is."""
    if not judgement.parts:
        yield judgement
        return
    deciding = [part for part in judgement.parts if part.outcome is judgement.outcome]
    for part in judgement.parts if _chosen(judgement) else deciding or judgement.parts:
        yield from deciding_leaves(part)


def _chosen(judgement: Judgement) -> bool:
    """Did a condition choose the part that decides? Then it is told, too, whatever it answers."""
    node, first = judgement.node, judgement.parts[0]
    return isinstance(node, IfElse) and first.node == node.condition and first.outcome is not Outcome.UNKNOWN


def _leaf_sentence(leaf: Judgement, phrases: Phrases) -> str:
    if isinstance(leaf.node, Manual):
        return f"A person has to judge: {leaf.node.question}"
    asked = phrases.of(leaf.node)
    because = [_because(leaf)] if leaf.outcome is Outcome.UNKNOWN else []
    shown = [_shown(leaf)] if leaf.exhibits else []
    dose = [dose_words(leaf.dose)] if leaf.dose is not None else []
    notes = [NOTES.get(note, note) for note in leaf.notes]
    said = "; ".join([*because, *dose, *shown, *(each.rstrip(".") for each in leaf.assumptions), *notes])
    return f"{asked[:1].upper()}{asked[1:]}: {VERDICTS[leaf.outcome]}{f' ({said})' if said else ''}."


def _because(leaf: Judgement) -> str:
    said = [each for reason in ordered(leaf.reasons) for each in _words(reason, leaf)]
    if leaf.lacking:
        kinds = ", ".join(sorted(leaf.lacking))
        said = [f"{each}: {kinds}" if each == Reason.NOT_LOADED.sentence else each for each in said]
    return "; ".join(said)


def _words(reason: Reason, leaf: Judgement) -> tuple[str, ...]:
    if reason is Reason.VALUE_MISSING:
        return tuple(each.sentence for each in missing(leaf))
    return (reason.sentence,)


def _shown(leaf: Judgement) -> str:
    rest = len(leaf.exhibits) - MOST_EXHIBITS
    more = f"; and {rest} more" if rest > 0 else ""
    return "; ".join(exhibit_words(each) for each in leaf.exhibits[:MOST_EXHIBITS]) + more


def exhibit_words(exhibit: Exhibit) -> str:
    """One piece of evidence: what it says, when, and where it stands."""
    when = f", {exhibit.when}" if exhibit.when else ""
    return f"{exhibit.value}{when} [{exhibit.reference}]"


def dose_words(dose: DoseAnswer) -> str:
    """The dose with its arithmetic: how much, on which day, by which factors, and what was assumed or inferred."""
    most = "an unknown amount" if dose.most is None else plain(dose.most)
    amount = plain(dose.least) if dose.most == dose.least else f"between {plain(dose.least)} and {most}"
    day = f" on {dose.day}" if dose.day else ""
    sums = f": {'; '.join((*dose.factors, *dose.sums))}" if dose.factors or dose.sums else ""
    notes = "".join(f"; {mark_words(mark).rstrip('.')}" for mark in dose.marks)
    return f"{dose.what} {amount} {dose.unit.replace('/d', '/day').replace('/wk', '/week')}{day}{sums}{notes}"


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
        parts.append(f"Time alone lifts what keeps this person out on {assessment.later}.")
    if assessment.next_change:
        change = assessment.next_change
        parts.append(
            f"With no new data, {change.criterion} becomes {ANSWERS[change.outcome].lower()} on {change.date}."
        )
    return " ".join(parts)
