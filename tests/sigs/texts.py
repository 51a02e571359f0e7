"""Collects every distinct text of a dosage instruction from the shared material: files, archives, worked examples."""

import gzip
import json
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

MEDICATION = ("MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration")
TEXTS = ("text", "patientInstruction")


@cache
def texts(shared: Path) -> frozenset[str]:
    """All texts and patient instructions of dosages, and texts of additional instructions."""
    found: set[str] = set()
    for name, content in _contents(shared):
        for document in _documents(name, content):
            found.update(_of(document))
    return frozenset(found)


def _contents(shared: Path) -> Iterator[tuple[str, bytes]]:
    yield "examples.json", (shared / "clinical" / "dosage_examples.json").read_bytes()
    for path in sorted((shared / "data").rglob("*")):
        if not path.is_file() or "definitions" in path.parts or "oracles" in path.parts:
            continue
        if path.name.endswith(".tar.gz"):
            with tarfile.open(path) as archive:
                for member in archive:
                    file = archive.extractfile(member) if member.isfile() else None
                    if file is not None:
                        yield _plain(member.name, file.read())
        elif path.suffix in (".json", ".ndjson", ".gz"):
            yield _plain(path.name, path.read_bytes())


def _plain(name: str, content: bytes) -> tuple[str, bytes]:
    return (name.removesuffix(".gz"), gzip.decompress(content)) if name.endswith(".gz") else (name, content)


def _documents(name: str, content: bytes) -> Iterator[Any]:
    lines = content.splitlines() if name.endswith(".ndjson") else [content] if name.endswith(".json") else []
    for line in lines:
        if b"osage" in line:
            try:
                yield json.loads(line)
            except ValueError:
                continue  # not JSON, and so not a resource with a dosage


def _of(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("resourceType") in MEDICATION:
            yield from _dosages(node)
        for value in node.values():
            yield from _of(value)
    elif isinstance(node, list):
        for value in node:
            yield from _of(value)


def _dosages(resource: dict[str, Any]) -> Iterator[str]:
    for key in ("dosageInstruction", "dosage"):
        listed = resource.get(key) or []
        for dosage in listed if isinstance(listed, list) else [listed]:
            yield from (dosage[each] for each in TEXTS if isinstance(dosage.get(each), str))
            more = dosage.get("additionalInstruction") or []
            yield from (each["text"] for each in more if isinstance(each, dict) and each.get("text"))
