"""Who the listed are and when they come, from the files of an export, which are read once more for them alone."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

from service.screening.lines import Raw, parse, read_raw
from service.screening.sources import InputFile, Source, find_sources
from service.screening.tenant import Tenant
from service.screening.worklist.identity import identity_of
from service.screening.worklist.visits import Visits, appointments_in, patient_of, patients_of, visits_in
from service.store import people
from service.store.engine import Store

PATIENT, APPOINTMENT, ENCOUNTER = "Patient", "Appointment", "Encounter"
CHUNK = 500
Json = Mapping[str, object]
Change = tuple[Callable[..., bool], str, Any]


def take_from_export(store: Store, tenant: Tenant, directory: Path, now: datetime) -> int:
    """Keep who the listed are, and their visits where the export tells them; how many changes that makes."""
    listed = people.listed(store, tenant.name)
    if not listed:
        return 0
    (source,) = find_sources([directory])
    changes = chain(
        _identities(_of_type(source, PATIENT), listed),
        _last_visits(tenant, _of_type(source, ENCOUNTER), listed, now),
        _coming(_of_type(source, APPOINTMENT), listed, now),
    )
    count = 0
    while part := list(islice(changes, CHUNK)):
        with store.transaction() as whole:
            count += sum(change(whole, tenant.name, patient, what, now) for change, patient, what in part)
    return count


def _identities(files: list[InputFile], listed: frozenset[str]) -> Iterator[Change]:
    for each in _resources(files, PATIENT):
        if each.get("id") in listed:
            yield people.identify, str(each["id"]), identity_of(each)


def _last_visits(tenant: Tenant, files: list[InputFile], listed: frozenset[str], now: datetime) -> Iterator[Change]:
    """Of each listed patient, if the export holds Encounters at all."""
    held = defaultdict[str, list[Json]](list)
    for each in _resources(files, ENCOUNTER):
        if (whose := patient_of(each)) in listed and whose is not None:
            held[whose].append(each)
    zone = tenant.catalog.site.zone
    for patient in sorted(listed) if files else ():
        yield _visited, patient, visits_in(held[patient], zone, now.astimezone(zone).date())


def _coming(files: list[InputFile], listed: frozenset[str], now: datetime) -> Iterator[Change]:
    """Of each listed patient, if the export holds Appointments at all."""
    held = defaultdict[str, list[Json]](list)
    for each in _resources(files, APPOINTMENT):
        for patient in listed.intersection(patients_of(each)):
            held[patient].append(each)
    for patient in sorted(listed) if files else ():
        yield _visited, patient, appointments_in(held[patient], (patient,), now)


def _visited(store: Store, tenant: str, patient: str, visits: Visits, now: datetime) -> bool:
    return visits.keep(store, tenant, patient, now)


def _of_type(source: Source, kind: str) -> list[InputFile]:
    return [each for each in source.files if each.type_hint == kind]


def _resources(files: list[InputFile], kind: str) -> Iterator[dict[str, Any]]:
    """The resources of a type that can be read; the screening has counted the others."""
    for file in files:
        for raw in read_raw(file):
            if isinstance(raw, Raw):
                resource = parse(raw).resource
                if resource is not None and resource.get("resourceType") == kind:
                    yield resource
