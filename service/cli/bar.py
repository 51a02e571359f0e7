"""A progress bar for the terminal."""

from collections.abc import Callable
from time import monotonic
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress as RichProgress, TaskID, TextColumn, TimeRemainingColumn

from service.screening.request import Progress
from service.screening.sources import InputFile

EVERY = 2000  # lines, or people, between two moves of the bar
MEGA = 1_000_000


class Bar(Progress):
    """A progress bar over the bytes read, then over the persons judged, on standard error.

    `clock`: seconds that go on evenly.
    """

    def __init__(self, total: int, clock: Callable[[], float] = monotonic) -> None:
        columns = (TextColumn("{task.description:<28}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
        told = TextColumn("{task.fields[told]:>28}")
        self._bar = RichProgress(*columns, told, TimeRemainingColumn(), console=Console(stderr=True, highlight=False))
        self._total, self._clock, self._begun = max(total, 1), clock, clock()
        self._read: TaskID = self._bar.add_task("reading", total=self._total, told="")
        self._judged: TaskID | None = None
        self._lines = self._size = self._untold = 0

    def __enter__(self) -> "Bar":
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._bar.stop()

    def reading(self, file: InputFile, lines: int, size: int) -> None:
        """Moves on with the bytes; begins again where everything is gone through again."""
        self._lines += lines
        self._size += size
        self._untold += lines
        if self._size > self._total:
            self._lines, self._size, self._begun = lines, size, self._clock()
        if self._untold >= EVERY or self._size == self._total:
            self._untold = 0
            rate = self._lines / max(self._clock() - self._begun, 0.001)
            told = f"{self._size / MEGA:,.0f} of {self._total / MEGA:,.0f} MB, {rate:,.0f} lines/s"
            self._bar.update(self._read, completed=self._size, description=f"reading {file.path.name}", told=told)

    def screening(self, done: int, of: int, people: int) -> None:
        """Moves on with the persons judged."""
        if self._judged is None:
            self._bar.update(self._read, completed=self._total, description="read")
            self._judged = self._bar.add_task("screening", total=of, told="")
        if done % EVERY == 0 or done == of or done < EVERY:
            self._bar.update(self._judged, completed=done, total=of, told=f"{people:,} people")
