"""/sign-in, /sign-out, /no-role: who somebody is."""

import secrets

from flask import Blueprint, Response, abort, g, redirect, request
from werkzeug.wrappers import Response as Redirection

from service.ehr.code_flow import same
from service.screening.access import local
from service.screening.access.audited import note_deed
from service.screening.access.known import viewer_of
from service.screening.access.ways import Source
from service.store import sessions
from service.store.accounts import Account
from service.web.guard import is_local
from service.web.pages.desk import FORM_TOKEN, Desk, is_framed, page, viewer
from service.web.pages.way_back import local_path

NAME = "sign_in"
HOME, NO_ROLE = "/", "/no-role"
EVERYBODY = "*"
FORWARDED = "X-Forwarded-For"
LONGEST_ADDRESS = 45
HOUR = 3600
NEXT, LONGEST_NAME = "next", 200
WRONG = "Account and password do not fit, or the account is not let in."
ANOTHER_PAGE = "The page was open for too long, or this browser keeps no cookies. Try again."


def blueprint(desk: Desk) -> Blueprint:
    """Signing in with a password, and out."""
    pages = Blueprint(NAME, __name__)

    @pages.get("/sign-in")
    def sign_in() -> Response:
        """How one can sign in here."""
        return shown(desk, "", wanted=local_path(request.args.get(NEXT)))

    @pages.post("/sign-in")
    def with_password() -> Response | Redirection:
        """Sign in with a password; only from a page of ours in this browser."""
        if not desk.sign_in.local:
            abort(404)
        wanted = local_path(request.form.get(NEXT))
        kept, given = request.cookies.get(before(desk), ""), request.form.get(FORM_TOKEN, "")
        if not kept or not same(kept, given):
            return shown(desk, ANOTHER_PAGE, 403, wanted=wanted)
        name, address = request.form.get("account", "").strip(), address_of()
        found = local.checked(desk.store, name, request.form.get("password", ""), address, desk.clock.now())
        if isinstance(found, Account):
            return let_in(desk, found, Source.LOCAL, wanted)
        return _wrong(desk, found, name, address, wanted)

    @pages.get("/no-role")
    def no_role() -> Response | Redirection:
        """For whoever is known, but has no role in any study: whom to ask."""
        if viewer().roles:
            return redirect(HOME)
        return page("no_role.html", viewer=viewer(), contact=desk.sign_in.contact)

    @pages.post("/sign-out")
    def sign_out() -> Response | Redirection:
        """End the session, in the database too."""
        sessions.end(desk.store, g.session_token)
        framed = is_framed()
        g.viewer = None
        answer = desk.outside() if framed else redirect("/sign-in")
        desk.keep(answer, desk.cookie, "", 0, framed=framed)
        return answer

    return desk.guard(pages, open_to_all=frozenset({"sign_in", "with_password"}))


def before(desk: Desk) -> str:
    """The name of the cookie of a browser in which nobody is signed in yet."""
    return f"{desk.cookie}-before"


def shown(desk: Desk, problem: str, status: int = 200, *, name: str = "", wanted: str | None = None) -> Response:
    """The page to sign in on; its form carries what its browser has in a cookie, so that no other site can send it.

    `name`: what was typed for the account; `wanted`: a path that was checked, to which signing in leads.
    """
    token = request.cookies.get(before(desk)) or secrets.token_urlsafe(32)
    more = {"before": token, "typed": name[:LONGEST_NAME], "wanted": wanted}
    answer = page("sign_in.html", status, ways=desk.sign_in, problem=problem, **more)
    desk.keep(answer, before(desk), token, HOUR)
    return answer


def let_in(desk: Desk, account: Account, source: Source, wanted: str | None = None) -> Redirection:
    """Sign somebody in, and lead them on: to the path that they `wanted`, which was checked."""
    known = viewer_of(desk.store, account.id, desk.clock.now())
    answer = redirect((wanted or HOME) if known is not None and known.roles else NO_ROLE)
    desk.enter(answer, account.id, source)
    note_deed(desk.store, account.id, EVERYBODY, None, "signed-in", desk.clock.now(), source=source)
    return answer


def address_of() -> str:
    """From where it is tried: behind a proxy of this machine, what that says itself, which is the last of the list.

    It opens nothing; it only tells those who try from one another.
    """
    remote = request.environ.get("REMOTE_ADDR", "")
    listed = request.headers.get(FORWARDED, "").rpartition(",")[2].strip()
    return listed[:LONGEST_ADDRESS] if is_local(remote) and listed else str(remote)


def _wrong(desk: Desk, refused: local.Refused, name: str, address: str, wanted: str | None) -> Response:
    if refused is local.Refused.WRONG:
        return shown(desk, WRONG, 403, name=name, wanted=wanted)
    minutes = int(local.wait(desk.store, name, address, desk.clock.now()).total_seconds() // 60) + 1
    answer = shown(desk, f"Too many attempts. Try again in {minutes} minutes.", 429, name=name, wanted=wanted)
    answer.headers["Retry-After"] = str(minutes * 60)
    return answer
