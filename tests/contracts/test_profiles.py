"""profiles/: sound FHIR, and neither more nor less than what the service emits."""

import copy
import json
from collections.abc import Callable
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from mappings import build_value_sets as builder
from service.eligibility.assess import Signal, Standing
from service.eligibility.criteria import Criterion
from service.eligibility.outcome import Outcome, Reason
from service.fhir.subject import BASE, FINDING, SCREENING, STATES, STUDY_SYSTEM, SUBJECT_SYSTEM, Release, render_subject
from tests.contracts.examples import EXAMPLES, PHRASES
from tests.contracts.official import elements, official
from tests.contracts.profiles import (
    BY_URL,
    DIRECTORY,
    FILES,
    RESOURCES,
    SHOWN,
    Json,
    broken,
    broken_subject,
    codes,
    element,
    parts,
    shown,
    urls,
)
from tests.docs.markdown import table
from tests.screening.test_outputs import LINES
from tests.screening.world import export, run

PLACES = ("concept-maps", "value-sets")
MAPPINGS = {path: json.loads(path.read_text("utf-8")) for p in PLACES for path in (builder.HERE / p).glob("*.json")}
EXTENSIONS = {url for url, each in BY_URL.items() if each.get("type") == "Extension"}
EVERY_FILE = pytest.mark.parametrize("name", RESOURCES)
EVERY_RELEASE = pytest.mark.parametrize("release", get_args(Release))


def own(kind: str, name: str) -> str:
    """A url of ours."""
    return f"{BASE}/{kind}/{name}"


def emitted(release: Release) -> list[Json]:
    """One ResearchSubject of each shape there is."""
    every = [render_subject(each, PHRASES, release) for each in EXAMPLES.values()]
    return [*json.loads(json.dumps(every)), shown(release)]


@EVERY_FILE
def test_a_profile_is_named_for_what_it_is(name: str) -> None:
    content = RESOURCES[name]
    kind, _, identity = name.removesuffix(".json").partition("-")
    assert content["resourceType"] == kind
    if kind != "ResearchSubject":
        assert (content["id"], content["url"]) == (identity, own(kind, identity))
        assert len(content["description"]) > 15 and content["title"]


def test_no_two_definitions_share_a_url_or_a_name() -> None:
    sets = [each["url"] for each in MAPPINGS.values()]
    assert len(BY_URL.keys() | sets) == len(FILES) - len(SHOWN) + len(sets)
    names = [(each["resourceType"], each["name"]) for each in BY_URL.values()]
    assert len(set(names)) == len(names)


@EVERY_FILE
def test_fhir_resources_accepts_it(name: str) -> None:
    content = RESOURCES[name]
    package = "" if SHOWN.get(name) == "R5" else ".R4B"
    kind = content["resourceType"]
    model = getattr(import_module(f"fhir.resources{package}.{kind.lower()}"), kind)
    assert json.loads(model.model_validate(content).model_dump_json()) == content


@pytest.mark.shared
@EVERY_FILE
def test_the_official_schema_accepts_it(shared: Path, name: str) -> None:
    release = SHOWN.get(name, "R4").lower()
    validator = official(shared / "data/definitions" / release, RESOURCES[name]["resourceType"])
    assert [error.message for error in validator.iter_errors(RESOURCES[name])] == []


STRUCTURES = [each for each in BY_URL.values() if each["resourceType"] == "StructureDefinition"]
EVERY_STRUCTURE = pytest.mark.parametrize("profile", STRUCTURES, ids=lambda each: each["id"])


@pytest.mark.shared
@EVERY_STRUCTURE
def test_a_profile_narrows_elements_that_there_are(shared: Path, profile: Json) -> None:
    known = elements(shared / "data/definitions/r4")
    assert profile["fhirVersion"] == "4.0.1"
    for each in profile["differential"]["element"]:
        base = _base(known, each["path"])
        if "sliceName" not in each:
            assert each.get("min", base["min"]) >= base["min"]
            assert base["max"] == "*" or each.get("max", base["max"]) <= base["max"]
        assert {kind["code"] for kind in each.get("type", ())} <= {kind["code"] for kind in base.get("type", ())}
    assert [each["expression"] for each in profile.get("context", ()) if each["expression"] not in known] == []


def _base(known: dict[str, Json], path: str) -> Json:
    """The element of FHIR that a path leads to, through the types of those above it."""
    if path in known:
        return known[path]
    above, _, last = path.rpartition(".")
    return known[f"{_base(known, above)['type'][0]['code']}.{last}"]


@EVERY_STRUCTURE
def test_every_binding_and_profile_that_is_named_is_here(profile: Json) -> None:
    listed = profile["differential"]["element"]
    bound = [each["binding"]["valueSet"] for each in listed if "binding" in each]
    named = [url for each in listed for kind in each.get("type", ()) for url in kind.get("profile", ())]
    assert {*bound, *named} <= BY_URL.keys()
    assert all(each["id"].startswith(each["path"].split(".")[0]) for each in listed)


def test_every_value_set_holds_codes_and_is_bound() -> None:
    sets = {url for url, each in BY_URL.items() if each["resourceType"] == "ValueSet"}
    listed = chain.from_iterable(each["differential"]["element"] for each in STRUCTURES)
    assert {each["binding"]["valueSet"] for each in listed if "binding" in each} == sets
    assert all(codes(each) for each in sets)


# ------------------------------------------------------------------------------------ what is emitted is defined


@EVERY_RELEASE
def test_every_extension_that_is_emitted_keeps_to_its_definition(release: Release) -> None:
    found = [problem for each in emitted(release) for extension in each["extension"] for problem in broken(extension)]
    assert found == []


def test_every_subject_keeps_to_the_profile() -> None:
    assert [problem for each in emitted("R4") for problem in broken_subject(each)] == []
    assert [*broken_subject(RESOURCES["ResearchSubject-example-r4.json"])] == []


def test_what_a_run_writes_keeps_to_the_profile(tmp_path: Path) -> None:
    result = run(export(tmp_path / "in", mixed=[*LINES]))
    assert len(result.subjects) > 2
    assert [problem for each in result.subjects for problem in broken_subject(each)] == []


@EVERY_RELEASE
def test_every_url_that_is_emitted_is_defined(release: Release) -> None:
    profile = RESOURCES["StructureDefinition-prescreened-subject.json"]
    fixed = {each["fixedUri"] for each in profile["differential"]["element"] if "fixedUri" in each}
    texts = {each for subject in emitted(release) for each in _texts(subject) if each.startswith(BASE)}
    assert texts == {FINDING, SCREENING, SUBJECT_SYSTEM, STUDY_SYSTEM}
    assert texts <= EXTENSIONS | fixed


def _texts(node: object) -> set[str]:
    if isinstance(node, str):
        return {node}
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return set().union(*map(_texts, inner))


def test_nothing_is_defined_that_is_never_emitted() -> None:
    subjects = emitted("R4")
    assert urls(subjects) | urls([*MAPPINGS.values()]) == EXTENSIONS
    assert all(_parts_used(subjects, url) == parts(BY_URL[url]).keys() for url in (FINDING, SCREENING))
    systems = {url for url, each in BY_URL.items() if each["resourceType"] == "CodeSystem"}
    bound = {system for url, each in BY_URL.items() if each["resourceType"] == "ValueSet" for system, _ in codes(url)}
    assert systems == {system for system in bound if system.startswith(BASE)} | _own_systems()


def _parts_used(subjects: list[Json], url: str) -> set[str]:
    extensions = [each for subject in subjects for each in subject["extension"] if each["url"] == url]
    return {part["url"] for each in extensions for part in each["extension"]}


def _own_systems() -> set[str]:
    """The code systems of ours that the mappings use."""
    return {each for content in MAPPINGS.values() for each in _texts(content) if each.startswith(own("CodeSystem", ""))}


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_the_extensions_of_value_sets_keep_to_their_definitions(path: Path) -> None:
    found = list(_placed(MAPPINGS[path], MAPPINGS[path]["resourceType"]))
    assert [problem for _, extension in found for problem in broken(extension)] == []
    for place, extension in found:
        allowed = {each["expression"] for each in BY_URL[extension["url"]]["context"]}
        assert place.replace("exclude.concept", "include.concept") in allowed


def _placed(node: Any, place: str) -> list[tuple[str, Json]]:
    """Every extension with the path of the element that carries it."""
    if isinstance(node, list):
        return [found for each in node for found in _placed(each, place)]
    if not isinstance(node, dict):
        return []
    here = [(place, each) for each in node.get("extension", ())]
    below = {f"{place}.{key}": each for key, each in node.items() if key != "extension"}
    return here + [found for path, each in below.items() for found in _placed(each, path)]


# ------------------------------------------------------------------------------------ codes are those of the code


def listed(name: str) -> dict[str, str]:
    """Code and definition of every concept of a code system of ours."""
    content = BY_URL[own("CodeSystem", name)]
    assert content["count"] == len(content["concept"])
    return {each["code"]: each["definition"] for each in content["concept"]}


def test_the_reasons_are_those_of_the_code_with_their_sentences() -> None:
    assert list(listed("reason").items()) == [(each.code, each.sentence) for each in Reason]


ENUMS: list[tuple[str, list[str]]] = [
    ("outcome", [each.code for each in Outcome]),
    ("standing", [each.value for each in Standing]),
    ("signal", [each.value for each in Signal]),
    ("criterion-kind", list(get_args(get_type_hints(Criterion)["kind"]))),
    ("value-set-kind", sorted(builder.KINDS)),
    ("verification", sorted(builder.LEVELS)),
]


@pytest.mark.parametrize(("name", "expected"), ENUMS, ids=lambda each: each if isinstance(each, str) else "")
def test_the_codes_are_those_of_the_code(name: str, expected: list[str]) -> None:
    found = listed(name)
    assert sorted(found) == sorted(expected)
    assert all(found.values())
    assert codes(own("ValueSet", name)) == [(own("CodeSystem", name), code) for code in found]


def test_the_states_are_those_that_the_machine_owns() -> None:
    states = [("http://hl7.org/fhir/research-subject-status", each) for each in STATES.values()]
    assert codes(own("ValueSet", "machine-owned-states")) == states
    assert set(STATES) == set(Standing)


@pytest.mark.parametrize("name", ["local", "local-drug"])
def test_the_local_codes_are_those_of_the_mappings(name: str) -> None:
    content = BY_URL[own("CodeSystem", name)]
    defined = {each["code"]: each["display"] for each in content["concept"]}
    assert defined == _used(content["url"])
    assert content["count"] == len(defined)


def _used(system: str) -> dict[str, str]:
    """Every code of this system in value sets and concept maps, with its display."""
    found: dict[str, str] = {}
    for content in MAPPINGS.values():
        for part in ("include", "exclude"):
            groups = [each for each in content.get("compose", {}).get(part, ()) if each["system"] == system]
            found |= {each["code"]: each["display"] for group in groups for each in group["concept"]}
        for group in content.get("group", ()):
            targets = [each for e in group["element"] for each in e["target"]] if group["target"] == system else []
            found |= {each["code"]: each["display"] for each in targets}
    return found


# ------------------------------------------------------------------------------------ examples and the list of files


@pytest.mark.parametrize(("name", "release"), SHOWN.items())
def test_an_example_is_what_is_rendered_today(name: str, release: Release) -> None:
    assert RESOURCES[name] == shown(release), "write them again: .venv/bin/python -m tests.contracts.profiles"


def test_the_example_shows_every_part_there_is() -> None:
    assert all(_parts_used([shown("R4")], url) == parts(BY_URL[url]).keys() for url in (FINDING, SCREENING))


def test_the_readme_lists_every_file_and_no_other() -> None:
    rows = table((DIRECTORY / "README.md").read_text(encoding="utf-8"), "files:")
    assert [row[0].strip("`") for row in rows] == [each.name for each in FILES]


# ------------------------------------------------------------------------------------ the checks above can fail


def _finding(subject: Json) -> list[Json]:
    return next(each["extension"] for each in subject["extension"] if each["url"] == FINDING)


BROKEN: dict[str, Callable[[Json], object]] = {
    "a part that nobody defined": lambda s: _finding(s).append({"url": "colour", "valueString": "red"}),
    "a part too few": lambda s: _finding(s).pop(0),
    "a part too many": lambda s: _finding(s).append(dict(_finding(s)[0])),
    "a value of another type": lambda s: _finding(s)[0].update({"valueCode": "I1"}),
    "a code that nobody defined": lambda s: _finding(s)[2].update({"valueCode": "perhaps"}),
    "an extension that nobody defined": lambda s: s["extension"].append({"url": own("StructureDefinition", "x")}),
    "no finding": lambda s: s.update(extension=s["extension"][:1]),
    "a state that people set": lambda s: s.update(status="eligible"),
    "another system": lambda s: s["identifier"][0].update(system="urn:x"),
    "no study": lambda s: s["study"].pop("identifier"),
    "two identifiers": lambda s: s["identifier"].append(dict(s["identifier"][0])),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN.keys())
def test_what_does_not_keep_to_the_profile_is_seen(change: Callable[[Json], object]) -> None:
    subject = copy.deepcopy(shown("R4"))
    change(subject)
    assert [*broken_subject(subject)] != []


def test_a_wrong_binding_of_a_value_set_is_seen() -> None:
    kind = own("StructureDefinition", "kind")
    assert element(BY_URL[kind], "Extension.value[x]")["binding"]["strength"] == "required"
    assert [*broken({"url": kind, "valueCode": "colour"})] and not [*broken({"url": kind, "valueCode": "answer"})]
