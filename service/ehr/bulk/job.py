"""One export from the question to a whole directory, through any number of interruptions. STANDARDS §3.

All of it lies in a hidden directory beside the one that is wanted, which appears at once, when everything that could be
had is there. What was asked and where the server said to wait is written down before anything else, so that a restart
goes on and no second export is begun.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Any

import orjson

from service.ehr.answers import issues
from service.ehr.bulk.asking import Asked
from service.ehr.bulk.fetching import fetch
from service.ehr.bulk.manifest import Listed, Manifest
from service.ehr.bulk.waiting import Waiting
from service.ehr.clock import SYSTEM, Clock
from service.ehr.exchange import Ask, Exchange
from service.errors import EhrError, EhrRefused, EhrUnavailable, NotPermitted, ResourceGone, UnusableAnswer, UsageError
from service.twofold import decode

STATE = "export.state"
MANIFEST, AS_CAME = "manifest.json", "manifest.json.as-came"
STALE = (NotPermitted, ResourceGone)
SEVERE = frozenset({"fatal", "error"})


class Stage(StrEnum):
    """What is being done."""

    ASKED = "asked"
    RESUMED = "resumed"
    FETCHING = "fetching"
    LACKING = "lacking"


@dataclass(frozen=True, slots=True)
class Told:
    """What a person may want to know meanwhile."""

    stage: Stage
    words: str


@dataclass(frozen=True, slots=True)
class Job:
    """What came of it. `files`: fetched, with their lines, by type. `lacking`: types of which a file is missing, and
    why. `failed`: the server itself reports that it could not give everything."""

    directory: Path
    at: str
    files: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    lacking: Mapping[str, str] = field(default_factory=dict)
    failed: bool = False
    deleted: int = 0

    @property
    def whole(self) -> bool:
        """Is everything there that was asked for?"""
        return not self.lacking and not self.failed


@dataclass
class _Work:
    exchange: Exchange
    place: Path
    clock: Clock
    deadline: float
    told: Callable[[Told], None]
    progress: Callable[[int], None]
    at_once: int
    lock: Lock = field(default_factory=Lock)
    renewed: bool = False

    def waiting(self) -> Waiting:
        return Waiting(self.exchange, self.clock, self.deadline, lambda words: self.told(Told(Stage.ASKED, words)))


def run(
    exchange: Exchange,
    asked: Asked,
    directory: Path,
    *,
    clock: Clock = SYSTEM,
    patience: float = 86400.0,
    at_once: int = 4,
    told: Callable[[Told], None] = lambda _: None,
    progress: Callable[[int], None] = lambda _: None,
) -> Job:
    """Export into `directory`, which must not be there yet; an interrupted run of the same question goes on.

    `patience`: seconds that are waited for the server at most. Raises UsageError, EhrError. Types of which a file
    cannot be had are missing from what is written, and named; the manifest still promises them, so that nobody takes
    them for complete.
    """
    if directory.exists():
        raise UsageError(f"{directory}: it is there already; give a directory that is not")
    place = directory.with_name(f".{directory.name}.export")
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    work = _Work(exchange, place, clock, clock.seconds() + patience, told, progress, at_once)
    status_url = _begun(work, asked)
    try:
        manifest = work.waiting().manifest(status_url)
    except EhrRefused:
        # The server knows of no such export any more: the next run asks anew.
        (place / STATE).unlink()
        raise
    job = _fetched(work, status_url, manifest)
    _write_manifest(work, asked, manifest, failed=job.failed)
    (place / STATE).unlink()
    place.replace(directory)
    _take_off(exchange, status_url)
    return replace(job, directory=directory)


def abandon(exchange: Exchange, directory: Path) -> bool:
    """Give up an export that was interrupted, and tell the server. False if there is none."""
    place = directory.with_name(f".{directory.name}.export")
    state = _state(place)
    if state is None:
        return False
    _take_off(exchange, state["status_url"])
    shutil.rmtree(place)
    return True


def _begun(work: _Work, asked: Asked) -> str:
    """Where to wait: at the export that was begun before, or at a new one. Raises UsageError for another question."""
    question = {"url": asked.url(work.exchange.base)}
    state = _state(work.place)
    if state is not None:
        if state["url"] != question["url"]:
            raise UsageError(
                f"{work.place}: an export with another question was interrupted here; finish or --abandon it first"
            )
        work.told(Told(Stage.RESUMED, "going on with the export that was begun before"))
        return str(state["status_url"])
    begun = work.waiting().begin(asked)
    content = {**question, "status_url": begun.status_url, "narrowed": begun.narrowed}
    partial = work.place / f"{STATE}.part"
    partial.write_bytes(orjson.dumps(content))
    partial.replace(work.place / STATE)
    return begun.status_url


def _state(place: Path) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = orjson.loads((place / STATE).read_bytes())
    except FileNotFoundError:
        return None
    except orjson.JSONDecodeError:
        raise UsageError(f"{place / STATE}: it cannot be read; remove {place} to begin anew") from None
    return content


def _fetched(work: _Work, status_url: str, manifest: Manifest) -> Job:
    """Fetch everything; what cannot be had is named."""
    _check_names(manifest)
    wanted = dict(_named(manifest.output))
    work.told(Told(Stage.FETCHING, f"{len(wanted)} files"))
    with ThreadPoolExecutor(work.at_once) as pool:
        found = dict(zip(wanted, pool.map(lambda name: _one(work, status_url, manifest, name), wanted), strict=True))
    files: dict[str, tuple[int, int]] = {}
    lacking: dict[str, str] = {}
    for name, lines in found.items():
        kind = wanted[name].kind or "unknown types"
        if isinstance(lines, EhrError):
            lacking[kind] = str(lines)
            work.told(Told(Stage.LACKING, f"{kind}: {lines}"))
        else:
            count, before = files.get(kind, (0, 0))
            files[kind] = (count + 1, before + lines)
    failed = any(_is_severe(work, manifest, number) for number in range(len(manifest.errors)))
    if any(each.kind is None for each in manifest.output):
        # What such a file holds nobody knows before it is read, so that of no type one can say that it has no file.
        work.told(Told(Stage.LACKING, "the manifest does not say of which type each file is"))
        failed = True
    deleted = _deleted(work, manifest)
    return Job(work.place, manifest.at, files, lacking, failed or deleted < 0, max(deleted, 0))


def _check_names(manifest: Manifest) -> None:
    for each in manifest.output:
        if each.kind is not None and not (each.kind.isascii() and each.kind.isalpha()):
            raise UnusableAnswer("the manifest: a type of it is none")


def _named(listed: tuple[Listed, ...]) -> Iterator[tuple[str, Listed]]:
    """Each file with its name: the type, and its number among those of the type."""
    seen: dict[str, int] = {}
    for each in listed:
        kind = each.kind or "mixed"
        number = seen.get(kind, 0)
        seen[kind] = number + 1
        yield f"{kind}.{number:05}.ndjson", each


def _one(work: _Work, status_url: str, manifest: Manifest, name: str) -> int | EhrError:
    """How many lines a file has; or why it cannot be had. Addresses that ran out are looked up once more."""
    if (lines := _there(work.place / name)) is not None:
        return lines
    listed = dict(_named(manifest.output))[name]
    try:
        try:
            return _kept(work, listed, name, manifest)
        except STALE:
            renewed = work.waiting().manifest(status_url)
            again = dict(_named(renewed.output)).get(name)
            if again is None or (again.kind, again.count, renewed.at) != (listed.kind, listed.count, manifest.at):
                raise
            return _kept(work, again, name, renewed)
    except EhrError as problem:
        return problem


def _kept(work: _Work, listed: Listed, name: str, manifest: Manifest) -> int:
    lines = fetch(work.exchange, listed, work.place / name, work.progress, needs_token=manifest.needs_token)
    (work.place / f"{name}.lines").write_text(str(lines))
    return lines


def _there(path: Path) -> int | None:
    """The lines of a file that an earlier run fetched whole."""
    counted = path.with_name(f"{path.name}.lines")
    if not counted.exists():
        return None
    return int(counted.read_text())


def _is_severe(work: _Work, manifest: Manifest, number: int) -> bool:
    """Does a file of outcomes tell of a failure, or can it not be read? Then nobody knows what is lacking."""
    path = work.place / f"outcomes.{number:05}"
    try:
        fetch(work.exchange, manifest.errors[number], path, work.progress, needs_token=manifest.needs_token)
        with path.open("rb") as file:
            return any(_tells_of_failure(line) for line in file if line.strip())
    except (EhrError, orjson.JSONDecodeError):
        return True
    finally:
        path.unlink(missing_ok=True)


def _tells_of_failure(line: bytes) -> bool:
    content, _, twofold = decode(line.strip().removeprefix(b"\xef\xbb\xbf"))
    found = issues(content)
    return twofold or not found or any(each.severity in SEVERE for each in found)


def _deleted(work: _Work, manifest: Manifest) -> int:
    """How many lines tell of what is no longer there, kept in files of their own; -1 if one cannot be had."""
    lines = 0
    (work.place / "deleted").mkdir(exist_ok=True)
    for number, each in enumerate(manifest.deleted):
        path = work.place / "deleted" / f"Bundle.{number:05}.ndjson"
        try:
            lines += fetch(work.exchange, each, path, work.progress, needs_token=manifest.needs_token)
        except EhrError as problem:
            work.told(Told(Stage.LACKING, f"what was deleted: {problem}"))
            return -1
    if not manifest.deleted:
        (work.place / "deleted").rmdir()
    return lines


def _write_manifest(work: _Work, asked: Asked, manifest: Manifest, *, failed: bool) -> None:
    """The manifest as our readers know it: all pages, with the question, and with errors only where there are some."""
    output = [{"type": each.kind, "url": name} for name, each in _named(manifest.output)]
    state = _state(work.place) or {}
    sent = asked if state.get("narrowed", True) else replace(asked, filters={})
    content = {
        "transactionTime": manifest.at,
        "request": sent.url(work.exchange.base),
        "requiresAccessToken": manifest.needs_token,
        "output": [each for each in output if each["type"] is not None],
        "error": [{"type": "OperationOutcome", "url": "reported by the server"}] if failed else [],
    }
    (work.place / AS_CAME).write_bytes(orjson.dumps(manifest.content, option=orjson.OPT_INDENT_2))
    (work.place / MANIFEST).write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    for each in work.place.glob("*.lines"):
        each.unlink()


def _take_off(exchange: Exchange, status_url: str) -> None:
    """Let the server delete its files. That it does not is no failure of the export: it deletes them some day."""
    with suppress(EhrUnavailable, EhrRefused, UnusableAnswer):
        exchange.send(Ask("DELETE", status_url, {"Accept": "application/json"}))
