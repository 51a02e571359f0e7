"""A tenant whose EHR is the server of the tests, and small charts to put there."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import orjson

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
from service.catalog.site import Site as SiteSettings
from service.ehr.connect import Connection, Server, connect
from service.ehr.limits import Limits
from service.eligibility.criteria import Study
from service.eligibility.policy import Policy
from service.screening.patient import Examined, examine
from service.screening.tenant import Hook, Target, TargetKind, Tenant
from service.screening.worker import Pass, Worker
from service.store import assessments, screenings
from service.store.engine import Store
from service.store.inbox import Delivery
from tests.ehr.clock import Watch
from tests.fhir_server import FhirServer
from tests.screening import world as small
from tests.screening.world import STUDY

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
TODAY = NOON.date()
DAY = timedelta(days=1)
FAST = Limits(per_second=10_000, burst=10_000, tries=2, first_pause=0.01, longest_pause=0.01, failures_to_open=1000)
Json = dict[str, object]


@cache
def shipped() -> Catalog:
    """The catalog that this service ships."""
    return load_catalog(mappings_dir())


def catalog(*studies: Study, policy: Policy | None = None, **site: Any) -> Catalog:
    """The small catalog of the tests of populations, with these studies and settings of the site."""
    made = small.catalog()
    return replace(
        shipped(),
        studies={each.id: each for each in studies or (STUDY,)},
        terminology=made.terminology,
        units=made.units,
        equivalents={},
        policy=policy or Policy(),
        site=SiteSettings(**site),
        study_files={},
        value_set_files={},
    )


def tenant(server: FhirServer, content: Catalog | None = None, limits: Limits = FAST, **more: Any) -> Tenant:
    """A tenant that screens for all studies of this catalog on this server."""
    content = content or catalog()
    return Tenant("north", content, tuple(sorted(content.studies)), source=Server(server.base, limits=limits), **more)


def connection(of: Tenant) -> Connection:
    assert of.source is not None
    return connect(of.source)


def examined(of: Tenant, patient: str = "p", **more: Any) -> Examined:
    """What examining a patient today gives."""
    return examine(of, patient, connection(of), TODAY, **more)


def answer(found: Examined, criterion: str) -> tuple[str, tuple[str, ...]]:
    """(outcome, reasons) of one criterion of the only study."""
    (study,) = found.found
    for each in study.line["findings"]:  # type: ignore[attr-defined]
        if each["criterion"] == criterion:
            return each["outcome"], tuple(each["reasons"])
    raise KeyError(criterion)


def notice(resource: Json, number: int = 0) -> Delivery:
    """What came in at the hook `labs`: this resource, in this version, as a rest-hook sends it."""
    versioned = {**resource, "meta": {"versionId": str(number), "lastUpdated": NOON.isoformat()}}
    path = f"{resource['resourceType']}/{resource['id']}"
    digest = f"{path} {number}"
    return Delivery("north", "labs", digest, True, "PUT", path, {}, orjson.dumps(versioned), NOON)


def writing(server: FhirServer, content: Catalog | None = None, **more: Any) -> Tenant:
    """A tenant that also writes to its EHR, and has a hook."""
    target = Target(
        TargetKind.FHIR,
        server=Server(server.base, limits=FAST),
        resources=frozenset({"ResearchSubject", "ResearchStudy"}),
    )
    hook = Hook("labs", "an-unguessable-name", secret="s", trusted=True)
    return tenant(server, content, target=target, hooks=(hook,), **more)


@dataclass
class Site:
    """A worker of one tenant, and the time that it sees."""

    store: Store
    tenant: Tenant
    watch: Watch = field(default_factory=lambda: Watch(start=NOON))
    passes: list[Pass] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.worker = Worker(self.store, [self.tenant], clock=self.watch.clock)

    def step(self, **later: float) -> Pass:
        """Some time later, one pass."""
        self.watch.passed += timedelta(**later).total_seconds()
        self.passes.append(self.worker.step())
        return self.passes[-1]

    def ask(self, patient: str = "p", reason: str = "event") -> None:
        """Let a patient be screened now."""
        screenings.request(self.store, "north", patient, reason, self.watch.now())

    def standing(self, patient: str = "p", study: str = "demo") -> object:
        """What holds of a patient now; None: nothing."""
        found = assessments.latest(self.store, "north", study, patient)
        return None if found is None or found.withdrawn else found.stored.line["standing"]
