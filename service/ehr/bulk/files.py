"""All files that a manifest lists: fetched a few at once, each whole or not there. STANDARDS 3D."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from service.ehr.bulk.fetching import fetch
from service.ehr.bulk.lines import TYPE
from service.ehr.bulk.manifest import Listed, Manifest
from service.ehr.bulk.place import Kept
from service.ehr.bulk.strays import set_aside
from service.ehr.bulk.work import Stage, Work
from service.errors import EhrError, NotPermitted, ResourceGone, UnusableAnswer

STALE = (NotPermitted, ResourceGone)
MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Came:
    """A file of the manifest and what came of it: what lies there, or why it cannot be had."""

    name: str
    listed: Listed
    kept: Kept | EhrError


def fetch_all(work: Work, status_url: str, manifest: Manifest) -> list[Came]:
    """Fetch everything, in the order of the manifest; what was fetched before is there. Raises UnusableAnswer."""
    if any(each.kind is not None and not TYPE.match(each.kind) for each in manifest.output):
        raise UnusableAnswer("the manifest: a type of it is none")
    wanted = dict(named(manifest.output))
    work.told(Stage.FETCHING, f"{len(wanted)} files")
    with ThreadPoolExecutor(work.at_once) as pool, ExitStack() as interrupted:
        interrupted.callback(work.ended.set)
        found = list(pool.map(lambda name: _one(work, status_url, manifest, name), wanted))
        interrupted.pop_all()
    for kept in found:
        if isinstance(kept, EhrError):
            work.may_lack(kept)
    return [Came(name, wanted[name], kept) for name, kept in zip(wanted, found, strict=True)]


def named(listed: tuple[Listed, ...]) -> Iterator[tuple[str, Listed]]:
    """Each file with its name: the type, and its number among those of the type."""
    seen: dict[str, int] = {}
    for each in listed:
        kind = each.kind or MIXED
        number = seen.get(kind, 0)
        seen[kind] = number + 1
        yield f"{kind}.{number:05}.ndjson", each


def _one(work: Work, status_url: str, manifest: Manifest, name: str) -> Kept | EhrError:
    """What lies there of a file; or why it cannot be had. Addresses that ran out are looked up once more."""
    listed = dict(named(manifest.output))[name]
    if (kept := work.place.kept(name, listed, manifest.at)) is not None:
        return kept
    try:
        try:
            return _fetched(work, listed, name, manifest)
        except STALE:
            renewed = work.waiting().manifest(status_url)
            again = dict(named(renewed.output)).get(name)
            if again is None or (again.kind, again.count, renewed.at) != (listed.kind, listed.count, manifest.at):
                raise
            return _fetched(work, again, name, renewed)
    except EhrError as problem:
        return problem


def _fetched(work: Work, listed: Listed, name: str, manifest: Manifest) -> Kept:
    place = work.place
    file, lines = fetch(work.exchange, listed, place.path / name, work.came, needs_token=manifest.needs_token)
    strays = set_aside(place.path / file, listed.kind) if listed.kind is not None else {}
    kept = Kept(file, lines - sum(strays.values()), strays)
    place.keep(name, kept, listed, manifest.at)
    return kept
