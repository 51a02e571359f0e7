"""What is behind a stretch of daily doses, in words: instructions, strengths, factors, assumptions."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction

from service.eligibility.dates import FOREVER, Days
from service.eligibility.dose_profile import Stretch
from service.eligibility.dosing.equivalence import ONE_EXACTLY, EquivalenceTable
from service.eligibility.dosing.layout import layout
from service.eligibility.dosing.model import Instruction, Lapse, Strength, Timing
from service.eligibility.dosing.ranges import Range, decimal
from service.eligibility.dosing.records import Record
from service.eligibility.dosing.rhythm import Obscure, rhythm
from service.eligibility.explain.marks import mark_words
from service.eligibility.explain.values import unit_words
from service.eligibility.explain.wording import ENGLISH, Wording
from service.eligibility.facts import Source
from service.eligibility.outcome import Outcome
from service.eligibility.quantity import Quantity

PERIODS = {"s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year"}
FINEST = 12  # decimals of a number that has so few
STRENGTH_SOURCES = {
    "ingredient": "the record's Medication",
    "product-map": "the map of products",
    "product-name": "the product's name",
}
KINDS = {
    Source.REQUEST: "an order",
    Source.DISPENSE: "a dispense",
    Source.STATEMENT: "a statement",
    Source.ADMINISTRATION: "an administration",
}


def exact(value: Fraction) -> Decimal:
    """The fraction as it is where it has few enough decimals; else rounded to four."""
    scaled = value * 10**FINEST
    if scaled.denominator != 1:
        return decimal(value)
    return Decimal(scaled.numerator).scaleb(-FINEST).normalize() + 0


def number_words(value: Fraction) -> str:
    """A number as people write it, without an exponent."""
    return f"{exact(value):f}"


def dose_range(value: Range, wording: Wording = ENGLISH) -> str:
    """A dose as a table shows it: `20`, `0 to 60`, `5 or more`, `unknown`."""
    say, low = wording.say, number_words(value.low)
    if value.high is None:
        return say("{number} or more", number=low) if value.low else say("unknown")
    return low if value.exact else say("{number} to {number_2}", number=low, number_2=number_words(value.high))


def dose_words(stretch: Stretch, wording: Wording = ENGLISH) -> str:
    """`20 mg/day`, `dose unknown`."""
    average = stretch.value.average
    if average.high is None and not average.low:
        return wording.say("dose unknown")
    return wording.say("{dose} mg/day", dose=dose_range(average, wording))


def instructions_behind(stretch: Stretch) -> tuple[str, ...]:
    """The instructions that apply on these days, with where they stand."""
    within = Days(stretch.start, stretch.end)
    return _once(
        f"{record.reference} ({each.element}): {instruction_words(each)}"
        for record in stretch.records
        for each, span in layout(record.fact.instructions, record.fact.span)
        if span.hull().overlaps(within)
    )


def instruction_words(each: Instruction) -> str:
    """One instruction: how much, how often, for how long, as needed, at most, and its text."""
    said = [] if each.amount is None else [quantity_words(each.amount)]
    if each.rate is not None and each.amount is None:
        said.append(f"{quantity_words(each.rate.amount)} per {lapse_words(each.rate.period)}")
    said += [] if each.timing is None else [_often(each.timing)]
    said += ["as needed"] if each.as_needed else []
    said += [f"at most {quantity_words(cap.most)} per {lapse_words(cap.period)}" for cap in each.caps]
    said += [f"for {lapse_words(each.lasts)}"] if each.lasts is not None else []
    said += [str(each.bounds)] if each.bounds is not None else []
    said += [f"step {each.sequence}"] if each.sequence is not None else []
    said += [f'"{" ".join(each.text.split())}"'] if each.text else []
    return ", ".join(said) or "no dose and no timing"


def _often(timing: Timing) -> str:
    if timing.events:
        return f"on {', '.join(str(day) for day in sorted(timing.events))}"
    found = rhythm(timing)
    often = found.why if isinstance(found, Obscure) else found.words
    times = "" if timing.count is None else f", {timing.count} times in all"
    return f"{often}{times}"


def quantity_words(quantity: Quantity) -> str:
    """`20 mg`, `2 tbl`, `3 of no stated unit`."""
    return f"{quantity.value} {unit_words(quantity.unit) or 'of no stated unit'}"


def lapse_words(lapse: Lapse) -> str:
    """`1 day`, `2 to 3 weeks`."""
    return f"{lapse.value} {PERIODS[lapse.unit]}{'' if str(lapse.value) == '1' else 's'}"


def strengths_behind(stretch: Stretch) -> tuple[str, ...]:
    """The strengths of the products, with where they were read."""
    return _once(
        f"{record.reference}: {strength_words(each)}"
        for record in stretch.records
        for each in record.ingredient.holding.strengths
    )


def strength_words(each: Strength) -> str:
    """`prednisone 5 mg per tablet, from the product's name`."""
    where = STRENGTH_SOURCES.get(each.source, each.source)
    if each.amount is None or each.per is None:
        return f"{each.name}, strength not stated"
    size = "" if str(each.per.value) == "1" else f"{each.per.value} "
    per = f"{size}{unit_words(each.per.unit) or 'piece'}".replace("each", "piece")
    return f"{each.name} {each.amount} {each.unit} per {per}, from {where}"


def factors_behind(stretch: Stretch, table: EquivalenceTable | None) -> tuple[str, ...]:
    """The factors by which these doses become equivalents."""
    return () if table is None else _once(_factor(record, table) for record in stretch.records)


def _factor(record: Record, table: EquivalenceTable) -> str:
    row = record.ingredient.row
    factor = None if row is None else table.factor(row)
    if row is None or factor is None:
        return f"{record.ingredient.name}: {row.unknown if row and row.unknown else 'no sourced equivalence'}"
    if row.equal is not None:
        basis = f"{row.equal} mg equal {table.reference_amount} mg of {table.id}"
    else:
        basis = f"1 mg counts as {row.times} mg of {table.id}"
    division = "" if table.divisor == ONE_EXACTLY else f", divided by {table.divisor} for {table.reference_name}"
    return f"{row.name} x {factor}: {basis}{division}"


def sources_of_factors(stretches: Iterable[Stretch]) -> dict[str, str]:
    """Per drug that is counted in equivalents, where its factor comes from."""
    rows = (record.ingredient.row for stretch in stretches for record in stretch.records)
    return {row.name: row.source for row in sorted((r for r in rows if r is not None), key=lambda r: r.name)}


def assumptions_behind(stretch: Stretch) -> tuple[str, ...]:
    """What was assumed or inferred for these days, in sentences."""
    return _once(_assumptions(stretch))


def _assumptions(stretch: Stretch) -> Iterator[str]:
    value = stretch.value
    yield from (mark_words(mark) for mark in value.marks)
    if value.taken is Outcome.UNKNOWN:
        yield "It is not certain that it was taken on these days: the dose counts from nothing."
    if value.average != value.peak and value.peak.high is not None and "as-needed" not in value.marks:
        yield "The average over the dosing cycle counts; single days have more or less."
    going = [each for each in stretch.records if each.fact.span.end.earliest == FOREVER]
    if going:
        yield f"No end is recorded in {_listed(each.reference for each in going)}: it is taken to go on."
    yield from _several(stretch)


def _several(stretch: Stretch) -> Iterator[str]:
    """How several records of one drug were put together."""
    by_drug: dict[str, list[Record]] = {}
    for each in stretch.records:
        by_drug.setdefault(each.ingredient.name, []).append(each)
    for name, found in sorted(by_drug.items()):
        kinds = dict.fromkeys(KINDS[each.fact.source] for each in found)
        if len(kinds) > 1:
            yield f"{_listed(kinds).capitalize()} of {name} are views of one therapy: they do not add up."
        same = [kind for kind in kinds if sum(KINDS[each.fact.source] == kind for each in found) > 1]
        if same:
            yield (
                f"Unlinked records of one kind of {name} add up; linked ones are one therapy, and one that agrees with "
                "another in all may renew it."
            )


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
