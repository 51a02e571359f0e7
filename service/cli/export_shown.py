"""What `prescreen export` shows while it runs, and what it says at its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from rich.console import Console
from rich.progress import DownloadColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TransferSpeedColumn

from service.ehr.bulk import Asked, Job, Told
from service.screening.exporting import Narrowing


@dataclass
class Shown:
    """What is shown meanwhile: on a terminal a line that moves, elsewhere nothing but what matters."""

    bar: Progress
    lock: Lock = field(default_factory=Lock)
    task: TaskID | None = None

    def told(self, told: Told) -> None:
        """A sentence above the line."""
        self.bar.console.print(f"prescreen: {told.words}", markup=False, highlight=False)

    def progress(self, size: int) -> None:
        """So many bytes more."""
        with self.lock:
            if self.task is None:
                self.task = self.bar.add_task("fetched", total=None)
            self.bar.advance(self.task, size)


@contextmanager
def shown() -> Iterator[Shown]:
    """On standard error, for as long as it runs."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), DownloadColumn(), TransferSpeedColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield Shown(bar)


def report(job: Job, asked: Asked, narrowed: Narrowing | None) -> Iterator[str]:
    """What came, type by type, and what did not."""
    at = "".join(each for each in job.at if each.isprintable())  # a server's word: nothing that steers a terminal
    yield f"data of {at}, in {job.directory}/"
    for kind in asked.types:
        files, lines = job.files.get(kind, (0, 0))
        lacks = f"; {job.lacking[kind]}" if kind in job.lacking else ""
        yield f"  {kind:<24}{lines:>12,} lines in {files} file{'' if files == 1 else 's'}{lacks}"
    for kind in sorted(job.files.keys() - set(asked.types)):
        yield f"  {kind:<24}{job.files[kind][1]:>12,} lines that were not asked for"
    for kind in sorted(job.lacking.keys() - set(asked.types)):
        yield f"  {kind:<24}{job.lacking[kind]}"
    if job.deleted:
        yield f"  {job.deleted:,} resource{'' if job.deleted == 1 else 's'} no longer there, listed in deleted/"
    yield from _of_members(job)
    if job.failed:
        yield "Not everything could be exported, or not all of it is known by type: no type is taken for complete."
    if asked.since is not None:
        yield "Only what changed was asked for: no type is complete by this export alone."
    if narrowed is not None and narrowed.filters:
        yield _of_narrowing(job, narrowed)


def _of_members(job: Job) -> Iterator[str]:
    change = job.membership
    if change is None:
        return
    yield f"  members of the group: {change.joined:,} joined, {change.left:,} left"
    if change.joined and change.lacking is None:
        yield "  all about those who joined is in joined/"
    if change.lacking is not None:
        yield f"  not all about those who joined is here: {change.lacking}; export everything"


def _of_narrowing(job: Job, narrowed: Narrowing) -> str:
    if not job.narrowed:
        return "The server did not take what narrows: it was asked for all of each type."
    types = ", ".join(job.narrowed)
    return (
        f"{types} was narrowed to {narrowed.codes} codes that the studies ask for. So it is complete for nobody: what "
        "is there counts, nothing is concluded from what is not, and a criterion that needs all results stays unknown."
    )
