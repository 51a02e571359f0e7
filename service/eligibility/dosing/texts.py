"""What the free text of an instruction adds to its structure, fills in, or contradicts. SEMANTICS §6.3.

Structure wins. Where the text alone speaks, it is read by the grammar of `sigs`; where both speak and disagree, the
dose spans both; what the text says and the grammar cannot read is named, and never becomes a dose. It may only make
one less sure (`cautions`).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from service.eligibility.dates import Span
from service.eligibility.dosing.amount import Holding
from service.eligibility.dosing.cautions import forbids, largest_mass
from service.eligibility.dosing.daily import Daily, daily, says_how_often
from service.eligibility.dosing.layout import layout
from service.eligibility.dosing.model import Instruction, Lapse
from service.eligibility.dosing.ranges import decimal
from service.eligibility.dosing.sigs.quantities import Known
from service.eligibility.dosing.sigs.read import Refused, read_sig
from service.eligibility.dosing.units import MASS, days
from service.eligibility.quantity import Interval, Quantity

TEXT, DISAGREES, UNREAD = "text-sig", "text-disagrees", "text-not-understood"
BESIDE_OTHERS = "a course in several steps beside other instructions"
Steps = tuple[Instruction, ...]
Reader = Callable[[Instruction], tuple[Steps, str]]


def with_texts(instructions: Sequence[Instruction], holding: Holding, known: Known) -> Steps:
    """The instructions with what their texts say; a text of several steps becomes as many, one after another."""
    told = [_heard(each, holding, known, alone=len(instructions) == 1) for each in instructions]
    if len(told) == 1 or all(len(group) == 1 for group in told):
        return tuple(each for group in told for each in group)
    if len({each.sequence for each in instructions}) == len(instructions) and None not in {
        each.sequence for each in instructions
    }:
        ordered = sorted(range(len(told)), key=lambda at: instructions[at].sequence or 0)
        return _numbered([each for at in ordered for each in told[at]])
    return tuple(
        group[0] if len(group) == 1 else _unread(each, BESIDE_OTHERS)
        for each, group in zip(instructions, told, strict=True)
    )


def _heard(each: Instruction, holding: Holding, known: Known, *, alone: bool) -> Steps:
    """One instruction with what its text says, and what it tells the patient beside that."""
    steps, why = _read(each.text, each, known)
    advised, _ = _read(each.advice, each, known)
    if advised and not steps:
        told = _told(replace(each, text=each.advice), advised, "", holding, alone)
    else:
        told = _told(each, steps, why, holding, alone)
        if advised and not _alike(steps, advised, holding):
            told = tuple(_spanning(step, advised, holding) for step in told)
    for words, understood in ((each.text, steps), (each.advice, advised)):
        if words and not understood:
            told = tuple(_cautioned(step, words, holding, known) for step in told)
    return told


def _alike(some: Steps, others: Steps, holding: Holding) -> bool:
    if len(some) != len(others):
        return False
    pairs = list(zip(some, others, strict=True))
    return all(a.lasts == b.lasts and _same(daily(a, holding), daily(b, holding)) for a, b in pairs)


def _cautioned(each: Instruction, words: str, holding: Holding, known: Known) -> Instruction:
    """A dose beside words that are not understood, but forbid it (from nothing) or name a larger one (no upper end)."""
    own, largest = daily(each, holding), largest_mass(words)
    plain, found = replace(each, others=(), readings=(), most=None, caps=()), []
    if _states_a_dose(each) and _states_a_rhythm(each) and forbids(words, known.names):
        unit = each.amount.unit if each.amount is not None else own.unit
        found.append(replace(plain, amount=Quantity(Interval.exactly(0), unit)))
    most = None if own.reasons or own.unit != MASS else own.peak.high
    if most is not None and largest is not None and largest > most:
        found.append(replace(plain, amount=Quantity(Interval(decimal(largest), None), MASS)))
    if not found:
        return each
    return replace(each, readings=(*each.readings, *found), marks=tuple(dict.fromkeys((*each.marks, DISAGREES))))


def _numbered(steps: Sequence[Instruction]) -> Steps:
    return tuple(replace(each, sequence=number) for number, each in enumerate(steps, 1))


def _read(text: str | None, each: Instruction, known: Known) -> tuple[Steps, str]:
    """The steps that the text gives, or none and why not."""
    if not text:
        return (), ""
    found = read_sig(text, each.element, known)
    return ((), found.why) if isinstance(found, Refused) else (found.instructions, "")


def _unread(each: Instruction, why: str) -> Instruction:
    return replace(each, unread=why, marks=(*each.marks, UNREAD))


def _told(each: Instruction, steps: Steps, why: str, holding: Holding, alone: bool) -> Steps:
    if not each.text:
        return (each,)
    if not steps:
        return (_unread(each, why),)
    if _states_a_dose(each) and _states_a_rhythm(each):
        return (alone and _onward(each, steps, holding)) or (_beside(each, steps, holding),)
    if each.bounds is not None and len(steps) > 1:
        steps = _dated(steps, each.bounds)
    return tuple(_filled(each, step, holding, alone=len(steps) == 1) for step in steps)


def _dated(steps: Steps, bounds: Span) -> Steps:
    """The steps of a text on the days that the structure plans for the whole."""
    return tuple(replace(step, bounds=own, lasts=None) for step, own in layout(steps, bounds))


def _states_a_dose(each: Instruction) -> bool:
    return (each.amount is not None and each.amount.unit is not None) or each.rate is not None


def _states_a_rhythm(each: Instruction) -> bool:
    timing = each.timing
    return timing is not None and (says_how_often(timing) or bool(timing.events) or timing.count is not None)


def _filled(each: Instruction, step: Instruction, holding: Holding, *, alone: bool) -> Instruction:
    """A step of the text, with what the structure states in the place of what the text does."""
    amount, marks = _amount(each, step)
    timing = each.timing if _states_a_rhythm(each) else step.timing
    filled = replace(
        step,
        sequence=each.sequence if alone else step.sequence,
        amount=amount,
        rate=each.rate,
        timing=timing,
        bounds=(each.bounds or step.bounds) if alone else step.bounds,
        lasts=(each.lasts or step.lasts) if alone else step.lasts,
        as_needed=each.as_needed or step.as_needed,
        caps=(*each.caps, *step.caps),
        most=each.most or step.most,
        route=each.route or step.route,
        text=each.text,
        marks=tuple(dict.fromkeys((*each.marks, TEXT, *marks))),
    )
    if not _states_a_dose(each) and not _states_a_rhythm(each):
        return filled
    return _spanning(filled, (step,), holding)


def _amount(each: Instruction, step: Instruction) -> tuple[Quantity | None, tuple[str, ...]]:
    """The amount of the structure; one without a unit takes the unit of the text, and spans both where they differ."""
    if each.rate is not None or (each.amount is not None and each.amount.unit is not None):
        return each.amount, ()
    if each.amount is None or step.amount is None:
        return step.amount, ()
    if each.amount.value == step.amount.value:
        return step.amount, ()
    return Quantity(step.amount.value.hull(each.amount.value), step.amount.unit), (DISAGREES,)


def _beside(each: Instruction, steps: Steps, holding: Holding) -> Instruction:
    """A whole structure: the text can only tell how long it lasts, and contradict it."""
    length = each.lasts
    if length is None and each.bounds is None and (each.timing is None or each.timing.count is None):
        length = _whole(steps)
    if length is not None and each.lasts is None:
        each = replace(each, lasts=length, marks=(*each.marks, TEXT))
    as_needed = each.as_needed or any(step.as_needed for step in steps)
    return _spanning(replace(each, as_needed=as_needed), steps, holding)


def _onward(each: Instruction, steps: Steps, holding: Holding) -> Steps:
    """The steps of a text of which the structure is the first one alone; none where it is not."""
    own, first = daily(each, holding), daily(steps[0], holding)
    if len(steps) == 1 or any(step.sequence is None for step in steps) or own.reasons or first.reasons:
        return ()
    counted = each.timing is not None and each.timing.count is not None
    if counted or each.lasts not in (None, steps[0].lasts, _whole(steps)) or not _same(own, first):
        return ()
    return tuple(
        replace(
            step,
            as_needed=each.as_needed or step.as_needed,
            caps=(*each.caps, *step.caps),
            most=each.most or step.most,
            route=each.route or step.route,
            text=each.text,
            marks=tuple(dict.fromkeys((*each.marks, TEXT))),
        )
        for step in (_dated(steps, each.bounds) if each.bounds is not None else steps)
    )


def _whole(steps: Steps) -> Lapse | None:
    """The days that all steps take together, where each of them says how many."""
    total = Interval.exactly(0)
    for step in steps:
        length = days(step.lasts) if step.lasts is not None else None
        if length is None or length.high is None or {length.low.denominator, length.high.denominator} != {1}:
            return None
        total = total + Interval(Decimal(length.low.numerator), Decimal(length.high.numerator))
    return Lapse(total, "d")


def _spanning(each: Instruction, steps: Steps, holding: Holding) -> Instruction:
    """The instruction with those readings of its text that give another dose; one without a sure dose says nothing."""
    own = daily(each, holding)
    other = [step for step in steps if not _same(own, daily(step, holding))]
    if not other:
        return each
    return replace(each, readings=(*each.readings, *other), marks=tuple(dict.fromkeys((*each.marks, DISAGREES))))


def _same(one: Daily, other: Daily) -> bool:
    """Do both give the same dose, or does the other not give any?"""
    if other.reasons:
        return True
    return (one.unit, one.average, one.peak) == (other.unit, other.average, other.peak)
