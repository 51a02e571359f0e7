"""What came with a call, and how far it can be relied on. STANDARDS 1.34-1.41.

A search that came along is read as one that we made ourselves: the same pages, outcomes and records of others make it
incomplete. So both ways give the same facts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import orjson

from service.ehr.dialects import STANDARD, Dialect
from service.ehr.searching import Gathering, Resource, SearchResult, is_narrower, own_link
from service.fhir.cds.call import Call
from service.lacking import announced
from service.screening.plan import Search
from service.twofold import decode

NULL = b"null"
OUTCOME = "OperationOutcome"
FAILED_THERE = "the client could not read it"
NOT_WHOLE = "more of it exists than came with the call"


class State(Enum):
    """What may be concluded from a value, and what is still to be asked."""

    MISSING = "missing"  # the client did not send it, or nothing that makes sense: ask
    WHOLE = "whole"  # all there is, which may be nothing
    PART = "part"  # some of it: ask for all, or treat it as incomplete
    FAILED = "failed"  # the client tried in vain: incomplete, and not asked again


@dataclass(frozen=True, slots=True)
class Given:
    """One value of the prefetch."""

    state: State
    result: SearchResult


def bases_of(call: Call, own: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses of the FHIR server from which a call brings records, if any is known. `own`: of our source."""
    named = (call.server or "").strip().rstrip("/")
    return own if not named or named in {each.rstrip("/") for each in own} else (named,)


def given(search: Search, patient: str, value: bytes | None, *bases: str, dialect: Dialect = STANDARD) -> Given:
    """What came for a search. `value` None: nothing came; `bases`: of the client's FHIR server: pages lead there, and
    what stands elsewhere is of nobody here."""
    if value is None:
        return _nothing(search.kind, State.MISSING, "it was not sent")
    if value.strip() == NULL:
        return Given(State.WHOLE, SearchResult(search.kind))
    try:
        content, _, twofold = decode(value)  # where a key stands twice, the chart finds it again
    except orjson.JSONDecodeError:
        content, twofold = None, False
    if not isinstance(content, dict):
        return _nothing(search.kind, State.MISSING, "what was sent is neither a resource, nor a Bundle, nor null")
    if content.get("resourceType") == OUTCOME:
        return _nothing(search.kind, State.FAILED, FAILED_THERE)
    if content.get("resourceType") != "Bundle":
        return _nothing(search.kind, State.MISSING, "what was sent is not the result of a search")
    return _bundle(search, patient, content, bases, dialect, plain=not twofold)


def single(kind: str, identity: str, value: bytes | None) -> Resource | None:
    """A resource that was asked for by its id; None: it did not come, or another one did."""
    content = parsed(value) if value is not None else None
    if content is None or content.get("resourceType") != kind or content.get("id") != identity:
        return None
    return content


def parsed(value: bytes) -> Resource | None:
    """A JSON object; None for anything else."""
    try:
        content = decode(value).content
    except orjson.JSONDecodeError:
        return None
    return content if isinstance(content, dict) else None


def _bundle(
    search: Search, patient: str, bundle: Resource, bases: tuple[str, ...], dialect: Dialect, *, plain: bool
) -> Given:
    base = bases[0] if bases else ""
    gathering = Gathering(search.kind, tuple(search.params(patient).items()), base, dialect, bases=bases)
    following = gathering.add(bundle, f"{base}/{search.kind}", plain=plain)
    before = gathering.result()
    listed = bundle.get("entry")
    entries = [each for each in (listed if isinstance(listed, list) else ()) if isinstance(each, dict)]
    total = announced(bundle)
    may_lack = total is None or total > len(before.resources)  # without those that came twice, or are left out
    lacks = may_lack and (total is None or total > sum(_is_match(each, search.kind) for each in entries))
    if following is not None or lacks or is_narrower(own_link(bundle), names_of(search, patient, dialect)):
        gathering.problem(NOT_WHOLE)
    result = gathering.result()
    if not result.problems:
        return Given(State.WHOLE, result)
    if before.problems and any(_is_outcome(each) for each in entries):
        return Given(State.FAILED, result)
    return Given(State.PART, result)


def names_of(search: Search, patient: str, dialect: Dialect = STANDARD) -> frozenset[str]:
    """The parameters by which a search asks."""
    return frozenset(name for name, _ in dialect.sent(search.kind, tuple(search.params(patient).items())))


def _is_match(entry: Mapping[str, object], kind: str) -> bool:
    """Is it one of those that the search found, rather than what comes with them?"""
    resource, how = entry.get("resource"), entry.get("search")
    included = isinstance(how, dict) and how.get("mode") == "include"
    return not included and isinstance(resource, dict) and resource.get("resourceType") == kind


def _is_outcome(entry: Mapping[str, object]) -> bool:
    resource = entry.get("resource")
    return isinstance(resource, dict) and resource.get("resourceType") == OUTCOME


def _nothing(kind: str, state: State, why: str) -> Given:
    return Given(state, SearchResult(kind, problems=(f"{kind}: {why}",)))
