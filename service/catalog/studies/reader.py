"""What the makers of nodes share: the file with its lines, the names that may be used, the problems found so far."""

import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from service.catalog.documents import Document, Where, did_you_mean
from service.catalog.words import duration
from service.eligibility.criteria import Absence, Bounds, ValueSetIds
from service.eligibility.dates import Duration
from service.eligibility.outcome import Outcome
from service.errors import InvalidValue

Made = TypeVar("Made")
Content = Mapping[str, Any]
OUTCOMES: Mapping[str, Outcome] = {each.code: each for each in Outcome}
SURFACE = re.compile(r"/\s*\(?1[.,]73\s*\*?m(\^?2|²)\)?")  # of a body, as it is often written
BRACES = "{score}, mL/min/{1.73_m2}"
YOUR_OWN = " (one of your own stands in value-sets/%s.json of the directory that --site names: docs/add-a-study.md)"


@dataclass(frozen=True, slots=True)
class Names:
    """What a study may refer to: value sets (id to kind), tables of equivalents, and units that can be understood."""

    value_sets: Mapping[str, str]
    equivalents: Set[str]
    knows_unit: Callable[[str], bool]


@dataclass(slots=True)
class Reader:
    """One study file while it is read. Content has passed the schema; what the schema cannot say is checked here."""

    document: Document
    names: Names
    problems: list[tuple[Where, str]] = field(default_factory=list)

    def problem(self, where: Where, text: str) -> None:
        """Note a problem at a place of the file."""
        self.problems.append((where, f"{self.document.at(where)}: {text}"))

    def build(self, where: Where, make: Callable[[], Made], instead: Made) -> Made:
        """What `make` makes; where that is an invalid value, the problem is noted and `instead` stands in."""
        try:
            return make()
        except InvalidValue as error:
            self.problem(where, str(error))
            return instead

    def value_sets(self, content: Content, key: str, where: Where, *kinds: str) -> ValueSetIds:
        """The value sets named under `key`, one or several; they have to exist and to be of one of these kinds."""
        written = content.get(key, ())
        ids = (written,) if isinstance(written, str) else tuple(written)
        for each in ids:
            kind = self.names.value_sets.get(each)
            if kind is None:
                known = sorted(self.names.value_sets)
                self.problem(
                    (*where, key), f"there is no value set {each!r}{did_you_mean(each, known)}{YOUR_OWN % each}"
                )
            elif kinds and kind not in kinds:
                wanted = " or ".join(kinds)
                self.problem((*where, key), f"value set {each!r} holds codes of kind {kind}; wanted here: {wanted}")
        self._each_once(ids, (*where, key))
        return ids

    def _each_once(self, ids: Iterable[str], where: Where) -> None:
        seen: set[str] = set()
        for each in ids:
            if each in seen:
                self.problem(where, f"value set {each!r} is named twice; once is enough")
            seen.add(each)

    def unit(self, content: Content, where: Where) -> str | None:
        """The UCUM unit under `unit`; one that nobody can convert to would leave every answer unknown."""
        unit = content.get("unit")
        if isinstance(unit, str) and not self.names.knows_unit(unit):
            known = SURFACE.sub("/{1.73_m2}", unit)
            meant = f"; did you mean {known!r}?" if known != unit and self.names.knows_unit(known) else ""
            said = f"{unit!r} is no unit of UCUM, such as mg/dL, %, 10*9/L; what is no unit stands in braces: {BRACES}"
            self.problem((*where, "unit"), f"{said}{meant}")
        return unit

    def bounds(self, content: Content, where: Where) -> Bounds:
        """above, at_least, below, at_most."""
        limits = [_decimal(content.get(key)) for key in ("above", "at_least", "below", "at_most")]
        return self.build(where, lambda: Bounds(*limits), Bounds(at_least=Decimal(0)))

    def absence(self, content: Content) -> Absence | None:
        """What silence means here, if the study says so."""
        written = content.get("if_absent")
        return None if written is None else Absence(OUTCOMES[written["outcome"]], " ".join(written["reason"].split()))


def optional_duration(content: Content, key: str) -> Duration | None:
    """The duration under `key`, if there is one."""
    return duration(content[key]) if key in content else None


def _decimal(number: Any) -> Decimal | None:
    return None if number is None else Decimal(number)
