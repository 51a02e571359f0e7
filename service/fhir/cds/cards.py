"""Cards as the standard wants them: what is not allowed cannot be built. STANDARDS 1E."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from service.errors import InvalidValue
from service.fhir.own import BASE, SOFTWARE, Json

LONGEST_SUMMARY = 139  # characters
TOPIC_SYSTEM = f"{BASE}/CodeSystem/card-topic"
REASON_SYSTEM = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
REFUSES = "patient-refuses"
# Ours are the words; the codes are those of the system.
OVERRIDE_REASONS: Mapping[str, str] = {
    "patient-ineligible": "The patient does not fit this study",
    REFUSES: "The patient does not want to take part",
    "patient-contraindication": "Taking part would not be good for this patient",
    "action-completed": "It is being taken care of already",
    "wrong-time-workflow": "Not now",
    "inappropriate-recipient": "Somebody else should see this",
    "need-more-info": "More has to be known first",
}
# Whatever Markdown, or HTML in it, could make something of; lists, headings and numbers only where a text begins.
SPECIAL = re.compile(r"[\\`*_\[\]|~<>&]|^[#+=-]")
# Of these, something is made though they are escaped: GitHub's Markdown finds addresses in the text that comes out.
PARTED = re.compile(r":(?=//)|www(?=\.)|@|^\d+(?=[.)])", re.IGNORECASE)
BETWEEN = "\u200b"  # takes no room, and is part of no address or number
# Neither to be seen nor harmless: control characters, and what turns the direction of reading.
UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
LAST = "…"


@dataclass(frozen=True, slots=True)
class Topic:
    """What a card is about."""

    code: str
    display: str


FITS = Topic("may-fit-a-study", "May fit a clinical study")
ORDER = Topic("order-against-a-study", "An order that speaks against a clinical study")


@dataclass(frozen=True, slots=True)
class Link:
    """A link to an app that the EHR launches. `context` reaches it in the token response, never in the address."""

    label: str
    url: str
    context: str | None = None

    def __post_init__(self) -> None:
        if not self.label.strip() or not self.url.startswith(("https://", "http://")):
            raise InvalidValue("a link of a card has a label and an absolute address")

    def as_json(self) -> Json:
        """The link; `appContext` where there is one."""
        link: Json = {"label": self.label, "url": self.url, "type": "smart"}
        return link if self.context is None else {**link, "appContext": self.context}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the user may have done with one click: a whole resource is created."""

    uuid: str
    label: str
    description: str
    resource: Json = field(repr=False)

    def __post_init__(self) -> None:
        if not (self.uuid and self.label.strip() and self.description.strip() and self.resource):
            raise InvalidValue("a suggestion has a uuid, a label, a description and a resource")

    def as_json(self) -> Json:
        """The suggestion, with its one action."""
        action: Json = {"type": "create", "description": self.description, "resource": self.resource}
        return {"label": self.label, "uuid": self.uuid, "actions": [action]}


@dataclass(frozen=True, slots=True)
class Card:
    """One card. `summary` is plain text, `detail` Markdown in which whatever came from a record is escaped."""

    uuid: str
    summary: str
    detail: str
    topic: Topic
    indicator: Literal["info", "warning"] = "info"
    url: str | None = None
    links: tuple[Link, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    reasons: tuple[str, ...] = tuple(OVERRIDE_REASONS)

    def __post_init__(self) -> None:
        if not self.summary.strip() or len(self.summary) > LONGEST_SUMMARY:
            raise InvalidValue(f"the summary of a card has 1 to {LONGEST_SUMMARY} characters, not {len(self.summary)}")
        if not (self.uuid and self.detail.strip() and self.reasons):
            raise InvalidValue("a card has a uuid, a detail, and reasons for which it can be put aside")

    def as_json(self) -> Json:
        """The card; nothing in it is empty."""
        source: Json = {"label": SOFTWARE}
        if self.url is not None:
            source["url"] = self.url
        topic: Json = {"system": TOPIC_SYSTEM, "code": self.topic.code, "display": self.topic.display}
        card: Json = {
            "uuid": self.uuid,
            "summary": self.summary,
            "indicator": self.indicator,
            "detail": self.detail,
            "source": {**source, "topic": topic},
            "overrideReasons": [
                {"system": REASON_SYSTEM, "code": each, "display": OVERRIDE_REASONS[each]} for each in self.reasons
            ],
        }
        if self.links:
            card["links"] = [each.as_json() for each in self.links]
        if self.suggestions:
            card["suggestions"] = [each.as_json() for each in self.suggestions]
            card["selectionBehavior"] = "any"
        return card


def escaped(text: str) -> str:
    """Plain text as Markdown that shows it as it is: no markup, no link, no image, no HTML, on one line."""
    line = " ".join(UNSEEN.sub("", text).split())
    return PARTED.sub(rf"\g<0>{BETWEEN}", SPECIAL.sub(r"\\\g<0>", line))


def shortened(text: str, most: int) -> str:
    """The text in at most so many characters, cut between words where that is possible."""
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    whole = kept.rpartition(" ")[0] if text[most - 1] != " " else kept
    return (whole if len(whole) > most // 2 else kept).rstrip(" ,;:") + LAST
