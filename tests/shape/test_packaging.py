"""The package as it is shipped: what the wheel holds, what it depends on, and that setup.cfg tells the truth."""

import ast
import re
import shutil
import subprocess
import sys
from email import message_from_bytes
from email.message import Message
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import service
from service.catalog.content import _shipped, mappings_dir, profiles_dir
from service.errors import CatalogError
from tests.shape.source import ROOT, configuration, modules, name_of, tree_of

CONTENT = ("mappings", "profiles")
SHIPPED = (".json", ".yaml", ".txt")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network from a copy, so that no earlier build leaves its files in it."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("service", *CONTENT):
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("LICENSE", "README.md", "setup.cfg", "setup.py", "pyproject.toml"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    """The names of the files in the wheel."""
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """METADATA of the wheel."""
    with ZipFile(wheel) as archive:
        return message_from_bytes(
            archive.read(next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA")))
        )


def test_the_wheel_holds_every_module(names: set[str]) -> None:
    assert {name_of(path) for path in modules("service")} - names == set()


@pytest.mark.parametrize("place", CONTENT)
def test_the_wheel_holds_the_content(names: set[str], place: str) -> None:
    content = [path for path in (ROOT / place).rglob("*") if path.suffix in SHIPPED]
    assert {f"service/{name_of(path)}" for path in content} - names == set()


def test_the_wheel_holds_the_pages(names: set[str]) -> None:
    pages = [path for place in ("templates", "static") for path in (ROOT / "service" / "web" / place).rglob("*.*")]
    assert pages and {name_of(path) for path in pages} <= names


def test_the_wheel_holds_the_translations(names: set[str]) -> None:
    catalogs = list((ROOT / "service" / "translations").rglob("*.po"))
    assert catalogs and {name_of(path) for path in catalogs} <= names


def test_the_wheel_holds_nothing_else(names: set[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert tops == {"service", f"fhir_prescreen-{service.__version__}.dist-info"}


def test_the_version_has_one_source(metadata: Message) -> None:
    assert (metadata["Name"], metadata["Version"]) == ("fhir-prescreen", service.__version__)


def test_the_changelog_begins_with_this_version() -> None:
    heading = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert heading and heading.group(1) == service.__version__


def test_an_installed_package_finds_its_content_inside(tmp_path: Path, wheel: Path) -> None:
    """Run from an empty directory, isolated from this checkout, with only the dependencies of this environment."""
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    site, code = (
        str(tmp_path / "site"),
        "from service.catalog import content as c; print(c.mappings_dir(), c.profiles_dir())",
    )
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {site!r}); {code}"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.split()
    assert told == [str(tmp_path / "site" / "service" / name) for name in CONTENT]


def test_a_checkout_finds_its_content_beside_the_package() -> None:
    assert (mappings_dir(), profiles_dir()) == (ROOT / "mappings", ROOT / "profiles")


def test_a_directory_of_that_name_that_is_not_ours_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()  # beside the package, yet no checkout: site-packages of somebody else
    with pytest.raises(CatalogError, match="install fhir-prescreen again"):
        _shipped("mappings", tmp_path / "service")


def runtime() -> list[Requirement]:
    """The run-time dependencies of setup.cfg."""
    return [Requirement(each) for each in configuration()["options"]["install_requires"].split("\n") if each]


def declared() -> list[Requirement]:
    """The dependencies of setup.cfg, those of the extras included."""
    extras = configuration()["options.extras_require"].values()
    return runtime() + [Requirement(each) for lines in extras for each in lines.split("\n") if each]


@pytest.mark.parametrize("requirement", runtime(), ids=lambda each: each.name)
def test_a_dependency_has_a_lower_bound_and_no_upper_one(requirement: Requirement) -> None:
    assert [each.operator for each in requirement.specifier] == [">="]


def imported() -> set[str]:
    """The distributions that the package imports, by their canonical names."""
    nodes = (node for path in modules("service") for node in ast.walk(tree_of(path)))
    names = {name for node in nodes for name in _imported_by(node)}
    known = packages_distributions()
    tops = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - {"service"}
    return {canonicalize_name(known[top][0]) if top in known else f"{top} (not installed)" for top in tops}


def _imported_by(node: ast.AST) -> list[str]:
    """The modules that a statement imports from elsewhere; none if it is no import."""
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []


def test_what_is_imported_is_declared() -> None:
    assert imported() - {canonicalize_name(each.name) for each in runtime()} == set()


def lock() -> dict[str, str]:
    """The locked versions by canonical name."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "requirements").glob("*.txt")))
    pins = [line.split("#")[0].split(";")[0].strip() for line in text.splitlines() if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in (pin.split("==") for pin in pins)}


@pytest.mark.parametrize("requirement", declared(), ids=lambda each: each.name)
def test_the_lock_satisfies_setup_cfg(requirement: Requirement) -> None:
    assert requirement.specifier.contains(lock()[canonicalize_name(requirement.name)])


def test_every_command_exists() -> None:
    lines = configuration()["options.entry_points"]["console_scripts"].strip().splitlines()
    commands = dict(re.split(r"\s*=\s*", line, maxsplit=1) for line in lines)
    assert set(commands) == {"prescreen"}
    for target in commands.values():
        module, function = target.split(":")
        code = f"from {module} import {function}; {function}(['--version'])"
        told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
        assert told.stdout.strip() == f"prescreen {service.__version__}", told.stderr
