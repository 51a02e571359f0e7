"""Tests of results and doses, and which results decide."""

from service.catalog.documents import Where
from service.catalog.studies.reader import Content, Reader
from service.eligibility.criteria import (
    BooleanTest,
    Choice,
    CodedTest,
    DayCount,
    DoseTest,
    NumberTest,
    TypedTest,
    ValueTest,
)

ONE_OF_SEVERAL = Choice()
DOSE_TIMES = frozenset({"d", "wk", "h"})  # what a dose is asked for per; it is averaged over its cycle all the same


def value_test(reader: Reader, content: Content, where: Where) -> ValueTest | None:
    """`value`, `answer`, `boolean` of an observation: one test, or several, told apart by the kind of result."""
    number = _number(reader, content["value"], (*where, "value")) if "value" in content else None
    coded = _coded(reader, content, where)
    boolean = BooleanTest(content["boolean"]) if "boolean" in content else None
    given: list[ValueTest] = [each for each in (number, coded, boolean) if each is not None]
    if len(given) > 1:
        return TypedTest(number, coded, boolean)
    return given[0] if given else None


def _number(reader: Reader, content: Content, where: Where) -> NumberTest:
    bounds, unit = reader.bounds(content, where), reader.unit(content, where)
    return reader.build(where, lambda: NumberTest(bounds, unit, content.get("times")), NumberTest(bounds, "1"))


def _coded(reader: Reader, content: Content, where: Where) -> CodedTest | None:
    others = reader.value_sets(content, "other_answers", where)
    if "answer" not in content:
        if others:
            reader.problem((*where, "other_answers"), "other_answers says what is not the answer; give answer, too")
        return None
    answers = reader.value_sets(content, "answer", where)
    if both := sorted(set(answers) & set(others)):
        reader.problem((*where, "other_answers"), f"{', '.join(both)} stands under answer, too: it cannot be both")
    return CodedTest(answers, others)


def choice(reader: Reader, content: Content, where: Where) -> Choice:
    """`which`: the latest result unless it says otherwise."""
    written = content.get("which", "latest")
    if isinstance(written, str):
        return Choice(written)  # type: ignore[arg-type]  # the schema lists the words
    (name, value), *_ = written.items()
    at = (*where, "which", name)
    if name == "of_last":
        return reader.build(at, lambda: Choice("of_last", value["count"], value["out_of"]), ONE_OF_SEVERAL)
    return reader.build(at, lambda: Choice("mean" if name == "mean_of" else "consecutive", value), ONE_OF_SEVERAL)


def dose_test(reader: Reader, content: Content, where: Where) -> DoseTest | None:
    """`daily_dose`, or `cumulative_dose`."""
    if "cumulative_dose" in content:
        if "daily_dose" in content:
            reader.problem(
                (*where, "cumulative_dose"), "ask for a daily or a cumulative dose; join two with all or any"
            )
        return _cumulative(reader, content["cumulative_dose"], (*where, "cumulative_dose"))
    if "daily_dose" not in content:
        return None
    written, where = content["daily_dose"], (*where, "daily_dose")
    unit = reader.unit(written, where) or "mg/d"
    if unit.partition("/")[2] not in DOSE_TIMES:
        reader.problem((*where, "unit"), f"a dose is an amount per day, week or hour, such as mg/d, not {unit!r}")
    bounds, reference = reader.bounds(written, where), equivalent_to(reader, written, where)
    measure, days = written.get("measure", "cycle_average"), _days(reader, written, where)
    return reader.build(where, lambda: DoseTest(bounds, unit, reference, measure, days), DoseTest(bounds))


def _cumulative(reader: Reader, written: Content, where: Where) -> DoseTest:
    unit = reader.unit(written, where) or "mg"
    bounds, reference = reader.bounds(written, where), equivalent_to(reader, written, where)
    return reader.build(where, lambda: DoseTest(bounds, unit, reference, "cumulative"), DoseTest(bounds))


def _days(reader: Reader, written: Content, where: Where) -> DayCount | None:
    """`on_days`, or `on_consecutive_days`."""
    if "on_days" in written and "on_consecutive_days" in written:
        reader.problem((*where, "on_consecutive_days"), "days in a row are days already; leave on_days out")
    if "on_consecutive_days" in written:
        return DayCount(written["on_consecutive_days"], consecutive=True)
    return DayCount(written["on_days"]) if "on_days" in written else None


def equivalent_to(reader: Reader, written: Content, where: Where) -> str | None:
    """A reference drug for which there are equivalents."""
    reference: str | None = written.get("equivalent_to")
    if reference is not None and reference not in reader.names.equivalents:
        there = ", ".join(sorted(reader.names.equivalents))
        reader.problem(
            (*where, "equivalent_to"), f"there are no equivalents of {reference!r}; there are those of: {there}"
        )
    return reference
