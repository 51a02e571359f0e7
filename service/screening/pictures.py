"""Drawings as pictures (PNG), where the library for it is there: the extra `fhir-prescreen[png]`."""

import re
from importlib import import_module
from importlib.util import find_spec

from service.errors import UsageError

LIBRARY = "resvg_py"
INSTALL = 'for pictures as PNG install the extra "png": pip install "fhir-prescreen[png]"'
TWICE = 2.0  # pixels per unit of the drawing, so that it is sharp on paper, too
TEXT = re.compile(r"<text\b.*?</text>", re.DOTALL)
# What the library takes for "sans-serif" is mostly the first name that the machine's settings mention, be it there or
# not; so those that are there on most machines are tried by name after that (None).
FAMILIES = (None, "DejaVu Sans", "Liberation Sans", "Noto Sans", "Arial", "Helvetica", "Verdana", "FreeSans")


def can_draw() -> bool:
    """Is the library there?"""
    return find_spec(LIBRARY) is not None


def png_of(svg: str) -> bytes:
    """The drawing as a PNG. Raises UsageError where the library, or any font, is lacking.

    A drawing whose letters would be left out says less than it seems to, so it is not made.
    """
    if not can_draw():
        raise UsageError(INSTALL)
    without = _drawn(TEXT.sub("", svg), None)
    if not TEXT.search(svg):
        return without
    for family in FAMILIES:
        content = _drawn(svg, family)
        if content != without:
            return content
    raise UsageError("no font is installed here, so a PNG would have no letters; install one, such as DejaVu Sans")


def _drawn(svg: str, family: str | None) -> bytes:
    draw = import_module(LIBRARY).svg_to_bytes
    return bytes(draw(svg_string=svg, zoom=TWICE, background="#ffffff", sans_serif_family=family))
