"""One study on the page of a patient: where the patient stands, and every criterion with what its answer rests on.

The words are careful: who takes part is decided by people, so nobody is called one who may, or may not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.catalog.load import Catalog
from service.eligibility.criteria import Criterion
from service.eligibility.outcome import Reason
from service.screening.patient import Found

STANDINGS = {
    "candidate": "May fit: nothing on record stands against it.",
    "needs_review": "Open: the record does not settle every criterion.",
    "ineligible": "Does not fit as the record stands: at least one criterion speaks against it.",
}
SIGNALS = {
    "strong": "Something on record surely points to the disease of this study.",
    "weak": "Something on record may point to the disease of this study.",
    "none": "Nothing on record points to the disease of this study.",
    "unknown": "What would point to the disease of this study could not be read, or not wholly.",
}
# By the kind of the criterion and its outcome: a mark, a word, and whether it speaks against taking part.
ANSWERS = {
    ("inclusion", "met"): ("✓", "Met", "for"),
    ("inclusion", "not_met"): ("✕", "Not met: speaks against", "against"),
    ("inclusion", "unknown"): ("?", "Not known", "open"),
    ("exclusion", "met"): ("✕", "Present: speaks against", "against"),
    ("exclusion", "not_met"): ("✓", "Not present", "for"),
    ("exclusion", "unknown"): ("?", "Not known", "open"),
}
BECOMES = {"met": "met", "not_met": "not met", "unknown": "not known"}
REASONS = {each.code: each.sentence for each in Reason}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One record that an answer rests on."""

    value: str
    when: str
    reference: str
    element: str


@dataclass(frozen=True, slots=True)
class Item:
    """One criterion. `effect`: `for`, `against`, or `open`; `checklist`: it does not keep anybody from being asked.

    `told`: what else belongs to the answer, by the title under which it stands.
    """

    id: str
    kind: str
    text: str
    mark: str
    word: str
    effect: str
    checklist: bool
    sentence: str
    reasons: tuple[tuple[str, str], ...] = ()
    evidence: tuple[Evidence, ...] = ()
    told: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class StudyPart:
    """One study. `open`: how many criteria are not settled; `change`: what time alone will change, as a sentence."""

    id: str
    title: str
    version: str
    standing: str
    signal: str
    signal_words: str
    counts: str
    open: int
    change: str | None
    items: tuple[Item, ...]


def study_part(catalog: Catalog, found: Found) -> StudyPart:
    """The study of an assessment, in words."""
    line: Mapping[str, Any] = found.line
    study = catalog.studies[found.study]
    findings = {each["criterion"]: each for each in line["findings"]}
    items = tuple(_item(each, findings[each.id], line) for each in study.criteria)
    return StudyPart(
        id=study.id,
        title=study.title,
        version=found.version,
        standing=STANDINGS[line["standing"]],
        signal=line["signal"],
        signal_words=SIGNALS[line["signal"]],
        counts=_counts(items),
        open=line["unresolved"],
        change=_change(line),
        items=items,
    )


def _counts(items: tuple[Item, ...]) -> str:
    told = [sum(each.effect == effect for each in items) for effect in ("for", "against", "open")]
    return f"Of {len(items)} criteria, {told[0]} speak for it and {told[1]} against it; not known: {told[2]}."


def _change(line: Mapping[str, Any]) -> str | None:
    change, later = line["next_change"], line["later"]
    parts = []
    if change is not None:
        outcome = BECOMES[change["outcome"]]
        parts.append(f"With no new data, {change['criterion']} becomes {outcome} on {change['date']}.")
    if later is not None:
        parts.append(f"Time alone lifts what speaks against it on {later}.")
    return " ".join(parts) or None


def _item(criterion: Criterion, finding: Mapping[str, Any], line: Mapping[str, Any]) -> Item:
    mark, word, effect = ANSWERS[criterion.kind, finding["outcome"]]
    return Item(
        id=criterion.id,
        kind=criterion.kind,
        text=" ".join(criterion.text.split()),
        mark=mark,
        word=word,
        effect=effect,
        checklist=finding["open_item"],
        sentence=finding["sentence"],
        reasons=tuple((each, REASONS[each]) for each in finding["reasons"]),
        evidence=tuple(_evidence(each) for each in finding["evidence"]),
        told=tuple(_told(criterion, finding, line)),
    )


def _told(
    criterion: Criterion, finding: Mapping[str, Any], line: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What there is to tell besides the sentence and the evidence."""
    told = {
        "Arithmetic": tuple(_arithmetic(finding["computed"])),
        "Assumed": _of(criterion, line["assumptions"], "assumption"),
        "What would settle it": _of(criterion, line["settle"], "data"),
        "How the text is read": tuple(
            f"{each['question']} {each['reading']}. {each['reason']}" for each in finding.get("readings", ())
        ),
    }
    return ((title, each) for title, each in told.items() if each)


def _of(criterion: Criterion, entries: list[Mapping[str, str]], key: str) -> tuple[str, ...]:
    return tuple(each[key] for each in entries if each["criterion"] == criterion.id)


def _evidence(exhibit: Mapping[str, Any]) -> Evidence:
    return Evidence(*(str(exhibit[name] or "") for name in ("value", "when", "reference", "element")))


def _arithmetic(computed: Mapping[str, Any] | None) -> list[str]:
    """The sum of a dose, line by line."""
    if computed is None:
        return []
    least, most, unit = computed["least"], computed["most"], computed["unit"]
    upper = "an unknown amount" if most is None else str(most)
    amount = f"{least} {unit}" if most == least else f"between {least} and {upper} {unit}"
    day = [f"on {computed['day']}"] if computed["day"] else []
    records = [f"from {', '.join(computed['records'])}"] if computed["records"] else []
    return [" ".join([amount, *day]), *computed["factors"], *records]
