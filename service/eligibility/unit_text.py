"""The letters of a unit: what may be tidied in a spelling, its annotations, and the code without them."""

import re

_ANNOTATION = re.compile(r"\{([^{}]*)\}")
_WHOLE_ANNOTATION = re.compile(r"(?:^|[./])\{[^{}]*\}")
_NUMBER = re.compile(r"(?:^|[./])(?!10\*)\d")
_LOWER_CASE_LITRE = re.compile(r"(?<![A-Za-z\[_])(da|[munpfdchkM])?l(?![A-Za-z\]_])")


def tidied(text: str) -> str:
    """Both Greek letters that look like micro become `u`, spaces about a slash go; nothing else is touched.

    (Not Unicode's own folding: it turns 10⁹/L into 109/L.)
    """
    return re.sub(r"\s*/\s*", "/", text.strip().replace("\u00b5", "u").replace("\u03bc", "u"))


def canonical(code: str) -> str:
    """One spelling where UCUM allows two: `L` for `l`, `10*` for `10^`, `[iU]` for `[IU]`, `/x` for `1/x`."""
    spelled = _LOWER_CASE_LITRE.sub(lambda found: f"{found.group(1) or ''}L", code) if "{" not in code else code
    spelled = spelled.replace("10^", "10*").replace("[IU]", "[iU]")
    return spelled[1:] if spelled.startswith("1/") else spelled


def annotations(code: str) -> tuple[str, ...]:
    """What stands in braces, in lower case, in order."""
    return tuple(text.lower() for text in _ANNOTATION.findall(code))


def bare(code: str) -> str:
    """The code without its annotations: `{cells}/uL` is `/uL`, `mL/min/{1.73_m2}` is `mL/min`, `{score}` is `1`."""
    return _ANNOTATION.sub("", _WHOLE_ANNOTATION.sub("", code)).lstrip(".") or "1"


def numbered(code: str) -> bool:
    """Has the code a bare number? That is more often a broken spelling (10^3/uL as 103/uL) than UCUM."""
    return _NUMBER.search(bare(code)) is not None
