"""What to answer to a call while somebody looks at a chart: one card for all studies that the patient may fit, or none.

Reads what came along, asks for the rest with the lent token while there is time, and judges as everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol

from service.eligibility.assess import Standing
from service.eligibility.criteria import Study
from service.eligibility.evaluate.recall import Recall
from service.eligibility.explain import Phrases
from service.errors import EhrError, InsufficientData
from service.fhir.cds.call import Call
from service.fhir.cds.cards import FITS, Card, Link
from service.screening.cds.entry import NO_STUDY, Entry, entry_of
from service.screening.cds.looked import Looked
from service.screening.cds.memory import Memory, key_of_chart
from service.screening.cds.policy import CardPolicy, Show, Shown
from service.screening.cds.reader import CallReader, roles_of
from service.screening.cds.silence import Silence
from service.screening.cds.suggestions import suggestions
from service.screening.cds.templates import USER_ROLES, key_of
from service.screening.cds.words import Fit
from service.screening.chart import Reader
from service.screening.decisions.claims import claims_about, reader_of
from service.screening.judging import knowledge_of, phrases_of
from service.screening.patient import screening_date
from service.screening.record import GONE, UNREADABLE, read_record
from service.screening.tenant import Tenant
from service.store import cards as shown_cards
from service.store.cards import ShownCard
from service.store.engine import Store

NO_PATIENT = "the Patient neither came along under the key patient, nor can be read"
NO_RECORDS = "no records came along, and none can be read; send at least one of: "


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


@dataclass(frozen=True, slots=True)
class Answer:
    """The cards, and of which types not all records were there, with a sentence each."""

    cards: tuple[Card, ...] = ()
    lacking: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """The answer as the standard wants it; what was lacking stands in an extension."""
        found: dict[str, object] = {"cards": [each.as_json() for each in self.cards]}
        if self.lacking:
            unread = [{"type": kind, "reason": why} for kind, why in sorted(self.lacking.items())]
            found["extension"] = {"org.fhir-prescreen": {"notWhollyRead": unread}}
        return found


NOTHING = Answer()


def answer_view(counter: Counter, call: Call, now: datetime) -> Answer:
    """The answer to patient-view and encounter-start. Raises InsufficientData where nothing can be told at all."""
    suggested = counter.entry.suggested(call)
    if not call.user.is_clinician or suggested == NO_STUDY:
        return NOTHING
    looked = look(counter, call, now, suggested)
    found = tuple(_shown(counter, call, looked, now))
    if not found:
        return Answer(lacking=looked.lacking)
    card = _card(counter, call, looked, found)
    _keep(counter, call, card, found, now)
    return Answer((card,), looked.lacking)


def look(counter: Counter, call: Call, now: datetime, studies: Collection[str] | None = None) -> Looked:
    """Read the chart for these studies, all of it having come along (None: for all that are open, and perhaps not all
    of it came). Raises InsufficientData."""
    at = screening_date(counter.tenant, now)
    if studies is None:
        return _read(counter, call, CallReader(counter.tenant, call, lambda: counter.lent(call)), at)
    key = key_of_chart(call, studies) + _said_of_records(counter, call)
    known = counter.memory.get(key, at)
    if known is None:
        tenant = replace(counter.tenant, studies=tuple(sorted(studies)))
        reader = CallReader(tenant, call, lambda: counter.lent(call))
        known = _read(counter, call, reader, at)
        if not known.lacking and not reader.asked:  # what the EHR tells may be another thing next time
            counter.memory.keep(key, known, sum(map(len, call.prefetch.values())))
    return known


def _said_of_records(counter: Counter, call: Call) -> bytes:
    """What people said of single records belongs to what was read; of other records of this person, too."""
    claims = claims_about(counter.store, counter.tenant.name, (call.patient,))
    return b"".join(f"{record} {claims[record]}".encode() for record in sorted(claims))


def _read(counter: Counter, call: Call, reader: CallReader, at: date) -> Looked:
    reader.load()
    try:
        recorded = read_record(reader.tenant, call.patient, reader, at, reader_of(counter.store, counter.tenant.name))
    except EhrError as problem:
        raise InsufficientData(NO_PATIENT) from problem
    if recorded.withheld in (GONE, UNREADABLE):
        raise InsufficientData(NO_PATIENT)
    if reader.is_empty and recorded.record is not None:
        keys = ", ".join(sorted(key_of(each) for each in reader.lacking))
        raise InsufficientData(NO_RECORDS + keys)
    whose = recorded.record, reader.lacking, recorded.merged
    return Looked(reader.tenant, at, *whose, counter.recall, counter.words)


def _shown(counter: Counter, call: Call, looked: Looked, now: datetime) -> Iterator[Fit]:
    """The studies to speak of to this user, now."""
    roles = roles_of(call, USER_ROLES) if counter.policy.roles else ()
    if not looked.pointed_at:
        return
    whose = (call.patient, *looked.merged)
    silence = Silence(counter.store, counter.tenant, counter.policy, whose, now)
    for each in looked.fits(silence.decided):
        near = is_near(each, counter.policy.of(each.study.id, roles))
        if near and silence.of(each.study.id, FITS.code) is None:
            yield each


def is_near(fit: Fit, rule: Shown) -> bool:
    """Are they as near to fitting as the rule wants it?"""
    if rule.show is Show.NEVER:
        return False
    if fit.verdict.standing is Standing.CANDIDATE:
        return True
    nearly = fit.verdict.standing is Standing.NEEDS_REVIEW and len(fit.unknown) <= rule.most_unknown
    return nearly and rule.show is Show.NEARLY


def _card(counter: Counter, call: Call, looked: Looked, found: tuple[Fit, ...]) -> Card:
    short, long = looked.said(found)
    policy = counter.policy
    return Card(
        counter.new_id(),
        short,
        long,
        FITS,
        url=policy.home,
        links=links(policy, [each.study for each in found]),
        suggestions=suggestions(counter.new_id, call, looked.at, [each.study for each in found])
        if policy.tasks
        else (),
    )


def links(policy: CardPolicy, studies: Sequence[Study]) -> tuple[Link, ...]:
    """Links to the pages with the reasons; the client adds for whom. What each is about travels in the context."""
    if policy.app is None:
        return ()
    names = [""] if len(studies) == 1 else [f": {each.short_title}" for each in studies]
    return tuple(
        Link(f"Show the reasons{name}", policy.app, f'{{"study":"{each.id}"}}')
        for name, each in zip(names, studies, strict=True)
    )


def _keep(counter: Counter, call: Call, card: Card, found: tuple[Fit, ...], now: datetime) -> None:
    """Keep that it is shown, before it is."""
    rows = [
        ShownCard(card.uuid, counter.tenant.name, each.study.id, call.patient, FITS.code, call.hook.value, now)
        for each in found
    ]
    shown_cards.keep_shown(counter.store, rows)
