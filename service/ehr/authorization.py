"""An authorization server: what it publishes of itself, and how it is asked. STANDARDS 3.59, 3.60, 4.3."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin

import requests

from service.ehr.addresses import base_of
from service.ehr.answers import Answer
from service.ehr.clock import Clock
from service.ehr.exchange import whole_body
from service.ehr.limits import Limits
from service.ehr.retries import pause, retry_after, worth_repeating
from service.ehr.transport import Transport, as_given
from service.errors import EhrUnavailable, NotPermitted, UnusableAnswer

CONFIGURATION = "/.well-known/smart-configuration"
DISCOVERY = "GET smart-configuration"
LONGEST_LIFE = 86400.0
# What an authorization server may say is wrong (RFC 6749 5.2); anything else stays unsaid.
ERRORS = frozenset(
    "invalid_request invalid_client invalid_grant unauthorized_client unsupported_grant_type invalid_scope".split()
)
Form = Callable[[], Mapping[str, str]]


class ScopesNotKnown(NotPermitted):
    """The authorization server does not know the scopes as they were written."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a server publishes of itself: the JSON object, where it was read, of which server or issuer it speaks, and
    how a message names it."""

    content: Mapping[str, object]
    url: str
    base: str
    what: str = DISCOVERY

    def endpoint(self, name: str) -> str | None:
        """An address, made absolute; None: there is none. Raises UnusableAnswer for one that is not encrypted."""
        where = self.text(name)
        if where is None:
            return None
        absolute = urljoin(self.url, where)
        if self.base.startswith("https:") and not absolute.startswith("https:"):
            raise UnusableAnswer(f"{self.what}: its {name.replace('_', ' ')} is not encrypted")
        return absolute

    def text(self, name: str) -> str | None:
        """A member that is a text, and not empty."""
        found = self.content.get(name)
        return found if isinstance(found, str) and found else None

    def listed(self, name: str) -> frozenset[str]:
        """A member that is a list of texts."""
        found = self.content.get(name)
        return frozenset(each for each in found if isinstance(each, str)) if isinstance(found, list) else frozenset()

    @property
    def old_scopes(self) -> bool | None:
        """Does it know version 1 of the scopes alone? None: it does not say."""
        capabilities = self.listed("capabilities")
        if "permission-v2" in capabilities:
            return False
        return True if "permission-v1" in capabilities else None


class AuthorizationServer:
    """The authorization server of one FHIR server, or an issuer; `configuration`: where it says what it can do."""

    def __init__(
        self, base: str, transport: Transport, limits: Limits, clock: Clock, configuration: str = CONFIGURATION
    ) -> None:
        self.base = base_of(base)
        self._transport, self._limits, self._clock = transport, limits, clock
        self._url = self.base + configuration
        self.what = f"GET {configuration.rpartition('/')[2]}"

    def published(self) -> Published:
        """What it publishes. Raises EhrUnavailable and UnusableAnswer."""
        answer = self._repeated(
            lambda: self._once("GET", self._url, None, {}, self.what), self.what, self._limits.tries
        )
        if answer.status != 200:
            raise UnusableAnswer(f"{self.what}: HTTP {answer.status}", status=answer.status)
        return Published(answer.content or {}, self._url, self.base, self.what)

    def post(
        self, url: str, form: Form, what: str, headers: Mapping[str, str] | None = None, tries: int | None = None
    ) -> Answer:
        """Send a form until it is answered; `form` is made anew for each of the `tries`. Raises EhrUnavailable."""
        return self._repeated(
            lambda: self._once("POST", url, form(), headers or {}, what), what, tries or self._limits.tries
        )

    def _repeated(self, send: Callable[[], Answer], what: str, tries: int) -> Answer:
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = send()
            except requests.RequestException:
                # Not chained: these errors may quote the request.
                problem, asked = EhrUnavailable(f"{what}: the connection failed or was too slow"), None
            else:
                if not worth_repeating(answer.status, answer.codes):
                    return answer
                most = self._limits.most_retry_after
                asked = retry_after(answer.headers.get("retry-after"), self._clock.now(), most)
                problem = EhrUnavailable(f"{what}: HTTP {answer.status}", status=answer.status, retry_after=asked)
            wait = pause(attempt, asked, self._limits, self._clock.chance())
            if attempt >= tries or wait > self._limits.longest_wait:
                raise problem
            self._clock.sleep(wait)

    def _once(
        self, method: str, url: str, form: Mapping[str, str] | None, more: Mapping[str, str], what: str
    ) -> Answer:
        headers = {"Accept": "application/json", **more}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        response = self._transport.request(
            method,
            url,
            headers=headers,
            data=urlencode(form).encode() if form is not None else None,
            timeout=(self._limits.connect_timeout, self._limits.read_timeout),
            allow_redirects=False,
            stream=True,
            auth=as_given,
        )
        body = whole_body(response, what, self._limits, self._clock)
        lowered = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, lowered, body, what, url)


def refusal(answer: Answer) -> NotPermitted:
    """The error that a refusal of the token endpoint means."""
    try:
        said = (answer.content or {}).get("error")
    except UnusableAnswer:
        said = None
    word = said if isinstance(said, str) and said in ERRORS else "no reason that is known"
    kind = ScopesNotKnown if word == "invalid_scope" else NotPermitted
    return kind(f"{answer.what}: HTTP {answer.status} ({word})", status=answer.status)


def bearer(answer: Answer) -> tuple[str, Mapping[str, object]]:
    """The token, and all that came with it. Raises NotPermitted for a refusal, UnusableAnswer for anything else."""
    if answer.status != 200:
        raise refusal(answer)
    content = answer.content or {}
    text = content.get("access_token")
    if not isinstance(text, str) or not text or str(content.get("token_type", "bearer")).lower() != "bearer":
        raise UnusableAnswer(f"{answer.what}: no bearer token came back", status=answer.status)
    return text, content


def seconds(value: object, otherwise: float) -> float:
    """The life of a token; some servers write the number as text. `otherwise`, if nobody says."""
    try:
        life = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else otherwise
    except ValueError:
        life = otherwise
    return min(life, LONGEST_LIFE) if life > 0 else otherwise
