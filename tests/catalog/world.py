"""A small catalog on disk, to be spoilt by tests: one study, three value sets, and what the shipped content has."""

import json
import shutil
from pathlib import Path

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog

STUDY = """\
id: demo
version: "1.0"
title: A demonstration
entry:
  - condition: {codes: illness, look_back: ever}
criteria:
  - id: I1
    kind: inclusion
    text: Adults
    age: {at_least: 18}
  - id: E1
    kind: exclusion
    text: Ill
    condition: {codes: illness}
"""
EXTENSION = "https://fhir-prescreen.org/fhir/StructureDefinition/"
SYSTEM = "http://snomed.info/sct"


def value_set(identity: str = "illness", kind: str = "condition", **more: object) -> dict[str, object]:
    """A ValueSet of one verified code."""
    return {
        "resourceType": "ValueSet",
        "id": identity,
        "title": identity.capitalize(),
        "copyright": "nobody's",
        "extension": [mark("kind", kind), mark("word", identity)],
        "compose": {"include": [{"system": SYSTEM, "concept": [{"code": "1"}]}]},
        **more,
    }


def mark(name: str, value: object) -> dict[str, object]:
    """An extension of ours."""
    return {"url": EXTENSION + name, "valueInteger" if isinstance(value, int) else "valueString": value}


def site(directory: Path, study: str | None = STUDY, settings: str | None = None, **sets: object) -> Path:
    """A site's directory with this study, these settings, and these value sets (`illness` at least)."""
    root = directory / "site"
    (root / "value-sets").mkdir(parents=True, exist_ok=True)
    for name, content in {"illness": value_set(), **sets}.items():
        (root / "value-sets" / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    if study is not None:
        (root / "studies" / "demo").mkdir(parents=True, exist_ok=True)
        (root / "studies" / "demo" / "study.yaml").write_text(study, encoding="utf-8")
    if settings is not None:
        (root / "site.yaml").write_text(settings, encoding="utf-8")
    return root


def loaded(root: Path) -> Catalog:
    """The shipped catalog with this site's content over it."""
    return load_catalog(mappings_dir(), root)


def shipped_copy(directory: Path) -> Path:
    """A copy of the shipped content, to be spoilt."""
    return Path(shutil.copytree(mappings_dir(), directory / "mappings"))
