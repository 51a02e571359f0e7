"""What people said of single records, as the reading of charts needs it."""

from collections.abc import Iterable
from functools import partial

from service.screening.corrected import Claim, Claims
from service.screening.decisions.kinds import Kind
from service.screening.record import ClaimsOf
from service.store import decisions
from service.store.decisions import Decision
from service.store.engine import Store


def claims_about(store: Store, tenant: str, patients: Iterable[str]) -> Claims:
    """What holds of the records of these patients, by `Type/id`."""
    return claims_in(decisions.of_patients(store, tenant, patients))


def reader_of(store: Store, tenant: str) -> ClaimsOf:
    """What holds of the records of patients, for whoever reads a chart and learns only then whose records those are."""
    return partial(claims_about, store, tenant)


def all_claims(store: Store, tenant: str) -> Claims:
    """What holds of the records of everybody."""
    return claims_in(decisions.of_kind(store, tenant, Kind.CORRECTION))


def claims_in(decided: Iterable[Decision]) -> Claims:
    """What holds of records by what was decided: the newest of each, where the oldest come first."""
    found: dict[str, Claim | None] = {}
    for each in decided:
        if each.kind == Kind.CORRECTION and each.about is not None:
            found[each.about] = _claim(each)
    return {record: claim for record, claim in found.items() if claim is not None}


def _claim(decision: Decision) -> Claim | None:
    content = decision.content
    if content["claim"] is None:
        return None
    criteria = {study: tuple(named) for study, named in content["criteria"].items()}
    return Claim(content["claim"], content["version"], decision.actor, decision.at.isoformat(), criteria)
