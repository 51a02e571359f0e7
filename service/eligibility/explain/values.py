"""Value tests and choices among results, in words."""

from collections.abc import Callable, Mapping

from service.eligibility.criteria import BooleanTest, Bounds, Choice, CodedTest, NumberTest, TypedTest, ValueTest
from service.eligibility.explain.wording import AND, ENGLISH, OR, Wording
from service.eligibility.quantity import plain

RELATIVE = {
    "upper_limit_of_normal": "{bounds} times the upper limit of normal",
    "lower_limit_of_normal": "{bounds} times the lower limit of normal",
}


# Which results have to be so.
CHOICES = {
    "latest": "latest {what} {value} {when}",
    "earliest": "earliest {what} {value} {when}",
    "any": "any {what} {value} {when}",
    "all": "every {what} {value} {when}",
    "of_last": "at least {count} of the last {of} results of {what} {value} {when}",
    "mean": "mean of the last {count} results of {what} {value} {when}",
    "consecutive": "{count} consecutive results of {what} {value} {when}",
}


def chosen_words(choice: Choice, said: Mapping[str, str], wording: Wording = ENGLISH) -> str:
    """Which results have to be what, when (`said`: `what`, `value`, `when`)."""
    return wording.say(CHOICES[choice.which], count=choice.count, of=choice.out_of, **said)


def value_words(test: ValueTest | None, names: Callable[[tuple[str, ...]], str], wording: Wording = ENGLISH) -> str:
    """What the result has to be."""
    match test:
        case None:
            return wording.say("recorded")
        case NumberTest(bounds, unit, None):
            return f"{bounds_words(bounds, wording)} {unit_words(unit)}".rstrip()
        case NumberTest(bounds, _, relative):
            return wording.say(RELATIVE[str(relative)], bounds=bounds_words(bounds, wording))
        case CodedTest(answers, _):
            return names(answers)
        case TypedTest(number, coded, boolean):
            given = [value_words(each, names, wording) for each in (number, coded, boolean) if each is not None]
            said = given[0]
            for each in given[1:]:
                said = wording.say(OR, first=said, last=each)
            return said
        case BooleanTest(expected):
            return wording.say("true") if expected else wording.say("false")


def unit_words(unit: str | None) -> str:
    """A unit as people write it: without UCUM's braces and brackets; a bare score has none."""
    if unit in (None, "1", "{score}"):
        return ""
    return unit.translate(str.maketrans("", "", "{}[]")) if unit else ""


def bounds_words(bounds: Bounds, wording: Wording = ENGLISH) -> str:
    """`above 10`, `at least 18 and below 76`."""
    say = wording.say
    found = []
    if bounds.above is not None:
        found.append(say("above {limit}", limit=plain(bounds.above)))
    if bounds.at_least is not None:
        found.append(say("at least {limit}", limit=plain(bounds.at_least)))
    if bounds.below is not None:
        found.append(say("below {limit}", limit=plain(bounds.below)))
    if bounds.at_most is not None:
        found.append(say("at most {limit}", limit=plain(bounds.at_most)))
    said = found[0]
    for each in found[1:]:
        said = say(AND, first=said, last=each)
    return said
