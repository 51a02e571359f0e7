"""The command on small exports of people in a catalog of two criteria."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from service.eligibility.criteria import (
    EVER,
    AgeAtScreening,
    Bounds,
    ConditionPresent,
    Criterion,
    Manual,
    NumberTest,
    ObservationValue,
    Study,
)
from service.eligibility.explain import Phrases
from service.screening.feasibility.counting import Reach
from service.screening.feasibility.moves import asked_moves
from service.screening.feasibility.report import document
from service.screening.feasibility.run import Asked, Feasibility, feasibility
from service.screening.request import Progress, Request
from service.screening.sources import find_sources
from tests.builders import AT
from tests.screening.world import catalog, haemoglobin

HB = ObservationValue(("hb",), test=NumberTest(Bounds(at_least=Decimal(12)), "g/dL"), look_back=EVER)
STUDY = Study(
    "demo",
    "1.0",
    "A demonstration",
    (
        Criterion("I1", "inclusion", "an adult", AgeAtScreening(Bounds(at_least=Decimal(18)))),
        Criterion("I2", "inclusion", "a haemoglobin", HB),
        Criterion("E1", "exclusion", "cancer", ConditionPresent(("cancer",))),
        Criterion("E2", "exclusion", "anything else", Manual("Is there anything else?")),
    ),
    entry=(HB,),
)


def hb(value: object = 13, comparator: str | None = None, **more: Any) -> dict[str, object]:
    """A haemoglobin with its unit's code."""
    quantity = {"value": value, "unit": "g/dL", "system": "http://unitsofmeasure.org", "code": "g/dL"}
    return haemoglobin(valueQuantity=quantity | ({"comparator": comparator} if comparator else {}), **more)


def counted(
    *exports: Path,
    days: Sequence[str] = (),
    moves: Sequence[str] = (),
    at: date = AT,
    study: Study = STUDY,
    **site: Any,
) -> Feasibility:
    """What the exports come to."""
    request = Request(find_sources(exports), (study,), at, None)
    asked = Asked(request, tuple(map(date.fromisoformat, days)), asked_moves((study,), moves))
    return feasibility(catalog(**site), asked, Progress())  # type: ignore[arg-type]


def both(reach: Reach) -> tuple[int, int]:
    """(surely, at most)."""
    return reach.surely, reach.at_most


def funnel(found: Feasibility) -> dict[str, tuple[int, int]]:
    """Who is left after each step."""
    return {name: both(each) for name, each in found.studies[0].counted.steps.items()}


def told(found: Feasibility, *, show_small: bool = True, days: Sequence[str] = ()) -> Any:
    """The document of it."""
    request = replace(Request((), (STUDY,), AT, None))
    return document(found, Asked(request, tuple(map(date.fromisoformat, days)), {}), Phrases({}), show_small=show_small)
