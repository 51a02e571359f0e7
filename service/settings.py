"""What an installation sets: the only reader of the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from service.errors import UsageError

PREFIX = "PRESCREEN_"
SITE = f"{PREFIX}SITE"
LARGEST_REQUEST = f"{PREFIX}LARGEST_REQUEST_MB"
KNOWN = frozenset({SITE, LARGEST_REQUEST})
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """`site`: the directory of the site's own content, if it has any. `largest_request`: in bytes."""

    site: Path | None = None
    largest_request: int = 50 * MEGABYTE

    @classmethod
    def from_env(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """The settings of this environment. Raises UsageError naming a variable that is not understood."""
        unknown = sorted(each for each in environment if each.startswith(PREFIX) and each not in KNOWN)
        if unknown:
            raise UsageError(f"{unknown[0]} is no setting of this service; there are: {', '.join(sorted(KNOWN))}")
        site, largest = environment.get(SITE, ""), environment.get(LARGEST_REQUEST, "50")
        if not (largest.isascii() and largest.isdigit() and int(largest)):
            raise UsageError(f"{LARGEST_REQUEST} has to be a whole number of megabytes, at least 1")
        return cls(Path(site) if site else None, int(largest) * MEGABYTE)
