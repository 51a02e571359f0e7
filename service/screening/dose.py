"""The daily doses of one patient: the same reading as for a screening, of every medication record."""

from service.catalog.load import Catalog
from service.eligibility.dates import Duration
from service.eligibility.dose_profile import DoseProfile, dose_profile
from service.eligibility.dosing.equivalence import EquivalenceTable
from service.eligibility.dosing.naming import Naming
from service.eligibility.evaluate.context import Case
from service.eligibility.facts import Kind
from service.errors import UsageError
from service.screening.judging import knowledge_of
from service.screening.one_person import read_person
from service.screening.request import Progress, Request


def dose_of_patient(
    catalog: Catalog,
    request: Request,
    patient: str,
    look_back: Duration | None,
    equivalent_to: str | None,
    progress: Progress,
) -> DoseProfile:
    """The daily doses of one person; `look_back` None goes back as far as the records do.

    Raises UsageError if there is no table of equivalents of that drug, or if the person is not in the input, was merged
    into another record, or is held back.
    """
    table = None if equivalent_to is None else _table(catalog, equivalent_to)
    record = read_person(catalog, request, patient, progress, whole=(Kind.MEDICATION,))
    tables = {each.id: each for each in catalog.equivalents.values()}  # one table stands under several drugs
    naming = Naming(catalog.terminology, tuple(tables.values()), catalog.drugs)
    return dose_profile(Case(record, request.at, knowledge_of(catalog)), naming, look_back, table)


def _table(catalog: Catalog, drug: str) -> EquivalenceTable:
    if drug not in catalog.equivalents:
        known = ", ".join(sorted(catalog.equivalents))
        raise UsageError(f"no table of equivalents of {drug!r}; there are: {known}")
    return catalog.equivalents[drug]
