"""The shipped profiles as a FHIR package (.tgz), as registries and other tools take them.

The same profiles give the same bytes. What is no R4 resource, such as the topic and examples of R5, lies in `other`.
"""

import gzip
import io
import tarfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

NAME = "org.fhir-prescreen.core"
FHIR = "4.0.1"
CORE = {"hl7.fhir.r4.core": FHIR}
NOT_R4 = frozenset({"SubscriptionTopic"})
INDEXED = ("resourceType", "id", "url", "version", "kind", "type", "supplements", "content")
PRETTY = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def build_package(profiles: Path, version: str, at: datetime) -> bytes:
    """The package of all profiles in this directory. `version`: of this software; `at`: when it was made."""
    resources = {path.name: _read(path) for path in sorted(profiles.glob("*.json"))}
    folders: dict[str, dict[str, Any]] = {"package": {}, "package/example": {}, "package/other": {}}
    for name, resource in resources.items():
        folders[_folder(name, resource)][name] = resource
    files = {"package/package.json": orjson.dumps(manifest(version, at), option=PRETTY)}
    for folder, inside in folders.items():
        files[f"{folder}/.index.json"] = orjson.dumps(index(inside), option=PRETTY)
        files |= {f"{folder}/{name}": orjson.dumps(each, option=PRETTY) for name, each in inside.items()}
    return _packed(files.items())


def manifest(version: str, at: datetime) -> dict[str, object]:
    """package.json."""
    return {
        "name": NAME,
        "version": version,
        "title": "Pre-screening for clinical studies",
        "description": "What fhir-prescreen reads and writes: profiles, extensions, codes, search parameters, examples",
        "type": "IG",
        "canonical": "https://fhir-prescreen.org/fhir",
        "url": "https://fhir-prescreen.org/fhir",
        "author": "fhir-prescreen",
        "license": "Apache-2.0",
        "fhirVersions": [FHIR],
        "dependencies": CORE,
        "date": at.strftime("%Y%m%d%H%M%S"),
        "directories": {"lib": "package", "example": "example"},
    }


def index(resources: Mapping[str, Mapping[str, Any]]) -> dict[str, object]:
    """.index.json of one folder: what each file is, so that a tool need not open all of them."""
    told = [
        {"filename": name, **{key: each[key] for key in INDEXED if isinstance(each.get(key), str)}}
        for name, each in resources.items()
    ]
    return {"index-version": 2, "files": told}


def _folder(name: str, resource: Mapping[str, Any]) -> str:
    if resource["resourceType"] in NOT_R4 or name.endswith("-r5.json"):
        return "package/other"
    return "package/example" if "-example-" in name else "package"


def _read(path: Path) -> dict[str, Any]:
    found = orjson.loads(path.read_bytes())
    assert isinstance(found, dict), f"{path.name} is one resource"
    return found


def _packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A gzipped tar without owners and times, so that the same content is the same file."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
