"""Unpacking an answer as it comes, and telling whether all of it came: a stream of gzip says where it ends."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

GZIP = frozenset({"gzip", "x-gzip"})
WITH_HEADER = 16 + zlib.MAX_WBITS
AT_ONCE = 1 << 20


class BrokenOff(Exception):
    """What came is not all of it, or no gzip."""


def unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The content of one gzip member after the other. Raises BrokenOff where the last one does not end."""
    member, lacking = zlib.decompressobj(WITH_HEADER), True
    for packed in pieces:
        while packed:
            if member.eof:
                packed = packed.lstrip(b"\0")  # what fills up behind the end
                if not packed:
                    break
                member = zlib.decompressobj(WITH_HEADER)
            try:
                piece = member.decompress(packed, AT_ONCE)
            except zlib.error:
                raise BrokenOff from None
            if piece:
                yield piece
            lacking = not member.eof
            packed = member.unconsumed_tail if lacking else member.unused_data
    while lacking and (piece := member.decompress(b"", AT_ONCE)):
        yield piece
        lacking = not member.eof
    if lacking:
        raise BrokenOff
