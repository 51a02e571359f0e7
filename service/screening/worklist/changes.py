"""What happens on the day on which time alone changes an answer, as far as the line of the assessment tells it. Pure.

The line tells which criterion changes, from what to what, and on which records and assumptions its answer rests; not
why time changes it. So no cause is named that these do not give: a washout ends where drugs alone keep somebody out and
then do not; a result grows too old where an answer rests on results of one day and on no assumption, and then there is
none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from service.screening.decisions.applied import BLOCKING, UNKNOWN
from service.screening.person.sentence import Sentence

DRUGS = frozenset({"MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense"})
RESULTS = frozenset({"Observation"})
BORN = "birthDate"
Line = Mapping[str, Any]


class What(StrEnum):
    """What happens. `machine`: a person has answered the criterion, and only the machine's own answer changes."""

    WASHOUT = "washout"
    LIFTED = "lifted"
    AGE = "age"
    AGAINST = "against"
    FITS = "fits"
    RESULT = "result"
    OPEN = "open"
    MACHINE = "machine"


CHANGES = "%(criterion)s changes on %(day)s."
SENTENCES: Mapping[str, str] = {
    What.WASHOUT: "Washout (%(criterion)s) ends on %(day)s.",
    What.LIFTED: "%(criterion)s no longer stands in the way from %(day)s on.",
    What.AGE: "Turns %(rests_on)s on %(day)s (%(criterion)s).",
    What.AGAINST: "%(criterion)s stands in the way from %(day)s on.",
    What.FITS: "%(criterion)s fits from %(day)s on.",
    What.RESULT: "The result of %(rests_on)s grows too old for %(criterion)s on %(day)s.",
    What.OPEN: "What is on record no longer answers %(criterion)s from %(day)s on.",
    What.MACHINE: "What the records alone say of %(criterion)s changes on %(day)s.",
}


def sentence_of(change: Line) -> Sentence:
    """A change that `happening` gave, in words. Of a row that an earlier version made, less is told."""
    text, rests_on = SENTENCES.get(change.get("what", ""), CHANGES), change.get("rests_on")
    day = _as_day(change["date"])
    return Sentence(text, {"criterion": change["criterion"], "day": day, "rests_on": _as_day(rests_on) or rests_on})


def happening(told: Line) -> dict[str, Any] | None:
    """The next change of a line, as `with_decisions` gives it, with `what` happens.

    `rests_on`: where `what` is `result`, its day; where it is `age`, how many years somebody then is.
    """
    change = told["next_change"]
    if change is None:
        return None
    finding = next((each for each in told["findings"] if each["criterion"] == change["criterion"]), None)
    if finding is None or "decided" in finding:
        return {**change, "what": What.MACHINE.value, "rests_on": None}
    assumed = any(each["criterion"] == change["criterion"] for each in told["assumptions"])
    what, rests_on = _what(finding, change, assumed=assumed)
    return {**change, "what": what.value, "rests_on": rests_on}


def _what(finding: Line, change: Line, *, assumed: bool) -> tuple[What, str | int | None]:
    blocking, before, after = BLOCKING[finding["kind"]], finding["outcome"], change["outcome"]
    if (years := _years(finding, change)) is not None:
        return What.AGE, years
    if after == blocking:
        return What.AGAINST, None
    if after != UNKNOWN:
        kept_out_by_drugs = before == blocking == "met" and _kinds(finding) <= DRUGS
        return (What.WASHOUT if kept_out_by_drugs else What.LIFTED if before == blocking else What.FITS), None
    day = _only_day(finding)
    if before != blocking and not assumed and _kinds(finding) == RESULTS and day is not None:
        return What.RESULT, day
    return What.OPEN, None


def _kinds(finding: Line) -> frozenset[str]:
    """The types of the records on which the answer rests; where none is named, one that is none."""
    return frozenset(str(each["reference"]).partition("/")[0] for each in finding["evidence"]) or frozenset({""})


def _only_day(finding: Line) -> str | None:
    """The day of all the evidence, if it is one day."""
    days = {each["when"] for each in finding["evidence"]}
    only = days.pop() if len(days) == 1 else None
    return None if _as_day(only) is None else str(only)


def _years(finding: Line, change: Line) -> int | None:
    """How old somebody is on that day, if the answer rests on the day of birth alone, and it is the birthday."""
    evidence = finding["evidence"]
    if not evidence or not all(str(each["element"]).endswith(BORN) for each in evidence):
        return None
    born, on = _as_day(_only_day(finding)), date.fromisoformat(change["date"])
    return None if born is None or (born.month, born.day) != (on.month, on.day) else on.year - born.year


def _as_day(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) and len(text) == len("2026-06-30") else None
    except ValueError:
        return None
