"""Criteria that nobody could ever pass, and windows that hold no day."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from service.catalog.studies import StudyFile
from service.eligibility.criteria import AgeAtScreening, AllOf, Bounds, LookBack, Node, Not
from service.eligibility.criteria.walk import within

A_DAY = date(2024, 7, 31)  # any day will do: durations differ by a few days at most, whatever the month


def contradictions(file: StudyFile) -> list[str]:
    """Each contradiction with its file and line; a study with one would keep everybody out, or nobody."""
    return [*_windows(file), *_conjunctions(file), *_whole(file)]


def _windows(file: StudyFile) -> Iterator[str]:
    nodes = [("entry", each) for each in file.study.entry] + [("criteria", each.node) for each in file.study.criteria]
    places = {name: iter(range(len(nodes))) for name in ("entry", "criteria")}
    for name, node in nodes:
        at = next(places[name])
        for look in within(node):
            if isinstance(look, LookBack) and _holds_no_day(look):
                yield f"{file.document.at((name, at))}: the gap is longer than the window, which so holds no day"


def _holds_no_day(look: LookBack) -> bool:
    if look.duration is None or look.gap is None:
        return False
    return look.gap.before(A_DAY) < look.duration.before(A_DAY)


def _conjunctions(file: StudyFile) -> Iterator[str]:
    for at, criterion in enumerate(file.study.criteria):
        for node in within(criterion.node):
            if isinstance(node, AllOf) and _clash(node.parts):
                yield f"{file.document.at(('criteria', at))}: {criterion.id} asks at once for what excludes each other"


def _whole(file: StudyFile) -> Iterator[str]:
    """The study as one conjunction: inclusions hold, exclusions do not."""
    criteria = file.study.criteria
    for at, criterion in enumerate(criteria):
        asked = criterion.node if criterion.kind == "inclusion" else Not(criterion.node)
        before = [each.node if each.kind == "inclusion" else Not(each.node) for each in criteria[:at]]
        against = [each.id for each, node in zip(criteria, before, strict=False) if _clash((node, asked))]
        if against:
            where = file.document.at(("criteria", at))
            yield f"{where}: {criterion.id} contradicts {', '.join(against)}: together they keep everybody out"


def _clash(parts: Iterable[Node]) -> bool:
    """Can these never hold together? Only what is plain to see: a node and its own denial, ages that do not meet."""
    known = list(parts)
    denied = [each.part for each in known if isinstance(each, Not)]
    if any(each in denied for each in known):
        return True
    ages = [each.bounds for each in known if isinstance(each, AgeAtScreening)]
    return bool(ages) and not _meet(ages)


def _meet(ages: list[Bounds]) -> bool:
    """Is there a whole number of years within all of these bounds?"""
    return any(all(_inside(Decimal(year), each) for each in ages) for year in range(151))


def _inside(year: Decimal, bounds: Bounds) -> bool:
    above = bounds.above is None or year > bounds.above
    at_least = bounds.at_least is None or year >= bounds.at_least
    below = bounds.below is None or year < bounds.below
    at_most = bounds.at_most is None or year <= bounds.at_most
    return above and at_least and below and at_most
