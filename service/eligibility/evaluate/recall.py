"""What is remembered of charts judged before. Most charts say nothing of most of what studies ask for.

Of such a chart the answer depends on nothing but whether its silence means anything: which types were loaded, and
whether the person was seen recently enough. It is worked out once, on a blank chart that holds just that, and serves
everybody. What a chart does speak of is judged on that chart, each question once a day.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from itertools import count
from operator import or_
from typing import Any, NamedTuple, TypeVar, cast

from service.eligibility.criteria import Criterion, Study
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
MOST_LEFT = 250  # of one study, what is left by the questions of which charts speak
Key = tuple[int, int, bool, bool]
Made = TypeVar("Made")


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

    def seen_on(self, case: Case) -> bool:
        """Was the person seen recently enough on the day of this case of theirs?"""
        known = self.seen.get(case.at)
        if known is None:
            known = self.seen[case.at] = last_contact(case, case.at) is not None
        return known


class _Alike(NamedTuple):
    """Of a study: the bits of its criteria's questions (None: not one of them), what charts share of each, and, by the
    questions of which a chart speaks, what is left of that."""

    study: Study
    bits: Sequence[int | None]
    mask: int
    found: list[Any]
    left: dict[int, tuple[Any, ...]]


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
        self._alike: dict[Key, _Alike] = {}
        self._beside: dict[int, tuple[Judgement, dict[object, Any]]] = {}
        self._made_of: dict[object, dict[int, Any]] = {}
        for study in self._studies:
            for part in parts_of(study):
                self._questions.add(part)
                for evidence in evidence_of(part, knowledge.policy) if isinstance(part, Stated) else ():
                    self._questions.add(evidence)
        self._of_entry: dict[Key, Any] = {}
        self._entry = {id(each): self._mask(each.entry) for each in self._studies}  # the bits of those questions

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
        shared = number, chart.loaded, chart.seen_on(case), case.followed
        known = self._shared.get(shared)
        return self._of_silence(shared, node, case, plain) if known is None else known

    def alike(self, study: Study, case: Case, made: Callable[[Criterion, Case], Made | None]) -> Sequence[Made | None]:
        """What is made of the criteria of one of these studies of which this chart does not speak, made once for all
        charts of which the silence means the same; None: this chart may say something, or `made` says that its own day
        counts."""
        chart = self._chart(case.record)
        key = id(study), chart.loaded, chart.seen_on(case), case.followed
        table = self._alike.get(key)
        if table is None or table.study is not study:
            if len(self._alike) >= MOST:
                self._alike.clear()
            table = self._alike[key] = self._table(study)
        spoken_of = chart.spoken_of & table.mask
        known = table.left.get(spoken_of)
        if known is not None:
            return known
        for place, bit in enumerate(table.bits):
            if bit is not None and not spoken_of & bit and table.found[place] is None:
                table.found[place] = made(study.criteria[place], case)
        both = zip(table.bits, table.found, strict=True)
        left = tuple([None if bit is None or spoken_of & bit else found for bit, found in both])
        if len(table.left) < MOST_LEFT:
            table.left[spoken_of] = left
        return left

    def of_entry(self, study: Study, case: Case, made: Callable[[Study, Case], tuple[Made, list[Judgement]]]) -> Made:
        """What is made of the answers to a study's questions for entry evidence (given back with them); made once for
        all charts that speak of none of these, and of which the silence means the same."""
        chart = self._chart(case.record)
        key = id(study), chart.loaded, chart.seen_on(case), case.followed
        mask = self._entry.get(id(study))  # None: not one of these studies, or a question that is not known here
        silent = mask is not None and not chart.spoken_of & mask
        known = self._of_entry.get(key)  # asked once: another thread may forget everything in between
        if silent and known is not None:
            return cast(Made, known)
        found, judged = made(study, case)
        if silent and all(self.beside(each) is not None for each in judged):
            if len(self._of_entry) >= MOST:
                self._of_entry.clear()
            self._of_entry[key] = found
        return found

    def _mask(self, nodes: Iterable[object]) -> int | None:
        numbers = [self._questions.number(each) for each in nodes]
        known = [1 << each for each in numbers if each is not None]
        return reduce(or_, known, 0) if len(known) == len(numbers) else None

    def _table(self, study: Study) -> _Alike:
        numbers = [self._questions.number(each.node) for each in study.criteria]
        bits = [None if each is None else 1 << each for each in numbers]
        return _Alike(study, bits, reduce(or_, (each or 0 for each in bits), 0), [None] * len(bits), {})

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

    def made_of(self, purpose: object) -> dict[int, Any]:
        """A place for what is made, for some purpose, of findings that charts share: by which object each is."""
        return self._made_of.setdefault(purpose, {})

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
                self._alike.clear()
                self._made_of.clear()
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
        self._kept: list[object] = []
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
        self.numbers[id(node)] = number
        self._kept.append(node)  # what is told apart by which object it is has to stay
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
