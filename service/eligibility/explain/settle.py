"""What data would settle an unknown: one request per leaf and reason, in words a coordinator can act on."""

from collections.abc import Iterator

from service.eligibility.assess import Finding
from service.eligibility.criteria import Manual
from service.eligibility.evaluate.judgement import Judgement
from service.eligibility.explain.missing import missing
from service.eligibility.explain.phrases import Phrases
from service.eligibility.outcome import Outcome, Reason, ordered

WANTED = {
    Reason.NO_RECORD: "a record that answers: {asked}",
    Reason.DATE_MISSING: "the date of {shown}",
    Reason.DATE_IMPRECISE: "the exact date of {shown}",
    Reason.VALUE_IMPRECISE: "a more precise value of {shown}",
    Reason.UNIT_NOT_CONVERTIBLE: "the unit of {shown}",
    Reason.CODE_UNMAPPED: "a confirmed code for {shown}",
    Reason.NAME_ONLY: "a confirmed code for {shown}",
    Reason.DOSE_MISSING: "the dose of {shown}",
    Reason.DOSE_IMPRECISE: "the dose really taken of {shown}",
    Reason.NO_EQUIVALENCE: "a person's conversion of {shown}",
    Reason.ROUTE_UNKNOWN: "the route of {shown}",
    Reason.STATUS_UNCERTAIN: "whether it is still so: {shown}",
    Reason.NO_CONTACT: "a recent visit, or a person's word, on: {asked}",
    Reason.UNREADABLE: "a readable copy of the records that could not be read, on: {asked}",
    Reason.MANUAL: "a person's judgement: {question}",
}


def wanted(finding: Finding, phrases: Phrases) -> tuple[str, ...]:
    """The data that would settle this finding, each request once, in the order of its parts."""
    if finding.outcome is not Outcome.UNKNOWN:
        return ()
    return tuple(dict.fromkeys(each for leaf in _leaves(finding.judgement) for each in phrases.once(leaf, _requests)))


def _leaves(judgement: Judgement) -> Iterator[Judgement]:
    if judgement.outcome is not Outcome.UNKNOWN:
        return
    if not judgement.parts:
        yield judgement
    for part in judgement.parts:
        yield from _leaves(part)


def _requests(leaf: Judgement, phrases: Phrases) -> tuple[str, ...]:
    return tuple(_requested(leaf, phrases))


def _requested(leaf: Judgement, phrases: Phrases) -> Iterator[str]:
    asked = phrases.of(leaf.node)
    shown = "; ".join(f"{each.value} [{each.reference}]" for each in leaf.exhibits[:3]) or asked
    question = leaf.node.question if isinstance(leaf.node, Manual) else asked
    for reason in ordered(leaf.reasons):
        if reason is Reason.NOT_LOADED:
            yield f"all {', '.join(sorted(leaf.lacking)) or 'such'} records, completely loaded"
        elif reason is Reason.VALUE_MISSING:
            yield from (each.wanted.format(shown=shown) for each in missing(leaf))
        else:
            yield WANTED[reason].format(asked=asked, shown=shown, question=question)
