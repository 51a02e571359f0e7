"""A bound of a criterion in words: what it limits, and how far."""

from service.eligibility.criteria.bounds import Bound, BoundValue
from service.eligibility.dates import Duration
from service.eligibility.explain.phrases import Phrases
from service.eligibility.explain.values import unit_words
from service.eligibility.quantity import plain

NAMES = {
    "age": "age",
    "look_back": "how far back",
    "until": "how long before",
    "ahead": "how far ahead",
    "times": "how often",
    "half_lives": "how many half-lives back",
    "depot": "how long a depot acts",
    "valid_for": "how long a result that says no counts",
    "results": "of how many results",
    "out_of": "of how many of the last results",
    "days": "on how many days",
    "parts": "how many of its parts",
    "courses": "how many courses",
    "gap": "how long a gap may be",
    "lasting": "how long a course lasts",
}


def bound_words(bound: Bound, phrases: Phrases) -> str:
    """What is limited: `serum IgG4: at least`, `malignancy: how far back`."""
    meaning = bound.meaning
    about = phrases.names(meaning.codes)
    said = [] if meaning.name in ("value", "dose") else [NAMES[meaning.name]]
    said += [meaning.word.replace("_", " ")] if meaning.word else []
    told = " ".join(said)
    return f"{about}: {told}" if about else told


def value_in_words(bound: Bound, value: BoundValue) -> str:
    """The bound's number, or another one in its place, with its unit: `10 mg/day of prednisone equivalent`."""
    if isinstance(value, Duration):
        return str(value)
    if isinstance(value, int):
        return str(value)
    meaning = bound.meaning
    unit = unit_words(meaning.unit)
    if meaning.name == "dose":
        unit = unit.replace("/d", "/day").replace("/wk", "/week")
        unit += f" of {meaning.reference} equivalent" if meaning.reference else ""
    elif meaning.reference is not None:
        unit = f"times the {meaning.reference.replace('_', ' ')}"
    return f"{plain(value)} {unit}".rstrip()
