"""The record of one patient, put together: read from an EHR or from what came with a call, before anything is judged.

As little is read as the answer needs: of who is held back by the Patient or a Consent nothing else is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple, Protocol

from service.ehr.searching import Resource
from service.eligibility.facts import Loaded, PatientRecord
from service.errors import ResourceGone, UnreadableResource
from service.screening.chart import MOST_MERGED, Chart
from service.screening.corrected import NO_CLAIMS, Claims, Corrected
from service.screening.judging import reason_to_hold
from service.screening.merging import MERGE_UNCLEAR, merge_replaced
from service.screening.people import Gathered, Population
from service.screening.plan import NEVER_LEFT_OUT, Search, searches
from service.screening.population import gather
from service.screening.request import Progress, Request
from service.screening.salvage import merged_with
from service.screening.tenant import Tenant
from service.screening.versions import Versions
from service.twofold import is_twofold

ClaimsOf = Callable[[Iterable[str]], Claims]  # what people said of the records of these patients
GONE = "gone"
MERGED = "merged"
UNREADABLE = "unreadable"
ENCOUNTER = "Encounter"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was read of a person: the record to judge, or (`record` None) in `withheld` why nobody may be judged.

    `survivor`: the record that took this one's place. `merged`: records whose place this one took. `incomplete`: types
    of which not everything could be read; `problems`: why, without anything of the patient's. `corrected`: what people
    said of single records. `versions`: which version was read of each record, by `Type/id`. `patient_resource`,
    `encounters`: as they came, for whoever has to tell people apart and when they were here.
    """

    patient: str
    record: PatientRecord | None = field(default=None, repr=False)
    withheld: str | None = None
    survivor: str | None = None
    merged: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    corrected: tuple[Corrected, ...] = ()
    versions: Versions = field(default_factory=Versions, repr=False)
    patient_resource: Resource | None = field(default=None, repr=False)
    encounters: tuple[Resource, ...] = field(default=(), repr=False)


def no_claims(_: Iterable[str]) -> Claims:
    """Where nobody can have said anything: there is no database."""
    return NO_CLAIMS


class Charts(Protocol):
    """Where a chart is read from: an EHR (`chart.Reader`), or what came with a call."""

    @property
    def bases(self) -> tuple[str, ...]:
        """The addresses of the server that the chart is of, if any is known."""

    def patient(self, identity: str) -> Resource:
        """The Patient. Raises ResourceGone."""

    def merged_into(self, patient: Resource) -> Iterable[Resource]:
        """The Patients that may have been merged into this one."""

    def search(self, chart: Chart, search: Search) -> None:
        """Put into the chart what this search finds."""

    def medications(self, chart: Chart) -> None:
        """Put the Medications there to which the chart refers."""


def read_record(tenant: Tenant, patient: str, charts: Charts, at: date, claims: ClaimsOf = no_claims) -> Recorded:
    """Read one patient for all open studies of the tenant. Raises EhrError where the EHR does not let us.

    `claims`: what people said of single records.
    """
    return _Examination(tenant, charts, patient, at, claims).made()


def _are_merged(one: Resource, other: Resource, bases: tuple[str, ...]) -> bool:
    """Does one of the two say that it took the other's place, or gave it its own?"""
    told = merged_with(one, {}, bases), merged_with(other, {}, bases)
    return str(other.get("id")) in told[0] or str(one.get("id")) in told[1]


class _Read(NamedTuple):
    """A population of one: why that one is not screened (None: nothing says so), which record is merged into which, and
    which versions stood."""

    population: Population
    person: Gathered
    reason: str | None
    moved: Mapping[str, str]
    versions: Versions


class _Examination:
    """One patient being examined."""

    def __init__(self, tenant: Tenant, reader: Charts, patient: str, at: date, claims: ClaimsOf) -> None:
        self._tenant, self._reader, self._patient, self._at = tenant, reader, patient, at
        self._claims = claims
        self._chart = Chart((patient,))

    def made(self) -> Recorded:
        """The whole of it, from the Patient to the record."""
        try:
            own = self._reader.patient(self._patient)
        except ResourceGone:
            return self._withheld(GONE)
        if is_twofold(own):
            return self._withheld(UNREADABLE)
        try:
            together = self._together(own)
        except UnreadableResource:  # nobody can tell whose records these are
            return self._withheld(UNREADABLE)
        if together is None:
            return self._withheld(MERGE_UNCLEAR)
        self._own: Resource = own
        self._chart.add("Patient", together)
        first = self._gathered()
        reason, moved = first.reason, first.moved
        survivor = moved.get(self._patient)
        if survivor is not None:
            return replace(self._withheld(MERGED), survivor=survivor)
        # whose place this record took is read with it
        self._chart.patients = (self._patient, *sorted(old for old, new in moved.items() if new == self._patient))
        if reason is not None:
            return self._withheld(reason)
        asked = searches(self._tenant.open_studies, self._tenant.catalog, self._at)
        for search in sorted(asked, key=lambda each: each.kind != NEVER_LEFT_OUT):
            self._reader.search(self._chart, search)
            if search.kind == NEVER_LEFT_OUT and self._chart.resources.get(NEVER_LEFT_OUT):
                reason = self._gathered().reason
                if reason is not None:
                    return self._withheld(reason)
        self._reader.medications(self._chart)
        return self._recorded()

    def _together(self, own: Resource) -> list[Resource] | None:
        """The Patients that are said to be one person with this one, itself first; None: more than are ever read."""
        found = {self._patient: own}
        waiting = [own]
        while waiting:
            one = waiting.pop()
            for each in self._reader.merged_into(one):
                identity = str(each.get("id"))
                if identity not in found and _are_merged(one, each, self._reader.bases):
                    found[identity] = each
                    waiting.append(each)
            if len(found) > MOST_MERGED:
                return None
        return [found[self._patient], *(found[each] for each in sorted(found) if each != self._patient)]

    def _gathered(self) -> _Read:
        """What was read so far, as a population of one."""
        catalog = self._tenant.catalog
        request = Request((self._chart.source(),), self._tenant.open_studies, self._at, release=None)
        request = replace(request, claims=self._claims(self._chart.patients))
        gathered = gather(catalog, request, lambda reject: None, Progress(), sifted=False)
        population, versions = gathered.population, gathered.versions
        moved = merge_replaced(population)
        person = population.person(self._patient)
        if person.unclear or person.patient is None:
            return _Read(population, person, MERGE_UNCLEAR if person.unclear else UNREADABLE, moved, versions)
        reason = reason_to_hold(catalog, request, population, person.patient, person)
        return _Read(population, person, reason, moved, versions)

    def _recorded(self) -> Recorded:
        population, person, reason, _, versions = self._gathered()
        if reason is not None:
            return self._withheld(reason)
        record = population.record(person, population.completeness.spoiled(accepted=0))
        loaded = {**record.loaded, **dict.fromkeys(sorted(self._chart.incomplete), Loaded.INCOMPLETE)}
        record = replace(record, loaded=loaded)
        lacking = sorted(kind for kind, how in loaded.items() if how is not Loaded.COMPLETE)
        corrected = tuple(person.corrected)
        whole = replace(self._withheld(None), record=record, incomplete=tuple(lacking))
        encounters = tuple(self._chart.resources.get(ENCOUNTER, {}).values())
        whole = replace(whole, patient_resource=self._own, encounters=encounters)
        return replace(whole, corrected=corrected, versions=versions)

    def _withheld(self, reason: str | None) -> Recorded:
        problems = tuple(dict.fromkeys(self._chart.problems))
        return Recorded(self._patient, withheld=reason, merged=self._chart.patients[1:], problems=problems)
