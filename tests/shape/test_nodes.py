"""A node of the criteria language is whole, or a test here says what it lacks: its generator, its spec table, its
sentence, its entry in the schema and the reader of that entry.
"""

import ast
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

import pytest
from hypothesis import find

from service.catalog.studies.nodes import BRANCHES, NODES
from service.eligibility.criteria import (
    AdverseEventHad,
    AgeAtScreening,
    Alive,
    AllergyKnown,
    AllOf,
    AnyOf,
    AtLeast,
    BreastFeeding,
    ConditionPresent,
    ConsentIs,
    Criterion,
    EncounterHad,
    IfElse,
    ImmunizationGiven,
    Manual,
    MedicationTaken,
    Node,
    Not,
    ObservationValue,
    Pregnant,
    ProcedureDone,
    SexIs,
    Study,
    Tiers,
)
from service.eligibility.explain import Phrases
from service.eligibility.explain.study_text import render_study
from tests.builders import SETS
from tests.generators import COMPOSITES, LEAVES
from tests.shape.source import ROOT, functions, modules, tree_of

# How the language calls each node.
KEYS: Mapping[type, str] = {
    AllOf: "all",
    AnyOf: "any",
    Not: "not",
    AtLeast: "at_least",
    IfElse: "if",
    Tiers: "tiers",
    ConditionPresent: "condition",
    MedicationTaken: "medication",
    ObservationValue: "observation",
    ProcedureDone: "procedure",
    AdverseEventHad: "adverse_event",
    ImmunizationGiven: "immunization",
    EncounterHad: "encounter",
    AllergyKnown: "allergy",
    ConsentIs: "consent",
    AgeAtScreening: "age",
    SexIs: "sex",
    Alive: "alive",
    Pregnant: "pregnancy",
    BreastFeeding: "breast_feeding",
    Manual: "manual",
}
CLASSES = get_args(Node)
SCHEMA = json.loads((ROOT / "mappings" / "schemas" / "study.schema.json").read_text(encoding="utf-8"))
TITLES = {each.id: each.title for each in SETS}
Definitions = Mapping[str, ast.AST]


class Unheard:
    """A node that nobody wrote anything for."""


def example(kind: type) -> Node:
    """The simplest node of this class that its generator makes."""
    strategy = COMPOSITES[kind](LEAVES[SexIs]) if kind in COMPOSITES else LEAVES[kind]
    return find(strategy, lambda made: isinstance(made, kind))


def has_generator(kind: type) -> bool:
    return kind in LEAVES or kind in COMPOSITES


def has_spec_table(kind: type) -> bool:
    return any(kind.__name__ in names for names in tables())


def has_entry(kind: type) -> bool:
    described = SCHEMA["$defs"]["node"]["properties"].get(KEYS.get(kind, ""), {})
    return bool(described.get("description") or described.get("$ref"))


def has_reader(kind: type) -> bool:
    return kind.__name__ in made() and KEYS.get(kind) in NODES


@cache
def made() -> frozenset[str]:
    """Whatever the readers of studies name."""
    return frozenset(name for path in modules("service/catalog/studies") for name in _names(tree_of(path)))


@cache
def tables() -> tuple[frozenset[str], ...]:
    """The names that stand in each table of rows under tests/spec, those its helpers and constants use included."""
    found = []
    for path in modules("tests/spec"):
        defined = dict(_definitions(tree_of(path)))
        for function in functions(tree_of(path)):
            if any("parametrize" in ast.unparse(each) for each in function.decorator_list):
                found.append(frozenset(_reached(function, defined)))
    return tuple(found)


def _definitions(module: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for statement in module.body:
        if isinstance(statement, ast.FunctionDef):
            yield statement.name, statement
        elif isinstance(statement, ast.Assign):
            for name in _names(*statement.targets):
                yield name, statement.value


def _reached(start: ast.AST, defined: Definitions) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        new = set(_names(waiting.pop())) - seen
        seen |= new
        waiting += [defined[name] for name in new if name in defined]
    return seen


def _names(*nodes: ast.AST) -> Iterator[str]:
    return (each.id for node in nodes for each in ast.walk(node) if isinstance(each, ast.Name))


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("part", [has_generator, has_spec_table, has_entry, has_reader])
def test_a_node_is_whole(kind: type, part: Any) -> None:
    assert part(kind), f"{kind.__name__}: {part.__name__.replace('_', ' ')} is not so"


@pytest.mark.parametrize("part", [has_generator, has_spec_table, has_entry, has_reader])
def test_a_node_without_anything_is_seen(part: Any) -> None:
    assert not part(Unheard)


@pytest.mark.parametrize("kind", CLASSES)
def test_a_node_has_its_own_sentence(kind: type) -> None:
    phrase = Phrases(TITLES).of(example(kind))
    assert phrase
    assert kind.__name__ not in phrase


def test_a_node_without_a_sentence_is_seen() -> None:
    assert Phrases(TITLES).of(Unheard()) == "Unheard"  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", COMPOSITES)
def test_the_parts_of_a_node_stand_in_the_text_of_a_study(kind: type) -> None:
    study = Study("s", "1", "S", (Criterion("C", "exclusion", "c", example(kind)),), (SexIs(("male",)),))
    assert "- sex female" in [line.strip() for line in render_study(study, TITLES).splitlines()]


def test_the_language_has_no_word_without_a_node() -> None:
    words = SCHEMA["$defs"]["node"]["properties"].keys() - set(BRANCHES)
    assert words == set(KEYS.values()) == NODES.keys()
