"""SVG as a tree of elements: text is escaped by the serializer, and nothing that XML forbids gets in."""

import re
from unicodedata import east_asian_width
from xml.etree.ElementTree import Element, SubElement, indent, tostring

FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
WIDE = ("W", "F")
PER_LETTER = 0.54  # of the font size: a little more than the letters of common sans serif fonts need on average
PER_BOLD = 0.66  # of bold ones


def canvas(width: int, height: int, title: str, description: str, name: str = "") -> Element:
    """An empty drawing with its title and description, which screen readers say.

    `name`: of the drawing, where several stand on one page.
    """
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": str(width),
            "height": str(height),
            "viewBox": f"0 0 {width} {height}",
            "role": "img",
            "aria-labelledby": f"{name}title {name}description",
            "font-family": "Helvetica, Arial, 'Liberation Sans', sans-serif",
        },
    )
    draw(root, "title", title, id=f"{name}title")
    draw(root, "desc", description, id=f"{name}description")
    draw(root, "rect", width=width, height=height, fill="#ffffff")
    return root


def draw(parent: Element, tag: str, text: str | None = None, /, **attributes: str | float) -> Element:
    """A new element; `stroke_width` is written stroke-width, numbers with two decimals at most."""
    named = {name.removesuffix("_").replace("_", "-"): _written(value) for name, value in attributes.items()}
    element = SubElement(parent, tag, named)
    if text is not None:
        element.text = _clean(text)
    return element


def _written(value: str | float) -> str:
    if isinstance(value, str):
        return _clean(value)
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _clean(text: str) -> str:
    return FORBIDDEN.sub("\ufffd", text)


def width_of(text: str, size: float) -> float:
    """About how wide a text is; Chinese signs are as wide as they are high."""
    wide = 0 if text.isascii() else sum(east_asian_width(letter) in WIDE for letter in text)
    return (len(text) - wide) * size * PER_LETTER + wide * size


def letters_in(width: float, size: float, *, bold: bool = False) -> int:
    """About how many letters find room."""
    return int(width / (size * (PER_BOLD if bold else PER_LETTER)))


def shortened(text: str, size: float, width: float) -> str:
    """The text, cut with an ellipsis where it is wider than `width`."""
    if width_of(text, size) <= width:
        return text
    kept = text[:-1]
    while len(kept) > 1 and width_of(f"{kept}…", size) > width:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def scoped(root: Element, name: str) -> Element:
    """The drawing with ids that begin with `name`: an id stands once on a page, however many drawings are on it."""
    for element in root.iter():
        for key in ("id", "aria-labelledby"):
            if key in element.attrib:
                element.set(key, " ".join(f"{name}-{each}" for each in element.attrib[key].split()))
        fill = element.get("fill", "")
        if fill.startswith("url(#"):
            element.set("fill", f"url(#{name}-{fill.removeprefix('url(#')}")
    return root


def serialized(root: Element) -> str:
    """The drawing as text. The same drawing, the same text."""
    indent(root)
    return tostring(root, encoding="unicode")
