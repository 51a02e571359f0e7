"""/sign-in, /sign-out: who somebody is."""

from flask import Blueprint, Response, redirect
from werkzeug.wrappers import Response as Redirection

from service.store import sessions
from service.web.pages.desk import Desk, page

NAME = "sign_in"


def blueprint(desk: Desk) -> Blueprint:
    """Signing in and out."""
    pages = Blueprint(NAME, __name__)

    @pages.get("/sign-in")
    def sign_in() -> Response:
        """How one can sign in here."""
        return page("sign_in.html")

    @pages.post("/sign-out")
    def sign_out() -> Redirection:
        """End the session, in the database too."""
        from flask import g

        sessions.end(desk.store, g.session_token)
        answer = redirect("/sign-in")
        answer.delete_cookie(desk.cookie, path="/", secure=desk.encrypted)
        return answer

    return desk.guard(pages, open_to_all=frozenset({"sign_in"}))
