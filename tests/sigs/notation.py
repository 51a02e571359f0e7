"""A compact notation for what a sig says about each day, computed by the dose engine from what was read."""

from service.eligibility.dates import FOREVER
from service.eligibility.dosing.daily import Holding, daily
from service.eligibility.dosing.layout import once
from service.eligibility.dosing.model import Instruction, Lapse
from service.eligibility.dosing.ranges import Range
from service.eligibility.dosing.sigs.read import Refused, Understood, read_sig
from service.eligibility.dosing.units import COUNT, VOLUME, base, days
from tests.doses import strength

MISSING, REFUSED = "missing", "refused"
# One mg in each piece, mL, puff …: their numbers come out as numbers.
UNITS = ("{tbl}", "mL", "{puff}", "{drop}", "{spray}", "{patch}", "{tsp}", "{tbsp}", "[iU]", "meq")
UNIT_STRENGTHS = Holding(tuple(strength(1, f"1 {each}") for each in UNITS))
LABELS = {COUNT: "pc", VOLUME: "mL"}


def reading(text: str) -> str:
    """`4 pc x 5 d, then 1 pc`; `missing` where the sig is refused or its daily dose is not known."""
    return written(read_sig(text))


def written(found: Understood | Refused) -> str:
    """What was read, in the notation."""
    if isinstance(found, Refused):
        return MISSING
    steps: dict[int, list[Instruction]] = {}
    for each in found.instructions:
        steps.setdefault(each.sequence or 0, []).append(each)
    parts = [_step(together) for _, together in sorted(steps.items())]
    return MISSING if MISSING in parts else ", then ".join(parts)


def _step(together: list[Instruction]) -> str:
    total: Range | None = None
    units = set()
    for each in together:
        dose = daily(each, UNIT_STRENGTHS)
        if (
            each.amount is None
            or each.amount.unit is None
            or dose.average.high is None
            or (dose.reasons and not each.caps)
        ):
            return MISSING
        kind = base(each.amount.unit)[0]
        units.add(LABELS.get(kind, kind))
        total = dose.average if total is None else total + dose.average
    if total is None or len(units) != 1:
        return MISSING
    first = together[0]
    single = "once " if once(first.timing) else ""
    return f"{single}{_range(total)} {units.pop()}{_length(first.lasts)}{_bounds(first)}"


def _range(value: Range) -> str:
    return str(value).replace(" to ", "-")


def _length(lasts: Lapse | None) -> str:
    return f" x {_range(days(lasts))} d" if lasts is not None else ""


def _bounds(each: Instruction) -> str:
    if each.bounds is None:
        return ""
    end = "" if each.bounds.end.latest == FOREVER else f" to {each.bounds.end.latest}"
    return f" from {each.bounds.start.earliest}{end}"
