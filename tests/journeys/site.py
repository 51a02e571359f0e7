"""An installation as a hospital has it: a settings file, a database, processes that may be killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, Protocol
from unittest import mock

import requests

from service.cli import main
from tests.fhir_server import FhirServer
from tests.shape.source import ROOT

STUDY = "igg4-rd-sirolimus"
PATIENCE = 60.0
NAME, SECRET = "a-name-that-nobody-guesses", "a-secret-that-nobody-knows"
Resource = dict[str, Any]


def patient(id: str) -> Resource:
    return {"resourceType": "Patient", "id": id, "gender": "female", "birthDate": "1961-04-12", "active": True}


def lab_result(id: str, of: str, **more: Any) -> Resource:
    """IgG4 in serum, high enough to point to the disease."""
    value = {"value": 310, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL"}
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "subject": {"reference": f"Patient/{of}"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "2469-5"}]},
        "effectiveDateTime": time.strftime("%Y-%m-%d"),
        "valueQuantity": value,
        **more,
    }


def cancer(id: str, of: str) -> Resource:
    """A malignant tumour, of today."""
    return {
        "resourceType": "Condition",
        "id": id,
        "subject": {"reference": f"Patient/{of}"},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "363346000"}]},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "onsetDateTime": time.strftime("%Y-%m-%d"),
    }


def subjects(server: FhirServer) -> dict[str, list[Resource]]:
    """The ResearchSubjects on the server, by patient."""
    found: dict[str, list[Resource]] = {}
    for each in server.all("ResearchSubject"):
        found.setdefault(each["individual"]["reference"].removeprefix("Patient/"), []).append(each)
    return found


def eventually(told: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """What is told at last; whatever it is when patience ends."""
    until = time.monotonic() + patience
    while not (found := told()) and time.monotonic() < until:
        time.sleep(0.05)
    return found


class Server(Protocol):
    """A FHIR server."""

    @property
    def base(self) -> str:
        """Where it is."""


class Site:
    """An installation in a directory. `serve`, `work` start processes, `kill` ends them all as the kernel would.

    `hook`: the part of the address of notifications that nobody guesses. `trusted`: what they carry is believed.
    """

    def __init__(self, place: Path, server: Server, database: str, hook: str = NAME, trusted: bool = False) -> None:
        self.place, self.server, self.hook = place, server, hook
        self._processes: list[subprocess.Popen[bytes]] = []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        labs = {"name_env": "PRESCREEN_SECRET_NAME", "secret_env": "PRESCREEN_SECRET_LABS", "trusted": trusted}
        tenant = {
            "studies": [STUDY],
            "source": {"base": server.base},
            "target": {"kind": "source"},
            "hooks": {"labs": labs},
            "pace": {"coalesce_seconds": 1},
        }
        (place / "settings.json").write_text(json.dumps({"tenants": {"north": tenant}}))
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PRESCREEN_")}
        self.environment = {
            **kept,
            "PYTHONPATH": str(ROOT),
            "PRESCREEN_CONFIG": str(place / "settings.json"),
            "PRESCREEN_DATABASE": database,
            "PRESCREEN_SECRET_NAME": hook,
            "PRESCREEN_SECRET_LABS": SECRET,
        }

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def endpoint(self) -> str:
        """Where notifications come in."""
        return f"{self.address}/hooks/{self.hook}"

    def serve(self, *words: str) -> None:
        """Start the service, and wait until it is ready."""
        self._start("serve", "--port", str(self.port), *words)
        assert eventually(self._is_ready), (self.place / "log").read_text()

    def work(self) -> None:
        """Start a worker of its own."""
        self._start("worker", "--lease", "3")

    def watch(self, *words: str) -> None:
        """Start watching a directory."""
        self._start("watch", *words)

    def give(self, *words: str) -> str:
        """Give a command in this process, and what it printed."""
        printed = StringIO()
        with mock.patch.dict(os.environ, self.environment, clear=True), redirect_stdout(printed):
            assert main(words) == 0
        return printed.getvalue()

    def give_alone(self, *words: str) -> str:
        """Give a command in a process of its own, and what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "service", *words],
            cwd=self.place,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def kill(self) -> None:
        """End every process at once, wherever it is."""
        for each in self._processes:
            os.killpg(each.pid, signal.SIGKILL)
        for each in self._processes:
            each.wait(PATIENCE)
        self._processes.clear()

    def end(self) -> None:
        """End them as an administrator would."""
        for each in self._processes:
            os.killpg(each.pid, signal.SIGTERM)
        for each in self._processes:
            each.wait(PATIENCE)

    def _start(self, *words: str) -> None:
        with (self.place / "log").open("ab") as log:
            command = [sys.executable, "-m", "service", *words]
            self._processes.append(
                subprocess.Popen(
                    command, cwd=self.place, env=self.environment, stderr=log, stdout=log, start_new_session=True
                )
            )

    def _is_ready(self) -> bool:
        try:
            return requests.get(f"{self.address}/health/ready", timeout=5).status_code == 200
        except requests.RequestException:
            return False
