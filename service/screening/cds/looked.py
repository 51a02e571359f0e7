"""What was made of a chart for one call: the record, and the studies that it speaks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from service.eligibility.assess import Signal, case_of, judge, signal
from service.eligibility.facts import PatientRecord
from service.screening.cds.words import Fit
from service.screening.population import knowledge_of
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

    @cached_property
    def fits(self) -> tuple[Fit, ...]:
        """The studies with a strong signal, judged; the signal first, as it is quickly told."""
        if self.record is None:
            return ()
        knowledge, found = knowledge_of(self.tenant.catalog), []
        for study in self.tenant.open_studies:
            case = case_of(self.record, study, self.at, knowledge, followed=False)
            if signal(study, case) is Signal.STRONG:
                found.append(Fit(study, judge(study, case)))
        return tuple(found)
