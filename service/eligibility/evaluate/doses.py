"""Doses of drugs: within bounds on a day of the window, on so many days, in the mean, altogether. SEMANTICS §6.7."""

from dataclasses import replace

from service.eligibility.criteria import DoseTest, MedicationTaken
from service.eligibility.dates import Window
from service.eligibility.dosing.body import NOBODY
from service.eligibility.dosing.equivalence import EquivalenceTable
from service.eligibility.dosing.measure import DoseAnswer, Taken, dose_in_window
from service.eligibility.dosing.pace import Pace
from service.eligibility.evaluate.absence import gaps, silence
from service.eligibility.evaluate.body import body_of
from service.eligibility.evaluate.context import Case
from service.eligibility.evaluate.denials import denying
from service.eligibility.evaluate.existence import dated
from service.eligibility.evaluate.judgement import Exhibit, Judgement, unique
from service.eligibility.evaluate.medications import (
    acting_of,
    beside_denials,
    denials,
    drug_records,
    exposure_of,
    show,
)
from service.eligibility.evaluate.windows import watch
from service.eligibility.facts import Kind
from service.eligibility.outcome import Outcome


def dose_taken(case: Case, node: MedicationTaken, test: DoseTest, window: Window) -> Judgement:
    """The dose over all records together: a sum cannot be judged record by record."""
    exhibits, table = shown_in(case, node, window), table_of(case, test.equivalent_to)
    # what a depot releases after its day is no further dose
    taken = records_taken(case, node, acting=not test.of_window)
    answer = dose_in_window(
        taken,
        window,
        case.at,
        test,
        table,
        case.policy,
        case.terminology,
        node.codes,
        body_of(case) if taken else NOBODY,
        Pace.of(node.look_back, case.at),
        case.record.known,
    )
    told = [day for each in denials(case, node, window) for day in (each.said.earliest, each.said.latest)]
    days = watch(case, node.look_back, [*answer.boundaries, *told])
    days |= frozenset() if answer.moves is None else {answer.moves}
    if answer.outcome is Outcome.NOT_MET:
        silent = no_further(case, node, window, exhibits)
        return replace(silent, dose=answer if exhibits else None, watch=silent.watch | days)
    judged = Judgement(node, answer.outcome, answer.reasons, exhibits, dose=answer, watch=days)
    known = _only_if_all_is_known(case, node, test, window, judged, answer)
    return beside_denials(case, node, window, known, table)


def records_taken(case: Case, node: MedicationTaken, *, acting: bool = True) -> list[Taken]:
    """The records of these drugs, each with how far it is one of them; with what says that they were not taken."""
    found = []
    for fact, belongs, (acts, why) in drug_records(case, node):
        reasons = why | (frozenset({belongs.reason}) if belongs.reason else frozenset())
        depot = acting_of(case, node, fact) if acting else None
        found.append(Taken(fact, min(belongs.outcome, acts), reasons, depot))
    return [*found, *(Taken(each) for each in denying(case, node))]


def table_of(case: Case, reference: str | None) -> EquivalenceTable | None:
    """The table of equivalents of a reference drug."""
    return case.knowledge.equivalents.get(reference) if reference else None


def shown_in(case: Case, node: MedicationTaken, window: Window) -> tuple[Exhibit, ...]:
    """The records that speak of days of the window."""
    return unique(
        show(fact)
        for fact, _, _ in drug_records(case, node)
        if dated(exposure_of(case, node, fact).span, window)[0] is not Outcome.NOT_MET
    )


def no_further(case: Case, node: MedicationTaken, window: Window, exhibits: tuple[Exhibit, ...]) -> Judgement:
    """No other record may exist that would add to what is known: that is what silence has to vouch for."""
    return silence(
        case,
        node,
        Kind.MEDICATION,
        node.codes,
        window,
        look_back=node.look_back,
        absence=node.absence,
        shown=exhibits,
        denied=[] if exhibits else denials(case, node, window),
    )


def _only_if_all_is_known(
    case: Case, node: MedicationTaken, test: DoseTest, window: Window, judged: Judgement, answer: DoseAnswer
) -> Judgement:
    """That a dose is not higher than a limit can only be said where all records are known.

    Of a mean or a total, also that nothing was taken on the days without a record.
    """
    if judged.outcome is not Outcome.MET or not test.limited:
        return judged
    if test.of_window:
        silent = no_further(case, node, window, judged.exhibits)
        outcome = Outcome.UNKNOWN if silent.outcome is Outcome.UNKNOWN else Outcome.MET
        return replace(silent, outcome=outcome, dose=answer, watch=silent.watch | judged.watch)
    missing = gaps(case, Kind.MEDICATION, node.codes)
    if not missing:
        return judged
    return replace(judged, outcome=Outcome.UNKNOWN, reasons=missing.reasons, lacking=missing.lacking)
