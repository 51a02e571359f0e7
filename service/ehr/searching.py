"""The pages of a search put together: what belongs to the answer, and why it may not be whole. STANDARDS 8C.

Pure: pages go in, a SearchResult comes out. Nothing that is missing, withheld or of another patient stays unsaid.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from service.ehr.addresses import resolved, same_origin
from service.ehr.answers import Issue, issues
from service.ehr.dates import surely_outside
from service.ehr.dialects import Dialect
from service.ehr.dialects.dialect import Params
from service.lacking import WITHHELD, hides_pages, is_part
from service.literals import is_of
from service.twofold import Twofold, is_twofold, is_twofold_beside_resources

Resource = dict[str, object]
PERSON = frozenset({"patient", "subject", "individual"})  # parameters, and elements, that say whose it is
BY_NAME = tuple(sorted(PERSON))
NAMING = re.compile(r"(?:^|/)[A-Z][A-Za-z]+/[^/?#|\s]{1,128}(?:/_history/[^/?#\s]+)?\s*(?:#.*)?$")
OF_SERVERS = ("_", "-")  # how servers begin the names of parameters of their own
NARROWING = frozenset("_id _lastUpdated _since _tag _profile _security _source _text _content".split())
NARROWING |= frozenset("_list _has _type _filter _query _elements".split())
COUNTING = frozenset({("_count", "0"), ("_summary", "count"), ("_summary", "true"), ("_summary", "text")})
NEUTRAL = frozenset({"information", "success"})


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found, without duplicates. `problems`: why it is not all there is; `notes`: what else to know."""

    kind: str
    resources: tuple[Resource, ...] = field(default=(), repr=False)
    included: tuple[Resource, ...] = field(default=(), repr=False)
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pages: int = 0

    @property
    def complete(self) -> bool:
        """Is it surely all that was asked for?"""
        return not self.problems

    @property
    def problem(self) -> str | None:
        """All problems as one sentence."""
        return "; ".join(self.problems) or None


@dataclass(slots=True)
class Gathering:
    """A search under way. `accepted`: codes of issues that the site takes for harmless; `bases`: all addresses by which
    the server calls itself, if any is known."""

    kind: str
    params: Params
    base: str
    dialect: Dialect
    accepted: frozenset[str] = frozenset()
    bases: tuple[str, ...] = ()
    found: dict[object, Resource] = field(default_factory=dict)
    included: dict[object, Resource] = field(default_factory=dict)
    problems: dict[str, None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    taken: int = 0  # entries of all pages
    people: frozenset[str] = field(init=False)  # whose records are asked for; nobody: anybody's
    ids: frozenset[str] = field(init=False)  # which are; none: all

    def __post_init__(self) -> None:
        listed = [(_name(name), name, value.split(",")) for name, value in self.params]
        self.people = frozenset(_identity(each) for bare, _, values in listed if bare in PERSON for each in values)
        self.ids = frozenset(each for _, name, values in listed if name == "_id" for each in values)

    def add(self, bundle: Resource, url: str, *, plain: bool = False) -> str | None:
        """Take in one page that came from `url`; the address of the next, None if none may be followed.

        `plain`: it is known that no key stands twice in it.
        """
        if bundle.get("type") != "searchset":
            self.problem("a page is no Bundle of the type searchset")
            return None
        if not self.seen:
            self._compare_with_self(bundle)
        self.seen.add(url)
        if not plain and is_twofold_beside_resources(bundle):
            self.problem("a page says something twice")
            return None
        listed = bundle.get("entry", [])
        entries = listed if isinstance(listed, list) else [None]
        for entry in entries:
            self._take(entry)
        self.taken += len(entries)
        if hides_pages(bundle):
            self.problem("the server tells of another page, and not where it is")
        if _link(bundle, "next") is None and self._is_cut_off(bundle, len(entries)):
            self.problem("the server tells of more records than it gave, and of no next page")
        return self._next(bundle, url)

    def problem(self, sentence: str) -> None:
        """The answer is not whole, because …"""
        self.problems[f"{self.kind}: {sentence}"] = None

    def result(self) -> SearchResult:
        """What was found so far."""
        resources, included = tuple(self.found.values()), tuple(self.included.values())
        return SearchResult(self.kind, resources, included, tuple(self.problems), tuple(self.notes), len(self.seen))

    def _take(self, entry: object) -> None:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(resource, dict):
            return self.problem("an entry without a resource")
        search = entry.get("search")
        mode = search.get("mode") if isinstance(search, dict) else None
        if mode == "outcome" or resource.get("resourceType") == "OperationOutcome":
            if is_twofold(resource):
                self.problem("the server adds to its answer what says something twice")
            for issue in issues(resource):
                self._judge(issue)
        elif resource.get("resourceType") == self.kind and mode != "include":
            self._keep(resource)
        elif mode == "match" or resource.get("resourceType") == "Bundle":
            self.problem("the server answered with something else than was asked for")
        else:
            self.included[_key(resource)] = resource
        return None

    def _judge(self, issue: Issue) -> None:
        if issue.details and issue.details <= self.dialect.silent | self.accepted:
            return
        if issue.severity not in NEUTRAL or issue.code in WITHHELD:
            self.problem(f"the server adds to its answer: {issue.severity}, {issue.code}")

    def _keep(self, resource: Resource) -> None:
        if is_part(resource):
            self.problem("the server gave a part of a resource alone")
        if not self._is_theirs(resource) or not self._is_asked(resource):
            self.problem("the server answered with records of somebody else; they are left out")
        elif any(surely_outside(resource, name, value) for name, value in self.params) and not is_twofold(resource):
            self.notes[f"{self.kind}: some records lay outside of the dates asked for"] = None
        else:
            self.found[_key(resource)] = resource

    def _is_theirs(self, resource: Resource) -> bool:
        """Is it of the patient asked for, as far as it says? One of the same id on another server is somebody else."""
        if not self.people:
            return True
        for each in BY_NAME:
            said = resource.get(each)
            reference = said.get("reference") if isinstance(said, dict) else None
            if isinstance(reference, str) and not self._is_one_of_them(reference):
                return False
        return True

    def _is_one_of_them(self, reference: str) -> bool:
        """Is it one of the people asked for, or nobody whom it names? What is no reference is left to whoever reads."""
        if reference.startswith("Patient/") and reference[8:] in self.people:
            return True
        if any(is_of(self.bases, reference, "Patient", each) for each in self.people):
            return True
        return NAMING.search(reference) is None

    def _is_asked(self, resource: Resource) -> bool:
        """Is it one of those that were asked for by id, if any were?"""
        return not self.ids or str(resource.get("id")) in self.ids

    def _is_cut_off(self, bundle: Resource, entries: int) -> bool:
        """Is the last page as full as was asked for, and is there more? A total alone tells nothing. STANDARDS 8.19."""
        total, size = bundle.get("total"), dict(self.dialect.sent(self.kind, self.params)).get("_count", "")
        return size.isdecimal() and entries >= int(size) and isinstance(total, int) and total > self.taken

    def _compare_with_self(self, bundle: Resource) -> None:
        """Which parameters did the server not use? A link that names none of them tells nothing."""
        own = own_link(bundle)
        if self.people and is_of_another(own, self.people):
            self.problem("the server searched for somebody else")
        used = {_name(name) for name, _ in _query(own)}
        asked = {_name(name) for name, _ in self.dialect.sent(self.kind, self.params) if not name.startswith("_")}
        if not used & asked:
            return
        unused = sorted(each for each in asked - used if not (each in PERSON and used & PERSON))
        for each in unused:
            self.notes[f"{self.kind}: the server did not use the parameter {each}"] = None
        if PERSON & set(unused):
            self.problem("the server did not search for the patient alone")

    def _next(self, bundle: Resource, url: str) -> str | None:
        link = _link(bundle, "next")
        if link is None:
            return None
        target = resolved(url, link)
        if not same_origin(target, self.base):
            self.problem("the next page is on another host and was not asked for; check the base address of the server")
        elif target in self.seen:
            self.problem("the pages lead back to one that was read before")
        else:
            return target
        return None


def _key(resource: Resource) -> object:
    """What makes a resource the same as one on an earlier page; one without an id is always another."""
    kind, identity = resource.get("resourceType"), resource.get("id")
    named = isinstance(kind, str) and isinstance(identity, str) and not isinstance(resource, Twofold)
    return (kind, identity) if named else id(resource)


def _name(parameter: str) -> str:
    """A parameter without modifier or chain."""
    return re.split(r"[:.]", parameter, maxsplit=1)[0]


def _identity(value: str) -> str:
    return value.rpartition("/")[2]


def own_link(bundle: Resource) -> str | None:
    """The address that a search says it was made at."""
    return _link(bundle, "self")


def is_of_another(url: str | None, people: frozenset[str]) -> bool:
    """Does the own link of a search say that it was not for all of these people?"""
    named = [value for name, value in _query(url) if name.partition(":")[0] in PERSON]
    holder, who, _ = ["", "", "", *_path(url)][-3:]
    named += [who] if holder == "Patient" else []
    return any(not people <= {_identity(each) for each in value.split(",")} for value in named)


def is_narrower(url: str | None, asked: Collection[str]) -> bool:
    """Does the own link of a search say that it found less than was asked for by parameters of these names?"""
    used = [(name, value) for name, value in _query(url) if _name(name) not in PERSON and _name(name) not in asked]
    names = {_name(name) for name, _ in used}
    return not COUNTING.isdisjoint(used) or any(each in NARROWING or not each.startswith(OF_SERVERS) for each in names)


def _path(url: str | None) -> list[str]:
    try:
        return urlsplit(url or "").path.split("/")
    except ValueError:
        return []


def _link(bundle: Resource, relation: str) -> str | None:
    listed = bundle.get("link")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and each.get("relation") == relation and isinstance(each.get("url"), str):
            return str(each["url"])
    return None


def _query(url: str | None) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url or "").query, keep_blank_values=True)
    except ValueError:
        return []
