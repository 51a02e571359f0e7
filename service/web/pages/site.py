"""All pages together: each blueprint is named here once, so that none answers without `Desk.guard`."""

from collections.abc import Callable

from flask import Blueprint, Flask

from service.web.pages import sign_in, study
from service.web.pages.desk import Desk, form_token

PAGES: dict[str, Callable[[Desk], Blueprint]] = {
    sign_in.NAME: sign_in.blueprint,
    study.NAME: study.blueprint,
}
# They decide for themselves who may ask: who is signed in.
NAMES = frozenset(PAGES)


def register(app: Flask, desk: Desk) -> None:
    """Let the application answer with the pages."""
    app.jinja_env.globals["form_token"] = form_token
    app.jinja_env.globals.setdefault("_", lambda text, **values: text % values if values else text)
    for each in PAGES.values():
        app.register_blueprint(each(desk))
