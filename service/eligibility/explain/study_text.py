"""A whole study in plain words: what `study.txt` holds, for whoever has to judge the encoding without reading YAML."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.eligibility.criteria import (
    Absence,
    AllOf,
    AnyOf,
    AtLeast,
    CodedTest,
    Criterion,
    IfElse,
    Node,
    Not,
    ObservationValue,
    Study,
    Tiers,
    TypedTest,
    ValueTest,
)
from service.eligibility.explain.phrases import Phrases
from service.eligibility.explain.wording import Wording

WIDTH = 100
STEP = "  "
APPROVED = "Nobody is contacted before their treating clinician agreed."
NO_OTHER = "Nobody on this study may be on another one, and nobody on another one on this."


@dataclass(frozen=True, slots=True)
class Outline:
    """A line of a criterion in words, and what stands below it."""

    text: str
    parts: tuple[Outline, ...] = ()


def render_study(study: Study, titles: Mapping[str, str]) -> str:
    """The study as text, ending in a newline; `titles` are those of its value sets. The same study, the same text."""
    phrases = Phrases(titles)
    lines = [f"{study.title} ({study.id}, version {study.version})"]
    lines += [f"Sponsor: {study.sponsor}"] if study.sponsor else []
    lines += [f"{system}: {value}" for system, value in study.identifiers]
    lines += [NO_OTHER] if study.co_enrolment == "forbidden" else []
    lines += [APPROVED] if study.contact_approval is not None else []
    lines += ["", "Worth looking at (signal), if there is any of:"]
    for node in study.entry:
        lines += _tree(node, phrases, 1)
    for criterion in study.criteria:
        lines += ["", *_criterion(criterion, phrases)]
    return "\n".join(lines) + "\n"


def _criterion(criterion: Criterion, phrases: Phrases) -> Iterator[str]:
    yield f"{criterion.id}  {criterion.kind}"
    yield from _wrapped(f'"{" ".join(criterion.text.split())}"', 1)
    yield f"{STEP}Read as:"
    yield from _tree(criterion.node, phrases, 2)
    if criterion.settled_at:
        yield from _wrapped("Settled at the screening visit: no record so far does not stand in the way.", 1)
    for each in criterion.decisions:
        yield from _wrapped(f"Decided: {each.question} {_sentence(each.reading)} {_sentence(each.reason)}", 1)


def _tree(node: Node, phrases: Phrases, depth: int) -> Iterator[str]:
    """A node and its parts, one to a line, each level further in."""
    title, parts = _composition(node, phrases.wording)
    if not parts:
        yield from _wrapped(f"- {phrases.of(node)}", depth)
        for each in _remarks(node, phrases):
            yield from _wrapped(each, depth + 1)
        return
    yield from _wrapped(f"- {title}:", depth)
    for name, part in parts:
        if name:
            yield from _wrapped(f"{name}:", depth + 1)
        yield from _tree(part, phrases, depth + 2 if name else depth + 1)


def _composition(node: Node, wording: Wording) -> tuple[str, tuple[tuple[str, Node], ...]]:
    """How a node joins its parts, and the parts with their names; no parts for a characteristic."""
    say = wording.say
    match node:
        case AllOf(parts):
            return say("all of"), tuple(("", each) for each in parts)
        case AnyOf(parts):
            return say("any of"), tuple(("", each) for each in parts)
        case AtLeast(count, parts):
            return say("at least {count} of", count=count), tuple(("", each) for each in parts)
        case Not(part):
            return say("not"), (("", part),)
        case IfElse(condition, then, otherwise):
            named = ((say("if"), condition), (say("then"), then), (say("otherwise"), otherwise))
            return say("one after the other"), named
        case Tiers(tiers):
            return say("the first that holds of"), tuple((wording.name(each.name), each.node) for each in tiers)
        case _:
            return "", ()


def outline(node: Node, phrases: Phrases) -> Outline:
    """The tree of a criterion in words."""
    title, parts = _composition(node, phrases.wording)
    if not parts:
        return Outline(phrases.of(node), tuple(Outline(each) for each in _remarks(node, phrases)))
    inner = ((name, outline(part, phrases)) for name, part in parts)
    return Outline(title, tuple(Outline(name, (each,)) if name else each for name, each in inner))


def _remarks(node: Node, phrases: Phrases) -> Iterator[str]:
    """What else decides: how old a negative result may be, which results say no, and what silence means."""
    say = phrases.wording.say
    if isinstance(node, ObservationValue):
        others = _other_answers(node.test)
        if others:
            yield say("a result of {others} says no; any other is not understood", others=phrases.names(others))
        if node.not_met_valid_for is not None:
            lasts = phrases.wording.duration(node.not_met_valid_for)
            yield say("a result that says no counts for {duration}", duration=lasts)
    absence = getattr(node, "absence", None)
    if isinstance(absence, Absence):
        said, reason = absence.outcome.code.replace("_", " "), phrases.wording.name(absence.reason).rstrip(".。")
        yield say("with no such record: {outcome}, because {reason}", outcome=phrases.wording.name(said), reason=reason)


def _other_answers(test: ValueTest | None) -> tuple[str, ...]:
    coded = test.coded if isinstance(test, TypedTest) else test
    return coded.other_answers if isinstance(coded, CodedTest) else ()


def _sentence(text: str) -> str:
    said = " ".join(text.split())
    return f"{said[:1].upper()}{said[1:].rstrip('.')}."


def _wrapped(text: str, depth: int) -> list[str]:
    indent = STEP * depth
    hanging = indent + (STEP if text.startswith("- ") else "")
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
    )
