"""What stands against what people decided: another study that the patient is on, another state in the EHR."""

from collections.abc import Mapping
from datetime import date

from service.screening.decisions.decided import Decided, Silence
from service.screening.decisions.kinds import STATES
from service.screening.decisions.known import by_study, of
from service.screening.tenant import Tenant
from service.store import decisions, published
from service.store.engine import Store

# R4 and R5 name what a person set alike (see `fhir.subject_states`).
ON_STUDY = frozenset(
    {
        "pending-on-study",
        "on-study",
        "on-study-intervention",
        "on-study-observation",
        "follow-up",
    }
)


def conflicts(store: Store, tenant: Tenant, patient: str, study: str) -> tuple[str, ...]:
    """The other studies that this patient is on, beside which they may not be in this one, by the rule of either."""
    whose = decisions.together(store, tenant.name, patient)
    return excluding(tenant, states_of(store, tenant, whose), study)


def state_conflict(store: Store, tenant: Tenant, patient: str, study: str) -> str | None:
    """The state that somebody set in the EHR, where it is not the one that was decided here; it is left as it is."""
    status = of(store, tenant.name, study, patient).status
    known = published.find(store, tenant.name, study, patient)
    there = None if known is None else known.human_state
    return there if status is not None and there != STATES[status.code] else None


def states_of(store: Store, tenant: Tenant, patients: tuple[str, ...]) -> dict[str, str]:
    """The states of one person with these records, the first of which counts most, by study: as somebody set it in the
    EHR, else as it was decided here."""
    decided = by_study(store, tenant.name, patients, tenant.catalog.studies)
    return {**decided_states(decided), **set_elsewhere(store, tenant, patients)}


def set_elsewhere(store: Store, tenant: Tenant, patients: tuple[str, ...]) -> dict[str, str]:
    """The states that somebody set in the EHR."""
    found = dict[str, str]()
    for each in reversed(patients):
        found |= published.states_of(store, tenant.name, each)
    return found


def decided_states(decided: Mapping[str, Decided]) -> dict[str, str]:
    """The states that were decided here."""
    return {study: STATES[each.status.code] for study, each in decided.items() if each.status is not None}


def excluding(tenant: Tenant, states: Mapping[str, str], study: str) -> tuple[str, ...]:
    """Those of the studies that somebody is on, by their states, which exclude this one or are excluded by it."""
    others = [each for each, state in sorted(states.items()) if each != study and state in ON_STUDY]
    return tuple(each for each in others if _forbids(tenant, study) or _forbids(tenant, each))


def _forbids(tenant: Tenant, study: str) -> bool:
    known = tenant.catalog.studies
    return study in known and known[study].co_enrolment == "forbidden"


def silences_of(decided: Mapping[str, Decided], on: date) -> dict[str, Silence]:
    """Of which studies nobody is told on that day, and why."""
    found = ((study, each.silent(on)) for study, each in decided.items())
    return {study: each for study, each in found if each is not None}
