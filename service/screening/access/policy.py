"""What a person may do in a study: decided from the roles and the study's legal basis alone. Closed by default.

A role opens a study; without a basis that is valid on the day, and that permits the role, only counts are shown. What
prepares research neither exports nor records a contact. An administrator gives roles and bases, and reads who looked
at whom, but sees no patient by that alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

EVERY_STUDY = "*"


class Role(StrEnum):
    """What somebody is in a study."""

    VIEWER = "viewer"
    COORDINATOR = "coordinator"
    INVESTIGATOR = "investigator"
    ADMIN = "admin"


class Action(StrEnum):
    """What somebody wants to do in a study. `contact`: record a contact and what follows from it."""

    COUNT = "count"
    SEE = "see"
    DECIDE = "decide"
    OVERRIDE = "override"
    CONTACT = "contact"
    EXPORT = "export"
    ADMINISTER = "administer"


class BasisKind(StrEnum):
    """On which basis a study may look at patients: HIPAA's preparatory review or waiver, consent, or local law's."""

    PREPARATORY = "preparatory"
    WAIVER = "waiver"
    CONSENT = "consent"
    LOCAL = "local"


class Refusal(StrEnum):
    """Why somebody may not."""

    NO_ROLE = "no-role"
    NO_BASIS = "no-basis"
    BASIS_EXPIRED = "basis-expired"
    ROLE_NOT_PERMITTED = "role-not-permitted"
    PREPARATORY_ONLY = "preparatory-only"


WORKING = frozenset({Role.VIEWER, Role.COORDINATOR, Role.INVESTIGATOR})
PERMITTED: Mapping[Action, frozenset[Role]] = {
    Action.COUNT: frozenset(Role),
    Action.SEE: WORKING,
    Action.DECIDE: frozenset({Role.COORDINATOR, Role.INVESTIGATOR}),
    Action.OVERRIDE: frozenset({Role.INVESTIGATOR}),
    Action.CONTACT: frozenset({Role.COORDINATOR, Role.INVESTIGATOR}),
    Action.EXPORT: frozenset({Role.COORDINATOR, Role.INVESTIGATOR}),
    Action.ADMINISTER: frozenset({Role.ADMIN}),
}
NEED_NO_BASIS = frozenset({Action.COUNT, Action.ADMINISTER})
NOT_PREPARATORY = frozenset({Action.CONTACT, Action.EXPORT})


@dataclass(frozen=True, slots=True)
class Basis:
    """The basis of one study. `approval`: the number of the board's decision. `expires`: the last day, if there is one.

    `roles`: those that the approval lets see patients.
    """

    kind: BasisKind
    approval: str | None = None
    expires: date | None = None
    roles: frozenset[Role] = WORKING

    def is_valid(self, on: date) -> bool:
        """Does it hold on that day? The last day still does."""
        return self.expires is None or on <= self.expires


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is signed in. `roles`: by tenant and study (`*`: each study of that tenant). `source`: how they came in."""

    account: str
    name: str = field(repr=False)
    roles: Mapping[tuple[str, str], frozenset[Role]] = field(default_factory=dict)
    source: str = "local"

    def roles_in(self, tenant: str, study: str) -> frozenset[Role]:
        """What this person is in this study."""
        nothing = frozenset[Role]()
        return self.roles.get((tenant, study), nothing) | self.roles.get((tenant, EVERY_STUDY), nothing)


def allows(viewer: Viewer, tenant: str, study: str, action: Action, basis: Basis | None, on: date) -> Refusal | None:
    """Why this person may not do that in this study on that day; None: they may."""
    fitting = viewer.roles_in(tenant, study) & PERMITTED[action]
    if not fitting:
        return Refusal.NO_ROLE
    if action in NEED_NO_BASIS:
        return None
    if basis is None:
        return Refusal.NO_BASIS
    if not basis.is_valid(on):
        return Refusal.BASIS_EXPIRED
    if not fitting & basis.roles:
        return Refusal.ROLE_NOT_PERMITTED
    if basis.kind is BasisKind.PREPARATORY and action in NOT_PREPARATORY:
        return Refusal.PREPARATORY_ONLY
    return None


def may(viewer: Viewer, tenant: str, study: str, action: Action, basis: Basis | None, on: date) -> bool:
    """May this person do that in this study on that day?"""
    return allows(viewer, tenant, study, action, basis, on) is None


def visible(viewer: Viewer, tenant: str, studies: Mapping[str, Basis | None], on: date) -> tuple[str, ...]:
    """The studies, of these with their bases, whose patients this person may see on that day, sorted."""
    return tuple(each for each in sorted(studies) if may(viewer, tenant, each, Action.SEE, studies[each], on))
