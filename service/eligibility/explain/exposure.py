"""What is asked of a drug's dose and time of use, in words."""

from service.eligibility.criteria import Courses, DoseTest, Exposed, MedicationTaken, Throughout, UnchangedDose
from service.eligibility.criteria.exposure import NO_GAP, ONE_DAY
from service.eligibility.explain.values import bounds_words
from service.eligibility.explain.wording import ENGLISH, Wording


def dose_test_words(test: DoseTest, wording: Wording = ENGLISH) -> str:
    """What follows the name of the drug: `above 10 mg/day of prednisone equivalent on at least 30 days`."""
    say = wording.say
    dose = f"{bounds_words(test.bounds, wording)} {per_time(test.unit, wording)}"
    if test.equivalent_to:
        dose = say("{dose} of {drug} equivalent", dose=dose, drug=wording.name(test.equivalent_to))
    if test.days is not None:
        number, row = test.days.at_least, test.days.consecutive
        if number == 1:
            return (
                say("{dose} on at least 1 day in a row", dose=dose)
                if row
                else say("{dose} on at least 1 day", dose=dose)
            )
        if row:
            return say("{dose} on at least {number} days in a row", dose=dose, number=number)
        return say("{dose} on at least {number} days", dose=dose, number=number)
    match test.measure:
        case "cycle_average":
            return dose
        case "highest_day":
            return say("{dose} on any single day", dose=dose)
        case "mean":
            return say("{dose} in the mean of all days", dose=dose)
        case "cumulative":
            return say("{dose} altogether", dose=dose)


def per_time(unit: str, wording: Wording = ENGLISH) -> str:
    """A unit of a dose as people write it: `mg/day`."""
    amount, stroke, per = unit.partition("/")
    if stroke and per == "d":
        return wording.say("{unit}/day", unit=amount)
    if stroke and per == "wk":
        return wording.say("{unit}/week", unit=amount)
    return unit


def exposed_words(asked: Exposed, wording: Wording = ENGLISH) -> str:
    """What follows `taken`."""
    say = wording.say
    match asked:
        case Throughout(gap):
            if gap == NO_GAP:
                return say("on every day")
            return say("on every day, but for gaps of at most {gap},", gap=wording.duration(gap))
        case UnchangedDose(gap, reference):
            dose = say("in one unchanged dose")
            if reference:
                dose = say("in one unchanged dose of {drug} equivalent", drug=wording.name(reference))
            if gap == NO_GAP:
                return say("{dose} on every day", dose=dose)
            return say("{dose} on every day, but for gaps of at most {gap},", dose=dose, gap=wording.duration(gap))
        case Courses(count, gap, lasting):
            courses = say("in at least 1 course") if count == 1 else say("in at least {number} courses", number=count)
            if lasting != ONE_DAY:
                courses = say("{courses} of at least {lasting}", courses=courses, lasting=wording.duration(lasting))
            return say("{courses}, more than {gap} apart,", courses=courses, gap=wording.duration(gap))


def half_lives_words(node: MedicationTaken, when: str, wording: Wording = ENGLISH) -> str:
    """`within 4 weeks before the screening date, or 5 of its half-lives where these are longer`."""
    if node.half_lives is None:
        return when
    return wording.say(
        "{when}, or {number} of its half-lives where these are longer", when=when, number=node.half_lives
    )
