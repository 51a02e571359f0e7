"""What became of cards, as the client reports it. STANDARDS 1F."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import orjson

from service.errors import MalformedContent, UnsuitableContent

MOST_ITEMS = 1000
LONGEST = 200  # of an id or code
LONGEST_COMMENT = 4000


class Response(StrEnum):
    """What the user did. Of a card that was ignored nothing is reported."""

    ACCEPTED = "accepted"
    OVERRIDDEN = "overridden"


@dataclass(frozen=True, slots=True)
class Feedback:
    """One report about one card. `comment` was typed by a person, and may say anything of the patient."""

    card: str
    response: Response
    at: datetime
    suggestions: tuple[str, ...] = ()
    reason_system: str | None = None
    reason: str | None = None
    comment: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report holds, and what is wrong with the rest of it."""

    items: tuple[Feedback, ...]
    problems: tuple[str, ...] = ()


def read_feedback(body: bytes) -> Reported:
    """The items that can be understood, and what is wrong with the others.

    Raises MalformedContent if it is no JSON, UnsuitableContent if it holds no list of items at all.
    """
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise MalformedContent("the content is no JSON") from None
    listed = content.get("feedback") if isinstance(content, dict) else None
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_ITEMS:
        raise UnsuitableContent([f"feedback has to be a list of 1 to {MOST_ITEMS} items"])
    items, problems = list[Feedback](), list[str]()
    for number, each in enumerate(listed):
        wrong = tuple(_problems(each))
        problems += [f"feedback[{number}]: {text}" for text in wrong]
        if not wrong:
            items.append(_item(each))
    return Reported(tuple(items), tuple(problems))


def _problems(item: object) -> Iterator[str]:
    if not isinstance(item, dict):
        yield "an item is an object"
        return
    if not _is_short(item.get("card")):
        yield "card has to be the uuid of a card"
    outcome = item.get("outcome")
    if outcome not in tuple(Response):
        yield f"outcome has to be one of {', '.join(Response)}"
    if _instant(item.get("outcomeTimestamp")) is None:
        yield "outcomeTimestamp has to be an instant with its time zone"
    accepted = item.get("acceptedSuggestions")
    if accepted is not None and not (isinstance(accepted, list) and all(_is_short(_id(each)) for each in accepted)):
        yield "acceptedSuggestions lists objects with the id of a suggestion"
    if outcome == Response.ACCEPTED and not accepted:
        yield "what was accepted is named in acceptedSuggestions"
    if not isinstance(item.get("overrideReason", {}), dict):
        yield "overrideReason is an object"


def _item(item: Mapping[str, object]) -> Feedback:
    at = _instant(item["outcomeTimestamp"])
    assert at is not None, "checked before"
    accepted = item.get("acceptedSuggestions")
    override = item.get("overrideReason")
    reason = override.get("reason") if isinstance(override, dict) else None
    comment = override.get("userComment") if isinstance(override, dict) else None
    return Feedback(
        card=str(item["card"]),
        response=Response(str(item["outcome"])),
        at=at,
        suggestions=tuple(str(_id(each)) for each in accepted) if isinstance(accepted, list) else (),
        reason_system=_short(reason, "system"),
        reason=_short(reason, "code"),
        comment=_comment(comment),
    )


def _comment(said: object) -> str | None:
    """What was typed, as far as a database can keep it."""
    text = said.replace("\0", "").strip() if isinstance(said, str) else ""
    return text[:LONGEST_COMMENT] or None


def _short(coding: object, name: str) -> str | None:
    value = coding.get(name) if isinstance(coding, Mapping) else None
    return str(value) if _is_short(value) else None


def _id(suggestion: object) -> object:
    return suggestion.get("id") if isinstance(suggestion, Mapping) else None


def _is_short(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= LONGEST and "\0" not in value


def _instant(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
