"""A real server: it answers, it stops when told to, and it listens to this machine alone."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from service.cli import main
from tests.screening.world import bundle, patient

STARTED = re.compile(r"Serving on (http://\S+/) until interrupted")
PATIENCE = 60  # seconds
COMMAND = [sys.executable, "-m", "service", "serve", "--port", "0"]


def start(*arguments: str, cwd: Path, said: list[str] | None = None) -> tuple[subprocess.Popen[str], str]:
    """A server on a free port, in an empty directory; and its address. `said`: takes what it says before."""
    source = str(Path(__file__).parents[2])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PRESCREEN_")}
    server = subprocess.Popen(
        [*COMMAND, *arguments], cwd=cwd, stderr=subprocess.PIPE, text=True, env={**environment, "PYTHONPATH": source}
    )
    assert server.stderr is not None
    line = server.stderr.readline()
    while line and STARTED.search(line) is None:  # a demonstration says first what it is, and who can sign in
        if said is not None:
            said.append(line)
        line = server.stderr.readline()
    address = STARTED.search(line)
    if address is None:
        server.kill()
        pytest.fail(f"the server did not start: {line}{server.stderr.read()}")
    return server, address[1]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with two workers; it is stopped as Ctrl-C would, and says nothing more."""
    place = tmp_path_factory.mktemp("empty")
    server, address = start("--workers", "2", cwd=place)
    try:
        yield address
    finally:
        server.send_signal(signal.SIGINT)
        _, said = server.communicate(timeout=PATIENCE)
    assert (server.returncode, said, list(place.iterdir())) == (0, "", [])


def test_it_answers(served: str) -> None:
    health = requests.get(f"{served}health", timeout=PATIENCE)
    assert (health.status_code, health.json()["status"]) == (200, "ok")
    assert "igg4-rd-sirolimus" in requests.get(served, timeout=PATIENCE).text


def test_it_assesses(served: str) -> None:
    response = requests.post(
        f"{served}assess",
        params={"study": "igg4-rd-sirolimus", "as_of": "2026-06-30"},
        data=json.dumps(bundle(patient())),
        headers={"Content-Type": "application/fhir+json"},
        timeout=PATIENCE,
    )
    assert response.status_code == 200
    (assessment,) = response.json()["assessments"]
    assert (assessment["patient"], assessment["standing"]) == ("p", "needs_review")
    assert response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", "127.0.0.1.example.org", ""])
def test_it_does_not_listen_to_other_machines(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--host", host]) == 2
    assert "reverse proxy that authenticates" in capsys.readouterr().err


def test_a_port_that_is_taken_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 2
    assert f"cannot listen on port {port}" in capsys.readouterr().err


def test_a_port_that_cannot_be_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", "65536"]) == 2
    assert "no port 65536" in capsys.readouterr().err


def test_content_that_is_not_sound_is_not_served(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "site.yaml").write_text("time_zone: Atlantis/Centre\n")
    assert main(["serve", "--port", "0", "--site", str(tmp_path)]) == 2
    assert "site.yaml:1" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["localhost", "::1"])
def test_it_listens_on_every_name_of_this_machine(host: str, tmp_path: Path) -> None:
    if host == "::1" and not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    server, address = start("--host", host, cwd=tmp_path)
    try:
        assert address.startswith("http://[::1]:" if host == "::1" else "http://127.0.0.1:")
        assert requests.get(f"{address}health", timeout=PATIENCE).status_code == 200
    finally:
        server.terminate()
        server.communicate(timeout=PATIENCE)
    assert server.returncode == 0


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_wsgi_holds_an_application(tmp_path: Path) -> None:
    code = "import wsgi; print(wsgi.app.test_client().get('/health').get_json()['status'])"
    told = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert (told.returncode, told.stdout.strip()) == (0, "ok"), told.stderr
