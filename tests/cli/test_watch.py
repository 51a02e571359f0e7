"""watch: nightly exports, one after the other, with what changed since the last."""

import json
import os
import shutil
import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from service.errors import StoreUnavailable
from service.screening import nightly
from service.screening.sample import write_sample
from service.store import assessments, outbox
from service.store.engine import Store
from tests.cli.conftest import Prescreen

STUDY = "igg4-rd-sirolimus"
YESTERDAY, TODAY = "2026-06-29", "2026-06-30"


@pytest.fixture
def exports(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where exports appear; a tenant `north` with nothing but files."""
    monkeypatch.setenv("PRESCREEN_CONFIG", "settings.json")
    monkeypatch.setenv("PRESCREEN_ENV", "production")
    Path("settings.json").write_text(json.dumps({"tenants": {"north": {"studies": [STUDY]}}}))
    directory = place / "exports"
    directory.mkdir()
    return directory


@cache
def sample() -> dict[str, bytes]:
    """What a hospital exports, by the names of the files."""
    with TemporaryDirectory() as place:
        write_sample(Path(place), 24, 7)
        return {each.name: each.read_bytes() for each in Path(place).glob("*.ndjson")}


def export(directory: Path, day: str, *, manifest: bool = True) -> Path:
    """The export of a night, with a manifest."""
    place = directory / day
    place.mkdir()
    for name, content in sample().items():
        (place / name).write_bytes(content)
    if manifest:
        output = [{"type": each.name.split(".")[0], "url": f"https://x/{each.name}"} for each in place.glob("*.ndjson")]
        told = {"transactionTime": f"{day}T03:00:00Z", "request": "https://x/$export", "output": output, "error": []}
        (place / "manifest.json").write_text(json.dumps(told))
    return place


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def without_patient(directory: Path, identity: str) -> None:
    for path in directory.glob("*.ndjson"):
        kept = [each for each in path.read_text().splitlines(keepends=True) if identity not in each]
        path.write_text("".join(kept))


def test_the_first_night_tells_everybody(prescreen: Prescreen, store: Store, exports: Path, place: Path) -> None:
    export(exports, YESTERDAY)
    status, out, complaint = prescreen("watch", "exports", "--out", "out", "--once")
    assert (status, complaint) == (0, "")
    assert out.startswith(f"Export {YESTERDAY}, screened as of {YESTERDAY}.\n") and " new." in out
    assessed = lines(place / "out" / YESTERDAY / "assessments.ndjson")
    changed = lines(place / "out" / YESTERDAY / "changes.ndjson")
    assert {each["change"] for each in changed} == {"new"} and len(changed) == len(assessed)
    assert assessments.patients(store, "north", 1000) == tuple(sorted(each["patient"] for each in assessed))


def test_the_next_night_tells_what_changed_and_the_history_is_kept(
    prescreen: Prescreen, store: Store, exports: Path, place: Path
) -> None:
    export(exports, YESTERDAY)
    prescreen("watch", "exports", "--out", "out", "--once")
    listed = lines(place / "out" / YESTERDAY / "worklist.ndjson")
    gone, ill = listed[0]["patient"], listed[1]["patient"]
    tonight = export(exports, TODAY)
    without_patient(tonight, gone)
    cancer = {"resourceType": "Condition", "id": "new", "subject": {"reference": f"Patient/{ill}"}}
    cancer |= {"code": {"coding": [{"system": "http://snomed.info/sct", "code": "363346000"}]}}
    cancer |= {"clinicalStatus": {"coding": [{"code": "active"}]}, "onsetDateTime": TODAY}
    cancer |= {"verificationStatus": {"coding": [{"code": "confirmed"}]}}
    with (tonight / "Condition.ndjson").open("a") as file:
        file.write(json.dumps(cancer) + "\n")
    _, out, _ = prescreen("watch", "exports", "--out", "out", "--once")
    assert out.startswith(f"Export {TODAY}") and "that do not hold any more" in out
    changed = {each["patient"]: each for each in lines(place / "out" / TODAY / "changes.ndjson")}
    assert changed[gone] == {
        "patient": gone,
        "study": STUDY,
        "change": "withdrawn",
        "reason": "not-in-the-newest-export",
    }
    assert changed[ill]["change"] in ("standing", "answers") and changed[ill]["criteria"]
    assert {gone, ill} <= changed.keys() and len(changed) < 10
    assert gone not in {each["patient"] for each in lines(place / "out" / TODAY / "worklist.ndjson")}
    assert len(assessments.history(store, "north", STUDY, ill)) == 2
    held = assessments.latest(store, "north", STUDY, gone)
    assert held is not None and held.withdrawn == "not-in-the-newest-export"


def test_a_night_on_which_nothing_changed_says_so(prescreen: Prescreen, store: Store, exports: Path) -> None:
    export(exports, YESTERDAY)
    prescreen("watch", "exports", "--out", "out", "--once")
    shutil.copytree(exports / YESTERDAY, exports / "again")
    _, out, _ = prescreen("watch", "exports", "--out", "out", "--once")
    assert "since the last export: nothing changed." in out


def test_an_export_is_taken_once(prescreen: Prescreen, store: Store, exports: Path) -> None:
    export(exports, YESTERDAY)
    assert prescreen("watch", "exports", "--out", "out", "--once")[1]
    assert prescreen("watch", "exports", "--out", "out", "--once") == (0, "", "")


def test_a_file_that_the_manifest_promises_is_waited_for(prescreen: Prescreen, store: Store, exports: Path) -> None:
    place = export(exports, YESTERDAY)
    (place / "Observation.ndjson").rename(exports / "Observation.ndjson")
    status, out, said = prescreen("watch", "exports", "--out", "out", "--once")
    assert (status, out) == (0, "") and "files of Observation that its manifest promises are not there" in said
    (exports / "Observation.ndjson").rename(place / "Observation.ndjson")
    assert prescreen("watch", "exports", "--out", "out", "--once")[1].startswith(f"Export {YESTERDAY}")


def test_without_a_manifest_it_is_taken_when_it_has_been_quiet(
    prescreen: Prescreen, store: Store, exports: Path
) -> None:
    place = export(exports, "night", manifest=False)
    assert "its files have changed lately" in prescreen("watch", "exports", "--out", "out", "--once")[2]
    for each in place.iterdir():
        os.utime(each, (time.time() - 700,) * 2)
    assert prescreen("watch", "exports", "--out", "out", "--once")[1].startswith("Export night")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda told: told.update(error=[{"type": "OperationOutcome", "url": "x"}]), "it is not everybody"),
        (lambda told: told.update(outcome=[{"type": "OperationOutcome", "url": "x"}]), "it is not everybody"),
        (lambda told: told.update(request="https://x/$export?_since=2026-01-01T00:00:00Z"), "it is not everybody"),
    ],
)
def test_what_is_not_everybody_is_never_taken(
    prescreen: Prescreen, store: Store, exports: Path, change: Any, reason: str
) -> None:
    path = export(exports, YESTERDAY) / "manifest.json"
    told = json.loads(path.read_text())
    change(told)
    path.write_text(json.dumps(told))
    status, out, said = prescreen("watch", "exports", "--out", "out", "--once")
    assert (status, out) == (0, "") and reason in said


def test_patients_that_are_not_complete_are_waited_for(prescreen: Prescreen, store: Store, exports: Path) -> None:
    place = export(exports, YESTERDAY, manifest=False)
    (place / "Patient.ndjson").rename(place / "Patient.3.ndjson")
    (place / "Patient.1.ndjson").touch()
    assert (
        "the Patients are not complete"
        in prescreen("watch", "exports", "--out", "out", "--once", "--quiet-for", "0")[2]
    )


def test_an_older_export_does_not_take_back_what_a_newer_one_told(
    prescreen: Prescreen, store: Store, exports: Path
) -> None:
    export(exports, TODAY)
    prescreen("watch", "exports", "--out", "out", "--once")
    export(exports, YESTERDAY)
    _, out, said = prescreen("watch", "exports", "--out", "out", "--once")
    assert out == "" and "older than one that was screened" in said


@pytest.mark.parametrize("step", ["_changes", "_store", "_worklist", "_digest"])
def test_killed_at_any_step_it_tells_the_same_changes(
    prescreen: Prescreen, store: Store, exports: Path, place: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The process ends before a step, or after storing; given again, nothing is lost and nothing doubled."""
    export(exports, YESTERDAY)
    real = getattr(nightly, step)

    def breaks(*given: Any) -> Any:
        if step == "_store":
            real(*given)
        raise StoreUnavailable("the lights went out")

    with monkeypatch.context() as dark:
        dark.setattr(nightly, step, breaks)
        assert prescreen("watch", "exports", "--out", "out", "--once")[0] == 1
    assert prescreen("watch", "exports", "--out", "out", "--once")[0] == 0
    changed = lines(place / "out" / YESTERDAY / "changes.ndjson")
    assessed = lines(place / "out" / YESTERDAY / "assessments.ndjson")
    assert {each["change"] for each in changed} == {"new"} and len(changed) == len(assessed)
    assert all(len(assessments.history(store, "north", STUDY, each["patient"])) == 1 for each in assessed)


def test_what_a_target_should_hold_waits_in_the_outbox(prescreen: Prescreen, store: Store, exports: Path) -> None:
    target = {"kind": "ndjson", "directory": "results"}
    Path("settings.json").write_text(json.dumps({"tenants": {"north": {"studies": [STUDY], "target": target}}}))
    export(exports, YESTERDAY)
    prescreen("watch", "exports", "--out", "out", "--once")
    waiting = outbox.waiting(store, "north", 1000)
    assert 0 < len(waiting) < len(assessments.patients(store, "north", 1000))


def test_results_among_the_exports_are_refused(prescreen: Prescreen, store: Store, exports: Path) -> None:
    status, _, complaint = prescreen("watch", "exports", "--out", "exports", "--once")
    assert status == 2 and "choose another --out" in complaint


def test_a_directory_that_is_not_there_is_said(prescreen: Prescreen, store: Store, exports: Path) -> None:
    status, _, complaint = prescreen("watch", "nowhere", "--out", "out", "--once")
    assert status == 2 and "no such directory" in complaint
