"""The registry's text against the criteria: each statement verbatim in some criterion, none dropped."""

import re
from collections.abc import Iterator

from service.catalog.studies import StudyFile

HEADING = re.compile(r"inclusion criteria", re.IGNORECASE)
# What stands between statements: headings, numbers, bullets, and punctuation.
FRAME = re.compile(r"(inclusion|exclusion) criteria:?|\b\d+\s*[.)]|[-*\u2022;:.,\s]+", re.IGNORECASE)


def uncovered(file: StudyFile) -> list[str]:
    """What the criteria say that `source` does not, and what stands in its criteria but in no criterion."""
    source = _plain(file.study.source)
    return [*_foreign(file, source), *_left(file, source)] if source else []


def _foreign(file: StudyFile, source: str) -> Iterator[str]:
    for at, criterion in enumerate(file.study.criteria):
        if _plain(criterion.text) not in source:
            where = file.document.at(("criteria", at, "text"))
            yield f"{where}: {criterion.id} is not in the words of source; copy the statement verbatim"


def _left(file: StudyFile, source: str) -> Iterator[str]:
    heading = HEADING.search(source)
    if heading is None:
        return
    rest = source[heading.start() :]
    for text in sorted({_plain(each.text) for each in file.study.criteria}, key=len, reverse=True):
        rest = rest.replace(text, "\n")
    for part in rest.split("\n"):
        words = FRAME.sub(" ", part).strip()
        if words:
            where = file.document.at(("source",))
            yield f"{where}: no criterion says {words!r}; every statement needs one, if need be a manual one"


def _plain(text: str) -> str:
    """On one line, without a full stop at its end."""
    return " ".join(text.split()).rstrip(".")
