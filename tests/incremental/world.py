"""A hospital whose records change, its exports of everything and of what changed, and runs on both."""

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from service.screening.incremental.run import screen_on
from service.screening.outputs import NAMES
from service.screening.population import screen
from service.screening.request import Progress, Request
from service.screening.sources import find_sources
from tests.screening import shipped

Json = dict[str, Any]
Resource = Json | bytes  # as bytes: a line that says something twice
TYPES = (
    "AdverseEvent,AllergyIntolerance,Condition,Consent,Encounter,Medication,MedicationAdministration,"
    "MedicationDispense,MedicationRequest,MedicationStatement,Observation,Patient,Procedure"
)
SERVER = "https://ehr.example/fhir"
DAY = date(2026, 6, 30)


def key_of(resource: Resource) -> str:
    """`Type/id`."""
    content = json.loads(resource) if isinstance(resource, bytes) else resource
    return f"{content['resourceType']}/{content['id']}"


def lines_of(resources: list[Resource]) -> bytes:
    """As servers write them: without blanks."""
    return b"".join(
        (each if isinstance(each, bytes) else json.dumps(each, separators=(",", ":")).encode()) + b"\n"
        for each in resources
    )


def write_export(
    directory: Path,
    resources: list[Resource],
    taken: str,
    since: str | None = None,
    deleted: tuple[str, ...] = (),
    types: str = TYPES,
    **more: Any,
) -> Path:
    """A directory as `prescreen export` leaves it."""
    directory.mkdir(parents=True)
    by_type: dict[str, list[Resource]] = {}
    for each in resources:
        by_type.setdefault(key_of(each).partition("/")[0], []).append(each)
    for name, listed in by_type.items():
        (directory / f"{name}.00000.ndjson").write_bytes(lines_of(listed))
    manifest = {
        "transactionTime": taken,
        "request": f"{SERVER}/Patient/$export?_type={types}" + (f"&_since={since}" if since else ""),
        "requiresAccessToken": False,
        "output": [{"type": name, "url": f"{name}.00000.ndjson"} for name in by_type],
        "error": [],
        **more,
    }
    if deleted:
        (directory / "deleted").mkdir()
        entries = [{"request": {"method": "DELETE", "url": each}} for each in deleted]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        (directory / "deleted" / "Bundle.00000.ndjson").write_bytes(lines_of([bundle]))
        manifest["deleted"] = [{"type": "Bundle", "url": "deleted/Bundle.00000.ndjson"}]
    (directory / "manifest.json").write_text(json.dumps(manifest))
    return directory


@dataclass
class Hospital:
    """What is on record now, and what was at the last export."""

    place: Path
    records: dict[str, Resource] = field(default_factory=dict)
    exported: dict[str, Resource] = field(default_factory=dict)
    exports: int = 0

    def put(self, *resources: Resource) -> None:
        self.records.update({key_of(each): each for each in resources})

    def everything(self, name: str = "everything") -> Path:
        """An export of all there is."""
        return write_export(self.place / name, list(self.records.values()), self._time(self.exports))

    def next(self) -> Path:
        """The next export of the chain: of everything, then of what changed."""
        number, self.exports = self.exports, self.exports + 1
        name = f"export{number}"
        changed = [each for key, each in self.records.items() if self.exported.get(key) != each]
        gone = tuple(key for key in self.exported if key not in self.records)
        self.exported = dict(self.records)
        if number == 0:
            return write_export(self.place / name, changed, self._time(0))
        return write_export(self.place / name, changed, self._time(number), self._time(number - 1), gone)

    def _time(self, number: int) -> str:
        return f"2026-06-{number + 1:02}T01:00:00.000Z"


@dataclass
class Result:
    """What a run wrote."""

    summary: Json
    files: dict[str, bytes]

    def lines(self, name: str) -> list[Json]:
        return [json.loads(each) for each in self.files[name].splitlines()]

    @property
    def assessments(self) -> dict[str, Json]:
        return {each["patient"]: each for each in self.lines("assessments.ndjson")}

    @property
    def again(self) -> dict[str, int]:
        """How many were screened again, by reason."""
        return {why: many for why, many in self.summary["state"]["screened_again"].items() if many}


def request_for(export: Path, at: date = DAY, accepted: int = 0) -> Request:
    return Request(find_sources([export]), (shipped.STUDY,), at, "R4", True, accepted)


def run_on(export: Path, state: Path, at: date = DAY, accepted: int = 0, basis: str = "the same") -> Result:
    """A run that goes on from the last one."""
    out = export.parent / "out"
    found = screen_on(shipped.catalog(), request_for(export, at, accepted), out, Progress(), state, basis)
    return _result(found, out)


def run_whole(export: Path, at: date = DAY, accepted: int = 0) -> Result:
    """A run over everything, which keeps nothing."""
    out = export.parent / "whole"
    return _result(screen(shipped.catalog(), request_for(export, at, accepted), out, Progress()), out)


def _result(summary: Any, out: Path) -> Result:
    return Result(json.loads(json.dumps(summary)), {name: (out / name).read_bytes() for name in NAMES})


def compared(line: Json) -> Json:
    """Of an assessment, what does not depend on the day on which it was made."""
    findings = [(each["criterion"], each["outcome"], each["reasons"], each["open_item"]) for each in line["findings"]]
    names = ("patient", "study", "study_version", "standing", "signal", "unresolved", "later", "next_change")
    return {**{name: line[name] for name in names}, "findings": findings}


def _screened(found: Result) -> Json:
    """Without those of whom there is no Patient: they count only where something of them is kept."""
    uncounted = ("read", "without_readable_patient")
    return {name: many for name, many in found.summary["people"].items() if name not in uncounted}


def check_same(found: Result, whole: Result) -> None:
    """Everybody is where they are in a run over everything, with the same answers."""
    assert {key: compared(each) for key, each in found.assessments.items()} == {
        key: compared(each) for key, each in whole.assessments.items()
    }
    assert found.files["held_back.ndjson"] == whole.files["held_back.ndjson"]
    for name in ("studies", "incomplete_for_everybody", "screening_date"):
        assert found.summary[name] == whole.summary[name]
    assert _screened(found) == _screened(whole)
    for written, judged_anew in zip(found.lines("assessments.ndjson"), whole.lines("assessments.ndjson"), strict=True):
        if written["screening_date"] == judged_anew["screening_date"]:
            assert written == judged_anew
    if (
        len({each["screening_date"] for each in found.lines("assessments.ndjson")} | {whole.summary["screening_date"]})
        == 1
    ):
        for name in ("assessments.ndjson", "ResearchSubject.ndjson"):
            assert found.files[name] == whole.files[name]
