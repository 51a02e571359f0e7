"""Where the calls of one tenant are answered: with which rules, from which database, and what is known beforehand."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from service.eligibility.evaluate.recall import Recall
from service.eligibility.explain import Phrases
from service.fhir.cds.call import Call
from service.screening.cds.entry import Entry, entry_of
from service.screening.cds.memory import Memory
from service.screening.cds.policy import CardPolicy
from service.screening.chart import Reader
from service.screening.judging import knowledge_of, phrases_of
from service.screening.tenant import Tenant
from service.store.engine import Store


class Lent(Protocol):
    """How the EHR is asked with a lent token."""

    def __call__(self, call: Call) -> Reader | None:
        """A reader that gives up when the time is over; None: there is no access."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Where calls of one tenant are answered. `new_id` makes the uuid of a card; `words` are those of its criteria."""

    store: Store
    tenant: Tenant
    policy: CardPolicy
    lent: Lent
    new_id: Callable[[], str]
    entry: Entry
    memory: Memory
    recall: Recall
    words: Phrases


def counter_of(store: Store, tenant: Tenant, policy: CardPolicy, lent: Lent, new_id: Callable[[], str]) -> Counter:
    """The counter of a tenant with what its open studies ask for."""
    recall = Recall(knowledge_of(tenant.catalog), tenant.open_studies)
    return Counter(store, tenant, policy, lent, new_id, entry_of(tenant), Memory(), recall, phrases_of(tenant.catalog))
