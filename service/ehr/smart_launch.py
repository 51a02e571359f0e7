"""SMART App Launch: from a launch in an EHR to a token for the patient in context. STANDARDS 4A-4C.

`Launching` asks the authorization server; which launch is which, and in whose browser, the caller has to know.
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
from urllib.parse import quote, urlencode, urlsplit

from service.ehr.authorization import DISCOVERY, AuthorizationServer, Published, bearer
from service.ehr.clock import SYSTEM, Clock
from service.ehr.granted import Granted, granted
from service.ehr.id_token import Expected, Person, person_of
from service.ehr.jwks import KeySets
from service.ehr.keys import SigningKey
from service.ehr.limits import Limits
from service.ehr.scopes import PATIENT, wanted
from service.ehr.transport import Transport
from service.errors import EhrUnavailable, UnusableAnswer

LAUNCH, CALLBACK = "/launch", "/launch/callback"  # below the address of this service
LAUNCH_SCOPES = "launch openid fhirUser"
GRANT = "the request for a token"
RENEWAL = "the request for another token"
ANSWER = "the answer to a launch"
SAYS_ISS = "authorization_response_iss_parameter_supported"
KNOWN_FOR = timedelta(hours=1)  # that long, what a server publishes is taken to hold
LEFT_ALONE = timedelta(seconds=10)  # after it did not say what it publishes: whoever launches would hold up a thread
QUEUEING = 2.0  # seconds that a launch waits for another one to learn it
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
CHALLENGES, PKCE = "code_challenge_methods_supported", "S256"
ONCE = 1  # a code may be sent once only, whatever became of the answer


@dataclass(frozen=True, slots=True)
class App:
    """How this service is registered as an app with one EHR, whose FHIR base is `iss`.

    `types`: letters of SMART scopes by type. With a `key` it proves itself by assertions, with a `secret` by Basic
    authentication, with neither it is a public client. `embed`: the origins whose pages may show ours in a frame.
    """

    iss: str
    client_id: str
    redirect_uri: str
    types: Mapping[str, str] = field(default_factory=dict)
    key: SigningKey | None = None
    secret: str | None = field(default=None, repr=False)
    embed: tuple[str, ...] = ()
    jku: str | None = None

    @property
    def root(self) -> str:
        """Where this service is for browsers, whatever a proxy in front makes of it."""
        return self.redirect_uri.removesuffix(CALLBACK)

    @property
    def launch_url(self) -> str:
        """Where a launch begins."""
        return f"{self.root}{LAUNCH}"

    @property
    def encrypted(self) -> bool:
        """Is it reached by https? Only on a developer's own machine is it not."""
        return urlsplit(self.redirect_uri).scheme == "https"


@dataclass(frozen=True, slots=True)
class Departure:
    """What is made up for one launch, and has to fit when it comes back: 256 bits each."""

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


def scopes(app: App, *, old: bool) -> str:
    """What is asked for: no more than the open studies need; `old`: in the words of version 1."""
    return f"{LAUNCH_SCOPES} {wanted(app.types, old=old, whose=PATIENT)}".strip()


class Launching:
    """One app at its authorization server; what the server publishes is read once an hour at most."""

    def __init__(
        self,
        app: App,
        transport: Transport,
        keys: KeySets,
        *,
        clock: Clock = SYSTEM,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self.app = app
        self._keys, self._clock, self._new_id = keys, clock, new_id
        self._server = AuthorizationServer(app.iss, transport, LIMITS, clock)
        self._known: tuple[Published, datetime] | None = None
        self._failed: datetime | None = None
        self._lock = threading.Lock()

    def address(self, launch: str, parting: Departure) -> str:
        """Where the browser is sent for the person's permission. Raises EhrError; of a server without PKCE, too."""
        published = self._published()
        if PKCE not in published.listed(CHALLENGES):
            raise UnusableAnswer(f"{DISCOVERY}: it does not know PKCE with S256, without which nothing is asked for")
        where = _needed(published, "authorization_endpoint")
        _needed(published, "token_endpoint")
        query = {
            "response_type": "code",
            "client_id": self.app.client_id,
            "redirect_uri": self.app.redirect_uri,
            "launch": launch,
            "scope": scopes(self.app, old=bool(published.old_scopes)),
            "state": parting.state,
            "aud": self.app.iss,
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
        published = self._published()
        issuer = published.text("issuer")
        if said is None and published.content.get(SAYS_ISS) is True:
            raise UnusableAnswer(f"{ANSWER}: it does not say of which server it is, although that one always does")
        if said is not None and issuer is not None and said != issuer:
            raise UnusableAnswer(f"{ANSWER}: it is of another server than was asked")

    def arrived(self, code: str, parting: Departure) -> tuple[Granted, Person | None]:
        """What the code is worth, and who came with it. None: the EHR did not let this service know who it is.

        Raises EhrError; of an id_token that is not right, too.
        """
        published = self._published()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.app.redirect_uri,
            "code_verifier": parting.verifier,
        }
        given, content = self._asked(published, form, GRANT, scopes(self.app, old=bool(published.old_scopes)))
        return given, self._person(published, given, content.get("id_token"), parting.nonce)

    def renewed(self, before: Granted) -> Granted:
        """Another token for the same launch, by the refresh token that came with the first. Raises EhrError."""
        form = {"grant_type": "refresh_token", "refresh_token": before.refresh or ""}
        asked = " ".join(before.scopes)
        given, content = self._asked(self._published(), form, RENEWAL, asked)
        patient = content.get("patient", before.patient)
        if patient != before.patient:
            raise UnusableAnswer(f"{RENEWAL}: it is for another patient")
        return Granted(
            token=given.token,
            scopes=given.scopes,
            until=given.until,
            patient=before.patient,
            banner=before.banner,
            refresh=given.refresh or before.refresh,
            app_context=before.app_context,
        )

    def _asked(
        self, published: Published, form: Mapping[str, str], what: str, scope: str
    ) -> tuple[Granted, Mapping[str, object]]:
        where = _needed(published, "token_endpoint")
        begun = self._clock.now()
        proof, headers = self._proof(where)
        answer = self._server.post(where, lambda: {**form, **proof}, what, headers, tries=ONCE)
        token, content = bearer(answer)
        return granted(token, content, scope, begun), content

    def _proof(self, where: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Who this service is: members of the form, and headers."""
        app = self.app
        if app.key is not None:
            return app.key.assertion(app.client_id, where, self._clock.now(), self._new_id(), app.jku), {}
        if app.secret is not None:
            pair = f"{quote(app.client_id, safe='')}:{quote(app.secret, safe='')}"
            return {}, {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        return {"client_id": app.client_id}, {}

    def _person(self, published: Published, given: Granted, token: object, nonce: str) -> Person | None:
        if token is None and "openid" not in given.scopes:
            return None
        if not isinstance(token, str):
            raise UnusableAnswer(f"{GRANT}: it came without an id_token, although openid was granted")
        where = published.endpoint("jwks_uri")
        if where is None:
            raise UnusableAnswer(f"{DISCOVERY}: it names no jwks_uri, so nobody can be recognised")
        issuer = published.text("issuer") or self.app.iss
        expected = Expected(issuer, self.app.client_id, nonce, self._clock.now())
        return person_of(token, expected, partial(self._keys.find, where), self.app.iss)

    def _published(self) -> Published:
        """Raises EhrError; at once where the server is being asked already, or was in vain a moment ago."""
        if not self._lock.acquire(timeout=QUEUEING):
            raise EhrUnavailable(f"{DISCOVERY}: it has been asked, and has not answered yet")
        try:
            now = self._clock.now()
            if self._known is None or now - self._known[1] >= KNOWN_FOR:
                self._known = self._published_now(), now
            return self._known[0]
        finally:
            self._lock.release()

    def _published_now(self) -> Published:
        if self._failed is not None and self._clock.now() - self._failed < LEFT_ALONE:
            raise EhrUnavailable(f"{DISCOVERY}: it did not answer a moment ago")
        try:
            return self._server.published()
        except EhrUnavailable:
            self._failed = self._clock.now()
            raise


def _needed(published: Published, name: str) -> str:
    where = published.endpoint(name)
    if where is None:
        raise UnusableAnswer(f"{DISCOVERY}: it names no {name.replace('_', ' ')}")
    return where
