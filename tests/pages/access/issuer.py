"""An issuer of OpenID Connect on this machine, as strict as the standard; who is asked for, a test says."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from flask import Flask, Response, jsonify, redirect, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse
from werkzeug.wrappers import Response as Redirection

from service.app import app_of
from service.ehr.clock import Clock
from service.ehr.openid import IssuerClient
from service.screening.access import Role
from service.screening.access.ways import GroupRole, Issuer as Way, SignIn
from service.screening.tenant import Tenant
from service.settings import Settings
from service.settings.sign_in import SignInSettings
from service.store.engine import Store
from tests.pages.world import NORTH
from tests.smart_server import Permission, Registered, SmartEhr
from tests.working.world import catalog

OURS = "http://localhost"
BACK = f"{OURS}/sign-in/oidc/hospital/callback"
CLIENT, SECRET = "prescreen", "an open secret of tests"
NURSES, CHIEFS = "study-nurses", "chiefs"
GIVES = (
    GroupRole(NURSES, NORTH, "demo", Role.COORDINATOR),
    GroupRole(CHIEFS, NORTH, "*", Role.ADMIN),
    GroupRole(CHIEFS, NORTH, "demo", Role.INVESTIGATOR),
)


class Issuer(SmartEhr):
    """Knows one person at a time: `person` are the claims about them."""

    def __init__(self, now: Any) -> None:
        super().__init__(now=now)
        self.registered = Registered(CLIENT, BACK, secret=SECRET)
        self.person: dict[str, Any] = {"sub": "s-1", "name": "Nora Nurse", "groups": [NURSES]}
        self.asked: list[dict[str, str]] = []
        self.claimed = lambda claims: {**claims, "iss": self.issuer, **self.person}

    def app(self) -> Flask:
        app = super().app()
        app.add_url_rule("/issuer/.well-known/openid-configuration", "openid", self._openid)
        return app

    @property
    def issuer(self) -> str:
        """Its name, as it stands in its tokens."""
        return f"{self.root}/issuer"

    def _openid(self) -> Response:
        return jsonify(self.published({**self._configuration(f"{self.root}/auth/token"), "issuer": self.issuer}))

    def _authorize(self) -> Response | Redirection:
        asked = {name: values[0] for name, values in request.args.to_dict(flat=False).items() if len(values) == 1}
        self.asked.append(asked)
        app = self.registered
        if app is None or (asked.get("client_id"), asked.get("redirect_uri")) != (app.client_id, app.redirect_uri):
            return Response("no such client", 400)
        wrong = [
            asked.get("response_type") != "code",
            asked.get("code_challenge_method") != "S256",
            len(asked.get("code_challenge", "")) != 43,
            len(asked.get("state", "")) < 22,
            len(asked.get("nonce", "")) < 22,
            "openid" not in asked.get("scope", "").split(),
        ]
        if any(wrong):
            return Response("invalid_request", 400)
        answer: dict[str, str] = self.refused or {"code": secrets.token_urlsafe(16)}
        if self.refused is None:
            context = {"user": "none"}
            self.codes[answer["code"]] = Permission(context, asked["scope"], asked["nonce"], asked["code_challenge"])
        return redirect(f"{app.redirect_uri}?{urlencode({**answer, 'state': asked['state']})}")


def application(store: Store, issuer: Issuer, now: Any, *, contact: str | None = None) -> Flask:
    """The application that lets people sign in by this issuer."""
    client = IssuerClient(issuer.issuer, CLIENT, BACK, "groups", secret=SECRET)
    ways = SignIn(local=False, issuers=(Way("hospital", "The hospital", client, GIVES),), contact=contact)
    content = catalog()
    tenant = Tenant(NORTH, content, tuple(sorted(content.studies)))
    return app_of(content, Settings(sign_in=SignInSettings(ways)), (tenant,), store, clock=Clock(now=now))


def left(client: FlaskClient) -> str:
    """A click on the button: where the browser is sent."""
    answer = client.get("/sign-in/oidc/hospital")
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def permitted(address: str) -> str:
    """What the issuer answers: where it sends the browser back to."""
    answer = requests.get(address, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def came_back(client: FlaskClient, address: str) -> TestResponse:
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def signed_in(client: FlaskClient) -> TestResponse:
    """All of it."""
    return came_back(client, permitted(left(client)))


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
