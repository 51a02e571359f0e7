"""An assessment in the language of whoever looks: the line that is stored, with its English said in that language.

What is not recognised as composed by this service stays in English, marked as `English`: no translation is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from service.catalog.load import Catalog
from service.eligibility.criteria import Manual, Node, Study
from service.eligibility.criteria.walk import within
from service.eligibility.explain.marks import marks_within
from service.eligibility.explain.phrases import ANSWER, Phrases, Titles
from service.eligibility.explain.recognise import Recogniser
from service.eligibility.explain.wording import ENGLISH, Wording
from service.eligibility.series import DoseSeries, Series, Trend

Line = Mapping[str, Any]


class English(str):
    """A text that stands on a page in English, though the page is in another language."""

    __slots__ = ()


@dataclass(frozen=True)
class Speech:
    """Says what is told of one study in the language of `wording`."""

    wording: Wording
    recogniser: Recogniser

    def said(self, kind: str, text: str) -> str:
        """A text of that kind; `English` where it is not recognised."""
        if self.wording.english or not text:
            return text
        told = self.recogniser.said(kind, text)
        return English(text) if told is None else told


def said_or_english(text: str, wording: Wording) -> str:
    """A text or name of the content in the language; `English` where it has no translation."""
    told = wording.translated(text)
    return English(text) if told is None else told


def reading_of(given: Line, wording: Wording) -> tuple[str, str, str]:
    """The question that a text leaves open, how it is read, and why: all in the language, or none."""
    english = str(given["question"]), str(given["reading"]), str(given["reason"])
    question, reading, reason = (said_or_english(each, wording) for each in english)
    if any(isinstance(each, English) for each in (question, reading, reason)):
        return English(english[0]), English(english[1]), English(english[2])
    return question, reading, reason


def reading_words(given: Line, wording: Wording) -> str:
    """The same as one text."""
    question, reading, reason = reading_of(given, wording)
    if isinstance(question, English):
        return English(f"{question} {reading}. {reason}")
    return wording.say("{question} {reading}. {reason}", question=question, reading=reading, reason=reason)


def speech_of(catalog: Catalog, study: Study, wording: Wording) -> Speech:
    """For what is told of patients of this study, and of its criteria."""
    if wording.english:
        return Speech(wording, Recogniser(wording))
    titles = {each.id: each.title for each in catalog.terminology.value_sets.values()}
    tables = {table.id: table for table in catalog.equivalents.values()}.values()
    drugs = {row.name for table in tables for row in table.rows.values()} | {each.reference_name for each in tables}
    return Speech(wording, Recogniser(wording, closed_of(study, titles, sorted(drugs), wording)))


def closed_of(study: Study, titles: Titles, drugs: Sequence[str], wording: Wording) -> Mapping[str, Mapping[str, str]]:
    """What stands in templates and is known beforehand: the phrases of the criteria, titles of value sets, drugs."""
    english, told = Phrases(titles), Phrases(titles, wording)
    asked = {english.of(node): told.of(node) for node in _nodes(study)}
    return {
        "asked": {**asked, **{_capital(one): _capital(other) for one, other in asked.items()}},
        "title": {each: wording.name(each.removeprefix(ANSWER)) for each in titles.values()},
        "drug": {each: wording.name(each) for each in drugs},
        "mark": marks_within(wording),
    }


def _nodes(study: Study) -> Iterator[Node]:
    for root in (*study.entry, *(each.node for each in study.criteria)):
        for part in within(root):
            if isinstance(part, Node) and not isinstance(part, Manual):
                yield part


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def spoken(line: Line, catalog: Catalog, wording: Wording = ENGLISH) -> Line:
    """The line (with or without people's answers) in that language; it has the same parts."""
    study = catalog.studies.get(line["study"])
    if wording.english or study is None:
        return line
    speech = speech_of(catalog, study, wording)
    return {
        **line,
        "assumptions": [_with(each, "assumption", partial(speech.said, "assumed")) for each in line["assumptions"]],
        "settle": [_with(each, "data", partial(speech.said, "wanted")) for each in line["settle"]],
        "findings": [_finding(each, speech) for each in line["findings"]],
    }


def _with(given: Line, name: str, said: Callable[[str], str]) -> Line:
    return {**given, name: said(given[name])}


def _finding(finding: Line, speech: Speech) -> Line:
    told = {
        **finding,
        "sentence": speech.said("sentence", finding["sentence"]),
        "evidence": [exhibit(each, speech) for each in finding["evidence"]],
    }
    if finding["computed"] is not None:
        factors = [speech.said("arithmetic", each) for each in finding["computed"]["factors"]]
        told["computed"] = {**finding["computed"], "factors": factors}
    return told


def exhibit(given: Line, speech: Speech) -> Line:
    """One piece of evidence."""
    value, when = given["value"] or "", given["when"] or ""
    return {**given, "value": speech.said("value", value), "when": speech.said("when", when)}


def spoken_series(series: Series, speech: Speech) -> Series:
    """What is drawn, in that language."""
    if speech.wording.english:
        return series
    doses = tuple(_dose(each, speech) for each in series.doses)
    return Series(doses, tuple(_trend(each, speech) for each in series.trends))


def _dose(each: DoseSeries, speech: Speech) -> DoseSeries:
    name = speech.said("counted", each.name)
    steps = tuple(
        replace(
            step, value=replace(step.value, words=tuple(speech.said("arithmetic", word) for word in step.value.words))
        )
        for step in each.curve.stretches
    )
    curve = replace(each.curve, name=name, stretches=steps)
    return replace(each, said=speech.said("asked", each.said), name=name, curve=curve)


def _trend(each: Trend, speech: Speech) -> Trend:
    points = tuple(replace(point, said=speech.said("value", point.said)) for point in each.points)
    return replace(each, said=speech.said("asked", each.said), points=points)
