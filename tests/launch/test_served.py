"""The whole service as it is served, with two processes: a launch goes on in whichever of them answers."""

import json
import socket
from pathlib import Path

import pytest
import requests

from service.store import audit
from service.store.engine import open_store
from tests.launch.world import CLIENT
from tests.smart_server import Registered, SmartEhr
from tests.web.test_hooks_served import served
from tests.web.test_server import PATIENCE


@pytest.fixture
def port() -> int:
    """One that is free."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number: int = listener.getsockname()[1]
        return number


def test_a_launch_goes_on_in_any_worker(ehr: SmartEhr, tmp_path: Path, port: int) -> None:
    here = f"http://127.0.0.1:{port}"
    ehr.registered = Registered(CLIENT, f"{here}/launch/callback")
    app = {"iss": ehr.base, "client_id": CLIENT, "redirect_base": here}
    settings = {"tenants": {"north": {"studies": ["igg4-rd-sirolimus"], "launch": [app]}}}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    url = f"sqlite:///{tmp_path / 'served.db'}"
    words = ("--workers", "2", "--port", str(port))
    with served(url, tmp_path, *words, PRESCREEN_CONFIG="settings.json") as (_, address):
        assert requests.get(f"{address}launch?iss=https://evil.example&launch=x", timeout=PATIENCE).status_code == 400
        for _ in range(5):
            with requests.Session() as browser:  # a new connection each time, so that either may answer
                query = {"iss": ehr.base, "launch": ehr.open("p")}
                page = browser.get(f"{address}launch", params=query, timeout=PATIENCE)
                again = browser.get(page.url, headers={"Connection": "close"}, timeout=PATIENCE)
            for each in (page, again):
                assert each.status_code == 200 and "Eva Muster" in each.text, each.text
                assert each.url.startswith(f"{here}/patient/")
    store = open_store(url)
    seen = [(each.actor, each.patient) for each in audit.entries(store, "north", 20)]
    store.close()
    assert seen == [("Practitioner/7", "p")] * 10
