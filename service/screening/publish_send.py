"""Sending what should be written: as one transaction, or one by one where the server has none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from service.ehr.client import FhirClient
from service.ehr.connect import Connection
from service.ehr.writing import EntryAnswer, Written
from service.errors import EhrRefused, VersionConflict, WritesStopped
from service.fhir.own import Json
from service.fhir.transaction import Write, own_identifier, resolved, transaction

CONFLICTS = frozenset({409, 412})
MayWrite = Callable[[], bool]


@dataclass(slots=True)
class Sent:
    """What was sent, by type. `ids` and `versions` are the server's, as far as it told them."""

    resources: dict[str, Json] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str | None] = field(default_factory=dict)

    def add(self, resource: Json, id: str | None, version: str | None) -> None:
        """One that was written."""
        kind = str(resource["resourceType"])
        self.resources[kind] = resource
        self.versions[kind] = version
        if id is not None:
            self.ids[kind] = id

    def standing(self, kind: str, resource: Mapping[str, object] | None) -> bool:
        """Is this what we wrote, and not something that came after it?"""
        if kind not in self.resources or resource is None:
            return False
        return self.versions[kind] in (None, version_in(resource))


def send(connection: Connection, writes: Sequence[Write], may_write: MayWrite) -> Sent:
    """Send them. Raises VersionConflict if something changed meanwhile: then all has to be looked at again.

    `may_write` is asked before each request; WritesStopped is raised if not.
    """
    if connection.features.has("", "transaction"):
        return _together(connection.client, writes, may_write)
    return _one_by_one(connection.client, writes, may_write)


def _together(client: FhirClient, writes: Sequence[Write], may_write: MayWrite) -> Sent:
    _check(may_write)
    answers = client.transaction(transaction(writes))
    for answer in answers:
        if not answer.done:
            kind = VersionConflict if answer.status in CONFLICTS else EhrRefused
            message = f"POST Bundle: an entry was answered with {answer.status}"
            raise kind(message, status=answer.status, codes=answer.codes)
    known = {
        write.full_url: address for write, each in zip(writes, answers, strict=True) if (address := _address(each))
    }
    sent = Sent()
    for write, answer in zip(writes, answers, strict=True):
        if answer.status == 201 or write.if_none_exist is None:
            sent.add(resolved(write.resource, known), answer.id, answer.version)
        elif answer.id is not None:
            sent.ids[write.url] = answer.id  # it was there already
    return sent


def _one_by_one(client: FhirClient, writes: Sequence[Write], may_write: MayWrite) -> Sent:
    """In the order in which they depend on one another; what is cut off is made whole by the next look.

    Where a ResearchSubject turns out to be there already, nothing more is said about it before it was looked at.
    """
    sent, known = Sent(), dict[str, str]()
    for write in writes:
        _check(may_write)
        resource = resolved(write.resource, known)
        written = _write(client, write, resource)
        known[write.full_url] = f"{written.kind}/{written.id}"
        if write.if_none_exist is None or written.created:
            sent.add(resource, written.id, written.version)
            continue
        sent.ids[written.kind] = written.id
        if written.kind == "ResearchSubject":
            break
    return sent


def _write(client: FhirClient, write: Write, resource: Json) -> Written:
    if write.if_none_exist is not None:
        return client.create_once(resource, *own_identifier(resource))
    if write.method == "POST":
        return client.create(resource)
    return client.update(resource, None if write.if_match is None else version_in(resource))


def version_in(resource: Mapping[str, object]) -> str | None:
    """The version that a resource says it has."""
    meta = resource.get("meta")
    version = meta.get("versionId") if isinstance(meta, Mapping) else None
    return version if isinstance(version, str) else None


def _address(answer: EntryAnswer) -> str | None:
    return f"{answer.kind}/{answer.id}" if answer.kind and answer.id else None


def _check(may_write: MayWrite) -> None:
    if not may_write():
        raise WritesStopped("writing is switched off; nothing was sent")
