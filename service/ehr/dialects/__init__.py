"""Known products and how each deviates from the standard; the product is set, or told by its CapabilityStatement."""

from service.ehr.dialects.dialect import STANDARD, Dialect
from service.ehr.dialects.epic import EPIC
from service.ehr.dialects.hapi import HAPI
from service.ehr.dialects.medplum import MEDPLUM
from service.ehr.dialects.oracle import ORACLE
from service.errors import UsageError

__all__ = ["DIALECTS", "STANDARD", "Dialect", "choose"]

DIALECTS = {each.name: each for each in (STANDARD, ORACLE, EPIC, HAPI, MEDPLUM)}


def choose(setting: str | None, software: str = "") -> Dialect:
    """The dialect of that name; without one, what the CapabilityStatement calls the software; else the standard.

    Raises UsageError for a name that there is none of.
    """
    if setting is not None:
        if setting not in DIALECTS:
            raise UsageError(f"there is no dialect {setting!r}; there are {', '.join(sorted(DIALECTS))}")
        return DIALECTS[setting]
    named = software.lower()
    known = (each for each in DIALECTS.values() if any(word in named for word in each.software))
    return next(known, STANDARD)
