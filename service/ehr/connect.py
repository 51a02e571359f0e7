"""From how a server is set up to a client of it: who we are there, how it speaks, what it says that it can do."""

from collections.abc import Callable
from dataclasses import dataclass

from service.ehr.backend_auth import BackendAuth, Registration
from service.ehr.capability import Features
from service.ehr.client import FhirClient
from service.ehr.clock import SYSTEM, Clock
from service.ehr.dialects import choose
from service.ehr.exchange import Auth, NoToken
from service.ehr.limits import DEFAULT, Gate, Limits
from service.ehr.transport import Transport, new_session


@dataclass(frozen=True, slots=True)
class Server:
    """A FHIR server as it is set up. `registration` None: it asks for no token. `dialect` None: what it says it is.

    `accepted_outcomes`: the vendor's codes of issues beside an answer that the site takes for harmless.
    `other_bases`: further addresses by which it calls itself.
    """

    base: str
    registration: Registration | None = None
    dialect: str | None = None
    limits: Limits = DEFAULT
    accepted_outcomes: frozenset[str] = frozenset()
    other_bases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Connection:
    """A client, what its server can do, and the types that were asked for and not, or not wholly, granted."""

    client: FhirClient
    features: Features
    not_granted: tuple[str, ...]


def connect(
    server: Server,
    *,
    transport: Transport | None = None,
    gate: Gate | None = None,
    clock: Clock = SYSTEM,
    may_write: Callable[[], bool] = lambda: True,
    auth: Auth | None = None,
    features: Features | None = None,
) -> Connection:
    """Ask the server what it can do, and get the first token. Raises EhrError, and UsageError for an unknown dialect.

    Servers that are one and the same (read from and written to) are to share their `gate`. `auth`: whose rights are
    used, if not this service's own. `features`: what the server can do, where it is known.
    """
    choose(server.dialect)  # a wrong name is told before anything is sent
    sending: Transport = transport or new_session(server.limits.at_once)
    auth = auth or _auth(server, sending, clock)
    client = FhirClient(
        server.base,
        sending,
        auth=auth,
        gate=gate or Gate(server.limits, clock),
        clock=clock,
        accepted_outcomes=server.accepted_outcomes,
        others=server.other_bases,
        may_write=may_write,
    )
    features = features or client.capabilities()
    not_granted = auth.not_granted() if isinstance(auth, BackendAuth) else ()
    return Connection(client.speaking(choose(server.dialect, features.software)), features, not_granted)


def _auth(server: Server, transport: Transport, clock: Clock) -> Auth:
    if server.registration is None:
        return NoToken()
    return BackendAuth(server.base, server.registration, transport, limits=server.limits, clock=clock)
