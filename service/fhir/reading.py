"""What adapters are given and what they give back, and the view of one resource through which they read it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from service.eligibility.dates import ANY_DAY, Days
from service.eligibility.facts import Certainty, Evidence, Fact, Kind, Unreadable
from service.eligibility.terms import Concept
from service.errors import UnreadableResource
from service.fhir.dates import plausible, read_date, read_event_date
from service.fhir.elements import codes, node, read_concept, text
from service.fhir.quantities import UnitTable
from service.fhir.references import reference_key

ENTERED_IN_ERROR = "entered-in-error"
DOUBTFUL = frozenset({"unconfirmed", "provisional", "differential", "presumed"})


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything an adapter needs from outside.

    `aliases`: fullUrl of a Bundle entry -> `Type/id`. `medications`: `Medication/id` -> resource. `drugs`: the list
    of products and ingredients. `births`: patient id -> birth date, by which ages become dates. `wanted`: can anybody
    ask for a fact of this kind and concept? Of others nothing is read but whether they show that the person was seen
    (None: everything is read).
    """

    zone: ZoneInfo
    units: UnitTable
    aliases: Mapping[str, str] = field(default_factory=dict)
    medications: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    drugs: object | None = None
    wanted: Callable[[Kind, Concept], bool] | None = None
    births: Mapping[str, Days] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Adapted:
    """What one resource gave: whose it is (None: no patient's), facts, what could not be read, sure days of contact."""

    patient: str | None
    facts: tuple[Fact, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    contacts: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource being read. Every method names the element it reads and raises UnreadableResource with it."""

    body: Mapping[str, object]
    reading: Reading
    type: str
    patient: str = ""

    def path(self, name: str) -> str:
        """The FHIRPath of an element of this resource."""
        return f"{self.type}.{name}"

    def evidence(self, name: str) -> Evidence:
        """Where a fact stands that was read from this element."""
        meta = self.body.get("meta")
        version = None if meta is None else node(meta, f"{self.type}.meta").get("versionId")
        return Evidence(
            f"{self.type}/{self.body['id']}", f"{self.type}.{name}", version if isinstance(version, str) else None
        )

    def code(self, name: str) -> str | None:
        """A plain `code` element."""
        return text(self.body.get(name), self.path(name))

    def concept(self, name: str) -> Concept:
        """A CodeableConcept (or Coding) element; an empty concept if absent."""
        return read_concept(self.body.get(name), self.path(name))

    def days(self, name: str) -> Days:
        """A date of an event; ANY_DAY if absent. Placeholders far outside of any life are refused."""
        return read_event_date(self.body.get(name), self.path(name), self.reading.zone)

    def key(self, name: str) -> str | None:
        """The key `Type/id` of a Reference element."""
        return reference_key(self.body.get(name), self.path(name), self.reading.aliases)

    def choice(self, stem: str) -> tuple[str, object] | None:
        """The one `stem[x]` that is there, as (suffix, value): ("DateTime", "2024"). Two of them contradict."""
        found = None
        for suffix, name in _choices(stem, tuple(self.body)):
            value = self.body[name]
            if value is None:
                continue
            if found is not None:
                raise UnreadableResource("two values where FHIR allows one", self.path(f"{stem}[x]"))
            found = suffix, value
        return found

    @property
    def updated(self) -> Days:
        """The day of `meta.lastUpdated`; ANY_DAY if absent."""
        meta = self.body.get("meta")
        if meta is None:
            return ANY_DAY
        return read_date(
            node(meta, self.path("meta")).get("lastUpdated"), self.path("meta.lastUpdated"), self.reading.zone
        )

    @property
    def birth(self) -> Days:
        """The subject's birth date, as far as it is known while reading."""
        return self.reading.births.get(self.patient, ANY_DAY)

    def not_after_update(self, days: Days) -> Days:
        """Narrow an uncertain day of something that has happened: it happened before the record was last updated."""
        return not_after(self.updated, days)

    def read_days(self, value: object, name: str) -> Days:
        """As `days`, for a value taken from elsewhere in the resource."""
        path = self.path(name)
        return plausible(read_date(value, path, self.reading.zone), path)


def not_after(updated: Days, days: Days) -> Days:
    """The days, of which those after a record's last update are none on which what it tells has happened."""
    last = updated.latest
    return Days(days.earliest, min(days.latest, last)) if days.earliest <= last else days


@lru_cache(maxsize=16384)
def _choices(stem: str, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Those of the names that are a `stem[x]`, each after its suffix; most records of a type have the same names."""
    end = len(stem)
    return tuple((each[end:], each) for each in names if each.startswith(stem) and each[end : end + 1].isupper())


def verification(concept: Concept, *, stated: bool) -> Certainty:
    """What a verificationStatus says: absent is sure, refuted denies, a doubtful or unknown code is possible."""
    return _verified(concept) if stated else Certainty.SURE


@lru_cache(maxsize=1024)
def _verified(concept: Concept) -> Certainty:
    said = codes(concept)
    if "refuted" in said:
        return Certainty.POSSIBLE if "confirmed" in said else Certainty.DENIED
    return Certainty.SURE if "confirmed" in said and not said & DOUBTFUL else Certainty.POSSIBLE
