"""The drawings of one study on a page, by criterion, each with the table of the same numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from service.eligibility.explain.dose_timeline import DoseRow, dose_rows, dose_timeline
from service.eligibility.explain.trend_chart import TrendRow, trend_chart, trend_rows
from service.eligibility.explain.wording import ENGLISH, Wording
from service.eligibility.series import Series


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing as SVG, and its numbers: `doses` by days, or `results`. `left_out`: so many older ones are not here."""

    svg: str = field(repr=False)
    said: str
    doses: tuple[DoseRow, ...] = ()
    results: tuple[TrendRow, ...] = ()
    left_out: int = 0


Drawn = TypeVar("Drawn")
NOTHING: Mapping[str, tuple[Drawing, ...]] = {}


def drawings_of(series: Series, prefix: str, wording: Wording = ENGLISH) -> Mapping[str, tuple[Drawing, ...]]:
    """The drawings by the id of their criterion; `prefix` tells those of one study from those of another.

    A criterion that asks for the same in several of its parts has one drawing of it.
    """
    found: dict[str, list[Drawing]] = {}
    for number, dose in enumerate(_different(series.doses), 1):
        drawn = dose_timeline(dose, f"{prefix}-dose-{number}", wording)
        found.setdefault(dose.criterion, []).append(
            Drawing(drawn, dose.said, doses=dose_rows(dose, wording), left_out=dose.left_out)
        )
    for number, trend in enumerate(_different(series.trends), 1):
        drawn = trend_chart(trend, f"{prefix}-trend-{number}", wording)
        found.setdefault(trend.criterion, []).append(
            Drawing(drawn, trend.said, results=trend_rows(trend, wording), left_out=trend.left_out)
        )
    return {name: tuple(each) for name, each in found.items()}


def _different(each_part: Sequence[Drawn]) -> list[Drawn]:
    found: list[Drawn] = []
    for each in each_part:
        if each not in found:
            found.append(each)
    return found
