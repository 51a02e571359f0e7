"""Assessments that between them use everything an output can hold."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from service.eligibility.assess import Assessment, Change, assess
from service.eligibility.criteria import Decision
from service.eligibility.dosing.measure import DoseAnswer
from service.eligibility.explain import Phrases
from service.eligibility.facts import Fact
from service.eligibility.outcome import Outcome
from tests.builders import AT, SETS, concept, condition, knowledge, record, result
from tests.screening.world import STUDY

PHRASES = Phrases({each.id: each.title for each in SETS})
HB = result(concept("hb", text="haemoglobin", system="http://loinc.org"), 13)
CHARTS: dict[str, tuple[Fact, ...]] = {
    "ineligible": (condition(concept("1", text="cancer")), HB),
    "needs review": (condition(concept("2", text="perhaps cancer")), HB),
    "candidate": (HB,),
    "empty": (),
}
DOSE = DoseAnswer(
    Outcome.MET,
    Decimal("12.5"),
    None,
    "mg/d",
    AT,
    ("MedicationRequest/1",),
    ("prednisone 1 (a source)",),
    frozenset(),
    (),
)


def assessments() -> dict[str, Assessment]:
    """One of each standing, and one that carries every optional part."""
    found = {name: assess(record(*facts, loaded=None), STUDY, AT, knowledge()) for name, facts in CHARTS.items()}
    return {**found, "everything": _full(found["ineligible"])}


def _full(plain: Assessment) -> Assessment:
    first = plain.findings[0]
    decided = replace(first.criterion, decisions=(Decision("Which?", "This.", "Because."),))
    judged = replace(first.judgement, dose=DOSE, tier="definite", notes=("stale-entry",))
    change = Change(date(2026, 7, 1), "I1", Outcome.NOT_MET)
    findings = (replace(first, criterion=decided, judgement=judged), *plain.findings[1:])
    return replace(plain, findings=findings, later=date(2026, 9, 1), next_change=change)


EXAMPLES = assessments()
