"""Calls of CDS Hooks as tests make them, and a desk at which they are answered."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from service.catalog.load import Catalog
from service.ehr.clock import SYSTEM, Clock
from service.ehr.connect import Server
from service.eligibility.assess import Verdict, case_of, judge
from service.eligibility.facts import PatientRecord
from service.fhir.cds.call import Call, Hook, read_call
from service.screening.cds.answer import Answer, answer_view
from service.screening.cds.counter import Counter, Lent, counter_of
from service.screening.cds.lent import Lending
from service.screening.cds.looked import Looked
from service.screening.cds.memory import Memory
from service.screening.cds.opening import Opening
from service.screening.cds.orders import answer_orders
from service.screening.cds.policy import CardPolicy
from service.screening.cds.templates import PATIENT, asked_of, key_of
from service.screening.judging import knowledge_of
from service.screening.sample import write_sample
from service.screening.tenant import Tenant
from service.store import cards, published
from service.store.cards import CardResponse
from service.store.engine import Store
from service.store.published import Published
from tests.fhir_server import FhirServer
from tests.screening.world import encounter, haemoglobin, patient
from tests.working.world import NOON, TODAY, catalog

Json = dict[str, Any]
Change = Callable[[Json], Json]
TOKEN = "lent-0123456789"
LENT: Json = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "user/*.rs", "subject": "ehr"}
EHR = "https://ehr.example/fhir"
ALL_STORIES = 240
CHART: tuple[Json, ...] = (patient(), haemoglobin(), encounter())  # of somebody who may fit


def page(*resources: Json, **more: Any) -> Json:
    """The result of a search."""
    entries = [{"resource": each, "search": {"mode": "match"}} for each in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries, **more}


def outcome(severity: str = "error", code: str = "exception") -> Json:
    """What says that something went wrong, with words that nobody is to repeat."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": severity, "code": code, "diagnostics": "Mrs. Secret, born 1950"}],
    }


def prefetched(tenant: Tenant, resources: Iterable[Json]) -> Json:
    """All that the templates of a tenant would bring of these resources."""
    given = [orjson.loads(orjson.dumps(each)) for each in resources]  # a test may spoil its own
    found: Json = {PATIENT: next((each for each in given if each["resourceType"] == "Patient"), None)}
    for search in asked_of(tenant):
        found[key_of(search.kind)] = page(*(each for each in given if each["resourceType"] == search.kind))
    return found


def context(hook: Hook, of: str = "p", **more: Any) -> Json:
    """The smallest context of a hook."""
    found: Json = {"userId": "Practitioner/1", "patientId": of}
    if hook is Hook.ENCOUNTER_START:
        found["encounterId"] = "e"
    if hook in (Hook.ORDER_SELECT, Hook.ORDER_SIGN):
        found["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": []}
    if hook is Hook.ORDER_SELECT:
        found["selections"] = []
    return {**found, **more}


def request(hook: Hook = Hook.PATIENT_VIEW, of: str = "p", prefetch: Json | None = None, **more: Any) -> Json:
    """A call as JSON; members of the context are given with `context_` before their name, others as they are."""
    inside = {name.removeprefix("context_"): each for name, each in more.items() if name.startswith("context_")}
    outside = {name: each for name, each in more.items() if not name.startswith("context_")}
    whole = {"hook": hook.value, "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"}
    found: Json = {**whole, "context": context(hook, of, **inside)}
    if prefetch is not None:
        found["prefetch"] = prefetch
    return {**found, **outside}


def lent_by(server: FhirServer, **changes: Any) -> Json:
    """The members of a call that lend a token for this server."""
    return {"fhirServer": server.base, "fhirAuthorization": {**LENT, **changes}}


def new_id() -> str:
    return str(uuid4())


def no_access(call: Call) -> None:
    """There is nothing to ask."""


@dataclass
class Desk:
    """A tenant whose calls are answered."""

    store: Store
    content: Catalog = field(default_factory=catalog)
    policy: CardPolicy = CardPolicy()
    lent: Lent = no_access

    @cached_property
    def tenant(self) -> Tenant:
        return Tenant("north", self.content, tuple(sorted(self.content.studies)), Server(EHR), cards=self.policy)

    @cached_property
    def counter(self) -> Counter:
        return counter_of(self.store, self.tenant, self.policy, self.lent, new_id)

    def with_access(self, server: FhirServer, budget: float = 30.0, clock: Clock = SYSTEM, **more: Any) -> "Desk":
        """The same, with the right to ask this server."""
        lending = Lending((server.base,), budget, clock=clock, **more)
        return Desk(self.store, self.content, replace(self.policy, budget=budget), lending)

    def under(self, **policy: Any) -> "Desk":
        """The same under other rules."""
        return Desk(self.store, self.content, replace(self.policy, **policy), self.lent)

    def remembering(self, memory: Memory) -> "Desk":
        """The same, with another memory."""
        found = Desk(self.store, self.content, self.policy, self.lent)
        found.counter = replace(found.counter, memory=memory)
        return found

    def call(self, body: Json) -> Call:
        return read_call(orjson.dumps(body), tuple(Hook))

    def answers(self, body: Json, now: Any = NOON) -> Answer:
        """What is answered to a call."""
        call = self.call(body)
        answer = answer_orders if call.hook in (Hook.ORDER_SELECT, Hook.ORDER_SIGN) else answer_view
        return answer(self.counter, call, now)

    def views(self, *chart: Json, of: str = "p", now: Any = NOON, **more: Any) -> Answer:
        """What is answered when a chart is opened, all of which came along."""
        return self.answers(request(of=of, prefetch=prefetched(self.tenant, chart or CHART), **more), now)

    def orders(self, *drafts: Json, chart: tuple[Json, ...] = CHART, now: Any = NOON, **more: Any) -> Answer:
        """What is answered when these are signed."""
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in drafts]}
        hook = more.pop("hook", Hook.ORDER_SIGN)
        came = prefetched(self.tenant, chart)
        return self.answers(request(hook, prefetch=came, context_draftOrders=bundle, **more), now)

    def looks(self, body: Json) -> Looked:
        """What is read for a call."""
        return Opening(self.counter, self.call(body), NOON).look(None, {})

    def verdict(self, record: PatientRecord, study: str = "demo") -> Verdict:
        found = self.content.studies[study]
        return judge(found, case_of(record, found, TODAY, knowledge_of(self.content)))

    def outcomes(self, body: Json) -> dict[str, str]:
        """The answer to each criterion of the demonstration, by a call."""
        record = self.looks(body).record
        assert record is not None
        return {each.criterion.id: each.outcome.code for each in self.verdict(record).findings}

    def decided(self, state: str, study: str = "demo", of: str = "p") -> None:
        """A person set a state in the EHR."""
        published.record(self.store, Published("north", study, of, "s", "1", None, None, state, None, NOON))

    def responds(self, card: str, response: str = "overridden", at: Any = NOON, reason: str | None = None) -> None:
        """A client reports what became of a card."""
        cards.keep_responses(self.store, [CardResponse("north", card, response, at, NOON, reason=reason)])


def summaries(answer: Answer) -> list[str]:
    return [each.summary for each in answer.cards]


@dataclass(frozen=True)
class Sample:
    """An invented population, person by person."""

    charts: Mapping[str, tuple[Json, ...]]


def written_sample(place: Path) -> Sample:
    """The population, as a FHIR server would hold it: broken lines are left out."""
    write_sample(place, ALL_STORIES, 7)
    found: dict[str, list[Json]] = {}
    for path in sorted(place.glob("*.ndjson")):
        for line in path.read_bytes().splitlines():
            try:
                each = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if isinstance(each, dict) and isinstance(each.get("id"), str) and (owner := owner_of(each)):
                found.setdefault(owner, []).append(each)
    whole = {owner: tuple(held) for owner, held in sorted(found.items()) if is_there(held)}
    return Sample(whole)


def owner_of(resource: Json) -> str | None:
    """The id of the patient that a record is about."""
    if resource["resourceType"] == "Patient":
        return str(resource["id"])
    said = next((resource[each] for each in ("subject", "patient") if isinstance(resource.get(each), dict)), {})
    written = said.get("reference")
    return written.removeprefix("Patient/") if isinstance(written, str) and written.startswith("Patient/") else None


def is_there(held: list[Json]) -> bool:
    return any(each["resourceType"] == "Patient" for each in held)
