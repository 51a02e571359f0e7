"""A tenant whose users launch this service from the EHR of the tests, and a browser that follows them."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.app import app_of
from service.ehr.smart_launch import App
from service.screening.launch.launches import Launches
from service.screening.needs import Needs
from service.screening.tenant import Tenant
from service.settings import Settings
from service.store.engine import Store
from service.web import files, guard, language, launch, problems, words
from tests.ehr.clock import Watch
from tests.smart_server import Registered, SmartEhr
from tests.working.world import catalog, tenant

OURS = "https://prescreen.example"
CLIENT = "prescreen-app"
EHR_PAGE = "https://ehr.example"


def types(of: Tenant) -> dict[str, str]:
    """What the open studies need, to be read and searched."""
    return dict.fromkeys(Needs(of.open_studies, of.catalog.terminology).types, "rs")


def launchable(ehr: SmartEhr, content: Any = None, **more: Any) -> Tenant:
    """The tenant `north` with one app, which the EHR knows."""
    redirect = more.pop("redirect_uri", f"{OURS}/launch/callback")
    plain = tenant(ehr, content or catalog())
    app = App(ehr.base, CLIENT, redirect, types(plain), **more)
    key = more.get("key")
    jwks = {"keys": [key.public]} if key is not None else None
    ehr.registered = Registered(CLIENT, redirect, jwks, more.get("secret"))
    return tenant(ehr, content or catalog(), launch=(app,))


def application(store: Store, *tenants: Tenant, watch: Watch | None = None) -> Flask:
    """The application of these tenants; with a watch, one that goes by it."""
    if watch is None:
        return app_of(catalog(), Settings(), tenants, store)
    app = problems.Discreet("service.web", static_folder=None)
    guard.protect(app, own=frozenset({launch.NAME}))
    problems.answer_errors(app)
    files.register(app)
    language.install(app)
    words.install(app)
    app.register_blueprint(launch.blueprint(Launches(tenants, store, watch.clock)))
    return app


@dataclass
class Browser:
    """A browser: it keeps cookies, and follows redirections between this service and the EHR."""

    app: Flask
    ehr: SmartEhr
    client: FlaskClient = field(init=False)
    visited: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def get(self, address: str) -> TestResponse:
        """One request to this service, wherever it stands."""
        self.visited.append(address)
        parts = urlsplit(address)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        away = {"REMOTE_ADDR": "192.0.2.7"}  # the browsers of clinicians are on other machines
        return self.client.get(path, base_url=OURS, environ_overrides=away)

    def launch(self, code: str, iss: str | None = None) -> TestResponse:
        """The click in the chart, up to where this service sends the browser."""
        query = requests.Request("GET", f"{OURS}/launch", params={"iss": iss or self.ehr.base, "launch": code})
        return self.get(query.prepare().url or "")

    def permitted(self, begun: TestResponse) -> str:
        """The EHR asks the person, and sends the browser back: where to."""
        assert begun.status_code == 302, begun.text
        answer = requests.get(begun.headers["Location"], allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def opened(self, patient: str | None = "p", **context: Any) -> TestResponse:
        """All of it: the page of the patient."""
        return self.followed(self.get(self.permitted(self.launch(self.ehr.open(patient, **context)))))

    def followed(self, answer: TestResponse) -> TestResponse:
        """The page to which this service leads on from the callback."""
        assert answer.status_code == 302, answer.text
        return self.get(answer.headers["Location"])


def query(address: str) -> dict[str, str]:
    """The parameters of an address, each once."""
    found = parse_qs(urlsplit(address).query, strict_parsing=True)
    assert all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()}
