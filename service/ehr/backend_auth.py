"""SMART Backend Services: a token for a signed assertion, renewed before it ends, in memory alone. STANDARDS 3E."""

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from service.ehr.authorization import DISCOVERY, AuthorizationServer, ScopesNotKnown, bearer, seconds
from service.ehr.clock import SYSTEM, Clock
from service.ehr.keys import SigningKey
from service.ehr.limits import DEFAULT, Limits
from service.ehr.scopes import Reach, reach, wanted
from service.ehr.transport import Transport
from service.errors import UnusableAnswer

UNSTATED = 300.0  # seconds that a token is taken to live if nobody says
MARGIN = 30.0  # seconds before its end at which a token is no longer used; never more than half of its life
GRANT = "the request for a token"


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
        self._registration = registration
        self._server = AuthorizationServer(base, transport, limits, clock)
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
        except ScopesNotKnown:
            if self._old is not None:
                raise
            old = True
            granted = self._asked(where, old=old)
        self._old = old
        return granted

    def _discovered(self) -> str:
        """The address of the token endpoint; on the way, which version of scopes the server knows."""
        if self._where is None or (self._old is None and self._registration.token_url is None):
            published = self._server.published()
            self._where = published.endpoint("token_endpoint")
            if self._where is None:
                raise UnusableAnswer(f"{DISCOVERY}: it names no token endpoint")
            if self._old is None:
                self._old = published.old_scopes
        return self._where

    def _asked(self, where: str, *, old: bool) -> Token:
        scope = wanted(self._registration.types, old=old)
        begun = self._clock.seconds()
        text, content = bearer(self._server.post(where, lambda: self._form(where, scope), GRANT))
        stated = content.get("scope", scope)
        life = seconds(content.get("expires_in"), UNSTATED)
        until = begun + life - min(MARGIN, life / 2)
        return Token(text, until, tuple(stated.split()) if isinstance(stated, str) else ())

    def _form(self, where: str, scope: str) -> dict[str, str]:
        registration = self._registration
        now, jti = self._clock.now(), self._new_id()
        signed = registration.key.assertion(registration.client_id, where, now, jti, registration.jku)
        return {"grant_type": "client_credentials", "scope": scope, **signed}
