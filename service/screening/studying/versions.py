"""What each version of a study said, from when on, and what changed between one and the next."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

import orjson

from service.eligibility.criteria import Study
from service.eligibility.criteria.walk import value_sets_of
from service.eligibility.terms import Codes, ValueSet
from service.screening.asking import study_text
from service.screening.tenant import Tenant
from service.store.studying import Version

DIGEST = 16
AROUND = 2  # lines that are shown before and after a change
# The marks of a line, with the words that say the same.
KEPT, ADDED, REMOVED, SKIPPED = "kept", "added", "removed", "skipped"
MARKS = {KEPT: " ", ADDED: "+", REMOVED: "\u2212", SKIPPED: "\u22ef"}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line: what became of it (kept, added, removed; skipped: some that did not change), and its numbers."""

    change: str
    text: str
    before: int | None = None
    after: int | None = None

    @property
    def mark(self) -> str:
        """The sign of what became of it."""
        return MARKS[self.change]


@dataclass(frozen=True, slots=True)
class Step:
    """One version, and how it differs from the one before; `unmarked`: it says something else under the same number.

    `assessments`: how many that are kept were made with this number; None: not shown.
    """

    version: str
    seen: datetime
    digest: str
    unmarked: bool
    lines: tuple[DiffLine, ...]
    assessments: int | None
    first: bool

    @property
    def only_codes(self) -> bool:
        """Is the text the same, so that something else changed: codes of a value set, or notes in the file?"""
        return not self.first and not self.lines


def version_of(tenant: Tenant, study: Study, now: datetime) -> Version:
    """What a study says now."""
    text = study_text(tenant.catalog, study)
    return Version(tenant.name, study.id, study.version, digest_of(tenant, study, text), text, now)


def digest_of(tenant: Tenant, study: Study, text: str) -> str:
    """A digest of all that decides an answer: the text, the study's file, the codes of its value sets."""
    file = tenant.catalog.study_files.get(study.id)
    known = tenant.catalog.terminology.value_sets
    sets = {each: _codes(known[each]) for each in sorted(sets_of(study)) if each in known}
    said = {"text": text, "file": None if file is None else file.document.content, "sets": sets}
    content = orjson.dumps(said, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return blake2b(content, digest_size=DIGEST).hexdigest()


def sets_of(study: Study) -> frozenset[str]:
    """The value sets that a study names."""
    nodes = (*(each.node for each in study.criteria), *study.entry)
    return frozenset().union(*(value_sets_of(each) for each in nodes))


def _codes(value_set: ValueSet) -> dict[str, object]:
    parts = {name: _listed(getattr(value_set, name)) for name in ("sure", "inexact", "excluded")}
    words = {name: list(getattr(value_set, name)) for name in ("words", "not_words")}
    return {**parts, **words, "exhaustive": sorted(value_set.exhaustive), "days": value_set.self_limited_days}


def _listed(codes: Codes) -> list[str]:
    listed = [f"{each.system}|{each.code}" for each in codes.listed]
    return sorted([*listed, *(f"{each.system}|{each.code}*" for each in codes.prefixes)])


def steps(versions: Sequence[Version], made: Mapping[str, int | None]) -> tuple[Step, ...]:
    """The history, the newest first."""
    found = []
    for at, each in enumerate(versions):
        before = versions[at - 1] if at else None
        unmarked = any(other.version == each.version for other in versions[:at])
        lines = () if before is None else diff(before.text, each.text)
        number = made.get(each.version, 0)
        found.append(Step(each.version, each.seen, each.digest, unmarked, lines, number, before is None))
    return tuple(reversed(found))


def diff(before: str, after: str) -> tuple[DiffLine, ...]:
    """What changed, line by line, with a few lines around it; nothing if nothing did."""
    old, new = before.splitlines(), after.splitlines()
    groups = difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND)
    lines: list[DiffLine] = []
    for number, group in enumerate(groups):
        if number:
            lines.append(DiffLine(SKIPPED, ""))
        for tag, a, b, c, d in group:
            if tag == "equal":
                lines += [DiffLine(KEPT, old[a + i], a + i + 1, c + i + 1) for i in range(b - a)]
                continue
            lines += [DiffLine(REMOVED, old[i], before=i + 1) for i in range(a, b)]
            lines += [DiffLine(ADDED, new[i], after=i + 1) for i in range(c, d)]
    return tuple(lines)
