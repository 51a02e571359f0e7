"""The authorization code flow of OAuth 2 with PKCE, as SMART and OpenID Connect both have it. STANDARDS 4A-4C.

`CodeFlow` asks one authorization server; which answer is of which browser, the caller has to know.
"""

import base64
import hashlib
import hmac
import secrets
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol
from urllib.parse import quote, urlencode, urlsplit

from service.ehr.answers import Answer
from service.ehr.authorization import AuthorizationServer, Published
from service.ehr.clock import SYSTEM, Clock
from service.ehr.id_token import Expected, claims_of
from service.ehr.jwks import KeySets
from service.ehr.keys import SigningKey
from service.ehr.limits import Limits
from service.errors import EhrUnavailable, UnusableAnswer

GRANT = "the request for a token"
ANSWER = "the answer of the authorization server"
SAYS_ISS = "authorization_response_iss_parameter_supported"
KNOWN_FOR = timedelta(hours=1)  # that long, what a server publishes is taken to hold
LEFT_ALONE = timedelta(seconds=10)  # after it did not say what it publishes: whoever comes would hold up a thread
QUEUEING = 2.0  # seconds that somebody waits for another one to learn it
CHALLENGES, PKCE = "code_challenge_methods_supported", "S256"
ONCE = 1  # a code may be sent once only, whatever became of the answer
# Somebody waits in front of a screen.
LIMITS = Limits(
    tries=2,
    first_pause=0.2,
    longest_pause=1.0,
    longest_wait=3.0,
    connect_timeout=5.0,
    read_timeout=10.0,
    answer_deadline=10.0,
    most_bytes=1 << 20,
)


class Client(Protocol):
    """How this service is registered: with a `key` it proves itself by assertions, with a `secret` by Basic
    authentication, with neither it is a public client."""

    @property
    def client_id(self) -> str: ...
    @property
    def redirect_uri(self) -> str: ...
    @property
    def key(self) -> SigningKey | None: ...
    @property
    def secret(self) -> str | None: ...
    @property
    def jku(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Departure:
    """What is made up for one way there and back, and has to fit when it comes back: 256 bits each."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


def departure(prefix: str = "") -> Departure:
    """A new one; `prefix`: what the state begins with, beyond what nobody can guess."""
    return Departure(prefix + secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(32))


def challenge(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def same(one: str, other: str) -> bool:
    """Are both texts the same? The time it takes does not tell how much of them is."""
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))


class CodeFlow:
    """One client at its authorization server; what the server publishes is read once an hour at most."""

    def __init__(
        self,
        client: Client,
        server: AuthorizationServer,
        keys: KeySets,
        *,
        clock: Clock = SYSTEM,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._client, self._server = client, server
        self._keys, self._clock, self._new_id = keys, clock, new_id
        self._known: tuple[Published, datetime] | None = None
        self._failed: datetime | None = None
        self._lock = threading.Lock()

    def address(self, parting: Departure, asked: Mapping[str, str]) -> str:
        """Where the browser is sent for the person's permission. Raises EhrError; of a server without PKCE, too."""
        published = self.published()
        if PKCE not in published.listed(CHALLENGES):
            raise UnusableAnswer(
                f"{published.what}: it does not know PKCE with S256, without which nothing is asked for"
            )
        where = needed(published, "authorization_endpoint")
        needed(published, "token_endpoint")
        query = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.redirect_uri,
            **asked,
            "state": parting.state,
            "nonce": parting.nonce,
            "code_challenge": challenge(parting.verifier),
            "code_challenge_method": PKCE,
        }
        return f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(query)}"

    def check_sender(self, said: str | None) -> None:
        """Is the answer of this authorization server, as far as it says in `iss` (RFC 9207)? Raises EhrError.

        A code that one server made is never sent to another, to which the browser was led on the way. A server that
        publishes no issuer cannot be told by it.
        """
        published = self.published()
        issuer = published.text("issuer")
        if said is None and published.content.get(SAYS_ISS) is True:
            raise UnusableAnswer(f"{ANSWER}: it does not say of which server it is, although that one always does")
        if said is not None and issuer is not None and said != issuer:
            raise UnusableAnswer(f"{ANSWER}: it is of another server than was asked")

    def exchanged(self, code: str, parting: Departure) -> Answer:
        """What the token endpoint says to a code. Raises EhrError."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_uri,
            "code_verifier": parting.verifier,
        }
        return self.asked(form, GRANT)

    def asked(self, form: Mapping[str, str], what: str) -> Answer:
        """What the token endpoint says to this form, with the proof who this service is. Raises EhrError."""
        where = needed(self.published(), "token_endpoint")
        proof, headers = self._proof(where)
        return self._server.post(where, lambda: {**form, **proof}, what, headers, tries=ONCE)

    def claims(self, token: str, issuer: str, nonce: str) -> Mapping[str, object]:
        """What an id_token says, all of it checked. Raises EhrError."""
        published = self.published()
        where = published.endpoint("jwks_uri")
        if where is None:
            raise UnusableAnswer(f"{published.what}: it names no jwks_uri, so nobody can be recognised")
        expected = Expected(issuer, self._client.client_id, nonce, self._clock.now())
        return claims_of(token, expected, partial(self._keys.find, where))

    def published(self) -> Published:
        """Raises EhrError; at once where the server is being asked already, or was in vain a moment ago."""
        if not self._lock.acquire(timeout=QUEUEING):
            raise EhrUnavailable(f"{self._server.what}: it has been asked, and has not answered yet")
        try:
            now = self._clock.now()
            if self._known is None or now - self._known[1] >= KNOWN_FOR:
                self._known = self._published_now(), now
            return self._known[0]
        finally:
            self._lock.release()

    def _published_now(self) -> Published:
        if self._failed is not None and self._clock.now() - self._failed < LEFT_ALONE:
            raise EhrUnavailable(f"{self._server.what}: it did not answer a moment ago")
        try:
            return self._server.published()
        except EhrUnavailable:
            self._failed = self._clock.now()
            raise

    def _proof(self, where: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Who this service is: members of the form, and headers."""
        client = self._client
        if client.key is not None:
            return client.key.assertion(client.client_id, where, self._clock.now(), self._new_id(), client.jku), {}
        if client.secret is not None:
            pair = f"{quote(client.client_id, safe='')}:{quote(client.secret, safe='')}"
            return {}, {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        return {"client_id": client.client_id}, {}


def needed(published: Published, name: str) -> str:
    """An address that has to be published. Raises UnusableAnswer."""
    where = published.endpoint(name)
    if where is None:
        raise UnusableAnswer(f"{published.what}: it names no {name.replace('_', ' ')}")
    return where
