"""A tenant with one study, lines of assessments, and a worker that works the outbox off."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from service.ehr.clock import Clock
from service.ehr.connect import Connection, Server, connect
from service.ehr.limits import Limits
from service.ehr.transport import Transport
from service.eligibility.assess import Signal, Standing
from service.eligibility.criteria import Study
from service.fhir.opinion import subject_identity
from service.screening import publish
from service.screening.publish import Result
from service.screening.render import assessment_line
from service.screening.tenant import Target, TargetKind, Tenant
from service.store import assessments
from service.store.engine import Store
from service.store.outbox import OUTBOX
from tests.contracts.examples import EXAMPLES, PHRASES
from tests.fhir_server.server import FhirServer
from tests.screening.world import STUDY

Json = dict[str, Any]
NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
DAY = date(2026, 6, 30)
LEASE = timedelta(minutes=5)
ALL = frozenset({"ResearchSubject", "ResearchStudy", "Provenance", "List", "Flag", "Task"})
WRITTEN = frozenset({(Standing.CANDIDATE, Signal.STRONG), (Standing.NEEDS_REVIEW, Signal.STRONG)})
IDENTITY = subject_identity(STUDY.id, "p")
BY_NAME = {"candidate": "candidate", "needs_review": "needs review", "ineligible": "ineligible"}
STATES = {"candidate": "candidate", "needs_review": "potential-candidate", "ineligible": "ineligible"}
LIMITS = Limits(per_second=100_000, burst=100_000, tries=3)


class Studies(dict[str, Study]):
    """As many studies as anybody asks for, all alike."""

    def get(self, id: str, default: Any = None) -> Any:
        return self[id]

    def __missing__(self, id: str) -> Study:
        return replace(STUDY, id=id)

    def __contains__(self, id: object) -> bool:
        return True


def line(standing: str = "candidate", day: date = DAY, **change: Any) -> Json:
    """A line of assessments.ndjson with a strong signal."""
    made = json.loads(json.dumps(assessment_line(EXAMPLES[BY_NAME[standing]], PHRASES)))
    return {**made, "signal": "strong", "screening_date": day.isoformat(), **change}


def tenant(base: str, **target: Any) -> Tenant:
    """A tenant whose EHR is also the target."""
    catalog: Any = SimpleNamespace(studies=Studies({STUDY.id: STUDY}))
    ehr = Server(base, limits=LIMITS)
    wanted = Target(TargetKind.FHIR, server=ehr, written=WRITTEN)
    return Tenant("north", catalog, (STUDY.id,), source=ehr, target=replace(wanted, **target))


def connected(
    base: str, transport: Transport | None = None, may_write: Callable[[], bool] = lambda: True
) -> Connection:
    """A connection that never waits."""
    clock = Clock(sleep=lambda _: None)
    return connect(Server(base, limits=LIMITS), transport=transport, clock=clock, may_write=may_write)


@dataclass
class Office:
    """One worker at the outbox of one tenant."""

    store: Store
    tenant: Tenant
    connection: Connection | None
    now: datetime = NOON
    results: list[Result] = field(default_factory=list)

    def plan(self, standing: str = "candidate", **change: Any) -> bool:
        """As the screening does: in the transaction that keeps the assessment."""
        said = line(standing, **change)
        with self.store.transaction() as whole:
            key = (self.tenant.name, said["study"], said["study_version"], said["patient"])
            day = date.fromisoformat(said["screening_date"])
            assessments.add(whole, *key, "facts", day, said, None, self.now)
            return publish.plan(whole, self.tenant, said, self.now, {"Condition/1": "7"})

    def work(self) -> list[Result]:
        """Do all that is due, and return what became of it."""
        done = []
        while claimed := OUTBOX.claim(self.store, self.now, LEASE, 1, tenants=[self.tenant.name]):
            done += [publish.write(self.store, self.tenant, each, self.connection, self.now) for each in claimed]
        self.results += done
        return done

    def later(self, **by: float) -> "Office":
        self.now += timedelta(**by)
        return self


def office(store: Store, server: FhirServer, **target: Any) -> Office:
    return Office(store, tenant(server.base, **target), connected(server.base))


def only(server: FhirServer, kind: str) -> Json:
    """The one resource of this type."""
    (found,) = server.all(kind)
    return found


def part(subject: Json, name: str) -> Any:
    """A part of our extension."""
    for each in subject["extension"]:
        for inner in each.get("extension", ()):
            if inner["url"] == name:
                return next(value for key, value in inner.items() if key != "url")
    return None


def writes(server: FhirServer) -> Counter[str]:
    """The versions that were made of each type."""
    return Counter(
        kind for kind in sorted(ALL) for each in server.all(kind) for _ in server.storage.history(kind, each["id"])
    )


def person_sets(server: FhirServer, status: str) -> Json:
    """Somebody sets a state."""
    changed = {**only(server, "ResearchSubject"), "status": status}
    server.change(changed)
    return only(server, "ResearchSubject")
