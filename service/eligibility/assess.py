"""From findings to an assessment: standing, signal, what would settle it, and when time alone will change it.

SEMANTICS §7 and §3.6. Pure: the same record, study, date and knowledge give the same assessment.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from functools import partial
from heapq import heapify, heappop, heapreplace
from typing import NamedTuple

from service.eligibility.as_of import as_of
from service.eligibility.criteria import Criterion, Study
from service.eligibility.dates import FOREVER
from service.eligibility.evaluate import Case, Judgement, Knowledge, evaluate
from service.eligibility.evaluate.existence import ILLEGIBLE_ONLY
from service.eligibility.evaluate.judgement import UNSEEN
from service.eligibility.evaluate.recall import Recall
from service.eligibility.facts import PatientRecord
from service.eligibility.followed import Followed, when_unseen
from service.eligibility.later import first_free_day
from service.eligibility.outcome import Outcome, Reason

# Why it is unknown whether there is entry evidence, where nothing suggests any.
SAYING_NOTHING = frozenset({Reason.NO_RECORD, Reason.NO_CONTACT, Reason.NOT_LOADED, Reason.UNREADABLE, Reason.MANUAL})


class Standing(Enum):
    """The machine's opinion. `eligible`, `screening`, `on-study` belong to people."""

    CANDIDATE = "candidate"
    NEEDS_REVIEW = "needs_review"
    INELIGIBLE = "ineligible"


class Signal(Enum):
    """Whether anything on record speaks for the study's disease at all."""

    STRONG = "strong"
    WEAK = "weak"
    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one criterion. `blocks`: does it make the person ineligible?"""

    criterion: Criterion
    judgement: Judgement
    open_item: bool  # unknown, but allowed to stay open as a checklist item
    outcome: Outcome = field(init=False, compare=False, repr=False)
    blocks: bool = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:  # they are asked for again and again
        object.__setattr__(self, "outcome", self.judgement.outcome)
        object.__setattr__(self, "blocks", blocks(self.criterion, self.judgement.outcome))


@dataclass(frozen=True, slots=True)
class Change:
    """The first later date on which an outcome changes with no new data: of which criterion, and to what."""

    date: date
    criterion: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Assessment:
    """All findings of one person for one study on one screening date, and the standing."""

    patient: str
    study: Study
    screening_date: date
    findings: tuple[Finding, ...]
    standing: Standing
    signal: Signal
    later: date | None
    next_change: Change | None

    @property
    def unresolved(self) -> int:
        """How many criteria a person still has to settle."""
        return sum(finding.outcome is Outcome.UNKNOWN for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an assessment says of its own day, before anybody looks at what time will change."""

    findings: tuple[Finding, ...]
    standing: Standing
    signal: Signal


# Per criterion the finding that all charts share of which the silence means the same; None: it is of this chart alone.
Silent = Sequence[Finding | None]


def blocks(criterion: Criterion, outcome: Outcome) -> bool:
    """An inclusion criterion that is not met, or an exclusion criterion that is."""
    return outcome is (Outcome.NOT_MET if criterion.kind == "inclusion" else Outcome.MET)


def assess(
    record: PatientRecord, study: Study, at: date, knowledge: Knowledge, recall: Recall | None = None
) -> Assessment:
    """Judge one person by every criterion of a study on screening date `at`. `recall`: as of a Case."""
    case = case_of(record, study, at, knowledge, recall=recall)
    verdict = judge(study, case)
    findings = verdict.findings
    return Assessment(
        patient=record.person.id,
        study=study,
        screening_date=at,
        findings=findings,
        standing=verdict.standing,
        signal=verdict.signal,
        later=later(study, verdict, case),
        next_change=_next_change(study, findings, case),
    )


def case_of(
    record: PatientRecord,
    study: Study,
    at: date,
    knowledge: Knowledge,
    *,
    followed: bool = True,
    recall: Recall | None = None,
) -> Case:
    """One person as this study may see them on screening date `at`. `followed`, `recall`: as of a Case."""
    return Case(as_of(record, at, study), at, knowledge, followed, recall)


def judge(study: Study, case: Case) -> Verdict:
    """Every criterion of a study, the standing and the signal, on the day of the case alone."""
    findings = _findings(study, case)
    return Verdict(findings, standing_of(findings), signal(study, case))


def judge_unless_kept_out(study: Study, case: Case) -> Verdict | None:
    """As `judge`; None as soon as one criterion makes the person ineligible, whatever the others say."""
    findings: list[Finding] = []
    for criterion in study.criteria:
        finding = finding_of(criterion, case)
        if finding.blocks:
            return None
        findings.append(finding)
    return Verdict(tuple(findings), standing_of(tuple(findings)), signal(study, case))


def later(study: Study, verdict: Verdict, case: Case) -> date | None:
    """For somebody who is kept out now: the first later day on which nothing does, if time alone will bring it."""
    if verdict.standing is not Standing.INELIGIBLE:
        return None
    return first_free_day(verdict.findings, case, partial(_findings, study))


def finding_of(criterion: Criterion, case: Case) -> Finding:
    """The answer to one criterion on the day of the case."""
    judgement = evaluate(criterion.node, case)
    beside = None if case.recall is None else case.recall.beside(judgement)
    if beside is None:
        return Finding(criterion, judgement, _may_stay_open(criterion, judgement, case.policy.not_kept))
    known = beside.get(id(criterion))
    if known is None:
        known = Finding(criterion, judgement, _may_stay_open(criterion, judgement, case.policy.not_kept))
        beside[id(criterion)] = known
    return known


def _findings(study: Study, case: Case) -> tuple[Finding, ...]:
    """The answer to every criterion of a study on the day of the case."""
    known = _of_silence(study, case)
    both = zip(known or (None,) * len(study.criteria), study.criteria, strict=True)
    return tuple([one or finding_of(criterion, case) for one, criterion in both])


def _of_silence(study: Study, case: Case) -> Silent | None:
    """The findings that all charts share which say no more of this study's questions than this one."""
    return None if case.recall is None else case.recall.alike(study, case, _shared_finding)


def _shared_finding(criterion: Criterion, case: Case) -> Finding | None:
    finding = finding_of(criterion, case)
    return finding if case.recall and case.recall.beside(finding.judgement) is not None else None


def _may_stay_open(criterion: Criterion, judgement: Judgement, not_kept: frozenset[str]) -> bool:
    """SEMANTICS §7: what does not keep a person from CANDIDATE, though it is unknown."""
    allowed = {Reason.MANUAL}
    if criterion.settled_at == "screening_visit":
        allowed.add(Reason.NO_RECORD)
    if judgement.lacking and judgement.lacking <= not_kept:
        allowed.add(Reason.NOT_LOADED)
    return judgement.outcome is Outcome.UNKNOWN and bool(judgement.reasons) and judgement.reasons <= allowed


def standing_of(findings: tuple[Finding, ...]) -> Standing:
    """The standing that follows from the findings: SEMANTICS §7."""
    if any(finding.blocks for finding in findings):
        return Standing.INELIGIBLE
    if any(finding.outcome is Outcome.UNKNOWN and not finding.open_item for finding in findings):
        return Standing.NEEDS_REVIEW
    return Standing.CANDIDATE


def signal(study: Study, case: Case) -> Signal:
    """Is there entry evidence: a surely fitting record, a possibly fitting one, none, or were the types not loaded?"""
    return _signal(study, case)[0] if case.recall is None else case.recall.of_entry(study, case, _signal)


def _signal(study: Study, case: Case) -> tuple[Signal, list[Judgement]]:
    judged, found = [evaluate(node, case) for node in study.entry], Signal.NONE
    if any(each.outcome is Outcome.MET for each in judged):
        found = Signal.STRONG
    elif any(_suggests(each) for each in judged):
        found = Signal.WEAK
    elif any(each.lacking or Reason.UNREADABLE in each.reasons for each in judged):
        found = Signal.UNKNOWN
    return found, judged


def _suggests(judged: Judgement) -> bool:
    telling = judged.outcome is Outcome.UNKNOWN and not judged.reasons <= SAYING_NOTHING
    return telling and ILLEGIBLE_ONLY not in judged.notes


def _next_change(study: Study, findings: tuple[Finding, ...], case: Case) -> Change | None:
    """All findings are followed from day to day together: after the first change nobody asks."""
    shared = _of_silence(study, case) or (None,) * len(findings)
    own = [place for place, each in enumerate(shared) if each is None]
    followed = {place: Followed(findings[place].criterion.node, findings[place].judgement, case) for place in own}
    days = [(each.day, place) for place, each in followed.items() if each.day < FOREVER]
    unseen = _unseen(study, shared, case)
    if unseen is not None:
        days.append((unseen.date, unseen.place))
    heapify(days)
    while days:
        day, place = days[0]
        if place not in followed:
            return unseen and unseen.change
        changed = followed[place].step()
        if changed is not None:
            return Change(day, findings[place].criterion.id, changed.outcome)
        later = followed[place].day
        heapreplace(days, (later, place)) if later < FOREVER else heappop(days)
    return None


class _Turn(NamedTuple):
    """A day on which an outcome changes, the place of its criterion, and the change."""

    date: date
    place: int
    change: Change


def _unseen(study: Study, shared: Silent, case: Case) -> _Turn | None:
    """The first change of what charts share: it hangs on nothing but how recently the person was seen."""
    waiting = [place for place, each in enumerate(shared) if each is not None and UNSEEN in each.judgement.watch]
    if not waiting or case.recall is None:
        return None
    for then in when_unseen(case):
        others = _of_silence(study, then)
        if others is None:
            continue
        for place in waiting:
            before, after = shared[place], others[place] or finding_of(study.criteria[place], then)
            if before is not None and after.outcome is not before.outcome:
                return _Turn(then.at, place, Change(then.at, after.criterion.id, after.outcome))
    return None
