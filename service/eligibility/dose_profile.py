"""Every drug of one person over a window, as daily doses in steps of days, with what is behind each step. SEMANTICS §6.

The same records, therapies and sums as for a criterion; nothing is compared with a limit here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from service.eligibility.dates import Days, Duration, shift
from service.eligibility.dosing.denials import Opposed, opposed
from service.eligibility.dosing.equivalence import EquivalenceTable
from service.eligibility.dosing.exposure import exposure, systemic
from service.eligibility.dosing.measure import Taken, Terms, steps_of
from service.eligibility.dosing.naming import Naming, product
from service.eligibility.dosing.ranges import Range
from service.eligibility.dosing.records import Record, records
from service.eligibility.dosing.value import Value
from service.eligibility.evaluate.absence import gaps
from service.eligibility.evaluate.body import body_of
from service.eligibility.evaluate.context import Case
from service.eligibility.evaluate.existence import membership
from service.eligibility.facts import Certainty, Kind, MedicationFact
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.policy import MEDICATION_TYPES
from service.eligibility.terms import Membership

ACTS = {Outcome.MET: True, Outcome.UNKNOWN: None, Outcome.NOT_MET: False}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days, both ends in, on which the dose is the same; `records` are those that speak of them."""

    start: date
    end: date
    value: Value
    records: tuple[Record, ...]

    @property
    def reasons(self) -> frozenset[Reason]:
        """Why the dose of these days is not one number; empty where it is."""
        value = self.value
        if value.average.exact and value.peak.high is not None and value.taken is Outcome.MET:
            return frozenset()
        return value.reasons or frozenset({Reason.DOSE_IMPRECISE})


@dataclass(frozen=True, slots=True)
class Curve:
    """The daily dose of one drug, or of several in equivalents of one. `systemic`: it acts in the whole body."""

    name: str
    systemic: bool | None
    stretches: tuple[Stretch, ...]

    @property
    def runs(self) -> tuple[tuple[Stretch, ...], ...]:
        """Stretches that follow one another with the same dose, whatever else differs, taken together."""
        found: list[list[Stretch]] = []
        for each in self.stretches:
            last = found[-1][-1] if found else None
            if last is not None and shift(last.end, 1) == each.start and _dose(last) == _dose(each):
                found[-1].append(each)
            else:
                found.append([each])
        return tuple(tuple(run) for run in found)


def _dose(stretch: Stretch) -> tuple[Range, Range]:
    return stretch.value.average, stretch.value.peak


@dataclass(frozen=True, slots=True)
class Omitted:
    """Records that were left out, and why. `everywhere`: of every sum; else of the equivalents alone."""

    name: str
    records: tuple[str, ...]
    why: str
    everywhere: bool


@dataclass(frozen=True, slots=True)
class DoseProfile:
    """All doses of a person on the days of `window`; `look_back` None: from birth, or as far back as records go.

    `reasons` says why anything of it is not certain, `lacking` which types of records were not loaded completely,
    `unreadable` which records could not be read.
    """

    patient: str
    at: date
    window: Days
    look_back: Duration | None
    ingredients: tuple[Curve, ...]
    equivalent: Curve | None
    table: EquivalenceTable | None
    omitted: tuple[Omitted, ...]
    reasons: frozenset[Reason]
    lacking: tuple[str, ...]
    unreadable: tuple[str, ...]


def dose_profile(
    case: Case, naming: Naming, look_back: Duration | None, table: EquivalenceTable | None = None
) -> DoseProfile:
    """The doses of every drug on record, and their sum in equivalents where a `table` is given."""
    window = _window(case, look_back)
    facts = tuple(each for each in case.record.facts if isinstance(each, MedicationFact))
    ingredients = _ingredients(case, naming, facts, window)
    equivalent, left_out = (None, []) if table is None else _equivalent(case, naming, facts, window, table)
    curves = (*ingredients, *((equivalent,) if equivalent is not None else ()))
    missing = gaps(case, Kind.MEDICATION, ())
    reasons = missing.reasons.union(*(each.reasons for curve in curves for each in curve.stretches))
    types = {*MEDICATION_TYPES, "Medication"}
    return DoseProfile(
        case.record.person.id,
        case.at,
        window,
        look_back,
        ingredients,
        equivalent,
        table,
        (*_not_taken(case, facts, window), *left_out),
        reasons,
        tuple(sorted(missing.lacking)),
        tuple(sorted({each.evidence.reference for each in case.record.unreadable if each.type in types})),
    )


def _window(case: Case, look_back: Duration | None) -> Days:
    birth = case.record.person.birth
    first = birth.earliest if look_back is None else look_back.before(case.at)
    return Days(min(first, case.at), case.at)


def _ingredients(case: Case, naming: Naming, facts: Sequence[MedicationFact], window: Days) -> tuple[Curve, ...]:
    terms, against = _own_terms(case), _opposed(case, naming, facts)
    together: dict[tuple[object, bool | None], list[Record]] = {}
    for fact in facts:
        acts = ACTS[systemic(fact, case.terminology)[0]]
        for record in records([Taken(fact)], case.at, terms, against):
            named = naming.named(record)
            together.setdefault((_drug(named), acts), []).append(named)
    curves = [
        Curve(_shortest(each.ingredient.name for each in found), acts, _stretches(found, window, case.at))
        for (_, acts), found in together.items()
    ]
    return tuple(sorted((each for each in curves if each.stretches), key=_order))


def _opposed(case: Case, naming: Naming, facts: Sequence[MedicationFact]) -> Opposed:
    """What speaks against which records; their drugs are told apart as in the list."""

    def drugs(fact: MedicationFact) -> frozenset[object]:
        told = records([Taken(replace(fact, certainty=Certainty.SURE))], case.at, _own_terms(case), {})
        return frozenset(_drug(naming.named(each)) for each in told)

    return opposed(facts, drugs)


def _drug(named: Record) -> object:
    return named.ingredient.key or product(named.fact.concept)


def _own_terms(case: Case) -> Terms:
    """Doses in mg per day of each drug itself."""
    return Terms(terminology=case.terminology, policy=case.policy, body=body_of(case))


def _shortest(names: Iterable[str]) -> str:
    return min(names, key=lambda name: (len(name), name))


def _order(curve: Curve) -> tuple[str, int, date, tuple[str, ...]]:
    first = curve.stretches[0]
    return curve.name.lower(), [True, None, False].index(curve.systemic), first.start, first.value.records


def _stretches(found: Sequence[Record], window: Days, at: date) -> tuple[Stretch, ...]:
    named = {each.reference: [] for each in found}  # type: dict[str, list[Record]]
    for each in found:
        named[each.reference].append(each)
    joined: list[Stretch] = []
    for step in steps_of(found, window, at):
        behind = tuple(each for reference in step.value.records for each in named[reference])
        last = joined[-1] if joined else None
        if last is not None and shift(last.end, 1) == step.start and last.value == step.value:
            joined[-1] = Stretch(last.start, step.end, step.value, behind)
        else:
            joined.append(Stretch(step.start, step.end, step.value, behind))
    return tuple(joined)


def _equivalent(
    case: Case, naming: Naming, facts: Sequence[MedicationFact], window: Days, table: EquivalenceTable
) -> tuple[Curve, list[Omitted]]:
    taken: list[Taken] = []
    left_out: list[Omitted] = []
    for fact in facts:
        belongs = _belongs(case, fact, table)
        acts, why = systemic(fact, case.terminology)
        outcome = min(belongs.outcome, acts)
        if outcome is not Outcome.NOT_MET:
            reasons = frozenset(each for each in (belongs.reason, why) if each is not None)
            taken.append(Taken(fact, outcome, reasons))
        elif _touches(case, fact, window):
            left_out += _left_out(case, naming, fact, acts, table)
    terms = replace(_own_terms(case), table=table, codes=table.codes)
    found = records(taken, case.at, terms)
    curve = Curve(table.reference_name, True, _stretches(found, window, case.at))
    return curve, list(_together(left_out))


def _belongs(case: Case, fact: MedicationFact, table: EquivalenceTable) -> Membership:
    """Is it a drug that counts in these equivalents? By the table's value sets; without any, by its rows."""
    if table.codes:
        return membership(case, table.codes, table.excluding, fact.concept)
    codings = tuple(coding for coding, _ in case.terminology.codings(fact.concept))
    if table.row(codings) is not None:
        return Membership(Outcome.MET)
    by_name = table.row((), fact.concept.texts) is not None
    return Membership(Outcome.UNKNOWN, Reason.NAME_ONLY) if by_name else Membership(Outcome.NOT_MET)


def _touches(case: Case, fact: MedicationFact, window: Days) -> bool:
    shown = exposure(fact, case.at, case.policy)
    return shown.outcome is not Outcome.NOT_MET and shown.span.hull().overlaps(window)


def _left_out(
    case: Case, naming: Naming, fact: MedicationFact, acts: Outcome, table: EquivalenceTable
) -> Iterable[Omitted]:
    for record in records([Taken(fact)], case.at, _own_terms(case)):
        name = naming.named(record).ingredient.name
        row = table.row((), (name,))
        if acts is Outcome.NOT_MET:
            why = "it acts only where it is put, not in the whole body"
        elif row is not None and row.unknown is not None:
            why = row.unknown
        else:
            why = f"it is not among the drugs that have equivalents of {table.reference_name}"
        yield Omitted(name, (record.reference,), why, everywhere=False)


def _together(omitted: Iterable[Omitted]) -> Iterable[Omitted]:
    by_name: dict[tuple[str, str], list[str]] = {}
    for each in omitted:
        by_name.setdefault((each.name, each.why), []).extend(each.records)
    for (name, why), references in sorted(by_name.items()):
        yield Omitted(name, tuple(sorted(set(references))), why, everywhere=False)


def _not_taken(case: Case, facts: Sequence[MedicationFact], window: Days) -> Iterable[Omitted]:
    for fact in facts:
        references = (fact.evidence.reference,)
        if fact.certainty is Certainty.DENIED and fact.span.hull().overlaps(window):
            yield Omitted(fact.concept.name, references, "the record says that it was not taken or not given", True)
        elif fact.span.start.earliest > case.at:
            why = f"it begins only after {case.at}: {fact.span.start}"
            yield Omitted(fact.concept.name, references, why, True)
