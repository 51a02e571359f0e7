"""Reads a FHIR Timing (R4, R5, GTS abbreviations): how often, on which days, for how long. SEMANTICS §6.3."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from service.eligibility.dates import ALWAYS, FOREVER, Days, Span
from service.eligibility.dosing.model import Lapse, TimeUnit, Timing
from service.eligibility.dosing.ranges import Range
from service.eligibility.dosing.rhythm import Obscure, rhythm
from service.eligibility.dosing.sigs.read import Refused, read_sig
from service.eligibility.quantity import Interval
from service.eligibility.terms import Concept
from service.errors import InvalidValue, UnreadableResource
from service.fhir.dates import read_event_date, read_event_period
from service.fhir.elements import node, number, read_concept, text

DAY_CODES = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
MEALS = 3  # AC, PC and C name no meal: with every one of three a day, an assumption (CLINICAL §6.1)
EVERY_MEAL = {"AC", "PC", "C"}
TIME_UNITS: dict[str, TimeUnit] = {
    "s": "s", "sec": "s", "second": "s", "seconds": "s",
    "min": "min", "minute": "min", "minutes": "min",
    "h": "h", "hr": "h", "hour": "h", "hours": "h", "stunden": "h",
    "d": "d", "day": "d", "days": "d", "tage": "d", "jours": "d",
    "wk": "wk", "week": "wk", "weeks": "wk",
    "mo": "mo", "month": "mo", "months": "mo",
    "a": "a", "yr": "a", "year": "a", "years": "a",
}  # fmt: skip
# GTS abbreviations: each a complete statement of times per period.
ABBREVIATIONS: dict[str, tuple[int, int, TimeUnit]] = {
    "QD": (1, 1, "d"), "AM": (1, 1, "d"), "PM": (1, 1, "d"), "BED": (1, 1, "d"), "BID": (2, 1, "d"), "TID": (3, 1, "d"),
    "QID": (4, 1, "d"), "QOD": (1, 2, "d"), "Q1H": (1, 1, "h"), "Q2H": (1, 2, "h"), "Q3H": (1, 3, "h"),
    "Q4H": (1, 4, "h"), "Q6H": (1, 6, "h"), "Q8H": (1, 8, "h"), "WK": (1, 1, "wk"), "MO": (1, 1, "mo"),
}  # fmt: skip
ABBREVIATION_SYSTEMS = (
    "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation",
    "http://hl7.org/fhir/v3/GTSAbbreviation",
)


class ReadTiming(NamedTuple):
    """A Timing with the bounds that stand in it: fixed days, or a length without dates."""

    timing: Timing | None = None
    bounds: Span | None = None
    lasts: Lapse | None = None


def read_timing(value: object, element: str, zone: ZoneInfo) -> ReadTiming | None:
    """A Timing; None if absent. Raises UnreadableResource for what is not one."""
    if value is None:
        return None
    whole = node(value, element)
    repeat = node(whole.get("repeat"), f"{element}.repeat")
    timing = _coded(_repeat(repeat, f"{element}.repeat"), whole.get("code"), f"{element}.code")
    events = _events(whole.get("event"), f"{element}.event", zone)
    bounds, lasts = read_bounds(repeat, f"{element}.repeat", zone)
    return ReadTiming(replace(timing, events=events), bounds, lasts)


def _repeat(repeat: Mapping[str, object], element: str) -> Timing:
    marks: list[str] = []
    return Timing(
        frequency=_range(repeat, "frequency", element),
        period=_lapse(repeat, "period", element),
        days_of_week=_days_of_week(repeat.get("dayOfWeek"), element),
        occasions=_occasions(repeat, element, marks),
        count=_range(repeat, "count", element),
        duration=_lapse(repeat, "duration", element),
        marks=tuple(marks),
    )


def _range(repeat: Mapping[str, object], name: str, element: str) -> Interval | None:
    """`frequency` and `frequencyMax`, and their like, as one interval. A `frequencyMax` alone is from once on."""
    ends = [number(repeat[key], f"{element}.{key}") for key in (name, f"{name}Max") if repeat.get(key) is not None]
    if not ends:
        return None
    if repeat.get(name) is None:
        if name != "frequency":
            raise UnreadableResource("a most without a least", f"{element}.{name}")
        ends.append(Decimal(1))
    if min(ends) <= 0:
        raise UnreadableResource("more than nothing is expected here", f"{element}.{name}")
    return Interval(min(ends), max(ends))


def _lapse(repeat: Mapping[str, object], name: str, element: str) -> Lapse | None:
    value = _range(repeat, name, element)
    if value is None:
        return None
    unit = text(repeat.get(f"{name}Unit"), f"{element}.{name}Unit")
    if unit is None or unit.lower() not in TIME_UNITS:
        raise UnreadableResource("a unit of time is missing or unknown", f"{element}.{name}Unit")
    return Lapse(value, TIME_UNITS[unit.lower()])


def _strings(value: object, element: str) -> tuple[str, ...]:
    if value is None:
        return ()
    listed = value if isinstance(value, list) else [value]
    found = [text(each, element) for each in listed]
    if None in found:  # it stands for something that is not told; left out, it would be one dose less
        raise UnreadableResource("one of several is missing", element)
    return tuple(each for each in found if each is not None)


def _days_of_week(value: object, element: str) -> tuple[int, ...]:
    codes = [each.lower() for each in _strings(value, f"{element}.dayOfWeek")]
    if any(code not in DAY_CODES for code in codes):
        raise UnreadableResource("an unknown day of the week", f"{element}.dayOfWeek")
    return tuple(sorted({DAY_CODES[code] for code in codes}))


def _occasions(repeat: Mapping[str, object], element: str, marks: list[str]) -> Interval | None:
    when = _strings(repeat.get("when"), f"{element}.when")
    times = _strings(repeat.get("timeOfDay"), f"{element}.timeOfDay")
    if not when and not times:
        return None
    if EVERY_MEAL & {each.upper() for each in when}:
        marks.append("assumption-meals-per-day")
    meant = sum(MEALS if each.upper() in EVERY_MEAL else 1 for each in when)
    counts = [Decimal(count) for count in (meant, len(times)) if count]
    return Interval(min(counts), max(counts))


def _coded(timing: Timing, value: object, element: str) -> Timing:
    """The timing with what its code says: as its own where `repeat` is silent, beside it where both speak.

    Several codes span a range. One that is not read could say anything, where `repeat` does not tell how often.
    """
    if value is None:
        return timing
    said = _said(read_concept(value, element), timing.days_of_week)
    if not said:
        marks = (*timing.marks, "timing-code-not-read")
        silent = timing.frequency is None and timing.occasions is None and (timing.days_of_week or timing.period)
        return replace(timing, marks=marks, problem="no frequency" if silent else None)
    first, *others = said
    if timing.frequency is None and timing.period is None and timing.occasions is None:
        occasions, weekdays = first.occasions, first.days_of_week
        own = replace(
            timing, frequency=first.frequency, period=first.period, occasions=occasions, days_of_week=weekdays
        )
        return _spanning(own, others)
    if timing.period is None and timing.frequency is not None:
        timing = replace(timing, period=first.period)
    return _spanning(timing, said)


def _said(concept: Concept, weekdays: tuple[int, ...]) -> list[Timing]:
    """How often the codes of a timing say, and its words that the grammar of sigs understands."""
    codes = [each.code.upper() for each in concept.codings if each.system in ABBREVIATION_SYSTEMS]
    found = [_abbreviated(each, weekdays) for each in codes]
    found += [_abbreviated(each.upper(), weekdays) or _in_words(each, weekdays) for each in concept.texts]
    return [each for each in found if each is not None]


def _abbreviated(code: str, weekdays: tuple[int, ...]) -> Timing | None:
    if code not in ABBREVIATIONS:
        return None
    times, length, unit = ABBREVIATIONS[code]
    return Timing(Interval.exactly(times), Lapse(Interval.exactly(length), unit), weekdays)


def _in_words(words: str, weekdays: tuple[int, ...]) -> Timing | None:
    """How often words alone say ("3 times daily"): the same for a dose of 1 mg, and nothing else."""
    found = read_sig(f"1 mg {words}")
    if isinstance(found, Refused) or len(found.instructions) > 1:
        return None
    (step,) = found.instructions
    more = step.as_needed or step.caps or step.lasts is not None or step.bounds is not None
    if more or step.timing is None or step.amount is None or step.amount.value != Interval.exactly(1):
        return None
    timing = replace(step.timing, days_of_week=step.timing.days_of_week or weekdays, marks=())
    return None if isinstance(rhythm(timing), Obscure) else timing


def _spanning(timing: Timing, others: Sequence[Timing]) -> Timing:
    """The timing, and beside it those that say another rhythm."""
    known, alternative = [_pace(timing)], None
    for each in others:
        if _pace(each) not in known:
            known.append(_pace(each))
            alternative = replace(each, alternative=alternative)
    return timing if alternative is None else replace(timing, alternative=alternative)


def _pace(timing: Timing) -> tuple[Range, Range] | None:
    found = rhythm(timing)
    return None if isinstance(found, Obscure) else (found.average, found.peak)


def _events(value: object, element: str, zone: ZoneInfo) -> tuple[date, ...]:
    found = [read_event_date(each, element, zone) for each in _strings(value, element)]
    if any(not each.exact for each in found):
        raise UnreadableResource("the day of an event is not exact", element)
    return tuple(each.earliest for each in found)


def read_bounds(repeat: Mapping[str, object], element: str, zone: ZoneInfo) -> tuple[Span | None, Lapse | None]:
    """`boundsPeriod` as a span (an absent end limits nothing), `boundsDuration` and `boundsRange` as a length."""
    if repeat.get("boundsPeriod") is not None:
        first, last = read_event_period(repeat["boundsPeriod"], f"{element}.boundsPeriod", zone)
        return (Span(first or Days.on(ALWAYS), last or Days.on(FOREVER)) if first or last else None), None
    if repeat.get("boundsDuration") is not None:
        return None, read_lapse(repeat["boundsDuration"], f"{element}.boundsDuration")
    if repeat.get("boundsRange") is None:
        return None, None
    ends = node(repeat["boundsRange"], f"{element}.boundsRange")
    low = read_lapse(ends.get("low"), f"{element}.boundsRange.low")
    high = read_lapse(ends.get("high"), f"{element}.boundsRange.high")
    if low is not None and high is not None and low.unit != high.unit:
        raise UnreadableResource("the ends of the range have different units", f"{element}.boundsRange")
    either = low or high
    if either is None:
        return None, None
    return None, Lapse(Interval(low.value.low if low else Decimal(0), high.value.high if high else None), either.unit)


def read_lapse(value: object, element: str) -> Lapse | None:
    """A Duration; None if absent or without a value. Raises UnreadableResource for a unit that is not one of time."""
    whole = node(value, element)
    if whole.get("value") is None:
        return None
    unit = text(whole.get("code"), f"{element}.code") or text(whole.get("unit"), f"{element}.unit")
    known = TIME_UNITS.get((unit or "").lower())
    if known is None:
        raise UnreadableResource("a unit of time is missing or unknown", element)
    try:
        return Lapse(Interval.exactly(number(whole["value"], f"{element}.value")), known)
    except InvalidValue:
        raise UnreadableResource("a length of time that is nothing or less", element) from None
