"""A tenant: one EHR with its credentials, its open studies, where its notifications come in and its results go out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from service.catalog.load import Catalog
from service.ehr.connect import Server
from service.ehr.smart_launch import App
from service.eligibility.assess import Signal, Standing
from service.eligibility.criteria import Study
from service.screening.cds.policy import CardPolicy

SECRET_HEADER = "X-Prescreen-Secret"
USUALLY_NARROWED = ("Observation",)


class TargetKind(StrEnum):
    """Where results are written: nowhere, into files, or to a FHIR server (the EHR itself, or one of our own)."""

    NONE = "none"
    NDJSON = "ndjson"
    FHIR = "fhir"


RESOURCES = frozenset({"ResearchSubject", "ResearchStudy", "Provenance", "List", "Flag", "Task"})
USUAL_RESOURCES = frozenset({"ResearchSubject", "ResearchStudy", "Provenance", "List"})
# Written besides: every patient about whom something was written before.
USUALLY_WRITTEN = frozenset({(Standing.CANDIDATE, Signal.STRONG), (Standing.NEEDS_REVIEW, Signal.STRONG)})


@dataclass(frozen=True, slots=True)
class Target:
    """Where a tenant's results are written, and which.

    `server` where `kind` is FHIR, `directory` where it is NDJSON. `written`: the pairs of standing and signal that are
    written for the first time; what was written once is kept up to date whatever becomes of it. `enabled` False is the
    kill switch: nothing is written, what waits goes on waiting. `dry_run`: what would be written is shown instead.
    """

    kind: TargetKind = TargetKind.NONE
    server: Server | None = None
    directory: Path | None = None
    resources: frozenset[str] = USUAL_RESOURCES
    written: frozenset[tuple[Standing, Signal]] = USUALLY_WRITTEN
    enabled: bool = True
    dry_run: bool = False

    @property
    def may_write(self) -> bool:
        """Is anything to be sent or stored there now?"""
        return self.enabled and not self.dry_run and self.kind is not TargetKind.NONE


@dataclass(frozen=True, slots=True)
class Hook:
    """Where the notifications of one Subscription come in: at /hooks/`name`, which nobody can guess.

    `feed` is the name under which the store keeps it, and people see it; `subscription` the id of the Subscription on
    the EHR, if it is set (otherwise it is that which the store has read from the server, if any). The sender proves who
    it is by `secret` in the header `secret_header`; a hook without one is open to this machine alone, for development.
    `trusted`: what a notification carries is believed; otherwise all is read from the server. `kinds`: the types that
    the Subscription is about; empty: all that the open studies need. `heartbeat` is the period that was agreed.
    `topic`: the canonical of the topic to ask for; None: our own, where the server lists it. `narrowed`: the types that
    are asked for by codes, where there is no topic.
    """

    feed: str
    name: str = field(repr=False)
    subscription: str | None = None
    secret_header: str = SECRET_HEADER
    secret: str | None = field(default=None, repr=False)
    trusted: bool = False
    kinds: tuple[str, ...] = ()
    heartbeat: timedelta | None = None
    topic: str | None = None
    narrowed: tuple[str, ...] = USUALLY_NARROWED

    def is_of(self, feed: str) -> bool:
        """Does the feed of this name come in here? One of an unknown Subscription is called `feed/its id`."""
        return feed == self.feed or feed.startswith(f"{self.feed}/")


@dataclass(frozen=True, slots=True)
class Pace:
    """How soon things are done.

    `coalesce`: events about one patient within that time lead to one screening, which does not wait so long if no other
    comes within `quiet`. `grace`: how long a missing event may
    come late. `overlap`: a question for what changed reaches so much further back than the last one, as clocks differ
    and indexes lag. `per_minute`: notifications that one hook takes. `reconcile`: the period in which everybody is
    screened again, as events do not tell everything; None: never. `reread`: what was read of a patient may be as old
    when an assessment that is due by time alone is made. `upkeep`: how often the Subscriptions are looked after; None:
    never, but by `prescreen subscribe`.
    """

    coalesce: timedelta = timedelta(seconds=2)
    grace: timedelta = timedelta(seconds=30)
    overlap: timedelta = timedelta(minutes=10)
    per_minute: int = 6000
    reconcile: timedelta | None = timedelta(days=7)
    reread: timedelta = timedelta(days=1)
    upkeep: timedelta | None = timedelta(hours=1)

    @property
    def quiet(self) -> timedelta:
        """An eighth of the time in which events are gathered."""
        return self.coalesce / 8


@dataclass(frozen=True, slots=True)
class Tenant:
    """One site or department: what it reads from, what it screens for, where it writes.

    `studies`: the ids of those that are open, sorted. `source` None: nothing is fetched, as where files alone come in.
    `bases`: other addresses by which the source calls itself. `cards` None: it has no CDS Hooks. `launch`: the EHRs
    whose users may open patients' pages. `ehr_link`: the address of a record in the EHR, with {type} and {id} in it.
    `appointments`: the source is asked for the next appointment of whoever stands in a worklist.
    """

    name: str
    catalog: Catalog
    studies: tuple[str, ...]
    source: Server | None = None
    target: Target = Target()
    hooks: tuple[Hook, ...] = ()
    bases: tuple[str, ...] = ()
    pace: Pace = Pace()
    launch: tuple[App, ...] = ()
    cards: CardPolicy | None = None
    ehr_link: str | None = None
    appointments: bool = True

    @property
    def open_studies(self) -> tuple[Study, ...]:
        """The open studies themselves."""
        return tuple(self.catalog.studies[each] for each in self.studies)

    @property
    def own_bases(self) -> tuple[str, ...]:
        """The addresses of the source: first that by which we read."""
        return (*((self.source.base,) if self.source else ()), *self.bases)

    def hook_of(self, feed: str) -> Hook | None:
        """The hook at which the feed of this name comes in."""
        return next((each for each in self.hooks if each.is_of(feed)), None)


def by_name(tenants: Collection[Tenant]) -> Mapping[str, Tenant]:
    """The tenants by their names."""
    return {each.name: each for each in tenants}
