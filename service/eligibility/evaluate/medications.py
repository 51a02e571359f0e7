"""Medications: taken in the window, by a systemic route if asked, in a daily dose within bounds. SEMANTICS §6."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from service.eligibility.criteria import DoseTest, MedicationTaken
from service.eligibility.dates import Days, Span, Window
from service.eligibility.dosing.depots import Acting, acting
from service.eligibility.dosing.exposure import Exposure, exposure, systemic, turning_days
from service.eligibility.dosing.measure import Taken, dose_in_window
from service.eligibility.evaluate.absence import gaps, silence
from service.eligibility.evaluate.body import body_of
from service.eligibility.evaluate.context import Case
from service.eligibility.evaluate.existence import candidate, dated, happened, membership
from service.eligibility.evaluate.judgement import Candidate, Exhibit, Judgement, Negative, unique
from service.eligibility.evaluate.windows import watch
from service.eligibility.facts import Certainty, Kind, MedicationFact
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.terms import Membership


def medication_taken(case: Case, node: MedicationTaken, window: Window) -> Judgement:
    """Was a drug of these codes taken in the window, and if a dose is asked for, in such a dose?"""
    if node.dose is not None:
        return _dosed(case, node, node.dose, window)
    return happened(
        case,
        node,
        Kind.MEDICATION,
        node.codes,
        tuple(medication_candidates(case, node, window)),
        window=window,
        look_back=node.look_back,
        wanted=node.at_least,
        absence=node.absence,
        denied=_denied(case, node, window),
    )


def medication_candidates(case: Case, node: MedicationTaken, window: Window) -> Iterator[Candidate]:
    """Every record of a drug whose code could belong, with how far it counts in this window."""
    return (each for each, _ in exposed(case, node, window))


def exposed(case: Case, node: MedicationTaken, window: Window) -> Iterator[tuple[Candidate, Span]]:
    """As `medication_candidates`, each with the days on which it was taken as far as is known on the screening date."""
    for fact, belongs, route in _records(case, node):
        taken = _exposure(case, node, fact)
        doubts = frozenset({taken.reason}) if taken.reason else frozenset[Reason]()
        inside, why = dated(taken.span, window)
        if taken.outcome is Outcome.NOT_MET:  # it begins later: it does not count, and is watched
            inside = Outcome.NOT_MET
        timing = inside, (doubts or why) if inside is Outcome.UNKNOWN else frozenset[Reason]()
        counted = candidate(
            belongs,
            Certainty.SURE,
            timing,
            show(fact),
            fact.span,
            [route, (taken.outcome, doubts)],
            also=(*_last_acting_days(case, node, fact), *turning_days(fact, case.policy)),
            occasion=fact.span.hull(),  # an order and its dispense are one use, and so are two orders at a time
        )
        yield counted, taken.span


def _records(
    case: Case, node: MedicationTaken
) -> Iterator[tuple[MedicationFact, Membership, tuple[Outcome, frozenset[Reason]]]]:
    for fact in case.record.facts:
        if not isinstance(fact, MedicationFact) or fact.certainty is Certainty.DENIED:
            continue
        belongs = membership(case, node.codes, node.excluding, fact.concept)
        if belongs.outcome is Outcome.NOT_MET:
            continue
        route = (Outcome.MET, frozenset[Reason]())
        if node.systemic:
            acts, why = systemic(fact, case.terminology, node.also_systemic)
            route = acts, frozenset({why}) if why else frozenset()
        yield fact, belongs, route


def _exposure(case: Case, node: MedicationTaken, fact: MedicationFact) -> Exposure:
    """When it was taken, or acted as a depot, until the screening date."""
    taken, how = exposure(fact, case.at, case.policy), _acting(case, node, fact)
    if how is None or taken.outcome is Outcome.NOT_MET:
        return taken
    span = how.after(taken.span)
    until = Days(min(span.end.earliest, case.at), min(span.end.latest, case.at))
    doubt = taken.reason or (Reason.NAME_ONLY if how.known is not Outcome.MET else None)
    return replace(taken, span=Span(span.start, until), reason=doubt)


def _last_acting_days(case: Case, node: MedicationTaken, fact: MedicationFact) -> tuple[date, ...]:
    how = _acting(case, node, fact)
    return () if how is None else how.after(fact.span).boundaries()


def _acting(case: Case, node: MedicationTaken, fact: MedicationFact) -> Acting | None:
    return acting(fact, node.depot.codes, node.depot.acts, case.terminology) if node.depot is not None else None


def _dosed(case: Case, node: MedicationTaken, test: DoseTest, window: Window) -> Judgement:
    """The dose over all records together: a sum cannot be judged record by record."""
    taken, exhibits = [], []
    for fact, belongs, (acts, why) in _records(case, node):
        reasons = why | (frozenset({belongs.reason}) if belongs.reason else frozenset())
        taken.append(Taken(fact, min(belongs.outcome, acts), reasons, _acting(case, node, fact)))
        span = _exposure(case, node, fact).span
        if dated(span, window)[0] is not Outcome.NOT_MET:
            exhibits.append(show(fact))
    table = case.knowledge.equivalents.get(test.equivalent_to) if test.equivalent_to else None
    answer = dose_in_window(
        taken, window, case.at, test, table, case.policy, case.terminology, node.codes, body_of(case)
    )
    told = [day for each in _denied(case, node, window) for day in (each.said.earliest, each.said.latest)]
    days = watch(node.look_back, [*answer.boundaries, *told], case.at)
    if answer.outcome is not Outcome.NOT_MET:
        judged = Judgement(node, answer.outcome, answer.reasons, unique(exhibits), dose=answer, watch=days)
        return _only_if_complete(case, node, test, judged)
    # no other record may exist that would add to the dose: that is what silence has to vouch for
    denied = [] if exhibits else _denied(case, node, window)
    silent = silence(
        case,
        node,
        Kind.MEDICATION,
        node.codes,
        window,
        look_back=node.look_back,
        absence=node.absence,
        shown=exhibits,
        denied=denied,
    )
    return replace(silent, dose=answer if exhibits else None, watch=silent.watch | days)


def _only_if_complete(case: Case, node: MedicationTaken, test: DoseTest, judged: Judgement) -> Judgement:
    """That a dose is not higher than a limit can only be said where all records are known."""
    unlimited = test.bounds.below is None and test.bounds.at_most is None
    missing = gaps(case, Kind.MEDICATION, node.codes)
    if judged.outcome is not Outcome.MET or unlimited or not missing:
        return judged
    return replace(judged, outcome=Outcome.UNKNOWN, reasons=missing.reasons, lacking=missing.lacking)


def _denied(case: Case, node: MedicationTaken, window: Window) -> list[Negative]:
    """Explicit negatives (not taken, not done) about these drugs."""
    found = []
    for fact in case.record.facts:
        if isinstance(fact, MedicationFact) and fact.certainty is Certainty.DENIED:
            if membership(case, node.codes, node.excluding, fact.concept).outcome is Outcome.MET:
                speaks = dated(fact.span, window)[0] is Outcome.MET
                found.append(Negative(show(fact, "not taken"), fact.span.hull(), speaks))
    return found


def show(fact: MedicationFact, state: str | None = None) -> Exhibit:
    """The exhibit of a medication record."""
    state = state or ("not certain" if fact.certainty is Certainty.POSSIBLE else None)
    value = fact.concept.name if state is None else f"{fact.concept.name} ({state})"
    return Exhibit(fact.evidence.reference, fact.evidence.element, str(fact.span), value)
