"""Whom a page is about, as people tell patients apart; and without that, where names are hidden."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from service.store.people import Known

NOT_RECORDED = "not recorded"
HIDDEN = "(hidden)"
SHORTEST = 5  # letters of a text that is looked for
BORN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Who:
    """The header of a page. `hidden`: nothing that tells who it is is in it, but for sex and age."""

    handle: str
    hidden: bool
    name: str = field(default=NOT_RECORDED, repr=False)
    born: str = field(default=NOT_RECORDED, repr=False)
    age: str = NOT_RECORDED
    sex: str = NOT_RECORDED
    numbers: tuple[str, ...] = field(default=(), repr=False)


def who_of(known: Known, at: date, *, hidden: bool) -> Who:
    """The header on a day."""
    age, sex = age_words(known.born, at), known.sex or NOT_RECORDED
    if hidden:
        return Who(known.handle, hidden=True, age=age, sex=sex)
    numbers = tuple(known.identifiers)
    return Who(known.handle, False, known.name or NOT_RECORDED, known.born or NOT_RECORDED, age, sex, numbers)


def age_words(born: str | None, at: date) -> str:
    """`51`; `50 or 51`, where only the month or year of birth tells; `not recorded`, where nothing does."""
    found = BORN.fullmatch(born or "")
    if found is None:
        return NOT_RECORDED
    year, month, day = found.groups()
    earliest = (int(year), int(month or 1), int(day or 1))
    latest = (int(year), int(month or 12), int(day or 31))
    ages = sorted({at.year - each[0] - ((at.month, at.day) < each[1:]) for each in (earliest, latest)})
    return NOT_RECORDED if ages[0] < 0 else " or ".join(map(str, ages))


def hide(content: Any, known: Known) -> Any:
    """JSON without the birth date, name and numbers of this patient in any of its texts: what stands on a page where
    names are hidden. What is shorter than a number of a record would be is left, or whole years would vanish."""
    given = [known.born, known.name, *(known.name or "").split(), *known.identifiers]
    told = sorted({each for each in given if each and len(each) >= SHORTEST}, key=len, reverse=True)
    return _hidden(content, re.compile("|".join(map(re.escape, told)), re.IGNORECASE)) if told else content


def _hidden(content: Any, told: re.Pattern[str]) -> Any:
    if isinstance(content, str):
        return told.sub(HIDDEN, content)
    if isinstance(content, Mapping):
        return {name: _hidden(each, told) for name, each in content.items()}
    return [_hidden(each, told) for each in content] if isinstance(content, list) else content
