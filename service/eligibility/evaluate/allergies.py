"""Allergies and consents: statements that stand on the screening date."""

from service.eligibility.criteria import AllergyKnown, ConsentIs
from service.eligibility.dates import ALWAYS, ANY_DAY, Days, Span, Window
from service.eligibility.evaluate.context import Case
from service.eligibility.evaluate.existence import candidate, dated, happened, membership
from service.eligibility.evaluate.judgement import Candidate, Exhibit, Judgement
from service.eligibility.facts import AllergyFact, Certainty, ConsentFact, Kind
from service.eligibility.outcome import Outcome, Reason


def allergy_known(case: Case, node: AllergyKnown) -> Judgement:
    """Is an allergy to one of these substances present? Resolved ones are shown as history, refuted ones deny it."""
    window = Window.of(ALWAYS, case.at)
    found, denied = [], []
    for fact in case.record.facts:
        if not isinstance(fact, AllergyFact):
            continue
        belongs = membership(case, node.codes, node.excluding, fact.concept)
        if _says_none(case, node, fact) or (fact.certainty is Certainty.DENIED and belongs.outcome is Outcome.MET):
            denied.append(_show(fact, "refuted" if fact.certainty is Certainty.DENIED else None))
        elif belongs.outcome is Outcome.NOT_MET or fact.certainty is Certainty.DENIED:
            continue
        elif fact.history:
            found.append(Candidate(Outcome.NOT_MET, _show(fact, "resolved"), Span.on(fact.recorded)))
        else:
            # an allergy known at some unknown time is known on the screening date, unless it was recorded later
            recorded = Days(ALWAYS, case.at) if fact.recorded == ANY_DAY else fact.recorded
            timing = dated(Span.on(recorded), window)
            found.append(candidate(belongs, fact.certainty, timing, _show(fact), Span.on(fact.recorded)))
    return happened(
        case,
        node,
        Kind.ALLERGY,
        node.codes,
        found,
        window=window,
        look_back=None,
        absence=node.absence,
        denied=denied,
    )


def consent_is(case: Case, node: ConsentIs) -> Judgement:
    """Is a consent of these codes in force on the screening date: given, or refused?"""
    window = Window.of(case.at, case.at)
    found = []
    for fact in case.record.facts:
        if not isinstance(fact, ConsentFact) or fact.permits is (not node.given):
            continue
        belongs = membership(case, node.codes, (), fact.concept)
        if belongs.outcome is Outcome.NOT_MET or fact.certainty is Certainty.DENIED:
            continue
        clear = Outcome.MET if fact.permits is node.given else Outcome.UNKNOWN
        more = [(clear, frozenset({Reason.STATUS_UNCERTAIN}))]
        exhibit = Exhibit(fact.evidence.reference, fact.evidence.element, str(fact.span), _decision(fact))
        span = fact.span if not fact.span.point else Span(fact.span.start, Days(fact.span.end.earliest, ANY_DAY.latest))
        found.append(candidate(belongs, fact.certainty, dated(span, window), exhibit, span, more))
    judged = happened(case, node, Kind.CONSENT, node.codes, found, window=window, look_back=None, absence=node.absence)
    if judged.outcome is Outcome.NOT_MET and node.given and node.absence is None:
        return Judgement(node, Outcome.UNKNOWN, frozenset({Reason.NO_RECORD}), judged.exhibits, watch=judged.watch)
    return judged


def _says_none(case: Case, node: AllergyKnown, fact: AllergyFact) -> bool:
    if not node.none_known or fact.certainty is not Certainty.SURE or fact.history:
        return False
    return case.terminology.membership(node.none_known, fact.concept).outcome is Outcome.MET


def _decision(fact: ConsentFact) -> str:
    word = {True: "permitted", False: "refused", None: "not clear"}[fact.permits]
    return f"{fact.concept.name}: {word}"


def _show(fact: AllergyFact, state: str | None = None) -> Exhibit:
    value = fact.concept.name if state is None else f"{fact.concept.name} ({state})"
    when = "recorded " + str(fact.recorded) if fact.recorded.known else "not dated"
    return Exhibit(fact.evidence.reference, fact.evidence.element, when, value)
