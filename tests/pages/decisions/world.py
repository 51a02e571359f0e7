"""A site whose worker screened somebody, and people who decide about them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from service.eligibility.criteria import Study
from service.screening.access import BasisKind, Role, Viewer
from service.screening.decisions.decided import Decided
from service.screening.decisions.given import Given
from service.screening.decisions.kinds import Kind
from service.screening.decisions.known import of
from service.screening.decisions.make import decide
from service.screening.tenant import Tenant
from service.store import accounts, assessments, bases, decisions
from service.store.accounts import Account
from service.store.assessments import Current
from service.store.bases import Entered
from service.store.decisions import Decision
from service.store.engine import Store
from tests.fhir_server import FhirServer
from tests.screening.world import STUDY, encounter, haemoglobin, patient
from tests.working.world import Site, catalog, tenant, writing

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
CHART = (patient(), encounter(), haemoglobin())
NURSE, CHIEF = Role.COORDINATOR, Role.INVESTIGATOR
WORKING = ("viewer", "coordinator", "investigator")


def viewer(*roles: Role, name: str = "anna", study: str = STUDY.id) -> Viewer:
    """Somebody with these roles."""
    return Viewer(name, name.title(), {("north", study): frozenset(roles)})


def decision(kind: Kind, number: int = 0, about: str | None = None, **content: Any) -> Decision:
    """A decision as it is stored; `everywhere` for all studies."""
    study = None if content.pop("everywhere", False) else STUDY.id
    reason = content.pop("reason", None)
    return Decision("north", study, "p", kind, about, content, reason, "anna", NOON, number)


@dataclass
class Ward:
    """A patient who was screened, and whoever decides."""

    site: Site

    @property
    def store(self) -> Store:
        return self.site.store

    @property
    def tenant(self) -> Tenant:
        return self.site.tenant

    def approve(self, kind: BasisKind = BasisKind.WAIVER) -> None:
        """Enter a basis."""
        bases.add(self.store, Entered("north", STUDY.id, kind.value, "EC 1", None, WORKING, "admin", NOON))

    def decide(self, kind: Kind, *, by: Viewer | None = None, seen: int | None = -1, **given: Any) -> int:
        """Decide; by an investigator who looked just now, unless something else is said."""
        about, reason = given.pop("about", None), given.pop("reason", None)
        everywhere = given.pop("everywhere", False)
        wanted = Given(STUDY.id, "p", kind, about, given, reason, everywhere)
        if seen == -1:
            for_all = everywhere or kind is Kind.CORRECTION
            seen = self.decided.seen(kind, about, everywhere=for_all)
        return decide(self.store, self.tenant, by or viewer(NURSE, CHIEF), wanted, self.site.watch.now(), seen)

    @property
    def decided(self) -> Decided:
        return of(self.store, "north", STUDY.id, "p")

    @property
    def held(self) -> Current:
        found = assessments.latest(self.store, "north", STUDY.id, "p")
        assert found is not None
        return found

    @property
    def line(self) -> dict[str, Any]:
        return self.held.stored.line

    def outcome(self, criterion: str) -> str:
        """What the machine says by now."""
        return next(str(each["outcome"]) for each in self.line["findings"] if each["criterion"] == criterion)

    def screened(self) -> "Ward":
        """Screen the patient anew, and write what is to be written."""
        self.site.ask()
        self.site.step(seconds=5)
        return self

    def all(self) -> tuple[Decision, ...]:
        return decisions.of_patient(self.store, "north", "p")


def ward(store: Store, server: FhirServer, *more: Any, study: Study = STUDY, target: bool = False) -> Ward:
    """A patient with this chart besides the usual, screened; with a valid basis."""
    server.seed(*CHART, *more)
    made = Ward(Site(store, (writing if target else tenant)(server, catalog(study))))
    made.approve()
    for each in ("anna", "bert"):
        if accounts.find(store, each) is None:
            accounts.add(store, Account(each, each.title(), NOON))
    return made.screened()


def asking_first() -> Study:
    """The study, if the treating clinician has to agree to a contact."""
    return replace(STUDY, contact_approval="treating-clinician")
