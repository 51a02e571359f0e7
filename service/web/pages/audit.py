"""/admin/audit: who looked at whom, when, in which study and why."""

from flask import Blueprint, Response, abort, request, stream_with_context

from service.screening.access.audited import note_deed
from service.screening.access.exported import audit_lines
from service.store import audit
from service.web.pages.administration import entries_asked, mine
from service.web.pages.desk import Desk, page, viewer

NAME = "audit"
MOST = 50
LARGEST = 2**63 - 1  # number of an entry
NDJSON = "application/fhir+ndjson"


def blueprint(desk: Desk) -> Blueprint:
    """The audit, for the administrators of each study."""
    pages = Blueprint(NAME, __name__)

    @pages.get("/admin/audit")
    def audited() -> Response:
        """The entries that are asked for, the newest first."""
        tenant, wanted = entries_asked(desk)
        before = request.args.get("before", type=int)
        if before is not None and not 0 <= before <= LARGEST:
            abort(400)
        found = audit.page(desk.store, wanted, MOST + 1, before)
        more = found[MOST - 1].id if len(found) > MOST else None
        asked = {name: request.args.get(name, "") for name in ("study", "account", "day")}
        shown = {"mine": mine(desk), "tenant": tenant, "entries": found[:MOST], "more": more, "asked": asked}
        return page("admin_audit.html", 200, **shown)

    @pages.post("/admin/audit/export")
    def export() -> Response:
        """The same as FHIR AuditEvents, one a line, the oldest first; that it was asked for is audited, too."""
        tenant, wanted = entries_asked(desk)
        study = request.form.get("study") or None
        note_deed(desk.store, viewer().account, tenant.name, study, "export-audit", desk.clock.now())
        answer = Response(stream_with_context(audit_lines(audit.walk(desk.store, wanted))), mimetype=NDJSON)
        answer.headers["Content-Disposition"] = 'attachment; filename="audit.ndjson"'
        return answer

    return desk.guard(pages)
