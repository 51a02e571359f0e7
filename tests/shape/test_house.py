"""The shape of the code, where a machine can see it: size, purity, refusals that stay narrow, tests that can fail."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.shape.source import ROOT, Function, functions, modules, name_of, tracked, tree_of

MODULE_LINES = 300
FUNCTION_LINES = 60
SERVICE = modules("service")
PURE = modules("service/eligibility", "service/fhir")
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


def ids(path: Path) -> str:
    return name_of(path)


@pytest.mark.parametrize("path", modules("service", "tests"), ids=ids)
def test_a_module_is_short(path: Path) -> None:
    limit = MODULE_LINES if path.is_relative_to(ROOT / "service") else 2 * MODULE_LINES  # tables of tests may run on
    assert len(path.read_text(encoding="utf-8").splitlines()) <= limit


@pytest.mark.parametrize("path", SERVICE, ids=ids)
def test_a_function_is_short(path: Path) -> None:
    sizes = {f"{each.name}, line {each.lineno}": _size(each) for each in functions(tree_of(path))}
    assert {name: size for name, size in sizes.items() if size > FUNCTION_LINES} == {}


@pytest.mark.parametrize("path", SERVICE, ids=ids)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(tree_of(path)), "a module begins with a sentence on what it is for"


@pytest.mark.parametrize("path", SERVICE, ids=ids)
def test_an_except_names_what_it_expects(path: Path) -> None:
    broad = [node.lineno for node in ast.walk(tree_of(path)) if isinstance(node, ast.ExceptHandler) and _broad(node)]
    assert broad == [] or name_of(path) in LOOP_EDGES


@pytest.mark.parametrize("path", SERVICE, ids=ids)
def test_nothing_is_left_for_later(path: Path) -> None:
    assert STUB.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", PURE, ids=ids)
def test_the_core_asks_no_clock_and_touches_no_file(path: Path) -> None:
    calls = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    impure = {(name_of(path), ast.unparse(each.func)) for each in calls if _impure(each)}
    assert impure - TABLES_OF_LIBRARIES == set()


def test_no_host_of_a_registry_and_no_path_of_a_machine_is_committed() -> None:
    places = [
        f"{name_of(path)}:{number}: {found.group()}"
        for path in tracked()
        for number, line in enumerate(_lines(path), 1)
        for found in (HOSTS.search(line), MACHINE_PATHS.search(line))
        if found
    ]
    assert places == []


@pytest.mark.parametrize("path", [each for each in modules("tests") if each.name.startswith("test_")], ids=ids)
def test_a_test_can_fail(path: Path) -> None:
    asserting = _asserting_functions()
    tests = [each for each in functions(tree_of(path)) if each.name.startswith("test_")]
    assert [each.name for each in tests if not _asserts(each, asserting)] == []


def test_a_test_without_an_assertion_is_seen() -> None:
    idle, busy = functions(ast.parse("def test_a(): compute()\ndef test_b():\n    with raises(E): compute()"))
    assert (_asserts(idle, set()), _asserts(busy, set())) == (False, True)


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


@cache
def _asserting_functions() -> set[str]:
    """Names of the functions of the tests that assert by themselves: calling one of them is asserting."""
    return {each.name for path in modules("tests") for each in functions(tree_of(path)) if _asserts(each, set())}


def _asserts(function: Function, asserting: set[str]) -> bool:
    """Whether a function asserts, expects a refusal, or calls what does."""
    nodes = list(ast.walk(function))
    called = {ast.unparse(each.func).split(".")[-1] for each in nodes if isinstance(each, ast.Call)}
    return any(isinstance(each, ast.Assert) for each in nodes) or bool(
        called & (asserting | {"raises", "fail", "warns"})
    )
