"""Lines that matter by one concept alone: whether any open study could ask for it, told without reading the rest."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec
import orjson

from service.eligibility.facts import Kind
from service.errors import InvalidValue, UnreadableResource
from service.fhir.elements import read_concept
from service.fhir.products import read_drug
from service.fhir.reading import Reading
from service.screening.needs import Needs
from service.twofold import decode

DRUG = "medicationCodeableConcept"
CODED: Mapping[str, tuple[Kind, str]] = {
    "Condition": (Kind.CONDITION, "code"),
    "Procedure": (Kind.PROCEDURE, "code"),
    "AllergyIntolerance": (Kind.ALLERGY, "code"),
    "Immunization": (Kind.IMMUNIZATION, "vaccineCode"),
    "MedicationRequest": (Kind.MEDICATION, DRUG),
    "MedicationStatement": (Kind.MEDICATION, DRUG),
    "MedicationDispense": (Kind.MEDICATION, DRUG),
    "MedicationAdministration": (Kind.MEDICATION, DRUG),
}
OTHER_WAYS = (b'"medicationReference"', b'"medication"')  # to say which drug it is
MOST_REMEMBERED = 100_000
Wanted = dict[bytes, bool]


class Coded:
    """Lines of one type. Concepts repeat: what was found of one is remembered by its bytes."""

    def __init__(self, type_name: str, needs: Needs, reading: Reading) -> None:
        self._kind, self._key = CODED[type_name]
        self._type, self._needs, self._reading = type_name, needs, reading
        self._name = b'"%s"' % self._key.encode()
        self._object = self._name + b":{"
        self._text = self._name + b':"'
        shape = cast(
            Any, msgspec.defstruct("Line", [("coded", msgspec.Raw, msgspec.Raw())], rename={"coded": self._key})
        )
        self._decode = msgspec.json.Decoder(shape).decode
        self._known: Wanted = {}

    def needed(self, line: bytes) -> bool:
        """Could a study ask for what stands on this line? Yes, wherever that is not certain."""
        if line.count(self._object) != 1 or line.count(self._name) != line.count(self._text) + 1:
            return True  # the concept is not where it is looked for, or not there alone
        if self._kind is Kind.MEDICATION and any(each in line for each in OTHER_WAYS):
            return True
        try:
            written = bytes(self._decode(line).coded)
        except msgspec.MsgspecError:
            return True
        known = self._known.get(written)
        if known is None:
            known = self._asked_for(written)
            if len(self._known) < MOST_REMEMBERED:
                self._known[written] = known
        return known

    def _asked_for(self, written: bytes) -> bool:
        try:
            content, _, twofold = decode(written)
            if twofold:
                return True
            if self._kind is not Kind.MEDICATION:
                return self._needs.may_ask(self._kind, read_concept(content, self._key))
            drug = read_drug({DRUG: content}, self._type, self._reading)
        except (orjson.JSONDecodeError, UnreadableResource, InvalidValue):
            return True
        return drug is not None and self._needs.may_ask(self._kind, drug.concept)
