"""Whether more than one resource begins on a line that is not JSON: then nobody can tell whose all of it is.

A writer that was interrupted may go on behind what it had begun, on the same line: a resource behind another, or within
a text of it.
"""

import re
from typing import NamedTuple

# Strings that are closed, and what objects and arrays are made of; numbers and words stand between.
TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]:,]', re.DOTALL)
OBJECT = re.compile(rb'\{\s*"')
TYPE, CONTAINED = b'"resourceType"', b'"contained"'
BEGINNING = (b"",)
BEFORE_VALUE = {b"{": (b":",), b"[": (b"[", b",")}  # what a value follows upon, in an object and in an array


class _Open(NamedTuple):
    """An object or array that is not closed yet, and the key under which it stands. `typed`: it says its type."""

    kind: bytes
    key: bytes
    typed: bool = False

    def may_say_its_type(self, depth: int) -> bool:
        """Is it a resource that has not said so yet: the outermost object, or one contained in it?"""
        return self.kind == b"{" and not self.typed and (depth == 1 or self.key == CONTAINED)


def is_glued(raw: bytes) -> bool:
    """Does a resource begin on it that is neither the first one, nor contained in that and closed again?"""
    opened: list[_Open] = []
    objects = types = 0
    before = key = b""
    for found in TOKEN.finditer(raw):
        token = found[0]
        if token in (b"{", b"["):
            if before not in (BEFORE_VALUE[opened[-1].kind] if opened else BEGINNING):
                return True
            opened.append(_Open(token, opened[-1].key if opened and opened[-1].kind == b"[" else key))
            objects += token == b"{" and OBJECT.match(raw, found.start()) is not None
        elif token in (b"}", b"]"):
            del opened[-1:]
        elif token == b":" and before == TYPE and opened:
            if not opened[-1].may_say_its_type(len(opened)):
                return True
            opened[-1] = opened[-1]._replace(typed=True)
            types += 1
        elif len(token) > 1:
            key = token
        before = token
    told = objects == len(OBJECT.findall(raw)) and types == raw.count(TYPE)
    return not told or any(each.typed for each in opened[1:])
