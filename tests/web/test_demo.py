"""serve --demo: invented patients behind a real server, screened, and screened again when something changes."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from service.cli import main
from tests.web.test_server import PATIENCE, start


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demonstration; nothing is left of it in the directory where it was started."""
    place = tmp_path_factory.mktemp("demo")
    server, address = start("--demo", cwd=place)
    try:
        yield address
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=PATIENCE)
    assert (server.returncode, list(place.iterdir())) == (0, [])


def worklist(demo: str) -> dict[str, dict[str, Any]]:
    listed = requests.get(f"{demo}demo/worklist", timeout=PATIENCE).json()
    return {each["patient"]: each for each in listed}


def eventually(told: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if told():
            return True
        time.sleep(0.2)
    return False


def test_it_says_everywhere_what_it_is(demo: str) -> None:
    page = requests.get(demo, timeout=PATIENCE)
    assert "Demonstration with invented patients; nothing is kept" in page.text
    for path in ("", "health", "nothing", "demo/worklist", "demo/fhir/metadata"):
        marked = requests.get(f"{demo}{path}", timeout=PATIENCE).headers["X-Prescreen-Demo"]
        assert marked == "Demonstration with invented patients; nothing is kept"


def test_a_change_of_a_chart_changes_the_worklist(demo: str) -> None:
    """A cancer is found: the candidate is one no longer, seconds later, with nobody having asked."""
    before = worklist(demo)
    patient = next(name for name, each in before.items() if each["standing"] == "candidate")
    cancer = {
        "resourceType": "Condition",
        "id": "found-today",
        "subject": {"reference": f"Patient/{patient}"},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "363346000"}]},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "onsetDateTime": "2026-06-30",
    }
    address = f"{demo}demo/fhir/Condition/found-today"
    told = requests.put(address, data=json.dumps(cancer), timeout=PATIENCE)
    assert told.status_code == 200
    assert eventually(lambda: worklist(demo).get(patient, {}).get("standing") != "candidate")
    assert worklist(demo).keys() <= before.keys()


@pytest.mark.parametrize(
    ("path", "status"),
    [("Patient/nobody", 404), ("Patient/sample-0001", 200), ("Observation?patient=sample-0001", 200)],
)
def test_the_invented_charts_can_be_read(demo: str, path: str, status: int) -> None:
    assert requests.get(f"{demo}demo/fhir/{path}", timeout=PATIENCE).status_code == status


@pytest.mark.parametrize("content", ["", "[]", '{"resourceType": "Patient", "id": "other"}'])
def test_what_is_no_such_resource_is_refused(demo: str, content: str) -> None:
    assert requests.put(f"{demo}demo/fhir/Patient/p", data=content, timeout=PATIENCE).status_code == 400


def test_it_is_ready_while_its_worker_lives(demo: str) -> None:
    told = requests.get(f"{demo}health/ready", timeout=PATIENCE).json()
    assert told == {"status": "ready", "checks": {"database": "ok", "worker": "ok"}}


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1"])
def test_it_listens_to_this_machine_alone(
    host: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even where the settings let other machines in."""
    (tmp_path / "settings.yaml").write_text("allow_remote: true\n")
    monkeypatch.setenv("PRESCREEN_CONFIG", str(tmp_path / "settings.yaml"))
    assert main(["serve", "--demo", "--host", host]) == 2
    assert "other machines" in capsys.readouterr().err
