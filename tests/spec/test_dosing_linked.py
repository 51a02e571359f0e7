"""Several records of one therapy: what one tells of another's dose and end. SEMANTICS §6.1, §6.2.

An order replaced, an administration as ordered, an order that a statement says was stopped.
"""

from dataclasses import replace

import pytest

from service.eligibility.dates import Days, Span
from service.eligibility.dosing.measure import Taken, Terms, steps
from service.eligibility.dosing.model import Rate
from service.eligibility.facts import Certainty, MedicationFact, Source
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.terms import Concept
from tests.doses import AT, TABLE, asked, days, instruction, lapse, medication, quantity, strength, timing

FIRST = "MedicationRequest/1"


def order(dose: str, name: str = "1", start: str = "2026-01-05", **more: object) -> MedicationFact:
    """An order of so much once a day, without an end."""
    return medication(instruction(dose), name=name, start=days(start), **more)  # type: ignore[arg-type]


def given(*doses: object, name: str = "1", day: str = "2026-01-10", **more: object) -> MedicationFact:
    """An administration that says no dose unless one is given here."""
    more.setdefault("links", (FIRST,))
    return medication(*doses, name=name, source=Source.ADMINISTRATION, start=days(day), **more)  # type: ignore[arg-type]


def stated(dose: str | None, end: str | Days = "2026-01-20", name: str = "1", **more: object) -> MedicationFact:
    """A statement that the drug was taken from 5 January on and then stopped."""
    more.setdefault("over", True)
    last = days(end) if isinstance(end, str) else end
    doses = (instruction(dose),) if dose is not None else ()
    return medication(*doses, name=name, source=Source.STATEMENT, end=last, **more)  # type: ignore[arg-type]


def course(*facts: MedicationFact) -> list[tuple[str, str, str, str]]:
    """First day, last day, dose, and whether it is surely taken."""
    found = steps([Taken(each) for each in facts], AT, Terms(table=TABLE))
    return [(str(s.start)[5:], str(s.end)[5:], str(s.value.average), s.value.taken.code) for s in found]


TO_NOW = "04-01"

# what is on record                             from, to, mg a day, taken
REPLACEMENTS = {
    "20 mg, replaced by 5 mg in March: the old one ends where the new one begins": (
        [order("20 mg"), order("5 mg", "2", "2026-03-01", links=(FIRST,), replaces=(FIRST,))],
        [("01-05", "02-28", "20", "met"), ("03-01", "03-01", "5 to 20", "met"), ("03-02", TO_NOW, "5", "met")],
    ),
    "a chain of replacements": (
        [
            order("20 mg"),
            order("10 mg", "2", "2026-02-01", links=(FIRST,), replaces=(FIRST,)),
            order("5 mg", "3", "2026-03-01", links=("MedicationRequest/2",), replaces=("MedicationRequest/2",)),
        ],
        [
            ("01-05", "01-31", "20", "met"), ("02-01", "02-01", "10 to 20", "met"), ("02-02", "02-28", "10", "met"),
            ("03-01", "03-01", "5 to 10", "met"), ("03-02", TO_NOW, "5", "met"),
        ],
    ),
    "replaced in some day of March: until then the old one, from then the new one": (
        [order("20 mg"), replace(
            order("5 mg", "2", "2026-03-01", links=(FIRST,), replaces=(FIRST,)),
            span=Span(days("2026-03-01", "2026-03-31"), medication().span.end),
        )],
        [("01-05", "02-28", "20", "met"), ("03-01", "03-30", "0 to 20", "unknown"),
         ("03-31", "03-31", "5 to 20", "met"), (TO_NOW, TO_NOW, "5", "met")],
    ),
    "replaced by one on hold: not surely replaced": (
        [order("20 mg"), order(
            "5 mg", "2", "2026-03-01", links=(FIRST,), replaces=(FIRST,), certainty=Certainty.POSSIBLE,
        )],
        [("01-05", "02-28", "20", "met"), ("03-01", TO_NOW, "5 to 20", "met")],
    ),
    "it had ended long before": (
        [order("20 mg", end=days("2026-01-31")),
         order("5 mg", "2", "2026-03-01", links=(FIRST,), replaces=(FIRST,))],
        [("01-05", "01-31", "20", "met"), ("03-01", TO_NOW, "5", "met")],
    ),
    "one that begins after it was replaced is believed as it stands": (
        [order("20 mg", start="2026-03-10"), order("5 mg", "2", "2026-03-01", links=(FIRST,), replaces=(FIRST,))],
        [("03-01", "03-09", "5", "met"), ("03-10", TO_NOW, "5 to 20", "met")],
    ),
    "linked, but not said to be replaced: two views of one therapy": (
        [order("20 mg"), order("5 mg", "2", "2026-03-01", links=(FIRST,))],
        [("01-05", "02-28", "20", "met"), ("03-01", TO_NOW, "5 to 20", "met")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), REPLACEMENTS.values(), ids=REPLACEMENTS.keys())
def test_replacements(facts: list[MedicationFact], expected: list[tuple[str, str, str, str]]) -> None:
    assert course(*facts) == expected
    assert course(*reversed(facts)) == expected


TABLETS = instruction("2 {tbl}")
LAST_DAY = days("2026-01-10")  # the orders below end on the day of the administration

# the order                                      the administration                        mg on that day
AS_ORDERED = {
    "40 mg once a day": (order("40 mg"), given(), "40"),
    "2 tablets of 5 mg": (medication(TABLETS), given(strengths=()), "10"),
    "2 tablets are those of the order, whatever was at hand": (
        medication(TABLETS), given(strengths=(strength(20),)), "10",
    ),
    "20 mg as needed, given once": (medication(instruction("20 mg", as_needed=True)), given(), "20"),
    "10 mg twice a day, given once": (
        medication(instruction("10 mg", timing(2)), end=LAST_DAY, start=LAST_DAY), given(), "10 to 20",
    ),
    "given twice, each a dose of the order": (
        medication(instruction("20 mg", as_needed=True)), [given(), given(name="2")], "40",
    ),
    "10 mg in the morning, 5 mg at night: either": (
        medication(instruction("10 mg"), instruction("5 mg")), given(), "5 to 15",
    ),
    "stopped before the end": (order("40 mg"), given(marks=("given-in-part",)), "0 to 40"),
    "250 mg an hour for 2 hours": (
        medication(replace(
            instruction(None, timing(duration=lapse("2 h"))), rate=Rate(quantity("250 mg"), lapse("1 h")),
        )),
        given(), "500",
    ),
    "a taper: the step of that day": (
        medication(instruction("40 mg", sequence=1, lasts=lapse("5 d")), instruction("30 mg", sequence=2)),
        given(), "30",
    ),
}  # fmt: skip
UNKNOWN_DOSE = {
    "an order without a dose": (medication(instruction(None, None, text="as directed")), given()),
    "not linked": (order("40 mg", end=days("2026-01-06")), given(links=())),
    "an order of another drug": (order("40 mg", drug="hydrocortisone", end=days("2026-01-06")), given()),
    "words of its own that nobody understands": (
        order("40 mg", end=days("2026-01-06")),
        given(instruction(None, None, text="see chart")),
    ),
    "an order for other days": (order("40 mg", end=days("2026-01-06")), given()),
}


@pytest.mark.parametrize(("plan", "gifts", "expected"), AS_ORDERED.values(), ids=AS_ORDERED.keys())
def test_an_administration_without_a_dose_takes_that_of_its_order(
    plan: MedicationFact, gifts: MedicationFact | list[MedicationFact], expected: str
) -> None:
    listed = gifts if isinstance(gifts, list) else [gifts]
    (alone,) = [each for each in course(plan, *listed) if each[0] <= "01-10" <= each[1]]
    low, _, high = expected.partition(" to ")
    found_low, _, found_high = alone[2].partition(" to ")
    assert (found_low, found_high or found_low) == (low, high or low)


@pytest.mark.parametrize(("plan", "gift"), UNKNOWN_DOSE.values(), ids=UNKNOWN_DOSE.keys())
def test_else_its_dose_is_missing(plan: MedicationFact, gift: MedicationFact) -> None:
    found = asked([plan, gift], above="100")
    assert (found.outcome, found.reasons) == (Outcome.UNKNOWN, frozenset({Reason.DOSE_MISSING}))


def test_the_finding_says_that_the_dose_is_the_order_s() -> None:
    found = asked([order("40 mg"), given()])
    assert "dose-from-order" in found.marks and found.outcome is Outcome.MET


# an order of 20 mg from 5 January on            and what else is on record                   from, to, mg a day, taken
STOPS = {
    "a statement says it was stopped: after that only possibly": (
        [order("20 mg"), stated("20 mg")],
        [("01-05", "01-20", "20", "met"), ("01-21", TO_NOW, "0 to 20", "unknown")],
    ),
    "the statement gives no dose: it limits the time alone": (
        [order("20 mg"), stated(None)],
        [("01-05", "01-20", "20", "met"), ("01-21", TO_NOW, "0 to 20", "unknown")],
    ),
    "the order itself is over, and does not say since when: it ended on that day": (
        [replace(order("20 mg"), over=True, span=Span(days("2026-01-05"), days("2026-01-05", "2026-03-31"))),
         stated("20 mg")],
        [("01-05", "01-20", "20", "met")],
    ),
    "stopped on some day of January": (
        [order("20 mg"), stated("20 mg", days("2026-01-05", "2026-01-31"))],
        [("01-05", "01-05", "20", "met"), ("01-06", "01-31", "0 to 20", "unknown"),
         ("02-01", TO_NOW, "0 to 20", "unknown")],
    ),
    "ordered again after the stop": (
        [order("20 mg", start="2026-02-01"), stated("20 mg")],
        [("01-05", "01-20", "20", "met"), ("02-01", TO_NOW, "20", "met")],
    ),
    "stopped on the very day on which the order begins: that was a course before": (
        [order("20 mg", start="2026-01-20"), stated("20 mg")],
        [("01-05", "01-19", "20", "met"), ("01-20", "01-20", "20", "met"), ("01-21", TO_NOW, "20", "met")],
    ),
    "a statement that is not over only tells of other days": (
        [order("20 mg"), stated("20 mg", over=False)],
        [("01-05", "01-20", "20", "met"), ("01-21", TO_NOW, "20", "met")],
    ),
    "another statement says that it goes on": (
        [order("20 mg"), stated("20 mg"), medication(instruction("20 mg"), source=Source.STATEMENT, name="2",
                                                     start=days("2026-01-25"))],
        [("01-05", "01-20", "20", "met"), ("01-21", "01-24", "20", "met"), ("01-25", TO_NOW, "20", "met")],
    ),
    "given again after the stop": (
        [order("20 mg"), stated("20 mg"), given(instruction("20 mg", None), day="2026-02-10", links=())],
        [("01-05", "01-20", "20", "met"), ("01-21", "02-09", "20", "met"), ("02-10", "02-10", "20", "met"),
         ("02-11", TO_NOW, "20", "met")],
    ),
    "another drug was stopped": (
        [order("20 mg"), stated("4 mg", drug="methylprednisolone")],
        [("01-05", "01-20", "25", "met"), ("01-21", TO_NOW, "20", "met")],
    ),
    "the same drug by another route was stopped": (
        [order("20 mg", route=Concept(texts=("oral",))), stated("4 mg", route=Concept(texts=("intravenous",)))],
        [("01-05", "01-20", "24", "met"), ("01-21", TO_NOW, "20", "met")],
    ),
    "the stop is only possible, and so is what the statement says of the days before": (
        [order("20 mg"), stated("20 mg", certainty=Certainty.POSSIBLE)],
        [("01-05", "01-20", "0 to 20", "unknown"), ("01-21", TO_NOW, "20", "met")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), STOPS.values(), ids=STOPS.keys())
def test_stops(facts: list[MedicationFact], expected: list[tuple[str, str, str, str]]) -> None:
    assert course(*facts) == expected
    assert course(*reversed(facts)) == expected


def test_a_contradiction_is_marked_and_has_its_reason() -> None:
    found = asked([order("20 mg", start="2025-06-01"), stated("20 mg", "2025-12-01", start=days("2025-06-01"))])
    assert (found.outcome, found.reasons) == (Outcome.UNKNOWN, frozenset({Reason.STATUS_UNCERTAIN}))
    assert "stop-contradicts" in found.marks
