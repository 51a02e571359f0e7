"""Screening one patient of an EHR: read the chart, judge it just as a population is judged, keep what was found.

`examine` asks the EHR and decides, `keep` stores: if the process ends between the two, the work is done again. As
little is read as the answer needs: of who is held back by the Patient or a Consent nothing else is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol

from service.ehr.connect import Connection
from service.ehr.searching import Resource
from service.eligibility.assess import assess
from service.eligibility.facts import Loaded, PatientRecord
from service.errors import ResourceGone, UnreadableResource
from service.fhir.provenance import evidence_versions
from service.screening import publish
from service.screening.chart import MOST_MERGED, Chart, Reader
from service.screening.facts_digest import facts_digest
from service.screening.merging import MERGE_UNCLEAR, merge_replaced
from service.screening.needs import Needs
from service.screening.people import Gathered, Population
from service.screening.plan import NEVER_LEFT_OUT, Search, searches
from service.screening.population import (
    Progress,
    Request,
    gather,
    knowledge_of,
    phrases_of,
    reason_to_hold,
)
from service.screening.render import assessment_line
from service.screening.salvage import merged_with
from service.screening.tenant import Tenant
from service.store import assessments, audit, screenings
from service.store.engine import Store
from service.twofold import is_twofold

GONE = "gone"
MERGED = "merged"
UNREADABLE = "unreadable"
CLOSED = "study-closed"
ACTOR = "service"


@dataclass(frozen=True, slots=True)
class Found:
    """The assessment of one study, as it is to be stored. `versions`: of the records it rests on, by `Type/id`."""

    study: str
    version: str
    digest: str
    line: dict[str, object]
    next_change: date | None
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Examined:
    """What an examination gave: assessments, or (`withheld`) the reason why nothing may be said of this person.

    `survivor`: the record that took this one's place. `merged`: records whose place this one took. `incomplete`: types
    of which not everything could be read; `problems`: why, without anything of the patient's.
    """

    patient: str
    at: date
    found: tuple[Found, ...] = ()
    withheld: str | None = None
    survivor: str | None = None
    merged: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was read of a person: the record to judge, or (`record` None) in `withheld` why nobody may be judged.

    The rest is as in Examined.
    """

    patient: str
    record: PatientRecord | None = field(default=None, repr=False)
    withheld: str | None = None
    survivor: str | None = None
    merged: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class Charts(Protocol):
    """Where a chart is read from: an EHR (`chart.Reader`), or what came with a call."""

    def patient(self, identity: str) -> Resource:
        """The Patient. Raises ResourceGone."""

    def merged_into(self, patient: Resource) -> Iterable[Resource]:
        """The Patients that may have been merged into this one."""

    def search(self, chart: Chart, search: Search) -> None:
        """Put into the chart what this search finds."""

    def medications(self, chart: Chart) -> None:
        """Put the Medications there to which the chart refers."""


def screening_date(tenant: Tenant, now: datetime) -> date:
    """Which day it is at the site."""
    return now.astimezone(tenant.catalog.site.zone).date()


def examine(
    tenant: Tenant,
    patient: str,
    connection: Connection,
    at: date,
    *,
    partial: bool = False,
) -> Examined:
    """Read and judge one patient for all open studies of the tenant. Raises EhrError where the EHR does not let us.

    `partial`: a type that the server fails to give becomes `not-loaded`, instead of raising EhrUnavailable.
    """
    recorded = read_record(tenant, patient, Reader(connection, partial=partial), at)
    return Examined(
        patient,
        at,
        found=() if recorded.record is None else _found(tenant, recorded.record, at),
        withheld=recorded.withheld,
        survivor=recorded.survivor,
        merged=recorded.merged,
        incomplete=recorded.incomplete,
        problems=recorded.problems,
    )


def read_record(tenant: Tenant, patient: str, charts: Charts, at: date) -> Recorded:
    """Read one patient for all open studies of the tenant: the part of `examine` before anything is judged."""
    return _Examination(tenant, charts, patient, at).made()


def keep(store: Store, tenant: Tenant, examined: Examined, now: datetime) -> tuple[str, ...]:
    """Store it, and let the target follow, in one transaction; the studies of which the assessment changed.

    What was found for the patient earlier and holds no longer is withdrawn.
    """
    patient, changed = examined.patient, list[str]()
    with store.transaction() as whole:
        if examined.withheld is not None:
            _withdraw(whole, tenant, patient, examined.withheld, now)
        else:
            changed = [each.study for each in examined.found if _add(whole, tenant, examined, each, now)]
            _withdraw(whole, tenant, patient, CLOSED, now, but=tenant.studies)
        for other in examined.merged:
            _withdraw(whole, tenant, other, MERGED, now)
        detail = {"changed": len(changed), "withheld": examined.withheld, "incomplete": " ".join(examined.incomplete)}
        audit.append(whole, audit.Entry(now, tenant.name, ACTOR, "screened", patient=patient, detail=detail))
    return tuple(changed)


def screen_patient(store: Store, tenant: Tenant, patient: str, connection: Connection, now: datetime) -> Examined:
    """Examine a patient and keep the result at once. Where another record took this one's place, that one is due."""
    examined = examine(tenant, patient, connection, screening_date(tenant, now))
    follow(store, tenant, examined, now)
    keep(store, tenant, examined, now)
    return examined


def follow(store: Store, tenant: Tenant, examined: Examined, now: datetime) -> None:
    """Ask for a screening of the record that survived; before `keep`, so that it cannot be forgotten."""
    if examined.survivor is not None:
        screenings.request(store, tenant.name, examined.survivor, MERGED, now)


def _add(store: Store, tenant: Tenant, examined: Examined, found: Found, now: datetime) -> bool:
    key = (tenant.name, found.study, found.version, examined.patient)
    new = assessments.add(store, *key, found.digest, examined.at, found.line, found.next_change, now)
    publish.plan(store, tenant, found.line, now, found.versions)
    return new


def _withdraw(
    store: Store, tenant: Tenant, patient: str, reason: str, now: datetime, but: Collection[str] = ()
) -> None:
    """Withdraw what still holds for this patient, `but` in these studies."""
    for each in assessments.of_patient(store, tenant.name, patient):
        study = each.stored.study
        if each.withdrawn is None and study not in but:
            assessments.withdraw(store, tenant.name, patient, reason, now, study)
            publish.withdraw(store, tenant, study, patient, reason, now)


def _versions(record: PatientRecord, line: Mapping[str, object]) -> dict[str, str]:
    """The versions of the records that the findings of a line name, and of the Patient."""
    named = {record.person.evidence.reference, *_named(line["findings"])}
    return {each: version for each, version in evidence_versions(record).items() if each in named}


def _named(findings: object) -> Iterator[str]:
    for each in findings if isinstance(findings, list) else ():
        yield from (exhibit["reference"] for exhibit in each["evidence"])
        yield from (each["computed"] or {}).get("records", ())


def _are_merged(one: Resource, other: Resource) -> bool:
    """Does one of the two say that it took the other's place, or gave it its own?"""
    return str(other.get("id")) in merged_with(one, {}) or str(one.get("id")) in merged_with(other, {})


class _Examination:
    """One patient being examined."""

    def __init__(self, tenant: Tenant, reader: Charts, patient: str, at: date) -> None:
        self._tenant, self._reader, self._patient, self._at = tenant, reader, patient, at
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
        self._chart.add("Patient", together)
        survivor = self._merge()
        if survivor is not None:
            return replace(self._withheld(MERGED), survivor=survivor)
        asked = searches(self._tenant.open_studies, self._tenant.catalog, self._at)
        for stage in (None, *sorted(asked, key=lambda each: each.kind != NEVER_LEFT_OUT)):
            if stage is not None:
                self._reader.search(self._chart, stage)
            if stage is None or stage.kind == NEVER_LEFT_OUT:
                reason = self._gathered()[2]
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
                if identity not in found and _are_merged(one, each):
                    found[identity] = each
                    waiting.append(each)
            if len(found) > MOST_MERGED:
                return None
        return [found[self._patient], *(found[each] for each in sorted(found) if each != self._patient)]

    def _merge(self) -> str | None:
        """Whose place this record took is read with it. The record that took this one's place, if any did."""
        moved = self._gathered()[3]
        self._chart.patients = (self._patient, *sorted(old for old, new in moved.items() if new == self._patient))
        return moved.get(self._patient)

    def _gathered(self) -> tuple[Population, Gathered, str | None, Mapping[str, str]]:
        """What was read so far, as a population of one, why that one is not screened (None: nothing says so), and which
        record is merged into which."""
        catalog = self._tenant.catalog
        request = Request((self._chart.source(),), self._tenant.open_studies, self._at, release=None)
        population = gather(catalog, request, lambda reject: None, Progress()).population
        moved = merge_replaced(population)
        person = population.person(self._patient)
        if person.unclear or person.patient is None:
            return population, person, MERGE_UNCLEAR if person.unclear else UNREADABLE, moved
        return population, person, reason_to_hold(catalog, request, population, person.patient, person), moved

    def _recorded(self) -> Recorded:
        population, person, reason, _ = self._gathered()
        if reason is not None:
            return self._withheld(reason)
        record = person.record(population.loaded(sorted(person.sources), accepted_rejects=0))
        loaded = {**record.loaded, **dict.fromkeys(sorted(self._chart.incomplete), Loaded.INCOMPLETE)}
        record = replace(record, loaded=loaded)
        lacking = sorted(kind for kind, how in loaded.items() if how is not Loaded.COMPLETE)
        return replace(self._withheld(None), record=record, incomplete=tuple(lacking))

    def _withheld(self, reason: str | None) -> Recorded:
        problems = tuple(dict.fromkeys(self._chart.problems))
        return Recorded(self._patient, withheld=reason, merged=self._chart.patients[1:], problems=problems)


def _found(tenant: Tenant, record: PatientRecord, at: date) -> tuple[Found, ...]:
    catalog = tenant.catalog
    knowledge, phrases = knowledge_of(catalog), phrases_of(catalog)
    found = []
    for study in tenant.open_studies:
        assessment = assess(record, study, at, knowledge)
        change = assessment.next_change
        digest = facts_digest(record, Needs((study,), catalog.terminology))
        line = assessment_line(assessment, phrases)
        day = change.date if change else None
        found.append(Found(study.id, study.version, digest, line, day, _versions(record, line)))
    return tuple(found)
