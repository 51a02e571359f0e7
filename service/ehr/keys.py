"""Our keys towards authorization servers: the private one signs, the public ones are published. STANDARDS 3.61-3.69."""

import json
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, RSAKey

from service.errors import UsageError

CURVE = "P-384"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = 240  # seconds of an assertion; the standard allows 300, clocks differ
PUBLIC = ("kty", "kid", "n", "e", "crv", "x", "y")
NEEDED = "a private RSA key (for RS384) or EC key on P-384 (for ES384) is needed, as PEM or JWK"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, its id, and the one algorithm that SMART has for it."""

    kid: str
    algorithm: str
    key: RSAKey | ECKey = field(repr=False)

    def sign(self, claims: dict[str, Any], jku: str | None = None) -> str:
        """The claims as a signed JWT."""
        header = {"alg": self.algorithm, "kid": self.kid, "typ": "JWT"} | ({"jku": jku} if jku else {})
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])

    def assertion(
        self, client_id: str, endpoint: str, now: datetime, jti: str, jku: str | None = None
    ) -> dict[str, str]:
        """The members of a form by which this service proves to a token endpoint who it is; `jti` is used once."""
        at = int(now.timestamp())
        claims = {"iss": client_id, "sub": client_id, "aud": endpoint, "iat": at, "exp": at + LIFETIME, "jti": jti}
        return {"client_assertion_type": ASSERTION, "client_assertion": self.sign(claims, jku)}

    @property
    def public(self) -> dict[str, object]:
        """The public half as a JWK with nothing but what verifying needs."""
        whole: dict[str, object] = {**self.key.as_dict(private=False), "kid": self.kid}
        return {name: whole[name] for name in PUBLIC if name in whole} | {"alg": self.algorithm, "use": "sig"}


def load_key(text: str, kid: str | None = None) -> SigningKey:
    """A key from PEM or JWK. Its id: the one given, the JWK's own, else its thumbprint. Raises UsageError."""
    key = _jwk(text) if text.lstrip().startswith("{") else _pem(text)
    if key is None or not key.is_private or (isinstance(key, ECKey) and key.curve_name != CURVE):
        raise UsageError(f"the key of this service cannot be used; {NEEDED}")
    algorithm = "RS384" if isinstance(key, RSAKey) else "ES384"
    return SigningKey(kid or key.kid or key.thumbprint(), algorithm, key)


def public_keys(keys: Iterable[SigningKey]) -> dict[str, object]:
    """The JWKS to publish: during a rotation it holds the old key and the new one."""
    return {"keys": [each.public for each in keys]}


def _jwk(text: str) -> RSAKey | ECKey | None:
    try:
        content = json.loads(text)
        kinds: dict[object, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}
        return _quiet(kinds[content.get("kty")], content)
    except (ValueError, KeyError, TypeError, JoseError):
        return None


def _pem(text: str) -> RSAKey | ECKey | None:
    for kind in (RSAKey, ECKey):
        try:
            return _quiet(kind, text)
        except (ValueError, TypeError, JoseError):
            continue
    return None


def _quiet(kind: type[RSAKey] | type[ECKey], value: Any) -> RSAKey | ECKey:
    """The key; a weak one is refused, not warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", SecurityWarning)
        try:
            return kind.import_key(value)
        except SecurityWarning:
            raise ValueError from None
