"""What is remembered of charts judged before. Most charts say nothing of most of what studies ask for.

Of such a chart the answer depends on nothing but whether its silence means anything: which types were loaded, and
whether the person was seen recently enough. It is worked out once, on a blank chart that holds just that, and serves
everybody. What a chart does speak of is judged on that chart, each question once a day.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

from service.eligibility.criteria import Study
from service.eligibility.criteria.walk import parts_of
from service.eligibility.evaluate.absence import contact_days, last_contact, resource_types
from service.eligibility.evaluate.context import Case, Knowledge, Question
from service.eligibility.evaluate.judgement import UNSEEN, Judgement
from service.eligibility.evaluate.looks import NOBODY, Blank, Looks, looks_of
from service.eligibility.evaluate.reproduction import Evidence, Stated, evidence_of
from service.eligibility.facts import Loaded, PatientRecord
from service.eligibility.terms import Concept

MOST = 20_000  # shared answers; concepts
MOST_OWN = 2_000  # answers of one chart
Key = tuple[int, int, bool, bool]


@dataclass(slots=True)
class _Chart:
    """What is known of one chart.

    `spoken_of`: the questions of which it may speak, a bit for each; `loaded`: which types were loaded, as a number;
    `seen`: was the person seen recently enough on that day; `unseen`: the later days on which that ends; `own`: its own
    answers.
    """

    spoken_of: int
    loaded: int
    seen: dict[date, bool] = field(default_factory=dict)
    unseen: dict[date, frozenset[date]] = field(default_factory=dict)
    own: dict[tuple[int, date, bool], Judgement] = field(default_factory=dict)


class Recall:
    """Remembers answers to the questions of these studies, given with this knowledge; of a bounded size.

    Threads may share it: what two of them work out at the same time is the same.
    """

    def __init__(self, knowledge: Knowledge, studies: Iterable[Study]) -> None:
        self.knowledge = knowledge
        self._studies = tuple(studies)  # questions are told apart by which object they are, and have to stay
        self._questions = _Questions()
        self._loaded: dict[tuple[tuple[str, Loaded], ...], int] = {}
        self._numbers = count()
        self._shared: dict[Key, Judgement] = {}
        self._beside: dict[int, tuple[Judgement, dict[object, Any]]] = {}
        for study in self._studies:
            for part in parts_of(study):
                self._questions.add(part)
                for evidence in evidence_of(part, knowledge.policy) if isinstance(part, Stated) else ():
                    self._questions.add(evidence)

    def judged(self, node: Question, case: Case, plain: Callable[[Question, Case], Judgement]) -> Judgement:
        """What `plain` answers, remembered where that can be."""
        number = self._questions.number(node)
        if number is None:
            return plain(node, case)
        chart = self._chart(case.record)
        if chart.spoken_of >> number & 1:
            own = number, case.at, case.followed
            known = chart.own.get(own)
            if known is None:
                if len(chart.own) >= MOST_OWN:
                    chart.own.clear()
                known = chart.own[own] = plain(node, case)
            return known
        seen = chart.seen.get(case.at)
        if seen is None:
            seen = chart.seen[case.at] = last_contact(case, case.at) is not None
        shared = number, chart.loaded, seen, case.followed
        known = self._shared.get(shared)
        return self._of_silence(shared, node, case, plain) if known is None else known

    def contact_days(self, case: Case) -> frozenset[date]:
        """The later days that UNSEEN stands for."""
        known = self._chart(case.record).unseen
        if case.at not in known:
            known[case.at] = contact_days(case)
        return known[case.at]

    @property
    def size(self) -> int:
        """How many answers are remembered for all charts."""
        return len(self._shared)

    def beside(self, judgement: Judgement) -> dict[object, Any] | None:
        """A place for what is made of an answer that charts share; None: it is the answer of one chart."""
        found = self._beside.get(id(judgement))
        return None if found is None or found[0] is not judgement else found[1]

    def _of_silence(
        self, key: Key, node: Question, case: Case, plain: Callable[[Question, Case], Judgement]
    ) -> Judgement:
        number, _, seen, followed = key
        contacts = (case.at,) if seen else ()
        readable = frozenset(self._questions.looks[number].kinds)
        blank = Blank(NOBODY, loaded=case.record.loaded, contacts=contacts, readable=readable)
        judgement = plain(node, Case(blank, case.at, self.knowledge, followed))
        if judgement.watch <= {UNSEEN}:  # otherwise it is the answer of this day
            if len(self._shared) >= MOST:
                self._shared.clear()
                self._beside.clear()
            self._beside[id(judgement)] = judgement, {}
            self._shared[key] = judgement
        return judgement

    def _chart(self, record: PatientRecord) -> _Chart:
        found = record.known.get(self)
        if isinstance(found, _Chart):
            return found
        loaded = tuple(sorted(record.loaded.items()))
        number = self._loaded.get(loaded)
        if number is None:
            if len(self._loaded) >= MOST:
                self._loaded.clear()  # the numbers of those forgotten are not given again
            number = self._loaded.setdefault(loaded, next(self._numbers))
        made = record.known[self] = _Chart(self._questions.spoken_of(record, self.knowledge), number)
        return made


class _Questions:
    """Every node of some studies, each with a number; those that are equal have the same."""

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}  # by which object it is
        self.looks: list[Looks] = []
        self._equal: dict[object, int] = {}
        self._always = 0
        self._of_type: dict[type, _OfType] = {}
        self._of_resource: dict[str, int] = {}

    def number(self, node: object) -> int | None:
        """The number of a node, or of a question equal to one that was added; None: it was not."""
        known = self.numbers.get(id(node))
        return known if known is not None or not isinstance(node, Evidence) else self._equal.get(node)

    def add(self, node: Any) -> None:
        """One more node."""
        number = self._equal.setdefault(node, len(self.looks))
        if not isinstance(node, Evidence):  # made anew each time it is asked
            self.numbers[id(node)] = number
        if number < len(self.looks):
            return
        looks, bit = looks_of(node), 1 << number
        self.looks.append(looks)
        if looks.everything:
            self._always |= bit
        for of_type, kind in looks.kinds.items():
            asked = self._of_type.setdefault(of_type, _OfType())
            asked.whole |= bit if of_type in looks.whole else 0
            for name in looks.named[of_type]:
                asked.named[name] = asked.named.get(name, 0) | bit
            for resource in resource_types(kind):
                self._of_resource[resource] = self._of_resource.get(resource, 0) | bit

    def spoken_of(self, record: PatientRecord, knowledge: Knowledge) -> int:
        """The questions to which this chart may hold an answer of its own."""
        found = self._always
        for each in record.unreadable:
            found |= self._of_resource.get(each.type, 0)
        for fact in record.facts:
            asked = self._of_type.get(type(fact))
            if asked is not None:
                known = asked.by_concept.get(fact.concept)
                found |= asked.about(fact.concept, knowledge) if known is None else known
        return found


@dataclass(slots=True)
class _OfType:
    """Which questions a type of fact may speak to, as bits: all of the type, and by the value sets that they name."""

    whole: int = 0
    named: dict[str, int] = field(default_factory=dict)
    by_concept: dict[Concept, int] = field(default_factory=dict)

    def about(self, concept: Concept, knowledge: Knowledge) -> int:
        """The questions to which a fact with this concept may speak."""
        found = self.whole
        for name in knowledge.terminology.perhaps_in(self.named, concept):
            found |= self.named[name]
        if len(self.by_concept) >= MOST:
            self.by_concept.clear()
        self.by_concept[concept] = found
        return found
