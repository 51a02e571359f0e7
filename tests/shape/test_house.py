"""The shape of the code, where a machine can see it: size, purity, refusals that stay narrow, tests that can fail."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.shape.source import Function, modules, name_of, tracked

MODULE_LINES = 300
FUNCTION_LINES = 60
# The two edges of a loop over work that is not ours: one broken piece is recorded, and the loop goes on.
LOOP_EDGES = {"service/screening/worker.py", "service/screening/population.py"}
# ucumvert's definitions of units are a table of that library, read once from where it is installed.
TABLES_OF_LIBRARIES = {("service/eligibility/ucum.py", "definitions.read_text")}
STUB = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError")
# Written in pieces, so that this file does not break its own law.
HOSTS = re.compile(
    "|".join((r"\bpypi\.(?:org|python)", "files\\.python" + "hosted", "registry\\.npm" + "js", "proxy\\.gol" + "ang"))
)
MACHINE_PATHS = re.compile(r"(?<![\w.:/~$}{)-])/(?:" + "|".join(("work", "opt", "root", "home", "Users")) + r")/[\w.]")


@dataclass(frozen=True)
class Module:
    """What these tests ask of a module. Its syntax tree is not kept: those of all modules would fill the memory.

    `sizes`: lines by function. `broad`, `impure`: where. `tests`: (name, does it assert by itself, whom it calls).
    """

    name: str
    lines: int
    told: bool
    stubs: list[str]
    sizes: dict[str, int]
    broad: list[int]
    impure: list[str]
    tests: list[tuple[str, bool, frozenset[str]]]
    asserting: frozenset[str]


def module(path: Path) -> Module:
    """The module there."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text, filename=name_of(path))
    nodes = list(ast.walk(tree))
    defined = [(each, *_asserts(each)) for each in nodes if isinstance(each, Function)]
    return Module(
        name=name_of(path),
        lines=len(text.splitlines()),
        told=bool(ast.get_docstring(tree)),
        stubs=STUB.findall(text),
        sizes={f"{each.name}, line {each.lineno}": _size(each) for each, *_ in defined},
        broad=[each.lineno for each in nodes if isinstance(each, ast.ExceptHandler) and _broad(each)],
        impure=[ast.unparse(each.func) for each in nodes if isinstance(each, ast.Call) and _impure(each)],
        tests=[(each.name, asserts, called) for each, asserts, called in defined if each.name.startswith("test_")],
        asserting=frozenset(each.name for each, asserts, _ in defined if asserts),
    )


@cache
def house() -> list[Module]:
    """Every module of the service and of the tests."""
    return [module(path) for path in modules("service", "tests")]


def below(*places: str) -> list[Module]:
    """Those below these directories."""
    found = [each for each in house() if each.name.startswith(places)]
    assert found
    return found


def test_a_module_is_short() -> None:
    limits = {"service/": MODULE_LINES, "tests/": 2 * MODULE_LINES}  # tables of tests may run on
    assert {each.name: each.lines for at, most in limits.items() for each in below(at) if each.lines > most} == {}


def test_a_function_is_short() -> None:
    sizes = {f"{each.name}: {name}": size for each in below("service/") for name, size in each.sizes.items()}
    assert {name: size for name, size in sizes.items() if size > FUNCTION_LINES} == {}


def test_a_module_says_what_it_is_for() -> None:
    assert [each.name for each in below("service/") if not each.told] == [], (
        "a module begins with a sentence on what it is for"
    )


def test_an_except_names_what_it_expects() -> None:
    assert {each.name: each.broad for each in below("service/") if each.broad and each.name not in LOOP_EDGES} == {}


def test_nothing_is_left_for_later() -> None:
    assert {each.name: each.stubs for each in below("service/") if each.stubs} == {}


def test_the_core_asks_no_clock_and_touches_no_file() -> None:
    pure = below("service/eligibility/", "service/fhir/")
    assert {(each.name, call) for each in pure for call in each.impure} - TABLES_OF_LIBRARIES == set()


def test_no_host_of_a_registry_and_no_path_of_a_machine_is_committed() -> None:
    places = [
        f"{name_of(path)}:{number}: {found.group()}"
        for path in tracked()
        for number, line in enumerate(_lines(path), 1)
        for found in (HOSTS.search(line), MACHINE_PATHS.search(line))
        if found
    ]
    assert places == []


def test_a_test_can_fail() -> None:
    """It asserts, expects a refusal, or calls a function of the tests that does."""
    asserting = frozenset().union(*(each.asserting for each in below("tests/")))
    idle = [
        f"{each.name}: {name}"
        for each in below("tests/")
        if each.name.rpartition("/")[2].startswith("test_")
        for name, asserts, called in each.tests
        if not asserts and not called & asserting
    ]
    assert idle == []


SPOILT = """
def long():
{}
def test_idle():
    compute()
def test_busy():
    with raises(E): compute()
def broad():
    try: open(x)
    except (A, Exception): print(datetime.now())  # {}
"""


def test_what_is_spoilt_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.shape.test_house.name_of", lambda path: path.name)
    spoilt = tmp_path / "spoilt.py"
    spoilt.write_text(SPOILT.format("    step()\n" * 61, "TO" + "DO"), encoding="utf-8")
    seen = module(spoilt)
    assert (seen.told, seen.stubs, len(seen.broad)) == (False, ["TO" + "DO"], 1)
    assert [size for size in seen.sizes.values() if size > FUNCTION_LINES] == [62]
    assert sorted(seen.impure) == ["datetime.now", "open", "print"]
    assert [(name, asserts) for name, asserts, _ in seen.tests] == [("test_idle", False), ("test_busy", True)]
    assert seen.asserting == {"test_busy"}


@pytest.mark.parametrize("line", ["cd /" + "work/main", "'/" + "root/.venv'", "https://pypi." + "org/simple"])
def test_a_forbidden_place_is_seen(line: str) -> None:
    assert HOSTS.search(line) or MACHINE_PATHS.search(line)


@pytest.mark.parametrize("line", ["https://example.org/home/page", "$HOME/work/x", "docs/work/plan", "and/or", "mg/d"])
def test_an_address_is_not_a_path_of_a_machine(line: str) -> None:
    assert not MACHINE_PATHS.search(line)


def _size(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _broad(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(ast.unparse(each).split(".")[-1] in ("Exception", "BaseException") for each in names)


def _impure(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id in {"open", "print", "input", "exec", "eval", "breakpoint"}
    clock = {"today", "now", "utcnow", "read_text", "read_bytes", "write_text", "write_bytes"}
    return isinstance(call.func, ast.Attribute) and call.func.attr in clock


def _lines(path: Path) -> Iterator[str]:
    try:
        yield from path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return  # not text: a picture or an archive


def _asserts(function: Function) -> tuple[bool, frozenset[str]]:
    """Whether a function asserts or expects a refusal by itself, and the names of the functions that it calls."""
    nodes = list(ast.walk(function))
    called = {_last_name(each.func) for each in nodes if isinstance(each, ast.Call)}
    asserts = any(isinstance(each, ast.Assert) for each in nodes) or bool(called & {"raises", "fail", "warns"})
    return asserts, frozenset(called)


def _last_name(called: ast.expr) -> str:
    """The last part of what is called: `c` of `a.b.c()`."""
    return called.attr if isinstance(called, ast.Attribute) else ast.unparse(called)
