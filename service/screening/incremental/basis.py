"""What recognises all that the answers of a run rest on besides the exports: another basis needs all of them again."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

from service.errors import UsageError
from service.screening.request import Request

PROGRAM = Path(__file__).parents[2]


def basis_of(request: Request, directories: Iterable[Path | None]) -> str:
    """By the source of this program, the studies, the options that change what is written, and every file of these
    directories (None: there is none)."""
    if request.claims or request.versions or request.series or request.with_signal:
        raise UsageError("what people said of records, and who was not assessed, is not kept from run to run")
    options = (
        sorted(f"{each.id} {each.version}" for each in request.studies),
        request.release,
        request.every_subject,
        request.accepted_rejects,
    )
    made = blake2b(repr(options).encode(), digest_size=16)
    found = [(PROGRAM, path) for path in sorted(PROGRAM.rglob("*.py"))]
    found += [(each, path) for each in directories if each is not None for path in sorted(each.rglob("*"))]
    for directory, path in found:
        if path.is_file():
            made.update(repr(path.relative_to(directory).as_posix()).encode())
            made.update(blake2b(path.read_bytes()).digest())
    return made.hexdigest()
