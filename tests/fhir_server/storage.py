"""Resources in all their versions; one lock for everything."""

import copy
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.fhir_server.problems import Refusal

Resource = dict[str, Any]


@dataclass(frozen=True)
class Version:
    """One version; `resource` None: deleted."""

    number: int
    at: datetime
    method: str
    resource: Resource | None


@dataclass(frozen=True)
class Change:
    """What happened to a resource; `before` None: it is new, `after` None: it was deleted."""

    kind: str
    id: str
    method: str
    before: Resource | None
    after: Resource | None


class Storage:
    """All resources of the server. `drops_versions`: from references, as HAPI FHIR does unless it is set otherwise."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.drops_versions = False
        self.changes: list[Change] = []  # not yet taken by `taken`
        self._kept: dict[str, dict[str, list[Version]]] = {}

    def read(self, kind: str, id: str, version: str | None = None) -> Resource:
        versions = self._kept.get(kind, {}).get(id)
        if not versions:
            raise Refusal(404, "not-found")
        if version is not None:
            found = next((each for each in versions if str(each.number) == version), None)
            if found is None or found.resource is None:
                raise Refusal(404 if found is None else 410, "not-found")
            return copy.deepcopy(found.resource)
        if versions[-1].resource is None:
            raise Refusal(410, "deleted")
        return copy.deepcopy(versions[-1].resource)

    def current(self, kind: str) -> list[Resource]:
        with self.lock:
            lasts = [versions[-1].resource for versions in self._kept.get(kind, {}).values()]
        return [each for each in lasts if each is not None]

    def deleted(self, kind: str) -> list[tuple[str, datetime]]:
        """The ids of what is gone, and since when."""
        with self.lock:
            lasts = [(id, versions[-1]) for id, versions in self._kept.get(kind, {}).items()]
        return [(id, last.at) for id, last in lasts if last.resource is None]

    def history(self, kind: str, id: str) -> list[Version]:
        if not self._kept.get(kind, {}).get(id):
            raise Refusal(404, "not-found")
        return list(self._kept[kind][id])

    def create(self, resource: Resource) -> Resource:
        return self.put(resource["resourceType"], uuid.uuid4().hex[:16], resource, "POST")

    def put(self, kind: str, id: str, resource: Resource, method: str = "PUT") -> Resource:
        with self.lock:
            versions = self._kept.setdefault(kind, {}).setdefault(id, [])
            before = versions[-1].resource if versions else None
            number, at = len(versions) + 1, self.now()
            meta = {**resource.get("meta", {}), "versionId": str(number), "lastUpdated": at.isoformat()}
            kept = _without_versions(resource) if self.drops_versions else copy.deepcopy(resource)
            stored = {**kept, "resourceType": kind, "id": id, "meta": meta}
            versions.append(Version(number, at, method, stored))
            self.changes.append(Change(kind, id, method, before, stored))
            return copy.deepcopy(stored)

    def delete(self, kind: str, id: str) -> None:
        with self.lock:
            versions = self._kept.get(kind, {}).get(id)
            if not versions or versions[-1].resource is None:
                return
            before = versions[-1].resource
            versions.append(Version(len(versions) + 1, self.now(), "DELETE", None))
            self.changes.append(Change(kind, id, "DELETE", before, None))

    def check_version(self, kind: str, id: str, if_match: str | None) -> None:
        """Raises 412 if the header names another version than the current one."""
        if if_match is None:
            return
        asked = if_match.removeprefix("W/").strip('"')
        if asked != self.read(kind, id)["meta"]["versionId"]:
            raise Refusal(412, "conflict", "the version is another one")

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Whatever is done inside is undone if it raises."""
        with self.lock:
            kept = {kind: {id: list(versions) for id, versions in ids.items()} for kind, ids in self._kept.items()}
            changes = list(self.changes)
            try:
                yield
            except BaseException:
                self._kept, self.changes = kept, changes
                raise

    def taken(self) -> list[Change]:
        """The changes since this was asked last."""
        with self.lock:
            changes, self.changes = self.changes, []
            return changes


def _without_versions(node: Any) -> Any:
    """A copy in which no reference names a version."""
    if isinstance(node, list):
        return [_without_versions(each) for each in node]
    if not isinstance(node, dict):
        return node
    copied = {name: _without_versions(value) for name, value in node.items()}
    if isinstance(reference := copied.get("reference"), str):
        copied["reference"] = reference.partition("/_history/")[0]
    return copied
