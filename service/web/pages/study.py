"""/study/TENANT/STUDY: what a study asks, what it said before, and what its assessments add up to."""

from dataclasses import asdict

from flask import Blueprint, Response, redirect
from markupsafe import Markup
from werkzeug.wrappers import Response as Redirection

from service.eligibility.explain.day_chart import day_chart
from service.eligibility.explain.wording import ENGLISH, Wording
from service.errors import Forbidden
from service.screening.access import Action, Role, allows
from service.screening.studying.view import StudyView, study_view, version_steps
from service.screening.tenant import Tenant
from service.store import studying, worklist
from service.web.answers import plain_json
from service.web.language import gettext as _, wording
from service.web.pages.desk import NOT_YOURS, Desk, page, viewer

NAME = "study"
MAY_COUNT = frozenset({Role.ADMIN, Role.COORDINATOR})
PLACE = "/<tenant>/<study>"


def blueprint(desk: Desk) -> Blueprint:
    """The pages of studies."""
    pages = Blueprint(NAME, __name__)

    @pages.get(f"/study{PLACE}")
    def show(tenant: str, study: str) -> Response:
        """The study with its numbers."""
        found = desk.need(tenant, study, Action.COUNT)
        view = _view(desk, found, study, wording())
        kept_out = worklist.kept_out(desk.store, tenant, study) if view.seen else {}
        more = {"may_count": _may_count(tenant, study), "kept_out": kept_out}
        return page("study.html", 200, tenant=tenant, view=view, chart=_chart(view), **more)

    @pages.get(f"/study{PLACE}/versions")
    def versions(tenant: str, study: str) -> Response:
        """What each version of it said."""
        found = desk.need(tenant, study, Action.COUNT)
        seen = _sees(desk, found, study)
        steps = version_steps(desk.store, found, study, seen=seen)
        return page("study_versions.html", tenant=tenant, study=found.catalog.studies[study], steps=steps)

    @pages.post(f"/study{PLACE}/count")
    def count(tenant: str, study: str) -> Redirection:
        """Let the worker count now."""
        found = desk.need(tenant, study, Action.COUNT)
        if not _may_count(tenant, study):
            raise Forbidden(NOT_YOURS)
        studying.ask(desk.store, tenant, study, desk.today(found), desk.clock.now())
        return redirect(f"/study/{tenant}/{study}", 303)

    @pages.get(f"/api/study{PLACE}")
    def as_json(tenant: str, study: str) -> Response:
        """What the page shows, as JSON; a number that is not shown is null."""
        found = desk.need(tenant, study, Action.COUNT)
        return plain_json(asdict(_view(desk, found, study)))

    return desk.guard(pages)


def _view(desk: Desk, tenant: Tenant, study: str, wording: Wording = ENGLISH) -> StudyView:
    seen = _sees(desk, tenant, study)
    return study_view(desk.store, tenant, study, desk.today(tenant), seen=seen, wording=wording)


def _sees(desk: Desk, tenant: Tenant, study: str) -> bool:
    """May they see the patients, and so every number?"""
    basis = desk.bases(tenant)[study]
    return allows(viewer(), tenant.name, study, Action.SEE, basis, desk.today(tenant)) is None


def _may_count(tenant: str, study: str) -> bool:
    return bool(viewer().roles_in(tenant, study) & MAY_COUNT)


def _chart(view: StudyView) -> Markup | None:
    if not view.days:
        return None
    series = {
        _("Candidates"): [each.candidate for each in view.days],
        _("Needs review"): [each.needs_review for each in view.days],
        _("Later"): [each.later for each in view.days],
        _("Checked by people"): [each.checked for each in view.days],
    }
    drawn = day_chart(_("Counts over time"), [each.day for each in view.days], series, "over-time-", wording())
    return Markup(drawn)  # it is written by a serializer, which escapes
