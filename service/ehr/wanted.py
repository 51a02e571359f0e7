"""Subscriptions as we want them, of whatever release, and how what they are about is written. Pure. STANDARDS 2A, 2B.

R4 and R4B: by topic (Subscriptions R5 Backport) where the server has topics, else by criteria. R5: by topic alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import parse_qsl, quote, urlsplit

from service.errors import UsageError

PAYLOADS = ("empty", "id-only", "full-resource")  # each says more than the one before
RELEASES = ("R4", "R4B", "R5")
PERSONS = ("patient", "subject")
LONGEST = 1000  # characters of criteria that servers keep whole
IN_CRITERIA = ":/|,"  # what stands in the value of a search as it is
ESCAPED = str.maketrans({each: f"\\{each}" for each in "\\|,$"})  # by FHIR, within a system or a code


@dataclass(frozen=True, slots=True)
class Wanted:
    """A Subscription that should stand on the server.

    `criteria`: the canonical of a topic if `by_topic`, else a search such as `Observation?code=…`. `narrowed`:
    conditions of a topic, all of which have to hold (see `narrowing`). `payload`: one of PAYLOADS; by criteria there
    is no id-only: empty sends no body, full-resource the resource. `heartbeat` and `timeout` are in seconds. `secret`
    comes back with every notification in the header `secret_header`; it never shows in a message. Raises UsageError.
    """

    endpoint: str = field(repr=False)
    criteria: str
    by_topic: bool = True
    narrowed: tuple[str, ...] = ()
    payload: str = "id-only"
    secret: str | None = field(default=None, repr=False)
    secret_header: str = "X-Prescreen-Secret"
    heartbeat: int | None = None
    timeout: int | None = None
    most_events: int | None = None
    end: datetime | None = None
    release: str = "R4"
    reason: str = "Pre-screening of clinical trials"

    def __post_init__(self) -> None:
        if problems := tuple(_problems(self)):
            raise UsageError("; ".join(problems))


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a topic: `param` of the type `kind` (None: of every type) has this value."""

    kind: str | None
    param: str
    modifier: str | None
    value: str


def narrowing(param: str, value: str, *, kind: str | None = None, modifier: str | None = None) -> str:
    """A condition of a topic: `param=value`, `Type.param:modifier=value` and what lies between."""
    named = f"{param}:{modifier}" if modifier else param
    return f"{kind}.{named}={value}" if kind else f"{named}={value}"


def feed_narrowing(kind: str, params: Iterable[tuple[str, str]]) -> str:
    """A condition as the Patient Data Feed of US Core writes it: `Type?param=value&trigger=…`."""
    return f"{kind}?" + "&".join(f"{name}={value}" for name, value in params)


def conditions(narrowed: str) -> tuple[Condition, ...]:
    """What a condition says, in either of its shapes."""
    kind, mark, query = narrowed.partition("?")
    if mark:
        return tuple(_condition(kind, name, value) for name, value in parse_qsl(query, keep_blank_values=True))
    named, _, value = narrowed.partition("=")
    kind, dot, param = named.rpartition(".")
    return (_condition(kind if dot and kind[:1].isupper() else None, param if dot else named, value),)


def token(system: str, code: str) -> str:
    """`system|code` as a search is given it."""
    return quote(f"{system.translate(ESCAPED)}|{code.translate(ESCAPED)}", safe=IN_CRITERIA)


def criteria_for(kind: str, codes: Iterable[str], param: str = "code", longest: int = LONGEST) -> tuple[str, ...]:
    """Searches for a type and these tokens, each short enough for servers; without codes, all of the type."""
    groups: list[str] = []
    for code in sorted(set(codes)):
        longer = f"{groups[-1]},{code}" if groups else ""
        if longer and len(longer) <= longest:
            groups[-1] = longer
        else:
            groups.append(f"{kind}?{param}={code}")
    return tuple(groups) or (f"{kind}?",)


def _condition(kind: str | None, named: str, value: str) -> Condition:
    param, _, modifier = named.partition(":")
    return Condition(kind, param, modifier or None, value)


def _problems(wanted: Wanted) -> Iterable[str]:
    parts = urlsplit(wanted.endpoint)
    if parts.scheme != "https" and not _is_loopback(parts.hostname or ""):
        yield "notifications are received at an https address"
    if wanted.payload not in PAYLOADS:
        yield f"a payload is one of {', '.join(PAYLOADS)}"
    if not wanted.by_topic and (wanted.payload == "id-only" or wanted.narrowed):
        yield "a Subscription by criteria has neither the payload id-only nor conditions beside its criteria"
    if wanted.release not in RELEASES:
        yield f"Subscriptions are made for {', '.join(RELEASES)}, not for {wanted.release}"
    if wanted.release == "R5" and not wanted.by_topic:
        yield "a server of R5 has Subscriptions by topic alone"
    if wanted.end is not None and wanted.end.tzinfo is None:
        yield "the end of a Subscription has a time zone"
    if wanted.secret_header.lower() in ("authorization", "proxy-authorization"):
        yield "no token is put into a Subscription; use a header of its own for the secret"
    if any(each in wanted.secret_header + (wanted.secret or "") for each in "\r\n"):
        yield "the secret and the name of its header are one line"
    listed = [each for narrowed in wanted.narrowed for each in conditions(narrowed)]
    persons = {each.value for each in listed if each.param in PERSONS}
    if len(persons) > 1 or any("," in each for each in persons):
        yield "a Subscription is about one patient, or about all"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
