"""Characteristics of the person on the screening date itself."""

from collections.abc import Callable, Mapping
from typing import Any

from service.catalog.documents import Where
from service.catalog.studies.reader import Content, Reader, optional_duration
from service.eligibility.criteria import (
    AgeAtScreening,
    Alive,
    AllergyKnown,
    BreastFeeding,
    Characteristic,
    ConsentIs,
    Manual,
    Pregnant,
    SexIs,
)


def _allergy(reader: Reader, content: Content, where: Where) -> Characteristic:
    return AllergyKnown(
        reader.value_sets(content, "codes", where, "allergy", "medication"),
        reader.value_sets(content, "excluding", where, "allergy", "medication"),
        reader.value_sets(content, "none_known", where, "allergy"),
        reader.absence(content),
    )


def _consent(reader: Reader, content: Content, where: Where) -> Characteristic:
    return ConsentIs(reader.value_sets(content, "codes", where, "consent"), content["given"], reader.absence(content))


def _age(reader: Reader, content: Content, where: Where) -> Characteristic:
    return AgeAtScreening(reader.bounds(content, where))


def _pregnancy(reader: Reader, content: Content, where: Where) -> Characteristic:
    return Pregnant(
        conditions=reader.value_sets(content, "conditions", where, "condition"),
        statuses=reader.value_sets(content, "statuses", where, "observation"),
        tests=reader.value_sets(content, "tests", where, "observation"),
        positive=reader.value_sets(content, "positive", where),
        negative=reader.value_sets(content, "negative", where),
        hysterectomy=reader.value_sets(content, "hysterectomy", where, "procedure", "condition"),
        negative_valid_for=optional_duration(content, "negative_valid_for"),
    )


def _breast_feeding(reader: Reader, content: Content, where: Where) -> Characteristic:
    return BreastFeeding(
        conditions=reader.value_sets(content, "conditions", where, "condition"),
        statuses=reader.value_sets(content, "statuses", where, "observation"),
        positive=reader.value_sets(content, "positive", where),
        negative=reader.value_sets(content, "negative", where),
        valid_for=optional_duration(content, "valid_for"),
    )


def _sex(reader: Reader, content: Any, where: Where) -> Characteristic:
    return SexIs(tuple(dict.fromkeys(content)))


def _alive(reader: Reader, content: Any, where: Where) -> Characteristic:
    return Alive()


def _manual(reader: Reader, content: Any, where: Where) -> Characteristic:
    return reader.build(where, lambda: Manual(" ".join(content.split())), Manual("?"))


STATES: Mapping[str, Callable[[Reader, Any, Where], Characteristic]] = {
    "allergy": _allergy,
    "consent": _consent,
    "age": _age,
    "pregnancy": _pregnancy,
    "breast_feeding": _breast_feeding,
    "sex": _sex,
    "alive": _alive,
    "manual": _manual,
}
