"""Somebody who has all that is published, and tries every population that may be behind it.

A population is how many people there are of each kind. What is published is linear in it: the document of one person of
each kind, told exactly, gives the coefficients, so that a number added to the document later is under attack as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy
from scipy.optimize import Bounds, LinearConstraint, milp

Count = tuple[str, int, int]


def counts_in(value: Any, path: str = "") -> Iterator[Count]:
    """Every count of a document: where it stands, from, to."""
    if isinstance(value, dict) and value.keys() == {"from", "to"}:
        yield path, value["from"], value["to"]
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from counts_in(inner, f"{path}/{name}")
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from counts_in(inner, f"{path}/{at}")


@dataclass
class Attacker:
    """`names`: of the counts; `of_kind`: for each kind of person, how often each count counts one."""

    names: Sequence[str]
    of_kind: numpy.ndarray

    @classmethod
    def knowing(cls, documents: Sequence[Any]) -> "Attacker":
        """Who knows the document of one person of each kind. Kinds that no count tells apart are one."""
        rows = dict.fromkeys(tuple(low for _, low, _ in counts_in(each)) for each in documents)
        return cls([name for name, _, _ in counts_in(documents[0])], numpy.array(list(rows), dtype=float).T)

    def counted(self) -> list[int]:
        """The counts that count anybody at all."""
        return [at for at, row in enumerate(self.of_kind) if row.any()]

    def nested(self) -> list[tuple[int, int]]:
        """Pairs of counts of which the first counts everybody that the second does, and somebody more."""
        found = []
        for at, outer in enumerate(self.of_kind):
            for other, inner in enumerate(self.of_kind):
                if (outer >= inner).all() and (outer > inner).any():
                    found.append((at, other))
        return found

    def most(self, published: Any, plus: int, minus: int | None = None) -> int:
        """The most that a count, or the difference of two, can be in any population with this publication."""
        told = list(counts_in(published))
        wanted = self.of_kind[plus] - (0 if minus is None else self.of_kind[minus])
        kinds = self.of_kind.shape[1]
        found = milp(
            -wanted,
            constraints=LinearConstraint(self.of_kind, [low for _, low, _ in told], [high for _, _, high in told]),
            integrality=numpy.ones(kinds),
            bounds=Bounds(0, 10_000),
        )
        assert found.success, found.message
        return round(-found.fun)
