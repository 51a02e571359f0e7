"""By what an input is screened: this machine, or Spark. What one way alone needs is loaded only where it is gone."""

from __future__ import annotations

import signal
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from service.catalog.content import mappings_dir
from service.errors import UsageError
from service.screening.buckets.journal import run_key
from service.screening.buckets.means import usual_processes
from service.screening.buckets.processes import engine_for
from service.screening.population import screen
from service.screening.request import Progress, Request
from service.screening.sources import Source, find_sources, total_bytes

if TYPE_CHECKING:
    from service.catalog.load import Catalog
    from service.screening.spark.engine import Spark

SPARK, LOCAL = "spark", "local"
Run = Callable[["Catalog", Request, Progress], dict[str, object]]


@dataclass(frozen=True)
class Screening:
    """What is to be read, how many bytes that are, and what screens it; by how many processes, if they are ours."""

    sources: tuple[Source, ...]
    size: int
    run: Run
    processes: int = 0


def add_engine(command: ArgumentParser) -> None:
    """Options of `screen`."""
    command.add_argument(
        "--engine", choices=(LOCAL, SPARK), default=LOCAL, help="what does the work: this machine (default), or Spark"
    )
    command.add_argument("--master", metavar="URL", help="of Spark, such as local[4] or yarn; default: as it is set up")


@contextmanager
def screening(chosen: Namespace) -> Iterator[Screening]:
    """As it was chosen. Raises UsageError, InputError."""
    if chosen.engine == SPARK:
        if chosen.state is not None:
            raise UsageError("--state does not go with --engine spark: it is kept on this machine, by one process")
        if chosen.processes:
            raise UsageError("--processes does not go with --engine spark: Spark knows how many tasks it runs at once")
        from service.screening.spark.engine import Spark, buckets_for
        from service.screening.spark.listing import find
        from service.screening.spark.session import session

        with session(chosen.master) as spark:
            listed = find(spark, chosen.source)
            engine = Spark(spark, listed.stored, buckets_for(listed, chosen.memory))
            run = partial(_to, chosen.out, spark, engine)
            yield Screening(listed.sources, sum(each.size for each in listed.stored.values()), run)
        return
    if chosen.master is not None:
        raise UsageError("--master goes with --engine spark")
    if "://" in chosen.out:
        raise UsageError(f"{chosen.out}: only --engine spark writes there; give a directory of this machine")
    sources = find_sources(map(Path, chosen.source))
    processes = chosen.processes or usual_processes(sources)
    signal.signal(signal.SIGTERM, _interrupt)
    if chosen.state is not None:
        if (chosen.processes or 1) > 1:
            raise UsageError("--state does not go with several --processes")
        if chosen.with_signal:
            raise UsageError("--state does not go with --with-signal: nobody would know when time brings a signal")
        yield Screening(sources, total_bytes(sources), partial(_going_on, chosen), processes=1)
        return
    yield Screening(sources, total_bytes(sources), partial(_here, chosen, processes), processes)


def _going_on(chosen: Namespace, catalog: Catalog, request: Request, progress: Progress) -> dict[str, object]:
    from service.screening.incremental.basis import basis_of
    from service.screening.incremental.run import screen_on

    basis = basis_of(request, (mappings_dir(), chosen.site))
    return screen_on(catalog, request, Path(chosen.out), progress, chosen.state, basis)


def _interrupt(*_: object) -> None:
    """Ended from outside, as by Ctrl-C: what is half done is cleared away, or left to go on with."""
    raise KeyboardInterrupt


def _here(
    chosen: Namespace, processes: int, catalog: Catalog, request: Request, progress: Progress
) -> dict[str, object]:
    engine = engine_for(request.sources, processes, chosen.memory)
    content = [mappings_dir(), *([chosen.site] if chosen.site else [])]
    key = None if engine is None else run_key(request, content, engine.buckets)
    return screen(catalog, request, Path(chosen.out), progress, engine, key)


def _to(
    out: str, spark: object, engine: Spark, catalog: Catalog, request: Request, progress: Progress
) -> dict[str, object]:
    if "://" in out:
        from service.screening.spark.parts import screen_to

        return screen_to(out, spark, catalog, request, progress, engine)
    return screen(catalog, request, Path(out), progress, engine)
