"""Taking an export into what is kept, by the person that each of its lines is about."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.errors import InputError
from service.fhir.reading import Reading
from service.screening.buckets.parcels import pack
from service.screening.buckets.routing import key_of
from service.screening.completeness import Completeness, Origin
from service.screening.contacts import contacts_that_count
from service.screening.heard import Files, files_of
from service.screening.incremental.exports import ANEW, Given
from service.screening.incremental.names import (
    DRUG,
    bytes_of,
    drug_unit,
    drugs_in,
    glimpsed_name,
    name_of_line,
    number_of,
    text_of,
    unit_of,
)
from service.screening.kinds import KNOWN
from service.screening.lines import found_in
from service.screening.met import (
    Found,
    Glimpses,
    Json,
    Lost,
    Met,
    Mixed,
    Place,
    Sizes,
    Skipped,
    Spots,
    Stage,
    stage_of,
)
from service.screening.needs import Needs
from service.screening.request import Progress, Request
from service.screening.salvage import is_one, merged_with
from service.screening.sifting.glimpse import sole_subject
from service.screening.sifting.ledger import Forced, Recurring
from service.screening.sifting.sieve import Sieve
from service.screening.walk import Walk
from service.store.kept import Kept, Parcel
from service.twofold import readings

if TYPE_CHECKING:
    from service.catalog.load import Catalog

ORIGIN: Origin = (0,)  # all exports of a chain are one place, which holds the types completely that the first one does
DELETED = "the same export says that it was deleted, and nobody can tell which came later"


@dataclass
class Taken:
    """What an export told besides what is kept of persons. `touched`: units of which something changed, and how."""

    complete: frozenset[str] = frozenset()
    present: set[str] = field(default_factory=set)
    skipped: Counter[str] = field(default_factory=Counter)
    lost: list[Lost] = field(default_factory=list)
    touched: dict[bytes, str] = field(default_factory=dict)

    def touch(self, units: Iterable[bytes], how: str) -> None:
        """Something of these changed."""
        for each in units:
            self.touched.setdefault(each, how)


class AllVisits(Sieve):
    """Passes over no visit: a diagnosis of a later export may wait for one."""

    def sifts(self, type_name: str | None) -> bool:
        """As a Sieve."""
        return type_name != "Encounter" and super().sifts(type_name)


class Taking:
    """Takes exports into what is kept. `generation`: how many exports there were before in the chain."""

    def __init__(self, catalog: Catalog, request: Request, kept: Kept, generation: int) -> None:
        self._catalog, self._request, self._kept, self._generation = catalog, request, kept, generation
        self._needs = Needs(request.studies, catalog.terminology)
        self._reading = Reading(zone=catalog.site.zone, units=catalog.units, drugs=catalog.drugs)
        self._before = len(kept.files())
        self._whose: dict[bytes, set[bytes]] = defaultdict(set)

    def first(self, given: Given, progress: Progress) -> Taken:
        """An export of everything; what was kept is forgotten."""
        mixed, forced = frozenset[str](), Forced()
        counting = contacts_that_count(self._request.studies, self._catalog.policy, self._request.at)
        open_end = counting._replace(until=None)  # the next run is of a later day
        while True:
            self._kept.clear()
            self._before = 0
            taken, completeness = Taken(), Completeness()
            files = files_of(given.sources, completeness)
            self._add_files(files, "")
            sieve = AllVisits(self._needs, self._reading, open_end, (), forced)
            try:
                for met in self._walk(files, completeness, progress, sieve, mixed).everything():
                    self._take(met, taken, given)
            except Mixed as problem:
                mixed |= {problem.label}
            except Recurring as problem:
                forced = problem.added_to(forced)
            else:
                break
        self._kept.all_in()
        for reference, units in self._kept.in_several():
            self._link_all(units, reference)
        taken.complete = frozenset(completeness.complete[ORIGIN])
        taken.present |= completeness.present[ORIGIN]
        return taken

    def next(self, given: Given, progress: Progress) -> Taken:
        """An export of what changed. All of it is read: what replaces something may hold nothing of what is needed."""
        assert given.change is not None, "it holds what changed"
        taken, completeness = Taken(), Completeness()
        for reference in sorted(given.change.deleted):
            taken.touch(self._removed(reference), "deleted")
        for patient in sorted(given.change.joined):  # all about them is there
            self._remove(patient, taken)
        files = files_of(given.sources, completeness)
        self._add_files(files, f"{self._named(given.label)}/")
        walk = self._walk(files, completeness, progress)
        for met in walk.everything():
            self._refuse_unclear(met, files, given)
            self._take(met, taken, given)
        for number, file in enumerate(files.files):
            if (named := walk.heard.named.get(number)) and file.type_hint is not None and file.type_hint not in named:
                raise InputError(f"{given.label}: {file.label} holds another type than its name says; {ANEW}")
        for _, kind in walk.heard.short(files):
            raise InputError(f"{given.label}: it holds fewer lines of {kind} than its manifest says; export again")
        self._kept.settle()
        for patient in sorted(given.change.left):  # what changed before they left may be there
            self._remove(patient, taken)
        for name, units in self._whose.items():
            self._link_all(sorted(units), name)
        return taken

    def _walk(
        self,
        files: Files,
        completeness: Completeness,
        progress: Progress,
        sieve: Sieve | None = None,
        mixed: frozenset[str] = frozenset(),
    ) -> Walk:
        return Walk(files, completeness, self._needs.types, False, progress.reading, sieve, mixed)

    def _named(self, label: str) -> str:
        """How an export is called in labels of its files: as no other one of the chain, as directories may have the
        same name, and a line is known by its file's label."""
        known = {name.partition("/")[0] for name, _ in self._kept.files() if "/" in name}
        told, number = label, 1
        while told in known:
            number += 1
            told = f"{label}#{number}"
        return told

    def _add_files(self, files: Files, above: str) -> None:
        self._kept.add_files(
            (self._before + number, above + file.label, file.type_hint) for number, file in enumerate(files.files)
        )

    def _refuse_unclear(self, met: Met, files: Files, given: Given) -> None:
        """What may be a later version of anything that is kept: nobody could tell what of it still holds."""
        if isinstance(met, Lost) or (isinstance(met, Found) and not _is_clear(met)):
            where = f"{files.files[met.place.file].label}, line {met.place.line}"
            raise InputError(
                f"{given.label}: {where} cannot be read, and may replace any record; export again, or {ANEW}"
            )

    def _take(self, met: Met, taken: Taken, given: Given) -> None:
        if isinstance(met, Skipped):
            taken.skipped[met.type] += met.lines
            taken.present |= {met.type} & self._needs.types
        elif isinstance(met, Lost):
            taken.lost.append(met._replace(place=self._placed(met.place)))
        elif isinstance(met, Glimpses):
            taken.present.add(met.type)
            for glimpse, number in met.seen:
                content = pack(Glimpses(met.type, ORIGIN, [(glimpse, number)]), Stage.MIDDLE, 0)
                self._put(unit_of(glimpse.patient), glimpsed_name(met.type, number), content, taken)
        elif isinstance(met, Sizes):
            self._take_sizes(met, taken, given)
        else:
            assert not isinstance(met, Spots), "nobody asked to go back to them"
            self._found(met, taken, given)

    def _take_sizes(self, met: Sizes, taken: Taken, given: Given) -> None:
        """Body sizes; they are read when a dose of their person goes by them."""
        for number, raw in met.lines:
            place, patient = met.place._replace(line=number), sole_subject(raw)
            if patient is None:
                self._found(found_in(place, raw), taken, given)
            else:
                taken.present.add(met.type)
                content = pack(Sizes(self._placed(place), met.type, [(number, raw)]), Stage.MIDDLE, 0)
                self._put(unit_of(patient), name_of_line(met.type, raw), content, taken)

    def _found(self, met: Found, taken: Taken, given: Given) -> None:
        if met.place.entry or len(met.place.origin) > 1:
            raise InputError(
                f"{given.label}: it holds a Bundle; with --state, give a bulk export: a resource on each line"
            )
        type_name, reference = met.type_met(self._needs.types), None
        resource = met.resource
        if type_name is not None:
            taken.present.add(type_name)
            reference = f"{type_name}/{met.identity}"
        elif resource is not None and _is_clear(met):
            taken.skipped[str(resource["resourceType"])] += 1
            return
        if given.change is not None and reference in given.change.deleted:
            met = met._replace(problem=DELETED)
        met = met._replace(place=self._placed(met.place))
        unit = drug_unit(reference) if reference is not None and type_name == DRUG else unit_of(key_of(met))
        stage = stage_of(None if resource is None else resource.get("resourceType"))
        self._put(unit, None if reference is None else bytes_of(reference), pack(met, stage, 0), taken)
        if resource is not None:
            self._note(met, resource, unit, taken)

    def _note(self, met: Found, resource: Json, unit: bytes, taken: Taken) -> None:
        """With whom a Patient may be merged, and to which drugs something refers."""
        if "Patient" in readings(resource, "resourceType"):
            for other in sorted(merged_with(resource, met.aliases)):
                self._kept.link(unit, unit_of(other), bytes_of(f"Patient/{met.identity}"))
        for reference in sorted(drugs_in(resource)):
            self._kept.use(bytes_of(reference), unit)

    def _put(self, unit: bytes, reference: bytes | None, content: bytes, taken: Taken) -> None:
        if self._generation:
            if reference is not None:
                taken.touch(self._removed(text_of(reference)), "changed")
                self._whose[reference].add(unit)
            taken.touch([unit], "changed")
        self._kept.put(Parcel(unit, reference, content), self._generation)

    def _remove(self, patient: str, taken: Taken) -> None:
        unit = unit_of(patient)
        if self._kept.remove_unit(unit):
            taken.touch([unit], "deleted")

    def _removed(self, reference: str) -> list[bytes]:
        """Whose an earlier version of a record was, however it was kept."""
        names = [bytes_of(reference)]
        type_name, _, identity = reference.partition("/")
        if (number := number_of(identity)) is not None:
            names.append(glimpsed_name(type_name, number))
        return [unit for name in names for unit in self._kept.replace(name, self._generation)]

    def _link_all(self, units: list[bytes], reference: bytes) -> None:
        for other in units[1:]:
            self._kept.link(units[0], other, reference)

    def _placed(self, place: Place) -> Place:
        return place._replace(file=self._before + place.file, origin=ORIGIN)


def _is_clear(met: Found) -> bool:
    """Is it clear which record it is, whatever it says?"""
    resource = met.resource
    return resource is not None and is_one(resource) and bool(met.identity) and resource.get("resourceType") in KNOWN
