"""Procedures, immunizations, encounters, adverse events: things that happened on a day."""

from collections.abc import Iterator

from service.eligibility.criteria import AdverseEventHad, EncounterHad, ImmunizationGiven, ProcedureDone
from service.eligibility.dates import Span, Window
from service.eligibility.evaluate.context import Case
from service.eligibility.evaluate.existence import active, all_along, belonging, candidate, dated, happened, membership
from service.eligibility.evaluate.judgement import Candidate, Exhibit, Judgement, Negative
from service.eligibility.facts import (
    AdverseEventFact,
    Certainty,
    EncounterFact,
    ImmunizationFact,
    Kind,
    ProcedureFact,
)
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.terms import MEMBER, NOT_MEMBER, Membership

DOUBTED = Membership(Outcome.UNKNOWN, Reason.STATUS_UNCERTAIN)
Dated = ProcedureFact | ImmunizationFact | EncounterFact
DatedNode = ProcedureDone | ImmunizationGiven | EncounterHad
KINDS: dict[type[DatedNode], tuple[type[Dated], Kind]] = {
    ProcedureDone: (ProcedureFact, Kind.PROCEDURE),
    ImmunizationGiven: (ImmunizationFact, Kind.IMMUNIZATION),
    EncounterHad: (EncounterFact, Kind.ENCOUNTER),
}


def event_happened(case: Case, node: DatedNode, window: Window) -> Judgement:
    """Was a procedure done, a vaccine given, a visit made in the window, at least n times?"""
    found = list(event_candidates(case, node, window))
    fact_type, kind = KINDS[type(node)]
    denied = [
        Negative(
            _show(fact, "not done"),
            _span(fact).hull(),
            of_window=all_along(_span(fact), window),
            also=_span(fact).boundaries(),
            of_all=case.terminology.is_all_of(node.codes, fact.concept),
        )
        for fact, belongs in belonging(case, fact_type, node.codes, node.excluding)
        if fact.certainty is Certainty.DENIED and belongs.outcome is Outcome.MET
    ]
    return happened(
        case,
        node,
        kind,
        node.codes,
        found,
        window=window,
        look_back=node.look_back,
        wanted=node.at_least,
        absence=node.absence,
        denied=denied,
    )


def event_candidates(case: Case, node: DatedNode, window: Window) -> Iterator[Candidate]:
    """Every fact of that kind whose code could belong, with how far it counts in this window."""
    fact_type, _ = KINDS[type(node)]
    for fact, belongs in belonging(case, fact_type, node.codes, node.excluding):
        if fact.certainty is not Certainty.DENIED:
            span = _span(fact)
            yield candidate(belongs, fact.certainty, dated(active(span, case.at), window), _show(fact), span)


def adverse_event_had(case: Case, node: AdverseEventHad, window: Window) -> Judgement:
    """Did an adverse event of these codes, or with these drugs suspected, happen in the window (serious if asked)?"""
    found = list(adverse_event_candidates(case, node, window))
    return happened(
        case,
        node,
        Kind.ADVERSE_EVENT,
        node.codes,
        found,
        window=window,
        look_back=node.look_back,
        absence=node.absence,
    )


def adverse_event_candidates(case: Case, node: AdverseEventHad, window: Window) -> Iterator[Candidate]:
    """Every adverse event that could be the one asked for."""
    for fact in case.record.of(AdverseEventFact):
        if fact.certainty is Certainty.DENIED:
            continue
        belongs = membership(case, node.codes, (), fact.concept) if node.codes else MEMBER
        suspected = _suspected(case, node.suspects, fact) if node.suspects else MEMBER
        if Outcome.NOT_MET in (belongs.outcome, suspected.outcome) or (node.serious and fact.serious is False):
            continue
        more = [(suspected.outcome, frozenset({suspected.reason or Reason.CODE_UNMAPPED}))]
        if node.serious and fact.serious is None:
            more.append((Outcome.UNKNOWN, frozenset({Reason.VALUE_MISSING})))
        span = Span.on(fact.when)
        exhibit = Exhibit(fact.evidence.reference, fact.evidence.element, str(fact.when), fact.concept.name)
        yield candidate(belongs, fact.certainty, dated(span, window), exhibit, span, more)


def _suspected(case: Case, wanted: tuple[str, ...], fact: AdverseEventFact) -> Membership:
    if not fact.suspects and not fact.doubted:  # no drug is named: it could have been one of them
        return Membership(Outcome.UNKNOWN, Reason.VALUE_MISSING)
    held = [case.terminology.membership(wanted, each) for each in fact.suspects]
    doubted = (case.terminology.membership(wanted, each) for each in fact.doubted)
    held += [DOUBTED if each.outcome is Outcome.MET else each for each in doubted]
    return max(held, key=lambda m: m.outcome, default=NOT_MEMBER)


def _span(fact: Dated) -> Span:
    return Span.on(fact.when) if isinstance(fact, ImmunizationFact) else fact.span


def _show(fact: Dated, state: str | None = None) -> Exhibit:
    value = fact.concept.name if state is None else f"{fact.concept.name} ({state})"
    return Exhibit(fact.evidence.reference, fact.evidence.element, str(_span(fact)), value)
