"""GET /metrics: how cards fare and what work waits, for Prometheus. Numbers alone; none says anything of a patient."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from service.fhir.cds.cards import OVERRIDE_REASONS
from service.store import cards
from service.store.cards import NO_REASON
from service.store.engine import Store
from service.store.inbox import INBOX
from service.store.outbox import OUTBOX
from service.store.queues import Queue
from service.store.screenings import SCREENINGS

QUEUES: dict[str, Queue[Any]] = {"delivery": INBOX, "screening": SCREENINGS, "write": OUTBOX}
OF_CARD = ("tenant", "study", "about")
KNOWN, OTHER = frozenset({*OVERRIDE_REASONS, NO_REASON}), "other"


def blueprint(store: Store, tenants: Sequence[str]) -> Blueprint:
    """/metrics, for this machine alone, unless others are let in."""
    page = Blueprint("metrics", __name__)
    registry = CollectorRegistry()
    registry.register(_Kept(store, tenants))

    @page.get("/metrics")
    def metrics() -> Response:
        """What is kept, counted now."""
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return page


class _Kept(Collector):
    """Counts what the database holds: so all processes tell the same, and none forgets when it ends."""

    def __init__(self, store: Store, tenants: Sequence[str]) -> None:
        self._store, self._tenants = store, tuple(tenants)

    def collect(self) -> Iterator[Metric]:
        """All of it, anew for each question."""
        yield from self._cards()
        work = GaugeMetricFamily("prescreen_work", "Pieces of work by state", labels=("tenant", "kind", "state"))
        for kind, queue in QUEUES.items():
            for tenant, counts in queue.counts(self._store).items():
                for state in ("waiting", "claimed", "dead"):
                    work.add_metric((tenant, kind, state), getattr(counts, state))
        yield work

    def _cards(self) -> Iterator[Metric]:
        shown = CounterMetricFamily("prescreen_cards_shown", "Cards that were shown", labels=OF_CARD)
        accepted = CounterMetricFamily("prescreen_cards_accepted", "Cards that were accepted", labels=OF_CARD)
        overridden = CounterMetricFamily(
            "prescreen_cards_overridden", "Cards that were overridden, by reason", labels=(*OF_CARD, "reason")
        )
        for tenant in self._tenants:
            for each in cards.rates(self._store, tenant):
                labels = (tenant, each.study, each.about)
                shown.add_metric(labels, each.shown)
                accepted.add_metric(labels, each.accepted)
                for reason, number in _by_known_reason(each.overridden).items():
                    overridden.add_metric((*labels, reason), number)
        yield from (shown, accepted, overridden)


def _by_known_reason(overridden: Mapping[str, int]) -> Counter[str]:
    """The reasons that our cards offer, and all others together: a client may send whatever somebody typed."""
    found = Counter[str]()
    for reason, number in overridden.items():
        found[reason if reason in KNOWN else OTHER] += number
    return found
