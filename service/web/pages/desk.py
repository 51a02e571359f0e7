"""What every page needs: who is looking, what they may see, and how a page is answered.

A page asks `viewer()` who is signed in, and `Desk.need` whether they may: there is no other way to a patient.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirection

from service.ehr.clock import Clock
from service.errors import Forbidden
from service.screening.access import Action, Basis, Viewer, allows, visible
from service.screening.access.known import bases_of, signed_in
from service.screening.patient import screening_date
from service.screening.tenant import Tenant
from service.store.engine import Store
from service.store.sessions import Session
from service.web.guard import let_work

COOKIE = "prescreen-session"
FORM_TOKEN = "csrf"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
NOT_YOURS = "this is not open to you, or does not exist; an administrator of the study gives roles"


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts that pages work with. `encrypted`: browsers reach this service by https alone."""

    tenants: Mapping[str, Tenant]
    store: Store
    clock: Clock
    encrypted: bool = True

    @property
    def cookie(self) -> str:
        """The name of the session's cookie: of that prefix, a browser takes it from this very host alone."""
        return f"__Host-{COOKIE}" if self.encrypted else COOKIE

    def today(self, tenant: Tenant) -> date:
        """Which day it is at the site."""
        return screening_date(tenant, self.clock.now())

    def tenant(self, name: str) -> Tenant:
        """The tenant of this name. Raises Forbidden if there is none, as for one that is not theirs."""
        if name not in self.tenants:
            raise Forbidden(NOT_YOURS)
        return self.tenants[name]

    def need(self, tenant: str, study: str, action: Action) -> Tenant:
        """The tenant, if whoever is looking may do that in this study today. Raises Forbidden, which says why."""
        found = self.tenant(tenant)
        if study not in found.studies:
            raise Forbidden(NOT_YOURS)
        refusal = allows(viewer(), tenant, study, action, self.bases(found)[study], self.today(found))
        if refusal is not None:
            raise Forbidden(refusal.value)
        return found

    def bases(self, tenant: Tenant) -> Mapping[str, Basis | None]:
        """The basis of each open study."""
        return bases_of(self.store, tenant)

    def visible(self, tenant: Tenant) -> tuple[str, ...]:
        """The studies whose patients whoever is looking may see today."""
        return visible(viewer(), tenant.name, self.bases(tenant), self.today(tenant))

    def guard(self, page: Blueprint, *, open_to_all: frozenset[str] = frozenset()) -> Blueprint:
        """Let the blueprint answer only who is signed in (but for the endpoints in `open_to_all`), and accept a form
        only with the token of their session."""

        @page.before_request
        def signed_in_only() -> Response | Redirection | None:
            let_work()
            name = (request.endpoint or "").removeprefix(f"{page.name}.")
            found = self.recognise()
            if name in open_to_all:
                return None
            if not found and request.method in SAFE and not request.path.startswith("/api/"):
                return redirect(url_for("sign_in.sign_in"))
            if not found:
                abort(401)
            if request.method not in SAFE and not self._of_this_session():
                abort(403)
            return None

        return page

    def recognise(self) -> bool:
        """Is somebody signed in in this browser? From then on `viewer()` says who."""
        token = request.cookies.get(self.cookie, "")
        found = signed_in(self.store, token, self.clock.now()) if token else None
        if found is not None:
            g.session, g.viewer, g.session_token = *found, token
        return found is not None

    def _of_this_session(self) -> bool:
        given = request.headers.get("X-CSRF-Token") or request.form.get(FORM_TOKEN, "")
        return hmac.compare_digest(given.encode(), form_token().encode())


def viewer() -> Viewer:
    """Who is signed in. Raises Forbidden if nobody is, so that no page can forget to ask."""
    found: Viewer | None = g.get("viewer")
    if found is None:
        raise Forbidden(NOT_YOURS)
    return found


def session() -> Session:
    """The session of this request; only where somebody is signed in."""
    found: Session = g.session
    return found


def form_token() -> str:
    """What a form of this session has to carry: another site cannot know it."""
    token = g.get("session_token", "")
    return hmac.new(token.encode(), b"form", "sha256").hexdigest()


def page(name: str, status: int = 200, **content: object) -> Response:
    """A page from templates/pages."""
    return make_response(render_template(f"pages/{name}", **content), status)
