"""Why the dose of a record is not computed: the first thing that its sender would have to add."""

from decimal import Decimal

import pytest

from service.eligibility.dates import Days, Span
from service.eligibility.dosing.lacks import Lack, is_range, lack_of
from service.eligibility.dosing.model import Instruction, Lapse, Rate, Strength, Timing
from service.eligibility.dosing.records import Record, Taken, Terms, records
from service.eligibility.facts import Certainty, Evidence, MedicationFact, Source
from service.eligibility.quantity import Interval, Quantity
from service.eligibility.terms import Coding, Concept
from tests.builders import AT, RXNORM

PREDNISONE = Coding(RXNORM, "8640")
DAILY = Timing(frequency=Interval.exactly(1), period=Lapse(Interval.exactly(1), "d"))
FIVE = Strength(PREDNISONE, "prednisone", Interval.exactly(5), Quantity(Interval.exactly(1), "{tbl}"), "ingredient")
OTHER = Strength(
    Coding(RXNORM, "1"), "other", Interval.exactly(5), Quantity(Interval.exactly(1), "{tbl}"), "ingredient"
)


def of(value: str, unit: str | None) -> Quantity:
    return Quantity(Interval.exactly(Decimal(value)), unit)


def how(**said: object) -> Instruction:
    return Instruction("dosageInstruction[0]", **said)  # type: ignore[arg-type]


def record(*instructions: Instruction, strengths: tuple[Strength, ...] = (), unit: str = "mg/d") -> Record:
    fact = MedicationFact(
        Evidence("MedicationRequest/1", "MedicationRequest.medication"),
        Concept((PREDNISONE,), ("prednisone",)),
        Certainty.SURE,
        Source.REQUEST,
        Span(Days.on(AT), Days.on(AT)),
        strengths=strengths,
        instructions=instructions,
    )
    (found,) = records([Taken(fact)], AT, Terms(unit))[:1]
    return found


# what the record says                                                                             what it lacks
CASES: list[tuple[tuple[Instruction, ...], tuple[Strength, ...], Lack | None]] = [
    ((how(amount=of("5", "mg"), timing=DAILY),), (), None),
    ((how(amount=of("1", "{tbl}"), timing=DAILY),), (FIVE,), None),
    ((how(amount=of("5", "mg"), timing=DAILY, as_needed=True),), (), None),
    ((), (), Lack.NO_INSTRUCTION),
    ((how(timing=DAILY),), (), Lack.NO_AMOUNT),
    ((how(text="take as directed", unread="no amount is stated"),), (), Lack.AS_DIRECTED),
    ((how(text="see plan", unread="'see': it depends on something"),), (), Lack.TEXT_NOT_READ),
    ((how(text="see plan", amount=of("5", "mg"), unread="'see': it depends on something"),), (), Lack.TEXT_NOT_READ),
    ((how(amount=of("5", None), timing=DAILY),), (), Lack.NO_UNIT),
    ((how(amount=of("1", "{tbl}"), timing=DAILY),), (), Lack.NO_STRENGTH),
    ((how(amount=of("5", "mL"), timing=DAILY),), (), Lack.NO_STRENGTH),
    ((how(amount=of("5", "mg"), timing=DAILY),), (FIVE, OTHER), Lack.MIXTURE),
    ((how(amount=of("1", "mg/kg"), timing=DAILY),), (), Lack.NO_BODY),
    ((how(amount=of("5", "mg")),), (), Lack.NO_FREQUENCY),
    ((how(amount=of("5", "mg"), timing=Timing(problem="every blue moon")),), (), Lack.FREQUENCY_NOT_READ),
    ((how(rate=Rate(of("5", "mL"), Lapse(Interval.exactly(1), "h"))),), (), Lack.NO_STRENGTH),
    ((how(amount=of("5", "mg"), timing=DAILY), how(amount=of("1", "{tbl}"), timing=DAILY)), (), Lack.NO_STRENGTH),
]


@pytest.mark.parametrize(("instructions", "strengths", "lack"), CASES, ids=range(len(CASES)))
def test_what_a_record_lacks(
    instructions: tuple[Instruction, ...], strengths: tuple[Strength, ...], lack: Lack | None
) -> None:
    assert lack_of(record(*instructions, strengths=strengths)) is lack


def test_what_is_asked_for_in_another_unit_cannot_be_converted() -> None:
    assert lack_of(record(how(amount=of("5", "mg"), timing=DAILY), unit="mL/d")) is Lack.UNIT


def test_a_range_is_told_from_a_number() -> None:
    needed = record(how(amount=of("5", "mg"), timing=DAILY, as_needed=True))
    exact = record(how(amount=of("5", "mg"), timing=DAILY))
    assert is_range(needed) and not is_range(exact)
    assert not is_range(record(how(timing=DAILY)))


def test_every_lack_has_its_own_code_and_sentence() -> None:
    assert len({each.code for each in Lack}) == len({each.sentence for each in Lack}) == len(Lack)
