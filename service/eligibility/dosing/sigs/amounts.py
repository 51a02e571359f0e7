"""The productions for numbers and amounts: `1-2 tablets`, `1 and 1/2 tab`, `2 x 5 mg tablets`, `15 mg/5 mL`."""

from collections.abc import Callable
from decimal import Decimal

from service.eligibility.dosing.sigs.cursor import Cursor
from service.eligibility.dosing.sigs.parts import MASSES, Amount, Equal, Means, Part, Scheme, Strong
from service.eligibility.quantity import Interval

UNITS = ("UNIT", "FORM", "FORMS")


def number(c: Cursor) -> Decimal | None:
    """number := HALF | NUM [HALFMORE] ["(" (NUM | HALF) ")"]: the bracket repeats the number (`one (1)`)."""
    token = c.take("HALF", "NUM")
    if token is None:
        return None
    value = Decimal(str(token.value))
    more = c.take("HALFMORE") if token.kind == "NUM" else None
    value += Decimal(str(more.value)) if more is not None else 0
    again = c.sequence("OPEN NUM|HALF CLOSE")
    if again is not None and again[1] is not None and Decimal(str(again[1].value)) != value:
        raise c.refuse("a number and the one in brackets after it differ")
    return value


def numbers(c: Cursor) -> Interval | None:
    """numbers := number [("-" | TO | OR) number]: a range ascends."""
    low = c.attempt(number)
    if low is None:
        return None
    start = c.at
    if c.take("DASH", "TO", "OR") is not None:
        high = c.attempt(number)
        if high is not None and high > low:
            return Interval(low, high)
    c.at = start
    return Interval.exactly(low)


def unit(c: Cursor) -> str | None:
    """unit := (UNIT | FORM | FORMS) [BODY]: mg, tablets, mg/kg."""
    token = c.take(*UNITS)
    if token is None:
        return None
    body = c.take("BODY") if token.kind == "UNIT" else None
    return f"{token.value}{body.value}" if body is not None else str(token.value)


def plain(c: Cursor) -> Amount | None:
    """plain := numbers unit [HALFMORE] [("-" | TO | OR) number unit] | "a" FORM."""
    if c.next().text in ("a", "an") and c.next(1).kind == "FORM":
        c.at += 1
        return Amount(Interval.exactly(1), unit(c))
    value = numbers(c)
    found = unit(c) if value is not None else None
    if value is None or found is None:
        return None
    more = c.take("HALFMORE")
    if more is not None:
        value = value + Interval.exactly(Decimal(str(more.value)))
    return c.attempt(lambda each: _up_to_another(each, value, found)) or Amount(value, found)


def _up_to_another(c: Cursor, low: Interval, of: str) -> Amount | None:
    if c.take("DASH", "TO", "OR") is None:
        return None
    high = number(c)
    if high is None or unit(c) != of or low.low is None or not low.exact or high <= low.low:
        return None
    return Amount(Interval(low.low, high), of)


def counted_strength(c: Cursor) -> Part | None:
    """counted_strength := numbers ["x"] NUM mass (FORM | FORMS): two 5 mg tablets. A digit needs the `x`."""
    written = c.next().text
    count = numbers(c)
    times = c.take("X", "TIMES")
    strength = number(c) if count is not None and (times or written.isalpha()) else None
    mass = unit(c) if strength is not None else None
    if count is None or strength is None or mass not in MASSES or c.take("FORM", "FORMS") is None:
        return None
    return Amount(count.scaled(strength), mass)


def product(c: Cursor) -> Part | None:
    """product := numbers ("x" | TIMES) NUM unit: 2 x 5 mg, 3 x 1 tablet."""
    count = numbers(c)
    each = plain(c) if count is not None and c.take("X", "TIMES") else None
    if count is None or each is None:
        return None
    return Amount(count.times(each.value), each.unit, product=True)


def strength(c: Cursor) -> Part | None:
    """strength := NUM mass ("/" [NUM] (UNIT | FORM) [FORMNAME] | FORM | FORMS): 15 mg/5 mL, 5 mg tablets."""
    value = numbers(c)
    mass = unit(c) if value is not None else None
    if value is None or mass not in MASSES or not value.exact:
        return None
    amount = Amount(value, mass)
    if c.take("SLASH") is not None:
        per, of = number(c), unit(c)
        c.take("FORMNAME")
        return Strong(amount, Amount(Interval.exactly(per or 1), of)) if of is not None and of not in MASSES else None
    form = c.take("FORM", "FORMS")
    if form is None:
        return None
    return Strong(amount, Amount(Interval.exactly(1), str(form.value)), one=form.kind == "FORM")


def of_each(c: Cursor) -> Part | None:
    """of_each := (OF | BY | TO) NUM mass: (2 tablets) of 5 mg."""
    if c.next(-1).kind not in ("FORM", "FORMS") or c.take("OF", "BY", "TO") is None:
        return None
    each = plain(c)
    return Equal(each, Means.EACH) if each is not None and each.mass else None


def equal(c: Cursor) -> Part | None:
    """equal := "(" inside ")" | "=" inside | TOTAL plain; inside := ["="] [TOTAL] amount [TOTAL | APIECE | EVERY]."""
    if c.take("OPEN") is not None:
        c.take("EQUAL")
        found = _inside(c)
        return found if found is not None and c.take("CLOSE") is not None else None
    if c.take("EQUAL") is not None:
        return _inside(c)
    if c.take("TOTAL") is None:
        return None
    whole = plain(c)
    return Equal(whole, Means.TOTAL) if whole is not None else None


def _inside(c: Cursor) -> Equal | None:
    before = c.take("TOTAL")
    whole = c.attempt(counted_strength) or c.attempt(product)
    if isinstance(whole, Amount):
        return Equal(whole, Means.TOTAL)
    amount = plain(c)
    if amount is None:
        return None
    if c.next().kind in ("APIECE", "EVERY") and c.next(1).kind in ("CLOSE", "END"):
        c.at += 1
        return Equal(amount, Means.EACH)
    after = c.take("TOTAL")
    return Equal(amount, Means.TOTAL if before or after else Means.OPEN)


def scheme(c: Cursor) -> Part | None:
    """scheme := SCHEME [unit]: 1-0-1 tablets."""
    token = c.take("SCHEME")
    if token is None or not isinstance(token.value, tuple):
        return None
    return Scheme(token.value, unit(c))


def bare(c: Cursor) -> Part | None:
    """bare := numbers, with the unit of the dose before it; another number or an unknown word never follows."""
    value = numbers(c)
    if value is None or c.next().kind in ("NUM", "HALF", "WORD", "SLASH", "BODY", "DASH", "DOT", "TIME", "SCHEME"):
        return None
    return Amount(value, None)


AMOUNTS: tuple[Callable[[Cursor], Part | None], ...] = (
    counted_strength, strength, product, plain, of_each, equal, scheme, bare,
)  # fmt: skip


def amount(c: Cursor) -> Part | None:
    """amount := counted_strength | strength | product | plain | of_each | equal | scheme | bare."""
    found = c.first(AMOUNTS)
    if isinstance(found, Amount):
        c.take("TOTAL")
    return found
