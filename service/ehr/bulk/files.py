"""All files that a manifest lists: fetched a few at once, each whole or not there. STANDARDS 3D."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Lock

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


class _Addresses:
    """Where each file is to be had now: addresses run out, and are looked up again, by one thread for all."""

    def __init__(self, work: Work, status_url: str, manifest: Manifest) -> None:
        self.work, self.first = work, manifest
        self._status_url, self._newest = status_url, manifest
        self._lock = Lock()

    def after(self, listed: Listed, stale: Manifest) -> tuple[Listed, Manifest] | None:
        """The same file, in a manifest later than that one; None: nobody knows which it is. Raises EhrError."""
        with self._lock:
            if self._newest is stale:
                self._newest = self.work.waiting().manifest(self._status_url)
            newest = self._newest
        if newest.at != self.first.at:
            return None
        again = next((each for each in newest.output if each.is_still(listed)), None)
        return None if again is None else (again, newest)


def fetch_all(work: Work, status_url: str, manifest: Manifest) -> list[Came]:
    """Fetch everything, in the order of the manifest; what was fetched before is there. Raises UnusableAnswer."""
    if any(each.kind is not None and not TYPE.match(each.kind) for each in manifest.output):
        raise UnusableAnswer("the manifest: a type of it is none")
    wanted = dict(named(manifest.output))
    addresses = _Addresses(work, status_url, manifest)
    work.told(Stage.FETCHING, f"{len(wanted)} files")
    with ThreadPoolExecutor(work.at_once) as pool, ExitStack() as interrupted:
        interrupted.callback(work.ended.set)
        found = list(pool.map(lambda name: _one(addresses, name, wanted[name]), wanted))
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


def _one(addresses: _Addresses, name: str, listed: Listed) -> Kept | EhrError:
    """What lies there of a file; or why it cannot be had. Addresses that ran out are looked up once more."""
    work, manifest = addresses.work, addresses.first
    if (kept := work.place.kept(name, listed, manifest.at)) is not None:
        return kept
    try:
        try:
            return _fetched(work, listed, name, manifest)
        except STALE:
            renewed = addresses.after(listed, manifest)
            if renewed is None:
                raise
            return _fetched(work, renewed[0], name, renewed[1])
    except EhrError as problem:
        return problem


def _fetched(work: Work, listed: Listed, name: str, manifest: Manifest) -> Kept:
    place = work.place
    file, lines = fetch(work.exchange, listed, place.path / name, work.came, needs_token=manifest.needs_token)
    strays = set_aside(place.path / file, listed.kind) if listed.kind is not None else {}
    kept = Kept(file, lines - sum(strays.values()), strays)
    place.keep(name, kept, listed, manifest.at)
    return kept
