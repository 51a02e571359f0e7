"""Content that the database alone cannot tell: it is encrypted with a key that is kept elsewhere (JWE, A256GCM).

The cryptography is joserfc's.
"""

import secrets
from collections.abc import Mapping

import orjson
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from service.errors import InvalidValue

ALGORITHMS = ["dir", "A256GCM"]
HEADER = {"alg": "dir", "enc": "A256GCM"}
KEY_BYTES = 32


def new_key() -> str:
    """A key as text: 256 bits."""
    return urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def seal(content: Mapping[str, object], key: str) -> bytes:
    """The content, encrypted. Raises InvalidValue for a key that `new_key` did not make."""
    known = _key(key)
    if known is None:
        raise InvalidValue("what is sealed needs a key of 256 bits")
    return jwe.encrypt_compact(HEADER, orjson.dumps(content), known).encode()


def unseal(sealed: bytes, key: str) -> Mapping[str, object] | None:
    """The content; None if it was not sealed with this key."""
    known = _key(key)
    try:
        plain = jwe.decrypt_compact(sealed, known, algorithms=ALGORITHMS).plaintext if known is not None else None
    except (JoseError, ValueError):
        return None
    read = orjson.loads(plain) if plain is not None else None
    return read if isinstance(read, dict) else None


def _key(text: str) -> OctKey | None:
    try:
        plain = urlsafe_b64decode(text.encode())
    except ValueError:
        return None
    return OctKey.import_key(plain) if len(plain) == KEY_BYTES else None
