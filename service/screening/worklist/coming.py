"""The next appointment of whoever stands in a worklist, asked of the EHR: after a screening, and never instead of it.

It has a connection of its own, with a token that finds Appointments and does nothing else, so that an EHR that refuses
it, lacks it or is slow at it takes nothing from the screening.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from service.ehr.connect import Connection, Server
from service.errors import EhrRefused
from service.screening.tenant import Tenant
from service.screening.worklist.visits import Visits, appointments_in, patients_of
from service.store.engine import Store

APPOINTMENT = "Appointment"
PATIENT, ACTOR = "patient", "actor"
FIND = "s"  # the letter of the scope: neither read one by one, nor written
ZONES = timedelta(days=1)  # a server may read a day in another time zone
# Nobody waits for it, so it is asked once, and not for long.
TRIES, PAGES = 1, 5
CONNECT, READ, WHOLE, TURN = 3.0, 5.0, 5.0, 2.0  # seconds at most


def server_for(source: Server) -> Server:
    """The same server, with the least rights and the least patience."""
    own, registration = source.limits, source.registration
    limits = replace(
        own,
        tries=TRIES,
        most_pages=min(own.most_pages, PAGES),
        longest_wait=min(own.longest_wait, TURN),
        connect_timeout=min(own.connect_timeout, CONNECT),
        read_timeout=min(own.read_timeout, READ),
        answer_deadline=min(own.answer_deadline, WHOLE),
    )
    if registration is not None:
        registration = replace(registration, types={APPOINTMENT: FIND})
    return replace(source, registration=registration, limits=limits)


def is_offered(connection: Connection) -> bool:
    """Can this server be asked for the Appointments of a patient?"""
    if APPOINTMENT in connection.client.dialect.no_types or connection.features.not_searchable((APPOINTMENT,)):
        return False
    return _parameter(connection) is not None


def ask(tenant: Tenant, patients: Sequence[str], connection: Connection, now: datetime) -> Visits:
    """The next appointment of one person, whose records these are. Raises EhrError where nothing was found out."""
    parameter = _parameter(connection) or PATIENT
    day = (now.astimezone(tenant.catalog.site.zone) - ZONES).date()
    theirs: list[dict[str, object]] = []
    whole = True
    for patient in patients:
        asked = {parameter: f"Patient/{patient}", "date": f"ge{day.isoformat()}"}
        result = connection.client.search(APPOINTMENT, asked)
        if not result.pages:
            raise EhrRefused(result.problem or "nothing came back")
        mine = [each for each in result.resources if patient in patients_of(each)]
        whole = whole and result.complete and len(mine) == len(result.resources)
        theirs += mine
    return appointments_in(theirs, patients, now, whole=whole)


def take(store: Store, tenant: Tenant, patients: Sequence[str], connection: Connection, now: datetime) -> bool:
    """Ask, and keep it of the first of these records, which survives; was there anything to keep? Raises EhrError."""
    return ask(tenant, patients, connection, now).keep(store, tenant.name, patients[0], now)


def _parameter(connection: Connection) -> str | None:
    return next((each for each in (PATIENT, ACTOR) if connection.features.has(APPOINTMENT, f"?{each}")), None)
