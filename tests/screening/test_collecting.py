"""While a population is screened, Python looks for garbage less often, and afterwards as often as before."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.errors import UsageError
from service.screening.collecting import SELDOM, seldom_collecting
from service.screening.population import screen
from service.screening.request import Progress, Request
from service.screening.sources import InputFile, find_sources
from tests.builders import AT
from tests.screening.world import STUDY, catalog, export, patient

OFTEN = (700, 10, 10)


@pytest.fixture(autouse=True)
def often() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*OFTEN)
    yield
    gc.set_threshold(*before)


class Watch(Progress):
    """Sees how often it is looked for garbage while lines are read."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def reading(self, file: InputFile, lines: int, size: int) -> None:
        self.seen.append(gc.get_threshold())


def test_it_is_looked_for_seldom_while_a_population_is_screened_and_as_before_then(tmp_path: Path) -> None:
    watch = Watch()
    sources = find_sources([export(tmp_path / "in", Patient=[patient()])])
    screen(catalog(), Request(sources, (STUDY,), AT), tmp_path / "out", watch)
    assert set(watch.seen) == {SELDOM}
    assert gc.get_threshold() == OFTEN


def test_it_is_as_before_where_a_run_is_refused(tmp_path: Path) -> None:
    place = export(tmp_path / "in", Patient=[patient()])
    with pytest.raises(UsageError):
        screen(catalog(), Request(find_sources([place]), (STUDY,), AT), place, Progress())
    assert gc.get_threshold() == OFTEN


def test_of_several_runs_the_last_one_that_ends_restores_it() -> None:
    one, other = seldom_collecting(), seldom_collecting()
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    assert gc.get_threshold() == SELDOM
    other.__exit__(None, None, None)
    assert gc.get_threshold() == OFTEN
