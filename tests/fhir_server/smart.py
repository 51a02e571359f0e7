"""The authorization server: SMART Backend Services, as strict as the standard asks."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ["RS384", "ES384"]
LETTERS = {"SEARCH": "s", "GET": "r", "HEAD": "r", "POST": "c", "PUT": "u", "PATCH": "u", "DELETE": "d"}


@dataclass(frozen=True)
class Client:
    """A registered client, with its public keys."""

    id: str
    jwks: dict[str, Any]


@dataclass
class Smart:
    """`grants`: from the scopes asked for to those granted. `capabilities`: of the published configuration."""

    now: Callable[[], datetime]
    clients: dict[str, Client] = field(default_factory=dict)
    lifetime: int = 300
    capabilities: list[str] = field(default_factory=lambda: ["client-confidential-asymmetric", "permission-v2"])
    grants: Callable[[str], str | None] = lambda asked: asked
    knows: Callable[[str], bool] = lambda scope: True
    tokens: dict[str, tuple[float, str]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_on(self) -> bool:
        return bool(self.clients)

    def configuration(self, token_endpoint: str) -> dict[str, Any]:
        return {
            "token_endpoint": token_endpoint,
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
            "capabilities": self.capabilities,
        }

    def grant(self, form: dict[str, str], endpoint: str) -> tuple[int, dict[str, Any]]:
        """The answer of the token endpoint."""
        if form.get("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type"}
        if form.get("client_assertion_type") != ASSERTION or (problem := self._problem(form, endpoint)):
            return 401, {"error": "invalid_client", "error_description": problem or "no assertion"}
        asked = form.get("scope", "")
        if not asked or not all(self.knows(each) for each in asked.split()):
            return 400, {"error": "invalid_scope"}
        granted = self.grants(asked)
        token = secrets.token_urlsafe(24)
        with self.lock:
            self.tokens[token] = (self.now().timestamp() + self.lifetime, asked if granted is None else granted)
        answer = {"access_token": token, "token_type": "bearer", "expires_in": self.lifetime}
        return 200, answer if granted is None else {**answer, "scope": granted}

    def revoke_all(self) -> None:
        with self.lock:
            self.tokens.clear()

    def refusal(self, header: str | None, method: str, kind: str) -> int | None:
        """401 or 403, or None if the token is good for it."""
        scheme, _, token = (header or "").partition(" ")
        with self.lock:
            until, granted = self.tokens.get(token, (0.0, ""))
        if scheme.lower() != "bearer" or until < self.now().timestamp():
            return 401
        letters = [_letters(each, kind) for each in granted.split()]
        return None if not kind or any(LETTERS[method] in each for each in letters) else 403

    def _problem(self, form: dict[str, str], endpoint: str) -> str | None:
        """What is wrong with the assertion."""
        try:
            keys = KeySet.import_key_set(
                {"keys": [key for client in self.clients.values() for key in client.jwks["keys"]]}
            )
            token = jwt.decode(form.get("client_assertion", ""), keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            return "the signature cannot be verified"
        claims, now = token.claims, self.now().timestamp()
        if token.header.get("typ") != "JWT" or "kid" not in token.header:
            return "the header lacks typ or kid"
        client = self.clients.get(claims.get("iss", ""))
        kids = [key["kid"] for key in client.jwks["keys"]] if client else []
        if client is None or claims.get("sub") != client.id or token.header["kid"] not in kids:
            return "iss, sub and kid are not of one client"
        if claims.get("aud") != endpoint:
            return "aud is not this endpoint"
        if not now < claims.get("exp", 0) <= now + 300:
            return "exp is in the past or more than five minutes ahead"
        with self.lock:
            if not claims.get("jti") or claims["jti"] in self.seen:
                return "jti was seen before"
            self.seen.add(claims["jti"])
        return None


def _letters(scope: str, kind: str) -> str:
    named, _, may = scope.removeprefix("system/").partition(".")
    if named not in (kind, "*"):
        return ""
    may = may.partition("?")[0]
    return {"read": "rs", "write": "cud", "*": "cruds"}.get(may, may)
