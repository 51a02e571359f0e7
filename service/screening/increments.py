"""Exports of what changed since another one: what they rest on, and what they say is gone. STANDARDS 3.7, 3.38 to 3.41.

Each goes on from where an earlier one ended, by the server's clock, with the same question. So nothing is lost between
two of them only if the earlier one holds all that it was asked for: what is missing there would never come again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from service.ehr.bulk import Asked
from service.ehr.bulk.deletions import deleted_in
from service.ehr.bulk.lines import lines_of
from service.ehr.bulk.members import CHANGES, JOINED, MEMBERS, patients_in
from service.errors import EhrError, InputError, UsageError
from service.screening.export_questions import Question, question_in
from service.screening.exports import content_of, lacking_in, manifests, unread_in_words
from service.screening.sources import find_sources

WHOLE_AGAIN = "export everything"


@dataclass(frozen=True, slots=True)
class Increment:
    """An export of what changed after `since`, up to `at`, by the server's clock.

    `deleted`: references (`Type/id`) to what is gone. `joined`: ids of patients who are new in the group: all about
    them lies in the directory `newcomers`, an export of its own. `left`: ids of patients who are not in it any more.
    """

    directory: Path
    question: Question
    since: str
    at: str
    deleted: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()

    @property
    def newcomers(self) -> Path | None:
        """Where the records of those who joined lie; None: nobody did."""
        return self.directory / JOINED if self.joined else None

    def goes_on_from(self, earlier: Path) -> bool:
        """Does it hold exactly what changed since that export? Raises InputError where that one tells too little."""
        manifest = _usable(earlier)
        return (question_in(manifest.get("request")), manifest["transactionTime"]) == (self.question, self.since)


def increment_in(directory: Path) -> Increment:
    """An export of what changed, all of it there and understood. Raises InputError for any other."""
    manifest = _usable(directory)
    question = question_in(manifest.get("request"))
    if question.since is None:
        raise InputError(f"{directory}: it is an export of everything, not of what changed")
    changes = set(_changes(directory))
    return Increment(
        directory,
        question,
        question.since,
        str(manifest["transactionTime"]),
        frozenset(_deleted(directory, manifest, question.base)),
        frozenset(id for id, change in changes if change == "joined"),
        frozenset(id for id, change in changes if change == "left"),
    )


def going_on(asked: Asked, base: str, earlier: Path) -> Asked:
    """The question for what changed since an earlier export in that directory. Raises UsageError where it cannot do.

    The clock of this machine is never taken: what changed between the two would be missed.
    """
    try:
        manifest = _usable(earlier)
        before = question_in(manifest.get("request"))
    except InputError as problem:
        raise UsageError(f"{problem}; {WHOLE_AGAIN}") from None
    if differences := list(before.differences(question_in(asked.url(base)))):
        raise UsageError(f"{earlier}: {'; '.join(differences)}; {WHOLE_AGAIN}")
    return replace(asked, since=str(manifest["transactionTime"]))


def members_at(earlier: Path) -> frozenset[str]:
    """Who was in the group when an earlier export was made. Raises UsageError where it does not tell."""
    listed = earlier / MEMBERS
    try:
        return patients_in(listed if listed.is_dir() else earlier)
    except EhrError as problem:
        raise UsageError(f"{earlier}: {problem}; {WHOLE_AGAIN}") from None


def _usable(directory: Path) -> Mapping[str, object]:
    """The manifest of an export that holds all that it was asked for. Raises InputError."""
    found = list(manifests(directory)) if directory.is_dir() else []
    if len(found) != 1:
        raise InputError(f"{directory}: no manifest in it, or more than one, says when its data were current")
    manifest = content_of(found[0])
    if manifest.get("error") or manifest.get("outcome"):
        raise InputError(f"{directory}: its manifest reports errors, so nobody knows what it lacks")
    (source,) = find_sources([directory])
    if source.manifest is None:
        raise InputError(f"{directory}: its manifest is too long to be read")
    if source.manifest.follows is not None:
        raise InputError(f"{directory}: its manifest goes on in another one, so nobody knows what it lacks")
    if source.unread:
        raise InputError(f"{directory}: {unread_in_words(source)}")
    if lacking := lacking_in(source):
        raise InputError(f"{directory}: files of {', '.join(lacking)} lack, and would not come again")
    if not all((directory / each).is_file() for each in _urls(manifest.get("deleted"))):
        raise InputError(f"{directory}: what it says was deleted is not all there")
    _check_newcomers(directory)
    return manifest


def _check_newcomers(directory: Path) -> None:
    joined = {id for id, change in _changes(directory) if change == "joined"}
    if not joined:
        return
    try:
        whole = (directory / JOINED).is_dir() and joined <= patients_in(directory / JOINED)
    except EhrError:
        whole = False
    if not whole:
        raise InputError(f"{directory}: the records of those who joined the group are not all there")
    _usable(directory / JOINED)


def _urls(listed: object) -> Iterator[str]:
    for each in listed if isinstance(listed, list) else ():
        yield str(each.get("url")) if isinstance(each, dict) else ""


def _changes(directory: Path) -> Iterator[tuple[str, str]]:
    """(id of a patient, `joined` or `left`)."""
    path = directory / CHANGES
    for line in lines_of(path) if path.is_file() else ():
        each = orjson.loads(line)
        yield str(each["patient"]), str(each["change"])


def _deleted(directory: Path, manifest: Mapping[str, object], base: str) -> Iterator[str]:
    for url in _urls(manifest.get("deleted")):
        try:
            for line in lines_of(directory / url):
                yield from deleted_in(line, base)
        except EhrError as problem:
            raise InputError(f"{directory}: {problem}") from None
