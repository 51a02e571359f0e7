"""Why the daily dose of one record was not computed: what its sender would have to add. Pure."""

from enum import Enum

from service.eligibility.dosing.amount import Holding, amount
from service.eligibility.dosing.body import per_body
from service.eligibility.dosing.model import Instruction
from service.eligibility.dosing.records import Record
from service.eligibility.dosing.rhythm import Obscure, rhythm
from service.eligibility.dosing.units import MASS, measured
from service.eligibility.outcome import Reason
from service.eligibility.quantity import Quantity

NO_DOSE_IN_TEXT = "no amount is stated"  # what reading a text says of "as directed"


class Lack(Enum):
    """What a record lacks for a daily dose, each with its sentence."""

    NO_INSTRUCTION = "no-instruction", "it states no dose, and no supply with its days from which one would follow"
    AS_DIRECTED = "as-directed", "its text gives no amount: as directed, or only how often"
    TEXT_NOT_READ = "text-not-read", "the dose stands in a text that was not understood"
    NO_AMOUNT = "no-amount", "it does not state how much is taken at a time"
    NO_UNIT = "no-unit", "the amount has no unit"
    NO_STRENGTH = "no-strength", "it is taken in pieces, drops or mL, and how strong the product is, is not known"
    MIXTURE = "mixture", "the product has several ingredients, and the amount does not say which of them it weighs"
    NO_BODY = "no-body-measure", "the dose goes by weight or body surface, and there is no measurement near it"
    NO_FREQUENCY = "no-frequency", "it does not state how often it is taken"
    FREQUENCY_NOT_READ = "frequency-not-read", "how often it is taken could not be computed"
    DAYS_WITHOUT = "days-without-dose", "some of its days are covered by no instruction"
    NO_EQUIVALENCE = "no-equivalence", "no sourced equivalence exists for the drug, as it is taken"
    ROUTE_UNKNOWN = "route-unknown", "its equivalence depends on how it is taken, and that is not stated"
    UNIT = "unit-not-convertible", "its unit cannot be converted into the one that is asked for"
    OTHER = "other", "its dose is not known for another reason"

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        self.sentence = sentence


OF_DRUG = {
    Reason.NO_EQUIVALENCE: Lack.NO_EQUIVALENCE,
    Reason.ROUTE_UNKNOWN: Lack.ROUTE_UNKNOWN,
    Reason.UNIT_NOT_CONVERTIBLE: Lack.UNIT,
}


def lack_of(record: Record) -> Lack | None:
    """The first thing that the record lacks; None where each of its phases has a dose, if only as a range."""
    silent = [each for each in record.phases if each.daily.average.high is None]
    if not silent:
        return None
    reasons = frozenset().union(*(each.daily.reasons for each in silent))
    found = next((lack for reason, lack in OF_DRUG.items() if reason in reasons), None)
    if found is not None and Reason.DOSE_MISSING not in reasons:
        return found
    fact, holding = record.fact, record.ingredient.holding
    if not fact.instructions:
        return Lack.NO_INSTRUCTION
    lacks = (_of_instruction(each, holding) for each in fact.instructions)
    rest = found or (Lack.DAYS_WITHOUT if any("no-dose" in each.daily.marks for each in silent) else Lack.OTHER)
    return next((each for each in lacks if each is not None), rest)


def is_range(record: Record) -> bool:
    """Has every phase a dose, and one of them only as a range?"""
    return lack_of(record) is None and any(not each.daily.average.exact for each in record.phases)


def _of_instruction(each: Instruction, holding: Holding) -> Lack | None:
    if each.amount is not None:
        return _of_amount(each.amount, holding) or _of_timing(each)
    return _of_text(each) if each.rate is None else _of_amount(each.rate.amount, holding)


def _of_amount(quantity: Quantity, holding: Holding) -> Lack | None:
    if per_body(quantity.unit) is not None:
        return Lack.NO_BODY
    if amount(quantity, holding).reason is None:
        return None
    dose = measured(quantity)
    if dose is None:
        return Lack.NO_UNIT
    return Lack.MIXTURE if dose.unit == MASS else Lack.NO_STRENGTH


def _of_text(each: Instruction) -> Lack:
    if not each.text:
        return Lack.NO_AMOUNT
    return Lack.TEXT_NOT_READ if _not_read(each) else Lack.AS_DIRECTED


def _not_read(each: Instruction) -> bool:
    return bool(each.unread) and each.unread != NO_DOSE_IN_TEXT


def _of_timing(each: Instruction) -> Lack | None:
    timing = each.timing
    if timing is None:
        return Lack.TEXT_NOT_READ if _not_read(each) else Lack.NO_FREQUENCY
    if timing.events or timing.count is not None:
        return None
    return Lack.FREQUENCY_NOT_READ if isinstance(rhythm(timing), Obscure) else None
