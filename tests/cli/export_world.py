"""A server that holds an invented population, settings to reach it, and what screenings of its exports answer."""

import json
from pathlib import Path
from typing import Any

from tests.bulk_server import BulkServer

STUDY = "igg4-rd-sirolimus"
AS_OF = ("--study", STUDY, "--as-of", "2026-06-30", "--quiet")


def save(server: BulkServer, **source: Any) -> None:
    """A settings file with a tenant whose source is that server."""
    tenant = {"studies": [STUDY], "source": {"base": server.base, **source}}
    Path("settings.json").write_text(json.dumps({"tenants": {"north": tenant}}))


def hold(server: BulkServer, sample: Path, place: Path) -> None:
    """Write what the server holds, as it holds it, into plain files, of the types of the sample."""
    place.mkdir()
    for file in sample.glob("*.ndjson"):
        (place / file.name).write_text("".join(f"{json.dumps(each)}\n" for each in server.all(file.stem)))


def assessments(place: Path) -> dict[str, dict[str, Any]]:
    """The assessments that a screening wrote, by patient."""
    lines = (json.loads(line) for line in (place / "assessments.ndjson").read_text().splitlines())
    return {each["patient"]: each for each in lines}


def outcomes(place: Path) -> dict[tuple[str, str], str]:
    """The answer to each criterion for each patient."""
    found = assessments(place).values()
    return {(each["patient"], one["criterion"]): one["outcome"] for each in found for one in each["findings"]}
