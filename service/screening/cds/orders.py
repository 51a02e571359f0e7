"""Orders that are about to be made: would one of them keep somebody out of a study whom the records speak for so far?

The orders are looked at as if they had been signed, in memory and for this answer alone: a draft is not taken for a
drug that was taken (STANDARDS 1.26), and nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

import orjson

from service.ehr.medications import MEDICATION
from service.ehr.searching import Resource
from service.eligibility.assess import Finding, Signal, Standing, Verdict, case_of, judge, signal
from service.eligibility.criteria import Study
from service.eligibility.evaluate import Case
from service.eligibility.facts import Fact, MedicationFact, PatientRecord
from service.errors import MalformedContent, UnreadableResource
from service.fhir.adapt import adapt
from service.fhir.cds.call import Call, Hook
from service.fhir.cds.cards import ORDER, Card
from service.fhir.cds.drafts import ORDER as DRUG_ORDER, Drafts, as_if_signed, draft_orders
from service.fhir.reading import Reading
from service.literals import is_of
from service.screening.cds.answer import NOTHING, Answer, is_near, links
from service.screening.cds.counter import Counter
from service.screening.cds.entry import NO_STUDY
from service.screening.cds.looked import Looked
from service.screening.cds.opening import Opening
from service.screening.cds.policy import Show, Shown
from service.screening.cds.prefetched import bases_of
from service.screening.cds.reader import CallReader, roles_of
from service.screening.cds.silence import Silence
from service.screening.cds.templates import USER_ROLES
from service.screening.cds.until import until
from service.screening.cds.words import Fit, against
from service.screening.chart import Chart
from service.screening.decisions import Decided
from service.screening.decisions.applied import verdict_with
from service.store import cards as shown_cards
from service.store.cards import ShownCard
from service.twofold import decode, is_twofold


@dataclass(frozen=True, slots=True)
class Hurt:
    """A criterion that would keep the person out with the orders, and does not without them; until when it would."""

    study: Study
    finding: Finding
    until: date | None


def answer_orders(counter: Counter, call: Call, now: datetime) -> Answer:
    """The answer to order-select and order-sign: a warning for each study that an order would cost, or nothing.

    Raises InsufficientData where nothing can be told at all.
    """
    drafts = draft_orders(_bundle(call), call.selections if call.hook is Hook.ORDER_SELECT else None)
    if not call.user.is_clinician or not drafts.orders:
        return NOTHING
    silence = Silence(counter.store, counter.tenant, counter.policy, (call.patient,), now)
    opening = Opening(counter, call, now)
    suggested = opening.suggested()
    studies = (
        None if suggested is None else suggested | {each for each in counter.tenant.studies if silence.is_watched(each)}
    )
    if studies == NO_STUDY:
        return NOTHING
    looked = opening.look(studies, silence.claims, ordering=True)
    if opening.was_read:  # it took its time: what people said meanwhile counts
        whose = (call.patient, *looked.merged)
        silence = Silence(counter.store, counter.tenant, counter.policy, whose, now)
    record = looked.record
    facts = () if record is None else tuple(_facts(counter, call, drafts, looked))
    if record is None or not facts:
        return Answer(lacking=looked.lacking)
    hurt = tuple(
        each
        for each in _hurt(counter, call, looked, record, facts, silence)
        if silence.by_orders(each.study.id, each.finding.criterion.id) is None
    )
    cards = tuple(_warning(counter, each) for each in hurt)
    rows = [
        ShownCard(
            card.uuid,
            counter.tenant.name,
            each.study.id,
            call.patient,
            each.finding.criterion.id,
            call.hook.value,
            now,
        )
        for card, each in zip(cards, hurt, strict=True)
    ]
    shown_cards.keep_shown(counter.store, rows)
    return Answer(cards, looked.lacking)


def _bundle(call: Call) -> Resource:
    assert call.drafts is not None, "a call about orders has drafts"
    try:
        found = decode(call.drafts).content
    except orjson.JSONDecodeError:
        raise MalformedContent("context.draftOrders is no JSON") from None
    assert isinstance(found, dict), "drafts are an object"
    return found


def _facts(counter: Counter, call: Call, drafts: Drafts, looked: Looked) -> Iterator[Fact]:
    """What the orders would say once signed. One that cannot be read says nothing."""
    catalog = counter.tenant.catalog
    reading = Reading(zone=catalog.site.zone, units=catalog.units, drugs=catalog.drugs)
    reading = replace(reading, medications=_medications(counter, call, drafts, looked))
    bases = bases_of(call, counter.tenant.own_bases)
    for number, each in enumerate(_apart(drafts.orders), 1):
        if not _may_be_theirs(each, call.patient, bases):
            continue
        try:
            adapted = adapt(as_if_signed(each, call.patient, looked.at, number), reading)
        except UnreadableResource:
            continue
        if adapted.patient == call.patient:
            yield from adapted.facts


def _apart(orders: tuple[Resource, ...]) -> Iterator[Resource]:
    """The orders that can be read, each with an id of its own: different ones with the same may all be signed."""
    seen: dict[str, list[Resource]] = {}
    for each in orders:
        known = seen.setdefault(str(each.get("id")), [])
        if is_twofold(each) or each in known:
            continue
        yield {**each, "id": f"{each['id']}~{len(known)}"} if known and each.get("id") else each
        known.append(each)


def _may_be_theirs(order: Mapping[str, object], patient: str, bases: tuple[str, ...]) -> bool:
    """Is it of the patient whose chart is open, or of nobody yet? One of the same id elsewhere is somebody else."""
    subject = order.get("subject")
    written = subject.get("reference") if isinstance(subject, dict) else None
    return not isinstance(written, str) or is_of(bases, written, "Patient", patient)


def _medications(counter: Counter, call: Call, drafts: Drafts, looked: Looked) -> dict[str, Resource]:
    """The Medications to which the orders refer: those in the same Bundle, and as far as they can be asked for."""
    chart = Chart((call.patient,))
    chart.add(MEDICATION, drafts.medications.values())
    chart.add(DRUG_ORDER, (each for each in drafts.orders if "medicationReference" in each))
    if chart.resources[DRUG_ORDER]:
        CallReader(looked.tenant, call, lambda: counter.lent(call)).medications(chart)
    return {f"{MEDICATION}/{id}": each for id, each in chart.resources[MEDICATION].items()}


def _hurt(
    counter: Counter, call: Call, looked: Looked, record: PatientRecord, facts: tuple[Fact, ...], silence: Silence
) -> Iterator[Hurt]:
    roles = roles_of(call, USER_ROLES) if counter.policy.roles else ()
    recall = counter.recall
    signed = _with(record, facts)
    for study in looked.tenant.open_studies:
        rule, watched = counter.policy.of(study.id, roles), silence.is_watched(study.id)
        for day in _days(facts, looked.at) if rule.show is not Show.NEVER else ():
            cases = (case_of(each, study, day, recall.knowledge, recall=recall) for each in (record, signed))
            before, after = cases
            if not watched and signal(study, before) is not Signal.STRONG:
                break
            found = _new_block(study, before, after, None if watched else rule, silence.decided[study.id])
            if found is not None:
                yield found
                break


def _with(record: PatientRecord, facts: tuple[Fact, ...]) -> PatientRecord:
    """The record with the orders; one that is signed again takes the place of what it was. STANDARDS 1.23."""
    again = {each.evidence.reference for each in facts}
    return replace(record, facts=(*(each for each in record.facts if each.evidence.reference not in again), *facts))


def _new_block(study: Study, before: Case, after: Case, rule: Shown | None, decided: Decided) -> Hurt | None:
    """The first criterion that the orders turn against somebody whom nothing keeps out without them.

    `rule`: how near to fitting they have to be; None: whoever a person has put on the way. What people answered
    holds, but not against what only the orders bring about.
    """
    machine = judge(study, before)
    now: Verdict = verdict_with(machine, decided)
    if now.standing is Standing.INELIGIBLE or (rule is not None and not is_near(Fit(study, now).near, rule)):
        return None
    then = verdict_with(judge(study, after), decided, unless=machine)
    blocking = next((each for each in then.findings if each.blocks), None)
    return None if blocking is None else Hurt(study, blocking, until(then, after))


def _days(facts: tuple[Fact, ...], at: date) -> tuple[date, ...]:
    """The days on which to look: that of the order, and each later one on which a drug would begin."""
    begins = {each.span.start.earliest for each in facts if isinstance(each, MedicationFact)}
    return (at, *sorted(each for each in begins if each > at))


def _warning(counter: Counter, hurt: Hurt) -> Card:
    short, long = against(hurt.study, hurt.finding, hurt.until, counter.words)
    policy = counter.policy
    return Card(
        counter.new_id(),
        short,
        long,
        ORDER,
        indicator="warning",
        url=policy.home,
        links=links(policy, (hurt.study,)),
    )
