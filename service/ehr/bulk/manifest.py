"""The manifest of an export: what there is to fetch. STANDARDS 3C. Releases 1 to 3, and the shape of release 4."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.ehr.addresses import resolved
from service.ehr.answers import Answer
from service.errors import UnusableAnswer


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of the export. `kind` None: it is not of one type alone. `count`: its lines, if that is said."""

    url: str = field(repr=False)
    kind: str | None
    count: int | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """One page of it, or all together. `content`: as it came, of the first page.

    `errors`: files of OperationOutcomes. `deleted`: files of what is no longer there. `after`: the next page.
    """

    at: str
    needs_token: bool
    output: tuple[Listed, ...]
    errors: tuple[Listed, ...]
    deleted: tuple[Listed, ...]
    after: str | None
    content: Mapping[str, Any] = field(repr=False)

    def with_page(self, page: Manifest) -> Manifest:
        """Together with the next page. Raises UnusableAnswer where they are not of one moment."""
        if (page.at, page.needs_token) != (self.at, self.needs_token):
            raise UnusableAnswer("the manifest: its pages are of different exports")
        return Manifest(
            self.at,
            self.needs_token,
            self.output + page.output,
            self.errors + page.errors,
            self.deleted + page.deleted,
            page.after,
            self.content,
        )


def read_manifest(answer: Answer) -> Manifest:
    """The manifest in an answer. Raises UnusableAnswer for what is none: nobody may take it for an empty export."""
    content = answer.content
    if content is None or not isinstance(content.get("transactionTime"), str):
        raise UnusableAnswer(f"{answer.what}: the manifest does not say of when it is", status=answer.status)
    if not isinstance(content.get("output"), list) or not isinstance(content.get("requiresAccessToken"), bool):
        raise UnusableAnswer(f"{answer.what}: the manifest lacks output or requiresAccessToken", status=answer.status)
    errors = content.get("error", content.get("outcome", []))
    return Manifest(
        at=str(content["transactionTime"]),
        needs_token=content["requiresAccessToken"] is True,
        output=tuple(_files(answer, content["output"])),
        errors=tuple(_files(answer, errors)),
        deleted=tuple(_files(answer, content.get("deleted", []))),
        after=_after(answer, content.get("link")),
        content=content,
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
        yield Listed(resolved(answer.url, url), kind if isinstance(kind, str) else None, count if whole else None)


def _after(answer: Answer, links: object) -> str | None:
    for each in links if isinstance(links, list) else ():
        if isinstance(each, dict) and each.get("relation") == "next" and isinstance(each.get("url"), str):
            return resolved(answer.url, each["url"])
    return None
