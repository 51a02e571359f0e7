"""Lines that matter by one concept alone: whether any open study could ask for it, told without reading the rest."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec
import numpy as np
import orjson

from service.eligibility.facts import Kind
from service.errors import InvalidValue, UnreadableResource
from service.fhir.elements import read_concept
from service.fhir.products import read_drug
from service.fhir.reading import Reading
from service.screening.needs import Needs
from service.screening.sifting.blocks import Block, Flags, Positions
from service.screening.sifting.glimpse import ILLEGIBLE
from service.screening.sifting.traces import Trace
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
# Another way to say which drug it is: where shares of an input are sorted, nobody knows the products yet.
REFERENCE = "medicationReference"
R5_WAY = Trace(b'"medication"')
MOST_REMEMBERED = 100_000


class Remembered(dict[bytes, bool]):
    """What `ask` answers to each concept as it is written."""

    def __init__(self, ask: Callable[[bytes], bool]) -> None:
        self._ask = ask

    def __missing__(self, written: bytes) -> bool:
        asked = self._ask(written)
        if len(self) < MOST_REMEMBERED:
            self[written] = asked
        return asked


class Coded:
    """Lines of one type. Concepts repeat: what was found of one is remembered by its bytes.

    `begun`: traces that end where a concept begins; `unclear`: traces of a line that may say it in another way.
    """

    def __init__(self, type_name: str, needs: Needs, reading: Reading) -> None:
        self._kind, self._key = CODED[type_name]
        self._type, self._needs, self._reading = type_name, needs, reading
        drugs = self._kind is Kind.MEDICATION
        names = [b'"%s"' % each.encode() for each in ((self._key, REFERENCE) if drugs else (self._key,))]
        self.begun = tuple(Trace(name + rb":\{") for name in names)
        other = (Trace(name + way) for name in names for way in (rb"[^:]", rb':[^"{]'))
        self.unclear = (*other, *((R5_WAY,) if drugs else ()))
        part = "coded", msgspec.Raw, msgspec.Raw()
        shape = msgspec.defstruct("Line", [part], rename={"coded": self._key}, gc=False)
        self._lines = cast(Any, msgspec.json.Decoder(shape))
        self._known = Remembered(self._asked_for)

    def needed(self, block: Block, chosen: Positions, *, alike: bool) -> Flags:
        """Of these lines, each of which begins one concept: could a study ask for what stands there? Yes, wherever that
        is not certain. `alike`: all lines of the block begin and end as an object."""
        written = self._concepts(block, chosen) if alike else None
        if written is None:
            written = [self._concept(line) for _, line in block.lines(chosen)]
        return np.fromiter(map(self._known.__getitem__, written), np.bool_, len(chosen))

    def _concepts(self, block: Block, chosen: Positions) -> list[bytes] | None:
        """The concept of each line as it is written, empty where there is none; None: not every line can be read."""
        try:
            lines = self._lines.decode_lines(block.content)
        except ILLEGIBLE:
            return None
        if len(lines) != len(block.starts):
            return None
        return [bytes(lines[each].coded) for each in chosen.tolist()]

    def _concept(self, line: bytes) -> bytes:
        try:
            return bytes(self._lines.decode(line).coded)
        except ILLEGIBLE:
            return b""

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
        return drug is None or self._needs.may_ask(self._kind, drug.concept)  # that none is known shows no contact
