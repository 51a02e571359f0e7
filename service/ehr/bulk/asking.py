"""What an export is asked for, and how the question is put. STANDARDS 3A."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode

import orjson

from service.ehr.addresses import joined
from service.ehr.exchange import Ask
from service.errors import InvalidValue

HEADERS = {"Accept": "application/fhir+json", "Prefer": "respond-async"}


class Level(StrEnum):
    """Of whom: everybody and everything, all patients, or the members of a group."""

    SYSTEM = "system"
    PATIENTS = "patients"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Asked:
    """An export. `types`: sorted. `filters`: queries of a type (`date=ge2024-01-01`), each of which lets records in.

    `since`: an instant with its time zone, from the manifest of an earlier export: what changed since. `patients`: ids;
    where there are any, of these alone. `elements`: these alone, as a server can give them. `filters` and `elements`
    only narrow: a server that knows neither gives more.
    """

    level: Level
    types: tuple[str, ...]
    group: str | None = field(default=None, repr=False)
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: str | None = None
    patients: tuple[str, ...] = field(default=(), repr=False)
    elements: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.types:
            raise InvalidValue("an export is asked for by the types that it is to hold")
        if (self.level is Level.GROUP) != (self.group is not None):
            raise InvalidValue("an export of a group names the group, and no other one does")
        if not self.filters.keys() <= set(self.types):
            raise InvalidValue("only a type that is asked for can be narrowed")
        if self.patients and self.level is Level.SYSTEM:
            raise InvalidValue("an export of everything is not one of some patients")

    @property
    def plain(self) -> Asked:
        """The same, asked without what only narrows it."""
        return replace(self, filters={}, elements=())

    @property
    def identity(self) -> str:
        """What tells this question from others, without the ids of patients."""
        patients = blake2b("\n".join(self.patients).encode(), digest_size=16).hexdigest() if self.patients else ""
        return f"{self.url('')} {patients}".strip()

    def address(self, base: str) -> str:
        """Where it is asked for."""
        match self.level:
            case Level.GROUP:
                return joined(base, "Group", self.group or "", "$export")
            case Level.PATIENTS:
                return joined(base, "Patient", "$export")
            case Level.SYSTEM:
                return joined(base, "$export")

    def url(self, base: str) -> str:
        """The question as an address; several types in one list, as releases up to 3 want it. `patients` are left out:
        they are asked for by POST alone."""
        asked = [("_type", ",".join(self.types))]
        if self.since is not None:
            asked.append(("_since", self.since))
        if self.elements:
            asked.append(("_elements", ",".join(self.elements)))
        asked += [("_typeFilter", each) for each in self._queries()]
        return f"{self.address(base)}?{urlencode(asked)}"

    def by_get(self, base: str) -> Ask:
        """The question by GET. Not to be repeated blindly: each one that arrives may begin an export."""
        return Ask("GET", self.url(base), HEADERS, repeatable=False)

    def by_post(self, base: str) -> Ask:
        """The question by POST, each value a parameter of its own, as release 4 wants it."""
        named: list[dict[str, Any]] = [{"name": "_type", "valueString": each} for each in self.types]
        if self.since is not None:
            named.append({"name": "_since", "valueInstant": self.since})
        named += [{"name": "_elements", "valueString": each} for each in self.elements]
        named += [{"name": "_typeFilter", "valueString": each} for each in self._queries()]
        named += [{"name": "patient", "valueReference": {"reference": f"Patient/{each}"}} for each in self.patients]
        body = orjson.dumps({"resourceType": "Parameters", "parameter": named})
        headers = {**HEADERS, "Content-Type": "application/fhir+json"}
        return Ask("POST", self.address(base), headers, body, repeatable=False)

    def _queries(self) -> Iterator[str]:
        """A comma within a query is encoded once more, as servers take queries apart at those between them."""
        for kind in sorted(self.filters):
            yield from (f"{kind}?{query.replace(',', '%2C')}" for query in self.filters[kind])
