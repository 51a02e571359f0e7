"""Results as files of NDJSON, for a site whose target takes nothing by HTTP: one file of each type, only ever appended.

Of several lines with the same id the last one counts, so that a line which a killed process wrote twice does no harm;
half a line that it left is cut off. A List is left to whoever loads them, as are a Flag and a Task: what became of
those there is not known here.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from service.fhir.own import Json, Release
from service.fhir.publication import Publication
from service.fhir.transaction import resolved

KINDS = frozenset({"ResearchStudy", "ResearchSubject", "Provenance"})
RELEASE: Release = "R4"
ONCE = "ResearchStudy"  # a line of it is the same for everybody


def append(directory: Path, made: Publication) -> None:
    """Append what should be written, and make sure that it is on the disk."""
    known = {each.full_url: f"{each.resource['resourceType']}/{each.resource['id']}" for each in made.writes}
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for each in made.writes:
        resource = resolved(each.resource, known)
        _append(directory / f"{resource['resourceType']}.ndjson", resource)


def holds(directory: Path, identity: str) -> bool:
    """Is there a ResearchSubject of this identity?"""
    path = directory / "ResearchSubject.ndjson"
    if not path.exists():
        return False
    wanted = f'"id":"{identity}"'.encode()
    with path.open("rb") as lines:
        return any(wanted in line for line in lines)


def _append(path: Path, resource: Json) -> None:
    line = orjson.dumps(resource) + b"\n"
    with _alone(path) as file:
        size = _whole(file)
        if resource["resourceType"] == ONCE and line in os.pread(file, size, 0):
            return
        os.ftruncate(file, size)
        written = 0
        while written < len(line):
            written += os.pwrite(file, line[written:], size + written)
        os.fsync(file)


@contextmanager
def _alone(path: Path) -> Iterator[int]:
    """The file, while no other process writes to it; the lock goes with the process that holds it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _whole(file: int) -> int:
    """How many bytes are whole lines."""
    size = os.fstat(file).st_size
    end, step = size, 1 << 16
    while end > 0:
        start = max(0, end - step)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
