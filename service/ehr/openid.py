"""OpenID Connect: whom an issuer knows. Only its id_token is believed; nothing else is asked of the issuer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from service.ehr.authorization import AuthorizationServer, bearer
from service.ehr.clock import SYSTEM, Clock
from service.ehr.code_flow import GRANT, LIMITS, CodeFlow, Departure
from service.ehr.jwks import KeySets
from service.ehr.keys import SigningKey
from service.ehr.transport import Transport
from service.errors import UnusableAnswer

CONFIGURATION = "/.well-known/openid-configuration"
SCOPES = "openid profile email"
LONGEST = 200  # characters of a subject, a name, a group
MOST_GROUPS = 1000


@dataclass(frozen=True, slots=True)
class IssuerClient:
    """How this service is registered with an issuer, whose name stands in its tokens letter by letter."""

    issuer: str
    client_id: str
    redirect_uri: str
    groups_claim: str | None = None
    scopes: str = SCOPES
    key: SigningKey | None = None
    secret: str | None = field(default=None, repr=False)
    jku: str | None = None


@dataclass(frozen=True, slots=True)
class Identified:
    """Somebody whom the issuer knows by `subject`, what they are called there, and in which groups they are."""

    subject: str = field(repr=False)
    name: str = field(repr=False)
    email: str | None = field(default=None, repr=False)
    groups: frozenset[str] = frozenset()


class Identifying:
    """One issuer, by which people sign in."""

    def __init__(
        self,
        client: IssuerClient,
        transport: Transport,
        keys: KeySets,
        *,
        clock: Clock = SYSTEM,
        new_id: Callable[[], str] | None = None,
    ) -> None:
        self.client = client
        server = AuthorizationServer(client.issuer, transport, LIMITS, clock, CONFIGURATION)
        more = {} if new_id is None else {"new_id": new_id}
        self._flow = CodeFlow(client, server, keys, clock=clock, **more)

    def address(self, parting: Departure) -> str:
        """Where the browser is sent. Raises EhrError; of an issuer that says it is another, too."""
        self._check_issuer()
        return self._flow.address(parting, {"scope": self.client.scopes})

    def identified(self, code: str, parting: Departure, sender: str | None) -> Identified:
        """Whom the code stands for. `sender`: of which issuer the answer says it is. Raises EhrError."""
        self._check_issuer()
        self._flow.check_sender(sender)
        _, content = bearer(self._flow.exchanged(code, parting))
        token = content.get("id_token")
        if not isinstance(token, str):
            raise UnusableAnswer(f"{GRANT}: it came without an id_token")
        return _identified(self._flow.claims(token, self.client.issuer, parting.nonce), self.client.groups_claim)

    def _check_issuer(self) -> None:
        """OpenID Connect Discovery, 4.3: what is published has to be of this very issuer."""
        published = self._flow.published()
        if published.text("issuer") != self.client.issuer:
            raise UnusableAnswer(f"{published.what}: it is of another issuer than the settings name")


def _identified(claims: Mapping[str, object], groups_claim: str | None) -> Identified:
    subject = _text(claims.get("sub"))
    if subject is None:
        raise UnusableAnswer("the id_token is not accepted: it does not say who it is about")
    name = _text(claims.get("name")) or _text(claims.get("preferred_username")) or _text(claims.get("email"))
    listed = claims.get(groups_claim) if groups_claim is not None else None
    groups = listed if isinstance(listed, list) else [listed]
    known = frozenset(each for each in groups[:MOST_GROUPS] if isinstance(each, str) and each)
    email = _text(claims.get("email")) if claims.get("email_verified") is not False else None
    return Identified(subject, name or "without a name", email, known)


def _text(value: object) -> str | None:
    usable = isinstance(value, str) and value.strip() and value.isprintable() and len(value) <= LONGEST
    return str(value) if usable else None
