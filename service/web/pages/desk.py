"""What every page needs: who is looking, what they may see, and how a page is answered.

A page asks `viewer()` who is signed in, and `Desk.need` whether they may: there is no other way to a patient.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirection

from service.ehr.clock import Clock
from service.errors import Forbidden, UsageError
from service.screening.access import Action, Basis, Viewer, allows, visible
from service.screening.access.audited import note_deed
from service.screening.access.known import bases_of, signed_in
from service.screening.access.ways import SignIn, Source
from service.screening.patient import screening_date
from service.screening.tenant import Tenant
from service.screening.worklist.digests import How
from service.store import accounts, sessions
from service.store.engine import Store
from service.store.sessions import Session
from service.web.guard import in_frame, let_frame, let_work
from service.web.pages.way_back import wanted_here

COOKIE = "prescreen-session"
FORM_TOKEN = "csrf"
FRAMED_BY = "framed_by"
HIDDEN = "hidden"
LISTS = "lists"  # in a session: how worklists were looked at last
FETCHED_FROM, OWN = "Sec-Fetch-Site", "same-origin"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
NOT_YOURS = "this is not open to you, or does not exist; an administrator of the study gives roles"


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts that pages work with. `encrypted`: browsers reach this service by https alone. `sign_in`: how.
    `ways`: how people can be told of news. `frames`: the origins of EHRs that may show these pages in a frame, to
    whoever was signed in by a launch there."""

    tenants: Mapping[str, Tenant]
    store: Store
    clock: Clock
    encrypted: bool = True
    sign_in: SignIn = SignIn()
    ways: tuple[How, ...] = ()
    frames: tuple[str, ...] = ()

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

    def hides_names(self) -> bool:
        """Does whoever is looking want names hidden?"""
        account = accounts.find(self.store, viewer().account)
        return account is not None and account.preferences.get("names") == HIDDEN

    def guard(self, page: Blueprint, *, open_to_all: frozenset[str] = frozenset()) -> Blueprint:
        """Let the blueprint answer only who is signed in (but for the endpoints in `open_to_all`), and accept a form
        only with the token of their session."""

        @page.before_request
        def signed_in_only() -> Response | Redirection | None:
            let_work()
            name = (request.endpoint or "").removeprefix(f"{page.name}.")
            found = self.recognise()
            if request.method not in SAFE and request.headers.get(FETCHED_FROM, OWN) not in (OWN, "none"):
                abort(403)  # a browser says that a page of another site sent it
            if name in open_to_all:
                return None
            if found and is_framed():
                let_frame(each for each in session().content[FRAMED_BY] if each in self.frames)
            if not found and self.frames and in_frame():
                return self.outside()
            if not found and request.method in SAFE and not request.path.startswith("/api/"):
                return redirect(url_for("sign_in.sign_in", next=wanted_here()))
            if not found:
                abort(401)
            if request.method not in SAFE and not self._of_this_session():
                abort(403)
            no_nul((request.view_args or {}).values())
            no_nul(each for _, each in request.values.items(multi=True))
            return None

        return page

    def recognise(self) -> bool:
        """Is somebody signed in in this browser? From then on `viewer()` says who."""
        token = request.cookies.get(self.cookie, "")
        found = signed_in(self.store, token, self.clock.now(), self.sign_in.idle) if token else None
        if found is not None:
            g.session, g.viewer, g.session_token = *found, token
        return found is not None

    def enter(self, answer: Redirection, account: str, source: Source, framed_by: tuple[str, ...] = ()) -> None:
        """Sign somebody in in this browser. Its session is a new one: one that was there before, whoever began it,
        ends. `framed_by`: it is one for a frame, which pages of these origins may show."""
        if before := request.cookies.get(self.cookie):
            sessions.end(self.store, before)
        content = {FRAMED_BY: list(framed_by)} if framed_by else {}
        token = sessions.begin(self.store, account, source, self.clock.now(), self.sign_in.lasts, content)
        self.keep(answer, self.cookie, token, int(self.sign_in.lasts.total_seconds()), framed=bool(framed_by))

    def enter_linked(self, answer: Redirection, issuer: str, subject: str, embed: tuple[str, ...] = ()) -> None:
        """Sign in whoever opened this service from an EHR, if an account is linked to whom the EHR says that it is.

        `embed`: the origins of that EHR. In a frame of theirs the session is one for that frame alone.
        """
        framed_by = tuple(each for each in embed if each in self.frames) if self.encrypted and in_frame() else ()
        found = accounts.linked(self.store, issuer, subject)
        if found is not None and found.disabled is None:
            self.enter(answer, found.id, Source.LAUNCH, framed_by)
            note_deed(self.store, found.id, "*", None, "signed-in", self.clock.now(), source=Source.LAUNCH)

    def remember(self, list_: str, query: str) -> None:
        """Keep with the session how a worklist was looked at last, so that a page can lead back there."""
        known = session().content.get(LISTS, {})
        if known.get(list_) != query:
            sessions.keep(self.store, g.session_token, {**session().content, LISTS: {**known, list_: query}})

    def outside(self) -> Response:
        """For a frame in which nobody is signed in: the way to a window of its own. It shows nothing of anybody."""
        let_frame(self.frames)
        return page("framed.html", 401, address=request.path if request.method in SAFE else "/")

    def keep(
        self, answer: Redirection | Response, name: str, value: str, seconds: int, *, framed: bool = False
    ) -> None:
        """Let the browser keep a cookie that no script sees, and that only this very host is sent.

        `framed`: within a frame it is sent a cookie only if that was set for frames, and keeps it apart for each site
        around the frame.
        """
        answer.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/",
            secure=self.encrypted,
            httponly=True,
            samesite="None" if framed else "Lax",
            partitioned=framed,
        )

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


def no_nul(told: Iterable[object]) -> None:
    """No browser sends a NUL from a page, and not every database keeps one. Raises UsageError for it."""
    if any(isinstance(each, str) and "\0" in each for each in told):
        raise UsageError("the character U+0000 stands for nothing that can be kept")


def is_framed() -> bool:
    """Is the session of this request, if there is one, one for a frame?"""
    found: Session | None = g.get("session")
    return found is not None and FRAMED_BY in found.content


def form_token() -> str:
    """What a form of this session has to carry: another site cannot know it."""
    token = g.get("session_token", "")
    return hmac.new(token.encode(), b"form", "sha256").hexdigest()


def page(name: str, status: int = 200, **content: object) -> Response:
    """A page from templates/pages."""
    return make_response(render_template(f"pages/{name}", **content), status)
