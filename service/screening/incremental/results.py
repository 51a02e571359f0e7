"""What a group came to, as it is kept: the numbers of which the summary is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from service.screening.completeness import Completeness
from service.screening.judging import Judged
from service.screening.outputs import Funnel
from service.screening.tally import DISPOSITIONS, Counts


@dataclass
class Part:
    """Of some persons: who was judged, what became of their lines, and which lines could not be placed (by type)."""

    judged: Judged = field(default_factory=Judged)
    counts: Counts = field(default_factory=Counts)
    unplaced: Counter[str] = field(default_factory=Counter)
    unplaced_lines: int = 0

    def written(self) -> bytes:
        """As bytes."""
        return orjson.dumps(self)

    def add(self, other: Part) -> None:
        """Those of other persons."""
        self.judged.add(other.judged)
        self.counts.add(other.counts)
        self.unplaced += other.unplaced
        self.unplaced_lines += other.unplaced_lines

    def completeness(self) -> Completeness:
        """As the summary asks for it."""
        return Completeness(unplaced=self.unplaced, unplaced_lines=self.unplaced_lines)


def read_part(written: bytes) -> Part:
    """What was written."""
    found = orjson.loads(written)
    judged, counts = found["judged"], found["counts"]
    funnels = {name: _funnel(each) for name, each in judged.pop("funnels").items()}
    held = Counter(judged.pop("held"))
    reasons = {each: Counter(counts["reasons"].get(each, {})) for each in DISPOSITIONS[2:]}
    by = {each: Counter(counts["by"].get(each, {})) for each in DISPOSITIONS}
    return Part(
        Judged(**judged, held=held, funnels=funnels),
        Counts(counts["read"], by, reasons),
        Counter(found["unplaced"]),
        found["unplaced_lines"],
    )


def together(parts: Iterable[bytes]) -> Part:
    """All of them, added up."""
    whole = Part()
    for each in parts:
        whole.add(read_part(each))
    return whole


def _funnel(found: dict[str, object]) -> Funnel:
    funnel = Funnel(**{each: found[each] for each in ("study", "version", "screened", "left_out", "later")})  # type: ignore[arg-type]
    for name in ("standings", "signals", "with_signal"):
        getattr(funnel, name).update(found[name])
    for name in ("criteria", "reasons"):
        by_criterion = getattr(funnel, name)
        for criterion, counts in dict(found[name]).items():  # type: ignore[call-overload]
            by_criterion[criterion] = Counter(counts)
    return funnel
