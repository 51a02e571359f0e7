"""Screening one patient of an EHR: read the chart, judge it just as a population is judged, keep what was found.

`examine` asks the EHR and decides, `keep` stores: if the process ends between the two, the work is done again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from service.ehr.connect import Connection
from service.eligibility.assess import assess, case_of
from service.eligibility.facts import Loaded, PatientRecord
from service.fhir.provenance import evidence_versions
from service.screening import publish
from service.screening.chart import Reader
from service.screening.decisions.claims import reader_of
from service.screening.facts_digest import facts_digest
from service.screening.judging import knowledge_of, phrases_of
from service.screening.needs import Needs
from service.screening.person.series_line import drawn_of
from service.screening.record import ENCOUNTER, MERGED, ClaimsOf, Recorded, no_claims, read_record
from service.screening.render import assessment_line
from service.screening.tenant import Tenant
from service.screening.versions import read_versions
from service.screening.worklist import refresh_patient
from service.screening.worklist.identity import identity_of
from service.screening.worklist.visits import Visits, visits_in
from service.store import assessments, audit, decisions, people, screenings, series
from service.store.engine import Store
from service.store.people import Identity

CLOSED = "study-closed"
ACTOR = "service"


@dataclass(frozen=True, slots=True)
class Found:
    """The assessment of one study, as it is to be stored. `versions`: of the records it rests on, by `Type/id`, as
    FHIR numbers them; `records`: the same in a form that every record has (see `versions`).

    `series`: what is drawn of it (see `screening.person.series_line`); None where nothing points to the disease.
    """

    study: str
    version: str
    digest: str
    line: dict[str, object]
    next_change: date | None
    versions: Mapping[str, str]
    records: Mapping[str, str] = field(default_factory=dict)
    series: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """What an examination gave: assessments, or (`withheld`) the reason why nothing may be said of this person.

    `survivor`: the record that took this one's place. `merged`: records whose place this one took. `incomplete`: types
    of which not everything could be read; `problems`: why, without anything of the patient's. `identity`, `visits`: for
    the worklist, if the patient stands in one, from what was read anyhow; None: not read. `loaded`: how completely each
    type was, if this person was judged.
    """

    patient: str
    at: date
    found: tuple[Found, ...] = ()
    withheld: str | None = None
    survivor: str | None = None
    merged: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    identity: Identity | None = field(default=None, repr=False)
    visits: Visits | None = None
    loaded: Mapping[str, Loaded] | None = None


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
    claims: ClaimsOf = no_claims,
) -> Examined:
    """Read and judge one patient for all open studies of the tenant. Raises EhrError where the EHR does not let us.

    `partial`: a type that the server fails to give becomes `not-loaded`, instead of raising EhrUnavailable.
    `claims`: what people said of single records.
    """
    recorded = read_record(tenant, patient, Reader(connection, partial=partial), at, claims)
    return Examined(
        patient,
        at,
        found=() if recorded.record is None else _found(tenant, recorded, recorded.record, at),
        withheld=recorded.withheld,
        survivor=recorded.survivor,
        merged=recorded.merged,
        incomplete=recorded.incomplete,
        problems=recorded.problems,
        identity=None if recorded.patient_resource is None else identity_of(recorded.patient_resource),
        loaded=None if recorded.record is None else recorded.record.loaded,
        visits=None if recorded.record is None else _visits(tenant, recorded, recorded.record, at),
    )


def _visits(tenant: Tenant, recorded: Recorded, record: PatientRecord, at: date) -> Visits:
    """Encounters are read of everybody anyhow, as they show that somebody was here at all."""
    whole = record.loaded.get(ENCOUNTER) is Loaded.COMPLETE
    return visits_in(recorded.encounters, tenant.catalog.site.zone, at, whole=whole)


def keep(store: Store, tenant: Tenant, examined: Examined, now: datetime) -> tuple[str, ...]:
    """Store it, and let the target follow, in one transaction; the studies of which the assessment changed.

    What was found for the patient earlier and holds no longer is withdrawn.
    """
    patient, changed = examined.patient, list[str]()
    with store.transaction() as whole:
        if examined.withheld is not None:
            _withdraw(whole, tenant, patient, examined.withheld, now)
        else:
            decisions.merged(whole, tenant.name, patient, examined.merged)
            changed = [each.study for each in examined.found if _add(whole, tenant, examined, each, now)]
            _withdraw(whole, tenant, patient, CLOSED, now, but=tenant.studies)
        for other in examined.merged:
            _withdraw(whole, tenant, other, MERGED, now)
            refresh_patient(whole, tenant.name, other, now)
        refresh_patient(whole, tenant.name, patient, now)
        if examined.identity is not None:
            people.identify(whole, tenant.name, patient, examined.identity, now)
        if examined.visits is not None:
            examined.visits.keep(whole, tenant.name, patient, now)
        detail = {"changed": len(changed), "withheld": examined.withheld, "incomplete": " ".join(examined.incomplete)}
        audit.append(whole, audit.Entry(now, tenant.name, ACTOR, "screened", patient=patient, detail=detail))
    return tuple(changed)


def screen_patient(store: Store, tenant: Tenant, patient: str, connection: Connection, now: datetime) -> Examined:
    """Examine a patient and keep the result at once. Where another record took this one's place, that one is due."""
    at, claims = screening_date(tenant, now), reader_of(store, tenant.name)
    examined = examine(tenant, patient, connection, at, claims=claims)
    follow(store, tenant, examined, now)
    keep(store, tenant, examined, now)
    return examined


def follow(store: Store, tenant: Tenant, examined: Examined, now: datetime) -> None:
    """Ask for a screening of the record that survived; before `keep`, so that it cannot be forgotten."""
    if examined.survivor is not None:
        screenings.request(store, tenant.name, examined.survivor, MERGED, now)


def _add(store: Store, tenant: Tenant, examined: Examined, found: Found, now: datetime) -> bool:
    key = (tenant.name, found.study, found.version, examined.patient)
    new = assessments.add(store, *key, found.digest, examined.at, found.line, found.next_change, now, found.records)
    series.keep(store, (tenant.name, found.study, examined.patient), examined.at, found.series)
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
            series.forget(store, (tenant.name, study, patient))
            publish.withdraw(store, tenant, study, patient, reason, now)


def _versions(record: PatientRecord, line: Mapping[str, object]) -> dict[str, str]:
    """The versions of the records that the findings of a line name, and of the Patient."""
    named = {record.person.evidence.reference, *_named(line["findings"])}
    return {each: version for each, version in evidence_versions(record).items() if each in named}


def _named(findings: object) -> Iterator[str]:
    for each in findings if isinstance(findings, list) else ():
        yield from (exhibit["reference"] for exhibit in each["evidence"])
        yield from (each["computed"] or {}).get("records", ())


def _found(tenant: Tenant, recorded: Recorded, record: PatientRecord, at: date) -> tuple[Found, ...]:
    catalog = tenant.catalog
    knowledge, phrases = knowledge_of(catalog), phrases_of(catalog)
    found = []
    for study in tenant.open_studies:
        assessment = assess(record, study, at, knowledge)
        change = assessment.next_change
        digest = facts_digest(record, Needs((study,), catalog.terminology))
        line = assessment_line(assessment, phrases, recorded.corrected)
        day = change.date if change else None
        read = read_versions(line, recorded.versions)
        drawn = drawn_of(assessment, case_of(record, study, at, knowledge), phrases)
        found.append(Found(study.id, study.version, digest, line, day, _versions(record, line), read, drawn))
    return tuple(found)
