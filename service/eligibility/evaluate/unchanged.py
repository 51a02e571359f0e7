"""Whether a drug was taken in one and the same dose on every day of the window."""

from dataclasses import replace

from service.eligibility.criteria import MedicationTaken, UnchangedDose
from service.eligibility.criteria.exposure import in_days
from service.eligibility.dates import ALWAYS, FOREVER, Window
from service.eligibility.dosing.body import NOBODY
from service.eligibility.dosing.reckoned import reckoned
from service.eligibility.dosing.records import Terms
from service.eligibility.dosing.stability import Stability, unchanged
from service.eligibility.dosing.steps import lines
from service.eligibility.dosing.stretches import turning
from service.eligibility.evaluate.body import body_of
from service.eligibility.evaluate.context import Case
from service.eligibility.evaluate.doses import no_further, records_taken, shown_in, table_of
from service.eligibility.evaluate.judgement import Judgement
from service.eligibility.evaluate.medications import beside_denials, denials
from service.eligibility.evaluate.windows import watch
from service.eligibility.outcome import Outcome


def dose_unchanged(case: Case, node: MedicationTaken, asked: UnchangedDose, window: Window) -> Judgement:
    """Was it taken in one and the same dose on every day of the window, up to its last?"""
    table = table_of(case, asked.equivalent_to)
    taken, gap = records_taken(case, node), in_days(asked.gap)
    body = body_of(case) if taken else NOBODY
    terms = Terms(
        table=table,
        terminology=case.terminology,
        codes=node.codes,
        policy=case.policy,
        body=body,
        known=case.record.known,
    )
    known = reckoned(taken, case.at, terms)
    stable = unchanged(known.records, window, case.at, gap, together=asked.equivalent_to is not None)
    told = [day for each in denials(case, node, window) for day in (each.said.earliest, each.said.latest)]
    near = [day for day in turning(known.boundaries, gap) if ALWAYS < day < FOREVER]
    days = watch(case, node.look_back, [*known.boundaries, *near, *told])
    exhibits = shown_in(case, node, window)
    if stable.outcome is not Outcome.NOT_MET:
        judged = Judgement(node, stable.outcome, stable.reasons, exhibits, notes=_in_words(stable), watch=days)
        return beside_denials(case, node, window, judged, table)
    silent = no_further(case, node, window, exhibits)
    return replace(silent, notes=(*silent.notes, *_in_words(stable)), watch=silent.watch | days)


def _in_words(stable: Stability) -> tuple[str, ...]:
    """The arithmetic: the doses of each drug, and on which days."""
    return tuple(
        f"{name}: {', then '.join(lines(steps, 'mg/d'))}" if name else ", then ".join(lines(steps, "mg/d"))
        for name, steps in stable.drugs
    )
