"""What stands around each page: where one can go, who is signed in, in which language."""

from dataclasses import dataclass, field

from flask import Flask, g, request

from service.screening.access import Role, Viewer
from service.store import accounts
from service.web.language import gettext as _
from service.web.pages.desk import Desk

ACCOUNT = "/account"
HOME = "/"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one can go. `here`: `page`, or `true` for what is below it."""

    address: str
    text: str
    here: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """`places`: those that are open to whoever is signed in. `account`: the page of their own preferences, if any."""

    home: str = HOME
    places: tuple[Place, ...] = ()
    name: str | None = field(default=None, repr=False)
    account: str | None = None


def register(app: Flask) -> None:
    """Let base.html ask for its frame."""
    app.jinja_env.globals["frame"] = lambda: frame_of(app)


def frame_of(app: Flask) -> Frame:
    """The frame for whoever is signed in, or for nobody."""
    viewer: Viewer | None = g.get("viewer")
    if viewer is None:
        return Frame()
    addresses = {rule.rule for rule in app.url_map.iter_rules()}
    wanted = [("/today", _("Today")), ("/worklist", _("Worklists"))]
    if any(Role.ADMIN in each for each in viewer.roles.values()):
        wanted += [("/admin/people", _("Administration"))]
    places = tuple(Place(address, text, _here(address)) for address, text in wanted if address in addresses)
    return Frame(HOME, places, viewer.name, ACCOUNT if ACCOUNT in addresses else None)


def preferred(desk: Desk) -> str | None:
    """The language that whoever is signed in prefers."""
    viewer: Viewer | None = g.get("viewer")
    account = None if viewer is None else accounts.find(desk.store, viewer.account)
    return None if account is None else account.preferences.get("language")


def _here(address: str) -> str:
    if request.path == address:
        return "page"
    section = address.rpartition("/")[0] or address  # /admin/people stands for all of /admin
    return "true" if request.path.startswith(f"{section}/") else ""
