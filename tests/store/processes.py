"""Processes of their own that work on a database, started and killed by a test. What they do is in `worker`."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.shape.source import ROOT

Process = subprocess.Popen[str]
Start = Callable[[str], Process]


@pytest.fixture
def start(url: str) -> Iterator[Start]:
    """Starts a worker that does this; whoever is left at the end is killed."""
    running: list[Process] = []

    def begin(what: str) -> Process:
        command = [sys.executable, "-m", "tests.store.worker", url, what]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def lines(process: Process, number: int) -> list[str]:
    """The next lines that it says."""
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(number)]


def kill(process: Process) -> list[str]:
    """SIGKILL: it can clean up nothing. Returns what it had still said."""
    assert process.stdout is not None
    process.kill()
    rest = process.stdout.read()  # communicate() would leave out what readline() had read ahead
    process.wait()
    return rest.splitlines()
