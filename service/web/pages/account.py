"""/account: what somebody sets for themselves, their password, and where they are signed in."""

from flask import Blueprint, Response, abort, g, redirect, request
from werkzeug.wrappers import Response as Redirection

from service.errors import UsageError
from service.screening.access import local
from service.screening.access.audited import note_deed
from service.store import accounts, sessions
from service.web.language import LANGUAGES
from service.web.pages.desk import Desk, page, session, viewer
from service.web.pages.digests import OFTEN, keep_wish, wishes
from service.web.pages.sign_in import address_of

NAME = "account"
AS_ASKED = "As the browser asks"
CHOICES = {"": AS_ASKED, **LANGUAGES}
NAMES = {"shown": "Shown", "hidden": "Hidden, until I reveal one"}
OLD_IS_WRONG = "The old password is not right, or was tried too often; nothing changed."
NOT_THE_SAME = "The new password was not written the same twice; nothing changed."
ELSEWHERE = "*"


def blueprint(desk: Desk) -> Blueprint:
    """The account of whoever is signed in."""
    pages = Blueprint(NAME, __name__)

    @pages.get("/account")
    def account() -> Response:
        """What can be set, and where one is signed in."""
        return _shown(desk, "")

    @pages.post("/account")
    def prefer() -> Redirection:
        """Keep how the pages are shown. What others keep among the preferences stays."""
        language, names = request.form.get("language", ""), request.form.get("names", "shown")
        if language not in CHOICES or names not in NAMES:
            abort(400)
        mine = accounts.find(desk.store, viewer().account) or abort(403)
        kept = {**mine.preferences, "names": names, "language": language}
        accounts.change(desk.store, mine.id, preferences={key: each for key, each in kept.items() if each})
        return redirect("/account")

    @pages.post("/account/sign-out-everywhere")
    def everywhere() -> Redirection:
        """End every session, this one too."""
        sessions.end_all(desk.store, viewer().account)
        answer = redirect("/sign-in")
        desk.keep(answer, desk.cookie, "", 0)
        return answer

    _add_digests(pages, desk)
    _add_password(pages, desk)
    return desk.guard(pages)


def _add_digests(pages: Blueprint, desk: Desk) -> None:
    @pages.post("/account/digests")
    def digests() -> Response | Redirection:
        """Let oneself be told of news in a study, otherwise, or not any more. The key of a webhook is shown once."""
        try:
            key = keep_wish(desk, request.form)
        except UsageError as error:
            return _shown(desk, str(error), 400)
        return redirect("/account#digests") if key is None else _shown(desk, "", key=key)


def _add_password(pages: Blueprint, desk: Desk) -> None:
    @pages.post("/account/password")
    def password() -> Response | Redirection:
        """Set another password; all other sessions end."""
        new = request.form.get("new", "")
        if new != request.form.get("again", ""):
            return _shown(desk, NOT_THE_SAME, 400)
        try:
            changed = local.change_password(
                desk.store,
                viewer().account,
                request.form.get("old", ""),
                new,
                address_of(),
                g.session_token,
                desk.clock.now(),
            )
        except UsageError as error:
            return _shown(desk, str(error), 400)
        if not changed:
            return _shown(desk, OLD_IS_WRONG, 403)
        note_deed(desk.store, viewer().account, ELSEWHERE, None, "password-changed", desk.clock.now())
        return redirect("/account")


def _shown(desk: Desk, problem: str, status: int = 200, key: str | None = None) -> Response:
    return page(
        "account.html",
        status,
        mine=accounts.find(desk.store, viewer().account),
        roles=accounts.roles_of(desk.store, viewer().account),
        sessions=sessions.of_account(desk.store, viewer().account, desk.clock.now()),
        here=session(),
        languages=CHOICES,
        names=NAMES,
        problem=problem,
        wishes=wishes(desk),
        ways=desk.ways,
        how_often=OFTEN,
        webhook_key=key,
    )
