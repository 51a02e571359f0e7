"""What was made of a chart for one call: the record, and the studies that it speaks for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from service.eligibility.assess import Signal, Standing, case_of, judge, judge_unless_kept_out, signal
from service.eligibility.criteria import Study
from service.eligibility.evaluate import Case
from service.eligibility.evaluate.recall import Recall
from service.eligibility.explain import Phrases
from service.eligibility.facts import PatientRecord
from service.screening.cds.words import Fit, Near, Words, detail, summary
from service.screening.decisions import Decided
from service.screening.decisions.applied import verdict_with
from service.screening.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Glance:
    """What a chart says as long as nobody answered a criterion of a study that it points to; without the chart.

    `near`: how near the patient is to each study that nothing keeps them out of. `words`: of the cards about some of
    these that were made so far.
    """

    pointed_at: tuple[str, ...]
    near: tuple[Near, ...]
    words: Mapping[tuple[str, ...], Words]
    lacking: Mapping[str, str]


@dataclass(frozen=True)
class Looked:
    """A chart that was read, for the open studies of `tenant`. `record` None: nothing may be said of this person.

    `lacking`: types of which not all is there, with a sentence each. `merged`: the patient's other records, whose place
    this one took. `recall`, `words`: as of the counter.
    """

    tenant: Tenant
    at: date
    record: PatientRecord | None = field(repr=False)
    lacking: Mapping[str, str]
    merged: tuple[str, ...]
    recall: Recall = field(repr=False, compare=False)
    words: Phrases = field(repr=False, compare=False)
    _said: dict[tuple[str, ...], Words] = field(default_factory=dict, repr=False, compare=False)

    def fits(self, decided: Mapping[str, Decided]) -> Iterator[Fit]:
        """The studies pointed at that nothing keeps them out of.

        Where people answered criteria of a study (`decided`, by study), their answers stand in the verdict: what the
        machine alone would call kept out may not be, and the other way round.
        """
        for study in self.pointed_at:
            answered = decided.get(study.id)
            known = self._machine if answered is None or not answered.answers else None
            fit = known.get(study.id) if known is not None else self._judged(study, answered)
            if fit is not None:
                yield fit

    @cached_property
    def pointed_at(self) -> tuple[Study, ...]:
        """The studies whose disease something on record surely points to: of no other one is anything said."""
        if self.record is None:
            return ()
        return tuple(each for each in self.tenant.open_studies if signal(each, self._case(each)) is Signal.STRONG)

    @cached_property
    def _machine(self) -> Mapping[str, Fit]:
        """What the machine alone finds, by study. A chart is opened again and again."""
        found = {study.id: self._judged(study, None) for study in self.pointed_at}
        return {name: fit for name, fit in found.items() if fit is not None}

    def glance(self) -> Glance:
        """What is enough to say the same again."""
        near = tuple(each.near for each in self._machine.values())
        return Glance(tuple(each.id for each in self.pointed_at), near, self._said, self.lacking)

    def _judged(self, study: Study, decided: Decided | None) -> Fit | None:
        case = self._case(study)
        if decided is None:
            verdict = judge_unless_kept_out(study, case)
            return None if verdict is None else Fit(study, verdict)
        whole = verdict_with(judge(study, case), decided)
        return None if whole.standing is Standing.INELIGIBLE else Fit(study, whole)

    def _case(self, study: Study) -> Case:
        assert self.record is not None, "nobody is judged without a record"
        return case_of(self.record, study, self.at, self.recall.knowledge, followed=False, recall=self.recall)

    def said(self, found: tuple[Fit, ...]) -> Words:
        """The words of a card about some of the `fits`, short and long."""
        about = tuple(each.study.id for each in found)
        alone = all(each is self._machine.get(each.study.id) for each in found)
        known = self._said.get(about) if alone else None
        if known is None:
            known = summary(found, self.words), detail(found, self.words, self.at, sorted(self.lacking.items()))
            if alone:
                self._said[about] = known
        return known
