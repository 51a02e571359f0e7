"""What the bytes of a broken line still show: its type and whose it is. SEMANTICS §4."""

import re

TYPE = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]{1,64})"')
SUBJECT = re.compile(rb'"(?:subject|patient)"\s*:\s*\{[^{}]{0,400}?"reference"\s*:\s*"(?:[^"]{0,200}/)?Patient/([A-Za-z0-9\-._]{1,64})')
PATIENT_ID = re.compile(rb'"id"\s*:\s*"([A-Za-z0-9\-._]{1,64})"')


def type_of(raw: bytes, hint: str | None) -> str | None:
    """The resource type: the only one that the bytes name, else the one the file's name gives."""
    named = set(TYPE.findall(raw))
    return named.pop().decode() if len(named) == 1 else hint


def subject_of(raw: bytes, type_name: str | None) -> str | None:
    """The patient the line is about, if its bytes name exactly one."""
    if type_name == "Patient":
        ids = set(PATIENT_ID.findall(raw[:200]))
    else:
        ids = set(SUBJECT.findall(raw))
    return ids.pop().decode() if len(ids) == 1 else None
