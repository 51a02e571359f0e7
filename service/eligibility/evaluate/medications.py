"""Medications: taken in the window, by a systemic route if asked. SEMANTICS §6."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from service.eligibility.criteria import MedicationTaken
from service.eligibility.dates import Days, Span, Window
from service.eligibility.dosing.denials import NOT_TAKEN, Opposed, opposed_days
from service.eligibility.dosing.depots import Acting, acting
from service.eligibility.dosing.equivalence import EquivalenceTable, ingredients
from service.eligibility.dosing.exposure import Exposure, exposure, systemic, turning_days
from service.eligibility.dosing.linked import reconciled
from service.eligibility.evaluate.context import Case
from service.eligibility.evaluate.denials import opposed_records, stands, turns, unopposed
from service.eligibility.evaluate.existence import all_along, belonging, candidate, dated, happened
from service.eligibility.evaluate.half_lives import reaching
from service.eligibility.evaluate.judgement import Candidate, Exhibit, Judgement, Negative, unique
from service.eligibility.facts import Certainty, Kind, MedicationFact
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.terms import Membership, Terminology


def medication_taken(case: Case, node: MedicationTaken, window: Window) -> Judgement:
    """Was a drug of these codes taken in the window?"""
    judged = happened(
        case,
        node,
        Kind.MEDICATION,
        node.codes,
        tuple(medication_candidates(case, node, window)),
        window=window,
        look_back=node.look_back,
        wanted=node.at_least,
        absence=node.absence,
        denied=denials(case, node, window),
    )
    return beside_denials(case, node, window, judged)


def medication_candidates(case: Case, node: MedicationTaken, window: Window) -> Iterator[Candidate]:
    """Every record of a drug whose code could belong, with how far it counts in this window."""
    return (each for each, _ in exposed(case, node, window))


def exposed(case: Case, node: MedicationTaken, window: Window) -> Iterator[tuple[Candidate, Span]]:
    """As `medication_candidates`, each with the days on which it was taken as far as is known on the screening date."""
    found = opposed_records(case, node)
    for fact, belongs, route in reconciled_records(case, node):
        taken, opposing = exposure_of(case, node, fact), opposing_days(case, node, found, fact)
        doubts = frozenset({taken.reason}) if taken.reason else frozenset[Reason]()
        reach = reaching(case, node, fact, window)
        inside, why = dated(taken.span, reach.window)
        longer = dated(taken.span, window)[0] is Outcome.NOT_MET  # only by its half-lives can it count at all
        if longer and reach.reason is not None:
            why = frozenset({reach.reason})
        if taken.outcome is Outcome.NOT_MET:  # it begins later: it does not count, and is watched
            inside = Outcome.NOT_MET
        denied = inside is Outcome.MET and bool(opposing) and not stands(taken.span, reach.window, opposing)
        if denied:
            inside, why = Outcome.UNKNOWN, doubts | {Reason.STATUS_UNCERTAIN}
        timing = inside, (why if denied else doubts or why) if inside is Outcome.UNKNOWN else frozenset[Reason]()
        days = (*fact.span.boundaries(), *acting_days(case, node, fact), *turning_days(fact, case.policy))
        days += turns(opposing)
        counted = candidate(
            belongs,
            Certainty.SURE,
            timing,
            show(fact),
            fact.span,
            [route, (taken.outcome, doubts)],
            notes=(*(reach.notes if longer else ()), *((NOT_TAKEN,) if denied else ())),
            also=(*days, *reach.days(days)),
            occasion=fact.span.hull(),  # an order and its dispense are one use, and so are two orders at a time
        )
        yield counted, unopposed(taken.span, opposing) if opposing else taken.span


Drug = tuple[MedicationFact, Membership, tuple[Outcome, frozenset[Reason]]]


class _Known(NamedTuple):
    terminology: Terminology
    found: Sequence[Drug]


def drug_records(case: Case, node: MedicationTaken) -> Sequence[Drug]:
    """Every record of a drug that could belong, with whether it does, and whether its route does if that is asked.

    Looked up once in a record, for all windows and doses.
    """
    return _remembered(case, node, "drug records", _drug_records)


def _remembered(
    case: Case, node: MedicationTaken, name: str, find: Callable[[Case, MedicationTaken], Iterable[Drug]]
) -> Sequence[Drug]:
    key, known = (name, node.codes, node.excluding, node.systemic, node.also_systemic), case.record.known
    found = known.get(key)
    if not isinstance(found, _Known) or found.terminology is not case.terminology:
        found = known[key] = _Known(case.terminology, tuple(find(case, node)))
    return found.found


def reconciled_records(case: Case, node: MedicationTaken) -> Sequence[Drug]:
    """As `drug_records`, each with what those linked to it, or a stop on record, say about its time."""
    return _remembered(case, node, "reconciled records", _reconciled)


def _reconciled(case: Case, node: MedicationTaken) -> Sequence[Drug]:
    found = drug_records(case, node)
    if len(found) < 2:
        return found
    own = {fact.evidence.reference: fact for fact, _, _ in found}
    known = reconciled(
        dict(sorted(own.items())),
        lambda fact: frozenset(each.key for each in ingredients(fact, None, case.terminology, node.codes)),
    )
    return [(known[fact.evidence.reference], belongs, route) for fact, belongs, route in found]


def _drug_records(case: Case, node: MedicationTaken) -> Iterator[Drug]:
    for fact, belongs in belonging(case, MedicationFact, node.codes, node.excluding):
        if fact.certainty is Certainty.DENIED:
            continue
        route = (Outcome.MET, frozenset[Reason]())
        if node.systemic:
            acts, why = systemic(fact, case.terminology, node.also_systemic)
            route = acts, frozenset({why}) if why else frozenset()
        yield fact, belongs, route


def exposure_of(case: Case, node: MedicationTaken, fact: MedicationFact) -> Exposure:
    """When it was taken, or acted as a depot, until the screening date."""
    taken, how = exposure(fact, case.at, case.policy), acting_of(case, node, fact)
    if how is None or taken.outcome is Outcome.NOT_MET:
        return taken
    span = how.after(taken.span)
    until = Days(min(span.end.earliest, case.at), min(span.end.latest, case.at))
    doubt = taken.reason or (Reason.NAME_ONLY if how.known is not Outcome.MET else None)
    return replace(taken, span=Span(span.start, until), reason=doubt)


def acting_days(case: Case, node: MedicationTaken, fact: MedicationFact) -> tuple[date, ...]:
    """The days on which its time of acting begins and ends, if it is a depot of the study."""
    how = acting_of(case, node, fact)
    return () if how is None else how.after(fact.span).boundaries()


def acting_of(case: Case, node: MedicationTaken, fact: MedicationFact) -> Acting | None:
    """How long its doses act, if it is a depot of the study."""
    return acting(fact, node.depot.codes, node.depot.acts, case.terminology) if node.depot is not None else None


def opposing_days(case: Case, node: MedicationTaken, found: Opposed, fact: MedicationFact) -> tuple[Days, ...]:
    """The days on which a statement speaks against this record."""
    return opposed_days(found, fact, acting_of(case, node, fact)) if found else ()


def beside_denials(
    case: Case, node: MedicationTaken, window: Window, judged: Judgement, table: EquivalenceTable | None = None
) -> Judgement:
    """What is not known, with the statements that speak against its records among the evidence."""
    if judged.outcome is not Outcome.UNKNOWN:
        return judged
    found = opposed_records(case, node, table)
    against = {each.evidence.reference: each for told in found.values() for each in told}.values()
    shown = [
        show(each, "not taken")
        for each in against
        if each.certainty is Certainty.DENIED and each.span.hull().overlaps(window.possible)
    ]
    return replace(judged, exhibits=unique([*judged.exhibits, *shown]))


def denials(case: Case, node: MedicationTaken, window: Window) -> list[Negative]:
    """Explicit negatives (not taken, not done) about these drugs."""
    found = []
    for fact, belongs in belonging(case, MedicationFact, node.codes, node.excluding):
        if fact.certainty is Certainty.DENIED and belongs.outcome is Outcome.MET:
            whole, always = case.terminology.is_all_of(node.codes, fact.concept), all_along(fact.span, window)
            shown, days = show(fact, "not taken"), fact.span.boundaries()
            found.append(Negative(shown, fact.span.hull(), of_window=always, also=days, of_all=whole))
    return found


def show(fact: MedicationFact, state: str | None = None) -> Exhibit:
    """The exhibit of a medication record."""
    state = state or ("not certain" if fact.certainty is Certainty.POSSIBLE else None)
    value = fact.concept.name if state is None else f"{fact.concept.name} ({state})"
    return Exhibit(fact.evidence.reference, fact.evidence.element, str(fact.span), value)
