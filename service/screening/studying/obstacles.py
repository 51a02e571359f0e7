"""What stands between one person and being a candidate. Pure; the page of a study and feasibility count by it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Obstacles:
    """Criteria in the order of the protocol: those that keep the person out, and those that, unknown, need a look."""

    blocking: Sequence[str]
    open: Sequence[str]

    @property
    def first(self) -> str | None:
        """Where they fall out."""
        return self.blocking[0] if self.blocking else None

    @property
    def alone(self) -> str | None:
        """The one criterion without which nothing would keep them out."""
        return self.blocking[0] if len(self.blocking) == 1 else None

    @property
    def undecided_alone(self) -> str | None:
        """The one criterion that, unknown, is all that keeps them from being a candidate."""
        return self.open[0] if not self.blocking and len(self.open) == 1 else None
