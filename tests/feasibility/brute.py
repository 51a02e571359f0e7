"""Counting the slow, obvious way: from the lines that `screen` writes, for one study on one day."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from service.catalog.load import Catalog
from service.eligibility.criteria import Study
from service.screening.population import screen
from service.screening.request import Progress, Request
from service.screening.sources import find_sources

Line = Mapping[str, Any]
Stand = Mapping[str, tuple[bool, bool]]  # per step: surely in, possibly in


def lines_of(catalog: Catalog, export: Path, study: Study, at: date, out: Path) -> dict[str, Line]:
    """Everybody's assessment."""
    screen(catalog, Request(find_sources([export]), (study,), at, None), out, Progress())
    read = (json.loads(each) for each in (out / "assessments.ndjson").read_bytes().splitlines())
    return {each["patient"]: each for each in read}


def pointed(line: Line) -> tuple[bool, bool]:
    return line["signal"] in ("strong", "weak"), line["signal"] != "none"


def answers(line: Line) -> Stand:
    """Of each criterion whether it surely, and whether it possibly lets in."""
    found = {}
    for each in line["findings"]:
        keeps_out = each["outcome"] == ("not_met" if each["kind"] == "inclusion" else "met")
        fine = each["outcome"] != "unknown" or each["open_item"]
        found[each["criterion"]] = (fine and not keeps_out, not keeps_out)
    return found


def standing(line: Line) -> str:
    """candidate, review or out: by the line's own standing, of those of whom something points to the disease."""
    sure, possible = pointed(line)
    if line["standing"] == "ineligible" or not possible:
        return "out"
    return "candidate" if sure and line["standing"] == "candidate" else "review"


def funnel(lines: Mapping[str, Line], criteria: list[str]) -> list[tuple[int, int]]:
    """(surely, at most) after each step, everybody first."""
    left = dict.fromkeys(lines, (True, True))
    steps = [(len(left), len(left))]
    for at in range(-1, len(criteria)):
        for name, line in lines.items():
            sure, possible = pointed(line) if at < 0 else answers(line)[criteria[at]]
            left[name] = left[name][0] and sure, left[name][1] and possible
        steps.append((sum(sure for sure, _ in left.values()), sum(possible for _, possible in left.values())))
    return steps


def cost(lines: Mapping[str, Line], criterion: str) -> tuple[int, int, int]:
    """(kept out by it alone, and else candidates; kept out by it alone; only its answer is lacking)."""
    candidates = kept = undecided = 0
    for line in lines.values():
        others = [each for name, each in answers(line).items() if name != criterion] + [pointed(line)]
        own = answers(line)[criterion]
        if not all(possible for _, possible in others):
            continue
        kept += not own[1]
        candidates += not own[1] and all(sure for sure, _ in others)
        undecided += own == (False, True) and all(sure for sure, _ in others)
    return candidates, kept, undecided


def change(before: Mapping[str, Line], after: Mapping[str, Line]) -> dict[str, int]:
    """How many moved from where to where, when the same people were screened for the changed study."""
    assert before.keys() == after.keys()
    ways = [(standing(before[name]), standing(after[name])) for name in before]
    return {
        "gained surely": ways.count(("out", "candidate")),
        "gained at most": ways.count(("out", "candidate")) + ways.count(("out", "review")),
        "lost surely": ways.count(("candidate", "out")),
        "lost at most": ways.count(("candidate", "out")) + ways.count(("review", "out")),
        "settled": ways.count(("review", "candidate")),
        "unsettled": ways.count(("candidate", "review")),
    }
