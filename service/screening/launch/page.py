"""The page of one patient: read with the right of whoever opened it, judged as ever, kept nowhere but in the audit."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from service.ehr.capability import Features
from service.ehr.client import FhirClient
from service.ehr.connect import Connection, Server, connect
from service.ehr.user_auth import UserAuth
from service.eligibility.explain.wording import ENGLISH, Wording
from service.errors import ResourceGone
from service.fhir.banner import Banner, banner_of
from service.screening.cds.lent import Hurried
from service.screening.connections import Gates
from service.screening.decisions.claims import reader_of
from service.screening.launch.launches import Launches, Opened
from service.screening.needs import Needs
from service.screening.patient import Examined, Found, examine, screening_date
from service.screening.person.drawings import NOTHING, Drawing, drawings_of
from service.screening.person.series_line import series_of
from service.screening.person.spoken import speech_of, spoken_series
from service.screening.person.study_part import StudyPart, study_part
from service.screening.stand import STANDINGS
from service.screening.tenant import Tenant
from service.store import audit

KNOWN_FOR = timedelta(hours=1)  # that long, what a server says that it can do is taken to hold
UNNAMED = "unnamed"  # who opened a page, where the EHR does not tell
VIEWED = "viewed"
# Somebody waits in front of a screen: what takes longer is not known this time.
HURRY: dict[str, Any] = {"tries": 2, "longest_wait": 5.0, "read_timeout": 10.0, "answer_deadline": 20.0}
LONGEST = 60.0  # seconds for all of a page: a slow EHR is not to hold up the threads that others need
ORDER = ("strong", "weak", "unknown", "none")


@dataclass(frozen=True, slots=True)
class PatientPage:
    """What is shown. `banner` None: the EHR shows it itself. `withheld`: nothing may be said of this person.

    `lacking`: the types of which not everything could be read; `problems`: why.
    """

    tenant: str
    at: date
    read: datetime
    person: str | None
    banner: Banner | None = None
    withheld: bool = False
    studies: tuple[StudyPart, ...] = ()
    lacking: tuple[str, ...] = ()
    problems: tuple[str, ...] = field(default=(), repr=False)


class PatientPages:
    """Makes the pages of opened launches."""

    def __init__(self, launches: Launches) -> None:
        self._launches, self._gates = launches, Gates(launches.clock)
        self._known: dict[str, tuple[Features, datetime]] = {}
        self._lock = threading.Lock()

    def page(self, opened: Opened, wording: Wording = ENGLISH) -> PatientPage | None:
        """The page; None: there is no patient in context. Raises EhrError and StoreError: then nothing is shown."""
        patient = opened.granted.patient
        if patient is None:
            return None
        tenant, now = opened.tenant, self._launches.clock.now()
        connection = self._connection(opened)
        page = PatientPage(tenant.name, screening_date(tenant, now), now.astimezone(tenant.catalog.site.zone), None)
        page = replace(page, person=opened.person, banner=_banner(connection.client, patient, opened.granted.banner))
        claims = reader_of(self._launches.store, tenant.name)
        examined = examine(tenant, patient, connection, page.at, partial=True, claims=claims)
        self._note(opened, examined, now)
        if examined.withheld is not None:
            return replace(page, withheld=True)
        return replace(
            page,
            studies=_studies(tenant, examined, opened.granted.app_context, wording),
            lacking=_lacking(tenant, examined),
            problems=examined.problems,
        )

    def _connection(self, opened: Opened) -> Connection:
        """With the right of the person, which writes nothing."""
        server, granted, clock = server_of(opened.tenant, opened.app.iss), opened.granted, self._launches.clock
        made = connect(
            server,
            transport=Hurried(self._launches.transport, clock, LONGEST),
            gate=self._gates.of(server),
            clock=clock,
            may_write=lambda: False,
            auth=UserAuth(granted.token, granted.scopes),
            features=self._features(server.base, clock.now()),
        )
        with self._lock:
            self._known.setdefault(server.base, (made.features, clock.now()))
        return made

    def _features(self, base: str, now: datetime) -> Features | None:
        with self._lock:
            known = self._known.get(base)
            if known is not None and now - known[1] < KNOWN_FOR:
                return known[0]
            self._known.pop(base, None)
            return None

    def _note(self, opened: Opened, examined: Examined, now: datetime) -> None:
        detail = {"studies": len(examined.found), "withheld": examined.withheld}
        entry = audit.Entry(now, opened.tenant.name, opened.person or UNNAMED, VIEWED, None, examined.patient, detail)
        audit.append(self._launches.store, entry)


def server_of(tenant: Tenant, iss: str) -> Server:
    """The server that launches: as the source is used, if it is the source; with the right of no service."""
    source = tenant.source
    known = source if source is not None and iss in tenant.own_bases else Server(iss)
    others = tenant.own_bases if known is source else ()
    return replace(known, base=iss, registration=None, limits=replace(known.limits, **HURRY), other_bases=others)


def _banner(client: FhirClient, patient: str, wanted: bool) -> Banner | None:
    if not wanted:
        return None
    try:
        return banner_of(client.read("Patient", patient))
    except ResourceGone:
        return None  # nothing will be said of that patient anyway


def _part(tenant: Tenant, found: Found, number: int, wording: Wording) -> StudyPart:
    drawings: Mapping[str, tuple[Drawing, ...]] = NOTHING
    if found.series is not None:
        speech = speech_of(tenant.catalog, tenant.catalog.studies[str(found.line["study"])], wording)
        drawings = drawings_of(spoken_series(series_of(found.series), speech), f"study{number}", wording)
    return study_part(tenant.catalog, found.line, drawings, tenant.ehr_link, wording)


def _studies(
    tenant: Tenant, examined: Examined, context: Mapping[str, object], wording: Wording
) -> tuple[StudyPart, ...]:
    """The study that was asked for before all, then those whose disease there is a sign of, then those that may fit."""
    parts = [_part(tenant, each, number, wording) for number, each in enumerate(examined.found, 1)]
    asked, standings = context.get("study"), list(STANDINGS.values())

    def place(part: StudyPart) -> tuple[bool, int, int, int, str]:
        return part.id != asked, ORDER.index(part.signal), standings.index(part.standing), part.open, part.id

    return tuple(sorted(parts, key=place))


def _lacking(tenant: Tenant, examined: Examined) -> tuple[str, ...]:
    """The types that the studies need and that were not wholly read; what the site does not keep is not missed."""
    needed = Needs(tenant.open_studies, tenant.catalog.terminology).types
    return tuple(each for each in examined.incomplete if each in needed - tenant.catalog.policy.not_kept)
