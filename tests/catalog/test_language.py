"""The page on the criteria language is that of the schema, its examples are criteria, and every node has one."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mappings import build_language_page as builder
from service.catalog.studies.nodes import NODES
from service.eligibility.criteria import ConditionPresent
from service.eligibility.criteria.walk import NAMING
from tests.catalog.world import STUDY, loaded, site

SCHEMA = json.loads(builder.SCHEMA.read_text(encoding="utf-8"))
EXAMPLES = [
    pytest.param(example, id=f"{name}-{number}")
    for name, definition in SCHEMA["$defs"].items()
    for number, example in enumerate(definition.get("examples", ()))
]
ILLNESS = ConditionPresent(("illness",))
WITHOUT_EXAMPLE = {"immunization", "manual", "alive", "sex", "not"}  # no set of vaccines; or shown inside others


def test_the_page_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert builder.main(["--check"]) == 0, "run: python mappings/build_language_page.py"


def test_a_page_that_differs_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(builder, "PAGE", tmp_path / "page.md")
    assert builder.main(["--check"]) == 1
    assert builder.main([]) == 0
    assert builder.main(["--check"]) == 0


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_a_criterion(example: dict[str, Any], tmp_path: Path) -> None:
    # an example is a mapping of its own; here its keys stand among those of a criterion
    lines = "".join(f"    {each}\n" for each in yaml.safe_dump(example, width=10_000).splitlines())
    study = STUDY.replace("    condition: {codes: illness}\n", lines)
    criterion = loaded(site(tmp_path, study)).studies["demo"].criteria[1]
    assert criterion.node != ILLNESS
    assert criterion.id == "E1"


def test_every_node_of_the_schema_can_be_built_and_has_an_example() -> None:
    keys = set(SCHEMA["$defs"]["node"]["properties"]) - {"then", "else"}
    assert keys == set(NODES)
    shown = {key for definition in SCHEMA["$defs"].values() for each in definition.get("examples", ()) for key in each}
    assert keys - shown <= WITHOUT_EXAMPLE


def test_every_field_that_names_value_sets_is_known_to_the_walk() -> None:
    """A node with a new field of value sets must not be overlooked by the linter."""
    from service.eligibility import criteria

    naming = {
        name
        for each in vars(criteria).values()
        for name, kind in getattr(each, "__annotations__", {}).items()
        if "ValueSetIds" in str(kind) or kind == tuple[str, ...]
    }
    assert naming == NAMING
