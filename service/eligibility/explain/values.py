"""Value tests and choices among results, in words."""

from collections.abc import Callable

from service.eligibility.criteria import BooleanTest, Bounds, Choice, CodedTest, NumberTest, TypedTest, ValueTest
from service.eligibility.quantity import plain


def choice_words(choice: Choice) -> str:
    """Which results are meant."""
    return {
        "latest": "latest",
        "earliest": "earliest",
        "any": "any",
        "all": "every",
        "of_last": f"at least {choice.count} of the last {choice.out_of} results of",
        "mean": f"mean of the last {choice.count} results of",
        "consecutive": f"{choice.count} consecutive results of",
    }[choice.which]


def value_words(test: ValueTest | None, names: Callable[[tuple[str, ...]], str]) -> str:
    """What the result has to be."""
    match test:
        case None:
            return "recorded"
        case NumberTest(bounds, unit, None):
            return f"{bounds_words(bounds)} {unit_words(unit)}".rstrip()
        case NumberTest(bounds, _, relative):
            return f"{bounds_words(bounds)} times the {str(relative).replace('_', ' ')}"
        case CodedTest(answers, _):
            return names(answers)
        case TypedTest(number, coded, boolean):
            given = [each for each in (number, coded, boolean) if each is not None]
            return " or ".join(value_words(each, names) for each in given)
        case BooleanTest(expected):
            return "true" if expected else "false"


def unit_words(unit: str | None) -> str:
    """A unit as people write it: without UCUM's braces and brackets; a bare score has none."""
    if unit in (None, "1", "{score}"):
        return ""
    return unit.translate(str.maketrans("", "", "{}[]")) if unit else ""


def bounds_words(bounds: Bounds) -> str:
    """`above 10`, `at least 18 and below 76`."""
    named = {"above": bounds.above, "at least": bounds.at_least, "below": bounds.below, "at most": bounds.at_most}
    return " and ".join(f"{word} {plain(limit)}" for word, limit in named.items() if limit is not None)
