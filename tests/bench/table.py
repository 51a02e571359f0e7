"""What a part of the measuring found: tables of ratios, as text for a terminal and as Markdown for the page."""

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

WIDTH = 120
NO_POSTGRES = "PostgreSQL was left out: no server is installed here (Debian: apt-get install postgresql)"


@dataclass(frozen=True, slots=True)
class Table:
    """Ratios, one row per measure. `about`: what was measured, what 1.0 is, and which way is better."""

    title: str
    about: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def text(self) -> Iterator[str]:
        """Lines for a terminal."""
        yield self.title
        yield from _wrapped(self.about)
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]
        for row in (self.columns, *self.rows):
            cells = [each.rjust(width) for each, width in zip(row[1:], widths[1:], strict=True)]
            yield "  ".join(("  " + row[0].ljust(widths[0]), *cells)).rstrip()
        for note in self.notes:
            yield from _wrapped(note)

    def markdown(self) -> Iterator[str]:
        """Lines for the page."""
        yield from (f"### {self.title}", "", *_wrapped(self.about, ""), "")
        yield _row(self.columns)
        yield _row(("---", *("---:" for _ in self.columns[1:])))
        yield from map(_row, self.rows)
        if self.notes:
            yield ""
        for note in self.notes:
            yield from _wrapped(f"- {note}", "", "  ")


def _wrapped(text: str, first: str = "  ", then: str | None = None) -> list[str]:
    return wrap(text, WIDTH, initial_indent=first, subsequent_indent=first if then is None else then)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
