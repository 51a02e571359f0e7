"""The report as one HTML page that stands by itself: no script, nothing fetched, light and dark, readable in print.

Pure but for its style sheet, which lies beside it. Made as a tree, so that nothing of the input can become markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files
from xml.etree.ElementTree import Element, SubElement, tostring

import orjson

from service.eligibility.explain.bars import BARS_STYLE, Bar, bars_drawing
from service.eligibility.terms import TEXT_SYSTEM
from service.screening.answerable.charts import criteria_bars, dose_bars, type_bars
from service.screening.answerable.codes import BY_MAP
from service.screening.answerable.concept_map import concept_map
from service.screening.answerable.shapes import Listed, OfStudy, Report
from service.screening.answerable.words import NEEDS, OPEN, intro, type_state, why_words

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
Cell = object


def page(report: Report) -> str:
    """The page."""
    root = Element("html", {"lang": "en"})
    _head(root, report)
    body = SubElement(SubElement(root, "body"), "main")
    _text(body, "h1", "What this export can and cannot answer")
    for each in intro(report):
        _text(body, "p", each)
    for study in report.studies:
        _study(body, study)
    _types(body, report)
    _doses(body, report)
    _look_alikes(body, report)
    _value_sets(body, report)
    _silent(body, report)
    return "<!doctype html>\n" + tostring(root, encoding="unicode", method="html") + "\n"


def _head(root: Element, report: Report) -> None:
    head = SubElement(root, "head")
    SubElement(head, "meta", {"charset": "utf-8"})
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": POLICY})
    SubElement(head, "meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"})
    _text(head, "title", f"Coverage as of {report.at}")
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    _text(head, "style", f"{style}{BARS_STYLE}")


def _text(parent: Element, tag: str, text: str, **attributes: str) -> Element:
    element = SubElement(parent, tag, {name.removesuffix("_"): value for name, value in attributes.items()})
    element.text = text
    return element


def _study(body: Element, study: OfStudy) -> None:
    _text(body, "h2", f"{study.title} ({study.id} {study.version})")
    bars = criteria_bars(study)
    if bars:
        _chart(body, "How far the criteria are decided", bars, f"study-{study.id}")
    manual = [each for each in study.criteria if each.manual]
    if manual:
        named = ", ".join(each.criterion for each in manual)
        _text(body, "p", f"No record decides these; they are for people to judge: {named}.")
    rows = [(each.criterion, each.kind, each.text, why_words(each)) for each in study.criteria if not each.manual]
    _table(body, "Why answers are unknown", ("Criterion", "Kind", "Text of the protocol", "Unknown because"), rows)


def _chart(body: Element, title: str, bars: Sequence[Bar], name: str) -> None:
    body.append(bars_drawing(title, bars, name, hidden=OPEN, numbers=False))


def _types(body: Element, report: Report) -> None:
    _text(body, "h2", "Resource types")
    bars = type_bars(report)
    if bars:
        _chart(body, "Types that were loaded for some people and not for others", bars, "types")
    rows = [
        (each.name, type_state(each), NEEDS[each.need], each.lines, ", ".join(name for _, name in each.criteria))
        for each in report.types
    ]
    heads = ("Type", "State", "Needed", "Lines read", "Criteria that ask for it")
    _table(body, "Types that the studies read", heads, rows, numbers=(3,))


def _doses(body: Element, report: Report) -> None:
    if not report.doses:
        return
    _text(body, "h2", "Doses")
    _text(body, "p", "Every record of these drugs up to the screening date, whatever the look-back of the criterion.")
    _chart(body, "Records with a computed dose", dose_bars(report), "doses")
    rows = [
        (each.criterion, text.text, text.lack, text.patients, text.records)
        for each in report.doses
        for text in each.texts
    ]
    heads = ("Criterion", "Text", "Why", "Patients", "Records")
    _table(body, "Texts of instructions that gave no dose", heads, rows, numbers=(3, 4))


def _look_alikes(body: Element, report: Report) -> None:
    _text(body, "h2", "Codes and texts that look like a wanted concept")
    _text(
        body,
        "p",
        "No value set and no map knows them, and a word of a value set stands beside them. Until somebody maps them, "
        "they leave answers unknown (name-only). docs/coverage.md says how to confirm them.",
    )
    rows = []
    for each in report.look_alikes:
        sets = "; ".join(f"{report.titles[one.value_set]} (by “{one.word}”)" for one in each.may_be)
        proposal = each.proposal
        code = f"{proposal.code} {proposal.name or ''}".rstrip() if proposal is not None and proposal.code else ""
        rows.append((*_code(each.met), sets, code))
    heads = (*HEADS, "May belong to", "Proposed code")
    _table(body, "The most frequent first", heads, rows, numbers=(3, 4))
    if rows:
        details = SubElement(body, "details")
        _text(details, "summary", "The same as a FHIR ConceptMap, for a person to confirm")
        _text(details, "pre", orjson.dumps(concept_map(report), option=orjson.OPT_INDENT_2).decode())


def _value_sets(body: Element, report: Report) -> None:
    _text(body, "h2", "Codes of the value sets that were met")
    rows = [
        (each.title, each.kind, *_code(met), "by the site's map" if through == BY_MAP else "")
        for each in report.value_sets
        for met, through in each.codes
    ]
    _table(body, "By value set", ("Value set", "Kind", *HEADS, "Through"), rows, numbers=(5, 6))
    met_in = {each.id for each in report.value_sets if each.codes}
    silent = dict.fromkeys(each.title for each in report.value_sets if each.id not in met_in)
    if silent:
        none = "no code was met" if report.band == 1 else "no code was met, or of too few people"
        _text(body, "p", f"Of these value sets {none}: {'; '.join(silent)}.")


def _silent(body: Element, report: Report) -> None:
    _text(body, "h2", "Frequent codes that nothing knows")
    _text(body, "p", "No value set, map or word tells anything of them. Most are none of what the studies ask for.")
    rows = [(each.kind, *_code(each)) for each in report.silent]
    _table(body, "The most frequent of each kind of record", ("Kind", *HEADS), rows, numbers=(4, 5))


ADDRESSES = ("Code system", "Code")  # what has no blanks to break at
HEADS = ("Code system", "Code", "Text beside it", "Patients", "Records")


def _code(met: Listed) -> tuple[Cell, ...]:
    if met.coding.system == TEXT_SYSTEM:
        return "no code, text alone", "", met.coding.code, met.patients, met.records
    return met.coding.system or "no system", met.coding.code, met.text or "", met.patients, met.records


def _table(
    body: Element,
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    numbers: Sequence[int] = (),
) -> None:
    listed = list(rows)
    if not listed:
        _text(body, "p", f"{caption}: none.", class_="soft")
        return
    table = SubElement(body, "table")
    _text(table, "caption", caption)
    line = SubElement(SubElement(table, "thead"), "tr")
    for at, head in enumerate(heads):
        _text(line, "th", head, scope="col", **({"class_": "number"} if at in numbers else {}))
    rest = SubElement(table, "tbody")
    for row in listed:
        line = SubElement(rest, "tr")
        for at, cell in enumerate(row):
            kind = "number" if at in numbers else "code" if heads[at] in ADDRESSES else ""
            element = _text(line, "td", "" if cell is None else str(cell), **({"class_": kind} if kind else {}))
            element.set("data-label", heads[at])
