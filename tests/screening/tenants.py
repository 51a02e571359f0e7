"""A tenant with an EHR, a hook and a small catalog; its notifications, and a worker's round over them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from service.ehr.connect import Connection, Server, connect
from service.fhir.notifications import Arrival
from service.screening.receive import Processed, accept, process
from service.screening.tenant import Hook, Tenant
from service.store import assessments, screenings
from service.store.engine import Store
from service.store.inbox import INBOX
from service.store.screenings import SCREENINGS
from tests.ehr.clock import Watch
from tests.fhir_server import FhirServer
from tests.notifications.forms import BASE, Told, r4
from tests.screening.world import catalog

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LEASE = timedelta(minutes=5)
SECRET = "open-sesame-0123456789"
HOOK = Hook("labs", "labs-0123456789abcdef", secret=SECRET, trusted=True)
HEADERS = {HOOK.secret_header: SECRET, "Content-Type": "application/fhir+json"}
PATH = f"/hooks/{HOOK.name}"


def tenant(*hooks: Hook, base: str | None = BASE, **changes: Any) -> Tenant:
    """The tenant `north`, which screens for the demonstration."""
    source = Server(base) if base is not None else None
    made = Tenant("north", catalog(), ("demo",), source, hooks=hooks or (HOOK,))  # type: ignore[arg-type]
    return replace(made, **changes)


def told(*numbers: int, count: int | None = None, **more: Any) -> Told:
    """An event notification of these numbers, each about the observation of that number."""
    total = count if count is not None else max(numbers, default=0)
    return Told("event-notification", total, [(each, f"Observation/{each}", []) for each in numbers], **more)


def lab(identity: object, of: str = "p1", **more: object) -> dict[str, Any]:
    """A result."""
    return {"resourceType": "Observation", "id": str(identity), "subject": {"reference": f"Patient/{of}"}, **more}


def status_of(bundle: dict[str, Any]) -> dict[str, Any]:
    """The status of an R4 notification."""
    status: dict[str, Any] = bundle["entry"][0]["resource"]
    return status


@dataclass
class Ward:
    """A tenant at work: its EHR, its store, and the time."""

    store: Store
    ehr: FhirServer
    tenant: Tenant
    connection: Connection
    now: datetime = NOON

    def receive(self, body: object, method: str = "POST", path: str = "", **headers: str) -> object:
        """A notification comes in; addresses of the examples become those of the EHR."""
        raw = b"" if body is None else orjson.dumps(body).replace(BASE.encode(), self.ehr.base.encode())
        kind, _, identity = path.partition("/")
        parsed = orjson.loads(raw) if raw else None
        arrival = Arrival(method, parsed, kind or None, identity or None, headers.get("deleted"))
        return accept(self.store, self.tenant, self.tenant.hooks[0], arrival, raw, self.now)

    def tell(self, notification: Told) -> None:
        """A topic-based notification comes in, in the form of R4."""
        self.receive(r4(notification))

    def work(self) -> list[Processed]:
        """Work off all that waits."""
        claimed = INBOX.claim(self.store, self.now, LEASE, 1000)
        return [process(self.store, self.tenant, each, self.now, self.connection) for each in claimed]

    def asked(self) -> dict[str, tuple[str, ...]]:
        """The patients whose screening is due within a minute, and why; they are taken away."""
        claimed = SCREENINGS.claim(self.store, self.now + timedelta(minutes=1), LEASE, 1000)
        for each in claimed:
            screenings.done(self.store, each.lease)
        return {each.patient: each.reasons for each in claimed}

    def later(self, by: timedelta) -> None:
        """Time passes."""
        self.now += by

    def reads(self, where: str = "/fhir/(?!metadata)") -> list[str]:
        """What the EHR was asked for, as paths."""
        return [each.path.removeprefix("/fhir/") for each in self.ehr.log.of("GET|POST", where)]

    def assessed(self, patient: str, *keys: str) -> None:
        """A patient was screened on these resources."""
        line: dict[str, object] = {"findings": [{"evidence": [{"reference": each} for each in keys]}]}
        day = date(2026, 6, 1)
        assessments.add(self.store, "north", "demo", "1.0", patient, "digest", day, line, None, NOON)


@contextmanager
def ward(store: Store, *hooks: Hook, **changes: Any) -> Iterator[Ward]:
    """A tenant at work with an EHR of its own."""
    with FhirServer(topics={"http://topic": {"Observation"}}, now=lambda: made.now) as ehr:
        made = Ward(store, ehr, tenant(*hooks, base=ehr.base, **changes), None)  # type: ignore[arg-type]
        assert made.tenant.source is not None
        made.connection = connect(made.tenant.source, clock=Watch().clock)
        yield made
