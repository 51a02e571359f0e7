"""What a server reports of its export: files of OperationOutcomes. STANDARDS 3.36, 3.37."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from service.ehr.answers import Issue, issues
from service.ehr.bulk.lines import lines_of
from service.twofold import decode

SEVERE = frozenset({"fatal", "error"})


@dataclass(frozen=True, slots=True)
class Report:
    """`severe`: not everything could be exported, or nobody can tell. `codes`: of all issues, sorted."""

    severe: bool
    codes: tuple[str, ...]


UNREADABLE = Report(severe=True, codes=("unreadable",))


def read_report(path: Path) -> Report:
    """What a file of outcomes says."""
    try:
        found = [_issues(line) for line in lines_of(path)]
    except orjson.JSONDecodeError:
        return UNREADABLE
    severe = any(not each or any(issue.severity in SEVERE for issue in each) for each in found)
    return Report(severe, tuple(sorted({issue.code for each in found for issue in each})))


def _issues(line: bytes) -> tuple[Issue, ...]:
    """None, for a line that is no report: nobody knows what it was to tell."""
    content, _, twofold = decode(line)
    return () if twofold else issues(content)


def together(reports: Iterator[Report]) -> Report:
    """All of them as one."""
    listed = list(reports)
    codes = {code for each in listed for code in each.codes}
    return Report(any(each.severe for each in listed), tuple(sorted(codes)))
