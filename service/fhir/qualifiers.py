"""How sure a German diagnosis is: the letter that Germany puts beside or behind a code of ICD-10-GM.

G: certain; V: suspected; A: ruled out; Z: had in the past. It stands in an extension of the coding (of the German base
profiles), or, in data of older systems, behind the code itself ("C50.9 V"); `plain_code` takes it off there.

Source: Deutsche Basisprofile, extension icd-10-gm-diagnosesicherheit; KBV CodeSystem ICD_DIAGNOSESICHERHEIT.
"""

from collections.abc import Iterator, Mapping

from service.eligibility.facts import Certainty
from service.eligibility.icd import german_qualifier
from service.fhir.elements import codes, nodes, read_concept, text
from service.fhir.reading import Resource

EXTENSION = "/StructureDefinition/icd-10-gm-diagnosesicherheit"
CERTAIN, SUSPECTED, RULED_OUT, PAST = "GVAZ"
CERTAINTIES = {
    frozenset({CERTAIN}): Certainty.SURE,
    frozenset({PAST}): Certainty.SURE,
    frozenset({CERTAIN, PAST}): Certainty.SURE,
    frozenset({RULED_OUT}): Certainty.DENIED,
}


def qualifiers(resource: Resource, name: str) -> frozenset[str]:
    """The letters of this CodeableConcept, and of the resource; "" stands for one that is there and not legible."""
    found = set(_said(resource, resource.body, ""))
    value = resource.body.get(name)
    codings = value.get("coding") if isinstance(value, Mapping) else None
    for each in () if codings is None else nodes(codings, resource.path(f"{name}.coding")):
        found.update(_said(resource, each, f"{name}.coding."))
        system, code = (text(each.get(part), resource.path(f"{name}.coding.{part}")) for part in ("system", "code"))
        if system and code and (behind := german_qualifier(system, code)) is not None:
            found.add(behind)
    return frozenset(found)


def _said(resource: Resource, part: Mapping[str, object], place: str) -> Iterator[str]:
    extensions = part.get("extension")
    for each in () if extensions is None else nodes(extensions, resource.path(f"{place}extension")):
        url = each.get("url")
        if isinstance(url, str) and url.endswith(EXTENSION):
            coded = codes(read_concept(each.get("valueCoding"), resource.path(f"{place}extension.valueCoding")))
            letters = coded or {text(each.get("valueCode"), resource.path(f"{place}extension.valueCode")) or ""}
            yield from (letter if letter in (CERTAIN, SUSPECTED, RULED_OUT, PAST) else "" for letter in letters)


def qualified(verified: Certainty | None, letters: frozenset[str]) -> Certainty:
    """What both say together: a verificationStatus (None: there is none), and the letters, if any.

    What was ruled out is denied, unless something else was said as well: then nobody knows.
    """
    if not letters:
        return verified or Certainty.SURE
    said = CERTAINTIES.get(letters, Certainty.POSSIBLE)
    return said if verified in (None, said) else Certainty.POSSIBLE
