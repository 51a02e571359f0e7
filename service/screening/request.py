"""What to screen, and where progress is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from service.eligibility.criteria import Study
from service.screening.corrected import Claims
from service.screening.sources import InputFile, Source

Release = Literal["R4", "R4B", "R5"]


@dataclass(frozen=True, slots=True)
class Request:
    """What to screen, for which studies, as of when, and what to write. `release` None: no ResearchSubjects.

    `claims`: what people said of single records. `versions`: write, too, which versions of the records were read.
    `series`: also what pages draw of whom something points to the disease. `formats`: in which the assessments are
    written besides (csv, parquet). `with_signal`: assess only those of whom something on record points to the study's
    disease, or of whom nobody knows whether it does.
    """

    sources: tuple[Source, ...]
    studies: tuple[Study, ...]
    at: date
    release: Release | None = "R4"
    every_subject: bool = False
    accepted_rejects: int = 0
    claims: Claims = field(default_factory=dict)
    versions: bool = False
    series: bool = False
    formats: tuple[str, ...] = ()
    with_signal: bool = False


class Progress:
    """Where progress is told; this one says nothing. The command line has one that draws."""

    def reading(self, file: InputFile, lines: int, size: int) -> None:
        """So many more lines of this file, and bytes as they lie on the disk, were gone through."""

    def screening(self, done: int, of: int, people: int) -> None:
        """So much is judged, of so much; so many persons so far."""
