"""How fast, as ratios within one run: `python -m tests.bench [DIRECTORY AS_OF]`. No bare times: machines differ.

The yardstick is parsing the same lines with orjson and doing nothing else. Without a directory, a population is
invented.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from time import process_time

import orjson

from service.screening.lines import Raw, read_raw
from service.screening.needs import Needs
from service.screening.population import Progress, Request, gather, screen
from service.screening.salvage import names_in
from service.screening.sample import write_sample
from service.screening.sources import all_files, find_sources
from tests.bench import hooks, service, worklist
from tests.screening.shipped import STUDY, catalog

PATIENTS = 50
UNNEEDED = (
    b'{"resourceType":"Provenance","id":"1","recorded":"2026-01-01T00:00:00Z","agent":['
    + b'{"who":{}},' * 100
    + b"{}]}"
)


def main(arguments: list[str]) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        if arguments:
            source, at = Path(arguments[0]), date.fromisoformat(arguments[1])
        else:
            source, at = Path(scratch) / "export", date(2026, 6, 30)
            write_sample(source, PATIENTS, 7)
        for part in (report(source, at, Path(scratch) / "out"), hooks.report(), service.report(), worklist.report()):
            for line in part:
                sys.stdout.write(line + "\n")
            sys.stdout.write("\n")


def report(source: Path, at: date, out: Path) -> Iterator[str]:
    """One line per measure, each against parsing."""
    request = Request(find_sources([source]), (STUDY,), at)
    lines = [raw.content for file in all_files(request.sources) for raw in read_raw(file) if isinstance(raw, Raw)]
    world = catalog()
    first = screen(world, request, out, Progress())  # type: ignore[arg-type]  # also fills caches
    parse = clocked(lambda: parse_all(lines))
    gathering = clocked(lambda: gather(world, request, lambda _: None, Progress()))  # type: ignore[arg-type]
    whole = clocked(lambda: screen(world, request, out, Progress()))  # type: ignore[arg-type]
    needed = Needs((STUDY,), world.terminology).types
    people = int(first["people"]["screened"])  # type: ignore[index]
    size = sum(map(len, lines)) >> 20
    yield f"{len(lines)} lines, {size} MiB, {people} people screened; parsing all lines with orjson is 1.0"
    yield f"looking at the bytes of every line       {clocked(lambda: [names_in(each) for each in lines]) / parse:6.2f}"
    yield f"reading everything into facts            {gathering / parse:6.2f}"
    yield f"the whole screening, with its output     {whole / parse:6.2f}"
    yield f"people judged and written in the time of one parse: {people * parse / max(whole - gathering, 1e-9):.0f}"
    skipped = clocked(lambda: [names_in(UNNEEDED).isdisjoint(needed) for _ in range(2000)])
    parsed = clocked(lambda: parse_all([UNNEEDED] * 2000))
    yield f"passing over a line nobody needs, against parsing it  {skipped / parsed:6.2f}"


def parse_all(lines: list[bytes]) -> None:
    """The yardstick: every line parsed, nothing kept."""
    for each in lines:
        orjson.loads(each)


def clocked(work: Callable[[], object]) -> float:
    """Processor seconds, the best of three."""
    found = []
    for _ in range(3):
        begin = process_time()
        work()
        found.append(process_time() - begin)
    return min(found)


if __name__ == "__main__":
    main(sys.argv[1:])
