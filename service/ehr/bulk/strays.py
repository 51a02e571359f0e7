"""Resources in a file of another type than the manifest says: they are set aside, and told. STANDARDS 3.50.

The file's own type is then not complete either: what stands where it does not belong may be missing where it does.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from service.ehr.bulk.lines import is_packed, kind_of, lines_of

ASIDE = "rejected"


def set_aside(path: Path, kind: str) -> Mapping[str, int]:
    """How many resources of other types stood in this file, by type; they lie in `rejected/` now.

    A line that tells no type stays: the reader counts it, and takes it for what it may be.
    """
    found = Counter(each for line in lines_of(path) if (each := kind_of(line)) not in (kind, None))
    strays = {str(each): count for each, count in sorted(found.items(), key=str)}
    if strays:
        _part(path, kind)
    return strays


def _part(path: Path, kind: str) -> None:
    """Leave in the file what belongs there."""
    aside = path.parent / ASIDE / path.name
    aside.parent.mkdir(exist_ok=True)
    left = path.with_name(f"{path.name}.part")
    opening = gzip.open if is_packed(path) else open
    with opening(left, "wb") as stays, opening(aside, "wb") as goes:
        for line in lines_of(path):
            (stays if kind_of(line) in (kind, None) else goes).write(line + b"\n")
    left.replace(path)
