"""A server with two patients, and what exports from it are asked for and leave."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from service.ehr.bulk import Asked, Job, Level
from service.ehr.exchange import Auth, Exchange, NoToken
from service.ehr.limits import Gate, Limits
from service.ehr.transport import new_session
from service.screening.sources import complete_types, find_sources
from tests.bulk_server import BulkServer
from tests.ehr.clock import Watch
from tests.ehr.records import observation, patient

LIMITS = Limits(per_second=10_000, burst=10_000, tries=3, first_pause=0.01, longest_pause=0.01, failures_to_open=1000)
ASKED = Asked(Level.PATIENTS, ("Condition", "Observation", "Patient"))
OF_GROUP = Asked(Level.GROUP, ("Condition", "Observation", "Patient"), "g1")
Export = Callable[..., Job]


def fill(server: BulkServer) -> None:
    """Two patients with five results, and no diagnosis."""
    server.seed(patient("a"), patient("b"), *(observation(str(number)) for number in range(5)))
    server.log.clear()


def exchange_to(server: BulkServer, watch: Watch, auth: Auth | None = None, limits: Limits = LIMITS) -> Exchange:
    return Exchange(server.base, new_session(), auth or NoToken(), Gate(limits, watch.clock), watch.clock)


def lines(directory: Path, kind: str) -> list[dict[str, Any]]:
    """The resources of a type in a directory."""
    files = sorted(directory.glob(f"{kind}.*ndjson"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def complete(directory: Path) -> frozenset[str]:
    """The types that the reader of exports takes for complete."""
    (source,) = find_sources([directory])
    return complete_types(source)


def outcome(severity: str) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": "processing"}]}
