"""The RESTful interactions, without HTTP: what each does to the storage, and what it answers."""

import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.fhir_server import bundles, search
from tests.fhir_server.problems import Refusal, outcome
from tests.fhir_server.storage import Storage
from tests.fhir_server.subscriptions import Subscriptions

Resource = dict[str, Any]
Params = list[tuple[str, str]]


@dataclass
class Rest:
    """`page_size`: when nobody asks; `most`: what `_count` gets at most. `outcomes`: OperationOutcomes beside every
    search. `next_base`: of next links, if it is another one. `needs_if_match`: updates without it are refused.
    `gives_ids`: nothing is created by an update. `remembers`: a search that was made before is answered as it was then,
    unless the client wants it anew; HAPI FHIR does so for a minute."""

    storage: Storage
    subscriptions: Subscriptions
    base: str = ""
    page_size: int = 20
    most: int = 200
    needs_if_match: bool = False
    gives_ids: bool = False
    remembers: bool = False
    outcomes: list[Resource] = field(default_factory=list)
    next_base: str | None = None
    pages: dict[str, tuple[list[Resource], Resource]] = field(default_factory=dict)
    remembered: dict[str, str] = field(default_factory=dict)

    def search(self, kind: str, params: Params, *, strict: bool, anew: bool = False) -> Resource:
        """The first page. `anew`: nothing that was remembered will do."""
        used = search.used(params, strict=strict)
        size = max(1, min(int(dict(used).get("_count", self.page_size)), self.most))
        asked = f"{kind}?{urlencode(used)}"
        if self.remembers and not anew and asked in self.remembered:
            return self.page(self.remembered[asked], 0, size)
        resources = search.found(self.storage.current(kind), used)
        resources.sort(key=lambda each: (each["meta"]["lastUpdated"], each["id"]))
        extra = search.included(resources, [each for name, each in used if name == "_include"], self.storage.read)
        entries = [self._entry(each, "match") for each in resources] + [self._entry(each, "include") for each in extra]
        entries += [{"resource": each, "search": {"mode": "outcome"}} for each in self.outcomes]
        self_link = {"relation": "self", "url": f"{self.base}/{asked}"}
        token = self.remembered[asked] = secrets.token_hex(8)
        self.pages[token] = (entries, {"total": len(resources), "link": [self_link]})
        return self.page(token, 0, size)

    def page(self, token: str, start: int, size: int) -> Resource:
        """A later page; 410 when its search is forgotten."""
        if token not in self.pages:
            raise Refusal(410, "not-found", "the search is forgotten")
        entries, about = self.pages[token]
        links = list(about["link"])
        if start + size < len(entries):
            query = urlencode({"_getpages": token, "_getpagesoffset": start + size, "_count": size})
            links.append({"relation": "next", "url": f"{self.next_base or self.base}?{query}"})
        page = entries[start : start + size]
        return {"resourceType": "Bundle", "type": "searchset", "total": about["total"], "link": links, "entry": page}

    def create(self, kind: str, resource: Resource, headers: dict[str, str]) -> tuple[int, Resource]:
        self._check_kind(kind, resource)
        with self.storage.lock:
            condition = headers.get("If-None-Exist")
            if condition is not None:
                there = self._meeting(kind, condition)
                if there:
                    return 200, there
            if kind == "Subscription":
                self.subscriptions.check(resource)
            if bundles.ASSIGNED in headers:
                return 201, self.storage.put(kind, headers[bundles.ASSIGNED], resource, "POST")
            return 201, self.storage.create(resource)

    def update(self, kind: str, id: str, resource: Resource, headers: dict[str, str]) -> tuple[int, Resource]:
        self._check_kind(kind, resource)
        if resource.get("id") != id:
            raise Refusal(400, "invalid", "the id of the body is not that of the address")
        with self.storage.lock:
            there = any(each["id"] == id for each in self.storage.current(kind))
            if self.gives_ids and not there:
                raise Refusal(405, "not-supported", "the server gives the ids")
            if self.needs_if_match and there and "If-Match" not in headers:
                raise Refusal(412, "required", "If-Match is required")
            self.storage.check_version(kind, id, headers.get("If-Match"))
            if kind == "Subscription":
                self.subscriptions.check(resource)
            return 200 if there else 201, self.storage.put(kind, id, resource)

    def update_where(self, kind: str, query: str, resource: Resource, headers: dict[str, str]) -> tuple[int, Resource]:
        """A conditional update."""
        self._check_kind(kind, resource)
        with self.storage.lock:
            there = self._meeting(kind, query)
            if there is None:
                return 201, self.storage.create(resource)
            if resource.get("id", there["id"]) != there["id"]:
                raise Refusal(400, "invalid", "the id is another one")
            self.storage.check_version(kind, there["id"], headers.get("If-Match"))
            return 200, self.storage.put(kind, there["id"], {**resource, "id": there["id"]})

    def bundle(self, bundle: Resource) -> Resource:
        """A transaction or batch."""
        if bundle.get("type") == "batch":
            return bundles.batch(bundle, self.perform)
        if bundle.get("type") != "transaction":
            raise Refusal(400, "invalid", "a transaction or a batch")
        with self.storage.all_or_nothing():
            return bundles.transaction(bundle, self.perform)

    def perform(
        self, method: str, address: str, resource: Resource | None, headers: dict[str, str]
    ) -> tuple[int, Resource | None]:
        """One request of a Bundle."""
        path, mark, query = address.partition("?")
        kind, _, id = path.partition("/")
        if method == "POST":
            return self.create(kind, resource or {}, headers)
        if method == "PUT":
            return (
                self.update_where(kind, query, resource or {}, headers)
                if mark
                else self.update(kind, id, resource or {}, headers)
            )
        if method == "DELETE":
            self.storage.delete(kind, id)
            return 204, None
        return 200, self.storage.read(kind, id) if id else self.search(kind, parse_qsl(query), strict=False)

    def history(self, kind: str, id: str) -> Resource:
        entries = []
        for each in reversed(self.storage.history(kind, id)):
            entry = {"request": {"method": each.method, "url": f"{kind}/{id}"}, "response": {"status": "200"}}
            entries.append(entry | ({"resource": each.resource} if each.resource else {}))
        return {"resourceType": "Bundle", "type": "history", "total": len(entries), "entry": entries}

    def validate(self, resource: Resource) -> Resource:
        """200 whatever is found."""
        if "resourceType" not in resource:
            raise Refusal(400, "structure")
        if resource["resourceType"] == "ResearchSubject" and "status" not in resource:
            return outcome("required", "status is missing")
        return outcome("informational", "nothing was found", "information")

    def _meeting(self, kind: str, query: str) -> Resource | None:
        params = parse_qsl(query)
        if not params or {name for name, _ in params} != {"identifier"}:
            raise Refusal(400, "not-supported", "conditions are by identifier")
        there = search.found(self.storage.current(kind), params)
        if len(there) > 1:
            raise Refusal(412, "multiple-matches", "several have it")
        return self.storage.read(kind, there[0]["id"]) if there else None

    def _entry(self, resource: Resource, mode: str) -> Resource:
        return {
            "fullUrl": f"{self.base}/{resource['resourceType']}/{resource['id']}",
            "resource": resource,
            "search": {"mode": mode},
        }

    def _check_kind(self, kind: str, resource: Resource) -> None:
        if resource.get("resourceType") != kind:
            raise Refusal(400, "invalid", "the type of the body is not that of the address")
