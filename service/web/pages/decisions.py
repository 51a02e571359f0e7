"""POST /p/HANDLE/STUDY/decide: what a person decides about a patient in a study.

A form says which kind of decision it is and what it saw; the answer is a redirection to the patient's page. What cannot
be kept is answered with a page that says why, with what others decided meanwhile, and with what was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as Redirection

from service.errors import Forbidden, Outpaced, PrescreenError, UsageError
from service.screening.access import Action
from service.screening.decisions.forms import Deciding, deciding
from service.screening.decisions.given import Given
from service.screening.decisions.kinds import Kind
from service.screening.decisions.make import decide
from service.screening.tenant import Tenant
from service.store import people, worklist
from service.web.language import gettext
from service.web.pages.desk import NOT_YOURS, Desk, page, viewer
from service.web.pages.refusals import reason

NAME = "decisions"
STATUS: Mapping[type[PrescreenError], int] = {Forbidden: 403, Outpaced: 409, UsageError: 400}
KINDS: Mapping[str, Kind] = {each.value: each for each in Kind}


@dataclass(frozen=True, slots=True)
class _Whose:
    tenant: Tenant
    patient: str
    handle: str


def blueprint(desk: Desk) -> Blueprint:
    """The address of all forms."""
    pages = Blueprint(NAME, __name__)

    @pages.post("/p/<handle>/<study>/decide")
    def keep(handle: str, study: str) -> Response | Redirection:
        """Keep it, or say why not."""
        try:
            whose = _whose(desk, handle, study)
        except Forbidden:
            return page("decision_refused.html", 403, problem=gettext(NOT_YOURS), deciding=None, back="/", typed="")
        try:
            given = given_in(whose.patient, study, request.form)
            decide(desk.store, whose.tenant, viewer(), given, desk.clock.now(), _seen(request.form))
        except (Forbidden, Outpaced, UsageError) as problem:
            return _refused(desk, whose, study, problem)
        return redirect(f"/p/{handle}/{study}", 303)

    return desk.guard(pages)


def given_in(patient: str, study: str, form: Mapping[str, str]) -> Given:
    """What a form says. Raises UsageError for one that is none of ours."""
    kind = KINDS.get(form.get("kind", ""))
    if kind is None:
        raise UsageError("this form is none of ours; open the page again")
    if not form.keys() >= FIELDS[kind].keys():  # an empty field takes back; one that got lost says nothing
        raise UsageError("this form is none of ours; open the page again")
    content = {name: read(form[name]) for name, read in FIELDS[kind].items()}
    about = form.get("about") or None
    everywhere = kind is Kind.SILENCE and form.get("everywhere") == "yes"
    return Given(study, patient, kind, about, content, form.get("reason") or None, everywhere)


def _text(written: str) -> str | None:
    """An empty field, or the choice "nothing", takes back."""
    return written or None


def _flag(written: str) -> bool | None:
    return {"yes": True, "no": False}.get(written)


Read = Callable[[str], Any]
ANSWERED: Mapping[str, Read] = {"outcome": _text, "was": _text}
FIELDS: Mapping[Kind, Mapping[str, Read]] = {
    Kind.STATUS: {"status": _text},
    Kind.ANSWER: ANSWERED,
    Kind.OVERRIDE: ANSWERED,
    Kind.CORRECTION: {"claim": _text, "version": _text},
    Kind.SILENCE: {"why": _text, "until": _text},
    Kind.CLAIM: {"claimed": _flag},
    Kind.SNOOZE: {"until": _text},
    Kind.APPROVAL: {"approved": _flag},
    Kind.NOTE: {},
}


def _seen(form: Mapping[str, str]) -> int:
    """The newest decision that the person knew of; a form without it would overwrite others."""
    written = form.get("seen", "")
    if not written.isascii() or not written.isdigit() or len(written) > 18:
        raise UsageError("this form is none of ours; open the page again")
    return int(written)


def _refused(desk: Desk, whose: _Whose, study: str, problem: PrescreenError) -> Response:
    status = next(code for kind, code in STATUS.items() if isinstance(problem, kind))
    shown: Deciding | None = None
    if not isinstance(problem, Forbidden):
        shown = deciding(desk.store, whose.tenant, viewer(), whose.patient, study, desk.clock.now())
    back = f"/p/{whose.handle}/{study}"
    typed = request.form.get("reason", "")
    return page("decision_refused.html", status, problem=reason(problem), deciding=shown, back=back, typed=typed)


def _whose(desk: Desk, handle: str, study: str) -> _Whose:
    """Whom a handle stands for, if whoever looks may see them in this study's worklist. Raises Forbidden."""
    found = people.by_handle(desk.store, handle)
    if found is None or study not in worklist.places(desk.store, found.tenant, found.patient):
        raise Forbidden(NOT_YOURS)
    return _Whose(desk.need(found.tenant, study, Action.SEE), found.patient, handle)
