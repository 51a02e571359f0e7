"""Counting what happened to every line: used, not needed, unreadable or rejected; what was set aside, from where."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from service.errors import InvalidOutput

DISPOSITIONS = ("used", "not_needed", "unreadable", "rejected")
UNKNOWN_TYPE = "unknown"
Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Reject:
    """A line or resource that could not be used: where it stands, what became of it, why. Never what it says.

    `entry` counts from 1 inside a Bundle, 0 elsewhere. `disposition`: unreadable (understood as a resource, not as a
    fact) or rejected (not even that).
    """

    file: str
    line: int
    disposition: str
    type: str | None
    reason: str
    entry: int = 0

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.file, self.line, self.entry

    def as_dict(self) -> dict[str, object]:
        """The line of rejects.ndjson."""
        return {
            "file": self.file,
            "line": self.line,
            "entry": self.entry or None,
            "disposition": self.disposition,
            "type": self.type,
            "reason": self.reason,
        }


@dataclass
class Counts:
    """How many lines were read, what became of them by type, and why those that were set aside were."""

    read: int = 0
    by: dict[str, Counter[str]] = field(default_factory=lambda: {each: Counter() for each in DISPOSITIONS})
    reasons: dict[str, Counter[str]] = field(default_factory=lambda: {each: Counter() for each in DISPOSITIONS[2:]})

    def add(self, other: Counts) -> None:
        """Those of another part of the same input."""
        self.read += other.read
        for mine, theirs in ((self.by, other.by), (self.reasons, other.reasons)):
            for name, counted in theirs.items():
                mine[name] = mine[name] + counted

    def summary(self) -> dict[str, object]:
        """The counts, in total and per type. Raises InvalidOutput if they do not add up."""
        totals = {each: self.by[each].total() for each in DISPOSITIONS}
        if sum(totals.values()) != self.read or totals["unreadable"] != self.reasons["unreadable"].total():
            raise InvalidOutput(f"the counts do not add up: {self.read} lines read, {totals}; nothing was written")
        types = sorted(set().union(*self.by.values()))
        per_type = {name: {each: self.by[each][name] for each in DISPOSITIONS if self.by[each][name]} for name in types}
        return {
            "read": self.read,
            **totals,
            "by_type": {name: {"read": sum(counts.values()), **counts} for name, counts in per_type.items()},
            "unreadable_reasons": dict(sorted(self.reasons["unreadable"].items())),
            "rejected_reasons": dict(sorted(self.reasons["rejected"].items())),
        }


@dataclass
class Tally:
    """Counts per type and disposition, and all that was set aside: an unreadable resource only until a later version of
    it takes its place."""

    by: dict[str, Counter[str]] = field(default_factory=lambda: {each: Counter() for each in DISPOSITIONS})
    rejected: list[Reject] = field(default_factory=list)
    unreadable: dict[Place, Reject] = field(default_factory=dict)
    read: int = 0

    def count(self, type_name: str | None, disposition: str, lines: int = 1) -> None:
        """Lines of that type, and what became of them."""
        self.read += lines
        self.by[disposition][type_name or UNKNOWN_TYPE] += lines

    def set_aside_line(self, reject: Reject) -> None:
        """One line that could not be used: counted, and kept or handed on."""
        self.count(reject.type, reject.disposition)
        self._keep(reject)

    def recount(self, type_name: str, before: str, place: Place, after: Reject | None = None) -> None:
        """A line counted before turns out to be not needed (a later version came), or to be as `after` says."""
        self.by[before][type_name] -= 1
        self.unreadable.pop(place, None)
        self.by["not_needed" if after is None else after.disposition][type_name] += 1
        if after is not None:
            self._keep(after)

    def _keep(self, reject: Reject) -> None:
        if reject.disposition == "unreadable":
            self.unreadable[reject.place] = reject
        else:
            self.rejected.append(reject)

    def set_aside(self) -> list[Reject]:
        """All that was, in the order of file and line."""
        return sorted((*self.rejected, *self.unreadable.values()), key=lambda each: each.place)

    def counts(self) -> Counts:
        """What is left when the lines themselves are not needed any more."""
        reasons = {"unreadable": Counter(each.reason for each in self.unreadable.values())}
        reasons["rejected"] = Counter(each.reason for each in self.rejected)
        return Counts(self.read, self.by, reasons)
