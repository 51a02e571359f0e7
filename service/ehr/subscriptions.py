"""What to do about the difference between a Subscription as we want it and as the server has it: pure. STANDARDS 2B."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from urllib.parse import parse_qsl

from service.ehr.subscription_forms import REST_HOOK, Resource, hidden_endpoint, narrowed, numbers, stated
from service.ehr.wanted import Wanted

PATIENT_DATA_FEED = "http://hl7.org/fhir/us/core/SubscriptionTopic/patient-data-feed"


class Step(Enum):
    """What to do about a Subscription."""

    KEEP = "keep"
    WAIT = "wait"  # requested: the server has still to make it active
    CREATE = "create"
    CHANGE = "change"  # it does not ask for what is wanted
    RENEW = "renew"  # it ends soon, or has ended
    RECOVER = "recover"  # error: what was missed is fetched first, then it is requested again
    REVIEW = "review"  # somebody switched it off, or the server made something else of it: a person decides


@dataclass(frozen=True, slots=True)
class Difference:
    """An element that is not as asked. `grave`: notifications may be missing, or go elsewhere."""

    element: str
    grave: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and why."""

    step: Step
    reason: str
    differences: tuple[Difference, ...] = ()


def chosen_topic(offered: Iterable[str], preferred: Iterable[str]) -> str | None:
    """The first of the preferred topics that the server offers, in whatever version; None: it offers none of them."""
    listed = {form for each in offered for form in (each, each.partition("|")[0])}
    return next((each for each in preferred if each in listed), None)


def differences(wanted: Wanted, actual: Resource) -> tuple[Difference, ...]:
    """Where the Subscription on the server is not what was asked for. STANDARDS 2.19."""
    there, r5 = stated(actual, wanted), wanted.release == "R5"
    channel = "" if r5 else "channel."
    found: list[Difference] = []
    if not asks_for(there.asked, wanted.criteria):
        found.append(Difference("topic" if r5 else "criteria", True, "it asks for something else"))
    if there.channel != REST_HOOK or there.endpoint != wanted.endpoint:
        found.append(Difference(f"{channel}endpoint", True, "its notifications do not come here"))
    element, ours = "filterBy" if r5 else "criteria.extension", narrowed(wanted)
    if there.narrowed - ours:
        found.append(Difference(element, True, "the server added conditions"))
    if ours - there.narrowed:
        found.append(Difference(element, False, "the server dropped conditions: more is notified"))
    if there.payload != wanted.payload:
        sentence = f"its payload is {there.payload}, not {wanted.payload}"
        found.append(Difference("content" if r5 else "channel.payload", False, sentence))
    for name, value in numbers(wanted).items():
        if there.numbers[name] != value:
            found.append(Difference(f"{channel}{name}", False, f"its {name} is not {value}"))
    end = instant(actual.get("end"))
    if end is not None and (wanted.end is None or end < wanted.end):
        found.append(Difference("end", False, "it ends earlier"))
    return tuple(found)


def asks_for(asked: object, criteria: str) -> bool:
    """Are these criteria of a server's (or its topic) the ones wanted, however it writes them?"""
    return _query(asked) == _query(criteria)


def decide(
    wanted: Wanted,
    actual: Resource | None,
    now: datetime,
    renew_before: timedelta,
    before: Mapping[str, object] | None = None,
) -> Decision:
    """What to do about it, from its status, its content and its end.

    `before`: what was asked for last (`shown`). If that stands, it is we who want something else now, not the server.
    """
    if actual is None:
        return Decision(Step.CREATE, "there is none yet")
    found = differences(wanted, actual)
    grave = [each for each in found if each.grave]
    end, status = instant(actual.get("end")), actual.get("status")
    if status == "error":
        if grave and not (before and _is_as_before(wanted, actual, before)):
            return Decision(Step.REVIEW, f"it is in error, and the server changed it: {grave[0].sentence}", found)
        return Decision(Step.RECOVER, "it is in error", found)
    if status == "off" and (end is None or end > now):
        return Decision(Step.REVIEW, "somebody switched it off", found)
    if grave:
        return Decision(Step.CHANGE, grave[0].sentence, found)
    if end is not None and end - renew_before <= now:
        return Decision(Step.RENEW, "it ends soon" if end > now else "it has ended", found)
    if status == "requested":
        return Decision(Step.WAIT, "the server has not made it active yet", found)
    return Decision(Step.KEEP, "it stands", found)


def instant(value: object) -> datetime | None:
    """An instant with its time zone; None for anything else."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _is_as_before(wanted: Wanted, actual: Resource, before: Mapping[str, object]) -> bool:
    there, then = stated(actual, wanted), stated(dict(before), wanted)
    same = asks_for(there.asked, str(then.asked)) and there.narrowed == then.narrowed
    return same and isinstance(there.endpoint, str) and hidden_endpoint(there.endpoint) == then.endpoint


def _query(criteria: object) -> object:
    """A search whose parameters may stand in another order, or be written with other escapes; a canonical as it is."""
    kind, mark, query = str(criteria).partition("?")
    return (kind.rpartition("/")[2], frozenset(parse_qsl(query, keep_blank_values=True))) if mark else kind
