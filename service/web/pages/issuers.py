"""/sign-in/oidc/…: to an issuer that knows who somebody is, and back."""

from flask import Blueprint, Response, abort, redirect, request
from werkzeug.wrappers import Response as Redirection

from service.errors import EhrError, LaunchRefused
from service.screening.access.identified import PATIENCE, Issuers
from service.screening.access.ways import Source
from service.web.pages.desk import Desk
from service.web.pages.sign_in import NEXT, WRONG, before, let_in, shown
from service.web.pages.way_back import local_path

NAME = "issuers"
AWAY = "The way to sign in does not answer as it should. Try again in a minute, or tell whoever looks after it."


def blueprint(desk: Desk) -> Blueprint:
    """Signing in by OpenID Connect."""
    pages = Blueprint(NAME, __name__)
    issuers = Issuers(desk.sign_in.issuers, desk.store, desk.clock)

    @pages.get("/sign-in/oidc/<name>")
    def leave(name: str) -> Response | Redirection:
        """Away to an issuer."""
        try:
            way = issuers.leave(name)
        except EhrError:
            return shown(desk, AWAY, 502)
        if way is None:
            abort(404)
        answer = redirect(way.address)
        desk.keep(answer, f"{before(desk)}-{way.id}", way.key, int(PATIENCE.total_seconds()))
        desk.keep(answer, _wanted(desk), local_path(request.args.get(NEXT)) or "", int(PATIENCE.total_seconds()))
        return answer

    @pages.get("/sign-in/oidc/<name>/callback")
    def back(name: str) -> Response | Redirection:
        """Back from it: each state counts once, and only in the browser that it was made for."""
        state = _once("state") or ""
        cookie = f"{before(desk)}-{state.partition('.')[0]}"
        sender = (_once("iss") or "") if "iss" in request.args else None
        answer: Response | Redirection
        try:
            found = issuers.returned(name, state, request.cookies.get(cookie, ""), _once("code"), sender)
        except LaunchRefused as error:
            return shown(desk, str(error), 400)
        except EhrError:
            return shown(desk, AWAY, 502)
        wanted = local_path(request.cookies.get(_wanted(desk)))
        answer = let_in(desk, found, Source.OIDC, wanted) if found.disabled is None else shown(desk, WRONG, 403)
        desk.keep(answer, cookie, "", 0)
        desk.keep(answer, _wanted(desk), "", 0)
        return answer

    return desk.guard(pages, open_to_all=frozenset({"leave", "back"}))


def _wanted(desk: Desk) -> str:
    """The name of the cookie with the path to which signing in leads."""
    return f"{before(desk)}-{NEXT}"


def _once(name: str) -> str | None:
    """A parameter that is given once, and not empty."""
    given = request.args.getlist(name)
    return given[0] if len(given) == 1 and given[0] else None
