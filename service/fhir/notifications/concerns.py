"""Whose data a notification says has changed, and what has to be read or asked before that is known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.fhir.notifications.model import Carried, Event, Kind, Notification

ACTING = frozenset({Kind.EVENT, Kind.QUERY_EVENT, Kind.RESOURCE, Kind.EMPTY, Kind.DELETED})


@dataclass(frozen=True, slots=True)
class Concerns:
    """What is to be done. Every tuple is without repetition, in the order of the events.

    `patients`: ids to be screened. `to_read`: keys `Type/id` that have to be read to know whose they are; one that is
    gone (404, 410) counts as deleted. `gone`: keys that were deleted; whoever has them as evidence is screened anew.
    `query`: nothing says what changed, so the server is asked for what changed since it was last asked.
    `placeless`: keys of resources that came along and are about no patient of this server. `foreign`: how many events
    are about another server's resources; nothing is done about them.
    """

    patients: tuple[str, ...] = ()
    to_read: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    query: bool = False
    placeless: tuple[str, ...] = ()
    foreign: int = 0


def concerns(notification: Notification, events: Sequence[Event] | None = None, *, trusted: bool) -> Concerns:
    """What follows from a notification, or from these of its events (the fresh ones).

    `trusted`: the sender proved who it is. Otherwise what it carries is not believed, and is read from the server.
    """
    if notification.kind not in ACTING:
        return Concerns()
    listed = notification.events if events is None else events
    nameless = [each for each in notification.carried if each.key is None]  # those can be nobody's focus
    patients = [patient for each in nameless for patient in each.patients if trusted]
    to_read: list[str] = []
    placeless: list[str] = []
    came: dict[str | None, list[Carried]] = {}
    for each in notification.carried if trusted else ():
        came.setdefault(each.key, []).append(each)
    for focus in _focuses(listed):
        _sort(focus, came.get(focus, []), patients, to_read, placeless)
    unsure = any(not (trusted and each.patients) for each in nameless)
    return Concerns(
        patients=_once(patients),
        to_read=_once(to_read),
        gone=notification.gone,
        query=unsure or _unsaid(notification, listed),
        placeless=_once(placeless),
        foreign=sum(each.foreign for each in listed),
    )


def _focuses(events: Iterable[Event]) -> list[str]:
    return [each.focus for each in events if each.focus is not None]


def _sort(focus: str, came: Sequence[Carried], patients: list[str], to_read: list[str], placeless: list[str]) -> None:
    """Put a focus where it belongs: its patients, or its key among those to be read or those without a patient."""
    kind, _, identity = focus.partition("/")
    told = [patient for each in came for patient in each.patients]
    if kind == "Patient":
        patients.append(identity)
    patients += told
    if not told and kind != "Patient":
        (placeless if came else to_read).append(focus)


def _unsaid(notification: Notification, events: Sequence[Event]) -> bool:
    """Does an event, or the lack of any, leave open what changed?"""
    if notification.kind is Kind.EMPTY or any(each.focus is None and not each.foreign for each in events):
        return True
    return notification.kind is Kind.EVENT and not notification.events


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
