"""How people may sign in here, and how long it lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from service.ehr.openid import IssuerClient
from service.screening.access.policy import Role


class Source(StrEnum):
    """How somebody came in."""

    LOCAL = "local"
    OIDC = "oidc"
    LAUNCH = "launch"


@dataclass(frozen=True, slots=True)
class GroupRole:
    """Whoever is in this group of the issuer has this role in a study (`*`: in each of the tenant)."""

    group: str
    tenant: str
    study: str
    role: Role


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer by which people sign in. `name`: in addresses; `title`: on the button."""

    name: str
    title: str
    client: IssuerClient
    roles: tuple[GroupRole, ...] = ()


@dataclass(frozen=True, slots=True)
class SignIn:
    """`lasts`: a session, at most; `idle`: without a request. `contact`: whom to ask for a role, in words."""

    local: bool = True
    issuers: tuple[Issuer, ...] = ()
    lasts: timedelta = timedelta(hours=10)
    idle: timedelta = timedelta(minutes=60)
    contact: str | None = None

    def issuer(self, name: str) -> Issuer | None:
        """The issuer of this name."""
        return next((each for each in self.issuers if each.name == name), None)
