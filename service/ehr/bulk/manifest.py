"""The manifest of an export: what there is to fetch. STANDARDS 3C. Releases 1 to 3, and the shape of release 4."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from service.ehr.addresses import resolved
from service.ehr.answers import Answer
from service.errors import UnusableAnswer


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of the export. `kind` None: it is not of one type alone. `count`: its lines, if that is said.

    `goes_on`: the file in which what its last lines are about goes on. `mark`: what tells it from the other files, by
    whichever manifest of this export it is listed.
    """

    url: str = field(repr=False)
    kind: str | None
    count: int | None
    goes_on: str | None = field(default=None, repr=False)
    mark: str = field(default="", repr=False)

    def is_still(self, other: Listed) -> bool:
        """Is it the same file, listed again?"""
        return (self.mark, self.kind, self.count) == (other.mark, other.kind, other.count)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One page of it, or all together. `content`: as it came, of the first page.

    `errors`: files of OperationOutcomes. `deleted`: files of what is no longer there. `after`: the next page.
    `organized_by`: the type by whose resources the files are organized, instead of by type.
    """

    at: str
    needs_token: bool
    output: tuple[Listed, ...]
    errors: tuple[Listed, ...]
    deleted: tuple[Listed, ...]
    after: str | None
    content: Mapping[str, Any] = field(repr=False)
    organized_by: str | None = None

    def with_page(self, page: Manifest) -> Manifest:
        """Together with the next page. Raises UnusableAnswer where they are not of one moment."""
        shared = (self.at, self.needs_token, self.organized_by)
        if (page.at, page.needs_token, page.organized_by) != shared:
            raise UnusableAnswer("the manifest: its pages are of different exports")
        return Manifest(
            self.at,
            self.needs_token,
            self.output + page.output,
            self.errors + page.errors,
            self.deleted + page.deleted,
            page.after,
            self.content,
            self.organized_by,
        )

    def marked(self) -> Manifest:
        """With marks: the address without the query, in which servers put rights that end; but for a server that tells
        its files by the query alone."""
        short = [each.url.partition("?")[0] for each in self.output]
        marks = short if len(set(short)) == len(short) else [each.url for each in self.output]
        output = tuple(replace(each, mark=mark) for each, mark in zip(self.output, marks, strict=True))
        return replace(self, output=output)


def read_manifest(answer: Answer) -> Manifest:
    """The manifest in an answer. Raises UnusableAnswer for what is none: nobody may take it for an empty export."""
    content = answer.content
    if content is None or not isinstance(content.get("transactionTime"), str):
        raise UnusableAnswer(f"{answer.what}: the manifest does not say of when it is", status=answer.status)
    if not isinstance(content.get("output"), list) or not isinstance(content.get("requiresAccessToken"), bool):
        raise UnusableAnswer(f"{answer.what}: the manifest lacks output or requiresAccessToken", status=answer.status)
    organized_by = content.get("outputOrganizedBy") or None
    output = tuple(_files(answer, content["output"]))
    return Manifest(
        at=str(content["transactionTime"]),
        needs_token=content["requiresAccessToken"] is True,
        output=tuple(replace(each, kind=None) for each in output) if organized_by else output,
        errors=tuple(each for name in ("error", "outcome") for each in _files(answer, content.get(name, []))),
        deleted=tuple(_files(answer, content.get("deleted", []))),
        after=_after(answer, content.get("link")),
        content=content,
        organized_by=str(organized_by) if organized_by else None,
    )


def _files(answer: Answer, listed: object) -> Iterator[Listed]:
    if not isinstance(listed, list):
        raise UnusableAnswer(f"{answer.what}: the manifest's files are no list", status=answer.status)
    for each in listed:
        item = each if isinstance(each, dict) else {}
        url, kind, count = item.get("url"), item.get("type"), item.get("count")
        if not isinstance(url, str) or not url:
            raise UnusableAnswer(f"{answer.what}: a file of the manifest has no address", status=answer.status)
        whole = isinstance(count, int) and not isinstance(count, bool)
        follows = item.get("continuesInFile")
        goes_on = resolved(answer.url, follows) if isinstance(follows, str) and follows else None
        yield Listed(
            resolved(answer.url, url), kind if isinstance(kind, str) else None, count if whole else None, goes_on
        )


def _after(answer: Answer, links: object) -> str | None:
    for each in links if isinstance(links, list) else ():
        if isinstance(each, dict) and each.get("relation") == "next" and isinstance(each.get("url"), str):
            return resolved(answer.url, each["url"])
    return None
