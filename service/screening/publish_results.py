"""What becomes of a writing: its result, as the worker counts it, the outbox keeps it and the audit tells it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from service import __version__
from service.errors import (
    EhrError,
    EhrRefused,
    EhrUnavailable,
    PrescreenError,
    UnusableAnswer,
    VersionConflict,
)
from service.fhir.own import SOFTWARE
from service.store import audit
from service.store.engine import Store
from service.store.outbox import OUTBOX, ClaimedWrite

ACTOR = f"{SOFTWARE} {__version__}"
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=6)
GROWTH = 4  # 15 s, 1 min, 4 min, 16 min, 1 h, 4 h, 6 h: a night without the server is survived
SWITCHED_OFF = timedelta(seconds=30)  # until a stopped write is looked at again
UNSUITABLE = timedelta(minutes=15)
UNAUTHORIZED, CHANGED = 401, 412


class What(StrEnum):
    """What became of one claimed write."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"  # all of it stood there already
    NOTHING = "nothing"  # nothing is there, and nothing is to be
    WAITING = "waiting"  # another try later
    STOPPED = "stopped"  # writes are switched off; it waits
    DEAD = "dead"
    LOST = "lost"  # somebody else does it


@dataclass(frozen=True, slots=True)
class Result:
    """`code` says why it waits or is dead; `by_person`: a person's state stands in the target and was left alone."""

    what: What
    code: str | None = None
    by_person: bool = False


def note(claimed: ClaimedWrite, now: datetime, action: str, **detail: str | int | bool | None) -> audit.Entry:
    """An entry of the audit about this write. `detail` holds numbers and codes alone."""
    return audit.Entry(now, claimed.tenant, ACTOR, action, claimed.study, claimed.patient, detail)


def fail(store: Store, claimed: ClaimedWrite, now: datetime, code: str, retry_at: datetime | None) -> Result:
    """It failed: another try then, or none. Raises LeaseLost."""
    with store.transaction() as whole:
        state = OUTBOX.failed(whole, claimed.lease, code, retry_at)
        result = Result(What.DEAD if state == "dead" else What.WAITING, code)
        audit.append(whole, note(claimed, now, f"write-{result.what}", code=code, tries=claimed.lease.tries))
    return result


def postpone(store: Store, claimed: ClaimedWrite, until: datetime, what: What, code: str | None = None) -> Result:
    """It could not be begun, and waits without having been tried. Raises LeaseLost."""
    OUTBOX.postponed(store, claimed.lease, until)
    return Result(what, code)


def judged(problem: PrescreenError, tries: int, now: datetime) -> tuple[str, datetime | None]:
    """The code of a failure, and when to try again; None: the same would happen again."""
    code = code_of(problem)
    later = isinstance(problem, EhrUnavailable | UnusableAnswer) or (
        isinstance(problem, EhrError) and problem.status in (UNAUTHORIZED, CHANGED)
    )
    if not later:
        return code, None
    asked = getattr(problem, "retry_after", None)
    return code, now + max(pause(tries), timedelta(seconds=asked or 0))


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries."""
    longer: int = GROWTH ** min(max(tries, 1) - 1, 10)
    return min(FIRST_PAUSE * longer, LONGEST_PAUSE)


def code_of(problem: PrescreenError) -> str:
    """A code that holds none of the server's words."""
    if not isinstance(problem, EhrError):
        return f"invalid-{problem.issue_code}"
    if problem.status is not None:
        return "-".join(("http", str(problem.status), *problem.codes[:3]))
    if isinstance(problem, VersionConflict):
        return "several-with-our-identifier"
    return "refused" if isinstance(problem, EhrRefused) else f"no-answer-{problem.issue_code}"
