"""Judging those that have to be judged together, one group at a time, and keeping what came out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from service.eligibility.assess import Assessment
from service.eligibility.dates import FOREVER
from service.eligibility.evaluate import Case
from service.eligibility.facts import ConsentFact, PatientRecord
from service.eligibility.lasting import lasts_until
from service.fhir.reading import Reading
from service.screening.buckets.parcels import Carried, met_in, unpack
from service.screening.completeness import Completeness
from service.screening.contacts import ContactDays, contacts_that_count
from service.screening.incremental.names import bytes_of, text_of
from service.screening.incremental.results import Part
from service.screening.incremental.taking import ORIGIN
from service.screening.intake import Intake
from service.screening.judging import Judged, Judging
from service.screening.met import Lost
from service.screening.needs import Needs
from service.screening.people import Gathered
from service.screening.request import Progress, Request
from service.screening.sources import InputFile
from service.screening.tally import Reject
from service.store.kept import Kept, Line

if TYPE_CHECKING:
    from service.catalog.load import Catalog

REJECTS = "rejects.ndjson"


class Counted(ContactDays):
    """The days that count, and the first one after them on which somebody is said to be seen: then it will."""

    later = FOREVER

    def holds(self, day: date) -> bool:
        """As of ContactDays."""
        if self.until is not None and day > self.until:
            self.later = min(self.later, day)
        return super().holds(day)


class Drugs(Mapping[str, Mapping[str, object]]):
    """The Medications that are kept, by reference."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def __getitem__(self, key: str) -> Mapping[str, object]:
        found = self._kept.drug(bytes_of(key))
        if found is None:
            raise KeyError(key)
        content: Mapping[str, object] = orjson.loads(found)
        return content

    def __iter__(self) -> Iterator[str]:
        return map(text_of, self._kept.drugs())

    def __len__(self) -> int:
        return len(self._kept.drugs())


class Lines:
    """The lines of one group, each with what it is sorted by."""

    def __init__(self) -> None:
        self.lines: Counter[str] = Counter()
        self.written: list[Line] = []

    def write(self, name: str, line: Mapping[str, object]) -> None:
        """One line for the output of that name."""
        self._put(name, bytes_of(_person(line)), line)

    def reject(self, reject: Reject) -> None:
        """One line of what could not be used, sorted by its place."""
        place = b"\0".join((bytes_of(reject.file), reject.line.to_bytes(8, "big"), reject.entry.to_bytes(4, "big")))
        self._put(REJECTS, place, reject.as_dict())

    def _put(self, name: str, place: bytes, line: Mapping[str, object]) -> None:
        self.written.append(Line(name, place, orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)))
        self.lines[name] += 1


class Groups:
    """Judges groups of units as of one day. `complete`, `present`: of which types the exports hold everything, and
    anything; `spoiled`: the types that are incomplete for everybody."""

    def __init__(
        self,
        catalog: Catalog,
        request: Request,
        kept: Kept,
        complete: Iterable[str],
        present: Iterable[str],
        spoiled: frozenset[str],
    ) -> None:
        self._request, self._kept = request, kept
        self._complete, self._present = {ORIGIN: set(complete)}, {ORIGIN: set(present)}
        self._needs = Needs(request.studies, catalog.terminology)
        self._counting = Counted(*contacts_that_count(request.studies, catalog.policy, request.at))
        self._reading = Reading(zone=catalog.site.zone, units=catalog.units, drugs=catalog.drugs)
        self._drugs = Drugs(kept)
        self._files = tuple(InputFile(Path(label), True, kind, label) for label, kind in kept.files())
        self._judging = Judging(catalog, request, spoiled, self._look)
        self._due = FOREVER

    def drug(self, unit: bytes, reference: bytes) -> None:
        """Read a Medication, for all that refer to it."""
        self._kept.forget(unit)
        contents = self._kept.contents([unit])
        intake = self._taken(contents, None)
        found = intake.population.medications.get(text_of(reference))
        self._kept.set_drugs(reference, None if found is None else orjson.dumps(found))
        if contents:
            self._keep(unit, intake, Judged(), Lines(), FOREVER)

    def judge(self, root: bytes, units: Iterable[bytes]) -> Part | None:
        """Judge those units, and keep what came out under that name; None: there is nothing of them."""
        contents = self._kept.contents(units)
        if not contents:
            return None
        intake, lines = self._taken(contents, self._drugs), Lines()
        population = intake.finish()
        judged = self._judging.everybody(population, intake.versions, lines, Progress())
        days = (_held_until(each, self._request.at) for each in population.people.values())
        return self._keep(root, intake, judged, lines, min(days, default=FOREVER))

    def rest(self, name: bytes, lost: Iterable[Lost], skipped: Mapping[str, int]) -> None:
        """Keep what is of nobody."""
        intake = self._taken((), None)
        for each in lost:
            intake.take(each)
        for kind, lines in sorted(skipped.items()):
            intake.tally.count(kind, "not_needed", lines)
        self._keep(name, intake, Judged(), Lines(), FOREVER)

    def _look(self, record: PatientRecord, assessment: Assessment, case: Case) -> None:
        self._due = min(self._due, lasts_until(assessment, record, case))

    def _keep(self, root: bytes, intake: Intake, judged: Judged, lines: Lines, held_until: date) -> Part:
        for each in intake.tally.set_aside():
            lines.reject(each)
        unclear, due = intake.population.completeness, min(self._due, self._counting.later, held_until)
        part = Part(judged, intake.tally.counts(), unclear.unplaced, unclear.unplaced_lines)
        self._kept.judged(root, None if due == FOREVER else due.isoformat(), part.written(), lines.written)
        return part

    def _empty(self, drugs: Drugs | None) -> Intake:
        return Intake(
            self._reading,
            self._needs,
            self._counting,
            self._files,
            completeness=Completeness(self._complete, self._present),
            medications=drugs,
        )

    def _taken(self, contents: Iterable[bytes], drugs: Drugs | None) -> Intake:
        self._due = self._counting.later = FOREVER
        intake = self._empty(drugs)
        for each in sorted(map(unpack, contents), key=_in_order):
            intake.take(met_in(each, {}))
        return intake


def _in_order(parcel: Carried) -> tuple[int, int, int]:
    return parcel.stage, parcel.place.file, parcel.place.line


def _held_until(person: Gathered, at: date) -> date:
    """The first later day on which somebody may be held back who is not, or no longer be who is."""
    days = [day for fact in person.facts if isinstance(fact, ConsentFact) for day in _ends(fact)]
    records = (*person.replaced, *(() if person.patient is None else (person.patient,)))
    days += [each.person.died.earliest for each in records]
    return min((day for day in days if at < day < FOREVER), default=FOREVER)


def _ends(fact: ConsentFact) -> Iterator[date]:
    yield fact.span.start.earliest
    if fact.span.end.latest < FOREVER:
        yield fact.span.end.latest + timedelta(days=1)


def _person(line: Mapping[str, object]) -> str:
    if "patient" in line:
        return str(line["patient"])
    reference = line.get("individual") or line["subject"]
    assert isinstance(reference, Mapping), "a ResearchSubject is of somebody"
    return str(reference["reference"]).removeprefix("Patient/")
