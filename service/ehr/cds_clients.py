"""Who may ask for CDS Hooks cards: callers prove it with a signed token for each call. STANDARDS 1G (1.75-1.86)."""

import logging
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from service.ehr.clock import SYSTEM, Clock
from service.ehr.jwks import KINDS, Key, KeySet, KeySets
from service.ehr.signed import Signed, read_signed
from service.errors import EhrError, InvalidValue, NotTrusted

log = logging.getLogger(__name__)

USUAL_ALGORITHMS = frozenset({"ES384", "RS384"})
LEEWAY = 60.0  # seconds that clocks may differ
LONGEST = 3600.0  # seconds between `iat` and `exp`
# One scheme, one token of three parts: neither several tokens nor several headers, which servers join with a comma.
BEARER = re.compile(r"bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+) *", re.IGNORECASE | re.ASCII)
MOST_LOGGED = 200
# (issuer, jti, until): True the first time; False for a pair that was given before.
FirstUse = Callable[[str, str, datetime], bool]


@dataclass(frozen=True, slots=True)
class CdsClient:
    """An EHR organisation that calls us, for one of our tenants.

    `issuer` is compared exactly. `claim` is the `tenant` of its tokens; None: they have none, and a token with any is
    not of this client. `audience`: the base addresses of this service as the EHR knows them, without a slash at their
    end. `keys`: the address of its key set, or the set itself. `jku`: the addresses of sets that its tokens may name.
    """

    tenant: str
    issuer: str
    audience: tuple[str, ...]
    keys: str | KeySet | None = None
    jku: frozenset[str] = frozenset()
    claim: str | None = None
    algorithms: frozenset[str] = USUAL_ALGORITHMS

    def __post_init__(self) -> None:
        if not self.issuer or not self.audience or (self.keys is None and not self.jku) or self.claim == "":
            raise InvalidValue("a CDS client has an issuer, an audience and keys; its tenant is not empty")
        if not self.algorithms or not self.algorithms <= KINDS.keys():
            raise InvalidValue(f"the algorithms of a CDS client are some of {', '.join(KINDS)}")

    def is_meant(self, audience: Iterable[str], paths: Iterable[str]) -> bool:
        """Does the audience name one of these endpoints of ours, with or without a slash at the end?"""
        ours = {f"{base.rstrip('/')}/{path.strip('/')}" for base in self.audience for path in paths}
        return any(each.removesuffix("/") in ours for each in audience)


@dataclass(frozen=True, slots=True)
class _Claims:
    """What a token says, each of its right type; times in seconds since 1970."""

    audience: tuple[str, ...]
    expires: float
    issued: float
    not_before: float | None
    jti: str
    tenant: str | None


class CdsTrust:
    """Tells who a caller is. Shared by the threads of a process; `first_use` by all processes, too."""

    def __init__(
        self,
        clients: Iterable[CdsClient],
        key_sets: KeySets,
        first_use: FirstUse,
        clock: Clock = SYSTEM,
        *,
        leeway: float = LEEWAY,
        longest: float = LONGEST,
    ) -> None:
        self._clients = tuple(clients)
        if len({(each.issuer, each.claim) for each in self._clients}) != len(self._clients):
            raise InvalidValue("two CDS clients cannot be told apart: they have the same issuer and the same tenant")
        self._key_sets, self._first_use, self._clock = key_sets, first_use, clock
        self._leeway, self._longest = leeway, longest

    def check(self, authorization: str | None, paths: tuple[str, ...]) -> CdsClient:
        """Who calls, by the header Authorization. `paths`: those of this endpoint below the audience of a client.

        The order is that of STANDARDS 1.85: iss, aud, exp, tenant, signature, jti. Raises NotTrusted for everything
        that does not prove it, and StoreError where it cannot be known whether the token was used before.
        """
        token = _token(authorization)
        try:
            return self._checked(token, paths)
        except NotTrusted as refusal:
            told = {name: _sayable(token.claims.get(name)) for name in ("iss", "tenant", "jti")}
            log.warning("a CDS client is refused (%s): iss %s, tenant %s, jti %s", refusal.reason, *told.values())
            raise

    def _checked(self, token: Signed, paths: tuple[str, ...]) -> CdsClient:
        kid = _kid(token.header)
        issuer = token.claims.get("iss")
        candidates = _left("iss", [each for each in self._clients if each.issuer == issuer])
        claims = _claims(token.claims)
        candidates = _left("aud", [each for each in candidates if each.is_meant(claims.audience, paths)])
        self._check_times(claims)
        (client,) = _left("tenant", [each for each in candidates if each.claim == claims.tenant])
        self._check_signature(client, token, kid)
        until = datetime.fromtimestamp(math.ceil(claims.expires + self._leeway), UTC)
        if not self._first_use(client.issuer, claims.jti, until):
            raise NotTrusted("jti")
        return client

    def _check_times(self, claims: _Claims) -> None:
        now = self._clock.now().timestamp()
        if now >= claims.expires + self._leeway:
            raise NotTrusted("exp")
        if not 0 < claims.expires - claims.issued <= self._longest:
            raise NotTrusted("lifetime")
        if claims.issued > now + self._leeway or (claims.not_before or 0.0) > now + self._leeway:
            raise NotTrusted("nbf")

    def _check_signature(self, client: CdsClient, token: Signed, kid: str) -> None:
        algorithm = token.header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in client.algorithms:
            raise NotTrusted("alg")
        key = self._key(client, token.header.get("jku"), kid, algorithm)
        if key is None:
            raise NotTrusted("kid")
        if not token.is_signed_with(key, algorithm):
            raise NotTrusted("signature")

    def _key(self, client: CdsClient, jku: object, kid: str, algorithm: str) -> Key | None:
        """Only an address that is listed for this client is ever asked."""
        keys = jku if isinstance(jku, str) and jku in client.jku else client.keys
        if keys is None:
            return None
        if isinstance(keys, KeySet):
            return keys.find(kid, algorithm)
        try:
            return self._key_sets.find(keys, kid, algorithm)
        except EhrError:
            raise NotTrusted("keys") from None


def _token(authorization: str | None) -> Signed:
    """The token of a header; nothing of it is to be believed yet."""
    found = BEARER.fullmatch(authorization or "")
    token = read_signed(found[1]) if found else None
    if token is None:
        log.warning("a CDS client is refused: %s", "no token" if authorization is None else "not one signed token")
        raise NotTrusted("token")
    return token


def _kid(header: Mapping[str, object]) -> str:
    kid = header.get("kid")
    if header.get("typ") != "JWT" or not isinstance(kid, str) or not kid:
        raise NotTrusted("header")
    return kid


def _left(reason: str, candidates: list[CdsClient]) -> list[CdsClient]:
    if not candidates:
        raise NotTrusted(reason)
    return candidates


def _claims(claims: Mapping[str, object]) -> _Claims:
    """The claims that are needed. Raises NotTrusted if one is missing or of another type."""
    audience, jti, tenant = claims.get("aud"), claims.get("jti"), claims.get("tenant")
    listed = audience if isinstance(audience, list) else [audience]
    named = tuple(each for each in listed if isinstance(each, str))
    if len(named) != len(listed):
        raise NotTrusted("aud")
    if not isinstance(jti, str) or not jti:
        raise NotTrusted("jti")
    if "tenant" in claims and (not isinstance(tenant, str) or not tenant):
        raise NotTrusted("tenant")
    not_before = _time(claims, "nbf") if "nbf" in claims else None
    who = tenant if isinstance(tenant, str) else None
    return _Claims(named, _time(claims, "exp"), _time(claims, "iat"), not_before, jti, who)


def _time(claims: Mapping[str, object], name: str) -> float:
    """A NumericDate (RFC 7519, 2), within the years that a clock can show."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise NotTrusted(name)
    return float(value)


def _sayable(claim: object) -> str:
    """What a log may show of a claim that nobody has verified: in one line, and not much of it."""
    return ascii(claim[:MOST_LOGGED]) if isinstance(claim, str) else "not given"
