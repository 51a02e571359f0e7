"""The manifest of a bulk export, where it lies among the files: what was asked, and what is promised. STANDARDS 3C."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

import orjson

from service.twofold import decode

MANIFEST_KEYS = {"transactionTime", "output"}
FILTERED = re.compile(r"(?:^|,)\s*([A-Z][A-Za-z]+)(?=\?)")
NARROWING = frozenset({"_since", "_until", "_elements"})


@dataclass(frozen=True, slots=True)
class Manifest:
    """A Bulk Data manifest: the types asked for by name, those narrowed by a filter, how many files each should have.

    `partial`: it reports errors, asked only for what changed or for some elements, goes on in one that is not there, or
    says something twice, so that nothing is complete. `deletes`: it tells of records that are gone since an earlier
    export. `lines`: how many lines the files of a type have together, where it says so of all of them. `follows`: the
    address of the page that it goes on in (of several together: of one that does not lie there). `at`: when its data
    were current. `within`: the types that were asked for at all (None: it does not say, or all were); of any other,
    nobody knows that everything came.
    """

    asked: frozenset[str]
    filtered: frozenset[str]
    files: Mapping[str, int]
    partial: bool
    deletes: bool = False
    lines: Mapping[str, int] | None = None
    follows: str | None = None
    at: str = ""
    within: frozenset[str] | None = None


def manifest_in(written: bytes) -> Manifest | None:
    """The Bulk Data manifest that these bytes are, if they are one."""
    try:
        content, _, twofold = decode(written)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(content, dict) or not content.keys() >= MANIFEST_KEYS:
        return None
    manifest = _read(content)
    return replace(manifest, partial=True) if twofold else manifest


def together(manifests: Mapping[str, Manifest]) -> Manifest:
    """Those of one directory, by the names of their files: only what all of them asked for, and everything any of them
    promised."""
    listed = list(manifests.values())
    names = frozenset(name for each in listed for name in each.files)
    lacking = _lacking_page(manifests)
    counted = {name for name in names if all(name in (each.lines or {}) for each in listed if name in each.files)}
    return Manifest(
        asked=frozenset.intersection(*(each.asked for each in listed)),
        filtered=frozenset().union(*(each.filtered for each in listed)),
        files={name: sum(each.files.get(name, 0) for each in listed) for name in names},
        partial=any(each.partial for each in listed) or lacking is not None,
        deletes=any(each.deletes for each in listed),
        lines={name: sum((each.lines or {}).get(name, 0) for each in listed) for name in counted},
        follows=lacking,
        within=None if any(each.within is None for each in listed) else _all_of(each.within for each in listed),
    )


def _all_of(found: Iterable[frozenset[str] | None]) -> frozenset[str]:
    return frozenset(name for each in found for name in each or ())


def _lacking_page(manifests: Mapping[str, Manifest]) -> str | None:
    """A page that one of them goes on in, and that does not lie there: of the same moment, by its file's name."""
    following = ((name, each) for name, each in manifests.items() if each.follows is not None)
    return next((each.follows for name, each in following if not _is_there(name, each, manifests)), None)


def _is_there(name: str, page: Manifest, manifests: Mapping[str, Manifest]) -> bool:
    wanted = str(page.follows).rpartition("/")[2]
    return any(wanted == other != name and each.at == page.at for other, each in manifests.items())


def _read(content: Mapping[str, object]) -> Manifest:
    asked = _asked(content.get("request"))
    types = frozenset(each.strip() for part in asked.get("_type", ()) for each in part.split(","))
    filtered = frozenset(FILTERED.findall(",".join(asked.get("_typeFilter", ()))))
    counts: dict[str, list[object]] = {}
    output = content.get("output")
    for item in output if isinstance(output, list) else []:
        if isinstance(item, dict) and isinstance(item.get("type"), str):
            counts.setdefault(item["type"], []).append(item.get("count"))
    reported = content.get("error") or content.get("outcome")  # as release 4 calls it
    return Manifest(
        asked=types,
        filtered=filtered,
        files={name: len(each) for name, each in counts.items()},
        partial=bool(reported or NARROWING & asked.keys()),
        deletes=bool(content.get("deleted")),
        lines={name: sum(_whole(each)) for name, each in counts.items() if len(list(_whole(each))) == len(each)},
        follows=_next(content.get("link")),
        at=str(content.get("transactionTime")),
        within=types or None,
    )


def _whole(counts: list[object]) -> Iterator[int]:
    return (each for each in counts if isinstance(each, int) and not isinstance(each, bool))


def _next(links: object) -> str | None:
    """The address of the next page; empty where it names none."""
    for each in links if isinstance(links, list) else ():
        if isinstance(each, dict) and each.get("relation") == "next":
            return str(each.get("url") or "")
    return None


def _asked(request: object) -> dict[str, list[str]]:
    """The parameters of the export's request; of what is no URL nobody knows how it was narrowed."""
    try:
        return parse_qs(urlsplit(request).query) if isinstance(request, str) else {}
    except ValueError:
        return {"_elements": ["unknown"]}
