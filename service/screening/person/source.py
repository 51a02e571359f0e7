"""One record that an answer rests on, as it stands in the EHR now, with the element that counted marked.

It is read live, with the right of the service, for one page, and kept nowhere. A narrative is left out, and a record
that the EHR now says is somebody else's is not shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from service.ehr.clock import SYSTEM, Clock
from service.ehr.connect import connect
from service.ehr.transport import Transport, new_session
from service.errors import EhrError, EhrUnavailable, NotPermitted, ResourceGone
from service.screening.cds.lent import Hurried
from service.screening.person.evidence import LOCAL, Evidence
from service.screening.person.who import hide
from service.screening.tenant import Tenant
from service.store.people import Known

LONGEST = 20.0  # seconds; somebody waits in front of a screen
HURRY: dict[str, Any] = {"tries": 2, "longest_wait": 5.0, "read_timeout": 10.0, "answer_deadline": 15.0}
NO_SOURCE = "No EHR is connected here (files alone come in), so the record cannot be shown as it stands there."
NO_ID = "This record has no address of its own in the EHR: it stood inside another one, or somewhere else."
GONE = "The EHR does not have this record any more."
REFUSED = "The EHR does not let this service read this record."
SILENT = "The EHR does not answer at the moment. Try again in a minute."
FAILED = "The EHR answered in a way that this service does not accept, so nothing is shown."
OTHERS = (
    "The EHR now says that this record is of another patient, or of a record that was merged; it is not shown here."
)
NAMED = "Names are hidden on these pages, and this record says who the patient is; show names in your account first."
PROBLEMS = (NO_SOURCE, NO_ID, GONE, REFUSED, SILENT, FAILED, OTHERS, NAMED)
NARRATIVE = "(narrative, not shown)"
OF_NOBODY = frozenset({"Medication"})


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of the JSON; `counted`: it belongs to the element that the answer rests on."""

    text: str = field(repr=False)
    counted: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A record as it stands now, in lines; or (`lines` empty) the `problem` why it is not shown."""

    evidence: Evidence
    problem: str | None = None
    lines: tuple[Shown, ...] = ()
    version: str | None = None


class Reading(Protocol):
    """Who reads one resource."""

    def __call__(self, kind: str, id: str) -> Mapping[str, Any]:
        """The resource. Raises EhrError."""


def reading(tenant: Tenant, clock: Clock = SYSTEM, transport: Transport | None = None) -> Reading | None:
    """Who reads from the EHR of a tenant, in a hurry and without writing; None: it has none."""
    source = tenant.source
    if source is None:
        return None

    def read(kind: str, id: str) -> Mapping[str, Any]:
        server = replace(source, limits=replace(source.limits, **HURRY))
        sending = Hurried(transport or new_session(), clock, LONGEST)
        return connect(server, transport=sending, clock=clock, may_write=lambda: False).client.read(kind, id)

    return read


def source_of(evidence: Evidence, patient: str, read: Reading | None, veil: Known | None = None) -> Source:
    """The record of this evidence, of this patient, as it stands now; with `veil` without what tells who they are."""
    if veil is not None:
        evidence = replace(evidence, value=hide(evidence.value, veil), when=hide(evidence.when, veil))
    found = LOCAL.fullmatch(evidence.reference)
    if read is None:
        return Source(evidence, NO_SOURCE)
    if found is None:
        return Source(evidence, NO_ID)
    try:
        resource = read(found["type"], found["id"])
    except EhrError as error:
        return Source(evidence, _problem(error))
    if not is_of(resource, patient):
        return Source(evidence, OTHERS)
    if veil is not None and found["type"] == "Patient":
        return Source(evidence, NAMED)
    resource = resource if veil is None else hide(resource, veil)
    meta = resource.get("meta")
    version = meta.get("versionId") if isinstance(meta, Mapping) else None
    return Source(evidence, None, tuple(lines(resource, evidence.element)), str(version) if version else None)


def _problem(error: EhrError) -> str:
    said: dict[type, str] = {ResourceGone: GONE, NotPermitted: REFUSED, EhrUnavailable: SILENT}
    return next((said[each] for each in type(error).__mro__ if each in said), FAILED)


def is_of(resource: Mapping[str, Any], patient: str) -> bool:
    """Is it surely this patient's, or nobody's?"""
    kind = resource.get("resourceType")
    if kind == "Patient":
        return resource.get("id") == patient
    whose = [resource[each] for each in ("subject", "patient") if each in resource]
    if not whose:
        return kind in OF_NOBODY
    return all(_refers(each, patient) for each in whose)


def _refers(reference: object, patient: str) -> bool:
    said = reference.get("reference") if isinstance(reference, Mapping) else None
    return isinstance(said, str) and said.partition("/_history/")[0].split("/")[-2:] == ["Patient", patient]


def lines(resource: Mapping[str, Any], element: str) -> Iterator[Shown]:
    """The resource as indented JSON, line by line."""
    path = tuple(element.replace("[", ".").replace("]", "").split(".")) if element else ()
    yield from _lines(_without_narrative(resource), "", 0, "", (), path)


def _without_narrative(content: object) -> object:
    """No narrative, at any depth: a `text` with a `div` is one."""
    if isinstance(content, Mapping):
        return {
            name: {**each, "div": NARRATIVE} if name == "text" and _is_narrative(each) else _without_narrative(each)
            for name, each in content.items()
        }
    return [_without_narrative(each) for each in content] if isinstance(content, list) else content


def _is_narrative(content: object) -> bool:
    return isinstance(content, Mapping) and "div" in content


def _lines(
    content: object, before: str, depth: int, after: str, here: tuple[str, ...], counted: tuple[str, ...]
) -> Iterator[Shown]:
    indent, marked = "  " * depth, bool(counted) and _within(here, counted)
    if isinstance(content, Mapping) and content:
        parts, (opening, closing) = (
            [(f"{json.dumps(str(n), ensure_ascii=False)}: ", str(n), v) for n, v in content.items()],
            "{}",
        )
    elif isinstance(content, list) and content:
        parts, (opening, closing) = [("", str(n), v) for n, v in enumerate(content)], "[]"
    else:
        yield Shown(f"{indent}{before}{json.dumps(content, ensure_ascii=False, default=str)}{after}", marked)
        return
    yield Shown(f"{indent}{before}{opening}", marked)
    for number, (label, name, value) in enumerate(parts, 1):
        comma = "," if number < len(parts) else ""
        yield from _lines(value, label, depth + 1, comma, (*here, name), counted)
    yield Shown(f"{indent}{closing}{after}", marked)


def _within(here: tuple[str, ...], counted: tuple[str, ...]) -> bool:
    """Is it the element that counted, or in it? `value` stands for valueQuantity and its kin."""
    return len(here) >= len(counted) and all(map(_is_named, here, counted))


def _is_named(name: str, element: str) -> bool:
    rest = name.removeprefix(element)
    return name == element or (rest != name and rest[:1].isupper())
