"""One question to the server, and all that it gives for it, in one directory. STANDARDS 3A to 3D."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import orjson

from service.ehr.bulk.asking import Asked
from service.ehr.bulk.blocks import OTHERS, by_type
from service.ehr.bulk.came import Job, job_of
from service.ehr.bulk.deletions import deleted_in
from service.ehr.bulk.fetching import fetch
from service.ehr.bulk.files import Came, fetch_all
from service.ehr.bulk.lines import lines_of
from service.ehr.bulk.manifest import Manifest
from service.ehr.bulk.outcomes import UNREADABLE, Report, read_report, together
from service.ehr.bulk.place import State
from service.ehr.bulk.strays import ASIDE
from service.ehr.bulk.work import Stage, Work
from service.errors import EhrError, EhrRefused, NotPermitted, UsageError

MANIFEST, AS_CAME, DELETED = "manifest.json", "manifest.json.as-came", "deleted"
Output = list[dict[str, str | None]]


@dataclass(frozen=True, slots=True)
class Gone:
    """The files that tell what was deleted, and how many resources that are."""

    files: tuple[str, ...] = ()
    resources: int = 0


def completed(work: Work, asked: Asked) -> Job:
    """Everything that can be had of an export; at once where an earlier run had it. Raises UsageError, EhrError."""
    state = _begun(work, asked)
    if state.came is not None:
        return job_of(work.place.path, state.came)
    try:
        manifest = work.waiting().manifest(state.status_url)
    except NotPermitted:
        raise  # the export may well be there still
    except EhrRefused:
        work.place.forget()
        raise
    sent = asked.plain if state.plain else asked
    job = _fetched(work, state.status_url, manifest, sent)
    work.place.note(replace(state, came=job.noted()))
    return job


def _begun(work: Work, asked: Asked) -> State:
    """The export that was begun before, or a new one. Raises UsageError for another question."""
    question = f"{work.exchange.base} {asked.identity}"
    state = work.place.state
    if state is None:
        work.place.clear()
        begun = work.waiting().begin(asked)
        state = State(question, begun.status_url, begun.plain)
        work.place.note(state)
    elif state.question != question:
        raise UsageError(
            f"{work.place.path}: an export with another question was interrupted here; finish or --abandon it first"
        )
    else:
        work.told(Stage.RESUMED, "going on with the export that was begun before")
    return state


def _fetched(work: Work, status_url: str, manifest: Manifest, sent: Asked) -> Job:
    """Fetch everything, and write what there should be; what cannot be had is named."""
    came = fetch_all(work, status_url, manifest)
    report = together(_report(work, manifest, number) for number in range(len(manifest.errors)))
    if report.codes:
        work.told(Stage.ASKED, f"the server reports: {', '.join(report.codes)}")
    gone = _deleted(work, manifest)
    lacking, promised = _lacking(work, came), _promised(came)
    untold = _is_untold(work, manifest, came)
    files = _counted(came)
    if manifest.organized_by is not None and not untold:
        kept = [work.place.path / each.kept.file for each in came if not isinstance(each.kept, EhrError)]
        files = {kind: (1, lines) for kind, lines in by_type(kept, work.place.path, sent.types).items()}
        promised = [{"type": kind, "url": f"{kind}.ndjson"} for kind in sorted(files) if kind != OTHERS]
    failed = report.severe or untold or gone is None
    narrowed = tuple(sorted(sent.filters))
    job = Job(work.place.path, manifest.at, files, lacking, failed, (gone or Gone()).resources, narrowed)
    _write_manifest(work, manifest, sent, promised, gone or Gone(), failed=failed)
    return job


def _lacking(work: Work, came: list[Came]) -> dict[str, str]:
    """The types of which not everything is there, with the reason."""
    found: dict[str, str] = {}
    for each in came:
        kind = each.listed.kind or "unknown types"
        if isinstance(each.kept, EhrError):
            found[kind] = f"a file is missing: {each.kept}"
        elif each.kept.strays:
            strays = ", ".join(f"{count} {name}" for name, count in each.kept.strays.items())
            found[kind] = f"a file of it held other types, which were set aside: {strays}"
            found |= dict.fromkeys(each.kept.strays, f"some of it stood among {kind}, and was set aside")
    for kind, why in found.items():
        work.told(Stage.LACKING, f"{kind}: {why}")
    return found


def _promised(came: list[Came]) -> Output:
    """What there should be, as our readers take it: a type is complete only if all of its files are there.

    What was set aside is promised, and is not where data are read.
    """
    promised: Output = []
    for each in came:
        kept = each.kept
        promised.append({"type": each.listed.kind, "url": each.name if isinstance(kept, EhrError) else kept.file})
        if not isinstance(kept, EhrError) and kept.strays:
            kinds = {each.listed.kind, *kept.strays}
            promised += [{"type": kind, "url": f"{ASIDE}/{kept.file}"} for kind in sorted(map(str, kinds))]
    return [each for each in promised if each["type"] is not None]


def _counted(came: list[Came]) -> Mapping[str, tuple[int, int]]:
    files: dict[str, tuple[int, int]] = {}
    for each in came:
        if not isinstance(each.kept, EhrError):
            kind = each.listed.kind or "unknown types"
            count, lines = files.get(kind, (0, 0))
            files[kind] = (count + 1, lines + each.kept.lines)
    return files


def _is_untold(work: Work, manifest: Manifest, came: list[Came]) -> bool:
    """Are there files of which nobody knows what they hold, so that of no type one can say that it has no file?"""
    untyped = [each for each in came if each.listed.kind is None]
    if manifest.organized_by is None:
        if untyped:
            work.told(Stage.LACKING, "the manifest does not say of which type each file is")
        return bool(untyped)
    there = {each.url for each in manifest.output}
    lost = any(each.goes_on is not None and each.goes_on not in there for each in manifest.output)
    if lost:
        work.told(Stage.LACKING, "a file goes on in another one that the manifest does not list")
    return lost or any(isinstance(each.kept, EhrError) for each in untyped)


def _report(work: Work, manifest: Manifest, number: int) -> Report:
    """What a file of outcomes tells; one that cannot be had may have told anything."""
    path = work.place.path / f"outcomes.{number:05}"
    try:
        name, _ = fetch(work.exchange, manifest.errors[number], path, work.came, needs_token=manifest.needs_token)
    except EhrError as problem:
        work.may_lack(problem)
        return UNREADABLE
    report = read_report(path.with_name(name))
    path.with_name(name).unlink()
    return report


def _deleted(work: Work, manifest: Manifest) -> Gone | None:
    """What is no longer there, in files of their own; None if one cannot be had or understood."""
    names, resources = [], 0
    for number, each in enumerate(manifest.deleted):
        path = work.place.path / DELETED / f"Bundle.{number:05}.ndjson"
        path.parent.mkdir(exist_ok=True)
        try:
            name, _ = fetch(work.exchange, each, path, work.came, needs_token=manifest.needs_token)
            base = work.exchange.base
            resources += sum(1 for line in lines_of(path.with_name(name)) for _ in deleted_in(line, base))
        except EhrError as problem:
            work.may_lack(problem)
            work.told(Stage.LACKING, f"what was deleted: {problem}")
            return None
        names.append(f"{DELETED}/{name}")
    return Gone(tuple(names), resources)


def _write_manifest(work: Work, manifest: Manifest, sent: Asked, promised: Output, gone: Gone, *, failed: bool) -> None:
    """The manifest as our readers know it: all pages, with the question, and with errors only where there are some."""
    content = {
        "transactionTime": manifest.at,
        "request": sent.url(work.exchange.base),
        "requiresAccessToken": manifest.needs_token,
        "output": promised,
        "deleted": [{"type": "Bundle", "url": each} for each in gone.files],
        "error": [{"type": "OperationOutcome", "url": "reported by the server"}] if failed else [],
    }
    (work.place.path / AS_CAME).write_bytes(orjson.dumps(manifest.content, option=orjson.OPT_INDENT_2))
    (work.place.path / MANIFEST).write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
