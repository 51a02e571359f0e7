"""A FHIR server that is not ours: what the journeys need of it, by plain HTTP. `TEST_FHIR_SERVER` is its base.

Nothing on it is taken for granted: it may hold other people's records, and it gives the ids. Everything made here
carries a tag, and is deleted at the end.
"""

import json
import uuid
from typing import Any

import requests

Resource = dict[str, Any]
FRESH = {"Accept": "application/fhir+json", "Cache-Control": "no-cache"}
SENT = FRESH | {"Content-Type": "application/fhir+json"}
TAG = {"system": "https://fhir-prescreen.org/fhir/CodeSystem/local", "code": "journey"}


class RealServer:
    """The server at `base`."""

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/")
        self.run = uuid.uuid4().hex[:12]
        self.made: list[str] = []

    def add(self, resource: Resource) -> Resource:
        """Create it under an id of the server's."""
        body = {name: value for name, value in resource.items() if name != "id"} | {"meta": {"tag": [TAG]}}
        made = self._said(requests.post(f"{self.base}/{body['resourceType']}", json.dumps(body), headers=SENT))
        self.made.append(f"{made['resourceType']}/{made['id']}")
        return made

    def change(self, resource: Resource) -> Resource:
        """Replace what stands there."""
        address = f"{self.base}/{resource['resourceType']}/{resource['id']}"
        return self._said(requests.put(address, json.dumps(resource), headers=SENT))

    def may_delete(self, resource: Resource) -> bool:
        """Delete what was added; False: the server refuses, since others refer to it."""
        answer = requests.delete(f"{self.base}/{resource['resourceType']}/{resource['id']}", headers=FRESH)
        assert answer.ok or answer.status_code == 409, answer.status_code
        return answer.ok

    def find(self, kind: str, **params: str) -> list[Resource]:
        """What a search finds, as far as its first hundred go."""
        found = self._said(requests.get(f"{self.base}/{kind}", params={**params, "_count": "100"}, headers=FRESH))
        return [each["resource"] for each in found.get("entry", ()) if each["resource"]["resourceType"] == kind]

    def subjects(self, person: str) -> list[Resource]:
        """The ResearchSubjects of a patient."""
        return self.find("ResearchSubject", individual=f"Patient/{person}")

    def clean(self, *endpoints: str) -> None:
        """Delete what was made for this journey, what refers to others first."""
        for endpoint in endpoints:
            self._delete(*(f"Subscription/{each['id']}" for each in self.find("Subscription", url=endpoint)))
        for person in [each for each in self.made if each.startswith("Patient/")]:
            subjects = self.subjects(person.removeprefix("Patient/"))
            for each in subjects:
                self._delist(f"ResearchSubject/{each['id']}")
                origins = self.find("Provenance", target=f"ResearchSubject/{each['id']}")
                self._delete(*(f"Provenance/{one['id']}" for one in origins))
            self._delete(*(f"ResearchSubject/{each['id']}" for each in subjects))
        self._delete(*reversed(self.made))

    def _delist(self, subject: str) -> None:
        for each in self.find("List", item=subject):
            kept = [entry for entry in each["entry"] if entry["item"]["reference"] != subject]
            rest = {name: value for name, value in each.items() if name != "entry"}
            self.change(rest | ({"entry": kept} if kept else {}))

    def _delete(self, *addresses: str) -> None:
        for each in addresses:
            answer = requests.delete(f"{self.base}/{each}", headers=FRESH)
            assert answer.status_code in (200, 202, 204, 404, 410), f"{each.split('/')[0]}: {answer.status_code}"

    def _said(self, answer: requests.Response) -> Resource:
        assert answer.ok, f"{answer.request.method}: {answer.status_code} {answer.text[:500]}"
        said: Resource = answer.json()
        return said
