"""The criteria of a study in plain words, beside the protocol's own, with what each of them reads."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from service.eligibility.criteria import Criterion, LookBack, Node, Study
from service.eligibility.criteria.walk import value_sets_of, within
from service.eligibility.explain.phrases import ANSWER, Phrases
from service.eligibility.explain.study_text import NO_OTHER, Outline, outline
from service.eligibility.explain.wording import ENGLISH, Wording
from service.eligibility.terms import ValueSet
from service.screening.person.spoken import English, reading_of, said_or_english
from service.screening.tenant import Tenant

ANY_OTHER = "A patient of this study may be on another one at the same time."
AT_VISIT = "Settled at the screening visit: no record so far does not stand in the way."


@dataclass(frozen=True, slots=True)
class Reads:
    """A value set that is read: how many codes decide, and how many only suggest. `families`: beginnings of codes."""

    id: str
    title: str
    codes: int
    families: int
    suggesting: int


@dataclass(frozen=True, slots=True)
class PlainCriterion:
    """One criterion. `text` is the protocol's own; `readings`: a question, how it is read, and why."""

    id: str
    kind: str
    text: str
    words: Outline
    reads: tuple[Reads, ...]
    windows: tuple[str, ...]
    readings: tuple[tuple[str, str, str], ...]
    note: str | None


@dataclass(frozen=True, slots=True)
class PlainStudy:
    """The study. `entry`: by what somebody is worth looking at, each in words."""

    id: str
    title: str
    short_title: str
    version: str
    sponsor: str | None
    identifiers: tuple[tuple[str, str], ...]
    co_enrolment: str
    entry: tuple[str, ...]
    entry_reads: tuple[Reads, ...]
    criteria: tuple[PlainCriterion, ...]


def plain_study(tenant: Tenant, study: Study, wording: Wording = ENGLISH) -> PlainStudy:
    """The study in words, in the language of `wording`; what it has no translation for stays in English."""
    known = tenant.catalog.terminology.value_sets
    phrases = Phrases({each.id: each.title for each in known.values()}, wording)
    entry_sets = frozenset().union(*(value_sets_of(each) for each in study.entry))
    return PlainStudy(
        id=study.id,
        title=study.title,
        short_title=study.short_title,
        version=study.version,
        sponsor=study.sponsor,
        identifiers=study.identifiers,
        co_enrolment=NO_OTHER if study.co_enrolment == "forbidden" else ANY_OTHER,
        entry=tuple(_capital(phrases.of(each)) for each in study.entry),
        entry_reads=_reads(entry_sets, tenant, wording),
        criteria=tuple(_criterion(each, phrases, tenant) for each in study.criteria),
    )


def _criterion(criterion: Criterion, phrases: Phrases, tenant: Tenant) -> PlainCriterion:
    return PlainCriterion(
        id=criterion.id,
        kind=criterion.kind,
        text=" ".join(criterion.text.split()),
        words=outline(criterion.node, phrases),
        reads=_reads(value_sets_of(criterion.node), tenant, phrases.wording),
        windows=_windows(criterion.node, phrases),
        readings=tuple(reading_of(asdict(each), phrases.wording) for each in criterion.decisions),
        note=AT_VISIT if criterion.settled_at else None,
    )


def _windows(node: Node, phrases: Phrases) -> tuple[str, ...]:
    """How far it looks back, each window once."""
    found = (phrases.window(each) for each in within(node) if isinstance(each, LookBack))
    return tuple(dict.fromkeys(each for each in found if each))


def _reads(ids: frozenset[str], tenant: Tenant, wording: Wording) -> tuple[Reads, ...]:
    known = tenant.catalog.terminology.value_sets
    found = (_read(known[each], wording) for each in ids if each in known)
    return tuple(sorted(found, key=lambda each: each.title))


def _read(value_set: ValueSet, wording: Wording) -> Reads:
    sure, inexact = value_set.sure, value_set.inexact
    suggesting = len(inexact.listed) + len(inexact.prefixes)
    return Reads(value_set.id, _title(value_set.title, wording), len(sure.listed), len(sure.prefixes), suggesting)


def _title(title: str, wording: Wording) -> str:
    answer = title.removeprefix(ANSWER)
    told = said_or_english(answer, wording)
    if isinstance(told, English):
        return English(title)
    return told if answer == title else wording.say("Answer: {answer}", answer=told)


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
