"""GET /: where people begin. Who is signed in goes on to their work; on this machine it says what the service is."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template
from werkzeug.wrappers import Response as Redirection

from service import __version__
from service.catalog.load import Catalog
from service.web.guard import comes_from_here

NAME = "home"
TODAY, SIGN_IN = "/today", "/sign-in"
Recognise = Callable[[], bool]


def blueprint(catalog: Catalog, recognise: Recognise | None, *, allow_remote: bool) -> Blueprint:
    """The first page. `recognise`: is somebody signed in? None: there are no pages to sign in to."""
    page = Blueprint(NAME, __name__)
    listed = [catalog.studies[each] for each in sorted(catalog.studies)]

    @page.get("/")
    def home() -> Response | Redirection:
        """People of other machines see nothing without signing in, unless these are let in."""
        known = recognise is not None and recognise()
        if known and any(rule.rule == TODAY for rule in current_app.url_map.iter_rules()):
            return redirect(TODAY)
        if not (known or allow_remote or comes_from_here()):
            return redirect(SIGN_IN) if recognise is not None else abort(403)
        entrance = SIGN_IN if recognise is not None else None
        return make_response(
            render_template("home.html", studies=listed, version=__version__, entrance=entrance, known=known)
        )

    return page
