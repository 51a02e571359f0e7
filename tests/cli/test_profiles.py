"""profiles build: a package as the FHIR package specification has it."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

import service
from tests.cli.conftest import Prescreen
from tests.contracts.profiles import RESOURCES, SHOWN


@pytest.fixture
def packed(prescreen: Prescreen, place: Path) -> dict[str, Any]:
    """The files of the package that the command builds, by their names."""
    status, out, _ = prescreen("profiles", "build")
    assert status == 0 and f"{len(RESOURCES)} resources" in out
    with tarfile.open(place / f"org.fhir-prescreen.core-{service.__version__}.tgz") as archive:
        return {each.name: json.loads(archive.extractfile(each).read()) for each in archive.getmembers()}  # type: ignore[union-attr]


def test_every_profile_is_in_it_once(packed: dict[str, Any]) -> None:
    inside = [name for name in packed if not name.endswith(("package.json", ".index.json"))]
    assert sorted(name.rpartition("/")[2] for name in inside) == sorted(RESOURCES)
    assert all(packed[name] == RESOURCES[name.rpartition("/")[2]] for name in inside)


def test_what_is_no_r4_does_not_lie_where_tools_read_r4(packed: dict[str, Any]) -> None:
    r5 = {name for name, release in SHOWN.items() if release == "R5"} | {"SubscriptionTopic-prescreening.json"}
    assert {name.rpartition("/")[2] for name in packed if name.startswith("package/other/")} == r5 | {".index.json"}


def test_what_defines_something_is_active(packed: dict[str, Any]) -> None:
    """HAPI FHIR installs nothing else from a package, and searches by no parameter that is a draft."""
    defining = {name: each["status"] for name, each in packed.items() if {"resourceType", "url"} <= each.keys()}
    assert len(defining) > 50 and set(defining.values()) == {"active"}


def test_the_manifest_says_what_it_is(packed: dict[str, Any]) -> None:
    manifest = packed["package/package.json"]
    assert (manifest["name"], manifest["version"]) == ("org.fhir-prescreen.core", service.__version__)
    assert manifest["fhirVersions"] == ["4.0.1"] and manifest["dependencies"] == {"hl7.fhir.r4.core": "4.0.1"}
    assert manifest["canonical"] == "https://fhir-prescreen.org/fhir" and len(manifest["date"]) == 14


def test_an_index_lists_the_files_beside_it(packed: dict[str, Any]) -> None:
    for folder in ("package", "package/example", "package/other"):
        index = packed[f"{folder}/.index.json"]
        beside = {name.rpartition("/")[2] for name in packed if name.rpartition("/")[0] == folder}
        assert index["index-version"] == 2
        assert {each["filename"] for each in index["files"]} == beside - {"package.json", ".index.json"}
        assert all(packed[f"{folder}/{each['filename']}"]["id"] == each["id"] for each in index["files"])


def test_the_same_profiles_give_the_same_bytes(prescreen: Prescreen, place: Path) -> None:
    for name in ("a.tgz", "b.tgz"):
        assert prescreen("profiles", "build", "--out", name)[0] == 0
    assert (place / "a.tgz").read_bytes() == (place / "b.tgz").read_bytes()


@pytest.mark.parametrize("out", ["nowhere/a.tgz", "."])
def test_a_place_that_cannot_be_written_is_refused(prescreen: Prescreen, out: str) -> None:
    status, _, complaint = prescreen("profiles", "build", "--out", out)
    assert status == 2 and "cannot be written" in complaint
