"""Which ids stand where, kept on disk: a few bytes for each line of the input are too many for memory.

Numbers of ids are written into parts by their first bits, so that all that concerns one id is in one part, and the
parts can be looked through one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from service.screening.buckets.spool import Spool
from service.screening.sifting.blocks import Hashes
from service.screening.sifting.ledger import NONE, Ledger, Recurring

Buckets = npt.NDArray[np.uint16]
KINDS = ("passed_over", "put_off", "glimpsed", "read")
PLACED, PLACES = "placed", "places"  # ids of what went into buckets, and into which
ALL_KINDS = frozenset((*KINDS, PLACED, PLACES))
Files = dict[tuple[str, int], list[Path]]  # by kind and part


def keep(spool: Spool, ledger: Ledger, whose: Mapping[str, tuple[Hashes, Buckets]], bits: int = 0) -> None:
    """What was found in a share, in parts by so many bits of the numbers."""
    for kind in KINDS:
        for name, listed in getattr(ledger, kind).items():
            _write(spool, bits, kind, name, np.concatenate((NONE, *listed)))
    for name, (numbers, buckets) in whose.items():
        _write(spool, bits, PLACED, name, numbers, buckets)


def check(directory: Path) -> None:
    """Raises Recurring, as Ledger.check does."""
    found: dict[str, list[Hashes]] = {}
    there = _files(directory)
    for part in _parts(there):
        try:
            _ledger(there, part).check()
        except Recurring as problem:
            for name, numbers in problem.ids.items():
                found.setdefault(name, []).append(numbers)
    if found:
        raise Recurring({name: np.concatenate(listed) for name, listed in found.items()})


def wandering(directory: Path) -> list[tuple[int, int]]:
    """Pairs of buckets that hold versions of the same resource: said of one person first, and of another later."""
    found: set[tuple[int, int]] = set()
    there = _files(directory)
    for part in _parts(there):
        places = dict(_read(there, PLACES, part))
        for name, numbers in _read(there, PLACED, part):
            order = np.argsort(numbers, kind="stable")
            sorted_, where = numbers[order], places[name][order]
            apart = np.flatnonzero((sorted_[1:] == sorted_[:-1]) & (where[1:] != where[:-1]))
            found |= {(int(where[each]), int(where[each + 1])) for each in apart}
    return sorted(found)


def _files(directory: Path) -> Files:
    found: Files = {}
    for path in sorted(directory.iterdir()):
        kind, _, rest = path.name.partition("-")
        if kind in ALL_KINDS:
            found.setdefault((kind, int(rest.partition("-")[0])), []).append(path)
    return found


def _parts(there: Files) -> list[int]:
    """Those of which there is anything."""
    return sorted({part for _, part in there})


def _write(spool: Spool, bits: int, kind: str, name: str, numbers: Hashes, buckets: Buckets | None = None) -> None:
    parts = (numbers >> np.uint64(64 - bits)).astype(np.uint16) if bits else np.zeros(len(numbers), dtype=np.uint16)
    order = np.argsort(parts, kind="stable")
    ends = np.searchsorted(parts[order], np.arange(1 << bits), side="right").tolist()
    start = 0
    for part, end in enumerate(ends):
        if end > start:
            spool.append(f"{kind}-{part}-{name}", numbers[order[start:end]].tobytes())
            if buckets is not None:
                spool.append(f"{PLACES}-{part}-{name}", buckets[order[start:end]].tobytes())
        start = end


def _ledger(there: Files, part: int) -> Ledger:
    ledger = Ledger()
    for kind in KINDS:
        for name, numbers in _read(there, kind, part):
            getattr(ledger, kind)[name].append(numbers)
    return ledger


def _read(there: Files, kind: str, part: int) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """By type, all numbers of a part, whichever process wrote them."""
    found: dict[str, list[bytes]] = {}
    for path in there.get((kind, part), ()):
        found.setdefault(path.name.split("-")[2].split(".")[0], []).append(path.read_bytes())
    for name, contents in found.items():
        yield name, np.frombuffer(b"".join(contents), dtype=np.uint16 if kind == PLACES else np.uint64)
