"""When an input is screened in memory, and into how many buckets it is sorted otherwise."""

from pathlib import Path

import pytest

from service.screening.buckets import means
from service.screening.buckets.means import FEWEST, MOST, Means, means_for, usual_processes
from service.screening.sources import InputFile, Source

MB = 1 << 20


def source(directory: Path, megabytes: int, name: str = "Observation.ndjson") -> Source:
    """A file that takes no room on the disk, but says that it is so large."""
    path = directory / name
    with path.open("wb") as file:
        file.truncate(megabytes * MB)
    return Source(directory, (InputFile(path, True, "Observation"),), whole=True)


@pytest.mark.parametrize(
    ("megabytes", "name", "processes", "memory", "found"),
    [
        (100, "Observation.ndjson", 1, 100, None),
        (101, "Observation.ndjson", 1, 100, Means(1, FEWEST, 1)),
        (11, "Observation.ndjson.gz", 1, 100, Means(1, FEWEST, 1)),
        (1, "Observation.ndjson", 2, 2000, Means(2, FEWEST)),
        (4000, "Observation.ndjson", 1, 100, Means(1, 120, 6)),
        (4000, "Observation.ndjson", 2, 100, Means(2, 240, 6)),
        (40_000, "Observation.ndjson", 8, 100, Means(8, MOST, 8)),
    ],
)
def test_means(tmp_path: Path, megabytes: int, name: str, processes: int, memory: int, found: Means | None) -> None:
    assert means_for([source(tmp_path, megabytes, name)], processes, memory) == found


@pytest.mark.parametrize(
    ("megabytes", "name", "processors", "found"),
    [
        (1, "Observation.ndjson", 4, 1),
        (63, "Observation.ndjson", 4, 1),
        (64, "Observation.ndjson", 4, 2),
        (7, "Observation.ndjson.gz", 4, 2),
        (5000, "Observation.ndjson", 4, 4),
        (5000, "Observation.ndjson", 1, 1),
        (5000, "Observation.ndjson", 64, 8),
    ],
)
def test_usual_processes(
    tmp_path: Path, megabytes: int, name: str, processors: int, found: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(means.os, "sched_getaffinity", lambda _: set(range(processors)), raising=False)
    assert usual_processes([source(tmp_path, megabytes, name)]) == found
