"""A ResearchSubject that stands on the server, and our newer opinion: what is changed, and what a person keeps.

SEMANTICS §7, STANDARDS 5.6, 5.11, 8.8. Once a person has set a state there it is theirs for good: our opinion, and what
people decided here, goes on being stored beside it, in our extension, which then says that a person decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from service.errors import InvalidValue
from service.fhir.own import Json, Release
from service.fhir.references import reference_key
from service.fhir.subject import FINDING, SCREENING, STATES
from service.fhir.subject_states import MACHINE_STATES, open_states, read_state, state_code, state_entry

OURS = (SCREENING, FINDING)
BY_PERSON: Json = {"url": "stateSetByPerson", "valueBoolean": True}


@dataclass(frozen=True, slots=True)
class SubjectUpdate:
    """What to send. `changed` is False where nothing but the screening date would differ: nothing is sent then.

    `exact`: not even that would differ.
    `state`: what the record says afterwards; `opinion`: what the machine would say. They differ only `by_person`.
    """

    resource: Json
    changed: bool
    exact: bool
    by_person: bool
    state: str | None
    opinion: str


def update_subject(
    existing: Mapping[str, object],
    rendered: Mapping[str, object],
    release: Release,
    *,
    written: str | None = None,
    by_person: bool = False,
) -> SubjectUpdate:
    """Bring our opinion (`rendered`) into the resource that the server holds; all else in it is sent back unchanged.

    `written`: the state that we wrote last, as far as the store knows; without it, what the resource's own extension
    says counts. `by_person`: the store knows that a person has set a state before. A state of which neither says
    that it is ours is a person's.
    """
    opinion = read_state(rendered, release)
    if opinion is None or (opinion not in MACHINE_STATES and opinion != _decided(rendered)):
        raise InvalidValue("only a state that the machine owns, or people decided here, is ever written")
    current = read_state(existing, release)
    persons = by_person or not _is_ours(existing, current, written)
    resource = {**existing, "extension": _extensions(existing, rendered, persons)}
    if not persons:
        resource |= _state(existing, rendered, release)
    return SubjectUpdate(
        resource=resource,
        changed=_dateless(resource) != _dateless(existing),
        exact=resource == existing,
        by_person=persons,
        state=read_state(resource, release),
        opinion=opinion,
    )


def differences(wanted: Mapping[str, object], found: Mapping[str, object], release: Release) -> tuple[str, ...]:
    """The elements that matter in which what the server holds is not what was sent; empty if it is right.

    Servers drop what they do not support, and a conditional create may find another's resource (STANDARDS 8.4, 8.11).
    """
    person = "subject" if release == "R5" else "individual"
    same = {
        "resourceType": wanted.get("resourceType") == found.get("resourceType"),
        "identifier": _contains(found.get("identifier"), wanted.get("identifier")),
        "progress" if release == "R5" else "status": read_state(wanted, release) == read_state(found, release),
        "study": _same_study(wanted.get("study"), found.get("study")),
        person: reference_key(wanted.get(person), person) == reference_key(found.get(person), person),
        "extension": _contains(found.get("extension"), wanted.get("extension")),
    }
    return tuple(name for name, agrees in same.items() if not agrees)


def _is_ours(existing: Mapping[str, object], current: str | None, written: str | None) -> bool:
    """Is the state the one that we set, and has nobody taken over?"""
    if current is None or (written is not None and current != written):
        return False
    said = _opinion_part(existing, "standing")
    taken = _opinion_part(existing, "stateSetByPerson")
    if taken is not None:
        return False
    decided = _decided(existing)
    if decided is not None:
        return current == decided
    if current not in MACHINE_STATES:
        return False
    if said is None:
        return written is not None
    return current in {code for standing, code in STATES.items() if standing.value == said.get("valueCode")}


def _decided(subject: Mapping[str, object]) -> str | None:
    """The state that people decided here, as our extension tells it."""
    part = _opinion_part(subject, "decidedState")
    return None if part is None else str(part.get("valueCode"))


def _opinion_part(subject: Mapping[str, object], name: str) -> Mapping[str, object] | None:
    """A part of our extension on this resource."""
    for each in _listed(subject.get("extension")):
        if each.get("url") == SCREENING:
            return next((part for part in _listed(each.get("extension")) if part.get("url") == name), None)
    return None


def _extensions(existing: Mapping[str, object], rendered: Mapping[str, object], persons: bool) -> list[Json]:
    """Ours as they are now, then everybody else's as they were."""
    ours = [dict(each) for each in _listed(rendered.get("extension"))]
    for each in ours:
        if each.get("url") == SCREENING and persons:
            each["extension"] = [*_listed(each.get("extension")), dict(BY_PERSON)]
    return ours + [dict(each) for each in _listed(existing.get("extension")) if each.get("url") not in OURS]


def _state(existing: Mapping[str, object], rendered: Mapping[str, object], release: Release) -> Json:
    """The element that tells the state, with our newer one: in R5 the open entry ends and another one begins."""
    if release != "R5":
        return {"status": rendered["status"]}
    (new,) = open_states(rendered)
    (old,) = open_states(existing)
    if state_code(old) == state_code(new):
        return {}
    day = str(new.get("startDate"))
    ended = {**old, "endDate": max(day, str(old.get("startDate") or day))}
    listed = [ended if each is old else each for each in _listed(existing.get("progress"))]
    return {"progress": [*listed, state_entry(str(state_code(new)), day)]}


def _dateless(subject: Mapping[str, object]) -> Json:
    """The resource without the day of the screening, which alone is no news."""
    extensions = []
    for each in _listed(subject.get("extension")):
        parts = [part for part in _listed(each.get("extension")) if part.get("url") != "screeningDate"]
        extensions.append({**each, "extension": parts} if each.get("url") == SCREENING else each)
    return {**subject, "extension": extensions}


def _listed(value: object) -> list[Mapping[str, object]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _contains(found: object, wanted: object) -> bool:
    return all(each in _listed(found) for each in _listed(wanted))


def _same_study(wanted: object, found: object) -> bool:
    """By identifier where both have one, else by address."""
    if not isinstance(wanted, Mapping) or not isinstance(found, Mapping):
        return False
    if wanted.get("identifier") and found.get("identifier"):
        return bool(wanted["identifier"] == found["identifier"])
    key = reference_key(wanted, "study")
    return key is not None and key == reference_key(found, "study")
