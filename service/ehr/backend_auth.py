"""SMART Backend Services: a token for a signed assertion, renewed before it ends, in memory alone. STANDARDS 3E."""

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin

import requests

from service.ehr.addresses import base_of
from service.ehr.answers import Answer
from service.ehr.clock import SYSTEM, Clock
from service.ehr.keys import SigningKey
from service.ehr.limits import DEFAULT, Limits
from service.ehr.retries import pause, retry_after, worth_repeating
from service.ehr.scopes import Reach, reach, wanted
from service.ehr.transport import Transport, as_given
from service.errors import EhrUnavailable, NotPermitted, UnusableAnswer

CONFIGURATION = "/.well-known/smart-configuration"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = 240  # seconds of an assertion; the standard allows 300, clocks differ
UNSTATED = 300.0  # seconds that a token is taken to live if nobody says
LONGEST_LIFE = 86400.0
MARGIN = 30.0  # seconds before its end at which a token is no longer used; never more than half of its life
DISCOVERY = "GET smart-configuration"
GRANT = "the request for a token"
# What an authorization server may say is wrong (RFC 6749 5.2); anything else stays unsaid.
ERRORS = frozenset(
    "invalid_request invalid_client invalid_grant unauthorized_client unsupported_grant_type invalid_scope".split()
)


@dataclass(frozen=True, slots=True)
class Registration:
    """How this service is registered with one server: `types` says which letters of which type it needs.

    `token_url`: where tokens are had, if the server does not publish it. `scopes`: `v1` or `v2`; None: as it publishes.
    """

    client_id: str
    key: SigningKey
    types: Mapping[str, str]
    token_url: str | None = None
    jku: str | None = None
    scopes: str | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A token, when (in seconds of the clock) it is no longer used, and what it reaches; the token is never shown."""

    text: str = field(repr=False)
    until: float
    granted: tuple[str, ...]


class BackendAuth:
    """Gets tokens for one FHIR server; shared by its threads and clients."""

    def __init__(
        self,
        base: str,
        registration: Registration,
        transport: Transport,
        *,
        limits: Limits = DEFAULT,
        clock: Clock = SYSTEM,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._base = base_of(base)
        self._registration = registration
        self._transport = transport
        self._limits = limits
        self._clock = clock
        self._new_id = new_id
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._where: str | None = registration.token_url
        self._old: bool | None = {"v1": True, "v2": False}.get(registration.scopes or "")

    def token(self) -> str:
        """A token that lives long enough to be used. Raises EhrUnavailable, NotPermitted, UnusableAnswer."""
        return self._current().text

    def reject(self, token: str) -> None:
        """The server did not accept this token: the next one is a new one."""
        with self._lock:
            if self._token is not None and self._token.text == token:
                self._token = None

    def reach(self, kind: str, letters: str) -> Reach:
        """How far the token reaches into a type. Raises as `token` does."""
        return reach(self._current().granted, kind, letters)

    def not_granted(self) -> tuple[str, ...]:
        """The types that are needed and not, or not wholly, granted: said at start, before anything is fetched."""
        types = self._registration.types
        return tuple(sorted(kind for kind, letters in types.items() if self.reach(kind, letters) is not Reach.ALL))

    def _current(self) -> Token:
        with self._lock:
            if self._token is None or self._clock.seconds() >= self._token.until:
                self._token = None
                self._token = self._granted()
            return self._token

    def _granted(self) -> Token:
        where = self._discovered()
        old = bool(self._old)
        try:
            granted = self._asked(where, old=old)
        except _ScopesNotKnown:
            if self._old is not None:
                raise
            old = True
            granted = self._asked(where, old=old)
        self._old = old
        return granted

    def _discovered(self) -> str:
        """The address of the token endpoint; on the way, which version of scopes the server knows."""
        if self._where is None or (self._old is None and self._registration.token_url is None):
            answer = self._send("GET", self._base + CONFIGURATION, None, DISCOVERY)
            published = answer.content if answer.status == 200 else None
            where = published.get("token_endpoint") if published else None
            if published is None or not isinstance(where, str) or not where:
                raise UnusableAnswer(f"{DISCOVERY}: it names no token endpoint", status=answer.status)
            self._where = urljoin(answer.url, where)
            if self._base.startswith("https:") and not self._where.startswith("https:"):
                raise UnusableAnswer(f"{DISCOVERY}: its token endpoint is not encrypted", status=answer.status)
            if self._old is None:
                self._old = _old_scopes(published.get("capabilities"))
        return self._where

    def _asked(self, where: str, *, old: bool) -> Token:
        scope = wanted(self._registration.types, old=old)
        begun = self._clock.seconds()
        answer = self._send("POST", where, scope, GRANT)
        if answer.status != 200:
            raise _refusal(answer)
        content = answer.content or {}
        text, stated = content.get("access_token"), content.get("scope", scope)
        if not isinstance(text, str) or not text or str(content.get("token_type", "bearer")).lower() != "bearer":
            raise UnusableAnswer(f"{GRANT}: no bearer token came back", status=answer.status)
        life = _seconds(content.get("expires_in"))
        until = begun + life - min(MARGIN, life / 2)
        return Token(text, until, tuple(stated.split()) if isinstance(stated, str) else ())

    def _send(self, method: str, url: str, scope: str | None, what: str) -> Answer:
        """Sent until it is answered; with a new assertion each time."""
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = self._once(method, url, scope, what)
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
            if attempt >= self._limits.tries or wait > self._limits.longest_wait:
                raise problem
            self._clock.sleep(wait)

    def _once(self, method: str, url: str, scope: str | None, what: str) -> Answer:
        body = self._form(url, scope).encode() if scope is not None else None
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        response = self._transport.request(
            method,
            url,
            headers=headers,
            data=body,
            timeout=(self._limits.connect_timeout, self._limits.read_timeout),
            allow_redirects=False,
            stream=False,
            auth=as_given,
        )
        lowered = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, lowered, response.content, what, url)

    def _form(self, where: str, scope: str) -> str:
        now = int(self._clock.now().timestamp())
        client = self._registration.client_id
        claims = {"iss": client, "sub": client, "aud": where, "iat": now, "exp": now + LIFETIME, "jti": self._new_id()}
        signed = self._registration.key.sign(claims, self._registration.jku)
        return urlencode(
            {
                "grant_type": "client_credentials",
                "scope": scope,
                "client_assertion_type": ASSERTION,
                "client_assertion": signed,
            }
        )


class _ScopesNotKnown(NotPermitted):
    """The authorization server does not know the scopes as they were written."""


def _old_scopes(capabilities: object) -> bool | None:
    """Is it version 1 alone? None: it does not say, so version 2 is tried first."""
    listed = capabilities if isinstance(capabilities, list) else []
    if "permission-v2" in listed:
        return False
    return True if "permission-v1" in listed else None


def _refusal(answer: Answer) -> NotPermitted:
    try:
        said = (answer.content or {}).get("error")
    except UnusableAnswer:
        said = None
    word = said if isinstance(said, str) and said in ERRORS else "no reason that is known"
    kind = _ScopesNotKnown if word == "invalid_scope" else NotPermitted
    return kind(f"{GRANT}: HTTP {answer.status} ({word})", status=answer.status)


def _seconds(value: object) -> float:
    """The life of a token; some servers write the number as text."""
    try:
        life = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else UNSTATED
    except ValueError:
        life = UNSTATED
    return min(life, LONGEST_LIFE) if life > 0 else UNSTATED
