"""Stories about prednisone and its relatives: more than 10 mg a day within three months, or not, or not to be told."""

from service.screening.sample.chart import Chart
from service.screening.sample.clinical import condition, icd
from service.screening.sample.drugs import (
    DEXAMETHASONE_1_5,
    METHYLPREDNISOLONE_16,
    PREDNISONE_2_5,
    PREDNISONE_5,
    PREDNISONE_10,
    PREDNISONE_20,
    coded,
    contained,
    dispense,
    order,
    statement,
    take,
)
from service.screening.sample.igg4 import igg4_patient
from service.screening.sample.terms import concept, hl7, reference


def taper_leaving_the_window(chart: Chart) -> None:
    """12.5 mg (5 tablets of 2.5 mg) ended 64 days ago, 10 mg and 7.5 mg since: free of it in some four weeks."""
    igg4_patient(chart, index=None)
    steps = ((8, 14), (5, 35), (4, 28), (3, 112))  # tablets of 2.5 mg, days: 20, 12.5, 10, 7.5 mg a day
    taper = [take(pieces, days=days, sequence=place) for place, (pieces, days) in enumerate(steps, 1)]
    order(chart, coded(PREDNISONE_2_5), 112, *taper, updated=12)


def taper_over_before_the_window(chart: Chart) -> None:
    """A taper from 30 mg that ended five months ago; polymyalgia, which is no connective tissue disease here."""
    igg4_patient(chart, index=4)
    taper = [take(pieces, days=21, sequence=place) for place, pieces in enumerate((6, 4, 2, 1), 1)]
    order(chart, coded(PREDNISONE_5), 234, *taper, status="completed", updated=150)
    polymyalgia = concept(icd("M35.3", "Polymyalgia rheumatica"), text="Polymyalgia rheumatica")
    condition(chart, polymyalgia, chart.month(1500), recorded=96)


def exactly_ten_milligrams(chart: Chart) -> None:
    """10 mg once daily for a year: not more than 10."""
    igg4_patient(chart)
    order(chart, coded(PREDNISONE_10), 360, take(1), updated=12)


def twenty_every_other_day(chart: Chart) -> None:
    """20 mg every other day is 10 mg a day; the drug is a Medication of the formulary."""
    igg4_patient(chart)
    drug: dict[str, object] = {"medicationReference": reference("Medication/sample-medication-prednisone-20")}
    order(chart, drug, 200, take(1, period=2), updated=12)


def two_tablets_of_five(chart: Chart) -> None:
    """Two tablets of 5 mg; the Medication with its strength is contained."""
    igg4_patient(chart, index=3)
    order(chart, contained(PREDNISONE_5), 215, take(2), updated=12)


def steroid_as_needed(chart: Chart) -> None:
    """20 mg as needed: between nothing and 20 mg a day."""
    igg4_patient(chart)
    order(chart, coded(PREDNISONE_20), 96, take(1, as_needed=True), updated=12)


def steroid_as_directed(chart: Chart) -> None:
    """Nothing but "as directed": no dose can be told."""
    igg4_patient(chart)
    order(chart, coded(PREDNISONE_5), 96, {"text": "Take as directed"}, updated=12)


def methylprednisolone_sixteen(chart: Chart) -> None:
    """16 mg of methylprednisolone are 20 mg of prednisone; and it once brought on a serious adverse event."""
    igg4_patient(chart)
    drug = order(chart, coded(METHYLPREDNISOLONE_16), 96, take(1), updated=12)
    chart.add(
        "AdverseEvent",
        90,
        actuality="actual",
        event=concept(text="Steroid-induced psychosis"),
        date=chart.day(92),
        seriousness=hl7("adverse-event-seriousness", "serious", "Serious"),
        suspectEntity=[{"instance": reference(drug)}],
    )


def dexamethasone_where_tables_differ(chart: Chart) -> None:
    """1.5 mg of dexamethasone: 10 mg of prednisone by most tables, 12.5 mg by some."""
    igg4_patient(chart)
    order(chart, coded(DEXAMETHASONE_1_5), 60, take(1), updated=12)


def order_on_hold(chart: Chart) -> None:
    """An order of 20 mg on hold: perhaps taken."""
    igg4_patient(chart)
    order(chart, coded(PREDNISONE_20), 75, take(1), status="on-hold", updated=12)


def order_stopped_without_an_end(chart: Chart) -> None:
    """20 mg daily, stopped nobody knows when: the record was last touched two weeks ago."""
    igg4_patient(chart)
    order(chart, coded(PREDNISONE_20), 215, take(1), status="stopped", updated=14)


def one_therapy_in_three_records(chart: Chart) -> None:
    """An order, what was dispensed on it, and what the person says: one therapy of 7.5 mg, not three."""
    igg4_patient(chart, index=5)
    drug, how = coded(PREDNISONE_2_5), take(3)
    request = order(chart, drug, 170, how, updated=12)
    for ago in (170, 80):
        dispense(chart, drug, ago, 270, 90, how, by=request)
    statement(chart, drug, 170, how)
