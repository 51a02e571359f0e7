"""What is recalled of charts judged before changes no answer: of any study, any person, on any day."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import get_args

import pytest
from hypothesis import assume, find, given, settings, strategies as st

from service.eligibility.assess import Assessment, Change, assess, case_of, judge, judge_unless_kept_out
from service.eligibility.criteria import (
    Characteristic,
    ConditionPresent,
    Criterion,
    LookBack,
    Manual,
    Node,
    SexIs,
    Study,
)
from service.eligibility.dates import Duration, Unit
from service.eligibility.evaluate import Case, evaluate
from service.eligibility.evaluate.looks import LOOKED_AT, NOBODY, Blank, looks_of
from service.eligibility.evaluate.recall import Recall
from service.eligibility.facts import Evidence, Loaded, PatientRecord, Unreadable
from service.eligibility.outcome import Outcome
from service.errors import InvalidValue
from tests.builders import AT, TYPES, concept, condition, knowledge, record
from tests.generators import FACTS, LEAVES, nodes, questions, records

KNOWLEDGE = knowledge()
days = st.one_of(st.just(AT), st.dates(date(2024, 1, 1), date(2028, 12, 31)))
loads = st.one_of(
    st.just(dict.fromkeys(TYPES, Loaded.COMPLETE)),
    st.dictionaries(st.sampled_from(TYPES), st.sampled_from(Loaded)),
)


def study(*asked: Node) -> Study:
    criteria = tuple(Criterion(f"C{number}", "exclusion", "c", node) for number, node in enumerate(asked))
    # whose sex it is every chart says; of other entry evidence most say nothing
    entry = (asked[0],) if len(asked) > 1 else (asked[0], SexIs(("male",)))
    return Study("s", "1", "S", criteria, entry)


@st.composite
def lost(draw: st.DrawFn) -> Unreadable:
    kind = draw(st.sampled_from(sorted(FACTS)))
    fact = draw(FACTS[kind](99))
    return Unreadable(
        kind, Evidence(fact.evidence.reference, kind), "broken", draw(st.sampled_from([None, fact.concept]))
    )


@st.composite
def people(draw: st.DrawFn) -> tuple[Study, list[PatientRecord]]:
    """A study, and persons whose records mostly have nothing to do with most of it."""
    asked = [draw(questions()) for _ in range(draw(st.integers(1, 3)))]
    found = [person for _, person in asked] + draw(st.lists(records(), max_size=3))
    found = [
        replace(each, loaded=draw(loads), unreadable=tuple(draw(st.lists(lost(), max_size=draw(st.integers(0, 1))))))
        for each in found
    ]
    return study(*(node for node, _ in asked), draw(nodes)), found


@given(people(), st.lists(days, min_size=1, max_size=3))
@settings(max_examples=75, deadline=None)
def test_what_is_recalled_is_what_would_be_found(asked: tuple[Study, list[PatientRecord]], at: list[date]) -> None:
    """Everybody on every day, twice over: what was remembered of one serves all."""
    wanted, found = asked
    plain = [assess(replace(each), wanted, day, KNOWLEDGE) for each in found for day in at]
    recall = Recall(KNOWLEDGE, [wanted])
    again = [replace(each) for each in found]
    for _ in range(2):
        assert [assess(each, wanted, day, KNOWLEDGE, recall) for each in again for day in at] == plain


@given(people(), days, st.booleans())
@settings(max_examples=100, deadline=None)
def test_a_verdict_is_the_same(asked: tuple[Study, list[PatientRecord]], at: date, followed: bool) -> None:
    wanted, found = asked
    recall = Recall(KNOWLEDGE, [wanted])
    for each in (*found, *found):
        plain = case_of(replace(each), wanted, at, KNOWLEDGE, followed=followed)
        quick = case_of(replace(each), wanted, at, KNOWLEDGE, followed=followed, recall=recall)
        assert judge(wanted, quick) == judge(wanted, plain)
        assert judge_unless_kept_out(wanted, quick) == judge_unless_kept_out(wanted, plain)


@given(st.lists(nodes, min_size=1, max_size=4), records(), days, loads)
@settings(max_examples=100, deadline=None)
def test_studies_recall_for_one_another(
    asked: list[Node], person: PatientRecord, at: date, loaded: Mapping[str, Loaded]
) -> None:
    """Equal questions of several studies are one question; each study gets its own findings."""
    studies = [replace(study(*asked), id="a"), replace(study(*reversed(asked)), id="b")]
    person = replace(person, loaded=loaded)
    recall = Recall(KNOWLEDGE, studies)

    def found(recall: Recall | None) -> list[Assessment]:
        one = replace(person)
        return [assess(one, each, at, KNOWLEDGE, recall) for each in studies]

    assert found(recall) == found(None)


def test_visits_after_the_screening_date_are_followed_one_after_another() -> None:
    """A study that asks for the future sees them: silence then ends between two visits, and not after the last."""
    ahead = ConditionPresent(("cancer",), look_back=LookBack(None, ahead=Duration(1, Unit.MONTH)))
    wanted = study(ahead, ConditionPresent(("cold",)))
    visits = date(2023, 12, 1), date(2024, 6, 1), date(2026, 11, 1)
    one = record(condition(concept("1"), "2020-01-01"), contacts=visits)
    found = assess(one, wanted, date(2024, 1, 1), KNOWLEDGE, Recall(KNOWLEDGE, [wanted]))
    assert found == assess(replace(one), wanted, date(2024, 1, 1), KNOWLEDGE)
    assert found.next_change == Change(date(2026, 6, 2), "C1", Outcome.UNKNOWN)


@pytest.mark.parametrize("kind", get_args(Characteristic))
def test_a_question_looks_at_what_is_told_of_it_or_at_everything(kind: type) -> None:
    """What nothing is told of is never answered on behalf of another chart."""
    node = find(LEAVES[kind], lambda made: isinstance(made, kind))
    assert looks_of(node).everything is (kind not in LOOKED_AT and kind is not Manual)


@given(st.sampled_from(sorted(LOOKED_AT, key=lambda each: each.__name__)), st.data())
def test_what_is_read_beyond_what_is_told_fails(kind: type, data: st.DataObject) -> None:
    """On a chart that lets nothing at all be read, every such question fails; and so does one about the person."""
    node = data.draw(LEAVES[kind])
    window = getattr(node, "look_back", None)
    assume(window is None or (window.gap is None and window.ahead is None))  # such a question is never shared
    blank = Blank(NOBODY, loaded=dict.fromkeys(TYPES, Loaded.COMPLETE), contacts=(AT,))
    with pytest.raises(InvalidValue, match="is read by a question"):
        evaluate(node, Case(blank, AT, KNOWLEDGE))
    with pytest.raises(InvalidValue, match="of the person is read"):
        evaluate(SexIs(("male",)), Case(blank, AT, KNOWLEDGE))


def test_only_what_charts_share_is_kept_beside_an_answer() -> None:
    """A condition on record is one chart's own; the silence of two charts is one answer."""
    node = ConditionPresent(("cancer",))
    wanted = study(node)
    recall = Recall(KNOWLEDGE, [wanted])
    silent = [
        evaluate(node, case_of(record(), wanted, day, KNOWLEDGE, recall=recall)) for day in (AT, date(2026, 7, 1))
    ]
    told = evaluate(node, case_of(record(condition(concept("1"))), wanted, AT, KNOWLEDGE, recall=recall))
    assert silent[0] is silent[1]
    assert recall.beside(silent[0]) is not None
    assert recall.beside(told) is None


def test_what_was_judged_with_other_knowledge_is_not_recalled() -> None:
    with pytest.raises(InvalidValue, match="other knowledge"):
        Case(record(), AT, knowledge(), recall=Recall(KNOWLEDGE, []))


def test_no_more_is_remembered_than_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.eligibility.evaluate.recall.MOST", 2)
    asked = [ConditionPresent((each,)) for each in ("cancer", "cold", "pregnancy", "feeding")]
    wanted = study(*asked)
    recall = Recall(KNOWLEDGE, [wanted])
    for loaded in (Loaded.COMPLETE, Loaded.INCOMPLETE, Loaded.ABSENT):
        one = replace(record(condition(concept("14"))), loaded=dict.fromkeys(TYPES, loaded))
        assert assess(one, wanted, AT, KNOWLEDGE, recall) == assess(replace(one), wanted, AT, KNOWLEDGE)
        assert recall.size <= 2
