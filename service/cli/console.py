"""Printing: results to standard output, notes and complaints to standard error."""

import sys
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

from service.errors import PrescreenError

MEGA = 1_000_000


def out(text: str) -> None:
    """One result, as it is: no colours, no wrapping."""
    sys.stdout.write(text + "\n")


def complain(error: PrescreenError) -> None:
    """An error, for people: what, where, what to do."""
    sys.stderr.write(f"prescreen: {error}\n")


def note(text: str) -> None:
    """Something about the run itself, beside its results."""
    sys.stderr.write(text + "\n")


def peak_memory() -> int:
    """The most memory that this process, or one that it began and that has ended, ever had, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024  # macOS tells bytes, Linux kilobytes
    most = max(getrusage(each).ru_maxrss for each in (RUSAGE_SELF, RUSAGE_CHILDREN))
    return most * unit // MEGA
