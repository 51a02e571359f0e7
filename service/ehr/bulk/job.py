"""One export from the question to a whole directory, through any number of interruptions. STANDARDS §3.

All of it lies in a hidden directory beside the one that is wanted, which appears at once, when everything that could be
had is there. What was asked and where the server said to wait is written down before anything else, so that a restart
goes on and no second export is begun.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from service.ehr.bulk.asking import Asked
from service.ehr.bulk.came import Job
from service.ehr.bulk.members import follow
from service.ehr.bulk.one import completed
from service.ehr.bulk.place import Place, hidden
from service.ehr.bulk.work import Told, Work
from service.ehr.clock import SYSTEM, Clock
from service.ehr.exchange import Ask, Exchange
from service.errors import EhrRefused, EhrUnavailable, UnusableAnswer, UsageError


def run(
    exchange: Exchange,
    asked: Asked,
    directory: Path,
    *,
    members: Collection[str] | None = None,
    clock: Clock = SYSTEM,
    patience: float = 86400.0,
    at_once: int = 4,
    without: bool = False,
    told: Callable[[Told], None] = lambda _: None,
    progress: Callable[[int], None] = lambda _: None,
) -> Job:
    """Export into `directory`, which must not be there yet; an interrupted run of the same question goes on.

    `members`: who was in the group at the earlier export that this one goes on from; who joined is fetched whole, and
    who left is told. `patience`: seconds that are waited for the server at most. `without`: do without files that
    cannot be had for now, instead of leaving them to the next run. Raises UsageError, EhrError. Types of which a file
    cannot be had are missing from what is written, and named; the manifest still promises them, so that nobody takes
    them for complete.
    """
    if directory.exists():
        raise UsageError(f"{directory}: it is there already; give a directory that is not")
    place = Place(hidden(directory))
    work = Work(exchange, place, clock, clock.seconds() + patience, told, progress, at_once, without)
    with place.alone():
        job = completed(work, asked)
        if members is not None:
            job = replace(job, membership=follow(work, asked, members))
        urls = _status_urls(place.path)
        place.become(directory)
    _take_off(exchange, urls)
    return replace(job, directory=directory)


def abandon(exchange: Exchange, directory: Path) -> bool:
    """Give up an export that was interrupted, and tell the server. False if there is none."""
    place = Place(hidden(directory))
    if place.state is None:
        return False
    with place.alone():
        _take_off(exchange, _status_urls(place.path))
        shutil.rmtree(place.path)
    return True


def _status_urls(path: Path) -> list[str]:
    """Those of the export, and of the others that belong to it."""
    states = [Place(each).state for each in (path, *(each for each in sorted(path.iterdir()) if each.is_dir()))]
    return [each.status_url for each in states if each is not None]


def _take_off(exchange: Exchange, status_urls: list[str]) -> None:
    """Let the server delete its files. That it does not is no failure of the export: it deletes them some day."""
    for each in status_urls:
        with suppress(EhrUnavailable, EhrRefused, UnusableAnswer):
            exchange.send(Ask("DELETE", each, {"Accept": "application/json"}))
