"""Whether a chart could speak for any open study at all, told from its bytes: most charts cannot, and are not read.

A card needs a strong signal, and that needs a record whose code surely belongs to the entry evidence. Where none of
these codes stands anywhere in what came along, there is nothing to say. The other way round nothing is concluded: then
the chart is read.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from service.eligibility.criteria import (
    AllOf,
    AnyOf,
    ConditionPresent,
    Node,
    ObservationValue,
    ProcedureDone,
)
from service.eligibility.outcome import Outcome
from service.eligibility.terms import Coding, Terminology
from service.fhir.cds.call import Call
from service.screening.cds.prefetched import NULL
from service.screening.cds.templates import PATIENT, asked_of, key_of
from service.screening.tenant import Tenant

CODE = re.compile(rb'"code"\s*:\s*"([^"]*)"')
TOTAL = re.compile(rb'"total"\s*:\s*(\d{1,18})')
OF = re.compile(rb"Patient\\?/([A-Za-z0-9\-._]+)")
ESCAPED = re.compile(rb"\\u00[0-7]")  # a letter or sign written by its number: what is looked for would not be found
# What stands in no search result that is all there is.
DOUBTFUL = (b'"next"', b'"OperationOutcome"', b'"SUBSETTED"')
PLAIN: dict[type, str] = {
    ConditionPresent: "Condition",
    ObservationValue: "Observation",
    ProcedureDone: "Procedure",
}
MOST_REMEMBERED = 100_000
ANY = "\\"  # a code with an escaped character could be any


@dataclass(frozen=True, slots=True)
class Needed:
    """The value sets of one type, one of whose codes a strong signal needs."""

    kind: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """The entry evidence of all open studies of a tenant.

    `untold`: the studies of which codes alone do not tell; they are always looked at. `kinds`: the types in which the
    codes of the others can stand; `keys`: under which everything that the studies ask for comes along, with its type.
    """

    untold: frozenset[str]
    kinds: frozenset[str]
    keys: tuple[tuple[str, str], ...]
    _studies_of: Callable[[str], frozenset[str]] = field(repr=False)
    _known: dict[bytes, frozenset[str]] = field(default_factory=dict, repr=False)

    def suggested(self, call: Call) -> frozenset[str] | None:
        """The studies that may have a strong signal; of all others it is sure that they have none.

        None: that cannot be told before the chart is read, as not all of it came along.
        """
        came = call.prefetch
        whole = all(key in came and _is_whole(came[key], kind, call.patient) for key, kind in self.keys)
        if PATIENT not in came or not whole:
            return None
        codes = {code for kind in self.kinds for code in CODE.findall(came[key_of(kind)])}
        return self.untold.union(*map(self._of, codes))

    def _of(self, code: bytes) -> frozenset[str]:
        known = self._known.get(code)
        if known is None:
            known = self._studies_of(ANY if b"\\" in code else code.decode(errors="replace"))
            if len(self._known) < MOST_REMEMBERED:
                self._known[code] = known
        return known


def entry_of(tenant: Tenant) -> Entry:
    """The entry evidence of the open studies."""
    keys = tuple((key_of(each.kind), each.kind) for each in asked_of(tenant))
    told: dict[str, tuple[Needed, ...]] = {}
    for study in tenant.open_studies:
        needed = [_needed(node) for node in study.entry]
        if None not in needed:
            told[study.id] = tuple(each for parts in needed if parts is not None for each in parts)
    terminology = tenant.catalog.terminology
    holding = {
        study: _Holding(terminology, {id for each in parts for id in each.codes}) for study, parts in told.items()
    }

    def studies_of(code: str) -> frozenset[str]:
        return frozenset(study for study, holds in holding.items() if code == ANY or holds(code))

    kinds = frozenset(each.kind for parts in told.values() for each in parts)
    return Entry(frozenset(tenant.studies) - told.keys(), kinds, keys, studies_of)


class _Holding:
    """Is a bare code, whatever its system, surely in one of these value sets, or does a map lead from it to one?"""

    def __init__(self, terminology: Terminology, ids: Iterable[str]) -> None:
        self._sets = [terminology.value_sets[each] for each in sorted(ids)]
        self._listed = {coding.code for each in self._sets for coding in each.sure.listed}
        self._listed |= {
            coding.code
            for coding, targets in terminology.maps.items()
            if any(self._is_in(target.normalized()) for target, exact in targets if exact)
        }
        self._prefixes = tuple(prefix.code for each in self._sets for prefix in each.sure.prefixes)

    def __call__(self, code: str) -> bool:
        plain = code.upper().replace(".", "").strip()  # as ICD codes are compared
        forms = (code, code.strip(), plain)
        return any(each in self._listed or each.startswith(self._prefixes) for each in forms)

    def _is_in(self, coding: Coding) -> bool:
        return any(each.holds(coding).outcome is Outcome.MET for each in self._sets)


def _needed(node: Node) -> tuple[Needed, ...] | None:
    """What one surely fitting record of which a MET of this node needs; None: that is not told by codes."""
    kind = PLAIN.get(type(node))
    if kind is not None and getattr(node, "absence", None) is None:
        return (Needed(kind, getattr(node, "codes", ())),)
    if isinstance(node, AnyOf):
        parts = [_needed(each) for each in node.parts]
        return None if None in parts else tuple(each for part in parts if part is not None for each in part)
    if isinstance(node, AllOf):
        return next((found for found in map(_needed, node.parts) if found is not None), None)
    return None


def _is_whole(value: bytes, kind: str, patient: str) -> bool:
    """Is it nothing, or the result of a search, of this patient alone, with no hint that more of it exists?"""
    if value.strip() == NULL:
        return True
    if b'"searchset"' not in value or any(each in value for each in DOUBTFUL) or ESCAPED.search(value):
        return False
    if not set(OF.findall(value)) <= {patient.encode()}:
        return False
    totals = [int(each) for each in TOTAL.findall(value)]
    return not totals or max(totals) <= len(re.findall(rb'"resourceType"\s*:\s*"%s"' % kind.encode(), value))
