"""Each record as a course of doses in the unit asked for, by ingredient, with its certainty. SEMANTICS §6.5, §6.6."""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import partial
from typing import NamedTuple

from service.eligibility.criteria import DoseTest
from service.eligibility.dates import Days, Span
from service.eligibility.dosing.body import NOBODY, Body
from service.eligibility.dosing.course import Phase, course
from service.eligibility.dosing.daily import Daily, unknown
from service.eligibility.dosing.denials import NOT_TAKEN, Opposed, oppose, opposed, opposed_days
from service.eligibility.dosing.depots import Acting, acted
from service.eligibility.dosing.equivalence import EquivalenceTable, Ingredient, ingredients
from service.eligibility.dosing.exposure import exposure
from service.eligibility.dosing.linked import reconciled
from service.eligibility.dosing.ranges import Range
from service.eligibility.dosing.routes import family, way
from service.eligibility.dosing.units import MASS, base
from service.eligibility.dosing.value import Value, added
from service.eligibility.facts import MedicationFact
from service.eligibility.outcome import Outcome, Reason, truth
from service.eligibility.policy import Policy
from service.eligibility.terms import Terminology
from service.errors import InvalidValue

SALT = "mass-of-salt"
PER = {"d": Fraction(1), "wk": Fraction(7), "h": Fraction(1, 24)}


@dataclass(frozen=True, slots=True)
class Taken:
    """A record of one of the criterion's drugs. `outcome`: by code and route it is one (MET) or may be (UNKNOWN).

    `acting`: it is a depot, whose doses act beyond their days.
    """

    fact: MedicationFact
    outcome: Outcome = Outcome.MET
    reasons: frozenset[Reason] = frozenset()
    acting: Acting | None = None


@dataclass(frozen=True)
class Terms:
    """How a dose is asked for: a unit per time, of the drug itself or a reference drug; how drugs are known; whose."""

    unit: str = "mg/d"
    table: EquivalenceTable | None = None
    terminology: Terminology | None = None
    codes: tuple[str, ...] = ()
    policy: Policy = field(default_factory=Policy)
    body: Body = NOBODY
    # What was worked out before for records of the same person; policy and terminology are those of one site.
    known: MutableMapping[object, object] | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, test: DoseTest, table: EquivalenceTable | None, policy: Policy) -> "Terms":
        """The terms of a dose test. Raises InvalidValue where it asks for an equivalence that no table gives."""
        if test.equivalent_to is not None and table is None:
            raise InvalidValue(f"no equivalence table for {test.equivalent_to!r}")
        return cls(test.unit, table if test.equivalent_to is not None else None, policy=policy)

    def target(self) -> tuple[str, Range]:
        """The base unit of what is asked for, and the factor from a dose per day in it to `unit`."""
        amount, _, per = self.unit.partition("/")
        if (per or "d") not in PER:
            raise InvalidValue(f"a daily dose is asked for per d, wk or h, not {self.unit!r}")
        named, factor = base(amount)
        return named, Range.exactly(PER[per or "d"] / factor)


@dataclass(frozen=True, slots=True)
class Record:
    """One record's course of one ingredient, in the unit asked for.

    `planned`: the days of its phases as far as they are planned, those after the day it is looked at included.
    `opposed`: on these days it counts possibly, because a statement says, or may say, that it was not taken.
    """

    fact: MedicationFact
    taken: Taken
    ingredient: Ingredient
    phases: tuple[Phase, ...]
    outcome: Outcome
    length: Reason | None
    family: str | None
    planned: tuple[Span, ...] = ()
    opposed: tuple[Days, ...] = ()

    @property
    def reference(self) -> str:
        """`Type/id` of the resource."""
        return self.fact.evidence.reference

    def on(self, first: date, last: date) -> Value | None:
        """What it says about these days (none of its phases begins or ends inside them); None if nothing."""
        parts = [value for phase in self.phases if (value := self._part(phase, first, last)) is not None]
        return added(parts) if parts else None

    def _part(self, phase: Phase, first: date, last: date) -> Value | None:
        covered = coverage(phase.span, first, last)
        if covered is Outcome.NOT_MET:
            return None
        dose, reasons = phase.daily, phase.daily.reasons
        if covered is Outcome.UNKNOWN:
            reasons |= {self.length or Reason.DATE_IMPRECISE}
        if self.outcome is Outcome.UNKNOWN:
            reasons |= self.taken.reasons | ({self.length} if self.length else frozenset())
        peak = dose.peak
        if (last - first).days + 1 < dose.cycle:
            peak = Range(min(dose.trough.low, peak.low), peak.high)
        outcome = min(covered, self.outcome, phase.taken)
        marks = dose.marks + self.fact.marks
        if oppose(self.opposed, Days(first, last)):
            outcome, marks = min(outcome, Outcome.UNKNOWN), (*marks, NOT_TAKEN)
            reasons |= {Reason.DOSE_IMPRECISE}
        return Value(
            dose.average,
            peak,
            dose.trough,
            outcome,
            reasons,
            (dose.words,),
            (self.reference,),
            marks,
        )


def coverage(span: Span, first: date, last: date) -> Outcome:
    """Does the span cover all of these days? They hold none of its ends inside, so what covers one covers all."""
    sure = span.start.latest <= first and last <= span.end.earliest
    return truth(sure, span.start.earliest <= last and first <= span.end.latest)


def records(taken: Sequence[Taken], at: date, terms: Terms, against: Opposed | None = None) -> tuple[Record, ...]:
    """The records that count as of `at`, each resource once, in the order of their references.

    `against`: what speaks against them; by default those of these records that deny one of the others.
    """
    chosen: dict[str, Taken] = {}
    for each in taken:
        known = chosen.get(each.fact.evidence.reference)
        if known is None or each.outcome > known.outcome:
            chosen[each.fact.evidence.reference] = each
    keys = partial(_keys, terms)
    if against is None:
        against = opposed([each.fact for each in chosen.values()], keys)
    facts = reconciled({name: each.fact for name, each in chosen.items()}, keys)
    found = ((name, replace(each, fact=facts[name])) for name, each in sorted(chosen.items()))
    return tuple(record for _, each in found for record in _records(each, at, terms, against))


def _keys(terms: Terms, fact: MedicationFact) -> frozenset[str | None]:
    return frozenset(each.key for each in ingredients(fact, terms.table, terms.terminology, terms.codes))


def _records(taken: Taken, at: date, terms: Terms, against: Opposed) -> Sequence[Record]:
    shown = exposure(taken.fact, at, terms.policy)
    outcome = min(taken.outcome, shown.outcome)
    if outcome is Outcome.NOT_MET:
        return ()
    way_taken, against_it = family(taken.fact), opposed_days(against, taken.fact, taken.acting)
    return [
        Record(taken.fact, taken, each, _begun(phases, at), outcome, shown.reason, way_taken, planned, against_it)
        for each, phases, planned in _remembered(taken, shown.span, terms)
    ]


def _begun(phases: tuple[Phase, ...], at: date) -> tuple[Phase, ...]:
    return tuple([each for each in phases if each.span.start.earliest <= at])


class _Course(NamedTuple):
    """Of one ingredient: its phases in the unit asked for, and the days that are planned."""

    ingredient: Ingredient
    phases: tuple[Phase, ...]
    planned: tuple[Span, ...]


class _Known(NamedTuple):
    """What the courses of a record were worked out from, and they."""

    fact: MedicationFact
    table: EquivalenceTable | None
    terminology: Terminology | None
    body: Body
    courses: Sequence[_Course]


def _remembered(taken: Taken, span: Span, terms: Terms) -> Sequence[_Course]:
    """The courses of a record on these days; studies ask again and again for the same ones, with other bounds."""
    if terms.known is None:
        return _courses(taken, span, terms)
    asked = terms.table, terms.terminology, terms.body
    key = "course", id(taken.fact), taken.acting, span, terms.unit, id(terms.table), terms.codes
    known = terms.known.get(key)
    if not isinstance(known, _Known) or known.fact is not taken.fact or (known[1:4]) != asked:
        known = terms.known[key] = _Known(taken.fact, *asked, _courses(taken, span, terms))
    return known.courses


def _courses(taken: Taken, span: Span, terms: Terms) -> Sequence[_Course]:
    made, fact = [], taken.fact
    for each in ingredients(fact, terms.table, terms.terminology, terms.codes):
        phases = acted(course(fact, span, each.holding, terms.body), taken.acting)
        planned = phases
        if span != fact.span:
            planned = acted(course(fact, fact.span, each.holding, terms.body), taken.acting)
        converted = tuple([_converted(phase, each, terms, fact) for phase in phases])
        made.append(_Course(each, converted, tuple([phase.span for phase in planned])))
    return made


def _converted(phase: Phase, ingredient: Ingredient, terms: Terms, fact: MedicationFact) -> Phase:
    dose = phase.daily
    unit, factor = terms.target()
    words = [dose.words]
    if terms.table is not None:
        equal = _equal(ingredient, terms.table, fact)
        if isinstance(equal, Unequal):
            return _unknown(phase, f"{dose.words}; {ingredient.name}: {equal.why}", equal.reason)
        factor = factor.times(equal)
        if ingredient.name != terms.table.reference_name:
            words.append(f"x {equal} ({ingredient.name} to {terms.table.reference_name})")
        if not ingredient.share.exact:
            factor = factor.times(ingredient.share)
            words.append(f"x {ingredient.share} (the mass may be that of the salt)")
            phase = replace(phase, daily=replace(dose, marks=(*dose.marks, SALT)))
    if dose.unit != (MASS if terms.table is not None else unit) and dose.average.high is not None:
        return _unknown(phase, f"{dose.words}; {dose.unit} is not {unit}", Reason.UNIT_NOT_CONVERTIBLE)
    return _times(phase, factor, words)


class Unequal(NamedTuple):
    """Why there is no factor."""

    why: str
    reason: Reason = Reason.NO_EQUIVALENCE


def _equal(ingredient: Ingredient, table: EquivalenceTable, fact: MedicationFact) -> Range | Unequal:
    """The factor to the reference drug, if a source gives one for the way it is taken."""
    row = ingredient.row
    equal = None if row is None else table.factor(row)
    if row is None or equal is None:
        return Unequal(row.unknown if row and row.unknown else "no sourced equivalence")
    taken = way(fact) if row.routes else None
    if not row.routes or taken in row.routes:
        return equal
    known = " or ".join(row.routes)
    if taken is None:
        return Unequal(f"its equivalence is known for {known} use, and the route is not stated", Reason.ROUTE_UNKNOWN)
    return Unequal(f"its equivalence is known for {known} use, not for {taken}")


def _times(phase: Phase, factor: Range, words: Sequence[str]) -> Phase:
    dose = phase.daily
    text = words[0] if len(words) == 1 and factor == Range.exactly(1) else _result(dose, factor, words)
    scaled = replace(
        dose,
        average=dose.average.times(factor),
        peak=dose.peak.times(factor),
        trough=dose.trough.times(factor),
        words=text,
    )
    return replace(phase, daily=scaled, somewhere=phase.somewhere.times(factor))


def _result(dose: Daily, factor: Range, words: Sequence[str]) -> str:
    return f"{' '.join(words)} = {dose.average.times(factor)}"


def _unknown(phase: Phase, words: str, reason: Reason) -> Phase:
    if phase.daily.average.high == 0:
        return phase
    dose = unknown(words, frozenset({reason}) | phase.daily.reasons, phase.daily.marks)
    return replace(phase, daily=dose, somewhere=dose.average)
