"""A real server: what it has answered with 2xx is in the database, however it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
import requests

from service.store.engine import open_store
from service.store.inbox import INBOX
from tests.databases import ON_BOTH
from tests.notifications.forms import r4
from tests.screening.tenants import LEASE, NOON, SECRET, lab, told
from tests.web.test_server import COMMAND, PATIENCE, STARTED

NAME = "labs-0123456789abcdef"
SETTINGS = "tenants: {north: {hooks: {labs: {name_env: PRESCREEN_SECRET_NAME, secret_env: PRESCREEN_SECRET_LABS}}}}"


@contextmanager
def served(url: str, place: Path, *arguments: str, **more: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server with a process group of its own, which is killed at the end; and its address."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PRESCREEN_")}
    environment |= {"PYTHONPATH": str(Path(__file__).parents[2]), "PRESCREEN_DATABASE": url, **more}
    server = subprocess.Popen(
        [*COMMAND, "--no-worker", *arguments],
        cwd=place,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    try:
        assert server.stderr is not None
        said = server.stderr.readline().decode()
        if said.startswith("DEVELOPMENT"):
            said = server.stderr.readline().decode()
        address = STARTED.search(said)
        assert address is not None, said + server.stderr.read().decode()
        yield server, address[1]
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
        server.communicate(timeout=PATIENCE)


def kept(url: str) -> list[bytes]:
    store = open_store(url)
    try:
        return [each.delivery.body for each in INBOX.claim(store, NOON.replace(year=9999), LEASE, 1000)]
    finally:
        store.close()


@ON_BOTH
def test_what_was_answered_outlives_a_kill(url: str, tmp_path: Path) -> None:
    """Twice: the server is killed the moment it has answered."""
    sent = []
    for number in (1, 2):
        with served(url, tmp_path, "--workers", "2", PRESCREEN_ENV="development") as (server, address):
            body = orjson.dumps(r4(told(number)))
            answer = requests.post(f"{address}hooks/demo", data=body, timeout=PATIENCE)
            os.killpg(server.pid, signal.SIGKILL)
            assert answer.status_code == 200 or answer.status_code == 204, answer.text
            sent.append(body)
    assert sorted(kept(url)) == sorted(sent)


def test_a_hook_that_is_set_up_is_served(url: str, tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    more = {"PRESCREEN_CONFIG": "settings.yaml", "PRESCREEN_SECRET_NAME": NAME, "PRESCREEN_SECRET_LABS": SECRET}
    with served(url, tmp_path, "--host", "0.0.0.0", **more) as (_, address):
        here = address.replace("0.0.0.0", "127.0.0.1")
        hook = f"{here}hooks/{NAME}/Observation/1"
        headers = {"X-Prescreen-Secret": SECRET}
        answers = [requests.put(hook, json=lab(1), timeout=PATIENCE, headers=each) for each in (headers, {})]
        assert [each.status_code for each in answers] == [204, 403]
        assert requests.post(f"{here}hooks/demo", timeout=PATIENCE).status_code == 404
    assert len(kept(url)) == 1


def test_a_database_of_another_version_is_not_served(empty_url: str, tmp_path: Path) -> None:
    """A file is brought up to date; a server's tables are not changed behind an administrator's back."""
    environment = {"PRESCREEN_ENV": "development"}
    if empty_url.startswith("sqlite"):
        with served(empty_url, tmp_path, **environment) as (_, address):
            assert requests.post(f"{address}hooks/demo", timeout=PATIENCE).status_code == 204
        return
    whole = {**os.environ, **environment, "PRESCREEN_DATABASE": empty_url, "PYTHONPATH": str(Path(__file__).parents[2])}
    told_off = subprocess.run(COMMAND, cwd=tmp_path, env=whole, capture_output=True, text=True, timeout=PATIENCE)
    assert told_off.returncode == 1
    assert "prescreen db migrate" in told_off.stderr


@pytest.mark.parametrize("text", ["tenants: {north: {hooks: {labs: {}}}}", "nothing: 1"])
def test_settings_that_are_wrong_are_not_served(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.yaml").write_text(text)
    whole = {**os.environ, "PRESCREEN_CONFIG": "settings.yaml", "PYTHONPATH": str(Path(__file__).parents[2])}
    said = subprocess.run(COMMAND, cwd=tmp_path, env=whole, capture_output=True, text=True, timeout=PATIENCE)
    assert said.returncode == 2 and "settings.yaml:1" in said.stderr
    assert sys.executable not in said.stderr
