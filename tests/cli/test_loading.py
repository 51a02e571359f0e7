"""A command loads what it needs and no more: everybody who asks for help, and every process, waits for the rest."""

import sys
from pathlib import Path
from subprocess import run

import pytest

LOADED = "print(); print(*sorted(sys.modules))"
SCREENING = ["--study", "igg4-rd-sirolimus", "--as-of", "2026-06-30", "--quiet"]


def loaded(*words: str) -> set[str]:
    """The modules that are loaded when this command has run in a process of its own."""
    code = f"import sys\nfrom service.cli import main\ntry:\n    main({list(words)!r})\nfinally:\n    {LOADED}"
    done = run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("words", [["--help"], ["--version"]], ids=str)
def test_help_loads_nothing_but_the_names_of_the_commands(words: list[str]) -> None:
    ours = {each for each in loaded(*words) if each.split(".")[0] == "service"}
    assert ours == {"service", "service.cli", "service.cli.arguments", "service.cli.console", "service.errors"}


def test_screening_files_loads_no_server_no_database_and_no_cluster(tmp_path: Path) -> None:
    export = str(tmp_path / "export")
    assert "service.screening.population" not in loaded("sample", "--patients", "2", "--out", export)
    found = loaded("screen", export, *SCREENING, "--out", str(tmp_path / "result"))
    assert "service.screening.population" in found
    assert found & {"flask", "sqlalchemy", "requests", "cryptography", "pyspark", "pyarrow", "pint", "rich"} == set()
