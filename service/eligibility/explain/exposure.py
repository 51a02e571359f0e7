"""What is asked of a drug's dose and time of use, in words."""

from service.eligibility.criteria import Courses, DoseTest, Exposed, MedicationTaken, Throughout, UnchangedDose
from service.eligibility.criteria.exposure import NO_GAP, ONE_DAY
from service.eligibility.dates import Duration
from service.eligibility.explain.values import bounds_words


def dose_test_words(test: DoseTest) -> str:
    """What follows the name of the drug: ` above 10 mg/day of prednisone equivalent on at least 30 days`."""
    amount = f"{bounds_words(test.bounds)} {test.unit.replace('/d', '/day').replace('/wk', '/week')}"
    equal = f" of {test.equivalent_to} equivalent" if test.equivalent_to else ""
    if test.days is not None:
        row = " in a row" if test.days.consecutive else ""
        return f" {amount}{equal} on at least {_counted(test.days.at_least, 'day')}{row}"
    return {
        "cycle_average": f" {amount}{equal}",
        "highest_day": f" {amount}{equal} on any single day",
        "mean": f" {amount}{equal} in the mean of all days",
        "cumulative": f" {amount}{equal} altogether",
    }[test.measure]


def exposed_words(asked: Exposed) -> str:
    """What follows `taken`."""
    match asked:
        case Throughout(gap):
            return f" on every day{_but_for(gap)}"
        case UnchangedDose(gap, reference):
            equal = f" of {reference} equivalent" if reference else ""
            return f" in one unchanged dose{equal} on every day{_but_for(gap)}"
        case Courses(count, gap, lasting):
            long = f" of at least {lasting}" if lasting != ONE_DAY else ""
            return f" in at least {_counted(count, 'course')}{long}, more than {gap} apart,"


def _but_for(gap: Duration) -> str:
    return "" if gap == NO_GAP else f", but for gaps of at most {gap},"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def half_lives_words(node: MedicationTaken) -> str:
    """`, or 5 of its half-lives where these are longer`."""
    return "" if node.half_lives is None else f", or {node.half_lives} of its half-lives where these are longer"
