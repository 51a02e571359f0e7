"""/p/HANDLE, /p/HANDLE/STUDY, its history and sources: the pages of one patient. HANDLE is random, and says nothing.

Whoever asks for a patient that is not theirs learns no more than whoever asks for one that does not exist.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from flask import Blueprint, Response, request

from service.errors import Forbidden
from service.screening.access import Action
from service.screening.access.audited import note_view
from service.screening.decisions.forms import deciding
from service.screening.person.evidence import evidence_at
from service.screening.person.history import history
from service.screening.person.page import gather_page, trials, unnamed
from service.screening.person.source import reading, source_of
from service.screening.person.spoken import spoken
from service.screening.person.who import hide, who_of
from service.screening.tenant import Tenant
from service.store import assessments, decisions, people, worklist
from service.store.decisions import Decision
from service.store.people import Known
from service.web.language import wording
from service.web.pages.desk import LISTS, NOT_YOURS, Desk, page, session, viewer

NAME = "patient"
VIEW, REVEAL, HISTORY, SOURCE, TRIALS = "view-patient", "reveal-patient", "view-history", "view-source", "view-trials"


def blueprint(desk: Desk) -> Blueprint:
    """The pages of one patient."""
    pages = Blueprint(NAME, __name__)

    @pages.get("/p/<handle>")
    def all_trials(handle: str) -> Response:
        """All trials for one patient that whoever looks may see."""
        tenant, known, _ = _found(desk, handle, None)
        return _trials(desk, tenant, known, hidden=desk.hides_names())

    @pages.post("/p/<handle>/reveal")
    def reveal_all(handle: str) -> Response:
        """The same, with the name, once."""
        tenant, known, _ = _found(desk, handle, None)
        _note(desk, tenant, known, None, REVEAL)
        return _trials(desk, tenant, known, hidden=False)

    @pages.get("/p/<handle>/<study>")
    def patient(handle: str, study: str) -> Response:
        """One patient in one study."""
        tenant, known, others = _found(desk, handle, study)
        return _patient(desk, tenant, known, study, others, hidden=desk.hides_names())

    @pages.post("/p/<handle>/<study>/reveal")
    def reveal(handle: str, study: str) -> Response:
        """The same page with the name, once; that it was asked for is noted."""
        tenant, known, others = _found(desk, handle, study)
        _note(desk, tenant, known, study, REVEAL)
        return _patient(desk, tenant, known, study, others, hidden=False)

    @pages.get("/p/<handle>/<study>/history")
    def changes(handle: str, study: str) -> Response:
        """What changed, and why."""
        return _changes(desk, *_found(desk, handle, study)[:2], study)

    @pages.get("/p/<handle>/<study>/source/<int:number>")
    def source(handle: str, study: str, number: int) -> Response:
        """A record that an answer rests on, as it stands in the EHR now."""
        tenant, known, _ = _found(desk, handle, study)
        current = assessments.latest(desk.store, tenant.name, study, known.patient)
        holds = current is not None and current.withdrawn is None
        evidence = None
        if current is not None and holds:
            line = spoken(current.stored.line, tenant.catalog, wording())
            evidence = evidence_at(line, number, tenant.ehr_link)
        seen = request.args.get("seen", "")
        moved = current is None or evidence is None or (seen != "" and seen != str(current.stored.id))
        _note(desk, tenant, known, study, SOURCE)
        shown, hidden = None, desk.hides_names()
        if not moved and evidence is not None:
            shown = source_of(evidence, known.patient, reading(tenant, desk.clock), known if hidden else None)
        who = who_of(known, desk.today(tenant), hidden=hidden)
        title = tenant.catalog.studies[study].title
        return page("patient_source.html", who=who, study=study, title=title, source=shown)

    return desk.guard(pages)


def _found(desk: Desk, handle: str, study: str | None) -> tuple[Tenant, Known, tuple[str, ...]]:
    """The patient of this handle, and the (other) studies of theirs that whoever looks may see.

    Raises Forbidden, always in the same words: where there is none, where they stand in no worklist of this study (or,
    with `study` None, of any that is visible), and where the study is not open to whoever looks.
    """
    viewer()
    known = people.by_handle(desk.store, handle)
    if known is None or known.tenant not in desk.tenants:
        raise Forbidden(NOT_YOURS)
    tenant = desk.tenant(known.tenant)
    places = worklist.places(desk.store, tenant.name, known.patient)
    if study is not None:
        try:
            desk.need(tenant.name, study, Action.SEE)
        except Forbidden:
            raise Forbidden(NOT_YOURS) from None
    visible = tuple(each for each in desk.visible(tenant) if each in places)
    if not visible or (study is not None and study not in visible):
        raise Forbidden(NOT_YOURS)
    return tenant, known, tuple(each for each in visible if each != study)


def _patient(
    desk: Desk, tenant: Tenant, known: Known, study: str, others: tuple[str, ...], *, hidden: bool
) -> Response:
    _note(desk, tenant, known, study, VIEW)
    shown = gather_page(desk.store, tenant, study, known, others, desk.today(tenant), hidden=hidden, wording=wording())
    show = partial(unnamed, known=known) if hidden else _as_it_is
    open_to_them = deciding(desk.store, tenant, viewer(), known.patient, study, desk.clock.now(), show)
    action = f"/p/{known.handle}/{study}/decide"
    list_ = session().content.get(LISTS, {}).get(f"{tenant.name}/{study}", "")
    mine = {"who": shown.who, "tenant": tenant.name, "list": list_}
    return page("patient.html", 200, page=shown, deciding=open_to_them, action=action, **mine)


def _as_it_is(decision: Decision) -> Decision:
    return decision


def _changes(desk: Desk, tenant: Tenant, known: Known, study: str) -> Response:
    stored = assessments.history(desk.store, tenant.name, study, known.patient)
    decided = decisions.of_patient(desk.store, tenant.name, known.patient, study)
    if desk.hides_names():
        stored = tuple(replace(each, line=hide(each.line, known)) for each in stored)
        decided = tuple(unnamed(each, known) for each in decided)
    entries = history(stored, decided, tenant.catalog.site.zone, wording())
    _note(desk, tenant, known, study, HISTORY)
    who = who_of(known, desk.today(tenant), hidden=desk.hides_names())
    title = tenant.catalog.studies[study].title
    return page("patient_history.html", who=who, study=study, title=title, entries=entries)


def _trials(desk: Desk, tenant: Tenant, known: Known, *, hidden: bool) -> Response:
    studies = _found(desk, known.handle, None)[2]
    _note(desk, tenant, known, None, TRIALS)
    found = trials(desk.store, tenant, studies, known.patient)
    who = who_of(known, desk.today(tenant), hidden=hidden)
    return page("patient_trials.html", who=who, trials=found, tenant=tenant.name)


def _note(desk: Desk, tenant: Tenant, known: Known, study: str | None, what: str) -> None:
    """Every view is written down before it is answered."""
    note_view(desk.store, viewer(), tenant.name, study, known.patient, what, desk.clock.now())
