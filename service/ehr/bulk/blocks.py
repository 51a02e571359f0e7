"""Files that are organized by patient, in blocks that each begin with a header: taken apart by type. STANDARDS 3.54.

Whose a resource is, it says itself; so the headers (`Parameters`) are let go, and it does not matter in which file a
block goes on, as long as all files are there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from service.ehr.bulk.lines import kind_of, lines_of

HEADER = "Parameters"
OTHERS = "others"  # of types that nobody asked for, and of lines that do not tell theirs: the reader sees what they are


def by_type(files: Iterable[Path], into: Path, kinds: Collection[str]) -> Mapping[str, int]:
    """Write `Type.ndjson` for each of these types in these files; returns the lines of each. The files are gone then.

    It can be done again: a file that was taken apart is removed only when all are.
    """
    listed = list(files)
    lines: Counter[str] = Counter()
    open_ones: dict[str, IO[bytes]] = {}
    with ExitStack() as stack:
        for line in (line for path in listed for line in lines_of(path)):
            told = kind_of(line)
            if told == HEADER:
                continue
            kind = told if told is not None and told in kinds else OTHERS
            if kind not in open_ones:
                open_ones[kind] = stack.enter_context((into / f"{kind}.ndjson.part").open("wb"))
            open_ones[kind].write(line + b"\n")
            lines[kind] += 1
    for kind in lines:
        (into / f"{kind}.ndjson.part").replace(into / f"{kind}.ndjson")
    for path in listed:
        path.unlink()
    return lines
