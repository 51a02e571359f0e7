"""Our own reading of `unevaluatedProperties` says what an independent implementation of JSON Schema says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from service.catalog.content import mappings_dir
from service.catalog.documents import read_yaml, violations

SCHEMAS = sorted((mappings_dir() / "schemas").glob("*.json"))
STUDY = mappings_dir() / "studies" / "rheumatoid-arthritis-methotrexate" / "study.yaml"
COMPOSING = {"allOf", "anyOf", "oneOf", "not", "if", "$ref", "$dynamicRef", "patternProperties", "dependentSchemas"}


def parts(node: Any) -> Iterator[dict[str, Any]]:
    """Every object in it, itself included."""
    if isinstance(node, dict):
        yield node
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from parts(each)


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_a_schema_is_composed_as_it_is_read(path: Path) -> None:
    """Of properties, and of definitions that have nothing but properties."""
    root = json.loads(path.read_text(encoding="utf-8"))
    for part in (each for each in parts(root) if "unevaluatedProperties" in each):
        assert part["unevaluatedProperties"] is False
        assert part.keys() & COMPOSING <= {"allOf"}
        for each in part.get("allOf", ()):
            (named,) = each.items()
            assert named[0] == "$ref" and named[1].startswith("#/$defs/")
            assert not root["$defs"][named[1].removeprefix("#/$defs/")].keys() & COMPOSING


def test_an_unknown_key_is_seen_wherever_it_stands() -> None:
    schema = mappings_dir() / "schemas" / "study.schema.json"
    independent = jsonschema_rs.validator_for(json.loads(schema.read_text(encoding="utf-8")))
    document = read_yaml(STUDY)
    assert violations(document, schema) == []
    objects = list(parts(document.content))
    assert len(objects) > 50
    for each in objects:
        each["nobody-knows"] = 1
        told, valid = (
            violations(document, schema),
            independent.is_valid(json.loads(json.dumps(document.content, default=float))),
        )
        del each["nobody-knows"]
        assert (bool(told), valid) == (True, False)
        assert all("nobody-knows" in line for line in told)
