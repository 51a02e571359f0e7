"""Writing the population in the shape of a FHIR bulk export: one NDJSON file per type, empty where there is nothing.

Memory holds one chart at a time. Files get their names only when all are whole, so that an interrupted run leaves
nothing that could be read as a complete export.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

import orjson

from service.errors import UsageError
from service.screening.sample.drugs import formulary
from service.screening.sample.population import charts
from service.screening.sample.terms import Element

TYPES = (
    "AdverseEvent", "AllergyIntolerance", "Condition", "Consent", "Encounter", "Immunization", "Medication",
    "MedicationAdministration", "MedicationDispense", "MedicationRequest", "MedicationStatement", "Observation",
    "Patient", "Procedure",
)  # fmt: skip
NOTE = "SAMPLE.txt"
NOTE_TEXT = "Everything in this directory was invented by `prescreen sample`. Nobody in it exists.\n"
TODAY = date(2026, 6, 30)
EARLIEST = date(1997, 1, 1)  # before it the oldest of the population would be born in the nineteenth century
UNFINISHED = ".part"


@dataclass(frozen=True, slots=True)
class SampleReport:
    """What was written: resources per type, and for every story or oddity the id of the first patient who has it."""

    counts: Mapping[str, int]
    stories: Mapping[str, str]


def write_sample(out: Path, patients: int, seed: int, today: date = TODAY) -> SampleReport:
    """Write an invented population to `out`; the same arguments give byte-identical files. `today`: the export's day.

    Raises UsageError for fewer than one patient, a day too early for such a population, and a directory that holds
    anything but an earlier sample.
    """
    if patients < 1:
        raise UsageError(f"{patients} patients: a sample needs at least 1")
    if today < EARLIEST:
        raise UsageError(f"the day {today}: a sample can be made for {EARLIEST} or later")
    _claim(out)
    counts = dict.fromkeys(TYPES, 0)
    stories: dict[str, str] = {}
    with ExitStack() as stack:
        files = {kind: stack.enter_context(_path(out, kind, UNFINISHED).open("wb")) for kind in TYPES}
        _add(files, counts, formulary(f"{today}T00:00:00Z"))
        for name, chart in charts(patients, seed, today):
            _add(files, counts, chart.resources)
            if name is not None:
                stories.setdefault(name, chart.id)
    for kind in TYPES:
        _path(out, kind, UNFINISHED).replace(_path(out, kind))
    return SampleReport(MappingProxyType(counts), MappingProxyType(stories))


def _path(out: Path, kind: str, suffix: str = "") -> Path:
    return out / f"{kind}.ndjson{suffix}"


def _add(files: Mapping[str, BinaryIO], counts: dict[str, int], resources: list[Element]) -> None:
    for each in resources:
        kind = str(each["resourceType"])
        files[kind].write(orjson.dumps(each, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))
        counts[kind] += 1


def _claim(out: Path) -> None:
    """Make the directory ours, or refuse: nothing that somebody else put there is ever overwritten."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: there is a file of this name; choose a directory")
    out.mkdir(parents=True, exist_ok=True)
    found = {each.name for each in out.iterdir()}
    ours = {NOTE} | {_path(out, kind, suffix).name for kind in TYPES for suffix in ("", UNFINISHED)}
    if found and (found - ours or not _noted(out / NOTE)):
        raise UsageError(f"{out}: not empty, and not an earlier sample; choose a new or an empty directory")
    (out / NOTE).write_text(NOTE_TEXT, encoding="utf-8")


def _noted(note: Path) -> bool:
    return note.is_file() and note.read_text(encoding="utf-8", errors="replace") == NOTE_TEXT
