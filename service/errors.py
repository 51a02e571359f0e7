"""One exception tree: what went wrong, where, and what to do about it.

Every class carries the FHIR issue code (`OperationOutcome.issue.code`) and the exit status of the command line.
Messages never hold a patient's data: they name files, lines, paths, types and identifiers of studies, not of people.
"""

from collections.abc import Iterable
from typing import ClassVar


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


class InvalidValue(PrescreenError, ValueError):
    """A value object was asked to hold what it cannot mean (an interval ending before it begins, a negative count)."""

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
