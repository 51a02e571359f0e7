"""Counting what happened to every line: used, not needed, unreadable or rejected, and what was set aside, with where."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from service.errors import InvalidOutput

DISPOSITIONS = ("used", "not_needed", "unreadable", "rejected")


@dataclass(frozen=True, slots=True)
class Reject:
    """A line or resource that could not be used: where it stands, what became of it, why. Never what it says."""

    file: str
    line: int
    disposition: str  # unreadable (understood as a resource, not as a fact) | rejected (not even that)
    type: str | None
    reason: str

    def as_dict(self) -> dict[str, object]:
        """The line of rejects.ndjson."""
        return {
            "file": self.file,
            "line": self.line,
            "disposition": self.disposition,
            "type": self.type,
            "reason": self.reason,
        }


@dataclass
class Tally:
    """Counts per type and disposition. `set_aside` receives each Reject as it happens, so that none is kept in memory."""

    set_aside: Callable[[Reject], None]
    read: Counter[str] = field(default_factory=Counter)
    by: dict[str, Counter[str]] = field(default_factory=lambda: {each: Counter() for each in DISPOSITIONS})
    reasons: dict[str, Counter[str]] = field(default_factory=lambda: {"unreadable": Counter(), "rejected": Counter()})

    def count(self, type_name: str | None, disposition: str) -> None:
        """One line of that type, and what became of it."""
        self.read[type_name or "unknown"] += 1
        self.by[disposition][type_name or "unknown"] += 1

    def set_aside_line(self, reject: Reject) -> None:
        """One line that could not be used: counted, and handed on to be kept."""
        self.count(reject.type, reject.disposition)
        self.reasons[reject.disposition][reject.reason] += 1
        self.set_aside(reject)

    def recount(self, type_name: str, before: str, reject: Reject) -> None:
        """A line counted before turns out to be unreadable (two versions of one resource contradict each other)."""
        self.by[before][type_name] -= 1
        self.by[reject.disposition][type_name] += 1
        self.reasons[reject.disposition][reject.reason] += 1
        self.set_aside(reject)

    def summary(self) -> dict[str, object]:
        """The counts, in total and per type. Raises InvalidOutput if they do not add up."""
        totals = {each: sum(self.by[each].values()) for each in DISPOSITIONS}
        read = sum(self.read.values())
        if sum(totals.values()) != read:
            raise InvalidOutput(f"the counts do not add up: {read} lines read, {totals}; nothing was written")
        types = sorted(self.read)
        return {
            "read": read,
            **totals,
            "by_type": {
                each: {"read": self.read[each], **{d: self.by[d][each] for d in DISPOSITIONS if self.by[d][each]}}
                for each in types
            },
            "unreadable_reasons": dict(sorted(self.reasons["unreadable"].items())),
            "rejected_reasons": dict(sorted(self.reasons["rejected"].items())),
        }
