"""What somebody wants to decide, and whether it can be meant: a closed set of things, each with what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from service.eligibility.policy import MEDICATION_TYPES
from service.errors import Outpaced, UsageError
from service.screening.corrected import CLAIMS, NEVER_TAKEN
from service.screening.decisions.decided import Decided
from service.screening.decisions.kinds import OUTCOMES, WHYS, Kind, PersonStatus
from service.store.assessments import Current

LONGEST_REASON = 2000
# A refusal of consent is nobody's error to mend here; who somebody is, is not decided here either.
NEVER_CORRECTED = frozenset({"Consent", "Patient", "Medication"})
MOVED = "the answer of the machine changed meanwhile; look at it as it is now, then decide again"
RECORD_CHANGED = "the record changed meanwhile, or no answer rests on it any more; look at it as it is now"
NEEDS_REASON = frozenset({Kind.OVERRIDE, Kind.CORRECTION, Kind.SILENCE, Kind.NOTE})


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody wants to decide. `content` as in `Kind`, as far as a person gives it: `outcome` and `was`; `claim`
    and `version`; `status`; `why` and `until`; `claimed`; `approved`. `everywhere`: a silence in all studies.
    """

    study: str
    patient: str
    kind: Kind
    about: str | None = None
    content: Mapping[str, Any] = field(default_factory=dict, repr=False)
    reason: str | None = field(default=None, repr=False)
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Ground:
    """On which a decision is made: what holds of the patient, by machine and people, and which day it is.

    `lines`: of all studies, for what concerns them all.
    """

    held: Current
    decided: Decided
    lines: Mapping[str, Mapping[str, Any]]
    account: str
    today: date

    def finding(self, criterion: str | None) -> Mapping[str, Any]:
        """The machine's finding. Raises UsageError for a criterion that the study does not have."""
        findings: Any = self.held.stored.line["findings"]
        for each in findings:
            if each["criterion"] == criterion:
                return dict(each)
        raise UsageError("the study has no such criterion; choose one of those on the page")


def content_of(given: Given, ground: Ground) -> dict[str, Any]:
    """What is kept of it. Raises UsageError, which says what to change, and Outpaced where the machine's answer or the
    record is not what the person saw."""
    needs_reason = given.kind in NEEDS_REASON and not _takes_back(given)
    if needs_reason and not (given.reason or "").strip():
        raise UsageError("give a reason: others have to understand this later")
    if len(given.reason or "") > LONGEST_REASON:
        raise UsageError(f"the reason is too long; at most {LONGEST_REASON} characters are kept")
    if given.everywhere and given.kind is not Kind.SILENCE:
        raise UsageError("only a silence can be for all studies")
    if (given.about is not None) != (given.kind in ABOUT):
        raise UsageError("say which criterion or record is meant, where one is; and none where none is")
    return MAKERS[given.kind](given, ground)


def _takes_back(given: Given) -> bool:
    return any(name in given.content and given.content[name] is None for name in ("outcome", "claim", "why"))


def _status(given: Given, ground: Ground) -> dict[str, Any]:
    code = given.content.get("status")
    if code is not None and code not in set(PersonStatus):
        raise UsageError(f"the status has to be one of {', '.join(PersonStatus)}")
    return {"status": code}


def _answer(given: Given, ground: Ground) -> dict[str, Any]:
    finding = _found(given, ground)
    outcome, was = given.content.get("outcome"), finding["outcome"]
    if outcome is not None and outcome not in OUTCOMES:
        raise UsageError(f"the answer has to be one of {', '.join(sorted(OUTCOMES))}")
    if outcome is not None and given.content.get("was") != was:
        raise Outpaced(MOVED)
    contradicts = outcome is not None and was != "unknown" and outcome != was
    if contradicts and given.kind is Kind.ANSWER:
        raise UsageError("the machine answers otherwise; an investigator can overrule it, with a reason")
    if outcome is not None and not contradicts and given.kind is Kind.OVERRIDE:
        raise UsageError("the machine does not say otherwise; give an answer, there is nothing to overrule")
    return {"outcome": outcome, "was": was, "version": ground.held.stored.version}


def _found(given: Given, ground: Ground) -> Mapping[str, Any]:
    """The finding it is about. Of an answer that is taken back, the criterion may have gone with another version."""
    if given.content.get("outcome") is None and given.about in ground.decided.answers:
        known: Any = ground.held.stored.line["findings"]
        return next((each for each in known if each["criterion"] == given.about), {"outcome": None})
    if ground.held.withdrawn is not None:
        raise UsageError("nothing may be said of this person by now, so there is nothing to answer")
    return ground.finding(given.about)


def _correction(given: Given, ground: Ground) -> dict[str, Any]:
    record, claim = str(given.about), given.content.get("claim")
    kind = record.partition("/")[0]
    if claim is None:
        if record not in ground.decided.corrections:
            raise UsageError("nobody corrected this record, so nothing can be taken back")
        return {"claim": None, "version": None, "criteria": {}, "said_in": given.study}
    if claim not in CLAIMS:
        raise UsageError(f"of a record it can be said: {', '.join(sorted(CLAIMS))}")
    if claim == NEVER_TAKEN and kind not in MEDICATION_TYPES:
        raise UsageError("never taken can be said of a drug's record alone; was the record entered in error?")
    if kind in NEVER_CORRECTED:
        raise UsageError(f"a {kind} is corrected in the EHR alone")
    version = ground.held.records.get(record)
    if ground.held.withdrawn is not None or version is None or version != given.content.get("version"):
        raise Outpaced(RECORD_CHANGED)
    criteria = {study: rested for study, line in ground.lines.items() if (rested := resting_on(line, record))}
    return {"claim": claim, "version": version, "criteria": criteria, "said_in": given.study}


def resting_on(line: Mapping[str, Any], record: str) -> list[str]:
    """The criteria whose answers name this record, or did before it was corrected."""
    found = [
        each["criterion"]
        for each in line["findings"]
        if record in {one["reference"] for one in each["evidence"]} | set((each["computed"] or {}).get("records", ()))
    ]
    earlier = (each["criteria"] for each in line.get("corrections", ()) if each["record"] == record)
    return sorted({*found, *(name for names in earlier for name in names)})


def _silence(given: Given, ground: Ground) -> dict[str, Any]:
    why = given.content.get("why")
    if why is not None and why not in WHYS:
        raise UsageError(f"a silence is for one of {', '.join(sorted(WHYS))}")
    return {"why": why, "until": None if why is None else _later(given.content.get("until"), ground)}


def _snooze(given: Given, ground: Ground) -> dict[str, Any]:
    return {"until": _later(given.content.get("until"), ground)}


def _later(written: object, ground: Ground) -> str | None:
    """A day that is still to come. Raises UsageError."""
    if written is None:
        return None
    try:
        day = date.fromisoformat(str(written))
    except ValueError:
        raise UsageError("give the day as year-month-day, for example 2027-03-31") from None
    if day <= ground.today:
        raise UsageError("the day has to be after today")
    return day.isoformat()


def _claim(given: Given, ground: Ground) -> dict[str, Any]:
    return {"by": ground.account if _flag(given, "claimed") else None}


def _approval(given: Given, ground: Ground) -> dict[str, Any]:
    return {"approved": _flag(given, "approved")}


def _flag(given: Given, name: str) -> bool:
    value = given.content.get(name)
    if not isinstance(value, bool):
        raise UsageError("say yes or no")
    return value


ABOUT = frozenset({Kind.ANSWER, Kind.OVERRIDE, Kind.CORRECTION})
MAKERS: Mapping[Kind, Callable[[Given, Ground], dict[str, Any]]] = {
    Kind.STATUS: _status,
    Kind.ANSWER: _answer,
    Kind.OVERRIDE: _answer,
    Kind.CORRECTION: _correction,
    Kind.SILENCE: _silence,
    Kind.CLAIM: _claim,
    Kind.SNOOZE: _snooze,
    Kind.APPROVAL: _approval,
    Kind.NOTE: lambda given, ground: {},
}
