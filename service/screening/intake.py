"""Reading a population: every line of every source becomes facts of a person, or is counted for what it is.

Gathers only; nothing is decided here. Memory is bounded by the facts the open studies can need, plus a small entry per
resource that recognises another version of it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from service.eligibility.facts import EncounterFact, Unreadable
from service.errors import UnreadableResource
from service.fhir.adapt import Adapted, Reading
from service.fhir.elements import refuse_part
from service.fhir.patient import adapt_patient
from service.screening.completeness import ANY_TYPE, Completeness
from service.screening.contacts import ContactDays
from service.screening.corrected import NO_CLAIMS, Claims, Corrected, left_of
from service.screening.coverage import Coverage
from service.screening.kinds import KNOWN
from service.screening.loose import Loose, one_of_several, place_loose, what_it_was
from service.screening.met import Found, Glimpses, Json, Met, Place, Sizes, Skipped, Spots
from service.screening.needless import Needless
from service.screening.needs import Needs
from service.screening.people import Population, two_days
from service.screening.putting_off import PuttingOff
from service.screening.salvage import is_one, merged_with, subject_told
from service.screening.sources import InputFile
from service.screening.tally import DISPOSITIONS, Reject, Tally
from service.screening.unread import note_glimpsed, note_skipped, wanted_of
from service.screening.versions import NO_DAYS, NOBODY, Arrival, Made, Seen, Versions, remembered, stamp

CONTRADICTION = "two different resources share this id, and nothing tells which is the later one"
ONCE = frozenset({Arrival.NEW, Arrival.REPEATED})
USED, NOT_NEEDED, UNREADABLE, REJECTED = DISPOSITIONS


class Intake:
    """Takes what is met on the way through the input into a Population.

    `reading`: for the adapters; births, medications, aliases are added here. `claims`: what people said of single
    records. `counted` False: nobody asks how far the codes are known."""

    def __init__(
        self,
        reading: Reading,
        needs: Needs,
        counting: ContactDays,
        files: Sequence[InputFile],
        claims: Claims = NO_CLAIMS,
        *,
        counted: bool = False,
        completeness: Completeness | None = None,
        medications: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        self.population = Population(completeness=completeness or Completeness())
        self.tally = Tally()
        self.versions = Versions()
        self.coverage = Coverage(needs)
        self._needs, self._claims, self._counted = needs, claims, counted
        self._counting, self._files = counting, files
        self._loose: dict[str, list[Loose]] = {}
        self._useful: dict[str, bool] = {}  # of what came in several versions: could anybody need one of them?
        self._put_off = PuttingOff()
        self._spots: list[Spots] = []
        known, wanted = self.population, None if counted else needs.may_ask
        drugs = known.medications if medications is None else medications
        self.needless = Needless(needs, reading, counting, claims)
        self._reading = replace(reading, medications=drugs, births=known.births, wanted=wanted)

    def take(self, met: Met) -> None:
        """One thing met. What others refer to has to come before them."""
        if isinstance(met, Found):
            self._found(met)
        elif isinstance(met, Skipped):
            note_skipped(met, self._needs, self.population, self.tally)
        elif isinstance(met, Glimpses):
            note_glimpsed(met, self._counting, self.population, self.tally)
        elif isinstance(met, Sizes):
            self._put_off.keep(met)
        elif isinstance(met, Spots):
            self._spots.append(met)
        else:
            hint = self._files[met.place.file].type_hint
            self.tally.set_aside_line(self._reject(met.place, REJECTED, hint, met.problem))

    def finish(self) -> Population:
        """When all has been taken."""
        with self._put_off as kept:
            for each in chain[Sizes | Spots](self._spots, kept):
                for found in wanted_of(each, self._files, self.population, self.tally):
                    self._found(found)
        for reference in (each for each, useful in self._useful.items() if not useful):
            for seen in self.versions.tied(reference):  # it does not matter which of them is right
                self.tally.recount(reference.partition("/")[0], UNREADABLE, self._place(seen))
                self._loose.pop(reference, None)
        place_loose((each for several in self._loose.values() for each in several), self.population)
        return self.population

    def _reject(self, place: Place, disposition: str, type_name: str | None, reason: str) -> Reject:
        return Reject(self._files[place.file].label, place.line, disposition, type_name, reason, place.entry)

    def _found(self, found: Found) -> None:
        found = self.needless.identified(found)
        if (resource := found.resource) is None:
            self._rejected(found, found.problem)
            return
        if found.problem and not is_one(resource):
            self._ambiguous(found, resource)
            return
        type_name = resource.get("resourceType")
        if not isinstance(type_name, str) or type_name not in KNOWN:
            self._rejected(found, "not a resource type of FHIR" if type_name else "no resourceType")
        elif type_name not in self._needs.types:
            self.tally.count(type_name, NOT_NEEDED)
        elif not found.identity:
            self._rejected(found, "no id")
        else:
            self.population.completeness.meet(found.place.origin, type_name)
            self._resource(found, resource, type_name, f"{type_name}/{found.identity}")

    def _ambiguous(self, found: Found, resource: Json) -> None:
        """Its type or id stands twice, or not at all: it may be any of those that it says."""
        loose = one_of_several(resource, found, self._where(found.place))
        if ANY_TYPE not in loose.types and loose.types.isdisjoint(self._needs.types):
            self.tally.count(loose.type, NOT_NEEDED)
        else:
            self._set_aside(found, UNREADABLE, loose)

    def _rejected(self, found: Found, reason: str) -> None:
        """Not a resource: counted, and remembered for whoever it may have been about."""
        hint = self._files[found.place.file].type_hint
        self._set_aside(found, REJECTED, what_it_was(found, hint, self._where(found.place), reason))

    def _set_aside(self, found: Found, disposition: str, loose: Loose) -> None:
        self.tally.set_aside_line(self._reject(found.place, disposition, loose.type, loose.reason))
        self._loose[loose.reference] = [loose]

    def _where(self, place: Place) -> str:
        return f"{self._files[place.file].label}:{place.line}:{place.entry}"

    def _resource(self, found: Found, resource: Json, type_name: str, reference: str) -> None:
        place = found.place
        try:
            new = stamp(resource, found.written, unclear=bool(found.problem), place=place[:3])
        except UnreadableResource as error:
            told = self.needless.identified(found._replace(resource=None, problem=error.reason))
            if told.resource is None:
                self._rejected(found, error.reason)
            else:
                self._resource(told, told.resource, type_name, reference)
            return
        arrival, earlier = self.versions.arrive(reference, new)
        if arrival not in ONCE and not self._useful.get(reference):
            self._useful[reference] = self._is_useful(found, resource, reference, earlier)
        if type_name == "Patient":  # even one that cannot be read, or is read again, is known to be there
            known = self.population.person(reference.removeprefix("Patient/"))
            known.stands_in(self.population.completeness.origin_for(place.origin, found.identity))
            known.linked |= merged_with(resource, found.aliases)
        if arrival in (Arrival.REPEATED, Arrival.OLDER):
            self.tally.count(type_name, NOT_NEEDED)
            return
        for each in earlier:
            self._withdraw(each, type_name, reference)
        if arrival is Arrival.CONTRADICTS:
            self._contradiction(found, resource, type_name, reference, new, earlier)
            return
        for each in earlier:
            self.tally.recount(type_name, DISPOSITIONS[each.disposition], self._place(each))
        made = self._made(found, resource, type_name, reference, new)
        self.versions.settle(reference, [remembered(new, made)])

    def _is_useful(self, found: Found, resource: Json, reference: str, earlier: tuple[Seen, ...]) -> bool:
        """Can anybody need what it says, or what the one version said that stood? Several were asked when they came."""
        if reference in self._claims or reference in self.population.awaited:
            return True
        used = len(earlier) == 1 and not self.population.is_unused(reference, earlier[0])
        return used or not self.needless.says_nothing(found, resource, self._reading_of(found.aliases))

    def _made(self, found: Found, resource: Json, type_name: str, reference: str, seen: Seen) -> Made:
        if found.problem:
            return self._unclear(found, resource, type_name, reference)
        try:
            if type_name == "Patient":
                return self._patient(found, resource)
            if type_name == "Medication":
                refuse_part(resource, "Medication")
                self.population.medications[reference] = resource
                self.tally.count(type_name, USED)
                return Made(USED)
            reading = self._reading_of(found.aliases)
            adapted = self.needless.read(found, resource, reading)
            if reference in self._claims:
                adapted = self._corrected(adapted, reference, seen)
            return self._facts(found, type_name, reference, adapted)
        except UnreadableResource as error:
            self.tally.set_aside_line(self._reject(found.place, UNREADABLE, type_name, str(error)))
            self._loose[reference] = [Loose(frozenset((type_name,)), None, reference, str(error))]
            return Made(UNREADABLE)

    def _corrected(self, adapted: Adapted, reference: str, seen: Seen) -> Adapted:
        """What counts of a record that a person corrected; all of it, where it is another version by now."""
        claim = self._claims[reference]
        holds = claim.version == seen.token
        if adapted.patient is not None:
            self.population.person(adapted.patient).corrected.append(Corrected(reference, claim, holds))
        return left_of(adapted, claim) if holds else adapted

    def _unclear(self, found: Found, resource: Json, type_name: str, reference: str) -> Made:
        """It can be parsed, but nobody can tell what it says: a key stands twice in it, or it may have been deleted."""
        if needless := self.needless.adapted(found):
            return self._facts(found, type_name, reference, needless)
        self.tally.set_aside_line(self._reject(found.place, UNREADABLE, type_name, found.problem))
        subject = subject_told(resource, found.aliases)
        self._loose[reference] = [Loose(frozenset((type_name,)), subject, reference, found.problem)]
        if reference in self._claims and subject is not None:
            self.population.person(subject).corrected.append(Corrected(reference, self._claims[reference], holds=False))
        return Made(UNREADABLE, NOBODY if subject is None else self.population.person(subject).number)

    def _reading_of(self, aliases: Mapping[str, str]) -> Reading:
        return replace(self._reading, aliases=aliases) if aliases else self._reading

    def _patient(self, found: Found, resource: Json) -> Made:
        person = self.population.person(str(resource["id"]).strip())
        adapted = adapt_patient(resource, self._reading_of(found.aliases))
        person.patient = adapted
        person.unreadable += adapted.unreadable
        self.population.births[adapted.person.id] = adapted.person.birth
        return Made(self._count(found, "Patient", adapted.unreadable, USED), person.number)

    def _facts(self, found: Found, type_name: str, reference: str, adapted: Adapted) -> Made:
        if adapted.patient is None:
            self.tally.count(type_name, NOT_NEEDED)  # it is about no patient: a device, a group, a location
            return Made(NOT_NEEDED)
        codes = self.coverage.add(adapted.facts) if self._counted else 0
        kept = [fact for fact in adapted.facts if self._needs.keep(fact)]
        days = two_days(tuple(filter(self._counting.holds, adapted.contacts))) if adapted.contacts else NO_DAYS
        awaited = reference in self.population.awaited
        if not (kept or awaited or adapted.unreadable or days != NO_DAYS):
            self.tally.count(type_name, NOT_NEEDED)
            return Made(NOT_NEEDED, self.population.number(adapted.patient), codes=codes)
        person = self.population.person(adapted.patient)
        person.facts += kept
        person.unreadable += adapted.unreadable
        self.population.await_for(kept, adapted.patient)
        if awaited:
            person.spans.update((reference, each.span) for each in adapted.facts if isinstance(each, EncounterFact))
        for day in days:
            if day:
                person.contacts[day] += 1
        useful = USED if days != NO_DAYS or any(map(self._needs.asked_for, kept)) else NOT_NEEDED
        disposition = self._count(
            found, type_name, (*adapted.unreadable, *self.population.untrue(kept, adapted.patient)), useful
        )
        return Made(disposition, person.number, days, codes)

    def _count(self, found: Found, type_name: str, unreadable: Collection[Unreadable], otherwise: str) -> str:
        if not unreadable:
            self.tally.count(type_name, otherwise)
            return otherwise
        reasons = sorted({each.reason for each in unreadable})
        self.tally.set_aside_line(self._reject(found.place, UNREADABLE, type_name, "; ".join(reasons)))
        return UNREADABLE

    def _place(self, seen: Seen) -> tuple[str, int, int]:
        return self._files[seen.file].label, seen.line, seen.entry

    def _withdraw(self, seen: Seen, type_name: str, reference: str) -> None:
        """Take back what an earlier version of this resource said; its count follows."""
        self._loose.pop(reference, None)
        self.population.medications.pop(reference, None)
        self.coverage.take_back(seen.codes)
        if seen.person == NOBODY:
            return
        patient = self.population.numbered[seen.person]
        person = self.population.people.get(patient)
        if person is None:  # nothing of it was needed
            return
        person.forget(reference, (seen.first, seen.last))
        if type_name == "Patient":
            person.patient = None
            self.population.births.pop(patient, None)

    def _contradiction(
        self, found: Found, resource: Json, type_name: str, reference: str, new: Seen, earlier: tuple[Seen, ...]
    ) -> None:
        """Nothing tells which version is right: all are unreadable, for everybody they speak of."""
        standing = [each for each in earlier if not new.beats(each)]
        for each in earlier:
            tied = each in standing
            after = Reject(*self._place(each)[:2], UNREADABLE, type_name, CONTRADICTION, each.entry) if tied else None
            self.tally.recount(type_name, DISPOSITIONS[each.disposition], self._place(each), after)
        subject = subject_told(resource, found.aliases)
        number = NOBODY if subject is None else self.population.person(subject).number
        self.tally.set_aside_line(self._reject(found.place, UNREADABLE, type_name, CONTRADICTION))
        versions = [remembered(each, Made(UNREADABLE, each.person)) for each in standing]
        versions.append(remembered(new, Made(UNREADABLE, number)))
        self.versions.settle(reference, versions)
        whose = [None if each.person == NOBODY else self.population.numbered[each.person] for each in versions]
        self._loose[reference] = [Loose(frozenset((type_name,)), name, reference, CONTRADICTION) for name in whose]
