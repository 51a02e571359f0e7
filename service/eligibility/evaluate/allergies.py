"""Allergies and consents: statements that stand on the screening date."""

from dataclasses import replace
from datetime import date

from service.eligibility.criteria import AllergyKnown, ConsentIs
from service.eligibility.dates import ALWAYS, ANY_DAY, FOREVER, Days, Span, Window
from service.eligibility.evaluate.absence import gaps
from service.eligibility.evaluate.context import Case
from service.eligibility.evaluate.existence import active, belonging, candidate, dated, happened, membership
from service.eligibility.evaluate.judgement import Candidate, Exhibit, Judgement, Negative, unique
from service.eligibility.evaluate.windows import watch
from service.eligibility.facts import AllergyFact, Certainty, ConsentFact, Kind
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.terms import Membership

UNCERTAIN = frozenset({Reason.STATUS_UNCERTAIN})


def allergy_known(case: Case, node: AllergyKnown) -> Judgement:
    """Is an allergy to one of these substances present? Resolved ones are shown as history, refuted ones deny it."""
    window = Window.of(ALWAYS, case.at)
    found, denied = [], []
    for fact in case.record.of(AllergyFact):
        belongs = membership(case, node.codes, node.excluding, fact.concept)
        contradicts = (
            belongs.outcome is Outcome.MET and fact.certainty is Certainty.SURE and _says_none(case, node, fact)
        )
        if contradicts:  # none is known, and yet a substance of the set is named in the same record
            belongs = Membership(Outcome.UNKNOWN, Reason.STATUS_UNCERTAIN)
        if (_says_none(case, node, fact) and not contradicts) or (
            fact.certainty is Certainty.DENIED and belongs.outcome is Outcome.MET
        ):
            shown = _show(fact, "refuted" if fact.certainty is Certainty.DENIED else None)
            whole = _says_none(case, node, fact) or case.terminology.is_all_of(node.codes, fact.concept)
            denied.append(Negative(shown, fact.recorded, of_all=whole))
        elif belongs.outcome is Outcome.NOT_MET or fact.certainty is Certainty.DENIED:
            continue
        else:
            begun = _begun(fact)
            # an allergy of which no day is known at all is known on the screening date
            timing = dated(Span.on(begun if begun.known else Days(ALWAYS, case.at)), window)
            shown = _show(fact, "resolved" if fact.history else None)
            more, ended = _going_on(fact, case.at), (fact.ended.latest,)
            found.append(candidate(belongs, fact.certainty, timing, shown, Span.on(begun), more, also=ended))
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


def _begun(fact: AllergyFact) -> Days:
    """The days on which it may have begun. What was written down only later may have been there before."""
    return fact.begun if fact.begun.known or not fact.recorded.known else Days(ALWAYS, fact.recorded.latest)


def _going_on(fact: AllergyFact, at: date) -> list[tuple[Outcome, frozenset[Reason]]]:
    """Is it still there? What was written as resolved after that day may have been there on it."""
    if not fact.history:
        return []
    return [(Outcome.UNKNOWN if at < fact.ended.latest < FOREVER else Outcome.NOT_MET, UNCERTAIN)]


def consent_is(case: Case, node: ConsentIs) -> Judgement:
    """Is a consent of these codes in force on the screening date: given, or refused?

    The contrary decision in force is an explicit negative; where there may be one, no decision is certain.
    """
    window = Window.of(case.at, case.at)
    found = _decided(case, node, node.given, window)
    contrary = _decided(case, node, not node.given, window)
    days = watch(case, None, (day for each in (*found, *contrary) for day in each.span.boundaries()))
    against = [each.exhibit for each in contrary if each.outcome is Outcome.MET]
    if against and all(each.outcome is Outcome.NOT_MET for each in found):
        return _unless_changed(case, Judgement(node, Outcome.NOT_MET, exhibits=unique(against), watch=days), node)
    if any(each.outcome is not Outcome.NOT_MET for each in contrary):
        found = [replace(each, outcome=min(each.outcome, Outcome.UNKNOWN), reasons=UNCERTAIN) for each in found]
    judged = happened(case, node, Kind.CONSENT, node.codes, found, window=window, look_back=None, absence=node.absence)
    judged = judged.watching(days)
    if judged.outcome is Outcome.NOT_MET and node.given and node.absence is None:
        return replace(judged, outcome=Outcome.UNKNOWN, reasons=frozenset({Reason.NO_RECORD}), assumptions=())
    return _unless_changed(case, judged, node) if judged.outcome is Outcome.MET else judged


def _unless_changed(case: Case, judged: Judgement, node: ConsentIs) -> Judgement:
    """A decision stands only where a later one to the contrary would be known."""
    missing = gaps(case, Kind.CONSENT, node.codes)
    if not missing:
        return judged
    return replace(judged, outcome=Outcome.UNKNOWN, reasons=missing.reasons, lacking=missing.lacking)


def _decided(case: Case, node: ConsentIs, given: bool, window: Window) -> list[Candidate]:
    """The consents that may say so (`given` or refused) on the screening date."""
    found = []
    for fact, belongs in belonging(case, ConsentFact, node.codes, ()):
        if fact.permits is (not given) or fact.certainty is Certainty.DENIED:
            continue
        clear = Outcome.MET if fact.permits is given else Outcome.UNKNOWN
        more = [(clear, UNCERTAIN)]
        exhibit = Exhibit(fact.evidence.reference, fact.evidence.element, str(fact.span), _decision(fact))
        span = fact.span if not fact.span.point else Span(fact.span.start, Days(fact.span.end.earliest, ANY_DAY.latest))
        timing = dated(active(span, case.at), window)
        found.append(candidate(belongs, fact.certainty, timing, exhibit, span, more))
    return found


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
