"""Whether progress is drawn."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from service.screening.request import Progress


@contextmanager
def progress(total: int, *, quiet: bool = False) -> Iterator[Progress]:
    """A bar over so many bytes where somebody could look at it; else something that says nothing."""
    if quiet or not sys.stderr.isatty():
        yield Progress()
        return
    from service.cli.bar import Bar  # what draws is loaded only where something is drawn

    with Bar(total) as bar:
        yield bar
