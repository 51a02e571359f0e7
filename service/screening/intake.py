"""Reading a population: every line of every source becomes facts of a person, or is counted for what it is.

Gathers only; nothing is decided here. Memory is bounded by the facts the open studies can need, plus a small entry per
resource that recognises a second version of it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from service.catalog.load import Catalog
from service.eligibility.facts import EncounterFact, Evidence, Loaded, Unreadable
from service.errors import UnreadableResource
from service.fhir.adapt import SUPPORTED, Adapted, Reading, adapt
from service.fhir.patient import adapt_patient
from service.screening.bundles import aliases, complete_bundle, entries, is_bundle
from service.screening.lines import Broken, Line, read_document, read_lines
from service.screening.needs import Needs
from service.screening.people import Gathered
from service.screening.salvage import subject_of, type_of
from service.screening.sources import InputFile, Source, complete_types
from service.screening.tally import Reject, Tally
from service.screening.versions import Arrival, Versions

Advance = Callable[[InputFile, int], None]


@dataclass
class Population:
    """Everybody read, with the completeness of each type per source."""

    people: dict[str, Gathered] = field(default_factory=dict)
    complete: list[set[str]] = field(default_factory=list)
    present: list[set[str]] = field(default_factory=list)
    medications: dict[str, Mapping[str, object]] = field(default_factory=dict)
    unplaced: dict[str, int] = field(default_factory=dict)

    def person(self, patient: str) -> Gathered:
        """The person of that id, new if not yet met."""
        return self.people.setdefault(patient, Gathered())

    def loaded(self, sources: Iterable[int], accepted_rejects: int) -> dict[str, Loaded]:
        """How completely each type was loaded for someone whose Patient stands in these sources."""
        chosen = list(sources)
        spoiled = set(self.unplaced) if sum(self.unplaced.values()) > accepted_rejects else set()
        if "*" in spoiled:
            spoiled |= {each for complete in self.complete for each in complete}
        result = {}
        for name in sorted(set().union(*(self.present[each] | self.complete[each] for each in chosen))):
            whole = all(name in self.complete[each] for each in chosen) and name not in spoiled
            result[name] = Loaded.COMPLETE if whole else Loaded.INCOMPLETE
        return result


class Intake:
    """Reads sources into a Population. `set_aside` receives whatever cannot be used; `advance` is told of progress."""

    def __init__(self, catalog: Catalog, needs: Needs, set_aside: Callable[[Reject], None], advance: Advance) -> None:
        self.population = Population()
        self.tally = Tally(set_aside)
        self.versions = Versions()
        self._needs = needs
        self._advance = advance
        self._bundles_complete = catalog.site.bundles_complete
        self._kept: dict[str, tuple[str, str]] = {}
        self._reading = Reading(
            zone=catalog.site.zone,
            units=catalog.units,
            aliases={},
            medications=self.population.medications,
            drugs=catalog.drugs,
        )

    def read(self, sources: Iterable[Source]) -> Population:
        """Read every file of every source."""
        for source in sources:
            index = self._open_source(set(complete_types(source)))
            for file in source.files:
                self._read_file(file, index)
        return self.population

    def _open_source(self, complete: set[str]) -> int:
        self.population.complete.append(complete)
        self.population.present.append(set())
        return len(self.population.complete) - 1

    def _read_file(self, file: InputFile, index: int) -> None:
        for item in read_lines(file) if file.lines else [read_document(file)]:
            if isinstance(item, Broken):
                self._broken(item, index)
            elif item.resource is not None and is_bundle(item.resource):
                self._bundle(item)
            else:
                self._line(item, index)
            self._advance(file, item.number)

    def _broken(self, broken: Broken, index: int) -> None:
        """The rest of the file is lost: its type is incomplete, or, if nothing names a type, all are."""
        hint = broken.file.type_hint
        self.tally.set_aside_line(Reject(broken.file.path.name, broken.number, "rejected", hint, broken.problem))
        self.population.complete[index] -= {hint} if hint else set(self.population.complete[index])
        if hint:
            self.population.present[index].add(hint)

    def _bundle(self, line: Line) -> None:
        """A Bundle is a source of its own, complete if it is a whole searchset or its giver says so."""
        assert line.resource is not None
        whole = complete_bundle(line.resource, self._bundles_complete)
        index = self._open_source(set(SUPPORTED) | {"Patient", "Medication"} if whole else set())
        outer = self._reading
        self._reading = replace(outer, aliases=aliases(line.resource))
        for number, resource, problem in entries(line.resource):
            self._line(replace(line, number=number, resource=resource, problem=problem), index)
        self._reading = outer

    def _line(self, line: Line, index: int) -> None:
        if line.resource is None:
            self._reject(line, line.problem or "not a resource", index)
            return
        type_name, identity = line.resource.get("resourceType"), line.resource.get("id")
        if not isinstance(type_name, str):
            self._reject(line, "no resourceType", index)
        elif type_name not in SUPPORTED and type_name not in ("Patient", "Medication"):
            self.tally.count(type_name, "not_needed")
        elif not isinstance(identity, str) or not identity:
            self._reject(line, "no id", index)
        else:
            self.population.present[index].add(type_name)
            self._resource(line, type_name, f"{type_name}/{identity}", index)

    def _reject(self, line: Line, reason: str, index: int) -> None:
        raw = line.raw
        type_name = type_of(raw, line.file.type_hint)
        self.tally.set_aside_line(Reject(line.file.path.name, line.number, "rejected", type_name, reason))
        subject = subject_of(raw, type_name)
        if subject is None and line.resource is not None:
            subject = _subject(line.resource)
        if type_name is not None and type_name not in SUPPORTED and type_name not in ("Patient", "Medication"):
            return
        if subject is None or type_name is None or type_name in ("Patient", "Medication"):
            key = type_name or "*"
            self.population.unplaced[key] = self.population.unplaced.get(key, 0) + 1
            return
        evidence = Evidence(f"{type_name}/{line.file.path.name}:{line.number}", type_name)
        self.population.person(subject).unreadable.append(Unreadable(type_name, evidence, reason))

    def _resource(self, line: Line, type_name: str, reference: str, index: int) -> None:
        assert line.resource is not None
        arrival = self.versions.arrive(reference, line.resource)
        if arrival in (Arrival.REPEATED, Arrival.OLDER):
            self.tally.count(type_name, "not_needed")
            return
        if arrival is not Arrival.NEW:
            self._forget(reference)
        if arrival is Arrival.CONTRADICTS:
            self._contradiction(line, type_name, reference)
            return
        if type_name == "Medication":
            self.population.medications[reference] = line.resource
            self.tally.count(type_name, "used")
            return
        try:
            if type_name == "Patient":
                self._patient(line.resource, index)
                self.tally.count(type_name, "used")
            else:
                self._facts(line, type_name, reference, adapt(line.resource, self._reading))
        except UnreadableResource as error:
            self._unplaced(line, type_name, str(error))

    def _patient(self, resource: Mapping[str, object], index: int) -> None:
        adapted = adapt_patient(resource, self._reading)
        person = self.population.person(adapted.person.id)
        person.patient = adapted
        person.sources.add(index)

    def _facts(self, line: Line, type_name: str, reference: str, adapted: Adapted) -> None:
        if adapted.patient is None:
            self.tally.count(type_name, "not_needed")  # it is about no patient: a device, a group, a location
            return
        person = self.population.person(adapted.patient)
        kept = [fact for fact in adapted.facts if self._needs.keep(fact)]
        person.facts += kept
        person.contacts.update(adapted.contacts)
        for fact in adapted.facts:
            if isinstance(fact, EncounterFact):
                person.encounters[reference] = fact
        if adapted.unreadable:
            person.unreadable += adapted.unreadable
            reason = "; ".join(sorted({each.reason for each in adapted.unreadable}))
            self.tally.set_aside_line(Reject(line.file.path.name, line.number, "unreadable", type_name, reason))
        else:
            self.tally.count(type_name, "used" if kept or adapted.contacts else "not_needed")
        if kept or adapted.unreadable:
            self._kept[reference] = adapted.patient, type_name

    def _unplaced(self, line: Line, type_name: str, reason: str) -> None:
        """Unreadable, and nothing says about whom: the type cannot count as complete for anybody."""
        self.tally.set_aside_line(Reject(line.file.path.name, line.number, "unreadable", type_name, reason))
        self.population.unplaced[type_name] = self.population.unplaced.get(type_name, 0) + 1

    def _contradiction(self, line: Line, type_name: str, reference: str) -> None:
        reason = "two different resources share this id, and nothing tells which is the later one"
        self.tally.set_aside_line(Reject(line.file.path.name, line.number, "unreadable", type_name, reason))
        subject = reference.removeprefix("Patient/") if type_name == "Patient" else _subject(line.resource or {})
        if subject is None or type_name == "Medication":
            self.population.unplaced[type_name] = self.population.unplaced.get(type_name, 0) + 1
            return
        person = self.population.person(subject)
        person.unreadable.append(Unreadable(type_name, Evidence(reference, type_name), reason))
        if type_name == "Patient":
            person.patient = None

    def _forget(self, reference: str) -> None:
        """Take back what an earlier version of this resource said."""
        patient, _ = self._kept.pop(reference, (None, ""))
        if patient is not None:
            person = self.population.people[patient]
            person.facts = [each for each in person.facts if each.evidence.reference != reference]
            person.unreadable = [each for each in person.unreadable if each.evidence.reference != reference]
            person.encounters.pop(reference, None)


def _subject(resource: Mapping[str, object]) -> str | None:
    for name in ("subject", "patient"):
        holder = resource.get(name)
        target = holder.get("reference") if isinstance(holder, dict) else None
        if isinstance(target, str) and "Patient/" in target:
            return target.split("Patient/", 1)[1].split("/")[0]
    return None
