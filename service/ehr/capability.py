"""What a server says of itself: its CapabilityStatement as Features, and what that switches off. STANDARDS 8.33."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from service.ehr.dialects import STANDARD, Dialect

TOPICS = (
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/capabilitystatement-subscriptiontopic-canonical"
)
RELEASES = {"4.0": "R4", "4.3": "R4B", "5.0": "R5"}
Requirement = tuple[str, str]  # type ("" for the whole server) and interaction, `?parameter`, or a flag's name

# What each feature of this service needs of a server.
FEATURES: dict[str, tuple[Requirement, ...]] = {
    "subjects": (
        ("ResearchSubject", "read"),
        ("ResearchSubject", "create"),
        ("ResearchSubject", "update"),
        ("ResearchSubject", "search-type"),
        ("ResearchSubject", "?identifier"),
        ("ResearchSubject", "conditionalCreate"),
    ),
    "studies": (("ResearchStudy", "search-type"), ("ResearchStudy", "?identifier"), ("ResearchStudy", "create")),
    "lists": (("List", "read"), ("List", "update"), ("List", "create"), ("List", "conditionalCreate")),
    "flags": (("Flag", "create"), ("Flag", "update"), ("Flag", "conditionalCreate")),
    "tasks": (("Task", "create"), ("Task", "update"), ("Task", "conditionalCreate")),
    "provenance": (("Provenance", "create"),),
    "transactions": (("", "transaction"),),
    "subscriptions": (("Subscription", "create"), ("Subscription", "read"), ("Subscription", "update")),
}


@dataclass(frozen=True, slots=True)
class OfType:
    """What a server does with one type."""

    interactions: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()  # conditionalCreate, conditionalUpdate, updateCreate
    params: frozenset[str] = frozenset()
    includes: frozenset[str] = frozenset()
    operations: frozenset[str] = frozenset()


NOTHING = OfType()


@dataclass(frozen=True, slots=True)
class Features:
    """What a server says that it can do. `release`: R4, R4B, R5, or None for another one."""

    release: str | None
    software: str
    types: Mapping[str, OfType] = field(default_factory=dict)
    system: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    patches: frozenset[str] = frozenset()

    def of(self, kind: str) -> OfType:
        """What it does with this type; nothing, if it does not name it."""
        return self.types.get(kind, NOTHING)

    def has(self, kind: str, needed: str) -> bool:
        """Does it have this interaction, `?parameter` or flag?"""
        if not kind:
            return needed in self.system
        stated = self.of(kind)
        if needed.startswith("?"):
            return needed[1:] in stated.params
        return needed in stated.interactions | stated.flags

    def missing(self, feature: str, dialect: Dialect = STANDARD) -> tuple[str, ...]:
        """Why a feature of FEATURES is switched off with this server, as sentences; empty: it is not."""
        found = [each for each in FEATURES[feature] if not self.has(*each)]
        reasons = [f"{feature} are switched off: the server does not declare {_said(*each)}" for each in found]
        doubtful = sorted({kind for kind, _ in found} & dialect.doubtful)
        if doubtful:
            reasons.append(f"servers of the dialect {dialect.name} are not known to accept {', '.join(doubtful)}")
        return tuple(reasons)

    def not_searchable(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """The types that cannot be searched for here, as sentences."""
        lacking = [each for each in sorted(set(kinds)) if not self.has(each, "search-type")]
        return tuple(f"{each} cannot be fetched: the server declares no search for it" for each in lacking)


def read_features(statement: Mapping[str, object]) -> Features:
    """The features of a CapabilityStatement; parts that make no sense count as not declared."""
    rest = next((each for each in _objects(statement, "rest") if each.get("mode", "server") == "server"), {})
    types = {str(each.get("type")): _of_type(each) for each in _objects(rest, "resource")}
    software = statement.get("software")
    named = software.get("name") if isinstance(software, dict) else ""
    return Features(
        RELEASES.get(str(statement.get("fhirVersion"))[:3]),
        " ".join(str(each) for each in (named, statement.get("publisher")) if each),
        types,
        _codes(rest, "interaction"),
        frozenset(_topics(rest)),
        frozenset(str(each) for each in _list(statement, "patchFormat")),
    )


def _of_type(resource: Mapping[str, object]) -> OfType:
    return OfType(
        _codes(resource, "interaction"),
        frozenset(
            each for each in ("conditionalCreate", "conditionalUpdate", "updateCreate") if resource.get(each) is True
        ),
        frozenset(str(each.get("name")) for each in _objects(resource, "searchParam")),
        frozenset(str(each) for each in _list(resource, "searchInclude")),
        frozenset(str(each.get("name")).lstrip("$") for each in _objects(resource, "operation")),
    )


def _topics(rest: Mapping[str, object]) -> Iterable[str]:
    for place in (rest, *_objects(rest, "resource")):
        for extension in _objects(place, "extension"):
            if extension.get("url") == TOPICS:
                yield from (str(extension[each]) for each in ("valueCanonical", "valueUri") if each in extension)


def _codes(place: Mapping[str, object], name: str) -> frozenset[str]:
    return frozenset(str(each.get("code")) for each in _objects(place, name))


def _list(place: Mapping[str, object], name: str) -> list[object]:
    found = place.get(name)
    return found if isinstance(found, list) else []


def _objects(place: Mapping[str, object], name: str) -> list[dict[str, object]]:
    return [each for each in _list(place, name) if isinstance(each, dict)]


def _said(kind: str, needed: str) -> str:
    what = f"the search parameter {needed[1:]}" if needed.startswith("?") else needed
    return f"{what} for {kind}" if kind else what
