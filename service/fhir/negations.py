"""Codes by which a list says that it is empty. They are never a disease, a procedure or a vaccine.

"No information" is none of them: it is read as a concept that says nothing, which could be any.

Sources: IPS CodeSystem absent-unknown-uv-ips; SNOMED CT situations with explicit context.
"""

from service.eligibility.terms import Coding, Concept
from service.fhir.elements import ABSENT_UNKNOWN

SNOMED = "http://snomed.info/sct"
NOTHING_KNOWN = frozenset({"160245001", "373572006"})  # no current problems or disability; clinical finding absent


def says_none(concept: Concept) -> bool:
    """Is it "no known problems", "no known procedures" or the like, and nothing else?"""
    return bool(concept.codings) and all(map(_none, concept.codings))


def contradicts(concept: Concept) -> bool:
    """Does it say "no known problems" beside something else?"""
    return any(map(_none, concept.codings)) and not says_none(concept)


def _none(coding: Coding) -> bool:
    return (coding.system == ABSENT_UNKNOWN and coding.code.startswith("no-")) or (
        coding.system == SNOMED and coding.code in NOTHING_KNOWN
    )
