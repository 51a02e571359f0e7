"""A patient who stands in worklists: screened from an export, as at a site that has nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import insert

from service.screening.access import Role
from service.screening.exports import Export
from service.screening.nightly import screen_export
from service.screening.population import Progress
from service.store.tables import people, worklist
from tests.pages.world import NORTH, Browser, World
from tests.working.world import NOON

HANDLE = "h4Zk9Qw2"
Json = dict[str, object]


def screen_files(made: World, place: Path, resources: list[Json] | None = None) -> None:
    """Screen these resources (None: what stands there already) as a nightly export of the world's day."""
    place.mkdir(exist_ok=True)
    kinds: dict[str, list[Json]] = {"AdverseEvent": [], "Condition": [], "Consent": []}
    for each in resources or ():
        kinds.setdefault(str(each["resourceType"]), []).append(each)
    if resources is not None:
        for kind, found in kinds.items():
            (place / f"{kind}.ndjson").write_text("".join(f"{json.dumps(each)}\n" for each in found))
    name = f"export-{made.now:%Y%m%d}"
    screen_export(
        made.store, made.tenant, Export(name, place, made.now, None), place.parent / "results", made.now, Progress()
    )


def stand(
    made: World,
    patient: str,
    *studies: str,
    handle: str = HANDLE,
    name: str | None = "Eva Muster",
    born: str = "1970-05-05",
) -> str:
    """Let somebody stand in the worklists of these studies; returns the handle."""
    with made.store.writing() as connection:
        who = {"tenant": NORTH, "patient": patient, "handle": handle, "name": name, "born": born, "sex": "female"}
        connection.execute(insert(people).values(**who, identifiers=["MRN 4711"], touched=NOON))
        for study in studies:
            row = {"tenant": NORTH, "study": study, "patient": patient, "place": "now", "standing": "needs_review"}
            more = {"rank": 0, "unresolved": 1, "look_again": False, "line": {}, "changed": NOON}
            connection.execute(insert(worklist).values(**row, **more))
    return handle


def coordinator(made: World, study: str, name: str = "anna") -> Browser:
    """Somebody who may see the patients of a study."""
    made.approve(study)
    return made.person(name, (study, Role.COORDINATOR))
