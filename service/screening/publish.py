"""Results on their way to the target: from an assessment into the outbox, and from there to where they are to stand.

SEMANTICS §7, STANDARDS §5 and §8. `plan` and `withdraw` belong into the transaction that stores the assessment;
`write` does one claimed row of the outbox, and repeating it after a crash changes nothing more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from service.ehr.connect import Connection
from service.errors import (
    EhrError,
    InvalidOutput,
    InvalidValue,
    LeaseLost,
    UnreadableResource,
    UsageError,
    WritesStopped,
)
from service.fhir.own import Json
from service.fhir.publication import Found, Publication, Stamp, publication
from service.screening import publish_files
from service.screening.decisions.known import of
from service.screening.publish_content import (
    Content,
    content_of,
    kinds_wanted,
    opinion_in,
    read_content,
)
from service.screening.publish_look import place_of, problems
from service.screening.publish_results import (
    SWITCHED_OFF,
    UNSUITABLE,
    Result,
    What,
    code_of,
    fail,
    judged,
    note,
    postpone,
)
from service.screening.publish_writing import Writing
from service.screening.tenant import TargetKind, Tenant
from service.store import assessments, audit, outbox, published, stops
from service.store.engine import Store
from service.store.leases import Lease
from service.store.outbox import ClaimedWrite, Waiting
from service.store.published import Published

__all__ = ["Preview", "Result", "What", "may_write", "plan", "preview", "problems", "recheck", "withdraw", "write"]
PAGE = 200
PROBLEMS = (EhrError, InvalidOutput, InvalidValue, UnreadableResource)


# ------------------------------------------------------------------------------------------------- into the outbox
def plan(
    store: Store,
    tenant: Tenant,
    line: Mapping[str, object],
    now: datetime,
    versions: Mapping[str, str] | None = None,
) -> bool:
    """Let an assessment that holds from now on (a line of assessments.ndjson) be written, if it is one to write.

    What people decided goes with it. `versions`: `Type/id` -> versionId of the records that were read. Returns whether
    the outbox changed.
    """
    if tenant.target.kind is TargetKind.NONE:
        return False
    decided = of(store, tenant.name, str(line["study"]), str(line["patient"]))
    return _put(store, tenant, content_of(tenant, line, now, versions, decided), now)


def withdraw(store: Store, tenant: Tenant, study: str, patient: str, reason: str, now: datetime) -> bool:
    """The assessment of this study and patient holds no more, for the reason of this code (as in `held_back`).

    Who was written is taken off the list, and the Flag and Task end. The ResearchSubject keeps what was last said.
    """
    content = _holding(store, tenant, study, patient, now)
    if content is None or tenant.target.kind is TargetKind.NONE:
        return False
    return _put(store, tenant, _ended(content, reason), now)


def recheck(store: Store, tenant: Tenant, before: datetime, most: int, now: datetime) -> int:
    """Let what was not looked at in the target since then be looked at again: what people set, or took away.

    Returns how many writes were asked for; each changes nothing where all stands as it should.
    """
    stale = published.checked_before(store, tenant.name, before, most)
    return sum(_look_again(store, tenant, each.study, each.patient, now) for each in stale)


def _look_again(store: Store, tenant: Tenant, study: str, patient: str, now: datetime) -> bool:
    """Let the target be compared with what holds now."""
    content = _holding(store, tenant, study, patient, now)
    if content is None:
        return False
    return outbox.put(store, tenant.name, study, patient, content.digest, content.as_json(), now)


def _holding(store: Store, tenant: Tenant, study: str, patient: str, now: datetime) -> Content | None:
    """The content of what holds now, or held last."""
    held = assessments.latest(store, tenant.name, study, patient)
    if held is None or study not in tenant.catalog.studies:
        return None
    decided = of(store, tenant.name, study, patient)
    content = content_of(tenant, held.stored.line, now, decided=decided)
    return content if held.withdrawn is None else _ended(content, held.withdrawn)


def _ended(content: Content, reason: str) -> Content:
    return replace(content, first=False, fits=False, withdrawn=reason)


def _put(store: Store, tenant: Tenant, content: Content, now: datetime) -> bool:
    """Into the outbox, unless nothing of it is or will be in the target, or all of it is."""
    study, patient = str(content.line["study"]), str(content.line["patient"])
    known = published.find(store, tenant.name, study, patient)
    digest = content.digest
    settled = known.digest == digest if known is not None else not content.first
    if settled and not outbox.is_wanted(store, tenant.name, study, patient):
        return False
    return outbox.put(store, tenant.name, study, patient, digest, content.as_json(), now)


# ------------------------------------------------------------------------------------------------- into the target
def may_write(store: Store, tenant: Tenant) -> bool:
    """Is anything to be sent to this tenant's target now? Asked before each request."""
    return tenant.target.may_write and not stops.stopped(store, tenant.name)


def write(store: Store, tenant: Tenant, claimed: ClaimedWrite, connection: Connection | None, now: datetime) -> Result:
    """Write one claimed content, and end, postpone or give up its row of the outbox.

    `connection`: to the target, where it is a FHIR server. Raises StoreUnavailable: then the lease runs out. Where the
    lease has run out meanwhile, what stands there is looked at once more.
    """
    try:
        if not may_write(store, tenant):
            return postpone(store, claimed, now + SWITCHED_OFF, What.STOPPED)
        return _written(store, tenant, claimed, connection, now)
    except LeaseLost:
        _doubt(store, tenant, claimed, now)
        return Result(What.LOST)


def _doubt(store: Store, tenant: Tenant, claimed: ClaimedWrite, now: datetime) -> None:
    """What we sent may have arrived after our successor looked: the target is compared once more with what holds."""
    with store.transaction() as whole:
        known = published.find(whole, claimed.tenant, claimed.study, claimed.patient)
        if known is not None:
            published.record(whole, replace(known, digest=None, machine_state=None))
        _look_again(whole, tenant, claimed.study, claimed.patient, now)


def _written(
    store: Store, tenant: Tenant, claimed: ClaimedWrite, connection: Connection | None, now: datetime
) -> Result:
    try:
        content = read_content(claimed.content)
        if tenant.target.kind is TargetKind.NDJSON:
            return _to_files(store, tenant, claimed, content, now)
        if connection is None:
            return postpone(store, claimed, now + UNSUITABLE, What.WAITING, "no-connection")
        writing = _writing(store, tenant, claimed, content, connection, now)
        return writing.run(partial(may_write, store, tenant))
    except WritesStopped:
        return postpone(store, claimed, now + SWITCHED_OFF, What.STOPPED)
    except UsageError:
        return postpone(store, claimed, now + UNSUITABLE, What.WAITING, "target-unsuitable")
    except PROBLEMS as problem:
        return fail(store, claimed, now, *judged(problem, claimed.lease.tries, now))


def _writing(
    store: Store, tenant: Tenant, claimed: ClaimedWrite, content: Content, connection: Connection, now: datetime
) -> Writing:
    place = place_of(connection, tenant.target.resources)
    known = published.find(store, claimed.tenant, claimed.study, claimed.patient)
    if known is not None and known.resource_id is not None:
        place.ids["ResearchSubject"] = known.resource_id
    kinds = kinds_wanted(content, place.kinds)
    opinion = opinion_in(tenant, content.line, content.state)
    return Writing(store, claimed, content, opinion, place, kinds, now, known)


def _to_files(store: Store, tenant: Tenant, claimed: ClaimedWrite, content: Content, now: datetime) -> Result:
    """Where nobody can be asked what stands there, the newest line counts."""
    directory = _directory(tenant)
    opinion = opinion_in(tenant, content.line, content.state)
    known = published.find(store, claimed.tenant, claimed.study, claimed.patient)
    stands = known is not None or publish_files.holds(directory, opinion.identity)
    wanted = content.withdrawn is None and (content.first or stands)
    state: str | None = None
    if wanted:
        made = _file_content(tenant, content)
        publish_files.append(directory, made)
        state = str(made.subject["status"])
    result = Result(What.WRITTEN if wanted else What.NOTHING)
    with store.transaction() as whole:
        outbox.done(whole, claimed.lease)
        if wanted:
            key = (claimed.tenant, claimed.study, claimed.patient)
            published.record(whole, Published(*key, opinion.identity, None, claimed.digest, state, None, now, now))
        audit.append(whole, note(claimed, now, f"write-{result.what}", state=state))
    return result


def _file_content(tenant: Tenant, content: Content) -> Publication:
    kinds = tenant.target.resources & publish_files.KINDS
    stamp = Stamp(content.made, content.software, content.versions)
    opinion = opinion_in(tenant, content.line, content.state)
    return publication(opinion, publish_files.RELEASE, Found(), stamp, content.fits, kinds)


def _directory(tenant: Tenant) -> Path:
    if tenant.target.directory is None:
        raise UsageError(f"tenant {tenant.name}: there is no directory to write to")
    return tenant.target.directory


# ------------------------------------------------------------------------------------------------- shown, not sent
@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent for one study and patient: the exact Bundle, or the code of why nothing would."""

    study: str
    patient: str
    bundle: Json | None
    code: str | None = None


def preview(store: Store, tenant: Tenant, connection: Connection | None, now: datetime) -> Iterator[Preview]:
    """What would be written of all that waits. Reads from the target; writes nothing there and changes no row."""
    after = ("", "")
    while page := outbox.waiting(store, tenant.name, PAGE, after):
        yield from (_previewed(store, tenant, each, connection, now) for each in page)
        after = (page[-1].patient, page[-1].study)


def _previewed(store: Store, tenant: Tenant, waiting: Waiting, connection: Connection | None, now: datetime) -> Preview:
    nobody = Lease(0, 0, 0, now)
    claimed = ClaimedWrite(nobody, tenant.name, waiting.study, waiting.patient, waiting.digest, waiting.content)
    try:
        content = read_content(waiting.content)
        if tenant.target.kind is TargetKind.NDJSON:
            bundle: Json | None = _file_content(tenant, content).bundle
            return Preview(waiting.study, waiting.patient, bundle)
        if connection is None:
            return Preview(waiting.study, waiting.patient, None, "no-connection")
        decided = _writing(store, tenant, claimed, content, connection, now).decide()
        if decided.code is not None or decided.made is None:
            return Preview(waiting.study, waiting.patient, None, decided.code or What.NOTHING)
        bundle = decided.made.bundle if decided.made.writes else None
        return Preview(waiting.study, waiting.patient, bundle, None if bundle else What.UNCHANGED)
    except PROBLEMS as problem:
        return Preview(waiting.study, waiting.patient, None, code_of(problem))
