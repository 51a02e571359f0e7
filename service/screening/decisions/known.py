"""What was decided about somebody, from what is stored."""

from collections.abc import Collection, Iterable

from service.screening.decisions.decided import NOTHING, Decided, decided_of
from service.store import decisions
from service.store.decisions import Decision
from service.store.engine import Store


def of(store: Store, tenant: str, study: str, patient: str) -> Decided:
    """What holds by what people decided about a patient in one study."""
    return decided_of(decisions.of_patient(store, tenant, patient, study))


def by_study(store: Store, tenant: str, patients: Iterable[str], studies: Iterable[str]) -> dict[str, Decided]:
    """The same of each of these studies, for one person with these records. One question to the database."""
    return in_each(decisions.of_patients(store, tenant, patients), studies)


def in_each(every: Collection[Decision], studies: Iterable[str]) -> dict[str, Decided]:
    """What holds in each of these studies by all that was decided about one person."""
    if not every:
        return dict.fromkeys(studies, NOTHING)
    return {each: decided_of(one for one in every if one.study in (None, each)) for each in studies}
