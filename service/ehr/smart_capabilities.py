"""Whether an EHR can launch this service, by what it publishes: said when it is set up. STANDARDS 4.3, 4.26."""

from service.ehr.authorization import AuthorizationServer, Published
from service.ehr.clock import SYSTEM, Clock
from service.ehr.code_flow import CHALLENGES, LIMITS, PKCE
from service.ehr.smart_launch import App
from service.ehr.transport import Transport

# The capability set of an EHR launch for clinicians, but for the kind of client; and to know who launched.
NEEDED = (
    "launch-ehr",
    "context-ehr-patient",
    "context-ehr-encounter",
    "permission-user",
    "permission-patient",
    "sso-openid-connect",
)
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
VERSIONS = frozenset({"permission-v1", "permission-v2"})
ALGORITHMS = "token_endpoint_auth_signing_alg_values_supported"


def shortcomings(app: App, transport: Transport, clock: Clock = SYSTEM) -> tuple[str, ...]:
    """What the EHR does not say that it can do, as sentences. Raises EhrError where it does not answer as it should."""
    published = AuthorizationServer(app.iss, transport, LIMITS, clock).published()
    declared = published.listed("capabilities")
    lacking = [each for each in (*NEEDED, kind_of(app)) if each not in declared]
    said = [f"it does not declare the capability {each}" for each in lacking]
    if not declared & VERSIONS:
        said.append("it does not declare which version of scopes it knows; version 2 is used")
    said += [f"it names no {each}" for each in ENDPOINTS if published.endpoint(each) is None]
    if PKCE not in published.listed(CHALLENGES):
        said.append("it does not declare PKCE with S256; without it this service cannot be launched")
    return (*said, *_algorithms(app, published))


def kind_of(app: App) -> str:
    """The capability that says that the EHR takes such a client."""
    if app.key is not None:
        return "client-confidential-asymmetric"
    return "client-public" if app.secret is None else "client-confidential-symmetric"


def _algorithms(app: App, published: Published) -> tuple[str, ...]:
    taken = published.listed(ALGORITHMS)
    if app.key is None or not taken or app.key.algorithm in taken:
        return ()
    return (f"it does not take assertions that are signed with {app.key.algorithm}, as ours are",)
