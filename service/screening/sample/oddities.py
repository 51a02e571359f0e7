"""People whose charts are set apart: deceased, too young, opposed to research, made for testing, merged."""

from collections.abc import Callable
from typing import NamedTuple

from service.screening.sample.chart import Chart
from service.screening.sample.clinical import research_consent
from service.screening.sample.igg4 import igg4_patient
from service.screening.sample.ordinary import ordinary
from service.screening.sample.people import dies, is_invented_for_testing, is_replaced_by

ADULT = (25, 80)


class Oddity(NamedTuple):
    """Who this is, how their chart is written, and their youngest and oldest age."""

    name: str
    write: Callable[[Chart], None]
    ages: tuple[int, int] = ADULT


def deceased(chart: Chart) -> None:
    """IgG4-RD; died last week."""
    igg4_patient(chart)
    dies(chart, 6)


def minor(chart: Chart) -> None:
    """IgG4-RD in somebody not yet of age: shown, not excluded."""
    igg4_patient(chart)


def research_refused(chart: Chart) -> None:
    """IgG4-RD, but the use for research was refused."""
    igg4_patient(chart)
    research_consent(chart, 215, permits=False)


def for_testing(chart: Chart) -> None:
    """A record made up in the hospital to try its system out."""
    igg4_patient(chart)
    is_invented_for_testing(chart)


def merged_record(chart: Chart) -> None:
    """A second record of the person before, with whom it was merged."""
    ordinary(chart)
    if chart.previous is not None:
        is_replaced_by(chart, chart.previous)


ODDITIES = (
    Oddity("deceased", deceased),
    Oddity("minor", minor, (13, 16)),
    Oddity("research_refused", research_refused),
    Oddity("for_testing", for_testing),
    Oddity("merged_record", merged_record),
)
