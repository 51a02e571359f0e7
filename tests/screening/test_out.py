"""Where results are written: by one run at a time, into new files, and not at all where there is no room."""

import errno
import fcntl
import json
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from service.errors import NoRoom, UsageError
from service.screening import outputs, population, writing
from service.screening.buckets.journal import OWN
from service.screening.outputs import Outputs
from service.screening.population import screen
from service.screening.request import Progress, Request
from service.screening.sources import find_sources
from service.screening.writing import LOCK, alone, fresh, while_there_is_room
from tests.builders import AT
from tests.screening.world import STUDY, cancer, catalog, encounter, export, patient

PRESCREEN = [sys.executable, "-m", "service"]
WAYS = [[], ["--memory", "1"], ["--processes", "2"]]


def hospital(directory: Path, people: int = 400) -> Path:
    files: Any = {
        "Patient": [patient(str(each)) for each in range(people)],
        "Condition": [cancer(f"c{each}", str(each)) for each in range(people)],
        "Encounter": [encounter(f"e{each}", str(each)) for each in range(people)],
    }
    return export(directory, **files)


def command(source: Path, out: Path, *more: str) -> list[str]:
    given = [
        "screen",
        str(source),
        "--study",
        "igg4-rd-sirolimus",
        "--as-of",
        "2026-06-30",
        "--out",
        str(out),
        "--quiet",
    ]
    return [*PRESCREEN, *given, *more]


def screened(source: Path, out: Path) -> None:
    screen(catalog(), Request(find_sources([source]), (STUDY,), AT), out, Progress())  # type: ignore[arg-type]


def there(out: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in out.iterdir() if each.name != LOCK}


@pytest.mark.parametrize("more", WAYS)
def test_a_second_run_is_refused_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str]
) -> None:
    source, out = hospital(tmp_path / "in", 3), tmp_path / "out"
    screened(source, out)
    before = there(out)
    with alone(out):
        second = subprocess.run(command(source, out, *more), capture_output=True, text=True, check=False)
        assert (second.returncode, second.stdout) == (2, "")
        assert (
            second.stderr == f"prescreen: {out}: another run is writing there; wait for it, or choose another --out\n"
        )
        assert there(out) == before
        monkeypatch.setattr(writing, "PATIENCE", 0.0)
        with pytest.raises(UsageError, match="another run is writing there"):
            Outputs(out)
    assert there(out) == before and not (out / LOCK).exists()


def test_two_at_once_and_one_of_them_ends_well(tmp_path: Path) -> None:
    source, out = hospital(tmp_path / "in"), tmp_path / "out"
    ran = [subprocess.Popen(command(source, out, "--memory", "1"), stderr=subprocess.PIPE, text=True) for _ in range(2)]
    complaints = [each.communicate()[1] for each in ran]
    assert 0 in {each.returncode for each in ran} <= {0, 2}
    assert not any("Traceback" in each for each in complaints)
    assert json.loads((out / "summary.json").read_bytes())["written"]["assessments"] == 400
    assert len((out / "assessments.ndjson").read_bytes().splitlines()) == 400
    assert not [each for each in out.iterdir() if each.name.startswith(".")]


def test_a_run_waits_for_what_is_left_of_one_that_was_killed(tmp_path: Path) -> None:
    def hold() -> None:
        with alone(tmp_path):
            ready.set()
            time.sleep(60)

    context = multiprocessing.get_context("fork")
    ready = context.Event()
    holding = context.Process(target=hold)
    holding.start()
    assert ready.wait(20)
    holding.kill()
    holding.join()
    assert (tmp_path / LOCK).exists()
    with alone(tmp_path):
        pass
    assert not (tmp_path / LOCK).exists()


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", unknown)
    refused = pytest.raises(UsageError, match=r"if there is none, remove \.lock\.held")
    with alone(tmp_path), refused, alone(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["assessments.ndjson", "summary.json", ".assessments.ndjson.partial", ".summary.json.partial"]
)
def test_a_directory_of_that_name_is_told(tmp_path: Path, name: str) -> None:
    source, out = hospital(tmp_path / "in", 3), tmp_path / "out"
    screened(source, out)
    (out / name).unlink(missing_ok=True)
    (out / name).mkdir()
    with pytest.raises(UsageError, match=rf"{name} is a directory; remove it, or choose another --out"):
        screened(source, out)
    assert (out / "rejects.ndjson").exists() and not (out / LOCK).exists()


@pytest.mark.parametrize("how", ["file", "link", "link to nothing"])
def test_something_else_where_buckets_would_lie_is_told(tmp_path: Path, how: str) -> None:
    source, out = hospital(tmp_path / "in"), tmp_path / "out"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kept").touch()
    out.mkdir()
    if how == "file":
        (out / OWN).touch()
    else:
        (out / OWN).symlink_to(tmp_path / ("mine" if how == "link" else "nowhere"))
    ran = subprocess.run(command(source, out, "--processes", "2"), capture_output=True, text=True, check=False)
    assert ran.returncode == 2 and "Traceback" not in ran.stderr
    assert f"{out / OWN} cannot be removed, and is needed here; remove it, or choose another --out" in ran.stderr
    assert (tmp_path / "mine" / "kept").exists()


@pytest.mark.parametrize("more", [[], ["--also", "csv"], ["--also", "parquet"]])
def test_a_planted_link_leads_nowhere(tmp_path: Path, more: list[str]) -> None:
    source, out = hospital(tmp_path / "in", 3), tmp_path / "out"
    out.mkdir()
    before = (source / "Patient.ndjson").read_bytes()
    for name in outputs.KNOWN:
        (out / f".{name}.partial").symlink_to(source / "Patient.ndjson")
    subprocess.run(command(source, out, *more), check=True)
    assert (source / "Patient.ndjson").read_bytes() == before
    assert not (out / "assessments.ndjson").is_symlink()


def test_what_is_written_is_a_new_file(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("kept")
    os.link(tmp_path / "other", tmp_path / "name")
    with fresh(tmp_path / "name") as file:
        file.write(b"new")
    assert ((tmp_path / "other").read_text(), (tmp_path / "name").read_text()) == ("kept", "new")


FULL = "; ".join(
    (
        "import resource, sys",
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))",
        "from service.cli import main",
        "sys.exit(main(sys.argv[2:]))",
    )
)


@pytest.mark.parametrize(
    ("more", "size"),
    [
        ([], 200),
        ([], 100_000),
        (["--also", "csv"], 200_000),
        (["--also", "parquet"], 2000),
        (["--processes", "2"], 200),
        (["--processes", "2"], 100_000),
    ],
)
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, more: list[str], size: int) -> None:
    source, out = hospital(tmp_path / "in"), tmp_path / "out"
    arguments = command(source, out, *more)[3:]
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(size), *arguments], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1 and "Traceback" not in ran.stderr
    assert "a file would be larger than files may be here, so that there are no results; make room" in ran.stderr
    left = {each.name for each in out.iterdir()}
    assert left <= ({OWN} if "csv" not in more and "parquet" not in more and more else set())
    subprocess.run(command(source, out, *more), check=True)
    assert len((out / "assessments.ndjson").read_bytes().splitlines()) == 400
    assert not [each for each in out.iterdir() if each.name.startswith(".")]


def test_a_disk_that_is_full_at_the_end_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, out = hospital(tmp_path / "in", 3), tmp_path / "out"

    def full(self: Outputs, *_: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(Outputs, "_put_in_place", full)
    with pytest.raises(NoRoom, match="there is no room left on the disk"):
        screened(source, out)
    assert list(out.iterdir()) == []


def test_only_what_a_full_disk_does_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), while_there_is_room(tmp_path):
        (tmp_path / "nowhere").read_bytes()


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> int:
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(os, "open", forbidden)
    with pytest.raises(UsageError, match=r"out cannot be written \(PermissionError\); choose another --out"):
        Outputs(tmp_path / "out")


def test_the_lock_goes_whatever_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(population, "summary_of", stop)
    with pytest.raises(KeyboardInterrupt):
        screened(hospital(tmp_path / "in", 3), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
