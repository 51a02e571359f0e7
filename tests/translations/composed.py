"""What the machine's own sentences are composed of: their templates, and what the shipped content says in English."""

import ast
from collections.abc import Iterator
from importlib import import_module
from inspect import getsource
from pkgutil import walk_packages

from babel.messages.extract import extract_from_dir

from service.catalog.content import mappings_dir
from service.catalog.load import load_catalog
from service.eligibility import dosing
from service.eligibility.criteria import Absence, Manual, Tier
from service.eligibility.criteria.walk import parts_of
from service.eligibility.dosing.sigs.read import LANGUAGES
from service.eligibility.dosing.texts import BESIDE_OTHERS
from service.eligibility.explain.marks import MARKS
from service.eligibility.explain.phrases import ANSWER, EVENTS
from service.eligibility.explain.recognise import SLOT
from service.eligibility.explain.templates import TEMPLATES
from service.eligibility.explain.trend_chart import NOT_DRAWN
from service.eligibility.explain.values import CHOICES, RELATIVE
from service.eligibility.explain.wording import AND, DURATIONS, OR
from tests.shape.source import ROOT

COMPOSING = ("service/eligibility/explain", "service/screening")
REFUSALS = ("NotUnderstood", "refuse", "Refused", "Obscure")
SEXES = ("male", "female")
OUTCOMES = ("met", "not met", "unknown")
ROUTES = ("oral", "intravenous", "intramuscular", "subcutaneous", "intra-articular")


def composed() -> Iterator[str]:
    """Every template that a sentence, a drawing or a criterion in words is made of."""
    for folder in COMPOSING:
        for _, _, message, _, _ in extract_from_dir(ROOT / folder, [("**.py", "python")], {}, {"say": None}):
            yield str(message)
    yield from (each for some in TEMPLATES.values() for each in some if not SLOT.fullmatch(each))
    yield from (*MARKS.values(), *RELATIVE.values(), *CHOICES.values(), AND, OR, *DURATIONS, NOT_DRAWN)
    yield from (text for pair in EVENTS.values() for text in pair)


def content() -> Iterator[str]:
    """What the shipped studies, value sets and tables say, and why a text of a dose is not understood."""
    catalog = load_catalog(mappings_dir())
    yield from (each.title.removeprefix(ANSWER) for each in catalog.terminology.value_sets.values())
    for study in catalog.studies.values():
        yield from (text for each in study.criteria for text in _readings(each.decisions))
        for part in parts_of(study):
            if isinstance(part, Manual):
                yield part.question
            elif isinstance(part, Absence):
                yield part.reason
            elif isinstance(part, Tier):
                yield part.name
    for table in catalog.equivalents.values():
        yield table.reference_name
        yield from (text for row in table.rows.values() for text in (row.name, row.unknown) if text)
    yield from (*SEXES, *ROUTES, *OUTCOMES)
    yield from _refused()


def _readings(decisions: tuple[object, ...]) -> Iterator[str]:
    for each in decisions:
        yield from (getattr(each, name) for name in ("question", "reading", "reason"))


def _refused() -> Iterator[str]:
    for each in walk_packages(dosing.__path__, f"{dosing.__name__}."):
        for node in ast.walk(ast.parse(getsource(import_module(each.name)))):
            if isinstance(node, ast.Call) and _name(node.func) in REFUSALS and node.args:
                said = node.args[0]
                if isinstance(said, ast.Constant) and isinstance(said.value, str):
                    yield said.value
    for lexicon in LANGUAGES:
        yield from (str(value) for kind, value in lexicon.phrases.values() if kind == "REFUSE")
    yield BESIDE_OTHERS


def _name(called: ast.expr) -> str:
    return getattr(called, "attr", getattr(called, "id", ""))
