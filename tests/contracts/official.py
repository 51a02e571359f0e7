"""HL7's own definitions of one release, from the shared material."""

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs


@cache
def official(release: Path, resource_type: str) -> jsonschema_rs.Validator:
    """HL7's JSON schema, for resources of this type; `release` is the directory of the release's definitions."""
    text = gzip.decompress((release / "fhir.schema.json.gz").read_bytes()).decode()
    schema = json.loads(
        text.replace("[0-9]{1,9}})?$", "[0-9]{1,9})?$")
    )  # R5 has one brace too many: no regular expression
    for forgotten in ("Resource", "integer64"):  # R4 and R5 refer to one each without defining it
        schema["definitions"].setdefault(forgotten, {})
    root = {key: value for key, value in schema.items() if key not in ("oneOf", "discriminator")}
    return jsonschema_rs.validator_for({**root, "$ref": f"#/definitions/{resource_type}"})


@cache
def elements(release: Path) -> dict[str, dict[str, Any]]:
    """Every element of every resource and data type, by its path."""
    found: dict[str, dict[str, Any]] = {}
    for name in ("profiles-resources.json.gz", "profiles-types.json.gz"):
        bundle = json.loads(gzip.decompress((release / name).read_bytes()))
        for entry in bundle["entry"]:
            definition = entry["resource"]
            if definition["resourceType"] == "StructureDefinition" and definition.get("derivation") == "specialization":
                found |= {each["path"]: each for each in definition["snapshot"]["element"]}
    return found
