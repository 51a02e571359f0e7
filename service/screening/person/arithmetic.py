"""The sum of a dose, as the lines of a page."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from service.eligibility.explain.exposure import per_time
from service.eligibility.explain.wording import ENGLISH, Wording


def arithmetic(computed: Mapping[str, Any] | None, wording: Wording = ENGLISH) -> list[str]:
    """The sum of a dose, line by line."""
    if computed is None:
        return []
    say, least, most, unit = wording.say, computed["least"], computed["most"], computed["unit"]
    unit = unit if wording.english else per_time(unit, wording)
    amount = f"{least} {unit}"
    if most is None:
        amount = say("between {number} and an unknown amount {unit}", number=least, unit=unit)
    elif most != least:
        amount = say("between {number} and {number_2} {unit}", number=least, number_2=most, unit=unit)
    if computed["day"]:
        amount = say("{amount} on {day}", amount=amount, day=wording.day(date.fromisoformat(computed["day"])))
    records = [say("from {records}", records=", ".join(computed["records"]))] if computed["records"] else []
    return [amount, *computed["factors"], *records]
