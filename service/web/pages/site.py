"""All pages together: each blueprint is named here once, so that none answers without `Desk.guard`."""

from collections.abc import Callable
from functools import partial

from flask import Blueprint, Flask

from service.web import language, words
from service.web.pages import (
    account,
    admin,
    api,
    audit,
    decisions,
    frame,
    issuers,
    patient,
    sign_in,
    study,
    today,
    worklist,
)
from service.web.pages.desk import Desk, form_token
from service.web.pages.refusals import explain, explain_all

PAGES: dict[str, Callable[[Desk], Blueprint]] = {
    sign_in.NAME: sign_in.blueprint,
    account.NAME: account.blueprint,
    admin.NAME: admin.blueprint,
    audit.NAME: audit.blueprint,
    issuers.NAME: issuers.blueprint,
    decisions.NAME: decisions.blueprint,
    patient.NAME: patient.blueprint,
    study.NAME: study.blueprint,
    today.NAME: today.blueprint,
    worklist.NAME: worklist.blueprint,
    api.NAME: api.blueprint,
}
# They decide for themselves who may ask: who is signed in.
NAMES = frozenset(PAGES)


def register(app: Flask, desk: Desk) -> None:
    """Let the application answer with the pages."""
    app.jinja_env.globals["form_token"] = form_token
    frame.register(app)
    language.install(app, partial(frame.preferred, desk))
    words.install(app)
    explain_all(app, desk.recognise)
    for each in PAGES.values():
        app.register_blueprint(explain(each(desk)))
