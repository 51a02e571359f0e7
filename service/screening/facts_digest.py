"""A digest of the facts that an assessment rests on: the same facts in the same versions give the same digest."""

from collections.abc import Mapping
from decimal import Decimal
from hashlib import blake2b

import orjson

from service.eligibility.facts import PatientRecord
from service.screening.needs import Needs

SIZE = 16  # bytes
OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


def facts_digest(record: PatientRecord, needs: Needs) -> str:
    """The digest of what a study with these needs sees of a person, in hexadecimal.

    The days of contact are left out: every visit and every result brings another one, and where one changes an answer,
    the assessment says so itself.
    """
    content = {
        "person": record.person,
        "facts": [each for each in record.facts if needs.keep(each)],
        "unreadable": [each for each in record.unreadable if each.type in needs.types],
        "loaded": {kind: how.value for kind, how in record.loaded.items() if kind in needs.types},
    }
    return blake2b(orjson.dumps(content, default=_plain, option=OPTIONS), digest_size=SIZE).hexdigest()


def _plain(value: object) -> object:
    """What JSON has no form for; raises TypeError for anything unforeseen."""
    if isinstance(value, Decimal):
        return str(value.normalize())
    if isinstance(value, frozenset):
        return sorted(value, key=lambda each: orjson.dumps(each, default=_plain, option=OPTIONS))
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"no form for {type(value).__name__}")
