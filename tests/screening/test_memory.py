"""With a limit, an export that is five times larger needs no more memory; without one it does."""

import sys
import tracemalloc
from pathlib import Path

import pytest

from service.eligibility.units import UnitTable
from service.fhir.elements import read_concept
from service.fhir.quantities import read_quantity
from tests.bench.bulk.turns import cost_of
from tests.screening.world import export, haemoglobin, patient

LIMIT, NONE = ("--memory", "4"), ("--memory", "1000")  # MB
# What is read at once is as much for a large export as for a small one, but a small one hardly fills it: with a limit
# a larger export may need more by this part of what it needs more without one.
PART = 1 / 2
MUCH = 40  # MiB
RESULTS, LETTERS = 12, 8000  # of each person; what is kept of each result
IGG4 = {"coding": [{"system": "http://loinc.org", "code": "2469-5"}]}


def hospital(directory: Path, people: int) -> Path:
    """So many people, of whom a study asks for everything."""
    results = [
        haemoglobin(f"o{each}", str(each % people), code=IGG4, meta={"versionId": f"{each}{'x' * LETTERS}"})
        for each in range(people * RESULTS)
    ]
    return export(directory, Patient=[patient(str(each)) for each in range(people)], Observation=results)


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One of 12 MB, and one of 60 MB."""
    place = tmp_path_factory.mktemp("exports")
    return hospital(place / "small", 120), hospital(place / "large", 600)


@pytest.fixture(scope="module")
def without(exports: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> int:
    """How much more memory the larger one needs without a limit, in MiB."""
    small, large = (peak(each, tmp_path_factory.mktemp("without"), *NONE, "--processes", "1") for each in exports)
    return large - small


def peak(source: Path, place: Path, *how: str) -> int:
    """The most memory that any process of a screening held, in MiB."""
    given = ["--study", "igg4-rd-sirolimus", "--as-of", "2026-06-30", "--out", str(place / "out"), "--quiet"]
    return cost_of([sys.executable, "-m", "service", "screen", str(source), *given, *how], place).peak // 1024


@pytest.mark.parametrize("processes", ["1", "2"])
def test_with_a_limit_a_larger_export_needs_hardly_more(
    processes: str, exports: tuple[Path, Path], without: int, tmp_path: Path
) -> None:
    small, large = (peak(each, tmp_path, *LIMIT, "--processes", processes) for each in exports)
    assert large - small < PART * without


def test_without_a_limit_it_does(without: int) -> None:
    assert without > MUCH, "or else the test above cannot fail"


def test_what_is_remembered_of_short_texts_is_short() -> None:
    units, count = UnitTable({}, {}, {}), 1000
    tracemalloc.start()
    for each in range(count):
        read_quantity({"value": each}, "valueQuantity", units)
        read_concept({"text": f"remembered {each}"}, "code")
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < count * 2500, "two short texts, and what was read of them"
