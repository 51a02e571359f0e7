"""What counts of a record that a person corrected: nothing it says; and of one never taken, the contact alone."""

from datetime import date

import pytest

from service.eligibility.facts import Evidence, Unreadable
from service.errors import InvalidValue
from service.fhir.reading import Adapted
from service.screening.corrected import Claim, Corrected, left_of, told
from tests.builders import concept, condition

FACT = condition(concept("1", text="cancer"))
READ = Adapted(
    "p", (FACT,), (Unreadable("Condition", Evidence("Condition/1", "code"), "no code"),), (date(2026, 6, 1),)
)


def claim(what: str, **criteria: tuple[str, ...]) -> Claim:
    return Claim(what, "1@0", "anna", "2026-06-30T12:00:00+00:00", criteria)


@pytest.mark.parametrize(("what", "contacts"), [("entered-in-error", ()), ("never-taken", READ.contacts)])
def test_what_is_left_of_a_record(what: str, contacts: tuple[date, ...]) -> None:
    assert left_of(READ, claim(what)) == Adapted("p", contacts=contacts)


def test_nothing_else_can_be_said_of_a_record() -> None:
    with pytest.raises(InvalidValue):
        claim("rubbish")


def test_the_line_tells_it_for_each_study_in_one_order_and_nothing_where_nobody_said_anything() -> None:
    first = Corrected("Condition/1", claim("entered-in-error", demo=("E1",)), holds=True)
    second = Corrected("Condition/2", claim("entered-in-error"), holds=False)
    assert told((second, first), "demo") == told((first, second), "demo")
    assert [each["criteria"] for each in told((first, second), "demo")["corrections"]] == [["E1"], []]  # type: ignore[index]
    assert told((first,), "other")["corrections"][0]["criteria"] == []  # type: ignore[index]
    assert told((), "demo") == {}
