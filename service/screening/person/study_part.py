"""One study on the page of a patient: where the patient stands, and every criterion with what its answer rests on.

The words are careful: who takes part is decided by people, so nobody is called one who may, or may not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from service.catalog.load import Catalog
from service.eligibility.criteria import Criterion
from service.eligibility.explain.wording import ENGLISH, Wording
from service.eligibility.outcome import Reason
from service.screening.decisions.applied import outcome_of
from service.screening.person.arithmetic import arithmetic
from service.screening.person.drawings import NOTHING, Drawing
from service.screening.person.evidence import Evidence, numbered
from service.screening.person.sentence import Sentence
from service.screening.person.spoken import reading_words, spoken
from service.screening.stand import STANDINGS, stand_of

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
# What a page says in one line of where the patient stands, and of what time alone will change.
SPEAKS = "%(criterion)s speaks against."
SPEAK = "%(criterion)s speaks against, and %(more)s more."
NOT_KNOWN = "%(criterion)s is not known."
NOT_KNOWN_EITHER = "%(criterion)s is not known, and %(more)s more."
LEFT_TO_PEOPLE = "All that records can settle is settled; %(left)s to be settled by people."
SETTLED = "All is settled."
COUNTS = "Of %(all)s criteria, %(fit)s speak for it and %(against)s against it; not known: %(open)s."
EFFECTS = {"fit": "for", "against": "against", "open": "open"}
CHANGES = "With no new data, %(criterion)s changes on %(day)s to: %(word)s."
CHANGES_FOR_THE_MACHINE = "With no new data, %(criterion)s changes for the machine on %(day)s to: %(word)s."
LATER = "Time alone lifts what speaks against it on %(day)s."
SENTENCES = (
    *(SPEAKS, SPEAK, NOT_KNOWN, NOT_KNOWN_EITHER, LEFT_TO_PEOPLE, SETTLED),
    *(COUNTS, CHANGES, CHANGES_FOR_THE_MACHINE, LATER),
)
TITLES = ("Arithmetic", "Assumed", "How the text is read")  # of what else there is to tell of an answer
BECOMES = {"met": "Met", "not_met": "Not met", "unknown": "Not known"}
REASONS = {each.code: each.sentence for each in Reason}


OUT, ANSWERED, OPEN, CHECKLIST, FITS = "out", "answered", "open", "checklist", "fits"
# The order on a page: what keeps out; what does not because a person says so; what is not known, and matters; what is
# left for the visit; what fits.
GROUPS = {
    OUT: "What speaks against taking part",
    ANSWERED: "What people say does not",
    OPEN: "What is not known, and matters",
    CHECKLIST: "What a person has to settle: the checklist",
    FITS: "What fits",
}
SHORT = 90  # characters of a criterion's text where there is room for one line
NOT_IN_STUDY = "This criterion is not in the study as it stands today, so its text cannot be shown."


@dataclass(frozen=True, slots=True)
class Said:
    """What a person answered. `against`: the machine says otherwise; `moved`: it did not when they answered."""

    word: str
    by: str
    at: str
    reason: str | None
    against: bool
    moved: bool

    @property
    def day(self) -> date:
        """When."""
        return date.fromisoformat(self.at[:10])


@dataclass(frozen=True, slots=True)
class Item:
    """One criterion. `effect`: `for`, `against`, or `open`; `checklist`: it does not keep anybody from being asked.

    `mark`, `word`, `effect` are of the answer that holds: a person's (`said`), if there is one; `machine` is then the
    machine's own word. `told`: what else belongs to the answer, by the title under which it stands.
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
    wanted: tuple[str, ...] = ()
    said: Said | None = None
    machine: str | None = None
    outcome: str = "unknown"
    drawings: tuple[Drawing, ...] = ()

    @property
    def group(self) -> str:
        """Where it stands on a page."""
        if self.effect == "open":
            return CHECKLIST if self.checklist and self.said is None else OPEN
        if self.effect == "against":
            return OUT
        return FITS if self.said is None else ANSWERED


@dataclass(frozen=True, slots=True)
class StudyPart:
    """One study. `stand`: as `stand_of` says; `open`: how many criteria are not settled; `change`: what time alone will
    change, as a sentence; `reason`: in one line, why the patient stands there; `machine`: where the machine alone would
    put them, if people's answers make a difference.
    """

    id: str
    title: str
    version: str
    standing: str
    code: str
    stand: str
    signal: str
    signal_words: str
    reason: Sentence
    counts: Sentence
    open: int
    change: tuple[Sentence, ...]
    later: str | None
    items: tuple[Item, ...]
    machine: str | None = None

    @property
    def groups(self) -> tuple[tuple[str, str, tuple[Item, ...]], ...]:
        """The criteria in the order of a page: (group, its title, its criteria), those that are empty left out."""
        found = {name: tuple(each for each in self.items if each.group == name) for name in GROUPS}
        return tuple((name, GROUPS[name], items) for name, items in found.items() if items)

    @property
    def checklist(self) -> tuple[Item, ...]:
        """What is not known, with what would settle it: those that matter before those for the visit."""
        return tuple(each for name in (OPEN, CHECKLIST) for each in self.items if each.group == name)


def study_part(
    catalog: Catalog,
    line: Mapping[str, Any],
    drawings: Mapping[str, tuple[Drawing, ...]] = NOTHING,
    ehr_link: str | None = None,
    wording: Wording = ENGLISH,
) -> StudyPart:
    """The study of an assessment (a line, with or without people's answers), in words."""
    study, line = catalog.studies[line["study"]], spoken(line, catalog, wording)
    known, evidence = {each.id: each for each in study.criteria}, numbered(line, ehr_link)
    items = tuple(
        _item(known.get(each["criterion"]), each, line, evidence.get(each["criterion"], ()), drawings, wording)
        for each in line["findings"]
    )
    machine = line.get("machine")
    stand = stand_of(line["standing"], line["later"], machine)
    return StudyPart(
        id=study.id,
        title=study.title,
        version=line["study_version"],
        standing=STANDINGS[stand],
        code=line["standing"],
        stand=stand,
        signal=line["signal"],
        signal_words=SIGNALS[line["signal"]],
        reason=_reason(items),
        counts=_counts(items),
        open=line["unresolved"],
        change=_change(line, items),
        later=line["later"],
        items=items,
        machine=None if machine is None else STANDINGS[stand_of(machine["standing"], machine["later"], None)],
    )


def short(text: str) -> str:
    """A criterion's own words, as far as one line goes."""
    words = " ".join(text.split())
    return words if len(words) <= SHORT else f"{words[: SHORT - 1].rsplit(' ', 1)[0]}…"


def _named(item: Item) -> str:
    return f"{item.id} (“{short(item.text)}”)"


def _reason(items: tuple[Item, ...]) -> Sentence:
    """Why they stand there, in one line."""
    against = [each for each in items if each.group == OUT]
    unsettled = [each for each in items if each.group == OPEN]
    for found, alone, with_more in ((against, SPEAKS, SPEAK), (unsettled, NOT_KNOWN, NOT_KNOWN_EITHER)):
        if found:
            values = {"criterion": _named(found[0])}
            more = len(found) - 1
            return Sentence(with_more, {**values, "more": more}) if more else Sentence(alone, values)
    left = sum(each.group == CHECKLIST for each in items)
    return Sentence(LEFT_TO_PEOPLE, {"left": left}) if left else Sentence(SETTLED)


def _counts(items: tuple[Item, ...]) -> Sentence:
    told = {name: sum(each.effect == effect for each in items) for name, effect in EFFECTS.items()}
    return Sentence(COUNTS, {"all": len(items), **told})


def _change(line: Mapping[str, Any], items: tuple[Item, ...]) -> tuple[Sentence, ...]:
    change, later = line["next_change"], line["later"]
    parts = []
    if change is not None:
        item = next((each for each in items if each.id == change["criterion"]), None)
        named = change["criterion"] if item is None else _named(item)
        word = BECOMES[change["outcome"]] if item is None else ANSWERS[item.kind, change["outcome"]][1]
        text = CHANGES if item is None or item.said is None else CHANGES_FOR_THE_MACHINE
        parts.append(
            Sentence(text, {"criterion": named, "day": date.fromisoformat(change["date"]), "word": Sentence(word)})
        )
    if later is not None:
        parts.append(Sentence(LATER, {"day": date.fromisoformat(later)}))
    return tuple(parts)


def _item(
    criterion: Criterion | None,
    finding: Mapping[str, Any],
    line: Mapping[str, Any],
    evidence: tuple[Evidence, ...],
    drawings: Mapping[str, tuple[Drawing, ...]],
    wording: Wording,
) -> Item:
    kind, name = finding["kind"], finding["criterion"]
    mark, word, effect = ANSWERS[kind, outcome_of(finding)]
    said = _said(finding, kind)
    return Item(
        id=name,
        kind=kind,
        text=NOT_IN_STUDY if criterion is None else " ".join(criterion.text.split()),
        mark=mark,
        word=word,
        effect=effect,
        checklist=finding["open_item"],
        sentence=finding["sentence"],
        reasons=tuple((each, REASONS[each]) for each in finding["reasons"]),
        evidence=evidence,
        told=tuple(_told(name, finding, line, wording)),
        wanted=_of(name, line["settle"], "data"),
        said=said,
        machine=None if said is None else ANSWERS[kind, finding["outcome"]][1],
        outcome=finding["outcome"],
        drawings=drawings.get(name, ()),
    )


def _said(finding: Mapping[str, Any], kind: str) -> Said | None:
    given = finding.get("decided")
    if given is None:
        return None
    word = ANSWERS[kind, given["outcome"]][1]
    return Said(word, given["by"], given["at"], given["reason"], given["against"], given["moved"])


def _told(
    criterion: str, finding: Mapping[str, Any], line: Mapping[str, Any], wording: Wording
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What there is to tell besides the sentence and the evidence."""
    readings = finding.get("readings", ())
    told = (
        tuple(arithmetic(finding["computed"], wording)),
        _of(criterion, line["assumptions"], "assumption"),
        tuple(reading_words(each, wording) for each in readings),
    )
    return ((title, each) for title, each in zip(TITLES, told, strict=True) if each)


def _of(criterion: str, entries: list[Mapping[str, str]], key: str) -> tuple[str, ...]:
    return tuple(each[key] for each in entries if each["criterion"] == criterion)
