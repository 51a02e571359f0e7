"""How people sign in, from the settings file: passwords, issuers of OpenID Connect, and the roles that groups give."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from service.catalog.documents import Where
from service.ehr.openid import SCOPES, IssuerClient
from service.screening.access.policy import EVERY_STUDY, Role
from service.screening.access.ways import GroupRole, Issuer, SignIn
from service.settings.launch import address, redirect
from service.settings.secrets import Secrets
from service.settings.servers import read_key

PLACE: Where = ("sign_in",)


@dataclass(frozen=True, slots=True)
class SignInSettings:
    """How people sign in, and where in the file each role of a group stands, so that its study can be looked up."""

    plain: SignIn = SignIn()
    places: Mapping[GroupRole, str] = field(default_factory=dict)

    def unknown(self, studies: Mapping[str, tuple[str, ...]]) -> list[str]:
        """The problems of roles in tenants, or in studies of them, that there are not."""
        problems = []
        for each, where in self.places.items():
            if each.tenant not in studies:
                problems.append(f"{where}: there is no tenant {each.tenant!r}")
            elif each.study not in (EVERY_STUDY, *studies[each.tenant]):
                problems.append(f"{where}: {each.study!r} is no open study of {each.tenant}; * is for each")
        return problems


def read_sign_in(secrets: Secrets, content: Mapping[str, Any], public_url: str | None) -> SignInSettings:
    """The part `sign_in` of the file; what is wrong is noted in the problems."""
    listed = content.get("oidc", [])
    places: dict[GroupRole, str] = {}
    issuers = tuple(
        _issuer(secrets, (*PLACE, "oidc", index), each, public_url, places) for index, each in enumerate(listed)
    )
    _told_apart(secrets, issuers)
    chosen: dict[str, Any] = {name: content[name] for name in ("local", "contact") if name in content}
    if "session_hours" in content:
        chosen["lasts"] = timedelta(hours=content["session_hours"])
    if "idle_minutes" in content:
        chosen["idle"] = timedelta(minutes=content["idle_minutes"])
    return SignInSettings(SignIn(issuers=issuers, **chosen), places)


def _issuer(
    secrets: Secrets, place: Where, content: Mapping[str, Any], public_url: str | None, places: dict[GroupRole, str]
) -> Issuer:
    address(secrets, (*place, "issuer"), content["issuer"])
    ours = any(f"key_{each}" in content for each in ("env", "file"))
    secret = secrets.find(place, "secret", content)
    if ours and any(f"secret_{each}" in content for each in ("env", "file")):
        secrets.problems.append(f"{secrets.document.at(place)}: a key and a secret both stand here; keep one")
    if content.get("roles") and "groups_claim" not in content:
        secrets.problems.append(f"{secrets.document.at(place)}: roles are given to groups; set groups_claim")
    client = IssuerClient(
        issuer=content["issuer"],
        client_id=content["client_id"],
        redirect_uri=redirect(secrets, place, content, public_url, f"/sign-in/oidc/{content['name']}/callback"),
        groups_claim=content.get("groups_claim"),
        scopes=content.get("scopes", SCOPES),
        key=read_key(secrets, place, content) if ours else None,
        secret=secret,
        jku=content.get("jku"),
    )
    roles = []
    for index, each in enumerate(content.get("roles", [])):
        roles.append(GroupRole(each["group"], each["tenant"], each["study"], Role(each["role"])))
        places[roles[-1]] = secrets.document.at((*place, "roles", index))
    return Issuer(content["name"], content.get("title", content["name"]), client, tuple(roles))


def _told_apart(secrets: Secrets, issuers: tuple[Issuer, ...]) -> None:
    """No two have one name, or are one issuer: which would be meant?"""
    for what, listed in (
        ("name", [each.name for each in issuers]),
        ("issuer", [each.client.issuer for each in issuers]),
    ):
        for index, each in enumerate(listed):
            if each in listed[:index]:
                where = secrets.document.at((*PLACE, "oidc", index, what))
                secrets.problems.append(f"{where}: another one has the same {what}")
