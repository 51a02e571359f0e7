"""When cards are shown, from the settings file: the part `cds` of a tenant, but for who may ask (`cds_clients`)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from service.catalog.documents import Where
from service.ehr.addresses import base_of, is_protected
from service.errors import UsageError
from service.screening.cds.policy import CardPolicy, Show, Shown
from service.settings.secrets import Secrets

SHOWN = {each.name.lower(): each for each in Show}
FOR_EVER = None


def read_card_policy(secrets: Secrets, place: Where, content: Mapping[str, Any]) -> CardPolicy:
    """The rules for cards; what is wrong is noted in the problems. Servers and addresses that are not set are empty."""
    chosen: dict[str, Any] = {}
    if "after_response_days" in content:
        chosen["after_response"] = timedelta(days=content["after_response_days"])
    if "after_refusal_days" in content:
        days = content["after_refusal_days"]
        chosen["after_refusal"] = FOR_EVER if days is None else timedelta(days=days)
    if "budget_ms" in content:
        chosen["budget"] = content["budget_ms"] / 1000
    usual = _shown(content, Shown())
    return CardPolicy(
        usual=usual,
        studies={name: _shown(each or {}, usual) for name, each in content.get("studies", {}).items()},
        roles={f"{each['system']}|{each['code']}": SHOWN[each["show"]] for each in content.get("roles", ())},
        tasks=content.get("tasks", False),
        servers=_servers(secrets, (*place, "fhir_servers"), content.get("fhir_servers", ())),
        **chosen,
    )


def _shown(content: Mapping[str, Any], usual: Shown) -> Shown:
    return Shown(
        SHOWN[content["show"]] if "show" in content else usual.show, content.get("most_unknown", usual.most_unknown)
    )


def _servers(secrets: Secrets, place: Where, listed: list[str]) -> tuple[str, ...]:
    """Where lent tokens may be sent."""
    found = []
    for index, each in enumerate(listed):
        try:
            base = base_of(each)
        except UsageError:
            base = ""
        if is_protected(base):
            found.append(base)
        else:
            where = secrets.document.at((*place, index))
            secrets.problems.append(f"{where}: tokens go there, so it begins with https:// and names a host")
    return tuple(found)
