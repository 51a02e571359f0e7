"""The one form into which every notification is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from service.fhir.notifications.standard import Problem


class Kind(Enum):
    """What a notification is: the first five of topic-based subscriptions, the next three of R4 rest-hooks."""

    HANDSHAKE = "handshake"
    HEARTBEAT = "heartbeat"
    EVENT = "event-notification"
    QUERY_STATUS = "query-status"
    QUERY_EVENT = "query-event"
    RESOURCE = "resource"
    DELETED = "deleted"
    EMPTY = "empty"
    UNKNOWN = "unknown"  # a type that the standard does not have: nothing is done
    REFUSED = "refused"  # nobody could act upon it: the answer is 400 and the problems


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came in, after its secret was checked and its JSON parsed.

    `type` and `id` are those of the path, if it has them; `deleted` is the header `X-Medplum-Deleted-Resource`;
    `body` is the parsed JSON, None where there was no body.
    """

    method: str
    body: object = None
    type: str | None = None
    id: str | None = None
    deleted: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `focus` is `Type/id` on our server; None where it is not said, or stands elsewhere.

    `number` is None for rest-hooks, which have none, and where it cannot be read.
    """

    number: int | None
    focus: str | None = None
    foreign: bool = False  # its focus stands on another server: it is never read
    context: tuple[str, ...] = ()
    timestamp: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """A resource that came along: its key (None without an id), the ids of the patients it is about, its content."""

    key: str | None
    patients: tuple[str, ...]
    resource: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification. `count` is the number of events since the subscription began; `errors` are the sender's codes.

    `events` are in the order of their numbers. A refused one has nothing but problems.
    """

    kind: Kind
    subscription: str | None = None
    topic: str | None = None
    status: str | None = None
    count: int | None = None
    events: tuple[Event, ...] = ()
    carried: tuple[Carried, ...] = ()
    gone: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def refused(self) -> bool:
        """Is it answered with 400?"""
        return self.kind is Kind.REFUSED

    @property
    def content(self) -> Literal["empty", "id-only", "full-resource"]:
        """How much it says: the focus of each event with its resource, the focus alone, or nothing."""
        keys = {each.key for each in self.carried}
        if any(each.focus in keys for each in self.events if each.focus) or (self.carried and not self.events):
            return "full-resource"
        return "id-only" if any(each.focus or each.foreign for each in self.events) else "empty"
