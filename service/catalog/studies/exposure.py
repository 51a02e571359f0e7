"""How a drug was taken over a window: `throughout`, `courses`, `unchanged_dose`."""

from typing import Any

from service.catalog.documents import Where
from service.catalog.studies.limits import equivalent_to
from service.catalog.studies.reader import Content, Reader, optional_duration
from service.eligibility.criteria import Courses, Exposed, Throughout, UnchangedDose
from service.eligibility.criteria.exposure import NO_GAP, ONE_DAY
from service.eligibility.dates import Duration

WAYS = ("throughout", "courses", "unchanged_dose")


def exposed(reader: Reader, content: Content, where: Where) -> Exposed | None:
    """The one of the three that is asked for, if any."""
    asked = [name for name in WAYS if content.get(name, False) is not False]
    if not asked:
        return None
    if len(asked) > 1:
        reader.problem((*where, asked[1]), f"ask for one of {', '.join(WAYS)}; join several with all or any")
    name = asked[0]
    written: Any = content[name] if isinstance(content[name], dict) else {}
    return _built(reader, name, written, (*where, name))


def _built(reader: Reader, name: str, written: Content, where: Where) -> Exposed:
    gap = optional_duration(written, "gap") or NO_GAP
    if name == "throughout":
        return reader.build(where, lambda: Throughout(gap), Throughout())
    if name == "unchanged_dose":
        reference = equivalent_to(reader, written, where)
        return reader.build(where, lambda: UnchangedDose(gap, reference), UnchangedDose())
    return _courses(reader, gap, written, where)


def _courses(reader: Reader, gap: Duration, written: Content, where: Where) -> Courses:
    lasting = optional_duration(written, "lasting") or ONE_DAY
    return reader.build(where, lambda: Courses(written["at_least"], gap, lasting), Courses(1, NO_GAP))
