"""Arguments that several commands share: what is to be read, as of which day, and kinds of values."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from service.catalog.load import Catalog
from service.errors import UsageError
from service.screening.asking import screening_day, study_of
from service.screening.request import Release, Request
from service.screening.sources import Source

MOST_DIGITS = 9  # of a number that is given: more than there are lines or megabytes


def add_input(command: ArgumentParser, where: Callable[[str], object] = Path) -> None:
    """What is to be screened, and with which content."""
    command.add_argument(
        "source", type=where, nargs="+", help=".ndjson[.gz], .json (a resource or Bundle), or a directory"
    )
    command.add_argument("--as-of", type=day, required=True, metavar="DATE", help="the screening date, YYYY-MM-DD")
    add_site(command)
    command.add_argument(
        "--accept-rejects",
        type=natural,
        metavar="N",
        help="call types complete although up to N lines could not be read and name no patient",
    )


def add_site(command: ArgumentParser) -> None:
    """`--site`."""
    command.add_argument("--site", type=Path, help="a directory with the site's own settings, maps and studies")


def add_tenant(command: ArgumentParser) -> None:
    """`--tenant`."""
    command.add_argument("--tenant", metavar="NAME", help="which tenant; not needed where there is one alone")


def requested(
    catalog: Catalog,
    chosen: Namespace,
    sources: tuple[Source, ...],
    studies: Iterable[str],
    release: Release | None = None,
    every: bool = False,
    with_signal: bool = False,
) -> Request:
    """What `add_input` made of the command line, as a request. Raises UsageError for a study that there is not."""
    accepted = catalog.site.accepted_rejects if chosen.accept_rejects is None else chosen.accept_rejects
    return Request(
        sources=sources,
        studies=tuple(study_of(catalog, each) for each in dict.fromkeys(studies)),
        at=chosen.as_of,
        release=release,
        every_subject=every,
        with_signal=with_signal,
        accepted_rejects=accepted,
    )


def day(text: str) -> date:
    """YYYY-MM-DD."""
    try:
        return screening_day(text)
    except UsageError:
        raise ArgumentTypeError(f"{text!r} is not a day; write it as YYYY-MM-DD, such as 2026-06-30") from None


def positive(text: str) -> int:
    """A whole number from 1."""
    return _whole(text, 1)


def natural(text: str) -> int:
    """A whole number from 0."""
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    if not (text.isascii() and text.isdigit()) or int(text[:MOST_DIGITS]) < least:
        raise ArgumentTypeError(f"{text[:20]!r} is no whole number of at least {least}")
    if len(text.lstrip("0")) > MOST_DIGITS:
        raise ArgumentTypeError(f"{text[:20]!r} is too large; give at most {MOST_DIGITS} digits")
    return int(text)
