"""What is sent when something is written, and what the answer says about it: pure. STANDARDS 8A, 8B."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from service.ehr.addresses import LITERAL
from service.ehr.answers import Answer, issues
from service.errors import InvalidOutput, UnusableAnswer
from service.lacking import is_part

Resource = dict[str, object]
VERSION = re.compile(r'(?:W/)?"?([^"]+)"?$')
HISTORY = re.compile(r"/_history/(?P<version>[^/?#\s]+)$")
STATUS = re.compile(r"\d{3}")


@dataclass(frozen=True, slots=True)
class Written:
    """What stands on the server now. `created`: it was not there before. `version`: for the next If-Match."""

    kind: str
    id: str
    version: str | None
    created: bool
    resource: Resource = field(repr=False)


@dataclass(frozen=True, slots=True)
class EntryAnswer:
    """The answer to one entry of a transaction or batch."""

    status: int
    kind: str | None = None
    id: str | None = None
    version: str | None = None
    resource: Resource | None = field(default=None, repr=False)
    codes: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Was it done?"""
        return 200 <= self.status < 300


def condition(system: str, value: str) -> str:
    """The query of a conditional write: by identifier alone, which every server with conditions knows. Raises
    InvalidOutput for an identifier that would ask for more than itself."""
    if not value or any(each in system + value for each in "|,\\$\n\r"):
        raise InvalidOutput("an identifier for a condition is not empty and holds none of the characters | , \\ $")
    return f"identifier={quote(system, safe=':/')}|{quote(value, safe=':/')}"


def if_match(version: str) -> str:
    """The value of the header If-Match."""
    return f'W/"{version}"'


def check_whole(resource: Mapping[str, object]) -> None:
    """Raises InvalidOutput for a resource that is only a part: writing it would delete the rest. STANDARDS 8.12."""
    if is_part(resource):
        raise InvalidOutput("only a part of the resource was read; a part is never written back")


def version_of(answer: Answer, resource: Mapping[str, object]) -> str | None:
    """The version: of the resource, else the ETag's, else that of the Location."""
    meta = resource.get("meta")
    stated = meta.get("versionId") if isinstance(meta, dict) else None
    if isinstance(stated, str):
        return stated
    tag = VERSION.match(answer.headers.get("etag", "").strip())
    place = HISTORY.search(answer.headers.get("location", ""))
    return tag[1] if tag else place["version"] if place else None


def place_of(answer: Answer, kind: str) -> str | None:
    """The id of the resource that was written: of the body, else of the header Location or Content-Location."""
    resource = body_of(answer, kind)
    if resource is not None and isinstance(resource.get("id"), str):
        return str(resource["id"])
    for name in ("location", "content-location"):
        found = LITERAL.search(answer.headers.get(name, ""))
        if found and found["type"] == kind:
            return found["id"]
    return None


def body_of(answer: Answer, kind: str) -> Resource | None:
    """The resource that came back; None if the body is empty, an OperationOutcome or whatever a gateway made of it."""
    try:
        content = answer.content
    except UnusableAnswer:
        return None
    return content if content is not None and content.get("resourceType") == kind else None


def is_repeatable(bundle: Mapping[str, object]) -> bool:
    """May the transaction be sent again after a lost answer? Only if every POST in it has a condition."""
    return all(
        request.get("method") in ("GET", "HEAD", "PUT", "DELETE") or "ifNoneExist" in request
        for request in _requests(bundle)
    )


def entry_answers(bundle: Mapping[str, object], asked: Mapping[str, object]) -> tuple[EntryAnswer, ...]:
    """The answers in the order of the entries. Raises UnusableAnswer if there are not as many."""
    listed = bundle.get("entry", [])
    answers = tuple(_entry_answer(each) for each in listed) if isinstance(listed, list) else ()
    if len(answers) != len(_requests(asked)) or not str(bundle.get("type")).endswith("-response"):
        raise UnusableAnswer("POST Bundle: the answer does not have one entry for each that was sent")
    return answers


def differences(sent: object, stands: object, element: str) -> tuple[str, ...]:
    """The elements that were sent and do not stand on the server as sent. What the server added is no difference."""
    if isinstance(sent, dict):
        there = stands if isinstance(stands, dict) else {}
        return tuple(one for name in sent for one in differences(sent[name], there.get(name), f"{element}.{name}"))
    if isinstance(sent, list):
        each_there = stands if isinstance(stands, list) and len(stands) >= len(sent) else [None] * len(sent)
        return tuple(
            dict.fromkeys(one for a, b in zip(sent, each_there, strict=False) for one in differences(a, b, element))
        )
    return () if sent == stands else (element,)


def entry_resources(bundle: Mapping[str, object]) -> tuple[Resource, ...]:
    """The resources of a Bundle."""
    listed = bundle.get("entry")
    found = (
        [each.get("resource") if isinstance(each, dict) else None for each in listed or ()]
        if isinstance(listed, list)
        else []
    )
    return tuple(each for each in found if isinstance(each, dict))


def _requests(bundle: Mapping[str, object]) -> list[Resource]:
    listed = bundle.get("entry")
    entries = listed if isinstance(listed, list) else []
    found = [each.get("request") if isinstance(each, dict) else None for each in entries]
    return [each if isinstance(each, dict) else {} for each in found]


def _entry_answer(entry: object) -> EntryAnswer:
    response = entry.get("response") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(response, dict):
        return EntryAnswer(0)
    status = STATUS.match(str(response.get("status", "")))
    location = str(response.get("location", ""))
    place, tag = LITERAL.search(location), VERSION.match(str(response.get("etag", "")))
    history = HISTORY.search(location)
    resource = entry.get("resource")
    return EntryAnswer(
        int(status[0]) if status else 0,
        place["type"] if place else None,
        place["id"] if place else None,
        tag[1] if tag else history["version"] if history else None,
        resource if isinstance(resource, dict) else None,
        tuple(each.code for each in issues(response.get("outcome"))),
    )
