"""/admin/people, /admin/studies: who has which role, and on which basis each study stands."""

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as Redirection

from service.errors import UsageError
from service.screening.access import Action, Role
from service.screening.access.administered import KINDS, enter, give, take
from service.screening.access.policy import WORKING
from service.store import accounts, bases
from service.web.pages.administration import day_in, looks_after_all, mine, scope, scopes
from service.web.pages.desk import Desk, page, viewer

NAME = "admin"
NEWCOMERS = 50


def blueprint(desk: Desk) -> Blueprint:
    """What administrators do, each for their own studies."""
    pages = Blueprint(NAME, __name__)

    @pages.get("/admin/people")
    def people() -> Response:
        """The roles in the studies of whoever is looking."""
        return _people(desk, "")

    @pages.post("/admin/people")
    def change_people() -> Response | Redirection:
        """Give a role, or take it."""
        given = {name: request.form.get(name, "").strip() for name in ("tenant", "study", "account", "role", "do")}
        tenant = scope(desk, given["tenant"], given["study"])
        change = take if given["do"] == "take" else give
        try:
            change(
                desk.store,
                tenant,
                given["study"],
                given["account"],
                given["role"],
                viewer().account,
                desk.clock.now(),
            )
        except UsageError as error:
            return _people(desk, str(error), 400)
        return redirect("/admin/people")

    @pages.get("/admin/studies")
    def studies() -> Response:
        """The bases of the studies, and what they were before."""
        return _studies(desk, "")

    @pages.post("/admin/studies")
    def change_study() -> Response | Redirection:
        """Enter a basis."""
        form = request.form
        study = form.get("study", "")
        tenant = desk.need(form.get("tenant", ""), study, Action.ADMINISTER)
        try:
            enter(
                desk.store,
                tenant,
                study,
                form.get("kind", ""),
                form.get("approval"),
                day_in(form.get("expires", "")),
                tuple(form.getlist("role")),
                viewer().account,
                desk.clock.now(),
            )
        except UsageError as error:
            return _studies(desk, str(error), 400)
        return redirect("/admin/studies")

    return desk.guard(pages)


def _people(desk: Desk, problem: str, status: int = 200) -> Response:
    choices = scopes(desk)
    listed = {name: accounts.given_in(desk.store, name, some) for name, some in choices.items()}
    waiting = accounts.without_role(desk.store, NEWCOMERS) if any(map(looks_after_all, choices)) else ()
    known = {each.account: accounts.find(desk.store, each.account) for some in listed.values() for each in some}
    shown = {"listed": listed, "choices": choices, "waiting": waiting, "known": known, "roles": tuple(Role)}
    return page("admin_people.html", status, problem=problem, **shown)


def _studies(desk: Desk, problem: str, status: int = 200) -> Response:
    own = mine(desk)
    entered = {(name, study): bases.history(desk.store, name, study) for name, some in own.items() for study in some}
    today = {name: desk.today(desk.tenants[name]) for name in own}
    shown = {"entered": entered, "today": today, "kinds": KINDS, "roles": sorted(WORKING)}
    return page("admin_studies.html", status, problem=problem, **shown)
