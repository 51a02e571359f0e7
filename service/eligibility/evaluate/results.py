"""One result against one test, and the results of a window in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from service.eligibility.criteria import (
    BooleanTest,
    CodedTest,
    NumberTest,
    ObservationValue,
    TypedTest,
    ValueSetIds,
    ValueTest,
)
from service.eligibility.dates import Span, Window
from service.eligibility.evaluate.context import Case, Knowledge
from service.eligibility.evaluate.existence import belonging, candidate, dated
from service.eligibility.evaluate.judgement import Candidate, Exhibit
from service.eligibility.evaluate.numbers import Answer, number_test
from service.eligibility.facts import Certainty, ObservationFact
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.quantity import Quantity
from service.eligibility.terms import Concept, Membership, Terminology


@dataclass(slots=True, eq=False)
class Result:
    """A result that may count in the window (`counts`), and what it says to the test (`answer`).

    That is worked out when it is asked for: of most results of a chart nobody does.
    """

    fact: ObservationFact
    counts: Candidate
    knowledge: Knowledge
    test: ValueTest | None
    known: Answer | None = None

    @property
    def answer(self) -> Answer:
        """Does it fit the test, and if that is unknown, why."""
        if self.known is None:
            self.known = test_result(self.knowledge, self.fact, self.test)
        return self.known


def results(case: Case, node: ObservationValue, window: Window) -> tuple[Result, ...]:
    """Every result whose code could belong, in the window or not (`counts`), oldest first."""
    return tuple([_result(case, node, window, each) for each in _measured(case, node.codes, node.excluding)])


def _result(case: Case, node: ObservationValue, window: Window, measured: _Measured) -> Result:
    fact, belongs, span, shown, outside = measured
    timing = dated(span, window)
    counts = outside
    if timing[0] is not Outcome.NOT_MET:
        counts = candidate(belongs, fact.certainty, timing, shown, span)
    return Result(fact, counts, case.knowledge, node.test)


class _Measured(NamedTuple):
    """A result whose code could belong, and what is the same for every window and every test of it.

    `outside`: what it counts for where the window surely does not hold it.
    """

    fact: ObservationFact
    belongs: Membership
    span: Span
    shown: Exhibit
    outside: Candidate


class _Known(NamedTuple):
    terminology: Terminology
    found: Sequence[_Measured]


def _measured(case: Case, codes: ValueSetIds, excluding: ValueSetIds) -> Sequence[_Measured]:
    """The results whose code could belong, each once, oldest first; looked up once in a record, for all questions."""
    key, terminology = ("measured", codes, excluding), case.terminology
    known = case.record.known.get(key)
    if isinstance(known, _Known) and known.terminology is terminology:
        return known.found
    distinct = {
        (fact.evidence.reference, fact.evidence.element): (fact, belongs)
        for fact, belongs in belonging(case, ObservationFact, codes, excluding)
        # a bare unknown code says nothing of a result; silence about results answers nothing anyway
        if fact.certainty is not Certainty.DENIED and not belongs.opaque
    }
    chosen = sorted(distinct.values(), key=_order)
    found = tuple([_measured_once(fact, belongs) for fact, belongs in chosen])
    case.record.known[key] = _Known(terminology, found)
    return found


def _measured_once(fact: ObservationFact, belongs: Membership) -> _Measured:
    span, shown = Span.on(fact.when), show(fact)
    outside = candidate(belongs, fact.certainty, (Outcome.NOT_MET, frozenset()), shown, span)
    return _Measured(fact, belongs, span, shown, outside)


def _order(found: tuple[ObservationFact, Membership]) -> tuple[object, ...]:
    fact = found[0]
    return fact.when.earliest, fact.when.latest, fact.order, fact.evidence.reference, fact.evidence.element


def test_result(knowledge: Knowledge, fact: ObservationFact, test: ValueTest | None) -> Answer:
    """What this result says to the test; with no test, a result with any value is MET."""
    if isinstance(test, TypedTest):
        return _by_type(knowledge, fact, test)
    if fact.value is None and not (isinstance(test, CodedTest) and fact.interpretation):
        return Outcome.UNKNOWN, frozenset({Reason.VALUE_MISSING})
    if test is None:
        return Outcome.MET, frozenset()
    if isinstance(test, NumberTest):
        return number_test(knowledge, fact, test)
    if isinstance(test, BooleanTest):
        return _boolean(fact, test)
    return _coded(knowledge, fact, test)


def _by_type(knowledge: Knowledge, fact: ObservationFact, test: TypedTest) -> Answer:
    """The test that fits the kind of result; a number's interpretation never overrides the number."""
    chosen: ValueTest | None = test.coded
    if isinstance(fact.value, Quantity) and test.number is not None:
        chosen = test.number
    elif isinstance(fact.value, bool) and test.boolean is not None:
        chosen = test.boolean
    if chosen is None:
        return Outcome.UNKNOWN, frozenset({Reason.VALUE_MISSING})
    return test_result(knowledge, fact, chosen)


def _boolean(fact: ObservationFact, test: BooleanTest) -> Answer:
    if not isinstance(fact.value, bool):
        return Outcome.UNKNOWN, frozenset({Reason.VALUE_MISSING})
    return Outcome.MET if fact.value is test.expected else Outcome.NOT_MET, frozenset()


def _coded(knowledge: Knowledge, fact: ObservationFact, test: CodedTest) -> Answer:
    """A coded result; where the result is a number, only its interpretation can say whether it is positive.

    A result whose interpretation says the contrary of its value answers nothing.
    """
    said = fact.value if isinstance(fact.value, Concept) else fact.interpretation
    if said is None:
        return Outcome.UNKNOWN, frozenset({Reason.CODE_UNMAPPED})
    answer = _meaning(knowledge, said, test)
    if said is fact.interpretation or fact.interpretation is None:
        return answer
    if {answer[0], _meaning(knowledge, fact.interpretation, test)[0]} == {Outcome.MET, Outcome.NOT_MET}:
        return Outcome.UNKNOWN, frozenset({Reason.STATUS_UNCERTAIN})
    return answer


def _meaning(knowledge: Knowledge, said: Concept, test: CodedTest) -> Answer:
    asked = knowledge.terminology.membership(test.answers, said)
    other = knowledge.terminology.membership(test.other_answers, said)
    if Outcome.MET is asked.outcome is other.outcome:
        return Outcome.UNKNOWN, frozenset({Reason.STATUS_UNCERTAIN})
    if asked.outcome is Outcome.MET:
        return Outcome.MET, frozenset()
    if asked.outcome is Outcome.UNKNOWN and not asked.opaque:
        return Outcome.UNKNOWN, frozenset({asked.reason or Reason.CODE_UNMAPPED})
    if other.outcome is Outcome.MET:
        return Outcome.NOT_MET, frozenset()
    return Outcome.UNKNOWN, frozenset({other.reason or Reason.CODE_UNMAPPED})


def show(fact: ObservationFact) -> Exhibit:
    """The exhibit of a result: what was measured and what came out."""
    value = "no value" if fact.value is None else fact.value
    said = value.name if isinstance(value, Concept) else str(value)
    if fact.value is None and fact.interpretation is not None:
        said = fact.interpretation.name
    status = " (preliminary)" if fact.certainty is Certainty.POSSIBLE else ""
    return Exhibit(
        fact.evidence.reference, fact.evidence.element, str(fact.when), f"{fact.concept.name}: {said}{status}"
    )
