"""A screening that was interrupted goes on from where it was, and comes to the same; another one begins anew."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from service.screening.buckets import shares
from service.screening.buckets.journal import OWN, Journal, run_key
from service.screening.buckets.means import Means
from service.screening.buckets.processes import Hand, Processes
from service.screening.population import screen
from service.screening.request import Progress, Request
from service.screening.sources import find_sources
from tests.builders import AT
from tests.screening.test_buckets import linked
from tests.screening.world import STUDY, cancer, catalog, encounter, export, haemoglobin, patient

# A shell that starts what is tested in the background has it ignore the keyboard's interrupt.
COMMAND = "; ".join(
    (
        "import signal, sys",
        "signal.signal(signal.SIGINT, signal.default_int_handler)",
        "from service.cli import main",
        "sys.exit(main())",
    )
)


def hospital(directory: Path) -> Path:
    """Two hundred people, some of them merged, and lines that cannot be used."""
    people = [patient(str(each)) for each in range(200)]
    merged = [linked(f"m{each}", "replaced-by", str(each)) for each in range(9)]
    facts = [cancer(f"c{each}", str(each)) for each in range(200)]
    results = [haemoglobin(f"o{each}", str(each % 200), value=each) for each in range(900)]
    visits = [encounter(f"e{each}", str(each)) for each in range(200)]
    files: Any = {"Patient": [*people, *merged], "Condition": [*facts, cancer("odd", subject=5)], "mixed": [b"{"]}
    return export(directory, **files, Observation=results, Encounter=visits)


def request(source: Path) -> Request:
    return Request(find_sources([source]), (STUDY,), AT)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hospital."""
    return hospital(tmp_path_factory.mktemp("hospital") / "in")


@pytest.fixture(scope="module")
def whole(source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What comes out where nothing interrupts."""
    out = tmp_path_factory.mktemp("whole") / "out"
    screen(catalog(), request(source), out, Progress())  # type: ignore[arg-type]
    return {each.name: each.read_bytes() for each in out.iterdir()}


class Stopped(Exception):
    """As a power cut, at a moment of the test's choice."""


@pytest.mark.parametrize("after", range(0, 44, 4))
def test_interrupted_after_any_task_it_comes_to_the_same(
    after: int, source: Path, whole: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "LARGEST", 9000)
    asked = request(source)
    keep, done = Journal.keep, []

    def stop(self: Journal, name: str, *more: Any) -> None:
        if len(done) == after:
            raise Stopped  # its files are written, and nobody knows
        done.append(name)
        keep(self, name, *more)

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "keep", stop)
        with pytest.raises(Stopped):
            screen(catalog(), asked, tmp_path / "out", Progress(), Processes(Means(1, 4, 2)), "key")  # type: ignore[arg-type]
    again: list[str] = []

    def count(self: Journal, name: str, *more: Any) -> None:
        again.append(name)
        keep(self, name, *more)

    monkeypatch.setattr(Journal, "keep", count)
    screen(catalog(), asked, tmp_path / "out", Progress(), Processes(Means(1, 4, 2)), "key")  # type: ignore[arg-type]
    assert {each.name: each.read_bytes() for each in (tmp_path / "out").iterdir()} == whole
    assert not set(done) & set(again) or "changed" in again, "what was done is not done again"


def test_what_another_run_left_is_cleared_away(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = request(source)
    with monkeypatch.context() as patched:
        patched.setattr(Journal, "keep", _stop)
        with pytest.raises(Stopped):
            screen(catalog(), asked, tmp_path / "out", Progress(), Processes(Means(1, 4, 2)), "key")  # type: ignore[arg-type]
    assert (tmp_path / "out" / OWN).stat().st_mode & 0o777 == 0o700
    screen(catalog(), asked, tmp_path / "out", Progress(), Processes(Means(1, 4, 2)), "another")  # type: ignore[arg-type]
    assert not (tmp_path / "out" / OWN).exists()


@pytest.mark.parametrize("mode", [0o755, 0o770])
def test_what_others_could_have_put_there_is_not_believed(
    mode: int, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = request(source)
    with monkeypatch.context() as patched:
        patched.setattr(Journal, "keep", _stop)
        with pytest.raises(Stopped):
            screen(catalog(), asked, tmp_path / "out", Progress(), Processes(Means(1, 4, 2)), "key")  # type: ignore[arg-type]
    (tmp_path / "out" / OWN / "1" / "begun").write_bytes(b"not of us")
    (tmp_path / "out" / OWN).chmod(mode)
    screen(catalog(), asked, tmp_path / "out", Progress(), Processes(Means(1, 4, 2)), "key")  # type: ignore[arg-type]
    assert (tmp_path / "out" / "summary.json").exists()


@pytest.mark.parametrize("lost", ["the end of a file", "a file", "the end of a note"])
def test_what_a_power_cut_lost_is_not_taken_for_not_being_there(
    lost: str, source: Path, whole: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = request(source)
    with monkeypatch.context() as patched:
        patched.setattr(Hand, "judge", _stop)
        with pytest.raises(Stopped):
            screen(catalog(), asked, tmp_path / "out", Progress(), Processes(Means(1, 4, 2)), "key")  # type: ignore[arg-type]
    way = tmp_path / "out" / OWN / "1"
    largest = max(way.glob("[0-3].*"), key=lambda each: each.stat().st_size)
    chosen = max((way / "notes").glob("1-*.note")) if lost == "the end of a note" else largest
    if lost == "a file":
        chosen.unlink()
    else:
        chosen.write_bytes(chosen.read_bytes()[: chosen.stat().st_size // 2])
    screen(catalog(), asked, tmp_path / "out", Progress(), Processes(Means(1, 4, 2)), "key")  # type: ignore[arg-type]
    name = "assessments.ndjson"
    assert (tmp_path / "out" / name).read_bytes() == whole[name]


def _stop(*_: object) -> None:
    raise Stopped


def test_without_a_key_nothing_is_left(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = request(source)
    monkeypatch.setattr(Journal, "keep", _stop)
    with pytest.raises(Stopped):
        screen(catalog(), asked, tmp_path / "out", Progress(), Processes(Means(1, 4, 2)))  # type: ignore[arg-type]
    assert list((tmp_path / "out").iterdir()) == []


def test_the_key_tells_what_a_run_depends_on(tmp_path: Path) -> None:
    source, content = hospital(tmp_path / "in"), tmp_path / "content"
    content.mkdir()
    (content / "study.yaml").write_text("id: x")
    first = run_key(request(source), [content], 4)
    assert run_key(request(source), [content], 4) == first
    assert run_key(request(source), [content], 5) != first
    (content / "study.yaml").write_text("id: y")
    second = run_key(request(source), [content], 4)
    os.utime(source / "Patient.ndjson", (1, 1))
    assert len({first, second, run_key(request(source), [content], 4)}) == 3


MANIFEST = {"transactionTime": "2026-06-30T00:00:00Z", "request": "https://x/$export?_type=Patient", "output": []}


def test_the_key_tells_what_makes_types_complete(tmp_path: Path) -> None:
    source = hospital(tmp_path / "in")
    keys = [run_key(request(source), [], 4)]
    for more in ({}, {"error": [{"type": "OperationOutcome"}]}, {"output": [{"type": "Condition"}] * 2}):
        (source / "manifest.json").write_text(json.dumps({**MANIFEST, **more}))
        keys.append(run_key(request(source), [], 4))
        assert run_key(request(source), [], 4) == keys[-1]
    (source / "Condition.ndjson.part").touch()
    keys.append(run_key(request(source), [], 4))
    assert len(set(keys)) == len(keys)


def test_after_the_manifest_changed_nothing_is_gone_on_with(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Path(shutil.copytree(source, tmp_path / "in"))
    out, types = tmp_path / "out", "Patient,Condition,Observation,Encounter"
    manifest = {**MANIFEST, "request": f"https://x/$export?_type={types}"}
    (source / "manifest.json").write_text(json.dumps(manifest))
    judged: list[str] = []
    keep = Journal.keep

    def stop(self: Journal, name: str, *more: Any) -> None:
        keep(self, name, *more)
        judged.extend([name] if name.startswith("bucket") else [])
        if len(judged) > 1:
            raise Stopped

    def screened(out: Path) -> None:
        asked = request(source)
        screen(catalog(), asked, out, Progress(), Processes(Means(1, 4, 2)), run_key(asked, [], 4))  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "keep", stop)
        with pytest.raises(Stopped):
            screened(out)
    (source / "manifest.json").write_text(json.dumps({**manifest, "error": [{"type": "OperationOutcome"}]}))
    screened(out)
    screened(tmp_path / "fresh")
    for name in ("assessments.ndjson", "summary.json"):
        assert (out / name).read_bytes() == (tmp_path / "fresh" / name).read_bytes()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_killed_command_goes_on(how: signal.Signals, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-c", COMMAND, "screen", str(source), "--study", "igg4-rd-sirolimus"]
    command += ["--as-of", "2026-06-30", "--out", str(out), "--processes", "2", "--quiet"]
    notes = out / OWN / "1" / "notes"
    running = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    give_up = time.monotonic() + 60
    while running.poll() is None and time.monotonic() < give_up and not (notes.exists() and list(notes.glob("*.note"))):
        time.sleep(0.005)
    running.send_signal(how)
    status = running.wait(60)
    if status == 0:
        pytest.skip("it was quicker than the signal")
    assert not (out / "summary.json").exists() and (out / OWN).exists()
    subprocess.run(command, check=True)
    assert json.loads((out / "summary.json").read_text())["people"]["read"] == 209
    assert not (out / OWN).exists()
