"""What was made of a chart for one call: the record, and the studies that it speaks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from service.eligibility.assess import Signal, case_of, judge_unless_kept_out, signal
from service.eligibility.facts import PatientRecord
from service.screening.cds.words import Fit, detail, summary
from service.screening.population import knowledge_of, phrases_of
from service.screening.tenant import Tenant


@dataclass(frozen=True)
class Looked:
    """A chart that was read, for the open studies of `tenant`. `record` None: nothing may be said of this person.

    `lacking`: types of which not all is there, with a sentence each. `merged`: the patient's other records, whose place
    this one took.
    """

    tenant: Tenant
    at: date
    record: PatientRecord | None = field(repr=False)
    lacking: Mapping[str, str]
    merged: tuple[str, ...] = ()
    _said: dict[tuple[str, ...], tuple[str, str]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def fits(self) -> tuple[Fit, ...]:
        """The studies with a strong signal that nothing keeps them out of; the signal first, as it is quickly told."""
        if self.record is None:
            return ()
        knowledge, found = knowledge_of(self.tenant.catalog), []
        for study in self.tenant.open_studies:
            case = case_of(self.record, study, self.at, knowledge, followed=False)
            verdict = judge_unless_kept_out(study, case) if signal(study, case) is Signal.STRONG else None
            if verdict is not None:
                found.append(Fit(study, verdict))
        return tuple(found)

    def said(self, found: tuple[Fit, ...]) -> tuple[str, str]:
        """The words of a card about some of the `fits`, short and long. A chart is opened again and again."""
        about = tuple(each.study.id for each in found)
        known = self._said.get(about)
        if known is None:
            phrases = phrases_of(self.tenant.catalog)
            known = summary(found, phrases), detail(found, phrases, self.at, sorted(self.lacking.items()))
            self._said[about] = known
        return known
