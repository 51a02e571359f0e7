"""What holds by what people decided about one patient in one study: the newest of each thing, and who said it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from service.errors import InvalidValue
from service.screening.decisions.kinds import Kind, PersonStatus
from service.store.decisions import Decision

FOR_GOOD = date.max


@dataclass(frozen=True, slots=True)
class Status:
    """Where a patient stands by what people say."""

    code: PersonStatus
    by: str
    at: datetime
    reason: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a person answers a criterion. `was`: the machine's outcome that they saw. `against`: they contradict it."""

    criterion: str
    outcome: str
    was: str | None
    against: bool
    by: str
    at: datetime
    reason: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person says of one record (`Type/id`). `version`: of the record they saw, where it has one."""

    record: str
    claim: str
    version: str | None
    by: str
    at: datetime
    reason: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody is told of this patient up to that day (`date.max`: for good). `everywhere`: in no study."""

    why: str
    until: date
    everywhere: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """All of it. `newest`: the id of the newest decision by kind and what it is about, for whoever decides next."""

    status: Status | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)
    corrections: Mapping[str, Correction] = field(default_factory=dict)
    silences: tuple[Silence, ...] = ()
    claimed_by: str | None = None
    snoozed: date | None = None
    approved: bool | None = None
    newest: Mapping[tuple[str, str | None, bool], int] = field(default_factory=dict)

    def silent(self, on: date) -> Silence | None:
        """Why nobody is told of this patient on that day, the one that lasts longest; None: they may be."""
        holding = [each for each in self.silences if on <= each.until]
        return max(holding, key=lambda each: each.until, default=None)


NOTHING = Decided()


def decided_of(decisions: Iterable[Decision]) -> Decided:
    """Fold what was decided in one study, and for all, the oldest first."""
    answers: dict[str, Answer | None] = {}
    corrections: dict[str, Correction | None] = {}
    silences: dict[bool, Silence | None] = {}
    newest: dict[tuple[str, str | None, bool], int] = {}
    plain: dict[str, Any] = {}
    for each in decisions:
        everywhere = each.study is None
        newest[each.kind, each.about, everywhere] = each.id
        match Kind(each.kind):
            case Kind.STATUS:
                plain["status"] = _status(each)
            case Kind.ANSWER | Kind.OVERRIDE:
                answers[_about(each)] = _answer(each)
            case Kind.CORRECTION:
                corrections[_about(each)] = _correction(each)
            case Kind.SILENCE:
                silences[everywhere] = _silence(each)
            case Kind.CLAIM:
                plain["claimed_by"] = each.content["by"]
            case Kind.SNOOZE:
                plain["snoozed"] = _day(each.content["until"])
            case Kind.APPROVAL:
                plain["approved"] = each.content["approved"]
            case Kind.NOTE:
                pass
    return Decided(
        answers={name: each for name, each in answers.items() if each is not None},
        corrections={name: each for name, each in corrections.items() if each is not None},
        silences=tuple(each for each in silences.values() if each is not None),
        newest=newest,
        **plain,
    )


def _about(decision: Decision) -> str:
    """What it is about. Raises InvalidValue for a decision that does not say it, as none of ours does."""
    if decision.about is None:
        raise InvalidValue(f"a decision of kind {decision.kind} has to say what it is about")
    return decision.about


def _status(decision: Decision) -> Status | None:
    code = decision.content["status"]
    return None if code is None else Status(PersonStatus(code), decision.actor, decision.at, decision.reason)


def _answer(decision: Decision) -> Answer | None:
    outcome, about = decision.content["outcome"], _about(decision)
    if outcome is None:
        return None
    against = decision.kind == Kind.OVERRIDE
    return Answer(about, outcome, decision.content.get("was"), against, decision.actor, decision.at, decision.reason)


def _correction(decision: Decision) -> Correction | None:
    claim = decision.content["claim"]
    if claim is None:
        return None
    return Correction(
        _about(decision), claim, decision.content.get("version"), decision.actor, decision.at, decision.reason
    )


def _silence(decision: Decision) -> Silence | None:
    why = decision.content["why"]
    until = _day(decision.content["until"]) or FOR_GOOD
    return None if why is None else Silence(why, until, decision.study is None, decision.actor, decision.at)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
