"""Who somebody is, from FHIR, for the worklist. What cannot be read is left out: nothing is decided by it."""

from collections.abc import Mapping

from service.fhir.banner import UNKNOWN, banner_of, numbers_of
from service.store.people import Identity

SEXES = frozenset({"male", "female", "other", "unknown"})


def identity_of(patient: Mapping[str, object]) -> Identity:
    """Who a Patient says it is."""
    banner, sex = banner_of(patient), patient.get("gender")
    return Identity(
        name=None if banner.name == UNKNOWN else banner.name,
        born=None if banner.birth == UNKNOWN else banner.birth[:10],
        sex=sex if isinstance(sex, str) and sex in SEXES else None,
        identifiers=numbers_of(patient),
    )
