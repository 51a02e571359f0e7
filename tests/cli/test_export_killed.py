"""export as a process of its own that is ended in the middle: the next one goes on with what is there. Issue 7.4."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bulk_server import BulkServer
from tests.cli.conftest import Prescreen

# A shell that starts what is tested in the background has it ignore the keyboard's interrupt.
COMMAND = "; ".join(
    (
        "import signal, sys",
        "signal.signal(signal.SIGINT, signal.default_int_handler)",
        "from service.cli import main",
        "sys.exit(main())",
    )
)
PATIENCE = 60.0
LONG = "x" * 400_000


@pytest.fixture
def slow(bulk_server: BulkServer) -> BulkServer:
    """It has eight long results, each in a file of its own, and sends them slowly."""
    for number in range(8):
        result = {"resourceType": "Observation", "id": f"long-{number}", "status": "final", "note": [{"text": LONG}]}
        bulk_server.seed(result)
    bulk_server.ways.split, bulk_server.ways.trickle = 1, 0.25
    for kind in ("Observation", "Condition", "MedicationRequest", "Encounter", "Procedure"):
        for each in [each for each in bulk_server.all(kind) if not each["id"].startswith("long-")]:
            bulk_server.remove(kind, each["id"])
    return bulk_server


def until(holds: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)


def kept(place: Path) -> set[str]:
    return {each.name.removesuffix(".kept") for each in place.glob("Observation.*.kept")}


def begun(place: Path) -> set[str]:
    return {each.name.removesuffix(".part") for each in place.glob("Observation.*.ndjson.part") if size_of(each)}


def size_of(path: Path) -> int:
    """None of what has got its name by now."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@pytest.mark.parametrize(
    ("by", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_the_next_run_goes_on_with_the_same_export(
    prescreen: Prescreen, slow: BulkServer, place: Path, by: signal.Signals, status: int
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "export", "--out", "export"], env=dict(os.environ), stderr=subprocess.DEVNULL
    )
    hidden = place / ".export.export"
    until(lambda: bool(kept(hidden)) and bool(begun(hidden)), process)
    process.send_signal(by)
    assert process.wait(PATIENCE) == status
    assert not (place / "export").exists() and slow.removed == []
    whole, parts = kept(hidden), begun(hidden)
    assert whole and parts, "it did not wait for the files that were on their way"
    slow.ways.trickle = 0.0
    slow.log.clear()
    assert prescreen("export", "--out", "export")[0] == 0
    assert len(slow.asked) == 1 and slow.removed == ["1"], "it is the same export, taken off the server at its end"
    asked = {number_of(each.path): "range" in each.headers for each in slow.log.of("GET", "/files/.*Observation")}
    assert asked.keys() == set(range(8)) - {int(each.split(".")[1]) for each in whole}, "no whole file comes twice"
    assert all(asked[int(each.split(".")[1])] for each in parts), "nor the part of a file that had come"
    lines = [line for file in sorted(Path("export").glob("Observation.*")) for line in file.read_text().splitlines()]
    assert [json.loads(each) for each in lines] == slow.all("Observation")
    assert not [each for each in Path("export").iterdir() if each.suffix in (".part", ".kept", ".state", ".lock")]


def number_of(path: str) -> int:
    return int(path.rpartition("-")[2])
