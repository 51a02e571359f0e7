"""serve --demo: invented patients behind a real server, screened, and screened again when something changes."""

import json
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from service.cli import main
from tests.web.test_server import PATIENCE, start

STUDY = "igg4-rd-sirolimus"


@dataclass(frozen=True)
class Shown:
    """A demonstration: its address, and a browser in which somebody is signed in."""

    address: str
    browser: requests.Session


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """A demonstration; nothing is left of it in the directory where it was started."""
    place = tmp_path_factory.mktemp("demo")
    said: list[str] = []
    server, address = start("--demo", cwd=place, said=said)
    try:
        account, password = re.findall(r"account (\S+) +password (\S+)", "".join(said))[0]
        browser = requests.Session()
        token = re.search(r'name="csrf" value="([^"]+)"', browser.get(f"{address}sign-in", timeout=PATIENCE).text)
        assert token is not None
        form = {"csrf": token[1], "account": account, "password": password}
        assert "sign-in" not in browser.post(f"{address}sign-in", data=form, timeout=PATIENCE).url
        yield Shown(address, browser)
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=PATIENCE)
    assert (server.returncode, list(place.iterdir())) == (0, [])


@pytest.fixture(scope="module")
def demo(shown: Shown) -> str:
    return shown.address


def now(shown: Shown) -> dict[str, str]:
    """Who is to be looked at now: the standing, by name."""
    told = shown.browser.get(f"{shown.address}api/worklist/demo/{STUDY}?tab=now", timeout=PATIENCE).json()
    return {each["name"]: each["standing"] for each in told["rows"]}


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
    for path in ("", "health", "nothing", "demo/fhir/metadata"):
        marked = requests.get(f"{demo}{path}", timeout=PATIENCE).headers["X-Prescreen-Demo"]
        assert marked == "Demonstration with invented patients; nothing is kept"


def test_a_change_of_a_chart_changes_the_worklist(shown: Shown) -> None:
    """A cancer is found: the candidate is one no longer, seconds later, with nobody having asked."""
    before = now(shown)
    name = next(name for name, standing in before.items() if standing == "candidate")
    patient = f"sample-{name[-4:]}"
    cancer = {
        "resourceType": "Condition",
        "id": "found-today",
        "subject": {"reference": f"Patient/{patient}"},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "363346000"}]},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "onsetDateTime": "2026-06-30",
    }
    address = f"{shown.address}demo/fhir/Condition/found-today"
    told = requests.put(address, data=json.dumps(cancer), timeout=PATIENCE)
    assert told.status_code == 200
    assert eventually(lambda: name not in now(shown))
    assert now(shown).keys() < before.keys()


def test_no_page_of_it_is_empty(shown: Shown) -> None:
    """Somebody decided, somebody comes, and the study was counted, before anybody looks."""
    listed = f"{shown.address}worklist/demo/{STUDY}"
    pages = {
        tab: shown.browser.get(f"{listed}?tab={tab}", timeout=PATIENCE).text for tab in ("now", "later", "checked")
    }
    assert all('href="/p/' in text for text in pages.values())
    assert (
        "Rheumatology, room 4" in pages["now"] and "Declined" in pages["checked"] and "Put off until" in pages["later"]
    )
    study = shown.browser.get(f"{shown.address}study/demo/{STUDY}", timeout=PATIENCE).text
    assert "Nobody counted yet" not in study and "<svg" in study


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
