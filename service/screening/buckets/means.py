"""How to screen an input of some size: in memory, or in buckets on disk, and into how many."""

from collections.abc import Iterable
from typing import NamedTuple

from service.screening.sources import Source, all_files

MEGABYTE = 1 << 20
USUAL_MEMORY = 2000  # MB
FEWEST, MOST = 16, 512  # buckets: each is a file that is open when the results are put together
PACKED = 10  # an export packed with gzip grows about tenfold
READ = 3  # what is read of a bucket is at most about three times as large as its lines


class Means(NamedTuple):
    """How many processes to use, and into how many buckets to sort."""

    processes: int = 1
    buckets: int = 64


def means_for(sources: Iterable[Source], processes: int, memory: int) -> Means | None:
    """None: everything in memory, by one process. `memory`: about how much there is for the run, in MB."""
    size = sum(each.size * (PACKED if each.gzipped else 1) for each in all_files(sources))
    if processes == 1 and size <= memory * MEGABYTE:
        return None
    buckets = -(-READ * size * processes // (memory * MEGABYTE))
    return Means(processes, min(max(buckets, FEWEST), MOST))
