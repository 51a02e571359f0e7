"""Lines kept for later, in memory up to a limit and in a file without a name beyond it."""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from types import TracebackType

import msgspec

from service.screening.met import Sizes

MOST_IN_MEMORY = 1 << 24
LENGTH = 4


class PuttingOff:
    """Keeps lines, and gives them back once, in the same order; the file is gone after that."""

    def __init__(self) -> None:
        self._file: SpooledTemporaryFile[bytes] | None = None

    def keep(self, each: Sizes) -> None:
        """One more line."""
        if self._file is None:
            self._file = SpooledTemporaryFile(MOST_IN_MEMORY)  # noqa: SIM115  # closed on leaving
        written = msgspec.msgpack.encode(each)
        self._file.write(len(written).to_bytes(LENGTH, "big") + written)

    def __enter__(self) -> Iterator[Sizes]:
        return self._all()

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _all(self) -> Iterator[Sizes]:
        if self._file is None:
            return
        self._file.seek(0)
        while length := self._file.read(LENGTH):
            yield DECODER.decode(self._file.read(int.from_bytes(length, "big")))


DECODER = msgspec.msgpack.Decoder(Sizes)
