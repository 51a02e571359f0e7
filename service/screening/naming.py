"""What the names of files in an export tell: of which type they are, and whether one lacks. Pure."""

import re
from collections.abc import Iterable

from service.screening.kinds import READABLE, type_named

NAME = re.compile(r"^([A-Z][A-Za-z]+)")
# `Condition.000`, `Condition-part1`, `Condition_chunk_0000000001`; a date of eight digits is no number of a series.
PART = r"(?:(?:part|chunk|file|page|batch|shard|split|slice|segment|block|output)[._-]?)?"
NUMBER = re.compile(rf"[._-]{PART}(\d{{1,7}}|0\d{{7,}})$", re.IGNORECASE)
# What lies beside the files of a type and holds none of its records: checksums, signatures, marks, tables, notes.
HARMLESS = re.compile(
    r"\.(?:md5|sha1|sha224|sha256|sha384|sha512|crc|crc32|sum|md5sum|sha1sum|sha256sum|sha512sum|asc|sig|minisig|tag|done|ok"
    r"|log|csv|tsv|parquet|xlsx?|ods|docx?|odt|rtf|txt|md|html?|pdf|png|svg|ya?ml)$",
    re.IGNORECASE,
)


def type_of(name: str) -> str | None:
    """The type that a file is named for."""
    named = NAME.match(name)
    return type_named(named[1]) if named else None


def unread(names: Iterable[str]) -> dict[str, str]:
    """Of names of what is not read: those that may hold records of a type that could be needed, with that type. A
    download that has not ended, another packing, another spelling, a link to nothing: nobody knows what is in it."""
    return {name: kind for name in sorted(names) if not HARMLESS.search(name) and (kind := type_of(name)) in READABLE}


def numbered_without_gap(names: Iterable[str]) -> bool:
    """`X.ndjson`, or `X.000.ndjson, X.001.ndjson` … counted from 0 or 1 without a hole."""
    numbers = sorted(int(found[1]) for found in (NUMBER.search(name.split(".ndjson")[0]) for name in names) if found)
    if not numbers:
        return True
    return numbers[0] in (0, 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
