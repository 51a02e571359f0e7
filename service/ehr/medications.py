"""Medications that orders refer to: sent along where the server can, else fetched by id. STANDARDS 8.24, 3.53."""

from collections.abc import Iterable, Mapping

from service.ehr.capability import Features
from service.ehr.client import FhirClient
from service.ehr.searching import Resource, SearchResult

MEDICATION = "Medication"
REFERENCE = "medicationReference"


def include_parameter(client: FhirClient, features: Features, kind: str) -> dict[str, str]:
    """The parameter that asks for them together with the orders; empty for a server that does not declare it."""
    wanted = f"{kind}:medication"
    declared = not features.of(kind).includes.isdisjoint({wanted, "*"})
    return {"_include": wanted} if declared and client.dialect.includes_medications else {}


def missing_medications(client: FhirClient, results: Iterable[SearchResult]) -> SearchResult:
    """The Medications that the found orders refer to and that did not come with them, fetched. Those that did are in
    `included` of their results; contained ones are no resources of their own."""
    all_results = tuple(results)
    came = {str(each.get("id")) for result in all_results for each in result.included if _is_medication(each)}
    wanted = {_referred(client, each) for result in all_results for each in result.resources} - {None}
    return client.read_many(MEDICATION, sorted(each for each in wanted if each is not None and each not in came))


def _referred(client: FhirClient, resource: Resource) -> str | None:
    named = resource.get(REFERENCE)
    found = client.identity(named.get("reference")) if isinstance(named, dict) else None
    return found[1] if found and found[0] == MEDICATION else None


def _is_medication(resource: Mapping[str, object]) -> bool:
    return resource.get("resourceType") == MEDICATION
