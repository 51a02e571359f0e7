"""How to screen an input of some size: in memory, or in buckets on disk, and into how many."""

import os
from collections.abc import Iterable
from typing import NamedTuple

from service.screening.sources import Source, all_files

MEGABYTE = 1 << 20
USUAL_MEMORY = 2000  # MB
MOST_USUAL = 8  # processes, unless more are asked for
WORTH = 1 << 25  # bytes for each process: to begin one costs about as much as to go through half of them
FEWEST, MOST = 16, 512  # buckets: each is a file that is open when the results are put together
LINE = 256  # bytes at least, of nearly all lines; of each the number of its id is kept
IDS, MOST_BITS = 32, 8  # numbers of ids that are looked through together take at most so small a part of the memory
PACKED = 10  # an export packed with gzip grows about tenfold
NUMBER = 8  # bytes of an id's number
READ = 3  # what is read of a bucket is at most about three times as large as its lines


class Means(NamedTuple):
    """How many processes to use, into how many buckets to sort, and by how many of their first bits numbers of ids are
    parted."""

    processes: int = 1
    buckets: int = 64
    bits: int = 0


def usual_processes(sources: Iterable[Source]) -> int:
    """As many as there are processors for this process, and as it pays to begin."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(processors, MOST_USUAL, _size(sources) // WORTH))


def means_for(sources: Iterable[Source], processes: int, memory: int) -> Means | None:
    """None: everything in memory, by one process. `memory`: about how much there is for the run, in MB."""
    size = _size(sources)
    if processes == 1 and size <= memory * MEGABYTE:
        return None
    room = memory * MEGABYTE
    buckets = -(-READ * size * processes // room)
    bits = (size // LINE * NUMBER * IDS // room).bit_length()
    return Means(processes, min(max(buckets, FEWEST), MOST), min(bits, MOST_BITS))


def _size(sources: Iterable[Source]) -> int:
    """About how many bytes there are when all is unpacked."""
    return sum(each.size * (PACKED if each.gzipped else 1) for each in all_files(sources))
