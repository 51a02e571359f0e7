"""The records that an assessment rests on, numbered, so that an address names one without naming anything of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

Line = Mapping[str, Any]
LOCAL = re.compile(r"(?P<type>[A-Z][A-Za-z]{1,63})/(?P<id>[A-Za-z0-9.\-]{1,64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One record that an answer rests on. `number`: in the order of the line; `link`: into the EHR, if set."""

    value: str
    when: str
    reference: str
    element: str
    number: int = 0
    link: str | None = None


def numbered(line: Line, ehr_link: str | None = None) -> Mapping[str, tuple[Evidence, ...]]:
    """The evidence by criterion."""
    found: dict[str, list[Evidence]] = {}
    for number, (criterion, exhibit) in enumerate(_exhibits(line), 1):
        told = (str(exhibit[name] or "") for name in ("value", "when", "reference", "element"))
        value, when, reference, element = told
        one = Evidence(value, when, reference, element, number, link_of(ehr_link, reference))
        found.setdefault(criterion, []).append(one)
    return {name: tuple(each) for name, each in found.items()}


def evidence_at(line: Line, number: int, ehr_link: str | None = None) -> Evidence | None:
    """The evidence of that number, if there is one."""
    every = (each for some in numbered(line, ehr_link).values() for each in some)
    return next((each for each in every if each.number == number), None)


def link_of(template: str | None, reference: str) -> str | None:
    """The address of a record in the EHR; None where none is set, or the record has no id of its own there."""
    found = LOCAL.fullmatch(reference)
    if template is None or found is None:
        return None
    return template.replace("{type}", quote(found["type"], safe="")).replace("{id}", quote(found["id"], safe=""))


def _exhibits(line: Line) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for finding in line["findings"]:
        for exhibit in finding["evidence"]:
            yield finding["criterion"], exhibit
