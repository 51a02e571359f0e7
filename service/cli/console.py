"""Printing: results to standard output, progress and complaints to standard error."""

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress as RichProgress, TaskID, TextColumn, TimeRemainingColumn

from service.errors import PrescreenError
from service.screening.request import Progress
from service.screening.sources import InputFile

errors = Console(stderr=True, highlight=False)
EVERY = 2000


def out(text: str) -> None:
    """One result, as it is: no colours, no wrapping."""
    sys.stdout.write(text + "\n")


def complain(error: PrescreenError) -> None:
    """An error, for people: what, where, what to do."""
    sys.stderr.write(f"prescreen: {error}\n")


class Bar(Progress):
    """A progress bar over the bytes read, then the persons judged; on standard error, only where that is a terminal."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        columns = (TextColumn("{task.description:<28}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
        self._bar = RichProgress(*columns, TimeRemainingColumn(), console=errors, disable=quiet)
        self._read: TaskID = self._bar.add_task("reading", total=max(total, 1))
        self._judged: TaskID | None = None
        self._finished = 0
        self._file: InputFile | None = None

    def __enter__(self) -> "Bar":
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._bar.stop()

    def reading(self, file: InputFile, line: int) -> None:
        """Moves on with each file; within a file the name is shown."""
        if file is not self._file:
            if self._file is not None:
                self._finished += self._file.path.stat().st_size
            self._file = file
            self._bar.update(self._read, completed=self._finished, description=f"reading {file.path.name}")

    def went_through(self, size: int) -> None:
        """Moves on with what was read, by whichever process; again from the start where it is gone through again."""
        self._finished += size
        self._bar.update(self._read, completed=self._finished)

    def screening(self, done: int, of: int) -> None:
        """Moves on with the persons judged."""
        if self._judged is None:
            self._bar.update(self._read, completed=self._bar.tasks[0].total, description="read")
            self._judged = self._bar.add_task("screening", total=of)
        if done % EVERY == 0 or done == of or done < EVERY:
            self._bar.update(self._judged, completed=done)
