"""Who is to be screened without any event: by time alone, for what events cannot tell, before an appointment.

Every function may be called as often as one likes: a screening that was asked for already is not asked for twice. What
nobody waits for is spread over hours, so that the news of the day never stands behind it.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b
from itertools import groupby

from service.errors import InputError
from service.screening.patient import screening_date
from service.screening.tenant import Tenant
from service.store import assessments, screenings
from service.store.assessments import Known
from service.store.engine import Store

TIME, RECONCILE, STUDY, APPOINTMENT = "time", "reconcile", "study", "appointment"
MOST_DUE = 100_000
PAGE = 1000
CHUNK = 500  # patients in one transaction
APART = timedelta(seconds=2)  # between two that nobody waits for
A_DAY = timedelta(days=1)
FIRST = timedelta(days=1)  # so much earlier than now is an appointment due: it goes before everything else


@dataclass(frozen=True, slots=True)
class Appointment:
    """A patient who comes on that day."""

    patient: str
    day: date


def request_due(store: Store, tenant: Tenant, now: datetime) -> int:
    """Ask for those whose assessment changes today with no new data, or should have before. Returns how many."""
    today = screening_date(tenant, now)
    due = assessments.due(store, tenant.name, tenant.studies, today, MOST_DUE)
    patients = list(dict.fromkeys(each.patient for each in due))
    return _request(store, tenant, patients, TIME, now, lambda number: number * APART)


def reconcile(store: Store, tenant: Tenant, now: datetime) -> int:
    """Ask for those whose turn it is today, and for all who were not judged by the studies as they are now.

    No event tells that a record was deleted, or is not any more what a Subscription asked for, so everybody known has
    a turn once in the period that the tenant sets. Returns how many.
    """
    today = screening_date(tenant, now)
    turn: list[str] = []
    outdated: list[str] = []
    for patient, rows in groupby(_known(store, tenant), key=lambda each: each.patient):
        entries = tuple(rows)
        if _is_outdated(tenant, entries):
            outdated.append(patient)
        elif _has_turn(tenant, patient, today) and not _confirmed(entries, today):
            turn.append(patient)
    asked = _request(store, tenant, outdated, STUDY, now, lambda number: number * APART)
    return asked + _request(store, tenant, turn, RECONCILE, now, lambda number: number * A_DAY / (len(turn) + 1))


def request_appointments(
    store: Store, tenant: Tenant, listed: Iterable[Appointment], now: datetime, within: timedelta = 7 * A_DAY
) -> int:
    """Ask for those who come from today on `within` that time, the next to come first; before all others."""
    today = screening_date(tenant, now)
    coming = sorted((each.day, each.patient) for each in listed if today <= each.day <= today + within)
    patients = list(dict.fromkeys(patient for _, patient in coming))
    return _request(store, tenant, patients, APPOINTMENT, now - FIRST, lambda number: number * timedelta(seconds=1))


def read_appointments(lines: Iterable[str]) -> tuple[Appointment, ...]:
    """A list of appointments: a line each of a patient's id and a day (2026-06-30), with a comma between.

    A first line that names the columns is passed over. Raises InputError with the number of a line that is neither.
    """
    found = []
    for number, row in enumerate(csv.reader(lines), 1):
        cells = [each.strip() for each in row]
        if not any(cells) or (number == 1 and cells[:1] == ["patient"]):
            continue
        try:
            patient, day = cells
            found.append(Appointment(patient.rpartition("/")[2], date.fromisoformat(day[:10])))
        except ValueError:
            raise InputError(
                f"line {number} of the list of appointments: write a patient's id, a comma and a day such as 2026-06-30"
            ) from None
    return tuple(found)


def _known(store: Store, tenant: Tenant) -> Iterator[Known]:
    """Everybody of whom anything was found, by patient and study."""
    after = ("", "")
    while page := assessments.known(store, tenant.name, PAGE, after):
        yield from page
        after = (page[-1].patient, page[-1].study)


def _is_outdated(tenant: Tenant, entries: tuple[Known, ...]) -> bool:
    """Is a study missing, in another version, or closed? Who is held back is in none, and may be in all."""
    holding = {each.study: each.version for each in entries if each.withdrawn is None}
    return bool(holding) and holding != {each.id: each.version for each in tenant.open_studies}


def _has_turn(tenant: Tenant, patient: str, today: date) -> bool:
    """Is it this patient's day of the period? It follows from the id, so that all workers agree."""
    if tenant.pace.reconcile is None:
        return False
    days = max(1, tenant.pace.reconcile.days)
    place = int.from_bytes(blake2b(patient.encode(), digest_size=8).digest(), "big")
    return place % days == today.toordinal() % days


def _confirmed(entries: tuple[Known, ...], today: date) -> bool:
    return all(each.withdrawn is None and each.confirmed >= today for each in entries)


def _request(
    store: Store,
    tenant: Tenant,
    patients: list[str],
    reason: str,
    now: datetime,
    later: Callable[[int], timedelta],
) -> int:
    """Ask for these, each `later` than now by its number."""
    timed = {patient: now + later(number) for number, patient in enumerate(patients)}
    ordered = sorted(timed)  # so that two who ask for the same ones do not block each other
    for start in range(0, len(ordered), CHUNK):
        with store.transaction() as whole:
            for patient in ordered[start : start + CHUNK]:
                screenings.request(whole, tenant.name, patient, reason, timed[patient])
    return len(ordered)
