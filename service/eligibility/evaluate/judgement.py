"""What evaluating one node gives: the outcome, why, on which evidence, and the later days on which it may change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from service.eligibility.criteria import Node
from service.eligibility.dates import ALWAYS, ANY_DAY, Days, Span
from service.eligibility.dosing.measure import DoseAnswer
from service.eligibility.outcome import Outcome, Reason

# Stands in `Judgement.watch` for the day on which the last contact is no longer recent enough: the same for every
# criterion, and worked out when it is asked for (`absence.contact_days`).
UNSEEN = ALWAYS


@dataclass(frozen=True, slots=True, order=True)
class Exhibit:
    """One piece of evidence as a reader sees it: where it stands, when it was, what it says."""

    reference: str
    element: str
    when: str
    value: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer to one node on one day.

    `reasons` are given for UNKNOWN only; `lacking` are the resource types whose loading `not-loaded` speaks of;
    `watch` are later days on which the answer may change with no new data (a superset of those on which it does), and
    UNSEEN where it also rests on how recently the person was seen.
    """

    node: Node
    outcome: Outcome
    reasons: frozenset[Reason] = frozenset()
    exhibits: tuple[Exhibit, ...] = ()
    assumptions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lacking: frozenset[str] = frozenset()
    dose: DoseAnswer | None = None
    watch: frozenset[date] = frozenset()
    parts: tuple["Judgement", ...] = ()
    tier: str | None = None

    def watching(self, days: frozenset[date]) -> "Judgement":
        """The same, with more days on which it may change."""
        if days <= self.watch:
            return self
        return Judgement(
            self.node,
            self.outcome,
            self.reasons,
            self.exhibits,
            self.assumptions,
            self.notes,
            self.lacking,
            self.dose,
            self.watch | days,
            self.parts,
            self.tier,
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A fact that may count (MET: it does, UNKNOWN: possibly, for `reasons`, NOT_MET: it does not), and when it was."""

    outcome: Outcome
    exhibit: Exhibit
    span: Span
    reasons: frozenset[Reason] = frozenset()
    notes: tuple[str, ...] = ()
    also: tuple[date, ...] = ()  # other days on which what it says changes (an order grows stale)
    illegible: bool = False  # it could belong only because its code has no known meaning and no words
    occasion: Days | None = None  # the days that tell this occasion from another one; None: those of its beginning


@dataclass(frozen=True, slots=True)
class Negative:
    """An explicit negative (refuted, not done, not taken), and the days on which it may have been said."""

    exhibit: Exhibit
    said: Days = ANY_DAY
    of_window: bool = True  # it speaks of the window searched: an operation not done long ago does not
    also: tuple[date, ...] = ()  # other days on which what it speaks of may begin or end
    of_all: bool = True  # it denies all that was asked for: to refute cancer of the breast is to refute no other


def unique(exhibits: Iterable[Exhibit]) -> tuple[Exhibit, ...]:
    """Each exhibit once, in a fixed order: the order and repetition of facts change nothing."""
    return tuple(sorted(set(exhibits)))


def in_order(sentences: Iterable[str]) -> tuple[str, ...]:
    """Each sentence once, in the order of the criterion's parts."""
    return tuple(dict.fromkeys(sentences))


def combined(node: Node, outcome: Outcome, parts: Sequence[Judgement], tier: str | None = None) -> Judgement:
    """The judgement of a node from those of its parts: what it rests on is what the deciding parts rest on."""
    deciding = [part for part in parts if part.outcome is outcome] or parts
    unknown = outcome is Outcome.UNKNOWN
    return Judgement(
        node=node,
        outcome=outcome,
        reasons=frozenset().union(*[part.reasons for part in deciding]) if unknown else frozenset(),
        exhibits=unique([exhibit for part in deciding for exhibit in part.exhibits]),
        assumptions=in_order([each for part in deciding for each in part.assumptions]),
        notes=in_order([each for part in deciding for each in part.notes]),
        lacking=frozenset().union(*[part.lacking for part in deciding]) if unknown else frozenset(),
        dose=next((part.dose for part in deciding if part.dose is not None), None),
        watch=frozenset().union(*[part.watch for part in parts]),
        parts=tuple(parts),
        tier=tier or next((part.tier for part in deciding if part.tier), None),
    )
