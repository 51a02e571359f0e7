"""Public keys of others: sets of JWKs by address, or given; kept for a while, asked for again in moderation.

STANDARDS 1.81, 1.82 (CDS clients) and 4.x (id_token). The cryptography is joserfc's.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from service.ehr.addresses import is_protected, origin
from service.ehr.answers import Answer
from service.ehr.clock import SYSTEM, Clock
from service.ehr.exchange import Ask, Exchange, NoToken
from service.ehr.limits import Gate, Limits
from service.ehr.transport import Transport
from service.errors import EhrError, EhrUnavailable, UnusableAnswer, UsageError

log = logging.getLogger(__name__)

# The asymmetric algorithms (RFC 7518, 3.1), and the kind of key that each takes.
KINDS: Mapping[str, str] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    "ES256": "P-256",
    "ES384": "P-384",
    "ES512": "P-521",
}
SIZES = range(2048, 8193)  # bits of an RSA key: below it is weak, above it costs more than a signature should
MOST_KEYS = 100
# Somebody waits for an answer meanwhile, so there is one try, and a short one.
LIMITS = Limits(
    tries=1, connect_timeout=3.0, read_timeout=3.0, answer_deadline=5.0, longest_wait=5.0, most_bytes=1 << 20
)
Key = RSAKey | ECKey


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that verifies signatures, and what its set says of it: its id, and the one algorithm it is for."""

    kid: str | None
    algorithm: str | None
    key: Key = field(repr=False, hash=False)

    def fits(self, kid: str | None, algorithm: str) -> bool:
        """Is it of this id (None: of any), and may it be used with this algorithm?"""
        kind = "RSA" if isinstance(self.key, RSAKey) else self.key.curve_name
        return kid in (None, self.kid) and self.algorithm in (None, algorithm) and KINDS.get(algorithm) == kind


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of one set that can verify signatures; all others of it are left out."""

    keys: tuple[PublicKey, ...] = ()

    def find(self, kid: str | None, algorithm: str) -> Key | None:
        """The one key of this id for this algorithm; None if there is none, or more than one."""
        found = [each.key for each in self.keys if each.fits(kid, algorithm)]
        return found[0] if len(found) == 1 else None


def read_key_set(content: bytes | str) -> KeySet:
    """The set in this JSON (RFC 7517, 5). Raises UsageError for what is no set; keys not understood are left out."""
    try:
        read = orjson.loads(content)
    except orjson.JSONDecodeError:
        read = None
    listed = read.get("keys") if isinstance(read, dict) else None
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise UsageError(f"a set of keys is a JSON object with a list 'keys' of at most {MOST_KEYS}")
    return KeySet(tuple(found for each in listed if (found := _public_key(each)) is not None))


def _public_key(jwk: Any) -> PublicKey | None:
    """The key; None for one that is symmetric, private, weak, for encryption, or not understood."""
    kinds: dict[object, type[Key]] = {"RSA": RSAKey, "EC": ECKey}
    if not isinstance(jwk, dict) or "d" in jwk or jwk.get("use", "sig") != "sig":
        return None
    kid, algorithm, operations = jwk.get("kid"), jwk.get("alg"), jwk.get("key_ops", ["verify"])
    if any(not isinstance(each, str | None) for each in (kid, algorithm, jwk.get("kty"))):
        return None
    if not isinstance(operations, list) or "verify" not in operations or jwk.get("kty") not in kinds:
        return None
    try:
        key = kinds[jwk["kty"]].import_key(
            {name: jwk[name] for name in ("kty", "n", "e", "crv", "x", "y") if name in jwk}
        )
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    weak = isinstance(key, RSAKey) and key.public_key.key_size not in SIZES
    return None if weak else PublicKey(kid, algorithm, key)


@dataclass(frozen=True, slots=True)
class Freshness:
    """How long a set is used, in seconds. `Cache-Control: max-age` counts within `least` and `most`.

    `stale`: how much longer it is used while its server does not answer. `pause`: a set is not asked for again sooner,
    whatever happens: an unknown `kid` costs its server one request in that time at most.
    """

    unstated: float = 3600.0
    least: float = 300.0
    most: float = 86400.0
    stale: float = 3600.0
    pause: float = 60.0

    def seconds(self, cache_control: str | None) -> float:
        """How long an answer with this header is used."""
        for each in (cache_control or "").lower().split(","):
            name, _, value = each.strip().partition("=")
            if name in ("no-store", "no-cache"):
                return self.least
            if name == "max-age" and value.isascii() and value.isdigit():
                return min(max(float(value[:9]), self.least), self.most)
        return self.unstated


@dataclass(frozen=True, slots=True)
class _Held:
    """What a server last published, and until when (in seconds of the clock) it is used without asking again."""

    keys: KeySet
    until: float


class _Place:
    """One address: what is held of it, and when it was last asked."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.lock = threading.Lock()
        self.held: _Held | None = None
        self.asked: float | None = None


class KeySets:
    """The sets of all addresses, shared by the threads of a process.

    Only addresses that somebody configured, or that a trusted server named, may be given: each of them is asked.
    """

    def __init__(self, transport: Transport, clock: Clock = SYSTEM, freshness: Freshness = Freshness()) -> None:
        self._transport = transport
        self._clock = clock
        self._freshness = freshness
        self._places: dict[str, _Place] = {}
        self._lock = threading.Lock()

    def find(self, url: str, kid: str | None, algorithm: str) -> Key | None:
        """The key of this id and algorithm in the set at `url`; None if there is none, even after asking once more.

        `kid` None: the only key there that the algorithm can be used with. Raises UnusableAnswer for an address that is
        neither https nor of this machine, and EhrUnavailable if the set cannot be had.
        """
        if not is_protected(url):
            raise UnusableAnswer("the address of a set of keys begins with https:// and names a host")
        place = self._place(url)
        found = self._known(place, kid, algorithm)
        if found is not None:
            return found
        with place.lock:
            found = self._known(place, kid, algorithm)  # another thread may have asked meanwhile
            return found or self._asked_again(place).find(kid, algorithm)

    def _place(self, url: str) -> _Place:
        with self._lock:
            if url not in self._places:
                gate = Gate(LIMITS, self._clock)
                self._places[url] = _Place(Exchange(url, self._transport, NoToken(), gate, self._clock))
            return self._places[url]

    def _known(self, place: _Place, kid: str | None, algorithm: str) -> Key | None:
        held = place.held
        return held.keys.find(kid, algorithm) if held is not None and self._clock.seconds() < held.until else None

    def _asked_again(self, place: _Place) -> KeySet:
        """The set as it is now; as it was, if it was asked for a moment ago or its server does not answer."""
        now = self._clock.seconds()
        if place.asked is None or now - place.asked >= self._freshness.pause:
            place.asked = now
            try:
                place.held = self._fetched(place.exchange)
            except EhrError as problem:
                log.warning("the keys of %s cannot be had: %s", origin(place.exchange.base)[1], problem)
        held = place.held
        if held is None or self._clock.seconds() >= held.until + self._freshness.stale:
            raise EhrUnavailable("the set of keys cannot be had", retry_after=self._freshness.pause)
        return held.keys

    def _fetched(self, exchange: Exchange) -> _Held:
        answer = exchange.send(Ask("GET", exchange.base, {"Accept": "application/jwk-set+json, application/json"}))
        keys = _published(answer)
        return _Held(keys, self._clock.seconds() + self._freshness.seconds(answer.headers.get("cache-control")))


def _published(answer: Answer) -> KeySet:
    """The set in an answer, of whatever type it is declared: many are published as plain files."""
    try:
        return read_key_set(answer.body)
    except UsageError as problem:
        raise UnusableAnswer(f"{answer.what}: {problem}", status=answer.status) from None
