"""Development: nobody proves who they are, so it is said aloud, and no other machine is ever let in."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from service.app import app_of, create_app
from service.cli import main
from service.errors import SettingsError, UsageError
from service.settings import Mode, Settings
from service.store.engine import Store
from service.web import guard
from service.web.server import listen
from tests.screening.tenants import HEADERS, HOOK, PATH, lab, tenant
from tests.screening.world import catalog
from tests.web.test_hooks_served import served
from tests.web.test_server import PATIENCE

ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}
OTHERS = ["0.0.0.0", "::", "192.0.2.1", "203.0.113.9", "example.org", "127.0.0.1.example.org", ""]
REMOTE = "environment: development\nallow_remote: true\n"


def client_of(store: Store, **more: Any) -> FlaskClient:
    settings = dataclasses.replace(Settings(), **more)
    return app_of(catalog(), settings, (tenant(HOOK),), store).test_client()  # type: ignore[arg-type]


@pytest.mark.parametrize("host", OTHERS)
def test_it_refuses_to_start_where_others_reach_it(
    host: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRESCREEN_ENV", "development")
    assert main(["serve", "--port", "0", "--host", host]) == 2
    assert "in development nobody proves who they are" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", OTHERS)
def test_it_refuses_even_where_hooks_have_secrets(host: str) -> None:
    with pytest.raises(UsageError, match="in development"):
        listen(host, 0, anywhere=True, development=True)


def test_in_production_such_a_host_may_be_given() -> None:
    with listen("0.0.0.0", 0, anywhere=True) as listener:
        assert listener.getsockname()[0] == "0.0.0.0"


def test_it_does_not_start_with_others_let_in(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(REMOTE)
    environment = {"PRESCREEN_CONFIG": str(tmp_path / "settings.yaml")}
    with pytest.raises(SettingsError, match="allow_remote lets other machines in"):
        Settings.from_env(environment)
    assert Settings.from_env({**environment, "PRESCREEN_ENV": "production"}).allow_remote


def test_it_says_so_when_it_starts(url: str, tmp_path: Path) -> None:
    with served(url, tmp_path, PRESCREEN_ENV="development") as (_, address):
        assert requests.get(f"{address}health", timeout=PATIENCE).headers["X-Prescreen-Mode"] == "development"


def test_the_line_at_the_start_is_loud(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = Settings(mode=Mode.DEVELOPMENT, database=f"sqlite:///{tmp_path}/x.db")
    create_app(settings)
    assert capsys.readouterr().err.startswith("DEVELOPMENT: CALLERS ON THIS MACHINE NEED NOT PROVE WHO THEY ARE")
    create_app(Settings())
    assert capsys.readouterr().err == ""


def test_every_answer_says_so(store: Store) -> None:
    client = client_of(store, mode=Mode.DEVELOPMENT)
    for address in ("/", "/health", "/nowhere"):
        assert client.get(address).headers["X-Prescreen-Mode"] == "development"
    assert client.get("/", environ_overrides=ELSEWHERE).headers["X-Prescreen-Mode"] == "development"
    assert "X-Prescreen-Mode" not in client_of(store).get("/").headers


def test_no_other_machine_gets_anything_not_even_with_a_secret(store: Store) -> None:
    """However it was started: a WSGI server of the site's own knows nothing of our refusals."""
    development = client_of(store, mode=Mode.DEVELOPMENT, allow_remote=True)
    for client, status in ((development, 403), (client_of(store), 204)):
        answer = client.post(PATH, json=lab(1), headers=HEADERS, environ_overrides=ELSEWHERE)
        assert answer.status_code == status
    assert development.get("/", environ_overrides=ELSEWHERE).status_code == 403
    assert development.post(PATH, json=lab(1), headers=HEADERS).status_code == 204


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"])
def test_whoever_calls_this_machine_by_its_name_may_ask(store: Store, host: str) -> None:
    client = client_of(store, mode=Mode.DEVELOPMENT)
    with client.application.test_request_context(headers={"Host": host}, environ_base={"REMOTE_ADDR": "127.0.0.1"}):
        assert guard.is_of_this_machine()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "prescreen.hospital.example"},  # of a proxy without headers of its own, or a name that was led here
        {"Host": "localhost.evil.example"},
        {"Host": "127.0.0.1.evil.example:8000"},
        {"Host": "localhost@evil.example:8000"},
        {"Host": "192.0.2.7"},
        {"Host": "[broken"},
        {"Host": ""},
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-Server": "proxy"},
        {"X-Client-IP": "127.0.0.1"},
    ],
)
def test_whoever_calls_it_by_another_or_comes_through_a_proxy_may_not(store: Store, headers: dict[str, str]) -> None:
    app = client_of(store, mode=Mode.DEVELOPMENT).application
    with app.test_request_context(headers={"Host": "localhost", **headers}, environ_base={"REMOTE_ADDR": "127.0.0.1"}):
        assert not guard.is_of_this_machine()


@pytest.mark.parametrize(
    "headers", [{"X-Forwarded-For": "203.0.113.9"}, {"Host": "prescreen.hospital.example"}], ids=str
)
@pytest.mark.parametrize("address", ["/", "/health", "/metrics", "/studies"])
def test_through_a_proxy_there_is_nothing_at_all(store: Store, address: str, headers: dict[str, str]) -> None:
    client = client_of(store, mode=Mode.DEVELOPMENT)
    assert client.get(address).status_code == 200
    assert client.get(address, headers=headers).status_code == 403
    proxied = "X-Forwarded-For" in headers  # in production it may pass on what asks people who they are
    status = (302 if address == "/" else 403) if proxied else 200
    assert client_of(store).get(address, headers=headers).status_code == status
    assert client_of(store, allow_remote=True).get(address, headers=headers).status_code == 200
