"""What is remembered of a record, a concept or a day of watching changes no answer."""

import pickle
import subprocess
import sys
from dataclasses import replace

from hypothesis import given, settings

from service.eligibility.as_of import as_of
from service.eligibility.assess import judge, judge_unless_kept_out
from service.eligibility.criteria import Criterion, Node, SexIs, Study
from service.eligibility.evaluate import Case, evaluate
from service.eligibility.facts import PatientRecord
from service.eligibility.terms import Coding, Concept
from tests.builders import AT, knowledge, record
from tests.generators import questions
from tests.shape.source import ROOT

HASHED = """
import pickle, sys
held = pickle.loads(bytes.fromhex(sys.argv[1]))
print(hash(held) == hash((held.codings, held.texts)))
"""


def study(node: Node, kind: str) -> Study:
    return Study("s", "1", "S", (Criterion("C", kind, "c", node),), (SexIs(("male",)),))  # type: ignore[arg-type]


@given(questions())
@settings(max_examples=300, deadline=None)
def test_nobody_asking_for_later_days_changes_only_those(question: tuple[Node, PatientRecord]) -> None:
    node, person = question
    usual = evaluate(node, Case(person, AT, knowledge()))
    bare = evaluate(node, Case(person, AT, knowledge(), followed=False))
    assert (bare.outcome, bare.reasons, bare.exhibits) == (usual.outcome, usual.reasons, usual.exhibits)
    assert (bare.assumptions, bare.notes, bare.lacking) == (usual.assumptions, usual.notes, usual.lacking)


@given(questions())
@settings(max_examples=300, deadline=None)
def test_what_was_looked_up_before_changes_nothing(question: tuple[Node, PatientRecord]) -> None:
    node, person = question
    first = evaluate(node, Case(person, AT, knowledge()))
    again = evaluate(node, Case(person, AT, knowledge()))
    fresh = evaluate(node, Case(replace(person), AT, knowledge()))
    assert first == again == fresh


@given(questions())
@settings(max_examples=300, deadline=None)
def test_who_is_not_kept_out_is_judged_whole(question: tuple[Node, PatientRecord]) -> None:
    node, person = question
    for kind in ("inclusion", "exclusion"):
        asked = study(node, kind)
        case = Case(as_of(person, AT, asked), AT, knowledge())
        whole, quick = judge(asked, case), judge_unless_kept_out(asked, case)
        assert quick == (None if any(each.blocks for each in whole.findings) else whole)


def test_of_another_record_nothing_is_known() -> None:
    person = record()
    person.known["asked"] = ()
    assert replace(person).known == {}


def test_a_concept_is_the_same_in_another_process() -> None:
    """Texts have another hash in each process, and so has what holds them."""
    concept = Concept((Coding("s", "c"),), ("words",))
    held = pickle.dumps(concept).hex()
    told = subprocess.run(
        [sys.executable, "-c", HASHED, held],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert told.stdout.strip() == "True"
    assert pickle.loads(pickle.dumps(concept)) == concept
