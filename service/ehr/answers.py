"""What a server answered: its JSON, its issues, and the error that a refusal becomes. STANDARDS 8.29, 8.30, 8.35.

Messages are made of closed words (method, type, status, issue codes): a server's own text may hold a patient's data.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import orjson

from service.ehr.retries import worth_repeating
from service.errors import (
    EhrError,
    EhrRefused,
    EhrUnavailable,
    NotPermitted,
    ResourceGone,
    UnusableAnswer,
    VersionConflict,
)
from service.twofold import TWICE, decode

JSON_TYPES = frozenset({"application/fhir+json", "application/json", "application/json+fhir", "text/json"})
ISSUE_CODES = frozenset(
    """invalid structure required value invariant security login unknown expired forbidden suppressed processing
    not-supported duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly business-rule
    conflict limited-filter transient lock-error no-store exception timeout incomplete throttled informational
    success""".split()
)
SEVERITIES = frozenset({"fatal", "error", "warning", "information", "success"})
KINDS: dict[int, type[EhrRefused]] = {
    401: NotPermitted,
    403: NotPermitted,
    404: ResourceGone,
    409: VersionConflict,
    410: ResourceGone,
    412: VersionConflict,
}
MOST_ISSUES = 50


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue of an OperationOutcome: severity and code from their closed lists, the vendor's codes as `details`."""

    severity: str
    code: str
    details: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (names in small letters) and body; `what` names the request in messages, `url` led to it."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    what: str
    url: str = field(repr=False)

    @property
    def content(self) -> dict[str, object] | None:
        """The JSON object; None for an empty body. Raises UnusableAnswer for anything else, or a repeated key."""
        found, twofold = self._decoded()
        if twofold:
            raise UnusableAnswer(f"{self.what}: {TWICE}", status=self.status)
        return found

    def _decoded(self) -> tuple[dict[str, object] | None, bool]:
        if not self.body.strip():
            return None, False
        declared = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if declared and declared not in JSON_TYPES:
            raise UnusableAnswer(f"{self.what}: the answer is not declared as JSON", status=self.status)
        try:
            found, _, twofold = decode(self.body.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError:
            raise UnusableAnswer(f"{self.what}: the answer is broken JSON", status=self.status) from None
        if not isinstance(found, dict):
            raise UnusableAnswer(f"{self.what}: the answer is no JSON object", status=self.status)
        return found, twofold

    @property
    def codes(self) -> tuple[str, ...]:
        """The issue codes of a failure; empty if its body is no OperationOutcome (a gateway's HTML, say)."""
        try:
            content = self.content
        except UnusableAnswer:
            return ()
        return tuple(dict.fromkeys(each.code for each in issues(content)))

    def resource(self, kind: str | None = None, *, twofold: bool = False) -> dict[str, object]:
        """The resource; of that kind. Raises UnusableAnswer, also if a key stands twice, unless the caller looks for
        that (`twofold`)."""
        content = self._decoded()[0] if twofold else self.content
        found = content.get("resourceType") if content is not None else None
        if content is None or not isinstance(found, str) or (kind is not None and found != kind):
            raise UnusableAnswer(f"{self.what}: the answer is no {kind or 'resource'}", status=self.status)
        return content


def issues(resource: object) -> tuple[Issue, ...]:
    """The issues of an OperationOutcome; codes that the standard does not know become `unknown`."""
    if not isinstance(resource, dict) or resource.get("resourceType") != "OperationOutcome":
        return ()
    listed = resource.get("issue")
    return tuple(_issue(each) for each in (listed if isinstance(listed, list) else [])[:MOST_ISSUES])


def failure(answer: Answer, wait: float | None = None) -> EhrError:
    """The error that an answer of 4xx or 5xx means; `wait`: after how many seconds it may work."""
    codes = answer.codes
    message = f"{answer.what}: HTTP {answer.status}" + (f" ({', '.join(codes)})" if codes else "")
    if worth_repeating(answer.status, codes):
        return EhrUnavailable(message, retry_after=wait, status=answer.status, codes=codes)
    return KINDS.get(answer.status, EhrRefused)(message, status=answer.status, codes=codes)


def _issue(value: object) -> Issue:
    issue = value if isinstance(value, dict) else {}
    severity, code = issue.get("severity"), issue.get("code")
    return Issue(
        severity if isinstance(severity, str) and severity in SEVERITIES else "error",
        code if isinstance(code, str) and code in ISSUE_CODES else "unknown",
        frozenset(_codes(issue.get("details"))),
    )


def _codes(details: object) -> Iterator[str]:
    listed = details.get("coding") if isinstance(details, dict) else None
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and isinstance(each.get("code"), str):
            yield each["code"]
