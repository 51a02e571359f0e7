"""Where a patient stands in the worklist of a study, from one assessment and what people decided. Pure; no day decides.

SEMANTICS §7: who has no signal stands in no worklist, unless people decided something about them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from service.screening.decisions import STATES, Decided, Kind, PersonStatus, with_decisions
from service.screening.decisions.applied import BLOCKING, outcome_of
from service.screening.stand import stand_of
from service.screening.worklist.changes import happening
from service.store.worklist_tabs import CHECKED, OPEN, OUT

Line = Mapping[str, Any]
RANKS: Mapping[str, int] = {"strong": 0, "weak": 1}
NO_SIGNAL = 2
MOST_SENTENCES, MOST_WISHES = 3, 6
# People who are on their way: a machine that finds them kept out has to be heard.
GOING_ON = frozenset({"screening", "eligible", "contacted", "consented", "pending-on-study"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a patient stands. `stand`: in one word, by which a change is told.

    `until`: an open row is to be looked at from that day on. `hidden`: nobody is told up to that day.
    """

    at: str
    until: date | None
    hidden: date | None
    standing: str
    status: str | None
    stand: str
    look_again: bool


def place_of(line: Line, decided: Decided, ehr_state: str | None = None) -> Place | None:
    """The place by a line of assessments.ndjson and what people decided; None: in no worklist.

    `ehr_state`: a state that people set in the EHR. It counts where nobody set one here.
    """
    status = status_of(decided, ehr_state)
    if line["signal"] not in RANKS and status is None and not decided.answers and decided.approved is None:
        return None
    told = with_decisions(line, decided)
    standing, later = str(told["standing"]), _day(told["later"])
    kept_out = standing == "ineligible"
    if status is not None:
        at = CHECKED
    elif kept_out and later is None:
        at = OUT
    else:
        at = OPEN
    days = [each for each in (later if kept_out else None, decided.snoozed) if each is not None]
    return Place(
        at=at,
        until=max(days, default=None) if at == OPEN else None,
        hidden=max((each.until for each in decided.silences), default=None),
        standing=standing,
        status=status,
        stand=status or stand_of(standing, later, told.get("machine")),
        look_again=_look_again(told, decided, ehr_state, status, kept_out),
    )


def status_of(decided: Decided, ehr_state: str | None) -> str | None:
    """The status that people set: here, or else in the EHR."""
    return decided.status.code.value if decided.status is not None else ehr_state


def _look_again(told: Line, decided: Decided, ehr_state: str | None, status: str | None, kept_out: bool) -> bool:
    """Has the machine's answer moved under a person's, or do people say two things?"""
    moved = any(each.get("decided", {}).get("moved") for each in told["findings"])
    own = decided.status
    differs = own is not None and ehr_state is not None and STATES[PersonStatus(own.code)] != ehr_state
    return bool(moved or differs or (kept_out and status in GOING_ON))


def missing_in(told: Line) -> str:
    """The criteria that are not settled, each between blanks."""
    return _listed([each for each in told["findings"] if outcome_of(each) == "unknown"])


def against_in(told: Line) -> str:
    """The criteria that keep out, each between blanks."""
    return _listed(_against(told["findings"]))


def summary_of(line: Line, decided: Decided, ehr_state: str | None) -> dict[str, Any]:
    """What a row shows of the reason: sentences of the findings that keep out, what would settle the open ones."""
    told = with_decisions(line, decided)
    findings = told["findings"]
    against = _against(findings)
    unknown = {each["criterion"] for each in findings if outcome_of(each) == "unknown"}
    judged = {each["criterion"] for each in findings if each["reasons"] == ["manual"]} & unknown
    wishes = [each for each in told["settle"] if each["criterion"] in unknown - judged]
    status = decided.status
    return {
        "signal": told["signal"],
        "study_version": told["study_version"],
        "fit": len(findings) - len(against) - len(unknown),
        "of": len(findings),
        "against": [_reason(each) for each in against[:MOST_SENTENCES]],
        "against_more": max(0, len(against) - MOST_SENTENCES),
        "settle": wishes[:MOST_WISHES],
        "settle_more": max(0, len(wishes) - MOST_WISHES),
        "judged": len(judged),
        "next_change": happening(told),
        "machine": told.get("machine"),
        "status_by": None if status is None else status.by,
        "ehr_state": ehr_state,
        "snoozed": None if decided.snoozed is None else decided.snoozed.isoformat(),
        "silences": [
            {"why": each.why, "until": each.until.isoformat(), "everywhere": each.everywhere}
            for each in sorted(decided.silences, key=lambda each: each.everywhere)
        ],
        "newest": {kind.value: decided.newest.get((kind, None, False), 0) for kind in (Kind.CLAIM, Kind.SNOOZE)},
    }


def _against(findings: Sequence[Line]) -> list[Line]:
    return [each for each in findings if outcome_of(each) == BLOCKING[each["kind"]]]


def _listed(findings: Sequence[Line]) -> str:
    return "".join(f" {each['criterion']}" for each in findings) + " " if findings else ""


def _reason(finding: Line) -> dict[str, Any]:
    """Why it keeps out: `decided`, where a person says so; what the machine says is no reason then."""
    told = {"criterion": finding["criterion"], "sentence": finding["sentence"]}
    given = finding.get("decided")
    return told if given is None else {**told, "decided": {name: given[name] for name in ("outcome", "by", "reason")}}


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
