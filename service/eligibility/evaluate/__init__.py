"""The reference evaluator: one node, one person, one screening date, one judgement."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import cast

from service.eligibility.criteria import (
    AdverseEventHad,
    AgeAtScreening,
    Alive,
    AllergyKnown,
    AllOf,
    AnyOf,
    AtLeast,
    BreastFeeding,
    ConditionPresent,
    ConsentIs,
    Courses,
    EncounterHad,
    IfElse,
    ImmunizationGiven,
    Manual,
    MedicationTaken,
    Node,
    Not,
    ObservationValue,
    Pregnant,
    ProcedureDone,
    SexIs,
    Throughout,
    Tiers,
    UnchangedDose,
)
from service.eligibility.dates import Days, Window
from service.eligibility.evaluate.allergies import allergy_known, consent_is
from service.eligibility.evaluate.anchors import Found, find_anchor
from service.eligibility.evaluate.conditions import condition_present
from service.eligibility.evaluate.context import Case, Knowledge
from service.eligibility.evaluate.courses import taken_in_courses, taken_throughout
from service.eligibility.evaluate.demographics import age_at_screening, alive, sex_is
from service.eligibility.evaluate.doses import dose_taken
from service.eligibility.evaluate.events import adverse_event_had, event_happened
from service.eligibility.evaluate.judgement import Exhibit, Judgement, combined, in_order, unique
from service.eligibility.evaluate.medications import medication_taken
from service.eligibility.evaluate.observations import observation_value
from service.eligibility.evaluate.reproduction import breast_feeding, pregnant
from service.eligibility.evaluate.unchanged import dose_unchanged
from service.eligibility.evaluate.windows import window_of
from service.eligibility.outcome import Outcome, Reason, at_least, conjunction, disjunction, negate

__all__ = ["Case", "Exhibit", "Judgement", "Knowledge", "evaluate"]

Windowed = (
    ConditionPresent
    | MedicationTaken
    | ObservationValue
    | ProcedureDone
    | ImmunizationGiven
    | EncounterHad
    | AdverseEventHad
)


def evaluate(node: Node, case: Case) -> Judgement:
    """Is the statement true of this person on this record, on this screening date? SEMANTICS §2."""
    return case.ask(node, _plain)


def _plain(node: Node, case: Case) -> Judgement:
    return _EVALUATORS[type(node)](case, node)


def _all_of(case: Case, node: AllOf) -> Judgement:
    parts = [evaluate(part, case) for part in node.parts]
    return combined(node, conjunction(part.outcome for part in parts), parts)


def _any_of(case: Case, node: AnyOf) -> Judgement:
    parts = [evaluate(part, case) for part in node.parts]
    return combined(node, disjunction(part.outcome for part in parts), parts)


def _not(case: Case, node: Not) -> Judgement:
    part = evaluate(node.part, case)
    negated = combined(node, part.outcome, [part])
    return replace(negated, outcome=negate(part.outcome))


def _at_least(case: Case, node: AtLeast) -> Judgement:
    parts = [evaluate(part, case) for part in node.parts]
    outcome = at_least(node.count, _count(parts, Outcome.MET), _count(parts, Outcome.UNKNOWN))
    return combined(node, outcome, parts)


def _count(parts: Iterable[Judgement], outcome: Outcome) -> int:
    return sum(part.outcome is outcome for part in parts)


def _if_else(case: Case, node: IfElse) -> Judgement:
    condition, then, otherwise = (evaluate(each, case) for each in (node.condition, node.then, node.otherwise))
    if condition.outcome is Outcome.UNKNOWN:
        outcome = then.outcome if then.outcome is otherwise.outcome else Outcome.UNKNOWN
        branches = [then, otherwise]
        parts = branches if outcome is not Outcome.UNKNOWN else [condition, *branches]
        return combined(node, outcome, parts)
    chosen = then if condition.outcome is Outcome.MET else otherwise
    judged = combined(node, chosen.outcome, [chosen])
    return replace(
        judged,
        exhibits=unique([*condition.exhibits, *chosen.exhibits]),
        assumptions=in_order([*condition.assumptions, *chosen.assumptions]),
        notes=in_order([*condition.notes, *chosen.notes]),
        parts=(condition, chosen),
        watch=condition.watch | then.watch | otherwise.watch,
    )


def _tiers(case: Case, node: Tiers) -> Judgement:
    parts = [evaluate(each.node, case) for each in node.tiers]
    outcome = disjunction(part.outcome for part in parts)
    name = None
    if outcome is Outcome.MET:
        first = next(index for index, part in enumerate(parts) if part.outcome is Outcome.MET)
        # a better tier that is still open makes this one the least that holds
        open_above = any(part.outcome is Outcome.UNKNOWN for part in parts[:first])
        name = f"at least {node.tiers[first].name}" if open_above else node.tiers[first].name
    return combined(node, outcome, parts, tier=name)


def _manual(case: Case, node: Manual) -> Judgement:
    return Judgement(node, Outcome.UNKNOWN, frozenset({Reason.MANUAL}))


def _in_window(judge: Callable[[Case, Windowed, Window], Judgement]) -> Callable[[Case, Windowed], Judgement]:
    """Evaluate in the node's window; an anchor that cannot be placed leaves the answer unknown."""

    def judged(case: Case, node: Windowed) -> Judgement:
        anchor = node.look_back.anchor if node.look_back else None
        found = find_anchor(case, anchor) if anchor else Found(Days.on(case.at))
        if found.days is None:
            return Judgement(
                node, Outcome.UNKNOWN, found.reasons, found.exhibits, lacking=found.lacking, watch=found.watch
            )
        window = window_of(node.look_back, case.at, found.days)
        if window is None:
            return Judgement(node, Outcome.UNKNOWN, frozenset({Reason.DATE_IMPRECISE}), watch=found.watch)
        judged = judge(case, node, window)
        return judged.watching(found.watch)

    return judged


def _medication(case: Case, node: MedicationTaken, window: Window) -> Judgement:
    if node.dose is not None:
        return dose_taken(case, node, node.dose, window)
    match node.exposed:
        case Throughout():
            return taken_throughout(case, node, node.exposed, window)
        case Courses():
            return taken_in_courses(case, node, node.exposed, window)
        case UnchangedDose():
            return dose_unchanged(case, node, node.exposed, window)
        case None:
            return medication_taken(case, node, window)


_Evaluator = Callable[[Case, Node], Judgement]
_EVALUATORS: dict[type, _Evaluator] = cast(
    dict[type, _Evaluator],
    {
        AllOf: _all_of,
        AnyOf: _any_of,
        Not: _not,
        AtLeast: _at_least,
        IfElse: _if_else,
        Tiers: _tiers,
        Manual: _manual,
        ConditionPresent: _in_window(condition_present),  # type: ignore[arg-type]
        MedicationTaken: _in_window(_medication),  # type: ignore[arg-type]
        ObservationValue: _in_window(observation_value),  # type: ignore[arg-type]
        ProcedureDone: _in_window(event_happened),  # type: ignore[arg-type]
        ImmunizationGiven: _in_window(event_happened),  # type: ignore[arg-type]
        EncounterHad: _in_window(event_happened),  # type: ignore[arg-type]
        AdverseEventHad: _in_window(adverse_event_had),  # type: ignore[arg-type]
        AllergyKnown: allergy_known,
        ConsentIs: consent_is,
        AgeAtScreening: age_at_screening,
        SexIs: sex_is,
        Alive: alive,
        Pregnant: pregnant,
        BreastFeeding: breast_feeding,
    },
)
