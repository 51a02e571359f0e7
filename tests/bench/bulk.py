"""How fast an export is screened, against parsing every line of it with orjson and doing nothing else. In one run.

The export is an invented population among so many lines that nobody needs as a hospital has; where the data of others
lie beside the project, also part of those. A directory and a date of one's own can be given instead.
"""

import gzip
import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from time import process_time
from typing import Any

import orjson

from service.screening.population import gather, screen
from service.screening.request import Progress, Request
from service.screening.sample import write_sample
from service.screening.sifting import scan
from service.screening.sources import all_files, find_sources
from tests.bench.hooks import ROOT
from tests.screening.shipped import catalog

STUDY = "igg4-rd-sirolimus"
PATIENTS, NOISE = 100, 800  # lines that nobody needs, for each patient
SHARED = ROOT.parent / "shared" / "data" / "pysynthea-2026-r4" / "seed-20260001"
PULSE = ("8867-4", "Heart rate"), ("9279-1", "Respiratory rate"), ("72514-3", "Pain severity score")


def report(scratch: Path, given: tuple[Path, date] | None) -> Iterator[str]:
    """One line per measure, for each export."""
    if given is not None:
        yield from _measured("the export given", given[0], given[1], scratch)
        return
    yield from _measured("an invented hospital", _hospital(scratch / "invented"), date(2026, 6, 30), scratch)
    if SHARED.is_dir():
        yield ""
        yield from _measured("pysynthea, 50 people", _unpacked(scratch / "pysynthea"), date(2026, 1, 1), scratch)


def _measured(title: str, source: Path, at: date, scratch: Path) -> Iterator[str]:
    world: Any = catalog()
    request = Request(find_sources([source]), (world.studies[STUDY],), at)
    lines = [line for file in all_files(request.sources) for line in file.path.read_bytes().splitlines()]
    scan.scan_for.cache_clear()
    first = clocked(lambda: gather(world, request, lambda _: None, Progress()), 1)
    parse = clocked(lambda: _parse_all(lines))
    reading = clocked(lambda: gather(world, request, lambda _: None, Progress()))
    every = clocked(lambda: gather(world, request, lambda _: None, Progress(), sifted=False), 1)
    whole = clocked(lambda: screen(world, request, scratch / "out", Progress()))
    counts = orjson.loads((scratch / "out" / "summary.json").read_bytes())
    used, read = counts["input"]["used"], counts["input"]["read"]
    yield f"{title}: {read} lines, {sum(map(len, lines)) >> 20} MiB, {counts['people']['screened']} people screened"
    yield f"  {used / read:.1%} of the lines were used; parsing all of them with orjson is 1.0, more is faster"
    yield f"reading what may matter                  {parse / reading:6.2f}"
    yield f"the whole screening, with its output     {parse / whole:6.2f}"
    yield f"reading every line, without the sieve    {parse / every:6.2f}"
    yield f"start-up (patterns), in parses           {max(first - reading, 0) / parse:6.2f}"


def _parse_all(lines: list[bytes]) -> None:
    """The yardstick: every line parsed, nothing kept."""
    for each in lines:
        orjson.loads(each)


def clocked(work: Callable[[], object], times: int = 3) -> float:
    """Processor seconds, the best of some."""
    found = []
    for _ in range(times):
        begin = process_time()
        work()
        found.append(process_time() - begin)
    return min(found)


def _hospital(directory: Path) -> Path:
    """The invented people, and results of theirs that no study asks for."""
    write_sample(directory, PATIENTS, 7)
    chance = random.Random(7)
    patients = [orjson.loads(each)["id"] for each in (directory / "Patient.ndjson").read_bytes().splitlines()]
    with (directory / "Observation.ndjson").open("ab") as file:
        for number in range(NOISE * len(patients)):
            file.write(orjson.dumps(_result(number, chance.choice(patients), chance), option=orjson.OPT_APPEND_NEWLINE))
    return directory


def _result(number: int, patient: str, chance: random.Random) -> dict[str, object]:
    code, display = chance.choice(PULSE)
    day = date(2026, 6, 1) - timedelta(days=chance.randrange(7000))
    category = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}
    return {
        "resourceType": "Observation",
        "id": f"noise-{number}",
        "status": "final",
        "category": [{"coding": [category]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": display}]},
        "subject": {"reference": f"Patient/{patient}"},
        "encounter": {"reference": f"Encounter/noise-{number // 5}"},
        "effectiveDateTime": f"{day}T08:30:00+00:00",
        "valueQuantity": {"value": chance.randrange(40, 120), "unit": "/min", "system": "http://unitsofmeasure.org"},
        "meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/vitalsigns"]},
    }


def _unpacked(directory: Path) -> Path:
    directory.mkdir()
    for path in SHARED.glob("*.gz"):
        (directory / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
    return directory
