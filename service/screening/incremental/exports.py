"""Which export this is: the first of a chain, or one that goes on from the last. Anything else is refused.

A chain is worth no more than its weakest part: what is missing in one export never comes again. So each has to be
there wholly, and what cannot be told apart from what is kept is not taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

from service.ehr.bulk.members import CHANGES, JOINED
from service.errors import InputError, UsageError
from service.screening.export_questions import Question, question_in
from service.screening.exports import content_of, lacking_in, manifests, unread_in_words
from service.screening.increments import Increment, increment_in
from service.screening.sources import Source, find_sources

HARMLESS = frozenset({"_outputFormat", "organizeOutputBy"})
ANEW = "give an export of everything and another --state"


@dataclass(frozen=True, slots=True)
class Given:
    """An export. `mark` recognises it; `request` and `taken`: what its manifest says it was asked for, and when its
    data were current. `change`: of one of what changed, what that is."""

    source: Source
    mark: str
    request: str
    taken: str
    question: Question
    change: Increment | None = None

    @property
    def sources(self) -> tuple[Source, ...]:
        """All there is to read: of who joined a group, everything."""
        newcomers = None if self.change is None else self.change.newcomers
        records = tuple(each for each in self.source.files if each.path.name != CHANGES)
        joined = find_sources([newcomers]) if newcomers is not None else ()
        return (replace(self.source, files=records), *map(_of_newcomers, joined))

    @property
    def label(self) -> str:
        """How its files are named, where there are several exports."""
        return self.source.directory.name


def _of_newcomers(source: Source) -> Source:
    """Their files, named by where they lie: those of the other records have the same names."""
    files = tuple(replace(each, label=f"{JOINED}/{each.label}") for each in source.files)
    return replace(source, files=files)


def given_in(sources: Sequence[Source]) -> Given:
    """The one export that is given. Raises InputError where it is not whole, or does not say what it is."""
    if len(sources) != 1 or not sources[0].whole:
        raise UsageError("with --state, give the directory of one export")
    source, directory = sources[0], sources[0].directory
    found = list(manifests(directory))
    if len(found) != 1 or source.manifest is None:
        raise InputError(f"{directory.name}: no manifest in it, or more than one, says when its data were current")
    manifest = content_of(found[0])
    question = question_in(manifest.get("request"))
    if question.since is not None:
        change = increment_in(directory)
    else:
        change = None
        _check_whole(source, manifest)
    if question.filters or question.others - HARMLESS:
        raise InputError(
            f"{directory.name}: it was narrowed (by codes, parts or dates), so that a record that is no longer in the"
            " next one may still be there; export everything of each type"
        )
    return Given(source, _mark(source, found[0]), str(manifest["request"]), _taken(manifest), question, change)


def check_follows(given: Given, request: object, taken: object) -> None:
    """Does it go on from the export with that request and time? Raises InputError."""
    change, name = given.change, given.label
    assert change is not None, "an export of everything goes on from none"
    if question_in(request) != change.question:
        raise InputError(f"{name}: it is of another server, other people or other types than the one before; {ANEW}")
    if change.since != taken:
        raise InputError(
            f"{name}: it holds what changed since another time than that of the last export that was given here; give"
            f" those in between first, in their order, or {ANEW}"
        )


def _check_whole(source: Source, manifest: Mapping[str, object]) -> None:
    name = source.directory.name
    assert source.manifest is not None, "it was looked for"
    if manifest.get("error") or manifest.get("outcome") or source.manifest.partial:
        raise InputError(
            f"{name}: its manifest reports errors, or goes on in another, so nobody knows what it lacks; export again"
        )
    if source.unread:
        raise InputError(f"{name}: {unread_in_words(source)}; export again")
    if lacking := lacking_in(source):
        raise InputError(f"{name}: files of {', '.join(lacking)} lack, and would not come again; export again")


def _taken(manifest: Mapping[str, object]) -> str:
    return str(manifest["transactionTime"])


def _mark(source: Source, manifest: Path) -> str:
    """By the manifest, and by which files there are of which size."""
    files = sorted((each.label, each.path.stat().st_size) for each in source.files)
    return blake2b(repr(files).encode() + manifest.read_bytes(), digest_size=16).hexdigest()
