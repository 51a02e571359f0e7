"""/demo/sign-in: how the people of the demonstration sign in. Their passwords are known to this process alone."""

import hmac
from collections.abc import Iterable
from datetime import timedelta

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as Redirection

from service.screening.demo_people import Invited
from service.store import sessions
from service.web.guard import let_work
from service.web.pages.desk import Desk
from service.web.pages.refusals import explain

ENTRANCE = "/demo/sign-in"
LASTS = timedelta(hours=12)
WRONG = 401


def blueprint(people: Iterable[Invited], desk: Desk) -> Blueprint:
    """The entrance for these people."""
    page = Blueprint("demo_entrance", __name__)
    passwords = {each.account: each.password for each in people}

    @page.before_request
    def work() -> None:
        let_work()

    @page.get(ENTRANCE)
    def entrance() -> Response:
        """The form."""
        return _form(wrong=False, status=200)

    @page.post(ENTRANCE)
    def enter() -> Response | Redirection:
        """Sign in, if the password is the one that the terminal shows."""
        account, password = request.form.get("account", ""), request.form.get("password", "")
        if not hmac.compare_digest(password.encode(), passwords.get(account, "").encode()) or not password:
            return _form(wrong=True, status=WRONG)
        token = sessions.begin(desk.store, account, "demo", desk.clock.now(), LASTS)
        answer = redirect("/")
        answer.set_cookie(desk.cookie, token, path="/", httponly=True, samesite="Lax", secure=desk.encrypted)
        return answer

    return explain(page)


def _form(*, wrong: bool, status: int) -> Response:
    return make_response(render_template("pages/demo_sign_in.html", wrong=wrong), status)
