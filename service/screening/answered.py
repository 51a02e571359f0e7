"""Which types a Bundle holds completely, and for whom: by what it was asked for, and by what it says that it lacks.

SEMANTICS §4. Of a page of a search nobody knows what stands on the others, so it is complete for nothing.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, urlsplit

from service.lacking import WITHHELD, announced, hides_pages, is_part
from service.screening.kinds import KNOWN
from service.twofold import is_twofold

EVERYTHING = "$everything"
TYPE = re.compile(r"[A-Z][A-Za-z]+")
PERSON = re.compile(r"(?:(?:^|.*/)Patient/)?([^/?#|\s:]{1,128})")
PEOPLE = frozenset({"patient", "subject"})
HARMLESS = frozenset({"_count", "_sort", "_format", "_total", "_pretty"})
COUNT_ALONE = frozenset({("_count", "0"), ("_summary", "count")})
OTHER_PAGES = frozenset({"next", "previous", "prev"})
FAILED = frozenset({"error", "fatal"})
PARTLY = frozenset({"202", "206"})  # not yet, and not all
MATCHES = (None, "match")
OUTCOME = "OperationOutcome"
NOTHING: frozenset[str] = frozenset()


class Answered(NamedTuple):
    """The types that it holds completely: for everybody whose Patient is in it, or for these people alone."""

    types: frozenset[str]
    people: frozenset[str] | None = None


class Asked(NamedTuple):
    """What was searched for: resources of that type, of EVERYTHING, or (None) what was narrowed or nobody can tell; of
    these people, or of everybody."""

    kind: str | None
    people: frozenset[str] | None = None


def answered(bundle: Mapping[str, object], readable: frozenset[str], given_as_complete: bool) -> Answered:
    """Which of the `readable` types it holds completely, and for whom.

    What lacks something is incomplete. The own link of a searchset says what was searched for: $everything of a patient
    or a group is all types, a search is one, and only if nothing narrowed it; without that link, it is the types found.
    Any other Bundle is complete only if its giver says so.
    """
    asked = _asked(bundle)
    people = None if given_as_complete or asked is None else asked.people
    if is_lacking(bundle):
        return Answered(NOTHING, people)
    if given_as_complete:
        return Answered(readable)
    if bundle.get("type") != "searchset":
        return Answered(NOTHING)
    if asked is None:
        return Answered(_found(bundle) & readable)
    return Answered(readable if asked.kind == EVERYTHING else readable & {str(asked.kind)}, people)


def is_lacking(bundle: Mapping[str, object]) -> bool:
    """Does it say that it is not all there is: another page, a failure, more matches than it holds, that nothing but
    their number was asked for, or that it is but a part?"""
    if (
        is_part(bundle)
        or hides_pages(bundle)
        or any(_links(bundle, each) for each in OTHER_PAGES)
        or not COUNT_ALONE.isdisjoint(_query(bundle))
    ):
        return True
    total = announced(bundle)
    return total is None or total > _matches(bundle) or _is_failed(bundle)


def _asked(bundle: Mapping[str, object]) -> Asked | None:
    """What was searched for; None where no link says so."""
    links = _links(bundle, "self")
    if not links:
        return None
    parts = _parts(links[0])
    return Asked(None) if parts is None else _narrowed(_of_path(parts.path.split("/")), _query(bundle))


def _query(bundle: Mapping[str, object]) -> list[tuple[str, str]]:
    """The parameters of its own link."""
    parts = [_parts(each) for each in _links(bundle, "self")[:1]]
    return [pair for each in parts if each for pair in parse_qsl(each.query, keep_blank_values=True)]


def _parts(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _of_path(path: list[str]) -> Asked:
    """`Type`, `Patient/id/Type`, or $everything of a patient or a group: not of a visit, which has but its own."""
    above, holder, last = [*["", ""], *path][-3:]
    if last == EVERYTHING:
        if above == "Patient":
            return Asked(EVERYTHING, frozenset({holder}))
        return Asked(EVERYTHING if above == "Group" or holder in ("Patient", "Group") else None)
    if not TYPE.fullmatch(last) or holder in KNOWN:
        return Asked(None)
    if above == "Patient":
        return Asked(last, frozenset({holder}))
    return Asked(None if above in KNOWN else last)


def _narrowed(asked: Asked, query: list[tuple[str, str]]) -> Asked:
    """By its parameters: to some people, or in a way that nobody can follow."""
    kind, people = asked
    for name, value in query:
        if name in PEOPLE:
            named = frozenset(found[1] for each in value.split(",") if (found := PERSON.fullmatch(each.strip())))
            people = named if people is None else people & named
        elif not _is_harmless(name, value):
            kind = None
    return Asked(kind, people)


def _is_harmless(name: str, value: str) -> bool:
    return name in HARMLESS or (name, value) == ("_summary", "false")


def _links(bundle: Mapping[str, object], relation: str) -> list[str]:
    listed = bundle.get("link")
    links = [each for each in (listed if isinstance(listed, list) else []) if isinstance(each, dict)]
    return [str(each.get("url")) for each in links if each.get("relation") == relation]


def _entries(bundle: Mapping[str, object]) -> list[dict[str, object]]:
    listed = bundle.get("entry")
    return [each for each in (listed if isinstance(listed, list) else []) if isinstance(each, dict)]


def _mode(entry: Mapping[str, object]) -> object:
    search = entry.get("search")
    return search.get("mode") if isinstance(search, dict) else None


def _type(entry: Mapping[str, object]) -> str | None:
    resource = entry.get("resource")
    return str(resource.get("resourceType")) if isinstance(resource, dict) else None


def _matches(bundle: Mapping[str, object]) -> int:
    """How many entries its total counts: those of the type asked for, without what came along with them; of EVERYTHING,
    what came along was asked for as well."""
    asked = _asked(bundle) or Asked(None)
    listed = [(_type(each), _mode(each)) for each in _entries(bundle)]
    if asked.kind == EVERYTHING:
        return sum(kind != OUTCOME and mode != "outcome" for kind, mode in listed)
    matched = [kind for kind, mode in listed if mode in MATCHES and kind != OUTCOME]
    return len(matched) if asked.kind is None else matched.count(asked.kind)


def _found(bundle: Mapping[str, object]) -> frozenset[str]:
    return frozenset(kind for each in _entries(bundle) if (kind := _type(each)) is not None and _mode(each) in MATCHES)


def _is_failed(bundle: Mapping[str, object]) -> bool:
    """Does it say that something went wrong: by an OperationOutcome, or the response of a batch?"""
    found = _entries(bundle)
    responses = [each["response"] for each in found if isinstance(each.get("response"), dict)]
    if any(not _went_well(each) for each in responses if isinstance(each, dict)):
        return True
    carried = [each.get("resource") for each in found]
    carried += [each.get("outcome") for each in responses if isinstance(each, dict)]
    return any(_tells_of_lack(each) for each in (*carried, bundle.get("issues")))


def _went_well(response: Mapping[str, object]) -> bool:
    status = str(response.get("status", "200")).strip()[:3]
    return status[:1] == "2" and status not in PARTLY


def _tells_of_lack(resource: object) -> bool:
    """An error, or an issue of a code that says that something is missing, however lightly it takes that."""
    if not isinstance(resource, dict) or resource.get("resourceType") != OUTCOME:
        return False
    return is_twofold(resource) or any(
        str(each.get("severity")) in FAILED or str(each.get("code")) in WITHHELD for each in _issues(resource)
    )


def _issues(outcome: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    listed = outcome.get("issue")
    return (each for each in (listed if isinstance(listed, list) else ()) if isinstance(each, dict))
