"""Signed tokens (JWT): read first, verified later. All cryptography is joserfc's."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
from joserfc import jws
from joserfc.errors import JoseError

from service.ehr.jwks import KINDS, Key

LONGEST = 8192  # characters of a token


class _Sizes(jws.JWSRegistry):
    """Headers that name a `jku` are longer than what the library expects."""

    max_header_length = 2048
    max_payload_length = LONGEST
    max_signature_length = 2048


@dataclass(frozen=True, slots=True)
class Signed:
    """A token as it says of itself: nothing of it is to be believed before `is_signed_with`."""

    header: Mapping[str, object] = field(repr=False)
    claims: Mapping[str, object] = field(repr=False)
    compact: jws.CompactSignature = field(repr=False)

    def is_signed_with(self, key: Key, algorithm: str) -> bool:
        """Does the signature hold? `algorithm`: the one that is wanted, of `KINDS`; the header has to say the same."""
        if algorithm not in KINDS or self.header.get("alg") != algorithm:
            return False
        try:
            registry = _Sizes(algorithms=[algorithm], strict_check_header=False)
            return jws.validate_compact(self.compact, key, registry=registry)
        except (JoseError, ValueError):
            return False


def read_signed(text: str) -> Signed | None:
    """The token, unverified; None for what is no JWT, is too long, or asks for extensions (`crit`, RFC 7515 4.1.11)."""
    if len(text) > LONGEST or not text.isascii():
        return None
    try:
        compact = jws.extract_compact(text.encode(), registry=_Sizes())
        claims = orjson.loads(compact.payload)
    except (JoseError, ValueError, TypeError, RecursionError):
        return None
    header = compact.protected
    if not isinstance(header, dict) or not isinstance(claims, dict) or not {"crit", "b64"}.isdisjoint(header):
        return None
    return Signed(header, claims, compact)
