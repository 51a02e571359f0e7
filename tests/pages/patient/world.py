"""A patient who stands in worklists: screened from an export, as at a site that has nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from service.screening.access import Role
from service.screening.exports import Export
from service.screening.nightly import screen_export
from service.screening.request import Progress
from tests.pages.world import Browser, World, stand as listed

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
    night = Export(name, place, made.now, None)
    screen_export(made.store, made.tenant, night, place.parent / "results", lambda: made.now, Progress())


def stand(made: World, patient: str, *studies: str, handle: str = HANDLE, **who: str | None) -> str:
    """Let somebody stand in the worklists of these studies; returns the handle."""
    return listed(made.store, patient, *studies, handle=handle, **who)  # type: ignore[arg-type]


def coordinator(made: World, study: str, name: str = "anna") -> Browser:
    """Somebody who may see the patients of a study."""
    made.approve(study)
    return made.person(name, (study, Role.COORDINATOR))
