"""What is missing where a value is (`value-missing`): of a result its limit of normal, the sex, what an event lacks."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from service.eligibility.criteria import AdverseEventHad, NumberTest, ObservationValue, SexIs, TypedTest
from service.eligibility.evaluate.judgement import Judgement
from service.eligibility.outcome import Reason


class Missing(NamedTuple):
    """In a sentence, and what would settle it."""

    sentence: str
    wanted: str


VALUE = Missing(Reason.VALUE_MISSING.sentence, "the value of {shown}")
UPPER = Missing("the result has no upper limit of normal with it", "the reference range of {shown}")
LOWER = Missing("the result has no lower limit of normal with it", "the reference range of {shown}")
SEX = Missing("the sex is not recorded", "the sex")
SERIOUS = Missing("it is not recorded whether it was serious", "whether it was serious: {shown}")
SUSPECTED = Missing("it is not recorded which drug is suspected", "which drug is suspected: {shown}")
ALL = (VALUE, UPPER, LOWER, SEX, SERIOUS, SUSPECTED)
WITHOUT_VALUE = re.compile(r"(^|: )no value( \(preliminary\))?$")


def missing(leaf: Judgement) -> tuple[Missing, ...]:
    """What an answer lacks that is unknown as a value is missing."""
    return tuple(_missing(leaf)) or (VALUE,)


def _missing(leaf: Judgement) -> Iterator[Missing]:
    node = leaf.node
    if isinstance(node, SexIs):
        yield SEX
    elif isinstance(node, AdverseEventHad):
        if node.serious:
            yield SERIOUS
        if node.suspects:
            yield SUSPECTED
    elif isinstance(node, ObservationValue):
        test = node.test.number if isinstance(node.test, TypedTest) else node.test
        without = [WITHOUT_VALUE.search(each.value) is not None for each in leaf.exhibits]
        if not isinstance(test, NumberTest) or test.relative_to is None or all(without):
            return
        if any(without):
            yield VALUE
        yield UPPER if test.relative_to == "upper_limit_of_normal" else LOWER
