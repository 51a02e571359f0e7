"""Screening one Bundle that is given in memory: the same reading and judging as for a population, nothing on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from service.eligibility.criteria import Study
from service.errors import MalformedContent, UnsuitableContent
from service.screening.bundles import is_bundle
from service.screening.lines import Raw, parse, read_raw
from service.screening.population import screen_into
from service.screening.request import Progress, Request
from service.screening.sources import Source, given
from service.screening.tally import Reject
from service.twofold import TWICE, is_twofold_beside_resources

if TYPE_CHECKING:
    from service.catalog.load import Catalog

LABEL = "bundle"  # how rejects name it
READ = ("searchset", "collection")  # other types are instructions, or histories with what was deleted left out
OF_FILES = ("fhir", "written")  # what a summary says of files
MOST_ISSUES = 100


@dataclass
class Kept:
    """The lines of a run, by the name of their output."""

    lines: Counter[str] = field(default_factory=Counter)
    outputs: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def write(self, name: str, line: Mapping[str, object]) -> None:
        """Keep one line."""
        self.outputs.setdefault(name, []).append(dict(line))
        self.lines[name] += 1

    def reject(self, reject: Reject) -> None:
        """Keep one line of what could not be used."""
        self.write("rejects.ndjson", reject.as_dict())


def screen_bundle(catalog: Catalog, content: bytes, studies: tuple[Study, ...], at: date) -> dict[str, object]:
    """Screen everybody in a Bundle: `assessments`, `held_back`, `rejects` as in the files of a run, and its `summary`.

    Raises MalformedContent if it is not JSON, and UnsuitableContent if it is not a Bundle that we read, or if there is
    nobody in it of whom anything could be said.
    """
    source = given(content, LABEL)
    _check(source)
    kept = Kept()
    request = Request((source,), studies, at, release=None, accepted_rejects=catalog.site.accepted_rejects)
    summary = screen_into(kept, catalog, request, Progress())
    found = {name: kept.outputs.get(f"{name}.ndjson", []) for name in ("assessments", "held_back", "rejects")}
    if not found["assessments"] and not found["held_back"]:
        raise UnsuitableContent(_why_nobody(found["rejects"]))
    return {**found, "summary": {name: each for name, each in summary.items() if name not in OF_FILES}}


def _check(source: Source) -> None:
    """Raises what `screen_bundle` announces for content that is no Bundle of a type that we read."""
    raw = next(read_raw(source.files[0]))
    if not isinstance(raw, Raw):
        raise MalformedContent("there is no content; give a FHIR Bundle as JSON")
    resource, problem, _, twofold = parse(raw)
    if resource is None:
        raise MalformedContent(f"{problem}; give a FHIR Bundle as JSON")
    if twofold and is_twofold_beside_resources(resource):
        raise MalformedContent(f"{TWICE}; give a FHIR Bundle in which every element stands once")
    if not is_bundle(resource):
        raise UnsuitableContent(["the resource is not a Bundle; put the Patient and everything about it into one"])
    if resource.get("type") not in READ:
        raise UnsuitableContent([f"a Bundle of this type is not read here; its type has to be {' or '.join(READ)}"])


def _why_nobody(rejects: list[dict[str, object]]) -> list[str]:
    shown = [f"entry {each['entry']} ({each['type'] or 'of no known type'}): {each['reason']}" for each in rejects]
    return ["the Bundle holds no Patient that can be read, so nobody can be assessed", *shown[:MOST_ISSUES]]
