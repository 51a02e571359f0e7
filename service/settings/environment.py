"""The environment, and what it says of the file. What stands in the environment goes before what stands in the file."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from service.ehr.transport import new_session
from service.errors import SettingsError
from service.screening.worklist.digests import Say, Telling
from service.screening.worklist.sending import MailServer
from service.settings.cds_clients import ANY_ORIGIN
from service.settings.file import NOTHING, Given, TenantSettings, read_settings
from service.settings.sign_in import SignInSettings
from service.store.retention import Keep

PREFIX = "PRESCREEN_"
CONFIG, DATABASE, MODE = f"{PREFIX}CONFIG", f"{PREFIX}DATABASE", f"{PREFIX}ENV"
LARGEST_REQUEST, SITE = f"{PREFIX}LARGEST_REQUEST_MB", f"{PREFIX}SITE"
KNOWN = frozenset({CONFIG, DATABASE, LARGEST_REQUEST, MODE, SITE})
MEGABYTE = 1_000_000
DEFAULT_DATABASE = "sqlite:///prescreen.db"


class Mode(StrEnum):
    """Whether people try things out here, or patients depend on it."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class Settings:
    """`site`: the directory of the site's own content, if it has any. `largest_request`: in bytes.

    `allow_remote`: other machines may ask for everything; somebody else authenticates them. `public_url`: the https
    address under which EHRs reach us, without a slash at its end. `writes`: False stops writing for every tenant.
    """

    site: Path | None = None
    largest_request: int = 50 * MEGABYTE
    mode: Mode = Mode.PRODUCTION
    database: str = field(default=DEFAULT_DATABASE, repr=False)
    allow_remote: bool = False
    public_url: str | None = None
    writes: bool = True
    keep: Keep = Keep()
    sign_in: SignInSettings = SignInSettings()
    mail: MailServer | None = None
    tenants: tuple[TenantSettings, ...] = ()

    @property
    def in_development(self) -> bool:
        """Do people try things out here?"""
        return self.mode is Mode.DEVELOPMENT

    def telling(self, say: Say) -> Telling | None:
        """By what digests leave, and how they speak; None: nobody could follow their link, so that none is sent."""
        return None if self.public_url is None else Telling(self.public_url, new_session(), self.mail, say)

    @classmethod
    def from_env(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """The settings of this environment. Raises SettingsError with every problem, those of the file included."""
        problems = list(_unknown(environment))
        given = _file(environment, problems)
        chosen: dict[str, Any] = {**given.settings, **_variables(environment, problems)}
        settings = replace(cls(tenants=given.tenants), **chosen)
        problems += settings.contradictions()
        if problems:
            raise SettingsError(problems)
        return settings

    def contradictions(self) -> list[str]:
        """What is understood part by part, and is not safe together."""
        problems = []
        if self.in_development and self.allow_remote:
            problems.append("allow_remote lets other machines in, and in development nobody proves who they are")
        if not self.in_development:
            problems += [
                f"{each.where}: the origin * lets every page on the web ask; it is for development alone"
                for each in self.tenants
                if ANY_ORIGIN in each.cds.origins
            ]
        return problems


def _unknown(environment: Mapping[str, str]) -> list[str]:
    unknown = sorted(each for each in environment if each.startswith(PREFIX) and each not in KNOWN)
    unknown = [each for each in unknown if not each.startswith(f"{PREFIX}SECRET_")]
    known = ", ".join(sorted(KNOWN))
    return [f"{each} is no setting of this service; there are: {known} and PRESCREEN_SECRET_…" for each in unknown]


def _file(environment: Mapping[str, str], problems: list[str]) -> Given:
    name = environment.get(CONFIG, "")
    if not name:
        return NOTHING
    try:
        return read_settings(Path(name), environment)
    except SettingsError as error:
        problems += error.problems
        return NOTHING


def _variables(environment: Mapping[str, str], problems: list[str]) -> dict[str, object]:
    """What the environment sets, as fields of Settings."""
    chosen: dict[str, object] = {}
    if site := environment.get(SITE, ""):
        chosen["site"] = Path(site)
    if database := environment.get(DATABASE, ""):
        chosen["database"] = database
    if mode := environment.get(MODE, ""):
        if mode in tuple(Mode):
            chosen["mode"] = Mode(mode)
        else:
            problems.append(f"{MODE} is one of {', '.join(Mode)}")
    if (largest := environment.get(LARGEST_REQUEST)) is not None:
        if largest.isascii() and largest.isdigit() and int(largest):
            chosen["largest_request"] = int(largest) * MEGABYTE
        else:
            problems.append(f"{LARGEST_REQUEST} has to be a whole number of megabytes, at least 1")
    return chosen
