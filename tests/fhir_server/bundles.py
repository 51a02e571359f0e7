"""Transactions and batches."""

import copy
import uuid
from collections.abc import Callable
from typing import Any

from tests.fhir_server.problems import Refusal

Resource = dict[str, Any]
Perform = Callable[[str, str, Resource | None, dict[str, str]], tuple[int, Resource | None]]
ORDER = ["DELETE", "POST", "PUT", "PATCH", "GET", "HEAD"]
ASSIGNED = "Assigned-Id"  # an id that the transaction has chosen for what it creates
STATUS = {200: "200 OK", 201: "201 Created", 204: "204 No Content"}


def transaction(bundle: Resource, perform: Perform) -> Resource:
    """All entries in the order of the standard, `urn:uuid:` made real. Raises Refusal at the first that fails."""
    entries = [copy.deepcopy(each) for each in bundle.get("entry", [])]
    places: dict[str, str] = {}
    answers: dict[int, Resource] = {}
    for entry in entries:
        if entry["request"]["method"] == "POST" and "ifNoneExist" not in entry["request"] and "fullUrl" in entry:
            entry["assigned"] = uuid.uuid4().hex[:16]
            places[entry["fullUrl"]] = f"{entry['request']['url']}/{entry['assigned']}"
    ordered = sorted(range(len(entries)), key=lambda index: ORDER.index(entries[index]["request"]["method"]))
    for index in ordered:
        entry = entries[index]
        if "resource" in entry:
            entry["resource"] = _replaced(entry["resource"], places)
        answers[index], resource = _answered(entry, perform)
        if resource is not None and "fullUrl" in entry:
            places[entry["fullUrl"]] = f"{resource['resourceType']}/{resource['id']}"
    _settle_forward_references(entries, places, answers, perform)
    return _response("transaction-response", [answers[index] for index in range(len(entries))])


def batch(bundle: Resource, perform: Perform) -> Resource:
    """Each entry by itself."""
    answers = []
    for entry in bundle.get("entry", []):
        try:
            answers.append(_answered(entry, perform)[0])
        except Refusal as refusal:
            answers.append({"response": {"status": str(refusal.status), "outcome": refusal.outcome}})
    return _response("batch-response", answers)


def _answered(entry: Resource, perform: Perform) -> tuple[Resource, Resource | None]:
    request = entry["request"]
    headers = {
        "If-None-Exist": request.get("ifNoneExist"),
        "If-Match": request.get("ifMatch"),
        ASSIGNED: entry.get("assigned"),
    }
    given = {name: value for name, value in headers.items() if value is not None}
    status, resource = perform(request["method"], request["url"], entry.get("resource"), given)
    response: Resource = {"status": STATUS.get(status, str(status))}
    if resource is not None and "id" in resource and resource["resourceType"] != "Bundle":
        version = resource["meta"]["versionId"]
        response["location"] = f"{resource['resourceType']}/{resource['id']}/_history/{version}"
        response["etag"] = f'W/"{version}"'
    answer: Resource = {"response": response}
    return (answer | {"resource": resource} if request["method"] == "GET" else answer), resource


def _settle_forward_references(
    entries: list[Resource], places: dict[str, str], answers: dict[int, Resource], perform: Perform
) -> None:
    """Entries that point to one that was created after them are written once more with the real reference."""
    for index, entry in enumerate(entries):
        if "resource" in entry and entry["resource"] != (real := _replaced(entry["resource"], places)):
            kind, id, *_ = answers[index]["response"]["location"].split("/")
            perform("PUT", f"{kind}/{id}", real, {})


def _replaced(value: Any, places: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            name: places.get(each, each) if name == "reference" and isinstance(each, str) else _replaced(each, places)
            for name, each in value.items()
        }
    return [_replaced(each, places) for each in value] if isinstance(value, list) else value


def _response(type_: str, entries: list[Resource]) -> Resource:
    return {"resourceType": "Bundle", "id": uuid.uuid4().hex, "type": type_, "entry": entries}
