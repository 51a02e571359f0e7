"""Screening a nightly export: as any population, then compared with what held before, and kept in the history.

Every step can be done again: the results are written first, then what changed (from what was stored before), then all
is stored, and the digest last. Where it stands, the export is done.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from service.eligibility.facts import Loaded
from service.screening import publish, reach
from service.screening.buckets.means import USUAL_MEMORY
from service.screening.buckets.processes import engine_for
from service.screening.completeness import ANY_TYPE
from service.screening.decisions.claims import all_claims
from service.screening.exports import Export
from service.screening.outputs import SERIES, SUMMARY, VERSIONS
from service.screening.patient import CLOSED
from service.screening.population import screen
from service.screening.request import Progress, Request
from service.screening.sources import complete_types, find_sources
from service.screening.tenant import Tenant
from service.screening.worklist import refresh
from service.screening.worklist.from_export import take_from_export
from service.screening.writing import while_there_is_room, write_whole
from service.store import assessments, decisions, series, worklist_counts
from service.store.assessments import Known
from service.store.engine import Store

CHANGES, WORKLIST, DIGEST = "changes.ndjson", "worklist.ndjson", "digest.txt"
NOT_SCREENED = "not-in-the-newest-export"
AT_ONCE = 500  # rows of one transaction
Line = dict[str, Any]
WORTH_A_LOOK = ("strong", "weak")


@dataclass(frozen=True, slots=True)
class Held:
    """What held before this export, as far as a change is told by it."""

    standing: str
    signal: str
    outcomes: Mapping[str, str]


def is_done(out: Path, export: Export) -> bool:
    """Was this export screened, down to its digest?"""
    return (out / export.name / DIGEST).is_file()


def screen_export(
    store: Store, tenant: Tenant, export: Export, out: Path, clock: Callable[[], datetime], progress: Progress
) -> str:
    """Screen it as of the day on which it was made, into a directory of its own below `out`; returns the digest.

    What should stand in the target is put into the outbox in the same transaction as the assessment. What is stored
    bears the time at which it was stored, not that at which the screening began: hours may lie between the two, and
    whoever is told of what happened up to some time is not told of it again (see `worklist.digests`).
    """
    place = out / export.name
    at = export.made.astimezone(tenant.catalog.site.zone).date()
    if not ((place / SUMMARY).is_file() and (place / SERIES).is_file()):
        (place / CHANGES).unlink(missing_ok=True)
        sources = find_sources([export.directory])
        accepted, claims = tenant.catalog.site.accepted_rejects, all_claims(store, tenant.name)
        request = Request(
            sources, tenant.open_studies, at, accepted_rejects=accepted, claims=claims, versions=True, series=True
        )
        screen(tenant.catalog, request, place, progress, engine_for(sources, 1, USUAL_MEMORY))
    if not (place / CHANGES).is_file():
        _write(place / CHANGES, _changes(store, tenant, place))
    changes = list(_lines(place / CHANGES))
    _store(store, tenant, place, at, clock)
    reach.note_loaded(store, tenant, reach.EXPORT, _loaded(export.directory, place, tenant), clock())
    take_from_export(store, tenant, export.directory, clock())
    _write(place / WORKLIST, _worklist(place, changes))
    text = _digest(export, tenant, orjson.loads((place / SUMMARY).read_bytes()), changes)
    _replace(place / DIGEST, text.encode())
    return text


def _changes(store: Store, tenant: Tenant, place: Path) -> Iterator[Line]:
    """What is not as it was: by study and patient."""
    before: dict[str, dict[str, Held]] = {}
    seen: set[tuple[str, str]] = set()
    for line in _lines(place / "assessments.ndjson"):
        study, patient = line["study"], line["patient"]
        if study not in before:
            before[study] = _held(store, tenant.name, study)
        seen.add((patient, study))
        if (change := _change(line, before[study].pop(patient, None))) is not None:
            yield change
    for known, reason in _no_longer(store, tenant, place, seen):
        yield {"patient": known.patient, "study": known.study, "change": "withdrawn", "reason": reason}


def _change(line: Line, held: Held | None) -> Line | None:
    """How a line differs from what held; None if it does not."""
    told = {"patient": line["patient"], "study": line["study"]}
    now = {"standing": line["standing"], "signal": line["signal"]}
    if held is None:
        return {**told, "change": "new", **now}
    changed = sorted(name for name, code in _outcomes(line).items() if held.outcomes.get(name) != code)
    if not changed and (held.standing, held.signal) == (line["standing"], line["signal"]):
        return None
    kind = "standing" if held.standing != line["standing"] else "signal" if held.signal != line["signal"] else "answers"
    return {**told, "change": kind, **now, "standing_before": held.standing, "criteria": changed}


def _held(store: Store, tenant: str, study: str) -> dict[str, Held]:
    """What holds in this study, by patient."""
    found: dict[str, Held] = {}
    after = ""
    while page := assessments.of_study(store, tenant, study, AT_ONCE, after):
        for each in page:
            line: Line = each.stored.line
            found[each.stored.patient] = Held(line["standing"], line["signal"], _outcomes(line))
        after = page[-1].stored.patient
    return found


def _outcomes(line: Line) -> dict[str, str]:
    return {each["criterion"]: each["outcome"] for each in line["findings"]}


def _no_longer(store: Store, tenant: Tenant, place: Path, seen: set[tuple[str, str]]) -> Iterator[tuple[Known, str]]:
    """What held, and does not any more: of people held back, or not in the export; of studies that were closed."""
    held_back = {each["patient"]: each["reason"] for each in _lines(place / "held_back.ndjson")}
    whole = "Patient" not in orjson.loads((place / SUMMARY).read_bytes())["incomplete_for_everybody"]
    after = ("", "")
    while page := assessments.known(store, tenant.name, AT_ONCE, after):
        for each in page:
            if each.withdrawn is not None or (each.patient, each.study) in seen:
                continue
            if each.study not in tenant.studies:
                yield each, CLOSED
            elif each.patient in held_back or whole:
                yield each, held_back.get(each.patient, NOT_SCREENED)
        after = (page[-1].patient, page[-1].study)


def _store(store: Store, tenant: Tenant, place: Path, at: date, clock: Callable[[], datetime]) -> None:
    told = list(_lines(place / VERSIONS)) if (place / VERSIONS).is_file() else []
    versions = {(each["patient"], each["study"]): each["records"] for each in told if "study" in each}
    _follow(store, tenant.name, place, {each["patient"]: each["merged"] for each in told if "merged" in each})
    for part in _parts(_lines(place / "assessments.ndjson")):
        with store.transaction() as whole:
            now = clock()
            for line in part:
                records = versions.get((line["patient"], line["study"]), {})
                if _add(whole, tenant.name, line, records, at, now):
                    publish.plan(whole, tenant, line, now)
                    refresh(whole, tenant.name, line["study"], line["patient"], now)
        worklist_counts.put_together(store, tenant.name)
    for part in _parts(_lines(place / SERIES)):
        with store.transaction() as whole:
            for line in part:
                series.keep(whole, (tenant.name, line["study"], line["patient"]), at, line["series"])
    series.forget_older(store, tenant.name, tenant.studies, at)
    for part in _parts(each for each in _lines(place / CHANGES) if each["change"] == "withdrawn"):
        with store.transaction() as whole:
            now = clock()
            for each in part:
                study, patient, reason = each["study"], each["patient"], each["reason"]
                series.forget(whole, (tenant.name, study, patient))
                if assessments.withdraw(whole, tenant.name, patient, reason, now, study):
                    publish.withdraw(whole, tenant, study, patient, reason, now)
                    refresh(whole, tenant.name, study, patient, now)


def _loaded(directory: Path, place: Path, tenant: Tenant) -> dict[str, Loaded]:
    """How completely each type was there, for everybody: by the files, and by lines that name nobody whom we know."""
    (source,) = find_sources([directory])
    spoiled = orjson.loads((place / SUMMARY).read_bytes())["incomplete_for_everybody"]
    if sum(spoiled.values()) <= tenant.catalog.site.accepted_rejects:
        spoiled = {}
    whole = complete_types(source) if ANY_TYPE not in spoiled else frozenset[str]()
    there = {each.type_hint for each in source.files if each.type_hint}
    found = dict.fromkeys(there | set(spoiled), Loaded.INCOMPLETE)
    return found | dict.fromkeys(whole - set(spoiled), Loaded.COMPLETE)


def _follow(store: Store, tenant: str, place: Path, merged: Mapping[str, list[str]]) -> None:
    """What people decided follows the records that were merged, and no longer those that are apart again."""
    before = decisions.survivors(store, tenant) - merged.keys()
    screened = {each["patient"] for each in _lines(place / "assessments.ndjson")} if before else set[str]()
    for survivor in sorted(merged.keys() | (before & screened)):
        decisions.merged(store, tenant, survivor, merged.get(survivor, []))


def _add(store: Store, tenant: str, line: Line, records: Mapping[str, str], at: date, now: datetime) -> bool:
    """Keep one assessment; is it another than the one that held? As a population's facts are not kept, the digest is
    of the answers and what they rest on."""
    change = line["next_change"]
    day = date.fromisoformat(change["date"]) if change else None
    undated = {name: value for name, value in line.items() if name != "screening_date"}
    digest = blake2b(orjson.dumps(undated, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
    key = (line["study"], line["study_version"], line["patient"])
    return assessments.add(store, tenant, *key, digest, at, line, day, now, records)


def _worklist(place: Path, changes: Iterable[Line]) -> list[Line]:
    """Whom to look at: those who are not kept out, and of whom something points to the disease; the nearest first."""
    new = {(each["patient"], each["study"]): each["change"] for each in changes}
    order = {"candidate": 0, "needs_review": 1}
    names = ("patient", "study", "standing", "signal", "unresolved", "later", "settle")
    chosen = [
        {**{name: line[name] for name in names}, "change": new.get((line["patient"], line["study"]))}
        for line in _lines(place / "assessments.ndjson")
        if line["standing"] in order and line["signal"] in WORTH_A_LOOK
    ]
    rank = {signal: number for number, signal in enumerate(WORTH_A_LOOK)}
    return sorted(
        chosen, key=lambda e: (e["study"], order[e["standing"]], rank[e["signal"]], e["unresolved"], e["patient"])
    )


def _digest(export: Export, tenant: Tenant, summary: Line, changes: list[Line]) -> str:
    """What a coordinator reads in the morning: counts, no names and no ids."""
    people = summary["people"]
    lines = [
        f"Export {export.name}, screened as of {summary['screening_date']}.",
        f"{people['screened']} people screened, {people['held_back']} held back.",
    ]
    for study in tenant.open_studies:
        counts = summary["studies"][study.id]["standing_with_signal"]
        mine = [each for each in changes if each["study"] == study.id]
        kinds = {kind: sum(each["change"] == kind for each in mine) for kind in KINDS}
        told = ", ".join(f"{count} {KINDS[kind]}" for kind, count in kinds.items() if count) or "nothing changed"
        fit, look = counts["candidate"], counts["needs_review"]
        lines.append(
            f"{study.id}: with a signal, {fit} candidates and {look} to review; since the last export: {told}."
        )
    return "\n".join(lines) + "\n"


KINDS = {
    "new": "new",
    "standing": "with another standing",
    "signal": "with another signal",
    "answers": "with other answers",
    "withdrawn": "that do not hold any more",
}


def _parts(lines: Iterable[Line]) -> Iterator[list[Line]]:
    part: list[Line] = []
    for each in lines:
        part.append(each)
        if len(part) == AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _lines(path: Path) -> Iterator[Line]:
    with path.open("rb") as file:
        yield from (orjson.loads(line) for line in file)


def _write(path: Path, lines: Iterable[Line]) -> None:
    _replace(path, b"".join(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE) for each in lines))


def _replace(path: Path, content: bytes) -> None:
    with while_there_is_room(path.parent):
        write_whole(path, content)
