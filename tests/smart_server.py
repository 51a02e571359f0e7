"""An EHR that launches apps: an authorization server as strict as the standard, before the FHIR server of the tests.

What it publishes, grants and signs can be changed by whoever tests what becomes of a server that misbehaves.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from markupsafe import escape
from werkzeug.wrappers import Response as Redirection

from tests.fhir_server import FhirServer
from tests.fhir_server.smart import ALGORITHMS, ASSERTION

Json = dict[str, Any]
CAPABILITIES = [
    "launch-ehr",
    "context-ehr-patient",
    "context-ehr-encounter",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "permission-patient",
    "permission-user",
    "permission-v2",
    "sso-openid-connect",
]
OLD = {"read": "rs", "write": "cud", "*": "cruds"}


@dataclass
class Registered:
    """An app as the EHR knows it: with public keys, with a secret, or with neither."""

    client_id: str
    redirect_uri: str
    jwks: Json | None = None
    secret: str | None = None


@dataclass
class Permission:
    """What a code or a token stands for."""

    context: Json
    scope: str
    nonce: str | None = None
    challenge: str = ""
    used: bool = False


@dataclass
class UserSmart:
    """The part of the FHIR server that asks for tokens: those that were given for one patient."""

    tokens: dict[str, Permission] = field(default_factory=dict)
    is_on: bool = True
    configuration: Callable[[str], Json] = lambda endpoint: {}
    grant: Callable[[Json, str], tuple[int, Json]] = lambda form, endpoint: (400, {})

    def refusal(self, header: str | None, method: str, kind: str) -> int | None:
        """401 for an unknown token, 403 for what it does not reach: another type, another patient, a change."""
        scheme, _, token = (header or "").partition(" ")
        permission = self.tokens.get(token)
        if scheme != "Bearer" or permission is None:
            return 401
        if not kind:
            return None
        if method not in ("GET", "SEARCH") or not any(_reads(each, kind) for each in permission.scope.split()):
            return 403
        return None if set(_patients(kind)) <= {permission.context["patient"]} else 403


class SmartEhr(FhirServer):
    """An EHR with one app.

    `published`, `answered`, `claimed` change what it says: the configuration, the answer with a token, the claims.
    `granted`: from the scopes asked for to those given. `refused`: an error to be answered instead of a code. `asks`:
    the person has to press a button.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(now=now)
        self.now = now
        self.smart: UserSmart = UserSmart()  # type: ignore[assignment]
        self.smart.configuration = self._configuration
        self.smart.grant = self._token
        self.key = ECKey.generate_key("P-256", {"kid": "ehr-1", "use": "sig"})
        self.algorithm = "ES256"
        self.registered: Registered | None = None
        self.launches: dict[str, Json] = {}
        self.codes: dict[str, Permission] = {}
        self.refreshes: dict[str, Permission] = {}
        self.seen: set[str] = set()
        self.pages: dict[str, str] = {}  # pages of the EHR itself, by their path
        self.published: Callable[[Json], Json] = lambda content: content
        self.answered: Callable[[Json], Json] = lambda content: content
        self.claimed: Callable[[Json], Json] = lambda claims: claims
        self.granted: Callable[[str], str] = lambda asked: asked
        self.refused: Json | None = None
        self.asks = False

    def app(self) -> Flask:
        """Besides FHIR: authorize, jwks, and pages of the EHR."""
        app = super().app()
        app.add_url_rule("/auth/authorize", "authorize", self._authorize)
        app.add_url_rule("/auth/jwks", "jwks", lambda: jsonify({"keys": [self.key.as_dict(private=False)]}))
        app.add_url_rule("/favicon.ico", "icon", lambda: Response(status=204))
        app.add_url_rule("/ehr/<name>", "page", lambda name: Response(self.pages[name], mimetype="text/html"))
        return app

    def open(self, patient: str | None, **context: Any) -> str:
        """Somebody clicks on the app in a chart: the value of `launch`."""
        launch = secrets.token_urlsafe(8)
        self.launches[launch] = {"patient": patient, "user": "Practitioner/7", **context}
        return launch

    def _configuration(self, token_endpoint: str) -> Json:
        return self.published(
            {
                "issuer": self.base,
                "jwks_uri": f"{self.root}/auth/jwks",
                "authorization_endpoint": f"{self.root}/auth/authorize",
                "token_endpoint": token_endpoint,
                "grant_types_supported": ["authorization_code"],
                "code_challenge_methods_supported": ["S256"],
                "capabilities": CAPABILITIES,
            }
        )

    def _authorize(self) -> Response | Redirection:
        """The person is signed in and permits whatever is asked for properly."""
        asked = {name: values[0] for name, values in request.args.to_dict(flat=False).items() if len(values) == 1}
        app, context = self.registered, self.launches.get(asked.get("launch", ""))
        if app is None or (asked.get("client_id"), asked.get("redirect_uri")) != (app.client_id, app.redirect_uri):
            return Response("no such app", 400)
        wrong = [
            asked.get("response_type") != "code",
            context is None,
            asked.get("aud") != self.base,
            asked.get("code_challenge_method") != "S256",
            len(asked.get("code_challenge", "")) != 43,
            len(asked.get("state", "")) < 22,
            not {"launch", "openid", "fhirUser"} <= set(asked.get("scope", "").split()),
        ]
        answer = {"error": "invalid_request"} if any(wrong) else self.refused
        if answer is None:
            assert context is not None
            code = secrets.token_urlsafe(16)
            self.codes[code] = Permission(
                context, self.granted(asked["scope"]), asked.get("nonce"), asked["code_challenge"]
            )
            answer = {"code": code}
        back = f"{app.redirect_uri}?{urlencode({**answer, 'state': asked.get('state', '')})}"
        return Response(f'<a id="permit" href="{escape(back)}">Permit</a>') if self.asks else redirect(back)

    def _token(self, form: Json, endpoint: str) -> tuple[int, Json]:
        app = self.registered
        assert app is not None
        if problem := self._unproven(app, form, endpoint):
            return 401, {"error": "invalid_client", "error_description": problem}
        if form.get("grant_type") == "refresh_token":
            known = self.refreshes.pop(form.get("refresh_token", ""), None)
            return (400, {"error": "invalid_grant"}) if known is None else (200, self._answer(app, known))
        permission = self.codes.get(form.get("code", ""))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if form.get("grant_type") != "authorization_code" or permission is None or permission.used:
            return 400, {"error": "invalid_grant"}
        permission.used = True
        if challenge != permission.challenge or form.get("redirect_uri") != app.redirect_uri:
            return 400, {"error": "invalid_grant"}
        return 200, self._answer(app, permission)

    def _answer(self, app: Registered, permission: Permission) -> Json:
        context = permission.context
        token = secrets.token_urlsafe(24)
        self.smart.tokens[token] = permission
        answer = {"access_token": token, "token_type": "bearer", "expires_in": 600, "scope": permission.scope}
        answer |= {name: value for name, value in context.items() if name != "user" and value is not None}
        if "openid" in permission.scope.split():
            answer["id_token"] = self.id_token(app, permission)
        if "refresh" in context:
            refresh = secrets.token_urlsafe(24)
            self.refreshes[refresh] = permission
            answer["refresh_token"] = refresh
        return self.answered(answer)

    def id_token(self, app: Registered, permission: Permission) -> str:
        """Signed as it is published, with the claims that a test asks for."""
        now = int(self.now().timestamp())
        claims = {"iss": self.base, "aud": app.client_id, "sub": "account-7", "iat": now, "exp": now + 300}
        claims |= {"nonce": permission.nonce, "fhirUser": permission.context["user"]}
        header = {"alg": self.algorithm, "kid": self.key.kid, "typ": "JWT"}
        return jwt.encode(header, self.claimed(claims), self.key, algorithms=[self.algorithm])

    def _unproven(self, app: Registered, form: Json, endpoint: str) -> str | None:
        """What is wrong with how the app says who it is."""
        basic = request.headers.get("Authorization", "")
        if app.jwks is not None:
            return "client_id beside an assertion" if "client_id" in form else self._assertion(app, form, endpoint)
        if app.secret is not None:
            said = base64.b64decode(basic.removeprefix("Basic ")).decode() if basic.startswith("Basic ") else ":"
            pair = [unquote(each) for each in said.split(":")]
            return None if pair == [app.client_id, app.secret] and "client_id" not in form else "no such secret"
        return None if form.get("client_id") == app.client_id and not basic else "no such client"

    def _assertion(self, app: Registered, form: Json, endpoint: str) -> str | None:
        try:
            keys = KeySet.import_key_set(app.jwks)  # type: ignore[arg-type]
            claims = jwt.decode(form.get("client_assertion", ""), keys, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError):
            return "the signature cannot be verified"
        now = self.now().timestamp()
        wrong = [
            form.get("client_assertion_type") != ASSERTION,
            (claims.get("iss"), claims.get("sub"), claims.get("aud")) != (app.client_id, app.client_id, endpoint),
            not now - 60 < claims.get("exp", 0) <= now + 300,
            not claims.get("jti") or claims["jti"] in self.seen,
        ]
        self.seen.add(str(claims.get("jti")))
        return "the assertion is wrong" if any(wrong) else None


def _reads(scope: str, kind: str) -> bool:
    whose, _, right = scope.partition("/")
    named, _, may = right.partition(".")
    may = may.partition("?")[0]
    return whose in ("patient", "user") and named in (kind, "*") and {"r", "s"} <= set(OLD.get(may, may))


def _patients(kind: str) -> list[str]:
    """The patients whom a request names."""
    named = [request.values.get(each, "") for each in ("patient", "subject", "link")]
    path = request.path.split("/")
    named += path[-1:] if kind == "Patient" and path[-2:-1] == ["Patient"] else []
    return [each.removeprefix("Patient/") for each in named if each]
