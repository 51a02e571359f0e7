"""Whether a chart could speak for any open study at all, told from its codes: most charts cannot, and are not read.

A card needs a strong signal, and that needs a record whose code surely belongs to the entry evidence. Where no such
code stands in what came along, there is nothing to say. The other way round nothing is concluded: then the chart is
read. Only what tells is decoded: codes, whose a record is, and whether a Bundle is all there is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from service.ehr.searching import is_narrower, is_of_another
from service.eligibility.criteria import (
    AllOf,
    AnyOf,
    ConditionPresent,
    Node,
    ObservationValue,
    ProcedureDone,
)
from service.eligibility.outcome import Outcome
from service.eligibility.terms import Coding, Concept, Terminology
from service.fhir.cds.call import Call
from service.lacking import SUBSETTED
from service.literals import is_of
from service.screening.cds.prefetched import NULL, bases_of, names_of
from service.screening.cds.templates import PATIENT, asked_of, key_of
from service.screening.tenant import Tenant

PLAIN: dict[type, str] = {
    ConditionPresent: "Condition",
    ObservationValue: "Observation",
    ProcedureDone: "Procedure",
}
SEARCHSET, MATCH = "searchset", (None, "match")
MOST_REMEMBERED = 100_000
NO_STUDY = frozenset[str]()


class _Coding(msgspec.Struct, gc=False):
    system: str | None = None
    code: str | None = None


class _Concept(msgspec.Struct, gc=False):
    coding: list[_Coding] | None = None


class _Component(msgspec.Struct, gc=False):
    code: _Concept | None = None


class _Reference(msgspec.Struct, gc=False):
    reference: str | None = None


class _Meta(msgspec.Struct, gc=False):
    tag: list[_Coding] | None = None


class _Record(msgspec.Struct, rename="camel", gc=False):
    """As much of a record as says whose it is, and that it is one."""

    resource_type: str | None = None
    subject: _Reference | None = None
    patient: _Reference | None = None
    meta: _Meta | None = None


class _Coded(_Record, gc=False):
    """A record whose code tells what it is about."""

    code: _Concept | None = None
    component: list[_Component] | None = None


class _Search(msgspec.Struct, gc=False):
    mode: str | None = None


class _Entry(msgspec.Struct, gc=False):
    resource: _Record
    search: _Search | None = None


class _CodedEntry(msgspec.Struct, gc=False):
    resource: _Coded
    search: _Search | None = None


class _Link(msgspec.Struct, gc=False):
    relation: str | None = None
    url: str | None = None


class _Bundle(msgspec.Struct, rename="camel", gc=False):
    resource_type: str | None = None
    type: str | None = None
    total: int | None = None
    link: list[_Link] | None = None
    entry: list[_Entry] = []


class _CodedBundle(_Bundle, gc=False):
    entry: list[_CodedEntry] = []  # type: ignore[assignment]


PLAINLY, WITH_CODES = msgspec.json.Decoder(_Bundle), msgspec.json.Decoder(_CodedBundle)


@dataclass(frozen=True, slots=True)
class Needed:
    """The value sets of one type, one of whose codes a strong signal needs."""

    kind: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """The entry evidence of all open studies of a tenant.

    `untold`: the studies of which codes alone do not tell; they are always looked at. `told`: by study, the value sets
    that tell of the others. `kinds`: the types in which their codes can stand; `keys`: under which everything that the
    studies ask for comes along, with its type. `own`: the addresses of our source. `asked`: the parameters by which a
    type is asked for.
    """

    untold: frozenset[str]
    told: Mapping[str, tuple[str, ...]]
    kinds: frozenset[str]
    keys: tuple[tuple[str, str], ...]
    own: tuple[str, ...]
    asked: Mapping[str, frozenset[str]]
    terminology: Terminology = field(repr=False)
    _known: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict, repr=False)

    def suggested(self, call: Call) -> frozenset[str] | None:
        """The studies that may have a strong signal; of all others it is sure that they have none.

        None: that cannot be told before the chart is read, as not all of it came along.
        """
        came, found, bases = call.prefetch, set[str](self.untold), bases_of(call, self.own)
        if PATIENT not in came:
            return None
        for key, kind in self.keys:
            codes = _codes(came.get(key), kind, call.patient, bases, self.asked[kind], coded=kind in self.kinds)
            if codes is None:
                return None
            for each in codes:
                found |= self._of(each)
        return frozenset(found)

    def _of(self, code: tuple[str, str]) -> frozenset[str]:
        known = self._known.get(code)
        if known is None:
            known = frozenset(study for study, ids in self.told.items() if self._belongs(Coding(*code), ids))
            if len(self._known) < MOST_REMEMBERED:
                self._known[code] = known
        return known

    def _belongs(self, coding: Coding, ids: tuple[str, ...]) -> bool:
        """Does it surely belong to one of the value sets, itself or by a map of the site that is exact?"""
        sure = [each for each, exact in self.terminology.codings(Concept((coding,))) if exact]
        sets = [self.terminology.value_sets[each] for each in ids]
        return any(each.holds(one).outcome is Outcome.MET for each in sets for one in sure)


def entry_of(tenant: Tenant) -> Entry:
    """The entry evidence of the open studies."""
    told: dict[str, tuple[Needed, ...]] = {}
    for study in tenant.open_studies:
        needed = [_needed(node) for node in study.entry]
        if None not in needed:
            told[study.id] = tuple(each for parts in needed if parts is not None for each in parts)
    return Entry(
        untold=frozenset(tenant.studies) - told.keys(),
        told={study: tuple(sorted({id for each in parts for id in each.codes})) for study, parts in told.items()},
        kinds=frozenset(each.kind for parts in told.values() for each in parts),
        keys=tuple((key_of(each.kind), each.kind) for each in asked_of(tenant)),
        own=tenant.own_bases,
        asked={each.kind: names_of(each, "") for each in asked_of(tenant)},
        terminology=tenant.catalog.terminology,
    )


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


def _codes(
    value: bytes | None, kind: str, patient: str, bases: tuple[str, ...], asked: frozenset[str], *, coded: bool
) -> Iterable[tuple[str, str]] | None:
    """The codes (system, code) in what came under a key; None unless it is surely all there is, of this patient alone.

    `coded`: the codes of this type tell; of others, none are given.
    """
    if value is None:
        return None
    if len(value) < 16 and value.strip() == NULL:
        return ()
    try:
        bundle = (WITH_CODES if coded else PLAINLY).decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # not of the shape that is known here; whoever reads it says what is wrong
    if not _is_whole(bundle, kind, patient, bases, asked):
        return None
    return _codings(bundle) if coded else ()


def _is_whole(bundle: _Bundle, kind: str, patient: str, bases: tuple[str, ...], asked: frozenset[str]) -> bool:
    """Is it the result of a search that found no more than what is in it, and nothing of anybody else?"""
    if bundle.resource_type != "Bundle" or bundle.type != SEARCHSET:
        return False
    for each in bundle.link or ():
        if each.relation == "next" or (each.relation == "self" and _is_other(each.url, patient, asked)):
            return False
    if bundle.total is not None and bundle.total > len(bundle.entry):
        return False
    own = f"Patient/{patient}"
    return all(_is_plain(each, kind) and _is_theirs(each.resource, patient, own, bases) for each in bundle.entry)


def _is_other(url: str | None, patient: str, asked: frozenset[str]) -> bool:
    """Was a search for somebody else, or for less than was asked for by parameters of these names?"""
    return is_of_another(url, frozenset({patient})) or is_narrower(url, asked)


def _is_plain(entry: _Entry, kind: str) -> bool:
    """A whole record of this type, found by the search."""
    record, meta = entry.resource, entry.resource.meta
    if record.resource_type != kind or (entry.search is not None and entry.search.mode not in MATCH):
        return False
    return meta is None or not meta.tag or all(each.code != SUBSETTED for each in meta.tag)


def _is_theirs(record: _Record, patient: str, own: str, bases: tuple[str, ...]) -> bool:
    """Is it of this patient? `own`: how that is mostly written."""
    named = record.subject or record.patient
    stated = named.reference if named is not None else None
    return stated == own or (stated is not None and is_of(bases, stated, "Patient", patient))


def _codings(bundle: _Bundle) -> set[tuple[str, str]]:
    """The codes in it, each once."""
    found = set[tuple[str | None, str]]()
    for entry in bundle.entry:
        record = entry.resource
        assert isinstance(record, _Coded), "decoded with its codes"
        parts = [record.code]
        if record.component:
            parts += [each.code for each in record.component]
        for concept in parts:
            if concept is not None and concept.coding:
                found.update([(each.system, each.code) for each in concept.coding if each.code is not None])
    return {((system or "").strip(), code.strip()) for system, code in found}
