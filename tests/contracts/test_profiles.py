"""profiles/: sound FHIR, and neither more nor less than what the service emits."""

import copy
import gzip
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
from service.fhir.adapt import SUPPORTED
from service.fhir.capability import capability_instance
from service.fhir.own import ACCOUNT_SYSTEM, ORIGIN, SOFTWARE_SYSTEM
from service.fhir.publication import HERE
from service.fhir.subject import BASE, FINDING, SCREENING, STATES, STUDY_SYSTEM, SUBJECT_SYSTEM, Release, render_subject
from tests.contracts.examples import EXAMPLES, PHRASES
from tests.contracts.official import elements, official
from tests.contracts.profiles import (
    BY_URL,
    DIRECTORY,
    FILES,
    PROFILES,
    RESOURCES,
    SHOWN,
    Json,
    broken,
    broken_resource,
    broken_subject,
    codes,
    element,
    example,
    parts,
    shown,
    taken_over,
    urls,
    written,
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
    return [*json.loads(json.dumps(every)), shown(release), taken_over(release)]


@EVERY_FILE
def test_a_profile_is_named_for_what_it_is(name: str) -> None:
    content = RESOURCES[name]
    kind, _, identity = name.removesuffix(".json").partition("-")
    assert content["resourceType"] == kind
    if name not in SHOWN:
        assert (content["id"], content["url"]) == (identity, own(kind, identity))
        assert len(content["description"]) > 15
        assert kind == "SearchParameter" or content["title"]  # R4 knows no title of one


def test_no_two_definitions_share_a_url_or_a_name() -> None:
    sets = [each["url"] for each in MAPPINGS.values()]
    assert len(BY_URL.keys() | sets) == len(FILES) - len(SHOWN) + len(sets)
    names = [(each["resourceType"], each.get("name", each["id"])) for each in BY_URL.values()]
    assert len(set(names)) == len(names)


def releases(name: str) -> tuple[Release, ...]:
    """Those of which a file is: R4, but for examples of R5 and for topics, which R4 does not have."""
    return ("R4B", "R5") if name.startswith("SubscriptionTopic") else (SHOWN.get(name, "R4"),)


@EVERY_FILE
def test_fhir_resources_accepts_it(name: str) -> None:
    content = RESOURCES[name]
    kind = content["resourceType"]
    for release in releases(name):
        package = "" if release == "R5" else ".R4B"
        model = getattr(import_module(f"fhir.resources{package}.{kind.lower()}"), kind)
        assert json.loads(model.model_validate(content).model_dump_json()) == content


@pytest.mark.shared
@EVERY_FILE
def test_the_official_schema_accepts_it(shared: Path, name: str) -> None:
    for release in releases(name):
        validator = official(shared / "data/definitions" / release.lower(), RESOURCES[name]["resourceType"])
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


@EVERY_RELEASE
def test_what_is_written_beside_the_subject_is_defined(release: Release) -> None:
    made = written(release)
    fixed = {
        each["fixedUri"] for profile in STRUCTURES for each in profile["differential"]["element"] if "fixedUri" in each
    }
    texts = {each for resource in made.values() for each in _texts(resource) if each.startswith(f"{BASE}/")}
    assert texts <= BY_URL.keys() | fixed | {SUBJECT_SYSTEM, SOFTWARE_SYSTEM, ACCOUNT_SYSTEM}
    claimed = {kind: each["meta"].get("profile") for kind, each in made.items()}
    if release != "R5":  # a Flag and a Task may become a person's, who need not keep to ours
        unclaimed = {"Flag": None, "Task": None}
        assert claimed == {kind: [url] for kind, url in PROFILES.items()} | unclaimed
        assert [found for kind, url in PROFILES.items() for found in broken_resource(made[kind], BY_URL[url])] == []
    else:
        assert set(claimed.values()) == {None}


def test_nothing_is_defined_that_is_never_emitted() -> None:
    subjects = emitted("R4")
    assert urls(subjects) | urls([*written("R4").values()]) | urls([*MAPPINGS.values()]) == EXTENSIONS
    assert all(_parts_used(subjects, url) == parts(BY_URL[url]).keys() for url in (FINDING, SCREENING))
    systems = {url for url, each in BY_URL.items() if each["resourceType"] == "CodeSystem"}
    bound = {system for url, each in BY_URL.items() if each["resourceType"] == "ValueSet" for system, _ in codes(url)}
    assert systems == {system for system in bound if system.startswith(BASE)} | _own_systems() | {ORIGIN["system"]}


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


@pytest.mark.parametrize("name", SHOWN)
def test_an_example_is_what_is_rendered_today(name: str) -> None:
    assert RESOURCES[name] == example(name), "write them again: .venv/bin/python -m tests.contracts.profiles"


def test_the_example_shows_every_part_there_is() -> None:
    """But for the one that says that a person has taken over."""
    assert _parts_used([shown("R4")], FINDING) == parts(BY_URL[FINDING]).keys()
    assert _parts_used([shown("R4")], SCREENING) == parts(BY_URL[SCREENING]).keys() - {"stateSetByPerson"}


def test_the_readme_lists_every_file_and_no_other() -> None:
    rows = table((DIRECTORY / "README.md").read_text(encoding="utf-8"), "files:")
    assert [row[0].strip("`") for row in rows] == [each.name for each in FILES]


# ------------------------------------------------------------------------------------ topic and capabilities

TOPIC = RESOURCES["SubscriptionTopic-prescreening.json"]
CAPABILITIES = RESOURCES["CapabilityStatement-prescreen.json"]


def test_the_topic_tells_of_every_type_that_is_read() -> None:
    told = {each["resource"].rpartition("/")[2]: each for each in TOPIC["resourceTrigger"]}
    assert told.keys() == SUPPORTED | {"Patient"}
    assert all({"create", "update"} <= set(each["supportedInteraction"]) for each in told.values())
    shapes = [each["resource"] for each in TOPIC["notificationShape"]]
    assert shapes == list(told) and {each["resource"] for each in TOPIC["canFilterBy"]} == SUPPORTED


def test_the_topic_tells_of_corrections_and_withdrawals() -> None:
    """Whatever has criteria lets a result that was amended or entered in error through."""
    for each in TOPIC["resourceTrigger"]:
        criteria = each.get("queryCriteria", {}).get("current", "status=entered-in-error")
        assert "entered-in-error" in criteria
        assert each.get("queryCriteria", {}).get("resultForDelete", "test-passes") == "test-passes"
    (results,) = (each for each in TOPIC["resourceTrigger"] if each["resource"].endswith("/Observation"))
    assert {"final", "amended", "corrected"} <= set(results["queryCriteria"]["current"].partition("=")[2].split(","))


@pytest.mark.shared
def test_the_topic_filters_by_search_parameters_that_there_are(shared: Path) -> None:
    path = shared / "data/definitions/r4/search-parameters.json.gz"
    listed = [each["resource"] for each in json.loads(gzip.decompress(path.read_bytes()))["entry"]]
    known = {(base, each["code"]) for each in listed for base in each["base"]}
    filters = {(each["resource"], each["filterParameter"]) for each in TOPIC["canFilterBy"]}
    asked = {
        (each["type"], parameter["name"])
        for each in CAPABILITIES["rest"][0]["resource"]
        for parameter in each.get("searchParam", ())
        if not parameter["name"].startswith("_")
    }
    assert (filters | asked) - known == set()


def test_the_capabilities_are_those_of_the_code() -> None:
    client, server = CAPABILITIES["rest"]
    does = {each["type"]: {found["code"] for found in each["interaction"]} for each in client["resource"]}
    assert {kind for kind, each in does.items() if each == {"read", "search-type"}} == SUPPORTED | {
        "Patient",
        "Medication",
    }
    assert {kind for kind, each in does.items() if each & {"create", "update"}} == HERE - {"Device"} | {"Subscription"}
    profiles = {kind: [url] for kind, url in PROFILES.items()} | {
        "ResearchSubject": [own("StructureDefinition", "prescreened-subject")]
    }
    assert {
        each["type"]: each["supportedProfile"] for each in client["resource"] if "supportedProfile" in each
    } == profiles
    assert (client["mode"], server["mode"], server.get("resource")) == ("client", "server", None)


@pytest.mark.shared
def test_an_installation_answers_with_a_valid_instance(shared: Path) -> None:
    found = capability_instance(CAPABILITIES, "https://prescreen.example/fhir", "0.1.0", "2026-06-30")
    validator = official(shared / "data/definitions/r4", "CapabilityStatement")
    assert [error.message for error in validator.iter_errors(found)] == []
    assert (found["kind"], found["implementation"]["url"]) == ("instance", "https://prescreen.example/fhir")  # type: ignore[index]
    assert found["software"] == {"name": "fhir-prescreen", "version": "0.1.0"} and found["rest"] == CAPABILITIES["rest"]


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


WRONG: list[tuple[str, Callable[[Json], object]]] = [
    ("ResearchStudy", lambda r: r.pop("description")),
    ("ResearchStudy", lambda r: r.pop("extension")),
    ("ResearchStudy", lambda r: r["identifier"][0].pop("system")),
    ("Provenance", lambda r: r.pop("occurredDateTime")),
    ("Provenance", lambda r: r["target"].append(r["target"][0])),
    ("Provenance", lambda r: r["entity"][1].update(extension=r["entity"][0]["extension"])),
    ("List", lambda r: r["identifier"][0].update(system="urn:x")),
    ("List", lambda r: r["entry"][0].pop("date")),
    ("List", lambda r: r["entry"][0].update(deleted=True)),
    ("Flag", lambda r: r["period"].pop("start")),
    ("Task", lambda r: r.pop("focus")),
]


@pytest.mark.parametrize(("kind", "change"), WRONG)
def test_what_does_not_keep_to_another_profile_is_seen(kind: str, change: Callable[[Json], object]) -> None:
    resource = copy.deepcopy(written("R4")[kind])
    change(resource)
    assert [*broken_resource(resource, BY_URL[PROFILES[kind]])] != []


def test_a_wrong_binding_of_a_value_set_is_seen() -> None:
    kind = own("StructureDefinition", "kind")
    assert element(BY_URL[kind], "Extension.value[x]")["binding"]["strength"] == "required"
    assert [*broken({"url": kind, "valueCode": "colour"})] and not [*broken({"url": kind, "valueCode": "answer"})]
