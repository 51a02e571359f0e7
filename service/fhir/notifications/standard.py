"""The sentences of the standards that notifications break, and how a breach is told as an OperationOutcome.

Refused is only what nobody could act upon. Everything else is accepted with a warning and read in the way that loses
nothing: what is not said leads to a query, what cannot be trusted is read from the server.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a standard, where it stands, what is done when it is broken, and what the sender should do."""

    text: str
    source: str
    remedy: str
    refused: bool = False
    code: str = "invalid"


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence that was broken, and the FHIRPath (or part of the request) where. Holds nothing of the content."""

    sentence: Sentence
    where: str

    @property
    def severity(self) -> Literal["error", "warning"]:
        """An error is answered with 400; a warning is accepted."""
        return "error" if self.sentence.refused else "warning"

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence.text} ({self.sentence.source}) {self.sentence.remedy}"


class Report:
    """The problems found so far while one notification is read."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}

    def __call__(self, sentence: Sentence, where: str) -> None:
        """Note that a sentence is broken here; the same breach in the same place counts once."""
        self._found[Problem(sentence, where)] = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem, in the order in which they were found."""
        return tuple(self._found)


def problems_outcome(problems: Iterable[Problem]) -> dict[str, object]:
    """An OperationOutcome: one issue per problem, with its sentence, its place, and what to do."""
    issues = [
        {
            "severity": each.severity,
            "code": each.sentence.code,
            "details": {"text": f"{each.sentence.text} ({each.sentence.source})"},
            "diagnostics": f"{each.where}: {each.sentence.remedy}",
            "expression": [each.where],
        }
        for each in problems
    ]
    return {"resourceType": "OperationOutcome", "issue": issues}


BACKPORT = "Subscriptions R5 Backport"
R4_STATUS = f"{BACKPORT}, backport-subscription-status-r4"
STATUS = "FHIR SubscriptionStatus"
BUNDLE = "FHIR Bundle"
HTTP = "FHIR RESTful API"

# ------------------------------------------------------------------------------------------------------- refused
METHOD = Sentence(
    "A notification is a POST, a PUT or a DELETE.", HTTP, "Send it by POST.", refused=True, code="not-supported"
)
PATH = Sentence(
    "A path ends in nothing more, or in the type and the id of one resource.",
    HTTP,
    "Use the endpoint of the Subscription as it stands, or append /Type/id.",
    refused=True,
)
NAMELESS_DELETE = Sentence(
    "A DELETE names what was deleted.", HTTP, "Append /Type/id to the endpoint.", refused=True, code="required"
)
OBJECT = Sentence(
    "A resource is a JSON object.",
    "FHIR JSON",
    "Send one resource, or no body at all.",
    refused=True,
    code="structure",
)
RESOURCE_TYPE = Sentence(
    "A resource names its type in resourceType.", "FHIR JSON", "Name the type.", refused=True, code="structure"
)
OTHER_RESOURCE = Sentence(
    "The resource in the body is that of the path.",
    f"{HTTP}, update",
    "Let type and id of both agree.",
    refused=True,
)
TWOFOLD = Sentence(
    "A key stands once in a JSON object.",
    "RFC 8259 §4",
    "Send each element once. Nothing of this notification was used.",
    refused=True,
    code="structure",
)
FIRST_ENTRY = Sentence(
    "The first entry of a notification holds its status: Parameters in R4, SubscriptionStatus in R4B and R5.",
    f"{BACKPORT}, backport-notification-bundle-r4-1; {BUNDLE}, bdl-13",
    "Put the status first. Nothing of this notification was used.",
    refused=True,
    code="structure",
)
TYPE = Sentence(
    "A status says the type of the notification in a code.",
    f"{R4_STATUS}; {STATUS}.type 1..1",
    "Say handshake, heartbeat, event-notification, query-status or query-event.",
    refused=True,
    code="required",
)

# --------------------------------------------------------------------------------------------- accepted with a warning
UNKNOWN_TYPE = Sentence(
    "The type of a notification is one of five codes.",
    f"{STATUS}.type, subscription-notification-type",
    "Say handshake, heartbeat, event-notification, query-status or query-event. Nothing was done.",
    code="code-invalid",
)
BUNDLE_TYPE = Sentence(
    "The type of a notification Bundle is history (R4, R4B) or subscription-notification (R5).",
    f"{BACKPORT}; {BUNDLE}.type",
    "Correct the type; it was read as a notification.",
)
NO_BUNDLE = Sentence(
    "A notification is a Bundle whose first entry is the status.",
    BACKPORT,
    "Send the status in a Bundle; it was read as if it stood in one.",
    code="structure",
)
EMPTY_OBJECT = Sentence(
    "A notification without content has no body.",
    "FHIR R4 Subscription.channel.payload",
    "Send no body; it was read as if there were none.",
)
DELETED_HEADER = Sentence(
    "The header that tells of a deletion holds Type/id.",
    "Medplum, X-Medplum-Deleted-Resource",
    "Correct it; what was deleted is found at the next reconciliation.",
)
SUBSCRIPTION = Sentence(
    "A status refers to its Subscription.",
    f"{R4_STATUS}; {STATUS}.subscription 1..1",
    "Refer to it; the endpoint told which one it is.",
    code="required",
)
FOREIGN_SUBSCRIPTION = Sentence(
    "The Subscription stands on the server that sends the notification.",
    BACKPORT,
    "Refer to it by the address under which the server is known here, or have that address added here.",
)
STATUS_CODE = Sentence(
    "A status says how the Subscription stands.",
    f"{R4_STATUS}; {STATUS}, sst-2",
    "Say requested, active, error or off.",
    code="required",
)
REPEATED = Sentence(
    "This part of a status stands once.",
    R4_STATUS,
    "Say it once; the first one counted.",
    code="structure",
)
SHAPE = Sentence(
    "An element has the JSON type that FHIR gives it.",
    "FHIR JSON",
    "Correct it; it was read as if it were not there.",
    code="structure",
)
VALUE_TYPE = Sentence(
    "Each part of a status has its own type of value.",
    R4_STATUS,
    "Use that type; the value was read.",
    code="structure",
)
COUNTER = Sentence(
    "A counter is a whole number from 0, in digits.",
    f"{R4_STATUS}; FHIR integer64",
    "Correct it; it was read as if it were not there.",
    code="value",
)
COUNTER_AS_NUMBER = Sentence(
    "A counter is written as a JSON string.",
    f"{R4_STATUS}; FHIR JSON, integer64",
    "Put it in quotation marks; it was read.",
    code="structure",
)
EVENT_NUMBER = Sentence(
    "Every event has a number.",
    f"{R4_STATUS}; {STATUS}.notificationEvent.eventNumber 1..1",
    "Number it; it counts, but a loss of events cannot be told from it.",
    code="required",
)
EVENT_TWICE = Sentence(
    "Every event has a number of its own.",
    f"{STATUS}.notificationEvent.eventNumber",
    "Number each event by itself; all of them count.",
    code="duplicate",
)
NO_EVENTS = Sentence(
    "An event notification lists its events.",
    f"{STATUS}, sst-1",
    "List them; the server is asked what changed.",
    code="required",
)
UNEXPECTED_EVENTS = Sentence(
    "A handshake, a heartbeat and a status list no events.",
    f"{BACKPORT}, notification types",
    "Send events in an event notification; the counter will show that these are missing.",
)
FOREIGN_FOCUS = Sentence(
    "What an event is about stands on the server that sends the notification.",
    f"{BACKPORT}; SMART Backend Services, base of the server",
    "Refer to it by the address under which the server is known here; it is never read from elsewhere.",
    code="security",
)
FOCUS = Sentence(
    "The focus of an event refers to a resource by Type/id.",
    f"{STATUS}.notificationEvent.focus",
    "Refer to it so; the server is asked what changed.",
    code="value",
)
FOREIGN_ENTRY = Sentence(
    "An entry that carries what an event is about has the address that the event refers to.",
    f"{BUNDLE}.entry.fullUrl; resolving references in Bundles",
    "Use one address of the server in both; the resource was not used, it is read from the server.",
    code="value",
)
FULL_URL_ID = Sentence(
    "The fullUrl of an entry does not disagree with the id of its resource.",
    f"{BUNDLE}.entry.fullUrl",
    "Let them agree. A resource in doubt was not used; a status was.",
    code="value",
)
NO_FULL_URL = Sentence(
    "Every entry of a notification has a fullUrl.",
    f"{BUNDLE}.entry.fullUrl; bdl-15",
    "Say it; the resource was taken for one of the sending server.",
    code="required",
)
NO_ID = Sentence(
    "A resource that was stored has an id.", f"{HTTP}, logical id", "Say it; the content counted.", code="required"
)
