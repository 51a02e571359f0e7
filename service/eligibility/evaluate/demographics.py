"""Age, sex, alive: what the Patient resource itself says."""

from datetime import date
from decimal import Decimal

from service.eligibility.criteria import AgeAtScreening, Alive, Bounds, SexIs
from service.eligibility.dates import ANY_DAY, FOREVER, Days, Duration, Unit, describe, shift
from service.eligibility.evaluate.context import Case
from service.eligibility.evaluate.judgement import Exhibit, Judgement
from service.eligibility.evaluate.numbers import within
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.quantity import Interval


def age_on(birth: Days, day: date) -> tuple[int, int]:
    """Completed years of age on `day`, as the interval that the birth date allows.

    Someone born on 29 February completes a year on 28 February of a common year (the clamped anniversary).
    """
    return _years(birth.latest, day), _years(birth.earliest, day)


def _years(born: date, day: date) -> int:
    years = day.year - born.year
    return years if Duration(years, Unit.YEAR).after(born) <= day else years - 1


def age_at_screening(case: Case, node: AgeAtScreening) -> Judgement:
    """Is the completed age within bounds?"""
    person = case.record.person
    if person.birth.latest == FOREVER or person.birth.earliest > case.at or person.birth == ANY_DAY:
        return Judgement(
            node, Outcome.UNKNOWN, frozenset({Reason.DATE_MISSING}), (_shown(case, "birthDate", "unknown"),)
        )
    youngest, oldest = age_on(Days(person.birth.earliest, min(person.birth.latest, case.at)), case.at)
    outcome = within(Interval(Decimal(youngest), Decimal(oldest)), node.bounds)
    reasons = frozenset({Reason.DATE_IMPRECISE}) if outcome is Outcome.UNKNOWN else frozenset[Reason]()
    age = f"{youngest} years" if youngest == oldest else f"{youngest} to {oldest} years"
    exhibit = _shown(case, "birthDate", age, describe(person.birth))
    return Judgement(node, outcome, reasons, (exhibit,), watch=_birthdays(person.birth, node.bounds, case.at))


def _birthdays(birth: Days, bounds: Bounds, at: date) -> frozenset[date]:
    limits = [each for each in (bounds.above, bounds.at_least, bounds.below, bounds.at_most) if each is not None]
    years = [int(limit) + more for limit in limits for more in (0, 1)]
    days = (Duration(max(each, 0), Unit.YEAR).after(end) for end in (birth.earliest, birth.latest) for each in years)
    return frozenset(day for day in days if at < day < FOREVER)


def sex_is(case: Case, node: SexIs) -> Judgement:
    """Is the administrative gender one of these? `unknown`, `other` and nothing at all do not settle a sex."""
    sex = case.record.person.sex
    exhibit = _shown(case, "gender", sex or "not recorded")
    if sex in node.sexes:
        return Judgement(node, Outcome.MET, exhibits=(exhibit,))
    if sex in ("male", "female"):
        return Judgement(node, Outcome.NOT_MET, exhibits=(exhibit,))
    reason = Reason.STATUS_UNCERTAIN if sex else Reason.VALUE_MISSING
    return Judgement(node, Outcome.UNKNOWN, frozenset({reason}), (exhibit,))


def alive(case: Case, node: Alive) -> Judgement:
    """Alive on the screening date? Absent `deceased` is not known to be dead."""
    person = case.record.person
    if person.deceased is not True:
        return Judgement(node, Outcome.MET, exhibits=(_shown(case, "deceased", "not recorded as deceased"),))
    exhibit = _shown(case, "deceased", "deceased", describe(person.died))
    if person.died.known and person.died.earliest > case.at:
        days = frozenset({person.died.earliest, person.died.latest, shift(person.died.latest, 1)})
        return Judgement(node, Outcome.MET, exhibits=(exhibit,), watch=days)
    if person.died.known and person.died.latest > case.at:
        days = frozenset({person.died.latest, shift(person.died.latest, 1)})
        return Judgement(node, Outcome.UNKNOWN, frozenset({Reason.DATE_IMPRECISE}), (exhibit,), watch=days)
    return Judgement(node, Outcome.NOT_MET, exhibits=(exhibit,))


def _shown(case: Case, element: str, value: str, when: str = "") -> Exhibit:
    return Exhibit(case.record.person.evidence.reference, f"Patient.{element}", when, value)
