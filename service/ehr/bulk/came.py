"""What came of an export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Membership:
    """How a group changed since an earlier export. `lacking`: why not all is known of those who joined."""

    joined: int = 0
    left: int = 0
    lacking: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """What came of it. `files`: fetched, with their lines, by type. `lacking`: types of which a file is missing, or is
    not as it should be, and why. `failed`: the server itself reports that it could not give everything. `deleted`: how
    many resources are gone. `narrowed`: types of which records were asked for by code alone."""

    directory: Path
    at: str
    files: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    lacking: Mapping[str, str] = field(default_factory=dict)
    failed: bool = False
    deleted: int = 0
    narrowed: tuple[str, ...] = ()
    membership: Membership | None = None

    @property
    def whole(self) -> bool:
        """Is everything there that was asked for?"""
        joined = self.membership is None or self.membership.lacking is None
        return joined and not self.lacking and not self.failed

    def noted(self) -> dict[str, Any]:
        """As it is written down for a later run."""
        names = ("at", "files", "lacking", "failed", "deleted", "narrowed")
        return {each: getattr(self, each) for each in names}


def job_of(directory: Path, noted: Mapping[str, Any]) -> Job:
    """What an earlier run wrote down."""
    files = {kind: (count, lines) for kind, (count, lines) in noted["files"].items()}
    return Job(directory, **{**noted, "files": files, "narrowed": tuple(noted["narrowed"])})
