"""Reads FHIR Dosage elements (R4, R4B, R5, and STU3's dose directly on it) as instructions. SEMANTICS §6.3."""

import re
from collections.abc import Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo

from service.eligibility.dosing.model import Cap, Instruction, Lapse, Rate
from service.eligibility.dosing.units import COUNT, MASS, VOLUME, base
from service.eligibility.quantity import Interval, Quantity
from service.errors import InvalidValue, UnreadableResource
from service.fhir.elements import boolean, node, nodes, number, one_or_many, read_concept, text
from service.fhir.quantities import UCUM
from service.fhir.timing import TIME_UNITS, ReadTiming, read_lapse, read_timing

BY_SIZE = re.compile(r"/\s*(?:kg|m2|m²|m\^2|sqm)\b|\bper (?:kg|kilogram|m2|m²)", re.IGNORECASE)
UNREADABLE_DOSAGE = "unreadable-dosage"


def read_dosages(value: object, element: str, zone: ZoneInfo) -> tuple[tuple[Instruction, ...], tuple[str, ...]]:
    """All dosage instructions, and marks. One that cannot be read stays as an instruction whose dose is unknown."""
    found: list[Instruction] = []
    marks: set[str] = set()
    for number_, each in enumerate(one_or_many(value, element)):
        place = f"{element}[{number_}]"
        try:
            found.append(read_dosage(each, place, zone))
        except (UnreadableResource, InvalidValue):
            marks.add(UNREADABLE_DOSAGE)
            found.append(Instruction(place))
    return tuple(found), tuple(sorted(marks))


def read_dosage(value: Mapping[str, object], element: str, zone: ZoneInfo) -> Instruction:
    """One Dosage. Raises UnreadableResource or InvalidValue where a part of it is not what FHIR says it is."""
    timing = read_timing(value.get("timing"), f"{element}.timing", zone) or ReadTiming()
    amount, others, rate = _dose_and_rate(value, element)
    most = dose_quantity(value.get("maxDosePerAdministration"), f"{element}.maxDosePerAdministration")
    words = text(value.get("text"), f"{element}.text")
    advice = text(value.get("patientInstruction"), f"{element}.patientInstruction")
    sequence = value.get("sequence")
    route = value.get("route")
    return Instruction(
        element=element,
        sequence=None if sequence is None else int(number(sequence, f"{element}.sequence")),
        amount=amount,
        others=others,
        rate=rate,
        timing=timing.timing,
        bounds=timing.bounds,
        lasts=timing.lasts,
        as_needed=_as_needed(value, element),
        caps=_caps(value, element),
        route=read_concept(route, f"{element}.route") if route is not None else None,
        text=words or advice,
        advice=advice if words and advice != words else None,
        most=most,
    )


def _as_needed(value: Mapping[str, object], element: str) -> bool:
    stated = boolean(value.get("asNeededBoolean", value.get("asNeeded")), f"{element}.asNeeded")
    return bool(stated) or any(value.get(key) is not None for key in ("asNeededCodeableConcept", "asNeededFor"))


def _caps(value: Mapping[str, object], element: str) -> tuple[Cap, ...]:
    found = []
    for each in one_or_many(value.get("maxDosePerPeriod"), f"{element}.maxDosePerPeriod"):
        most = dose_quantity(each.get("numerator"), f"{element}.maxDosePerPeriod.numerator")
        period = read_lapse(each.get("denominator"), f"{element}.maxDosePerPeriod.denominator")
        if most is not None and period is not None:
            found.append(Cap(most, period))
    return tuple(found)


def dose_quantity(value: object, element: str) -> Quantity | None:
    """A dose: its UCUM code, else the unit in words, else a code such as TAB; without any, of no unit (never guessed).

    None without a value; of no unit where code and words contradict each other. Raises UnreadableResource for a number
    written as text and for a negative one.
    """
    whole = node(value, element)
    if whole.get("value") is None:
        return None
    amount = number(whole["value"], f"{element}.value")
    if amount < 0:
        raise UnreadableResource("a dose cannot be negative", element)
    code, words = text(whole.get("code"), f"{element}.code"), text(whole.get("unit"), f"{element}.unit")
    coded = (
        code if code and text(whole.get("system"), f"{element}.system") == UCUM and (code != "1" or not words) else None
    )
    comparator = text(whole.get("comparator"), f"{element}.comparator")
    unit = None if code and code != "1" and words and _contradict(code, words) else coded or words or code
    return Quantity(_compared(amount, comparator, element), unit)


def _contradict(code: str, words: str) -> bool:
    """Do code and words name different known units (a code for tablets, and mg), or do only the words tell a dose by
    body size? Then neither is believed."""
    if BY_SIZE.search(words) and "/" not in code:
        return True
    one, *others = (base(each) for each in (code, words, words.split()[0]))
    return any(one != other and {one[0], other[0]} <= {MASS, VOLUME, COUNT} for other in others)


def _compared(amount: Decimal, comparator: str | None, element: str) -> Interval:
    if comparator is None:
        return Interval.exactly(amount)
    if comparator in ("<", "<=", "ad"):
        return Interval(Decimal(0), amount)
    if comparator in (">", ">="):
        return Interval(amount, None)
    raise UnreadableResource("an unknown comparator", f"{element}.comparator")


def _dose_and_rate(
    value: Mapping[str, object], element: str
) -> tuple[Quantity | None, tuple[Quantity, ...], Rate | None]:
    """One dose and one rate: "ordered" and "calculated" describe the same, so several span a range and never add up.

    Between them the same dose in units of another kind: tablets beside 10 mg, to be compared once their strength is
    known. What is per kilogram beside a mass is how that was found.
    """
    listed = nodes(value.get("doseAndRate"), f"{element}.doseAndRate") or (value,)
    doses = [dose for each in listed if (dose := _dose(each, element)) is not None]
    rates = [rate for each in listed if (rate := _rate(each, element)) is not None]
    dose = _one_dose(doses)
    kinds = {} if dose is None or dose.unit is None else {base(dose.unit)[0]: dose}
    for each in doses:
        if kinds and each.unit is not None and "/" not in each.unit and base(each.unit)[0] not in kinds:
            same = [other for other in doses if other.unit is not None and base(other.unit)[0] == base(each.unit)[0]]
            kinds[base(each.unit)[0]] = _one_dose(same) or each
    return dose, tuple(kinds.values())[1:], rates[0] if len(set(rates)) == 1 else None


def _one_dose(doses: list[Quantity]) -> Quantity | None:
    """The dose that can be computed with is taken (60 mg before 1 mg/kg or 3 tablets); of its kind, all."""
    if not doses:
        return None
    first = min(doses, key=_effort)
    value = first.value
    for each in doses:
        if first.unit is None or each.unit is None:
            value = value.hull(each.value) if each.unit == first.unit else value
        elif base(each.unit)[0] == base(first.unit)[0]:
            value = value.hull(each.value.scaled(_factor(each.unit, first.unit)))
    return Quantity(value, first.unit)


def _effort(dose: Quantity) -> int:
    """What it takes to know the mass: nothing, a strength, a weight; without a unit it is never known."""
    if dose.unit is None:
        return 3
    return 0 if base(dose.unit)[0] == MASS else 2 if "/" in dose.unit else 1


def _factor(unit: str, to: str) -> Decimal:
    ratio = base(unit)[1] / base(to)[1]
    return Decimal(ratio.numerator) / ratio.denominator


def _dose(each: Mapping[str, object], element: str) -> Quantity | None:
    for key in ("doseQuantity", "dose"):
        if each.get(key) is not None:
            return dose_quantity(each[key], f"{element}.{key}")
    if each.get("doseRange") is None:
        return None
    ends = node(each["doseRange"], f"{element}.doseRange")
    low = dose_quantity(ends.get("low"), f"{element}.doseRange.low")
    high = dose_quantity(ends.get("high"), f"{element}.doseRange.high")
    if low is not None and high is not None and low.unit != high.unit:
        raise UnreadableResource("the ends of the range have different units", f"{element}.doseRange")
    if low is None and high is None:
        return None
    least = low.value.low if low is not None else Decimal(0)
    unit = low.unit if low is not None else high.unit if high is not None else None
    return Quantity(Interval(least, high.value.high if high is not None else None), unit)


def _rate(each: Mapping[str, object], element: str) -> Rate | None:
    """`rateRatio` (an amount per a time), `rateQuantity` and `rateRange` (a unit such as mL/h)."""
    if each.get("rateRatio") is not None:
        ratio = node(each["rateRatio"], f"{element}.rateRatio")
        amount = dose_quantity(ratio.get("numerator"), f"{element}.rateRatio.numerator")
        period = read_lapse(ratio.get("denominator"), f"{element}.rateRatio.denominator")
        return Rate(amount, period, whole=True) if amount is not None and period is not None else None
    if each.get("rateQuantity") is not None:
        return _per_time(dose_quantity(each["rateQuantity"], f"{element}.rateQuantity"))
    if each.get("rateRange") is None:
        return None
    ends = node(each["rateRange"], f"{element}.rateRange")
    low = dose_quantity(ends.get("low"), f"{element}.rateRange.low")
    high = dose_quantity(ends.get("high"), f"{element}.rateRange.high")
    if low is None or high is None or low.unit != high.unit:
        return None
    return _per_time(Quantity(Interval(low.value.low, high.value.high), low.unit))


def _per_time(speed: Quantity | None) -> Rate | None:
    """A speed such as mL/h, ug/kg/min or mg/(kg.h): the amount, and the one unit of time that it is per."""
    if speed is None or speed.unit is None:
        return None
    parts = speed.unit.replace("(", "").replace(")", "").replace(".", "/").split("/")
    above, *below = (each.strip() for each in parts if each.strip())
    times = [each for each in below if each.lower() in TIME_UNITS]
    if len(times) != 1:
        return None
    amount = "/".join(each for each in (above, *below) if each != times[0])
    return Rate(Quantity(speed.value, amount), Lapse(Interval.exactly(1), TIME_UNITS[times[0].lower()]))
