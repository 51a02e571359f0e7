"""What the page of a study shows: its criteria in words, the funnel, the costs, the quality, and how cards fared.

Who may see the study's patients gets all numbers. Everybody else who has a role gets the funnel and the cards, with
small counts left out, as they were before this week: what changes from day to day would tell of single people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from service.eligibility.explain.wording import ENGLISH, Wording
from service.eligibility.outcome import Reason
from service.screening.decisions.applied import CANDIDATE, NEEDS_REVIEW
from service.screening.studying.counts import NO_SIGNAL, partition
from service.screening.studying.plain import PlainStudy, plain_study
from service.screening.studying.suppression import Published, exact, suppressed
from service.screening.studying.versions import Step, steps
from service.screening.tenant import Tenant
from service.store import cards, studying
from service.store.cards import Rate
from service.store.engine import Store
from service.store.studying import Counted

SHOWN = timedelta(days=180)
ACCEPTED, UNANSWERED = "accepted", "unanswered"
SENTENCES = {each.code: each.sentence for each in Reason}


@dataclass(frozen=True, slots=True)
class Why:
    """Why something is unknown: the code, its sentence, and how often."""

    code: str
    sentence: str
    number: int


@dataclass(frozen=True, slots=True)
class Fall:
    """One criterion in the funnel. `out`: whom it is the first to keep out; `left`: who is left after it.

    None: not shown. `unknown`, `why`: of all with a signal, for those alone who may see everything.
    """

    criterion: str
    kind: str
    out: int | None
    left: int | None
    unknown: int | None = None
    why: tuple[Why, ...] = ()


@dataclass(frozen=True, slots=True)
class Funnel:
    """From everybody assessed to those who are left. None: not shown."""

    assessed: int | None
    no_signal: int | None
    signal: int | None
    falls: tuple[Fall, ...]
    needs_review: int | None
    candidate: int | None
    whole: bool


@dataclass(frozen=True, slots=True)
class Cost:
    """What a criterion alone costs: without it, so many more would be candidates, or need review.

    `undecided`: so many more would be candidates, if this alone were known and let them in.
    """

    criterion: str
    candidate: int
    needs_review: int
    undecided: int

    @property
    def total(self) -> int:
        """How many it alone keeps out."""
        return self.candidate + self.needs_review


@dataclass(frozen=True, slots=True)
class Quality:
    """How well the records of everybody assessed answer a criterion."""

    criterion: str
    decided: int
    unknown: int
    why: tuple[Why, ...]
    by_people: int

    @property
    def share(self) -> float | None:
        """The part that is decided; None of nobody."""
        whole = self.decided + self.unknown
        return self.decided / whole if whole else None


@dataclass(frozen=True, slots=True)
class Day:
    """What was counted on one day, of those with a signal."""

    day: date
    candidate: int
    needs_review: int
    later: int
    statuses: Mapping[str, int]

    @property
    def checked(self) -> int:
        """Those whom people gave a status."""
        return sum(self.statuses.values())


@dataclass(frozen=True, slots=True)
class CardRate:
    """How cards about one thing fared. None: not shown."""

    about: str
    shown: int | None
    accepted: int | None
    unanswered: int | None
    overridden: tuple[tuple[str, int | None], ...]

    def share(self, number: int | None) -> float | None:
        """The part of those that were shown; None where one of the two is not known, or none was shown."""
        return number / self.shown if self.shown and number is not None else None


@dataclass(frozen=True, slots=True)
class StudyView:
    """The page. `seen`: with all numbers. `day`: for which the numbers are, counted at `counted`; None: never yet.

    `waiting`: a new count was asked for. `unmarked`: something changed without a new version. `withdrawn`: whose
    assessment does not hold any more.
    """

    plain: PlainStudy
    seen: bool
    unmarked: bool
    day: date | None
    counted: datetime | None
    waiting: bool
    funnel: Funnel | None
    withdrawn: int | None
    costs: tuple[Cost, ...]
    quality: tuple[Quality, ...]
    days: tuple[Day, ...]
    cards: tuple[CardRate, ...]


def study_view(
    store: Store, tenant: Tenant, study: str, today: date, *, seen: bool, wording: Wording = ENGLISH
) -> StudyView:
    """The page of an open study."""
    plain = plain_study(tenant, tenant.catalog.studies[study], wording)
    rows = studying.counted(store, tenant.name, study, today - SHOWN)
    chosen = newest(rows) if seen else settled(rows, today)
    content: Mapping[str, Any] = {} if chosen is None or chosen.content is None else chosen.content
    history = version_steps(store, tenant, study, seen=seen)
    return StudyView(
        plain=plain,
        seen=seen,
        unmarked=bool(history) and history[0].unmarked,
        day=None if chosen is None else chosen.day,
        counted=None if chosen is None else chosen.counted,
        waiting=any(each.due is not None for each in rows),
        funnel=_funnel(content, plain, seen=seen) if content else None,
        withdrawn=content.get("withdrawn") if seen else None,
        costs=tuple(_costs(content, plain)) if content and seen else (),
        quality=tuple(_quality(content, plain)) if content and seen else (),
        days=tuple(_day(each) for each in rows if each.content) if seen else (),
        cards=tuple(card_rate(each, seen=seen) for each in cards.rates(store, tenant.name, study)),
    )


def newest(rows: tuple[Counted, ...]) -> Counted | None:
    """The last that was counted."""
    return next((each for each in reversed(rows) if each.content is not None), None)


def settled(rows: tuple[Counted, ...], today: date) -> Counted | None:
    """The last of those before this week, which no count of today changes; where there is none, the first of all."""
    counted = [each for each in rows if each.content is not None]
    monday = today - timedelta(days=today.weekday())
    before = [each for each in counted if each.day < monday]
    return before[-1] if before else next(iter(counted), None)


def version_steps(store: Store, tenant: Tenant, study: str, *, seen: bool) -> tuple[Step, ...]:
    """What the study said, the newest first, and how many assessments were made with each version."""
    made = studying.made_with(store, tenant.name, study)
    published = exact(made) if seen else suppressed(made)
    return steps(studying.versions(store, tenant.name, study), published.cells)


def _funnel(content: Mapping[str, Any], plain: PlainStudy, *, seen: bool) -> Funnel:
    cells = partition(content)
    published = exact(cells) if seen else suppressed(cells)
    shown, total = published.cells, published.total
    first = shown[NO_SIGNAL]
    kinds = {each.id: each.kind for each in plain.criteria}
    names = [each for each in cells if each not in (NO_SIGNAL, NEEDS_REVIEW, CANDIDATE)]
    return Funnel(
        assessed=total,
        no_signal=first,
        signal=_left(published, NO_SIGNAL),
        falls=tuple(
            Fall(each, kinds.get(each, ""), shown[each], _left(published, each), *_unknown(content, each, seen=seen))
            for each in names
        ),
        needs_review=shown[NEEDS_REVIEW],
        candidate=shown[CANDIDATE],
        whole=published.whole,
    )


def _left(published: Published, upto: str) -> int | None:
    """Who is left after a cell, from what is shown alone: the total without all up to it, or the sum of those after."""
    names = list(published.cells)
    at = names.index(upto) + 1
    before, after = ([published.cells[each] for each in part] for part in (names[:at], names[at:]))
    if published.total is not None and None not in before:
        return published.total - sum(each or 0 for each in before)
    return None if None in after else sum(each or 0 for each in after)


def _unknown(content: Mapping[str, Any], criterion: str, *, seen: bool) -> tuple[int | None, tuple[Why, ...]]:
    found = content["criteria"][criterion]
    return (found["outcomes"]["unknown"], _why(found["reasons"])) if seen else (None, ())


def _why(reasons: Mapping[str, int]) -> tuple[Why, ...]:
    ordered = sorted(reasons.items(), key=lambda each: (-each[1], each[0]))
    return tuple(Why(code, SENTENCES.get(code, code), number) for code, number in ordered)


def _costs(content: Mapping[str, Any], plain: PlainStudy) -> Iterator[Cost]:
    """The most expensive first."""
    order = {each.id: at for at, each in enumerate(plain.criteria)}
    found = [
        Cost(name, each["alone"][CANDIDATE], each["alone"][NEEDS_REVIEW], each["undecided_alone"])
        for name, each in content["criteria"].items()
    ]
    yield from sorted(found, key=lambda each: (-each.total, -each.undecided, order.get(each.criterion, len(order))))


def _quality(content: Mapping[str, Any], plain: PlainStudy) -> Iterator[Quality]:
    for name, each in content["criteria"].items():
        of = each["everybody"]
        yield Quality(name, of["met"] + of["not_met"], of["unknown"], _why(each["all_reasons"]), each["by_people"])


def _day(counted: Counted) -> Day:
    content = counted.content or {}
    standings = content["standings"]
    return Day(counted.day, standings[CANDIDATE], standings[NEEDS_REVIEW], content["later"], content["statuses"])


def card_rate(rate: Rate, *, seen: bool) -> CardRate:
    """How cards fared, as it may be shown."""
    cells = {ACCEPTED: rate.accepted, UNANSWERED: rate.unanswered, **{f"={k}": n for k, n in rate.overridden.items()}}
    published = exact(cells) if seen else suppressed(cells)
    shown = published.cells
    reasons = tuple((name[1:], number) for name, number in shown.items() if name.startswith("="))
    return CardRate(rate.about, published.total, shown[ACCEPTED], shown[UNANSWERED], reasons)
