"""One exception tree: what went wrong, where, and what to do about it.

Every class carries the FHIR issue code (`OperationOutcome.issue.code`) and the exit status of the command line.
Messages never hold a patient's data: they name files, lines, paths, types and identifiers of studies, not of people.
"""

from collections.abc import Iterable
from typing import Any, ClassVar


class PrescreenError(Exception):
    """Anything this service refuses to do, with a message its reader can act on."""

    issue_code: ClassVar[str] = "exception"
    exit_status: ClassVar[int] = 1

    @property
    def issues(self) -> tuple[str, ...]:
        """Every problem by itself, for an OperationOutcome."""
        return (str(self),)


class UsageError(PrescreenError):
    """The request itself is wrong: an unknown option value, a directory that is not empty, an unknown study."""

    issue_code = "invalid"
    exit_status = 2


class UnknownStudy(UsageError):
    """There is no study of that id. Names those there are."""

    issue_code = "not-found"


class LaunchRefused(UsageError):
    """A launch from an EHR cannot go on: the EHR is not known, the answer is not of this browser, its time is over.

    The message says what to do, to the person in front of the screen.
    """

    issue_code = "security"


class MalformedContent(PrescreenError):
    """What was given cannot be parsed at all, or is no JSON object."""

    issue_code = "structure"
    exit_status = 2


class SeveralProblems(PrescreenError):
    """Several things are wrong at once: each is named, so that all can be put right in one go."""

    exit_status = 2

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))

    @property
    def issues(self) -> tuple[str, ...]:
        """Every problem by itself."""
        return self.problems


class UnsuitableContent(SeveralProblems):
    """What was given is well formed, but nobody can be screened on it. Holds every reason."""

    issue_code = "invalid"


class InsufficientData(PrescreenError):
    """A call brought too little to say anything, and nothing more can be read. Names what to send."""

    issue_code = "required"
    exit_status = 2


class SettingsError(UsageError, SeveralProblems):
    """What an installation sets is not understood. Holds every problem; none repeats what may be a secret."""


class InvalidValue(PrescreenError, ValueError):
    """A value object was asked to hold what it cannot mean (an interval ending before it begins, a negative count)."""

    issue_code = "value"


class UnfitName(UsageError, InvalidValue):
    """A name or an id that no database keeps: too long, or with a character that stands for none."""

    issue_code = "value"


class UnreadableResource(PrescreenError):
    """A resource, or the part of it that decides, cannot be understood; it is kept and counted, never guessed.

    `element` is the FHIRPath of the culprit, e.g. `Condition.onsetDateTime`.
    """

    issue_code = "structure"

    def __init__(self, reason: str, element: str) -> None:
        self.reason = reason
        self.element = element
        super().__init__(f"{element}: {reason}")


class InputError(PrescreenError):
    """The input cannot be screened at all: no such file, an empty directory, a kind of file we do not read."""

    issue_code = "not-found"
    exit_status = 2


class CatalogError(SeveralProblems):
    """Studies, value sets or maps do not load. Holds every problem found, each with file, line and path."""

    issue_code = "invalid"


class InvalidOutput(PrescreenError):
    """What we were about to emit is not valid, or the counts do not add up: nothing is published."""

    issue_code = "processing"
    exit_status = 3


class NoRoom(PrescreenError):
    """What was to be written cannot be, for want of room on the disk: there is no result."""

    issue_code = "no-store"


class EhrError(PrescreenError):
    """A FHIR server, or the server that grants access to it, did not do what was asked.

    `status` is the HTTP status (None: there was no answer), `codes` are those of its OperationOutcome's issues. The
    message names the method and the type asked for: no address, no id, no token, none of the server's own words.
    """

    def __init__(self, message: str, *, status: int | None = None, codes: tuple[str, ...] = ()) -> None:
        self.status = status
        self.codes = codes
        super().__init__(message)


class EhrUnavailable(EhrError):
    """The server cannot be reached, asks to wait, keeps failing, or its limits are used up. Later it may work.

    `retry_after` is in seconds; None: nobody said when.
    """

    issue_code = "transient"

    def __init__(self, message: str, *, retry_after: float | None = None, **known: Any) -> None:
        self.retry_after = retry_after
        super().__init__(message, **known)


class EhrRefused(EhrError):
    """The server understood and said no (400, 422 …): asking the same again would get the same answer."""

    issue_code = "processing"


class NotPermitted(EhrRefused):
    """The server does not let us: no token is granted, or the one we have does not reach that far (401, 403)."""

    issue_code = "forbidden"


class ResourceGone(EhrRefused):
    """There is no such resource, or no longer (404, 410)."""

    issue_code = "not-found"


class VersionConflict(EhrRefused):
    """Somebody else changed it meanwhile, or several resources have that identifier (409, 412)."""

    issue_code = "conflict"


class UnusableAnswer(EhrError):
    """What came back is not what FHIR promises: no JSON, another type, a page or a redirection to another host."""

    issue_code = "structure"


class WritesStopped(EhrError):
    """Writing is switched off: nothing was sent."""

    issue_code = "business-rule"


class NotTrusted(PrescreenError):
    """Whoever called did not prove who they are. They are told nothing more than that.

    `reason`: one word of ours for the log, e.g. `signature`.
    """

    issue_code = "login"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__("not trusted")


class Forbidden(PrescreenError):
    """Whoever is signed in may not see or do this. They are not told whether what they asked for exists."""

    issue_code = "forbidden"


class Outpaced(PrescreenError):
    """Somebody else changed the same thing meanwhile: nothing was kept, and what they did stands."""

    issue_code = "conflict"


class StoreError(PrescreenError):
    """The database did not do what was asked of it."""

    issue_code = "exception"


class StoreUnavailable(StoreError):
    """The database does not answer, or is busy. Nothing was stored; the same call may succeed later."""

    issue_code = "transient"


class StoreOutdated(StoreError):
    """The tables of the database are not those of this version: they have to be migrated, or the service updated."""

    issue_code = "exception"


class LeaseLost(StoreError):
    """The work took longer than its lease, and belongs to somebody else now, or is gone: its result must not count."""

    issue_code = "conflict"
