"""Documents, Makefile and command line tell the same story: every command that is written down can be given."""

import re
import shlex
import subprocess

import pytest

from service.cli.arguments import parser
from tests.shape.source import ROOT, name_of

TARGETS = {"setup", "run", "test", "check", "bench", "serve", "study"}
DOCUMENTS = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if path.is_file()]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
# An argument that stands for a value of the reader's: ID, FILE, DIR, [ID|FILE], ...
PLACEHOLDER = re.compile(r"[A-Z]{2,}|[\[\]|<>…]|\.\.\.")


def commands() -> list[tuple[str, str]]:
    """Every complete `prescreen` command of the documents and of the Makefile, with the name of the file."""
    lines = [(name_of(path), line) for path in DOCUMENTS for line in path.read_text(encoding="utf-8").splitlines()]
    found = [(where, re.fullmatch(r"\s*(?:\$ )?prescreen (.+)", line)) for where, line in lines]
    dry = subprocess.run(
        ["make", "--dry-run", "--always-make", "run", "study", "check", "serve"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    found += [("Makefile", re.fullmatch(r"\S*/prescreen (.+)", line)) for line in dry.stdout.splitlines()]
    return [(where, each.group(1)) for where, each in found if each and not PLACEHOLDER.search(each.group(1))]


@pytest.mark.parametrize(("where", "command"), commands(), ids=str)
def test_a_written_command_can_be_given(where: str, command: str) -> None:
    assert parser().parse_args(shlex.split(command, comments=True)).run, where


def test_the_makefile_gives_the_commands_of_a_first_run() -> None:
    given = [command.split()[0] for where, command in commands() if where == "Makefile"]
    assert {"sample", "screen", "explain", "study", "serve"} <= set(given)


def test_the_makefile_has_its_targets() -> None:
    assert TARGETS - set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)) == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_a_target_that_is_written_down_exists(document: object) -> None:
    text = (ROOT / str(document)).read_text(encoding="utf-8")
    written = set(re.findall(r"(?:^\s*|`)make ([a-z][a-z-]+)", text, re.MULTILINE))
    assert written - set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)) == set()


def test_there_is_a_readme() -> None:
    assert (ROOT / "README.md").is_file()
