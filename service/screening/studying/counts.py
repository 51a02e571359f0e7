"""What a study's assessments add up to: the funnel, what each criterion costs, what is unknown and why. Pure.

Lines are added one by one, with people's answers in them; nothing of a patient stays. Criteria stand in the order of
the protocol. Whoever has a signal (strong or weak) goes through the funnel; everybody assessed counts for the quality.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.screening.decisions.applied import BLOCKING, CANDIDATE, INELIGIBLE, NEEDS_REVIEW, outcome_of
from service.screening.decisions.decided import Decided
from service.screening.studying.obstacles import Obstacles

SIGNALS = frozenset({"strong", "weak"})
NO_SIGNAL = "no-signal"
Line = Mapping[str, Any]


@dataclass
class OfCriterion:
    """One criterion. `everybody`, `all_reasons` and `by_people` are of all who were assessed; all else of those with a
    signal.

    `first`: they fall out here, and at none before. `alone`: nothing else keeps them out; without this criterion they
    would stand as the key says. `undecided_alone`: nothing but this, unknown, keeps them from being candidates.
    """

    everybody: Counter[str] = field(default_factory=Counter)
    all_reasons: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    first: int = 0
    alone: Counter[str] = field(default_factory=Counter)
    undecided_alone: int = 0
    by_people: int = 0


class Counts:
    """Adds lines up. `criteria`: their ids, as the protocol orders them."""

    def __init__(self, criteria: Iterable[str]) -> None:
        self.criteria = {each: OfCriterion() for each in criteria}
        self.assessed = self.withdrawn = self.later = 0
        self.signals: Counter[str] = Counter()
        self.standings: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.versions: Counter[str] = Counter()

    def add_withdrawn(self) -> None:
        """One whose assessment does not hold any more: nothing is said of it."""
        self.withdrawn += 1

    def add(self, line: Line, decided: Decided) -> None:
        """One assessment that holds, as `with_decisions` gives it, and what people decided."""
        told = line["signal"] in SIGNALS
        self.assessed += 1
        self.signals[line["signal"]] += 1
        self.versions[line["study_version"]] += 1
        if decided.status is not None:
            self.statuses[decided.status.code.value] += 1
        for finding in line["findings"]:
            self._quality(finding, told)
        if told:
            self.standings[line["standing"]] += 1
            self.later += line["standing"] == INELIGIBLE and line["later"] is not None
            self._funnel(line["findings"])

    def _quality(self, finding: Line, told: bool) -> None:
        criterion = self.criteria.setdefault(finding["criterion"], OfCriterion())
        outcome = outcome_of(finding)
        criterion.everybody[outcome] += 1
        criterion.by_people += "decided" in finding
        if outcome == "unknown":
            criterion.all_reasons.update(finding["reasons"])
        if not told:
            return
        criterion.outcomes[outcome] += 1
        if outcome == "unknown":
            criterion.reasons.update(finding["reasons"])

    def _funnel(self, findings: Iterable[Line]) -> None:
        listed = {each["criterion"]: each for each in findings}
        found = Obstacles(
            blocking=[each for each in self.criteria if each in listed and _blocks(listed[each])],
            open=[each for each in listed if _keeps_open(listed[each])],
        )
        if found.first is not None:
            self.criteria[found.first].first += 1
        if found.alone is not None:
            self.criteria[found.alone].alone[NEEDS_REVIEW if found.open else CANDIDATE] += 1
        if found.undecided_alone is not None:
            self.criteria[found.undecided_alone].undecided_alone += 1

    def document(self) -> dict[str, Any]:
        """All of it as JSON, as it is stored."""
        return {
            "assessed": self.assessed,
            "withdrawn": self.withdrawn,
            "later": self.later,
            "signals": dict(sorted(self.signals.items())),
            "standings": {each: self.standings[each] for each in (CANDIDATE, NEEDS_REVIEW, INELIGIBLE)},
            "statuses": dict(sorted(self.statuses.items())),
            "versions": dict(sorted(self.versions.items())),
            "criteria": {name: _document(each) for name, each in self.criteria.items()},
        }


def with_signal(document: Mapping[str, Any]) -> int:
    """How many went through the funnel."""
    return int(sum(document["standings"].values()))


def partition(document: Mapping[str, Any]) -> dict[str, int]:
    """Everybody assessed, each in one cell: without a signal, by the criterion where they fall out, or left over."""
    left = {each: document["standings"][each] for each in (NEEDS_REVIEW, CANDIDATE)}
    out = {name: each["first"] for name, each in document["criteria"].items()}
    return {NO_SIGNAL: document["assessed"] - with_signal(document), **out, **left}


def _blocks(finding: Line) -> bool:
    return outcome_of(finding) == BLOCKING[finding["kind"]]


def _keeps_open(finding: Line) -> bool:
    """Does it, unknown, keep somebody from being a candidate? An unknown that a person gave always does."""
    return outcome_of(finding) == "unknown" and not (finding["open_item"] and "decided" not in finding)


def _document(criterion: OfCriterion) -> dict[str, Any]:
    return {
        "everybody": {each: criterion.everybody[each] for each in ("met", "not_met", "unknown")},
        "all_reasons": dict(criterion.all_reasons.most_common()),
        "outcomes": {each: criterion.outcomes[each] for each in ("met", "not_met", "unknown")},
        "reasons": dict(criterion.reasons.most_common()),
        "first": criterion.first,
        "alone": {each: criterion.alone[each] for each in (CANDIDATE, NEEDS_REVIEW)},
        "undecided_alone": criterion.undecided_alone,
        "by_people": criterion.by_people,
    }
