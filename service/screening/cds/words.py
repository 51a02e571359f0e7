"""The words of a card. Nobody is called eligible: that is for people to say."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from service.eligibility.assess import Finding, Standing, Verdict
from service.eligibility.criteria import Study
from service.eligibility.explain import Phrases, finding_sentence, wanted
from service.eligibility.explain.sentences import deciding_leaves
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.quantity import plain
from service.fhir.cds.cards import LONGEST_SUMMARY, escaped, shortened

ANNOTATION = re.compile(r" ?\{[^}]*\}")  # of a unit in UCUM, which is no unit
MOST_LISTED = 8
MOST_EXHIBITS = 3
LONGEST_NAME = 60
LONGEST_THING = 40
LONGEST_TEXT = 160


Words = tuple[str, str]  # of a card: short, and long


@dataclass(frozen=True, slots=True)
class Near:
    """How near somebody is to fitting a study. `unknown`: how many criteria the record does not settle."""

    study: Study
    standing: Standing
    unknown: int


@dataclass(frozen=True, slots=True)
class Fit:
    """A study that somebody may fit."""

    study: Study
    verdict: Verdict

    @property
    def fitting(self) -> int:
        """How many criteria speak for them."""
        return sum(fits(each) for each in self.verdict.findings)

    @property
    def unknown(self) -> tuple[Finding, ...]:
        """What the record does not settle, without what stays open anyhow until a visit."""
        return tuple(each for each in self.verdict.findings if each.outcome is Outcome.UNKNOWN and not each.open_item)

    @property
    def near(self) -> Near:
        """How near that is."""
        return Near(self.study, self.verdict.standing, len(self.unknown))

    @property
    def open_items(self) -> tuple[Finding, ...]:
        """The checklist of a visit."""
        return tuple(each for each in self.verdict.findings if each.open_item)


def fits(finding: Finding) -> bool:
    """Does the record speak for the person: an inclusion criterion that is met, an exclusion criterion that is not?"""
    return finding.outcome is (Outcome.MET if finding.criterion.kind == "inclusion" else Outcome.NOT_MET)


def summary(found: Sequence[Fit], phrases: Phrases) -> str:
    """One line: for one study how far they fit and what lacks; for several, which they are."""
    if len(found) > 1:
        names = "; ".join(f"{shortened(each.study.short_title, LONGEST_NAME)} ({_score(each)})" for each in found)
        return shortened(f"May fit {len(found)} studies: {names}", LONGEST_SUMMARY)
    (only,) = found
    begin = f"May fit {shortened(only.study.short_title, LONGEST_NAME)}: {_score(only)} criteria fit"
    return shortened(", ".join([begin, *_lacking(only, phrases)]), LONGEST_SUMMARY)


def detail(found: Sequence[Fit], phrases: Phrases, at: date, lacking: Iterable[tuple[str, str]]) -> str:
    """All studies, each with what speaks for it and what is open; then which data could not be had."""
    parts = [line for each in found for line in _of_study(each, phrases)]
    parts += _listed("Not all records could be read:", [f"{escaped(kind)}: {escaped(why)}" for kind, why in lacking])
    parts.append(f"By the records as of {at.isoformat()}. Whether somebody takes part is for people to decide.")
    return "\n".join(parts)


def against(study: Study, finding: Finding, until: date | None, phrases: Phrases) -> tuple[str, str]:
    """Summary and detail of a warning: with this order the finding keeps the person out, until that day."""
    name = shortened(study.short_title, LONGEST_NAME)
    when = f"until {until.isoformat()}" if until is not None else "for as long as it lasts, or longer"
    doses = [leaf.dose for leaf in deciding_leaves(finding.judgement) if leaf.dose is not None]
    amount = f": {plain(doses[0].least)} {doses[0].unit.replace('/d', '/day')}" if doses else ""
    said = f"This order would keep the patient out of {name} {when} ({finding.criterion.id}{amount})"
    short = shortened(said, LONGEST_SUMMARY)
    lines = [
        f"**{escaped(study.title)}**, for which the records speak so far, has this criterion:",
        "",
        f"> {escaped(finding.criterion.id)}: {escaped(shortened(finding.criterion.text, LONGEST_TEXT))}",
        "",
        f"With the order it would be: {escaped(finding_sentence(finding, phrases))}",
        "",
        f"By time alone it would end on {until.isoformat()}."
        if until is not None
        else "The order names no end, or something else stands against it by then, so no day can be computed.",
    ]
    return short, "\n".join(lines)


def _score(fit: Fit) -> str:
    return f"{fit.fitting} of {len(fit.verdict.findings)}"


def _lacking(fit: Fit, phrases: Phrases) -> Iterator[str]:
    """What is open, in as few words as possible: one thing by its name, the rest by number."""
    named = [*fit.unknown, *(each for each in fit.open_items if not _is_judged(each))]
    if named:
        yield f"{_name(named[0], phrases)} {_lacks(named[0])}"
    if len(named) > 1:
        yield f"{len(named) - 1} more open"
    if judged := sum(_is_judged(each) for each in fit.open_items):
        yield f"{judged} to be judged"


def _of_study(fit: Fit, phrases: Phrases) -> list[str]:
    nothing_against = fit.verdict.standing is Standing.CANDIDATE
    opinion = "Nothing on record stands against it" if nothing_against else "The records do not settle every criterion"
    judged = [each for each in fit.open_items if _is_judged(each)]
    missing = [each for each in fit.open_items if not _is_judged(each)]
    return [
        f"**{escaped(fit.study.title)}**",
        "",
        f"{opinion}: {_score(fit)} criteria fit.",
        "",
        *_listed("For it:", _reasons(fit)),
        *_listed("Still unknown:", [_asked(each, phrases) for each in fit.unknown]),
        *_listed("Missing:", [_asked(each, phrases) for each in missing]),
        *_listed("For a person to judge:", [_asked(each, phrases) for each in judged]),
    ]


def _reasons(fit: Fit) -> list[str]:
    """The inclusion criteria with their evidence, and what becomes of the others."""
    told = [
        f"{_tag(each)} {escaped('; '.join(_evidence(each)))}"
        for each in fit.verdict.findings
        if each.criterion.kind == "inclusion" and fits(each) and each.judgement.exhibits
    ]
    absent = [each for each in fit.verdict.findings if each.criterion.kind == "exclusion" and fits(each)]
    assumed = sum(bool(each.judgement.assumptions) for each in absent)
    if absent:
        some = f"{assumed} of them " if assumed < len(absent) else ""
        silent = f", {some}as nothing is recorded" if assumed else ""
        counted = "1 exclusion criterion does" if len(absent) == 1 else f"{len(absent)} exclusion criteria do"
        told.append(f"{counted} not apply{silent}")
    return told


def _evidence(finding: Finding) -> Iterator[str]:
    for each in finding.judgement.exhibits[:MOST_EXHIBITS]:
        value = ANNOTATION.sub("", str(each.value))
        yield f"{value}, {each.when}" if each.when else value


def _listed(title: str, items: Sequence[str]) -> list[str]:
    if not items:
        return []
    shown = [f"- {each}" for each in items[:MOST_LISTED]]
    more = [f"- and {len(items) - MOST_LISTED} more"] if len(items) > MOST_LISTED else []
    return [title, "", *shown, *more, ""]


def _asked(finding: Finding, phrases: Phrases) -> str:
    wishes = "; ".join(wanted(finding, phrases)) or finding_sentence(finding, phrases)
    plain = wishes.removeprefix("a person's judgement: ").removeprefix("a record that answers: ")
    return f"{_tag(finding)} {escaped(shortened(plain, LONGEST_TEXT))}"


def _tag(finding: Finding) -> str:
    return f"**{escaped(finding.criterion.id)}**"


def _name(finding: Finding, phrases: Phrases) -> str:
    """The thing that lacks, in as few words as possible."""
    codes = getattr(finding.criterion.node, "codes", ())
    said = phrases.names(codes) if codes else phrases.of(finding.criterion.node)
    return shortened(said.removesuffix(" on the screening date"), LONGEST_THING)


def _is_judged(finding: Finding) -> bool:
    return finding.judgement.reasons == {Reason.MANUAL}


def _lacks(finding: Finding) -> str:
    silent = finding.judgement.reasons <= {Reason.NO_RECORD, Reason.NOT_LOADED, Reason.NO_CONTACT}
    return "not recorded" if silent else "unclear"
