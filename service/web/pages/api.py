"""/api/…: the worklist and the news of the day as JSON, for the scripts of the pages. Described in openapi.json."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint, Response, request

from service.errors import UsageError
from service.screening.access import Action
from service.screening.tenant import Tenant
from service.screening.worklist import marks
from service.screening.worklist.asked import asked_of
from service.screening.worklist.listing import Shown, counted, shown
from service.store.worklist import Entry
from service.store.worklist_tabs import Tab
from service.web.answers import plain_json
from service.web.pages import today as today_page
from service.web.pages.desk import Desk, no_nul, viewer
from service.web.pages.worklist import LISTED, day_in, gathered, note, patient_in

NAME = "api"
DESCRIPTION = Path(__file__).parents[1] / "openapi.json"
LARGEST_NUMBER = 2**62


def blueprint(desk: Desk) -> Blueprint:
    """The JSON endpoints."""
    pages = Blueprint(NAME, __name__)
    description = orjson.loads(DESCRIPTION.read_bytes())

    @pages.get("/api/openapi.json")
    def openapi() -> Response:
        """What there is."""
        return plain_json(description)

    @pages.get("/api/today")
    def today() -> Response:
        """What is new."""
        news, trouble = today_page.gathered(desk)
        return plain_json({"studies": [_plain(each) for each in news], "tenants": [_plain(each) for each in trouble]})

    @pages.get("/api/worklist/<tenant>/<study>")
    def worklist(tenant: str, study: str) -> Response:
        """One page of a worklist; for whoever may not see patients the numbers alone."""
        found, asked = desk.need(tenant, study, Action.COUNT), asked_of(request.args)
        if study not in desk.visible(found):
            few = counted(desk.store, found, study, desk.clock.now(), exactly=False)
            counts = [{"tab": tab.value, "stand": None, "patients": number} for tab, number in few.items()]
            return plain_json({"counts": counts, "rows": None, "total": None, "page": 1, "pages": 1})
        made = gathered(desk, found, study, asked)
        rows = [_row(each) for each in made.rows]
        told = {"counts": _counts(made.counts), "rows": rows, "total": made.total}
        return plain_json({**told, "page": asked.page, "pages": made.pages})

    @pages.post("/api/worklist/<tenant>/<study>/claim")
    def claim(tenant: str, study: str) -> Response:
        """Look after a row, or leave it to others."""
        desk.need(tenant, study, Action.DECIDE)
        given = _given({"handle": str, "take": bool, "seen": int})
        patient = patient_in(desk, tenant, study, given["handle"])
        found, seen = desk.tenant(tenant), _id(given["seen"])
        entry = marks.claim(desk.store, found, viewer(), study, patient, given["take"], seen, desk.clock.now())
        return _answer(desk, found, study, entry)

    @pages.post("/api/worklist/<tenant>/<study>/snooze")
    def snooze(tenant: str, study: str) -> Response:
        """Put a row off."""
        desk.need(tenant, study, Action.DECIDE)
        given = _given({"handle": str, "until": str | None, "seen": int})
        patient = patient_in(desk, tenant, study, given["handle"])
        found = desk.tenant(tenant)
        until, seen = day_in(given["until"] or ""), _id(given["seen"])
        entry = marks.snooze(desk.store, found, viewer(), study, patient, until, seen, desk.clock.now())
        return _answer(desk, found, study, entry)

    return desk.guard(pages, open_to_all=frozenset({"openapi"}))


def _given(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The object that was sent, with these members and no others. Raises UsageError."""
    try:
        given = orjson.loads(request.get_data())
    except orjson.JSONDecodeError:
        raise UsageError("a JSON object is expected here; see /api/openapi.json") from None
    whole = isinstance(given, dict) and given.keys() == wanted.keys()
    if not whole or not all(isinstance(given[name], kind) for name, kind in wanted.items()):
        raise UsageError(f"a JSON object with {', '.join(wanted)} is expected here; see /api/openapi.json")
    no_nul(given.values())
    if isinstance(given["seen"], bool):
        raise UsageError("seen is a number; see /api/openapi.json")
    return dict(given)


def _id(number: int) -> int:
    if not 0 <= number <= LARGEST_NUMBER:
        raise UsageError("seen is the number of a decision, 0 or more")
    return number


def _answer(desk: Desk, tenant: Tenant, study: str, entry: Entry | None) -> Response:
    """The row as it stands now; that it was seen is written down."""
    if entry is None:
        return plain_json({"row": None})
    note(desk, tenant.name, study, LISTED, entry.patient)
    nameless = desk.hides_names()
    (made,) = shown(desk.store, tenant.name, study, (entry,), desk.visible(tenant), nameless=nameless)
    return plain_json({"row": _row(made)})


def _row(row: Shown) -> dict[str, Any]:
    """A row without the id of the patient: the handle stands for it."""
    entry, person, line = row.entry, row.person, row.entry.line
    names = ("standing", "status", "unresolved", "until", "hidden", "claimed_by", "look_again", "changed")
    return {
        "handle": None if person is None else person.handle,
        "name": None if person is None else person.name,
        "born": None if person is None else person.born,
        "appointment": None if person is None else person.appointment,
        **{name: getattr(entry, name) for name in names},
        "changed_from": entry.changed_from,
        **{name: line[name] for name in ("signal", "fit", "of", "settle", "newest")},
        "against": [{"criterion": each.criterion, "sentence": str(each)} for each in row.reasons],
        "elsewhere": [{"study": study, "stand": stand} for study, stand in row.elsewhere],
    }


def _counts(counts: Mapping[tuple[Tab, str], int]) -> list[dict[str, Any]]:
    return [{"tab": tab.value, "stand": stand, "patients": number} for (tab, stand), number in counts.items()]


def _plain(thing: Any) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in thing.__slots__}
