"""The words in which the report is told, on the terminal and on the page. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from service.eligibility.explain.bars import share_words
from service.screening.answerable.census import COMPLETE, INCOMPLETE, MISSING
from service.screening.answerable.shapes import NOT_KEPT, OPTIONAL, REQUIRED, Answered, OfDrug, OfType, Report
from service.screening.studying.suppression import Band

TOO_FEW = "of too few people"
OPEN = "left open by the bands of counts"
STATES = {COMPLETE: "complete", INCOMPLETE: "not complete", MISSING: "missing"}
NEEDS = {NOT_KEPT: "not kept by the site", OPTIONAL: "used where it is there", REQUIRED: "needed"}


def intro(report: Report) -> Iterator[str]:
    """What the numbers are of, and what is left out."""
    yield f"People screened as of {report.at}: {report.screened}."
    if report.held:
        held = ", ".join(f"{number} {reason}" for reason, number in report.held.items())
        yield f"Not screened: {held}."
    if report.band > 1:
        yield (
            f"Counts are told in bands of {report.band}, so that none of them, and no difference of two, tells of few "
            f"people. Codes, texts and records of fewer than {report.band} people are not listed."
        )
    gone = [each.name for each in report.types if each.state == MISSING and each.need == REQUIRED]
    if gone:
        yield f"Missing from the export: {', '.join(gone)}."


def why_words(each: Answered) -> str:
    """Why answers are unknown, the most frequent reason first, with what was not loaded."""
    lacking = f"not loaded: {', '.join(each.lacking)}" if each.lacking else ""
    return "; ".join(part for part in (reasons(each.why), lacking) if part)


def reasons(why: Mapping[str, Band]) -> str:
    """Each reason with its number."""
    return ", ".join(f"{name} {number}" for name, number in why.items())


def share(number: Band | None, of: Band | None) -> str:
    """A number, with its share of the whole where both are exact, else between which shares it lies."""
    if number is None or of is None:
        return TOO_FEW
    if not of.low:
        return str(number)
    if number.low == number.high and of.low == of.high:
        return f"{number} ({share_words(number.low, of.low)})"
    least, most = 100 * number.low // of.high, min(-(-100 * number.high // of.low), 100)
    return f"{number} ({least}–{most} %)"


def dose_name(each: OfDrug, report: Report) -> str:
    """Which drugs of which criterion."""
    drugs = ", ".join(report.titles[name] for name in each.value_sets)
    equal = f" of {each.equivalent_to}" if each.equivalent_to else ""
    study = f"{each.study} " if len(report.studies) > 1 else ""
    return f"{study}{each.criterion}: {drugs}, in {each.unit}{equal}"


def type_state(each: OfType) -> str:
    """How far it was loaded."""
    return STATES.get(each.state or "", "differs between people")
