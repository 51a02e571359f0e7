"""Writing results: into a directory that is one run's alone, into files that are new, while there is room."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from service.errors import NoRoom, PrescreenError, UsageError

LOCK, LOCK_OF_OURS = ".lock", ".lock.held"
HELD = 1 << 20  # bytes of each output, until they are written
PATIENCE = 12.0  # seconds: processes of a run that was killed end within one, or some on a busy machine
UNKNOWN_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL})
FULL = {
    errno.ENOSPC: "there is no room left on the disk",
    errno.EDQUOT: "there is no room left for this user on the disk",
    errno.EFBIG: "a file would be larger than files may be here",
}


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """No other run writes to this directory meanwhile. Raises UsageError where one does.

    The lock goes with the process that has it, however that ends; the file is removed at the end of a run.
    """
    path = directory / LOCK
    file = _locked(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        if file is None:
            path.with_name(LOCK_OF_OURS).unlink(missing_ok=True)
        else:
            os.close(file)


def _locked(path: Path) -> int | None:
    """The file, locked; None: this file system knows no locks, and a file tells that somebody is there."""
    until = time.monotonic() + PATIENCE
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(file), os.stat(path)):
                return file
        except FileNotFoundError:
            pass  # the run that had it has just removed it
        except BlockingIOError:
            if time.monotonic() >= until:
                os.close(file)
                raise UsageError(
                    f"{path.parent}: another run is writing there; wait for it, or choose another --out"
                ) from None
            time.sleep(0.05)
        except OSError as error:
            os.close(file)
            if error.errno not in UNKNOWN_LOCKS:
                raise
            _claim(path.with_name(LOCK_OF_OURS))
            return None
        os.close(file)


def _claim(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise UsageError(
            f"{path.parent}: another run is writing there; wait for it, or, if there is none, remove {path.name}"
        ) from None


def fresh(path: Path) -> BinaryIO:
    """A new file of that name, whatever was there: what a link leads to is left alone."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666), "wb", HELD)


def partial_of(path: Path) -> Path:
    """Under which name it is written until it is whole."""
    return path.with_name(f".{path.name}.partial")


def write_whole(path: Path, content: bytes) -> None:
    """Put it in place at once, so that a file that is there is whole."""
    partial = partial_of(path)
    try:
        with fresh(partial) as file:
            file.write(content)
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


@contextmanager
def while_there_is_room(directory: Path) -> Iterator[None]:
    """Raises NoRoom where something cannot be written for want of it."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise unwritable(directory, error) from None


def unwritable(directory: Path, error: OSError) -> PrescreenError:
    """Why nothing can be written there, and what to do."""
    if error.errno not in FULL:
        return UsageError(f"{directory} cannot be written ({type(error).__name__}); choose another --out")
    return NoRoom(
        f"{directory}: {FULL[error.errno]}, so that there are no results; make room, or choose another --out, and "
        "give the same command again"
    )
