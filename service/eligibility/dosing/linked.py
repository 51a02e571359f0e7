"""What records of one therapy tell of one another before any dose is reckoned. SEMANTICS §6.1, §6.2.

An order that another replaces ends where that begins; an administration without a dose takes that of its order; and
where a statement says that the drug was stopped, an order goes on only possibly.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from service.eligibility.dates import ALWAYS, FOREVER, Days, Span, shift
from service.eligibility.dosing.layout import layout
from service.eligibility.dosing.model import Instruction, Timing
from service.eligibility.dosing.routes import way
from service.eligibility.dosing.units import MASS, base
from service.eligibility.facts import Certainty, MedicationFact, Source
from service.eligibility.quantity import Quantity

REPLACED, FROM_ORDER, STOP_CONTRADICTS = "replaced", "dose-from-order", "stop-contradicts"
GIVEN_IN_PART = "given-in-part"  # the administration was stopped or goes on: anything up to the whole dose
Facts = Mapping[str, MedicationFact]  # by reference
Keys = Mapping[str, frozenset[str | None]]  # by reference, the ingredients of a record; None is an unknown one


def reconciled(facts: Facts, ingredients: Callable[[MedicationFact], frozenset[str | None]]) -> Facts:
    """The same records, each with what those linked to it, or of the same drug and route, say about its time and dose.

    `ingredients` gives the keys of a record's ingredients, None for one that is not known.
    """
    keys = {name: ingredients(each) for name, each in facts.items()}
    known = {name: _as_ordered(each, facts, keys) for name, each in facts.items()}
    newer = [each for each in known.values() if each.replaces and each.certainty is Certainty.SURE]
    known = {name: _replaced(each, newer) for name, each in known.items()}
    if not any(_tells_a_stop(each) for each in known.values()):
        return known
    return {name: _stopped(each, tuple(known.values()), keys) for name, each in known.items()}


def _replaced(fact: MedicationFact, newer: Sequence[MedicationFact]) -> MedicationFact:
    """An order ends between the eve and the first day of the one that replaces it, if it had not ended before."""
    for other in newer:
        begins = other.span.start
        if fact.evidence.reference not in other.replaces:
            continue
        if fact.source is not Source.REQUEST or begins.latest in (ALWAYS, FOREVER):
            continue
        if begins.latest < fact.span.start.earliest:
            continue  # it begins after it was replaced: neither can be believed
        eve = begins.earliest if begins.earliest == ALWAYS else shift(begins.earliest, -1)
        fact = _ending(fact, Days(min(fact.span.end.earliest, eve), min(fact.span.end.latest, begins.latest)), REPLACED)
    return fact


def _ending(fact: MedicationFact, end: Days, mark: str) -> MedicationFact:
    first = fact.span.start.earliest
    if end == fact.span.end:
        return fact
    within = Days(max(end.earliest, first), max(end.latest, first))
    return replace(fact, span=Span(fact.span.start, within), marks=(*fact.marks, mark))


def _as_ordered(fact: MedicationFact, facts: Facts, keys: Keys) -> MedicationFact:
    """An administration that says nothing of its dose: one dose of its order, on the days of the administration."""
    silent = all(each.amount is None and each.rate is None and not each.text for each in fact.instructions)
    if fact.source is not Source.ADMINISTRATION or not silent:
        return fact
    orders = [facts[link] for link in fact.links if link in facts and facts[link].source is Source.REQUEST]
    if len(orders) != 1 or not _shared(fact, orders[0], keys):
        return fact
    order = orders[0]
    doses = [each for each, own in layout(order.instructions, order.span) if own.hull().overlaps(fact.span.hull())]
    one = _one_dose(doses)
    if one is None:
        return fact
    route = next((each.route for each in fact.instructions if each.route is not None), None)
    given = replace(
        one,
        element=f"{order.evidence.reference} {one.element}",
        as_needed=GIVEN_IN_PART in fact.marks,
        route=route,
    )
    by_mass = given.amount is not None and given.amount.unit is not None and base(given.amount.unit)[0] == MASS
    strengths = fact.strengths if by_mass and fact.strengths else order.strengths
    return replace(fact, instructions=(given,), strengths=strengths, marks=(*fact.marks, FROM_ORDER))


def _one_dose(doses: Sequence[Instruction]) -> Instruction | None:
    """One dose of these instructions, wherever it lies among theirs; None where one of them states none."""
    if not doses or any(each.amount is None and each.rate is None for each in doses):
        return None
    first, *others = doses
    length = Timing(duration=first.timing.duration) if first.timing is not None else None
    also = tuple(other for each in doses for other in each.others)
    plain = Instruction(
        first.element, amount=first.amount, others=also, rate=first.rate, timing=length, most=first.most
    )
    if not others:
        return plain
    amounts = [each.amount for each in doses]
    if any(each is None or first.amount is None or each.unit != first.amount.unit for each in amounts):
        return None
    value = next(each.value for each in amounts if each is not None)
    for each in amounts:
        value = value if each is None else value.hull(each.value)
    return replace(plain, amount=Quantity(value, first.amount.unit if first.amount else None), most=None)


def _tells_a_stop(fact: MedicationFact) -> bool:
    return fact.source is Source.STATEMENT and fact.over


def _stopped(fact: MedicationFact, facts: Sequence[MedicationFact], keys: Keys) -> MedicationFact:
    """An order of a drug that a statement says was stopped.

    One whose status says that it is over ended on that day; else it surely went on until then, and possibly after.
    Later use of any kind speaks against the stop.
    """
    if fact.source is not Source.REQUEST:
        return fact
    akin = [each for each in facts if each is not fact and _akin(fact, each, keys)]
    stops = [each.span.end for each in akin if _tells_a_stop(each)]
    if not stops:
        return fact
    stop = Days(max(each.earliest for each in stops), max(each.latest for each in stops))
    if stop.latest <= fact.span.start.earliest or any(_used_after(each, stop) for each in akin):
        return fact
    end = fact.span.end
    if fact.over and stop.overlaps(end):
        return _ending(fact, Days(max(stop.earliest, end.earliest), min(stop.latest, end.latest)), "end-from-statement")
    return _ending(fact, Days(min(stop.earliest, end.earliest), end.latest), STOP_CONTRADICTS)


def _akin(fact: MedicationFact, other: MedicationFact, keys: Keys) -> bool:
    """Are both surely records of the same drug, and not by different routes?"""
    if other.certainty is not Certainty.SURE or not _shared(fact, other, keys) - {None}:
        return False
    return len({way(fact), way(other)} - {None}) <= 1


def _shared(fact: MedicationFact, other: MedicationFact, keys: Keys) -> frozenset[str | None]:
    return keys[fact.evidence.reference] & keys[other.evidence.reference]


def _used_after(other: MedicationFact, stop: Days) -> bool:
    if other.source is Source.REQUEST or _tells_a_stop(other):
        return False
    return (other.span.end if other.source is Source.STATEMENT else other.span.start).latest > stop.latest
