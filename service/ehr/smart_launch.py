"""SMART App Launch: from a launch in an EHR to a token for the patient in context. STANDARDS 4A-4C.

`Launching` asks the authorization server; which launch is which, and in whose browser, the caller has to know.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from service.ehr.answers import Answer
from service.ehr.authorization import AuthorizationServer, bearer
from service.ehr.clock import SYSTEM, Clock
from service.ehr.code_flow import GRANT, LIMITS, CodeFlow, Departure
from service.ehr.granted import Granted, granted
from service.ehr.id_token import Person, person_of
from service.ehr.jwks import KeySets
from service.ehr.keys import SigningKey
from service.ehr.scopes import PATIENT, wanted
from service.ehr.transport import Transport
from service.errors import UnusableAnswer

LAUNCH, CALLBACK = "/launch", "/launch/callback"  # below the address of this service
LAUNCH_SCOPES = "launch openid fhirUser"
RENEWAL = "the request for another token"


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


def scopes(app: App, *, old: bool) -> str:
    """What is asked for: no more than the open studies need; `old`: in the words of version 1."""
    return f"{LAUNCH_SCOPES} {wanted(app.types, old=old, whose=PATIENT)}".strip()


class Launching:
    """One app at its authorization server."""

    def __init__(
        self,
        app: App,
        transport: Transport,
        keys: KeySets,
        *,
        clock: Clock = SYSTEM,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self.app, self._clock = app, clock
        server = AuthorizationServer(app.iss, transport, LIMITS, clock)
        self._flow = CodeFlow(app, server, keys, clock=clock, new_id=new_id)

    def address(self, launch: str, parting: Departure) -> str:
        """Where the browser is sent for the person's permission. Raises EhrError; of a server without PKCE, too."""
        return self._flow.address(parting, {"launch": launch, "scope": self._scopes(), "aud": self.app.iss})

    def check_sender(self, said: str | None) -> None:
        """Is the answer of this authorization server, as far as it says in `iss`? Raises EhrError."""
        self._flow.check_sender(said)

    def arrived(self, code: str, parting: Departure) -> tuple[Granted, Person | None]:
        """What the code is worth, and who came with it. None: the EHR did not let this service know who it is.

        Raises EhrError; of an id_token that is not right, too.
        """
        asked = self._scopes()
        given, content = self._granted(lambda: self._flow.exchanged(code, parting), asked)
        return given, self._person(given, content.get("id_token"), parting.nonce)

    def renewed(self, before: Granted) -> Granted:
        """Another token for the same launch, by the refresh token that came with the first. Raises EhrError."""
        form = {"grant_type": "refresh_token", "refresh_token": before.refresh or ""}
        given, content = self._granted(lambda: self._flow.asked(form, RENEWAL), " ".join(before.scopes))
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

    def _scopes(self) -> str:
        return scopes(self.app, old=bool(self._flow.published().old_scopes))

    def _granted(self, ask: Callable[[], Answer], asked: str) -> tuple[Granted, Mapping[str, object]]:
        begun = self._clock.now()
        token, content = bearer(ask())
        return granted(token, content, asked, begun), content

    def _person(self, given: Granted, token: object, nonce: str) -> Person | None:
        if token is None and "openid" not in given.scopes:
            return None
        if not isinstance(token, str):
            raise UnusableAnswer(f"{GRANT}: it came without an id_token, although openid was granted")
        issuer = self._flow.published().text("issuer") or self.app.iss
        return person_of(self._flow.claims(token, issuer, nonce), self.app.iss)
