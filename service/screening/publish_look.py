"""What the target holds of one study and patient, and what it can take."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.ehr.connect import Connection
from service.errors import ResourceGone, UsageError
from service.fhir.flag_task import FLAG_SYSTEM, TASK_SYSTEM
from service.fhir.opinion import Opinion
from service.fhir.own import STUDY_SYSTEM, Json, Release
from service.fhir.provenance import provenance_id, same_origin
from service.fhir.publication import Found, Stamp, wanted_provenance, wanted_subject
from service.fhir.screening_list import LIST_SYSTEM
from service.fhir.subject import SUBJECT_SYSTEM
from service.fhir.subject_update import differences

# Which feature of a server each type needs; a search by identifier besides.
NEEDED: Mapping[str, str] = {
    "ResearchSubject": "subjects",
    "ResearchStudy": "studies",
    "Provenance": "provenance",
    "List": "lists",
    "Flag": "flags",
    "Task": "tasks",
}
RELEASES: Mapping[str, Release] = {"R4": "R4", "R4B": "R4B", "R5": "R5"}
IDENTITY = frozenset({"identifier", "study", "individual", "subject"})


@dataclass(slots=True)
class Place:
    """A target while one content is written to it. `ids`: type -> id of what is known to stand there."""

    connection: Connection
    release: Release
    kinds: frozenset[str]
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def own_ids(self) -> bool:
        """Does the server let us choose the id of a Provenance?"""
        needs_version = self.connection.client.dialect.needs_if_match
        return self.connection.features.has("Provenance", "updateCreate") and not needs_version

    def look(self, opinion: Opinion, stamp: Stamp) -> Found:
        """What stands there. Raises EhrError, also where several resources have an identifier of ours."""
        of_study, identity = opinion.study.id, opinion.identity
        subject = self._find("ResearchSubject", SUBJECT_SYSTEM, identity)
        return Found(
            self._study(opinion),
            subject,
            self._find("List", LIST_SYSTEM, of_study),
            self._find("Flag", FLAG_SYSTEM, identity),
            self._find("Task", TASK_SYSTEM, identity),
            None if subject is None else self._provenance(opinion, stamp, str(subject["id"])),
        )

    def _study(self, opinion: Opinion) -> Json | None:
        """By our identifier, else by another one of the study. Of one that was found, nothing but its place matters."""
        if "ResearchStudy" in self.ids:
            return {"resourceType": "ResearchStudy", "id": self.ids["ResearchStudy"]}
        identifiers = ((STUDY_SYSTEM, opinion.study.id), *opinion.study.identifiers)
        found = (self._find("ResearchStudy", system, value) for system, value in identifiers)
        return next((each for each in found if each is not None), None)

    def _find(self, kind: str, system: str, value: str) -> Json | None:
        """By its id once that is known: a search may lag behind what was written."""
        if kind not in self.kinds and kind != "ResearchSubject":
            return None
        known = self._known(kind)
        if known is not None:
            return known
        found = self.connection.client.find(kind, system, value)
        if found is not None:
            self.ids[kind] = str(found["id"])
        return found

    def _known(self, kind: str) -> Json | None:
        """What stands under the id that is known."""
        if kind not in self.ids:
            return None
        try:
            return self.connection.client.read(kind, self.ids[kind])
        except ResourceGone:
            del self.ids[kind]
            return None

    def _provenance(self, opinion: Opinion, stamp: Stamp, subject: str) -> Json | None:
        """That of this very opinion; not looked for where the store knows that it was written."""
        if stamp.complete or "Provenance" not in self.kinds:
            return None
        if not self.own_ids:
            return self._same_provenance(opinion, stamp, subject)
        try:
            return self.connection.client.read("Provenance", provenance_id(opinion, stamp.version, stamp.versions))
        except ResourceGone:
            return None

    def _same_provenance(self, opinion: Opinion, stamp: Stamp, subject: str) -> Json | None:
        """By the id that the server gave it a moment ago; else by what it says, which the server may have changed."""
        written = self._known("Provenance")
        if written is not None:
            return written
        target = f"ResearchSubject/{subject}"
        wanted = wanted_provenance(opinion, self.release, stamp, target)
        listed = self.connection.client.search("Provenance", {"target": target}).resources
        return next((each for each in listed if same_origin(wanted, each)), None)


def place_of(connection: Connection, wanted: frozenset[str]) -> Place:
    """The target, with those of the wanted types that it can take. Raises UsageError where it is of no use."""
    release = RELEASES.get(connection.features.release or "")
    if release is None:
        raise UsageError("the target is of no release of FHIR that is written (R4, R4B, R5)")
    lacking = problems(connection, frozenset({"ResearchSubject"}))
    if lacking:
        raise UsageError("; ".join(lacking))
    return Place(connection, release, frozenset(each for each in wanted if not problems(connection, frozenset({each}))))


def problems(connection: Connection, wanted: frozenset[str]) -> tuple[str, ...]:
    """Why some of the wanted types are not written to this target, as sentences; empty: all are."""
    features, dialect = connection.features, connection.client.dialect
    found: list[str] = []
    for kind in sorted(wanted):
        found += features.missing(NEEDED[kind], dialect)
        by_identifier = kind == "Provenance" or (
            features.has(kind, "search-type") and features.has(kind, "?identifier")
        )
        if not by_identifier:
            found.append(f"{kind} is not written: the server declares no search for it by identifier")
    return tuple(dict.fromkeys(found))


def is_ours(subject: Mapping[str, object], opinion: Opinion, release: Release, study: str | None) -> bool:
    """Is the ResearchSubject with our identifier about this study and patient? `study`: its address there."""
    return not IDENTITY & set(differences(wanted_subject(opinion, release, study), subject, release))
