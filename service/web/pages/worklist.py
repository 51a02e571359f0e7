"""/worklist, /worklist/TENANT/STUDY: whom to look at. A search is posted, so that no name is in an address or a log."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from urllib.parse import parse_qsl, quote

from flask import Blueprint, Response, redirect, request, stream_with_context, url_for
from werkzeug.wrappers import Response as Redirection

from service.errors import Forbidden, UsageError
from service.screening.access import Action, may
from service.screening.person.spoken import speech_of
from service.screening.tenant import Tenant
from service.screening.worklist import marks
from service.screening.worklist.asked import Asked, asked_of
from service.screening.worklist.listing import Listing, counted, day_of, listing
from service.screening.worklist.table import table
from service.store import audit, people
from service.store.worklist_tabs import Tab
from service.web.language import wording
from service.web.pages.desk import NOT_YOURS, Desk, page, viewer

NAME = "worklist"
LISTED, EXPORTED = "list-patient", "export-patient"
DONE = frozenset({"claimed", "released", "put-off", "not-put-off"})  # what a list says after its form was sent
NO_SUCH = "the address asks for what there is not; begin again from the list of studies"
UNFIT = re.compile(r"[^A-Za-z0-9._-]+")  # for the name of a file


def blueprint(desk: Desk) -> Blueprint:
    """The list of studies, and the worklist of each."""
    pages = Blueprint(NAME, __name__)

    @pages.get("/worklist")
    def studies() -> Response:
        """The studies of whoever is signed in, with their numbers."""
        return page("worklists.html", studies=tuple(_studies(desk)))

    @pages.get("/worklist/<tenant>/<study>")
    def worklist(tenant: str, study: str) -> Response:
        """One page of it; or the numbers alone."""
        given = request.args.to_dict()
        done = given.pop("done", "")
        if done and done not in DONE:
            raise UsageError(NO_SUCH)
        asked = asked_of(given)
        desk.remember(f"{tenant}/{study}", asked.here())
        return _shown(desk, tenant, study, asked, done)

    @pages.post("/worklist/<tenant>/<study>")
    def search(tenant: str, study: str) -> Response:
        """Those of this name, or with this number."""
        asked = asked_of({"page": request.form.get("page", "")}, request.form.get("search"))
        return _shown(desk, tenant, study, asked)

    @pages.post("/worklist/<tenant>/<study>/claim")
    def claim(tenant: str, study: str) -> Redirection:
        """Look after a row, or leave it to others."""
        patient = patient_in(desk, tenant, study, request.form.get("handle", ""))
        take, seen = request.form.get("take") == "yes", number_of(request.form.get("seen", ""))
        marks.claim(desk.store, desk.tenant(tenant), viewer(), study, patient, take, seen, desk.clock.now())
        return _back(tenant, study, "claimed" if take else "released", request.form.get("handle", ""))

    @pages.post("/worklist/<tenant>/<study>/snooze")
    def snooze(tenant: str, study: str) -> Redirection:
        """Put a row off."""
        patient = patient_in(desk, tenant, study, request.form.get("handle", ""))
        until, seen = day_in(request.form.get("until", "")), number_of(request.form.get("seen", ""))
        marks.snooze(desk.store, desk.tenant(tenant), viewer(), study, patient, until, seen, desk.clock.now())
        return _back(tenant, study, "put-off" if until else "not-put-off", request.form.get("handle", ""))

    @pages.get("/worklist/<tenant>/<study>/table.csv")
    def csv(tenant: str, study: str) -> Response:
        """All rows of a tab for a spreadsheet."""
        found = desk.need(tenant, study, Action.EXPORT)
        rows = _noted(desk, found, study, asked_of(request.args))
        answer = Response(stream_with_context(rows), mimetype="text/csv; charset=utf-8")
        name = UNFIT.sub("-", f"worklist-{study}-{desk.today(found)}")
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return desk.guard(pages)


def _studies(desk: Desk) -> Iterator[tuple[Tenant, str, Mapping[Tab, int | None]]]:
    for tenant in desk.tenants.values():
        seen = desk.visible(tenant)
        for study in own_studies(desk, tenant):
            yield tenant, study, counted(desk.store, tenant, study, desk.clock.now(), exactly=study in seen)


def own_studies(desk: Desk, tenant: Tenant) -> tuple[str, ...]:
    """The studies of which whoever is looking may see the numbers."""
    today, bases = desk.today(tenant), desk.bases(tenant)
    return tuple(each for each in tenant.studies if may(viewer(), tenant.name, each, Action.COUNT, bases[each], today))


def gathered(desk: Desk, tenant: Tenant, study: str, asked: Asked) -> Listing:
    """The rows that were asked for; that they were seen is written down before they are shown."""
    now = desk.clock.now()
    who, seen, nameless = viewer().account, desk.visible(tenant), desk.hides_names()
    found = listing(desk.store, tenant, study, who, seen, asked, now, nameless=nameless)
    note(desk, tenant.name, study, LISTED, *(each.entry.patient for each in found.rows))
    return found


def note(desk: Desk, tenant: str, study: str, what: str, *patients: str) -> None:
    """Write down who saw whom."""
    now, who = desk.clock.now(), viewer().account
    audit.append(desk.store, *(audit.Entry(now, tenant, who, what, study, each) for each in patients))


def patient_in(desk: Desk, tenant: str, study: str, handle: str) -> str:
    """Whom a handle stands for, if whoever is looking may decide in this study. Raises Forbidden."""
    desk.need(tenant, study, Action.DECIDE)
    known = people.by_handle(desk.store, handle)
    if known is None or known.tenant != tenant:
        raise Forbidden(NOT_YOURS)
    return known.patient


def number_of(text: str) -> int:
    """The id of the decision that somebody saw. Raises UsageError."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise UsageError("the form is not whole; load the page again")
    return int(text)


def day_in(text: str) -> date | None:
    """A day, or nothing. Raises UsageError."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError("that is no day; write it as 2026-06-30") from None


def _shown(desk: Desk, tenant: str, study: str, asked: Asked, done: str = "") -> Response:
    found = desk.need(tenant, study, Action.COUNT)
    title = found.catalog.studies[study].title
    if study not in desk.visible(found):
        counts = counted(desk.store, found, study, desk.clock.now(), exactly=False)
        return page("worklist_counts.html", tenant=found, study=study, title=title, counts=counts, tabs=Tab)
    made = gathered(desk, found, study, asked)
    allowed = partial(may, viewer(), tenant, study, basis=desk.bases(found)[study], on=desk.today(found))
    return page(
        "worklist.html",
        tenant=found,
        study=study,
        spoken=speech_of(found.catalog, found.catalog.studies[study], wording()).said,
        title=title,
        listing=made,
        asked=asked,
        done=done,
        zone=found.catalog.site.zone,
        tabs=Tab,
        day_began=day_of(found, desk.clock.now())[1],
        may_decide=allowed(action=Action.DECIDE),
        may_export=allowed(action=Action.EXPORT),
        account=viewer().account,
    )


def _noted(desk: Desk, tenant: Tenant, study: str, asked: Asked) -> Iterator[str]:
    """The table; that it was exported is written down first, and each patient in it."""
    now, who = desk.clock.now(), viewer().account
    audit.append(desk.store, audit.Entry(now, tenant.name, who, "export-worklist", study, detail={"tab": asked.tab}))
    taken: list[str] = []
    for part in table(desk.store, tenant, study, who, asked, now, taken, nameless=desk.hides_names()):
        note(desk, tenant.name, study, EXPORTED, *taken)
        taken.clear()
        yield part


def _back(tenant: str, study: str, done: str, handle: str) -> Redirection:
    """To the row whose form was sent, in the worklist where that was; to the one beside it, where it has left that."""
    asked = asked_of(dict(parse_qsl(request.form.get("query", ""))))
    gone = done == "put-off" and asked.within is Tab.NOW
    row = request.form.get("beside", "") if gone else handle
    address = url_for("worklist.worklist", tenant=tenant, study=study)
    place = f"#row-{quote(row)}" if row else ""
    return redirect(f"{address}?{asked.here()}&done={done}{place}", 303)
