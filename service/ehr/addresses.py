"""Addresses of a FHIR server: what lies below its base, what has the same origin, what a message may name."""

import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from service.errors import UsageError
from service.literals import here

PORTS = {"http": 80, "https": 443}
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
TYPE = re.compile(r"[A-Z][A-Za-z]+$")
SAYABLE = re.compile(r"(?:[A-Z][A-Za-z]{1,63}|[$][a-z-]{1,63}|_search|_history|metadata|\.well-known)$")
# A host that programs read differently: some end it at a backslash, some begin it behind the last @, some drop blanks.
DISGUISED = re.compile(r"[^:/?#]*:?//[^/?#]*[\\@\x00-\x20\x7f]")
LITERAL = re.compile(r"(?:^|/)(?P<type>[A-Z][A-Za-z]+)/(?P<id>[^/?#|\s]{1,128})(?:/_history/[^/?#\s]+)?$")


def base_of(text: str) -> str:
    """The base without a slash at its end. Raises UsageError for what is no absolute http(s) address, or holds more."""
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in PORTS or not parts.hostname:
        raise UsageError("the base address of a FHIR server begins with https:// or http:// and names a host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError("the base address of a FHIR server holds neither a user, a query nor a fragment")
    return text.strip().rstrip("/")


def is_protected(url: str) -> bool:
    """Can nobody between read or change what goes there: is it https, or this machine? Neither user nor fragment."""
    if DISGUISED.match(url):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in THIS_MACHINE)


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port; the host in small letters, the port filled in.

    Empty for an address that programs may read differently: nobody knows where it would lead.
    """
    if DISGUISED.match(url):
        return "", "", None
    try:
        parts = urlsplit(url)
        return parts.scheme.lower(), (parts.hostname or "").lower(), parts.port or PORTS.get(parts.scheme.lower())
    except ValueError:
        return "", "", None


def same_origin(one: str, other: str) -> bool:
    """Do both addresses lead to the same scheme, host and port?"""
    return origin(one) == origin(other) and origin(one)[1] != ""


def joined(base: str, *parts: str) -> str:
    """`parts` below the base."""
    return "/".join((base, *parts))


def resolved(url: str, location: str) -> str:
    """Where a relative or absolute `location` leads, seen from `url`; empty if nowhere."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def sayable(base: str, url: str) -> str:
    """What a message may say of an address: its types and operations, never ids, queries or hosts."""
    path = urlsplit(url).path
    own = urlsplit(base).path
    below = path.removeprefix(own) if same_origin(base, url) else ""
    said = [each for each in below.split("/") if SAYABLE.match(each)]
    return "/".join(said) or "the server"


def identity(base: str, reference: object, others: Iterable[str] = ()) -> tuple[str, str] | None:
    """Type and id of a literal reference to a resource of this server, which has `others` of its addresses besides;
    None for anything else."""
    if not isinstance(reference, str):
        return None
    return here((base, *others), reference)
