"""The client of a FHIR server: read, search, write, call operations; resources are plain JSON. STANDARDS §8."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from copy import copy
from urllib.parse import quote, urlencode

import orjson

from service.ehr.addresses import base_of, identity, joined
from service.ehr.answers import Answer, Issue, issues
from service.ehr.capability import Features, read_features
from service.ehr.clock import SYSTEM, Clock
from service.ehr.dialects import STANDARD, Dialect
from service.ehr.dialects.dialect import Params
from service.ehr.exchange import Ask, Auth, Exchange, NoToken
from service.ehr.limits import Gate
from service.ehr.scopes import Reach
from service.ehr.searching import Gathering, Resource, SearchResult
from service.ehr.transport import Transport
from service.ehr.writing import (
    EntryAnswer,
    Written,
    body_of,
    check_whole,
    condition,
    entry_answers,
    entry_resources,
    if_match,
    is_repeatable,
    place_of,
    version_of,
)
from service.errors import (
    EhrRefused,
    EhrUnavailable,
    ResourceGone,
    UnusableAnswer,
    UsageError,
    VersionConflict,
    WritesStopped,
)
from service.twofold import TWICE, is_twofold

FHIR_JSON = "application/fhir+json"
# HAPI FHIR answers a search from one made up to a minute ago, unless it is told not to: then a result that we were just
# notified of would be missing from the chart.
ACCEPT = {"Accept": "application/fhir+json, application/json;q=0.9", "Cache-Control": "no-cache"}
LONGEST_URL = 2000
# Values of these parameters belong in no log of a server or proxy, so they go into the body where the server allows.
PERSONAL = frozenset(
    {"identifier", "name", "family", "given", "birthdate", "phone", "email", "telecom", "address", "url"}
)
MOST_IDS = 50
UNAUTHORIZED = 401


class FhirClient:
    """One FHIR server, with the rights and the limits that it is used with.

    Every method raises EhrUnavailable (later it may work), EhrRefused and its kinds, UnusableAnswer. `may_write` is
    asked before each write, and before it is repeated: False makes it raise WritesStopped.
    """

    def __init__(
        self,
        base: str,
        transport: Transport,
        *,
        auth: Auth | None = None,
        gate: Gate | None = None,
        clock: Clock = SYSTEM,
        dialect: Dialect = STANDARD,
        accepted_outcomes: frozenset[str] = frozenset(),
        others: tuple[str, ...] = (),
        may_write: Callable[[], bool] = lambda: True,
    ) -> None:
        self.base = base_of(base)
        self.bases = (self.base, *others)
        self.dialect = dialect
        self._auth = auth or NoToken()
        self._gate = gate or Gate(clock=clock)
        self._exchange = Exchange(self.base, transport, self._auth, self._gate, clock)
        self._accepted = accepted_outcomes
        self._may_write = may_write

    def capabilities(self) -> Features:
        """What the server says it can do."""
        return read_features(self._get("metadata").resource("CapabilityStatement"))

    @property
    def exchange(self) -> Exchange:
        """The way to this server, for what is neither read nor searched (a bulk export)."""
        return self._exchange

    def identity(self, reference: object) -> tuple[str, str] | None:
        """Type and id of a reference to a resource of this server; None for another host's, or for no literal one."""
        return identity(self.base, reference, self.bases)

    def read(self, kind: str, id: str, *, twofold: bool = False) -> Resource:
        """One resource. Raises ResourceGone if it is not there, or no longer.

        `twofold`: also one in which a key stands twice; otherwise that raises UnusableAnswer.
        """
        resource = self._get(kind, id).resource(kind, twofold=twofold)
        if resource.get("id") != id:
            raise UnusableAnswer(f"GET {kind}: the server answered with another resource")
        return resource

    def search(self, kind: str, params: Mapping[str, str] | Params = (), *, partial: bool = False) -> SearchResult:
        """Everything of this type that the parameters ask for, all pages.

        What keeps it from being whole (a page that is refused, no right to all of it, records of others) is in
        `problems`. If the server gives out meanwhile it raises EhrUnavailable; with `partial`, that is a problem too.
        Where no token can be had, or none is accepted, nothing can be said of this type, and it raises.
        """
        asked = tuple(params.items()) if isinstance(params, Mapping) else tuple(params)
        gathering = Gathering(kind, asked, self.base, self.dialect, self._accepted, self.bases)
        if not self._permitted(gathering):
            return gathering.result()
        try:
            self._all_pages(gathering, self._first(kind, self.dialect.sent(kind, asked)))
        except EhrUnavailable as problem:
            if not partial:
                raise
            gathering.problem(str(problem))
        except (EhrRefused, UnusableAnswer) as problem:
            if problem.status == UNAUTHORIZED:
                raise  # we are let in nowhere: that says nothing about this type
            gathering.problem(str(problem))
        return gathering.result()

    def read_many(self, kind: str, ids: Iterable[str]) -> SearchResult:
        """These resources, in as few requests as their number allows; one that is not found is a problem."""
        wanted = tuple(dict.fromkeys(ids))
        parts = [
            self.search(kind, {"_id": ",".join(wanted[start : start + MOST_IDS])})
            for start in range(0, len(wanted), MOST_IDS)
        ]
        found = tuple(each for part in parts for each in part.resources if each.get("id") in wanted)
        problems = [problem for part in parts for problem in part.problems]
        if lacking := len(wanted) - len({str(each.get("id")) for each in found}):
            problems.append(f"{kind}: {lacking} of {len(wanted)} that others refer to were not found")
        pages = sum(each.pages for each in parts)
        return SearchResult(kind, found, problems=tuple(dict.fromkeys(problems)), pages=pages)

    def create(self, resource: Resource) -> Written:
        """Create it. Never repeated: whether a lost answer meant yes, only a look at the server tells."""
        kind = _kind(resource)
        answer = self._write("POST", (kind,), resource, repeatable=False)
        return self._written(answer, kind, None)

    def create_once(self, resource: Resource, system: str, value: str) -> Written:
        """Create it unless one with this identifier is there; then that one comes back, `created` False.

        Raises VersionConflict if several are there. Whether the one there is the right one, the caller has to look.
        """
        kind, query = _kind(resource), condition(system, value)
        answer = self._write("POST", (kind,), resource, {"If-None-Exist": query})
        if place_of(answer, kind) is not None:
            return self._written(answer, kind, None)
        there = self.find(kind, system, value)
        if there is None:
            raise UnusableAnswer(f"POST {kind}: the server names no resource, and none has the identifier")
        return Written(kind, str(there["id"]), version_of(answer, there), answer.status == 201, there)

    def find(self, kind: str, system: str, value: str) -> Resource | None:
        """The one resource with this identifier. Raises VersionConflict if there are several, UnusableAnswer if the
        search was not whole, so that "none" cannot be told from "not shown"."""
        condition(system, value)
        result = self.search(kind, {"identifier": f"{system}|{value}"})
        if not result.complete:
            raise UnusableAnswer(f"GET {kind}: whether one has the identifier cannot be told ({result.problem})")
        if len(result.resources) > 1:
            raise VersionConflict(f"GET {kind}: {len(result.resources)} have the same identifier")
        if is_twofold(list(result.resources)):
            raise UnusableAnswer(f"GET {kind}: {TWICE}")
        return result.resources[0] if result.resources else None

    def update(self, resource: Resource, version: str | None) -> Written:
        """Replace the whole resource, if it still has that version; VersionConflict if not. None: whatever it has."""
        kind, id = _kind(resource), resource.get("id")
        if not isinstance(id, str):
            raise UsageError(f"a {kind} without an id cannot be updated")
        if version is None and self.dialect.needs_if_match:
            raise UsageError(f"servers of the dialect {self.dialect.name} want the version that is replaced")
        check_whole(resource)
        headers = {"If-Match": if_match(version)} if version is not None else {}
        return self._written(self._write("PUT", (kind, id), resource, headers), kind, id)

    def delete(self, kind: str, id: str) -> None:
        """Delete it. Gone already is as good."""
        with suppress(ResourceGone):
            self._send(Ask("DELETE", joined(self.base, kind, _segment(id)), ACCEPT, check=self._check_may_write))

    def transaction(self, bundle: Resource) -> tuple[EntryAnswer, ...]:
        """Send a transaction or batch. Of a batch each answer has to be looked at: some entries may have failed."""
        for resource in entry_resources(bundle):
            check_whole(resource)
        answer = self._write("POST", (), bundle, repeatable=is_repeatable(bundle), prefer="minimal")
        return entry_answers(answer.resource("Bundle"), bundle)

    def operation(self, *path: str, params: Mapping[str, str] | Params = ()) -> Resource:
        """Call an operation that changes nothing, such as `Subscription/1/$events`, by GET."""
        return self._get(*path, params=params).resource()

    def validate(self, resource: Resource, profile: str | None = None) -> tuple[Issue, ...]:
        """What the server finds in it. It answers 200 whatever it finds: look at the severities."""
        query = f"?{urlencode({'profile': profile})}" if profile else ""
        url = joined(self.base, _kind(resource), "$validate") + query
        answer = self._send(Ask("POST", url, ACCEPT | {"Content-Type": FHIR_JSON}, orjson.dumps(resource)))
        return issues(answer.resource("OperationOutcome"))

    def speaking(self, dialect: Dialect) -> "FhirClient":
        """The same client, for a server of that dialect; it shares the limits and the token."""
        other = copy(self)
        other.dialect = dialect
        return other

    def _permitted(self, gathering: Gathering) -> bool:
        """May this type be searched at all? What the token does not reach, or the product lacks, is a problem."""
        if gathering.kind in self.dialect.no_types:
            gathering.problem(f"servers of the dialect {self.dialect.name} do not have it")
            return False
        reach = self._auth.reach(gathering.kind, "s")
        if reach is Reach.PART:
            gathering.problem("the right that was granted reaches a part of these records alone")
        if reach is Reach.NONE:
            gathering.problem("the right to search for it was not granted")
        return reach is not Reach.NONE

    def _all_pages(self, gathering: Gathering, first: Answer) -> None:
        answer: Answer | None = first
        while answer is not None:
            url = gathering.add(answer.resource("Bundle", twofold=True), answer.url)
            if url is not None and len(gathering.seen) >= self._gate.limits.most_pages:
                gathering.problem("there are more pages than are read")
                return
            answer = self._send(Ask("GET", url, ACCEPT)) if url is not None else None

    def _first(self, kind: str, params: Params) -> Answer:
        query = urlencode(params, safe=":/|,$")
        url = joined(self.base, kind)
        headers = ACCEPT | ({"Prefer": "handling=strict"} if self.dialect.strict else {})
        personal = any(name.partition(":")[0] in PERSONAL for name, _ in params)
        if self.dialect.post_search and (personal or len(url) + len(query) > LONGEST_URL):
            form = headers | {"Content-Type": "application/x-www-form-urlencoded"}
            return self._send(Ask("POST", joined(url, "_search"), form, query.encode()))
        return self._send(Ask("GET", f"{url}?{query}" if query else url, headers))

    def _get(self, *path: str, params: Mapping[str, str] | Params = ()) -> Answer:
        url = joined(self.base, *(_segment(each) for each in path))
        query = urlencode(tuple(params.items()) if isinstance(params, Mapping) else params, safe=":/|,$")
        return self._send(Ask("GET", f"{url}?{query}" if query else url, ACCEPT))

    def _write(
        self,
        method: str,
        path: tuple[str, ...],
        resource: Resource,
        headers: Mapping[str, str] | None = None,
        *,
        repeatable: bool = True,
        prefer: str = "representation",
    ) -> Answer:
        all_headers = ACCEPT | {"Content-Type": FHIR_JSON, "Prefer": f"return={prefer}"} | dict(headers or {})
        url = joined(self.base, *(_segment(each) for each in path))
        body = orjson.dumps(resource)
        return self._send(Ask(method, url, all_headers, body, repeatable, check=self._check_may_write))

    def _written(self, answer: Answer, kind: str, id: str | None) -> Written:
        """What stands there now: from the body, else read back, since some servers answer with nothing."""
        id = place_of(answer, kind) or id
        if id is None:
            raise UnusableAnswer(f"{answer.what}: the server does not say what it created", status=answer.status)
        resource = body_of(answer, kind)
        if resource is None or self.dialect.drops_unknown_elements:
            resource = self.read(kind, id)
        return Written(kind, id, version_of(answer, resource), answer.status == 201, resource)

    def _check_may_write(self) -> None:
        if not self._may_write():
            raise WritesStopped("writing is switched off; nothing was sent")

    def _send(self, ask: Ask) -> Answer:
        return self._exchange.send(ask)


def _kind(resource: Mapping[str, object]) -> str:
    kind = resource.get("resourceType")
    if not isinstance(kind, str):
        raise UsageError("what is written to a FHIR server has a resourceType")
    return kind


def _segment(text: str) -> str:
    """A part of a path that cannot become more than one part."""
    return quote(text, safe="$")
