"""The sum of a dose, as the lines of a page."""

from collections.abc import Mapping
from typing import Any


def arithmetic(computed: Mapping[str, Any] | None) -> list[str]:
    """The sum of a dose, line by line."""
    if computed is None:
        return []
    least, most, unit = computed["least"], computed["most"], computed["unit"]
    upper = "an unknown amount" if most is None else str(most)
    amount = f"{least} {unit}" if most == least else f"between {least} and {upper} {unit}"
    day = [f"on {computed['day']}"] if computed["day"] else []
    records = [f"from {', '.join(computed['records'])}"] if computed["records"] else []
    return [" ".join([amount, *day]), *computed["factors"], *records]
