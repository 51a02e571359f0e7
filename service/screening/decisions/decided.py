"""What holds by what people decided about one patient in one study: the newest of each thing, and who said it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from service.errors import InvalidValue
from service.screening.decisions.kinds import TOGETHER, Kind, PersonStatus
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
    """How a person answers a criterion. `was`: the machine's outcome that they saw. `against`: they contradict it.

    `version`: of the study whose words they answered.
    """

    criterion: str
    outcome: str
    was: str | None
    against: bool
    by: str
    at: datetime
    reason: str | None = field(default=None, repr=False)
    version: str | None = None


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
    newest: Mapping[tuple[Kind, str | None, bool], int] = field(default_factory=dict)

    def seen(self, kind: Kind, about: str | None = None, *, everywhere: bool = False) -> int:
        """The id of the newest decision about that thing, as a form has to bring it back; 0: there is none."""
        return max((self.newest.get((each, about, everywhere), 0) for each in TOGETHER[kind]), default=0)

    def silent(self, on: date) -> Silence | None:
        """Why nobody is told of this patient on that day, the one that lasts longest; None: they may be.

        Who declined is left alone for good, unless a silence of that study names a day.
        """
        known = self.silences
        if self.status is not None and self.status.code is PersonStatus.DECLINED and all(e.everywhere for e in known):
            by, at = self.status.by, self.status.at
            known = (*known, Silence(PersonStatus.DECLINED, FOR_GOOD, everywhere=False, by=by, at=at))
        holding = [each for each in known if on <= each.until]
        return max(holding, key=lambda each: each.until, default=None)


NOTHING = Decided()


def decided_of(decisions: Iterable[Decision]) -> Decided:
    """Fold what was decided in one study, and for all; the newest is the one with the highest id."""
    answers: dict[str, Answer | None] = {}
    corrections: dict[str, Correction | None] = {}
    silences: dict[bool, Silence | None] = {}
    newest: dict[tuple[Kind, str | None, bool], int] = {}
    plain: dict[str, Any] = {}
    for each in sorted(decisions, key=lambda one: one.id):
        kind, everywhere = Kind(each.kind), each.study is None
        newest[kind, each.about, everywhere] = each.id
        match kind:
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
    content = decision.content
    said = (decision.actor, decision.at, decision.reason, content.get("version"))
    return Answer(about, outcome, content.get("was"), against, *said)


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
