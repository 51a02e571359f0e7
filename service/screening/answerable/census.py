"""Adding people up: how far each criterion is decided and why not, which types they have, how far doses are computed.

Pure. Nothing of a person stays but their number where people have to be told apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from service.eligibility.assess import Finding
from service.eligibility.criteria import Criterion, MedicationTaken, Study
from service.eligibility.criteria.walk import once_per_study, within
from service.eligibility.dosing.lacks import Lack, is_range, lack_of
from service.eligibility.dosing.records import Record, Terms, records
from service.eligibility.evaluate import Case
from service.eligibility.evaluate.body import body_of
from service.eligibility.evaluate.doses import records_taken, table_of
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.terms import text_code

DECIDED, BY_ABSENCE = "decided", "decided-by-absence"
COMPUTED, RANGE = "computed", "computed-as-range"
COMPLETE, INCOMPLETE, MISSING = "complete", "incomplete", "absent"
MOST_TEXTS = 50_000  # different texts of doses that are remembered
# An unknown answer counts once, by the first of its reasons in this order: what whoever sends the data can mend first.
ORDER = (
    Reason.NOT_LOADED,
    Reason.UNREADABLE,
    Reason.CODE_UNMAPPED,
    Reason.NAME_ONLY,
    Reason.UNIT_NOT_CONVERTIBLE,
    Reason.VALUE_MISSING,
    Reason.VALUE_IMPRECISE,
    Reason.DATE_MISSING,
    Reason.DATE_IMPRECISE,
    Reason.DOSE_MISSING,
    Reason.NO_EQUIVALENCE,
    Reason.ROUTE_UNKNOWN,
    Reason.DOSE_IMPRECISE,
    Reason.STATUS_UNCERTAIN,
    Reason.NO_RECORD,
    Reason.NO_CONTACT,
    Reason.MANUAL,
)
OF_TEXTS = (Lack.TEXT_NOT_READ, Lack.AS_DIRECTED)


@dataclass
class OfCriterion:
    """One criterion: everybody screened, each in one cell. `lacking`: the types of which something was not loaded."""

    cells: Counter[str] = field(default_factory=Counter)
    lacking: set[str] = field(default_factory=set)

    def add(self, finding: Finding) -> None:
        """One more person."""
        judged = finding.judgement
        if judged.outcome is not Outcome.UNKNOWN:
            self.cells[BY_ABSENCE if judged.assumptions else DECIDED] += 1
            return
        self.cells[next((each for each in ORDER if each in judged.reasons), Reason.NO_RECORD).code] += 1
        if Reason.NOT_LOADED in judged.reasons:
            self.lacking |= judged.lacking


@dataclass
class Those:
    """So many records, and of whom."""

    records: int = 0
    people: set[int] = field(default_factory=set)

    def add(self, person: int) -> None:
        """One more record of this person."""
        self.records += 1
        self.people.add(person)


@dataclass
class OfDose:
    """The records of the drugs of one dose that is asked for, by whether their dose is known, and if not, why not.

    `texts`: those of instructions from which no dose came.
    """

    cells: dict[str, Those] = field(default_factory=dict)
    texts: dict[tuple[str, str], Those] = field(default_factory=dict)

    def add(self, record: Record, person: int) -> None:
        """One record."""
        lack = lack_of(record)
        cell = lack.code if lack is not None else RANGE if is_range(record) else COMPUTED
        self.cells.setdefault(cell, Those()).add(person)
        if lack in OF_TEXTS and lack is not None:
            for text in {text_code(each.text).code for each in record.fact.instructions if each.text}:
                key = lack.code, text
                if key in self.texts or len(self.texts) < MOST_TEXTS:
                    self.texts.setdefault(key, Those()).add(person)


DoseKey = tuple[str, str, tuple[str, ...], str, str | None]  # study, criterion, value sets, unit, equivalents of


@dataclass
class Census:
    """Everybody screened. `types`: per resource type how many have it completely, incompletely, or not at all."""

    screened: int = 0
    criteria: dict[tuple[str, str], OfCriterion] = field(default_factory=dict)
    types: dict[str, Counter[str]] = field(default_factory=dict)
    doses: dict[DoseKey, OfDose] = field(default_factory=dict)

    def add_person(self, loaded: Mapping[str, str], needed: Iterable[str]) -> None:
        """One more person, and how completely each type was loaded for them."""
        self.screened += 1
        for name in needed:
            self.types.setdefault(name, Counter())[loaded.get(name, MISSING)] += 1

    def add_study(self, study: Study, findings: Iterable[Finding], case: Case, person: int) -> None:
        """What this person's record answers of a study."""
        for finding in findings:
            self.criteria.setdefault((study.id, finding.criterion.id), OfCriterion()).add(finding)
        for key, node in asked_doses(study):
            counts = self.doses.setdefault(key, OfDose())
            for record in _records(case, node):
                counts.add(record, person)


def _records(case: Case, node: MedicationTaken) -> Iterable[Record]:
    """Each record of the drugs of a dose once, as of the day of the case."""
    assert node.dose is not None
    terms = Terms(
        node.dose.unit,
        table_of(case, node.dose.equivalent_to),
        case.terminology,
        node.codes,
        case.policy,
        body_of(case),
    )
    found: dict[str, Record] = {}
    for each in records(records_taken(case, node, acting=False), case.at, terms):
        known = found.get(each.reference)
        if each.phases and (known is None or lack_of(known) is None):
            found[each.reference] = each  # of a mixture, the part whose dose is not known
    return found.values()


@once_per_study
def asked_doses(study: Study) -> tuple[tuple[DoseKey, MedicationTaken], ...]:
    """The doses that a study asks for, each drug and unit of a criterion once."""
    found: dict[DoseKey, MedicationTaken] = {}
    for criterion in study.criteria:
        for node in _dosed(criterion):
            assert node.dose is not None
            key = study.id, criterion.id, node.codes, node.dose.unit, node.dose.equivalent_to
            found.setdefault(key, node)
    return tuple(found.items())


def _dosed(criterion: Criterion) -> Iterable[MedicationTaken]:
    parts = within(criterion.node)
    return (each for each in parts if isinstance(each, MedicationTaken) and each.dose is not None)
