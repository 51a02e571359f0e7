"""Writes as a transaction Bundle in which every entry is conditional: sending it twice ends as sending it once.

STANDARDS §8A and §8B. The same writes, one by one and in the same order, are what a server without transactions gets.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from service.errors import InvalidValue
from service.fhir.own import BASE, Json

PLAIN = re.compile(r"[A-Za-z0-9:/._~-]")
RELATIVE = re.compile(r"([A-Z][A-Za-z]+)/[A-Za-z0-9._-]+(?:/_history/[A-Za-z0-9._-]+)?")


@dataclass(frozen=True, slots=True)
class Write:
    """One write. `url` is relative to the server; `if_none_exist` or `if_match` is its condition, where it has one."""

    resource: Json
    method: Literal["POST", "PUT"]
    url: str
    if_none_exist: str | None = None
    if_match: str | None = None

    @property
    def full_url(self) -> str:
        """The `urn:uuid:` by which other entries of the Bundle refer to it: the same for the same resource."""
        return _urn(f"{self.url}|{self.if_none_exist or ''}")


def create(resource: Mapping[str, object]) -> Write:
    """A create without a condition: for what has no identifier, after a look that it is not there."""
    return Write(dict(resource), "POST", _kind(resource))


def create_once(resource: Mapping[str, object]) -> Write:
    """A conditional create: nothing happens where the server has one of our identifier."""
    kind = _kind(resource)
    return Write(dict(resource), "POST", kind, if_none_exist=condition(resource))


def replace_version(resource: Mapping[str, object]) -> Write:
    """An update of exactly the version that was read (If-Match); raises InvalidValue where it has no id or version."""
    meta = resource.get("meta")
    version = meta.get("versionId") if isinstance(meta, Mapping) else None
    if not isinstance(version, str) or not isinstance(resource.get("id"), str):
        raise InvalidValue(f"{_kind(resource)}: only a version that was read is replaced")
    return Write(dict(resource), "PUT", f"{_kind(resource)}/{resource['id']}", if_match=f'W/"{version}"')


def put_own(resource: Mapping[str, object]) -> Write:
    """An update under an id that we made: for what has no identifier (Provenance)."""
    return Write(dict(resource), "PUT", f"{_kind(resource)}/{resource['id']}")


def condition(resource: Mapping[str, object]) -> str:
    """`identifier=system|value` of the identifier that is ours; only the query, as `If-None-Exist` wants it."""
    system, value = own_identifier(resource)
    return f"identifier={_encoded(system)}|{_encoded(value)}"


def own_identifier(resource: Mapping[str, object]) -> tuple[str, str]:
    """System and value of the identifier that is ours. Raises InvalidValue where there is none."""
    listed = resource.get("identifier")
    for each in listed if isinstance(listed, list) else ():
        system = str(each.get("system", "")) if isinstance(each, Mapping) else ""
        if system.startswith(f"{BASE}/identifier/"):
            return system, str(each["value"])
    raise InvalidValue(f"{_kind(resource)}: it carries no identifier of ours, so writing it twice would make two")


def transaction(writes: Iterable[Write]) -> Json:
    """The transaction Bundle of these writes. Raises InvalidValue where two of them are of one resource."""
    listed = list(writes)
    if len({each.full_url for each in listed}) != len(listed):
        raise InvalidValue("a transaction may hold each resource once")
    return {"resourceType": "Bundle", "type": "transaction", "entry": [_entry(each) for each in listed]}


def resolved(resource: Mapping[str, object], known: Mapping[str, str]) -> Json:
    """The resource with references exchanged for those that are known by now: `urn:uuid:…` -> `ResearchStudy/12`."""
    return _rewritten(dict(resource), lambda written: known.get(written, written))


def with_base(resource: Mapping[str, object], base: str, here: frozenset[str]) -> Json:
    """The resource with relative references made absolute at `base`, but for the types that stand `here`.

    For a target that is not the server from which the records came.
    """
    root = base.rstrip("/")

    def absolute(written: str) -> str:
        found = RELATIVE.fullmatch(written)
        return f"{root}/{written}" if found and found[1] not in here else written

    return _rewritten(dict(resource), absolute)


def _entry(write: Write) -> Json:
    request: Json = {"method": write.method, "url": write.url}
    if write.if_none_exist is not None:
        request["ifNoneExist"] = write.if_none_exist
    if write.if_match is not None:
        request["ifMatch"] = write.if_match
    return {"fullUrl": write.full_url, "resource": write.resource, "request": request}


def _rewritten(node: Json, change: Callable[[str], str]) -> Json:
    """A copy in which the text of every Reference is changed."""
    return {key: _changed(key, value, change) for key, value in node.items()}


def _changed(key: str, value: object, change: Callable[[str], str]) -> object:
    if key == "reference" and isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return _rewritten(value, change)
    return [_changed("", each, change) for each in value] if isinstance(value, list) else value


def _kind(resource: Mapping[str, object]) -> str:
    return str(resource["resourceType"])


def _encoded(text: str) -> str:
    """What a query may not hold as it is, in percent notation."""
    return "".join(
        each if PLAIN.fullmatch(each) else "".join(f"%{byte:02X}" for byte in each.encode()) for each in text
    )


def _urn(name: str) -> str:
    """A `urn:uuid:` made from a name (RFC 9562, version 8): the same name, the same UUID."""
    digits = list(sha256(name.encode()).hexdigest()[:32])
    digits[12], digits[16] = "8", "89ab"[int(digits[16], 16) % 4]
    parts = ("".join(digits[start:end]) for start, end in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32)))
    return f"urn:uuid:{'-'.join(parts)}"
