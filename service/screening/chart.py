"""Reading one patient's chart from an EHR: what came, of which types it is all there is, and why not of the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from service.ehr.client import FhirClient
from service.ehr.connect import Connection
from service.ehr.medications import MEDICATION, include_parameter
from service.ehr.searching import Resource, SearchResult
from service.eligibility.policy import MEDICATION_TYPES
from service.errors import EhrUnavailable, NotPermitted, ResourceGone
from service.fhir.elements import nodes
from service.screening.manifests import Manifest
from service.screening.plan import Search
from service.screening.sources import InputFile, Source
from service.twofold import Twofold

MOST_MERGED = 50  # records of one person
MOST_HOPS = 5  # from a medication to one that is an ingredient of it
REFERRING = (*MEDICATION_TYPES, "AdverseEvent")  # what refers to Medications
NO_DATE = "date:missing"
UNAUTHORIZED = 401
OTHER_WITHHELD = "Patient: another record of this person must not be read, so something may be lacking of every type"
OTHER_ELSEWHERE = "Patient: another record of this person lies elsewhere, so something may be lacking of every type"
REPLACES = "replaces"


@dataclass
class Chart:
    """What was read of one person. `patients`: the ids of the records, the surviving one first.

    `incomplete`: types of which something may be lacking, with no answer by their absence; `problems`: why, in
    sentences without anything of the patient's.
    """

    patients: tuple[str, ...]
    resources: dict[str, dict[str, Resource]] = field(default_factory=dict, repr=False)
    complete: set[str] = field(default_factory=set)
    incomplete: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def add(self, kind: str, resources: Iterable[Resource]) -> None:
        """Keep these; the same id once."""
        kept = self.resources.setdefault(kind, {})
        for number, each in enumerate(resources):
            nameless = "id" not in each or isinstance(each, Twofold)
            kept[f"without id {len(kept)} {number}" if nameless else str(each["id"])] = each

    def close(self, search: Search, problems: Iterable[str]) -> None:
        """The search is over: what it found is all there is, unless there were problems."""
        told = list(problems)
        self.problems += told
        (self.incomplete if told or not search.tells else self.complete).add(search.kind)

    def source(self) -> Source:
        """The same as an export of this one person, in memory: a file for each type."""
        files = tuple(_file(kind, found.values()) for kind, found in sorted(self.resources.items()) if found)
        asked = Manifest(frozenset(self.complete), frozenset(self.incomplete), {}, partial=False)
        return Source(Path("chart"), files, whole=True, manifest=asked)


def _file(kind: str, resources: Iterable[Resource]) -> InputFile:
    return InputFile(Path(f"{kind}.ndjson"), lines=True, type_hint=kind, label=kind, resources=tuple(resources))


class Reader:
    """Reads charts from one EHR.

    `partial`: a type that the server fails to give is incomplete; otherwise that raises EhrUnavailable, to be tried
    again. And where a record that may be of the same person must not be read, so is every type.
    """

    def __init__(self, connection: Connection, *, partial: bool = False):
        self._client: FhirClient = connection.client
        self._features = connection.features
        self._partial = partial
        self._withheld: list[str] = []

    @property
    def bases(self) -> tuple[str, ...]:
        """The addresses of the EHR."""
        return self._client.bases

    def patient(self, identity: str) -> Resource:
        """The Patient; perhaps one in which a key stands twice. Raises ResourceGone if there is none of this id."""
        return self._client.read("Patient", identity, twofold=True)

    def merged_into(self, patient: Resource) -> Iterator[Resource]:
        """The Patients that may have been merged into this one: those it names, and those that name it.

        Those that are gone are left out. The caller looks whether they say so themselves. Where one that this one
        replaces is not on this server, no type is complete.
        """
        identity = str(patient.get("id"))
        links = list(nodes(patient.get("link"), "Patient.link"))
        named = [self._identity(each.get("other")) for each in links]
        if any(at is None and each.get("type") == REPLACES for at, each in zip(named, links, strict=True)):
            self._withheld = [OTHER_ELSEWHERE]
        found = {each: None for each in named if each is not None and each != identity}
        if self._features.has("Patient", "?link"):
            result = self._search("Patient", {"link": f"Patient/{identity}"})
            yield from (each for each in result.resources if each.get("id") != identity)
            found = {each: None for each in found if each not in {str(one.get("id")) for one in result.resources}}
        for other in list(found)[:MOST_MERGED]:
            try:
                yield self.patient(other)
            except ResourceGone:
                continue
            except NotPermitted as problem:
                if not self._partial or problem.status == UNAUTHORIZED:
                    raise
                self._withheld = [OTHER_WITHHELD]

    def search(self, chart: Chart, search: Search) -> None:
        """Make a search, for all records of the person, and put what it finds into the chart.

        A type that the server has no search for is left out: there it is as if nobody kept it.
        """
        kind = search.kind
        if kind in self._client.dialect.no_types or self._features.not_searchable((kind,)):
            chart.problems.append(f"{kind}: this server has no search for it")
            return
        problems = list(self._withheld)
        for patient in chart.patients:
            for result in self._results(search, patient):
                chart.add(kind, result.resources)
                chart.add(MEDICATION, (each for each in result.included if each.get("resourceType") == MEDICATION))
                problems += result.problems
        chart.close(search, dict.fromkeys(problems))

    def medications(self, chart: Chart) -> None:
        """Read the Medications that the chart refers to and that did not come with it."""
        referring = [each for kind in REFERRING for each in chart.resources.get(kind, {}).values()]
        for _ in range(MOST_HOPS):
            there = chart.resources.get(MEDICATION, {})
            wanted = {id for each in (*referring, *there.values()) for id in self._medications_in(each)} - set(there)
            if not wanted:
                return
            try:
                result = self._client.read_many(MEDICATION, sorted(wanted))
            except EhrUnavailable as problem:
                if not self._partial:
                    raise
                result = SearchResult(MEDICATION, problems=(str(problem),))
            chart.add(MEDICATION, result.resources)
            chart.problems += result.problems
            if not result.resources:
                return

    def _results(self, search: Search, patient: str) -> Iterator[SearchResult]:
        params = search.params(patient)
        if search.kind in MEDICATION_TYPES:
            params |= include_parameter(self._client, self._features, search.kind)
        if search.since is None:
            yield self._search(search.kind, params)
            return
        undated = self._client.search(search.kind, params | {NO_DATE: "true"}, partial=True)
        if undated.complete:
            yield undated
            yield self._search(search.kind, params | {"date": f"ge{search.since.isoformat()}"})
        else:  # servers need not know how to search for what has no date
            yield self._search(search.kind, params)

    def _search(self, kind: str, params: Mapping[str, str]) -> SearchResult:
        return self._client.search(kind, params, partial=self._partial)

    def _identity(self, reference: object) -> str | None:
        written = reference.get("reference") if isinstance(reference, Mapping) else None
        found = self._client.identity(written)
        return found[1] if found and found[0] == "Patient" else None

    def _medications_in(self, part: object) -> Iterator[str]:
        """The ids of the Medications of this server to which anything in this part of a resource refers."""
        if isinstance(part, Mapping):
            found = self._client.identity(part.get("reference"))
            if found and found[0] == MEDICATION:
                yield found[1]
        for each in part.values() if isinstance(part, Mapping) else part if isinstance(part, list) else ():
            yield from self._medications_in(each)
