"""The accounts of the demonstration: new each time, shown on the terminal, and there in no other mode."""

import ast
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from service import app as composition
from service.screening.access import BasisKind
from service.screening.demo_people import PEOPLE, invited
from service.settings import Mode, Settings
from service.store import accounts, bases
from service.store.engine import open_store
from tests.shape.source import ROOT, functions, modules, tree_of


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Start a small demonstration that serves nobody; returns its application and what it said."""
    import service.web.server as server

    def start() -> tuple[Any, str]:
        seen: list[Any] = []
        monkeypatch.setattr(server, "serve", lambda app, listener, *_: (seen.append(app), listener.close()))
        monkeypatch.setattr(composition, "TemporaryDirectory", _Kept)
        monkeypatch.setattr(composition, "demo_of", partial(composition.demo_of, patients=8))
        assert composition.run_demo("127.0.0.1", 0, None) == 0
        return seen[0], capsys.readouterr().err

    return start


class _Kept:
    """A directory that outlives the demonstration, so that its application still answers."""

    place: Path

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def __enter__(self) -> str:
        return str(self.place)

    def __exit__(self, *_: object) -> None:
        pass


def test_who_is_shown_on_the_terminal_can_sign_in_and_nobody_else(started: Any, tmp_path: Path) -> None:
    _Kept.place = tmp_path
    app, said = started()
    shown = dict(re.findall(r"account (\S+) +password (\S+)", said))
    assert shown.keys() == PEOPLE.keys() and "INVENTED PATIENTS" in said
    address = re.search(r"http://127\.0\.0\.1:\d+(/\S+)", said)
    assert address is not None and address[1] == "/sign-in"
    for account, password in shown.items():
        for wrong in (password[:-1], "demo", "second"):
            assert tried(app, account, wrong).status_code == 403
        assert tried(app, "nobody", password).status_code == 403
        assert tried(app, account, password).status_code == 302
    store = open_store(f"sqlite:///{tmp_path}/demo.db")
    assert [each.id for each in accounts.all_of_them(store)] == sorted(PEOPLE)
    entered = bases.latest(store, "demo")
    assert {each.kind for each in entered.values()} == {str(BasisKind.WAIVER)}
    assert set(entered) == {path.parent.name for path in (ROOT / "mappings" / "studies").glob("*/study.yaml")}
    assert all(password not in (tmp_path / "demo.db").read_bytes().decode("latin-1") for password in shown.values())


def tried(app: Any, account: str, password: str) -> Any:
    """The answer to somebody who tries to sign in in a new browser."""
    client = app.test_client()
    token = re.search(r'name="csrf" value="([^"]+)"', client.get("/sign-in").text)
    assert token is not None
    return client.post("/sign-in", data={"csrf": token[1], "account": account, "password": password})


def test_passwords_are_new_each_time() -> None:
    several = [each.password for _ in range(20) for each in invited()]
    assert len(set(several)) == len(several) and min(map(len, several)) >= 16
    assert not any(each.password in repr(each) for each in invited())


@pytest.mark.parametrize("mode", list(Mode))
def test_in_no_other_mode_there_is_an_account_or_an_entrance(mode: Mode, tmp_path: Path) -> None:
    settings = Settings(mode=mode, database=f"sqlite:///{tmp_path}/other.db")
    made = composition.create_app(settings)
    assert not any("demo" in rule.rule for rule in made.url_map.iter_rules())
    store = composition.ready_store(settings)
    assert accounts.all_of_them(store) == ()


def test_only_the_demonstration_lets_them_in() -> None:
    """By name: `admit` and `invited` are called in `demo_of` and `run_demo`, and nowhere else in the service."""
    told = [
        path for path in [*modules("service"), ROOT / "wsgi.py"] if re.search(r"\b(admit|invited)\(", path.read_text())
    ]
    callers = {
        (path.relative_to(ROOT).as_posix(), function.name)
        for path in told
        for function in functions(tree_of(path))
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("admit", "invited")
    }
    assert callers == {("service/app.py", "demo_of"), ("service/app.py", "run_demo")}
