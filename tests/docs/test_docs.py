"""The documents are tested like code: what they show is run, what they list is compared with the source."""

import inspect
import re
import shlex
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from service.cli import main
from service.cli.arguments import parser
from service.eligibility.outcome import Reason
from service.errors import PrescreenError
from service.screening.held_back import held_back
from tests.docs.markdown import DOCUMENTS, Command, File, anchors, links, missing, section, steps, table
from tests.quick import QUICK
from tests.shape.source import ROOT, name_of
from tests.shape.test_house import HOSTS, MACHINE_PATHS

COMMAND_LINE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
SEMANTICS = (ROOT / "docs" / "semantics.md").read_text(encoding="utf-8")
RUNNING_ON = ("serve", "worker")  # commands that end only when interrupted


@pytest.mark.parametrize("document", [each for each in DOCUMENTS if any(steps(each))], ids=name_of)
def test_what_a_document_shows_is_what_happens(
    document: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    if any(isinstance(step, Command) and "--engine spark" in step.words for step in steps(document)):
        request.getfixturevalue("pyspark")
        for name, value in QUICK.items():
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    for step in steps(document):
        if isinstance(step, File):
            path = tmp_path / step.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.content, encoding="utf-8")
        elif step.words.split()[0] not in RUNNING_ON or "--once" in step.words:
            with monkeypatch.context() as environment:
                for name, value in step.environment:
                    environment.setenv(name, value)
                _give(step, capsys)


def _give(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(shlex.split(command.words, comments=True))
    except SystemExit as end:
        status = int(end.code or 0)
    printed, complained = capsys.readouterr()
    assert status == 0, f"prescreen {command.words}\n{complained}"
    first = missing(command.shown, printed.splitlines())
    assert first is None, f"prescreen {command.words}\nshown, but not printed there: {first}\n\n{printed}"


@pytest.mark.parametrize(
    ("shown", "printed", "first"),
    [
        ((), "a b", None),
        (("a", "b"), "a b", None),
        (("a", "c"), "a b c", "c"),
        (("a", "…", "c"), "a b c", None),
        (("…", "b"), "a b c", None),
        (("…", "d"), "a b c", "d"),
        (("a…", "b"), "abc b", None),
        (("b",), "a b", "b"),
    ],
)
def test_shown_output_is_found_in_its_place(shown: tuple[str, ...], printed: str, first: str | None) -> None:
    assert missing(shown, printed.split()) == first


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_leads_somewhere(document: Path) -> None:
    lost = []
    for target in links(document.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        path = document.parent / name if name else document
        if "://" in target:
            continue
        if not path.exists() or (anchor and anchor not in anchors(path.read_text(encoding="utf-8"))):
            lost.append(target)
    assert lost == []


def test_the_readme_leads_to_every_document() -> None:
    linked = set(links((ROOT / "README.md").read_text(encoding="utf-8")))
    assert {name_of(each) for each in DOCUMENTS} - linked == {"README.md"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_a_document_names_no_place_that_its_reader_does_not_have(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert not HOSTS.search(text) and not MACHINE_PATHS.search(text) and "shared/" not in text


def test_the_reasons_are_those_of_the_code() -> None:
    assert table(SEMANTICS, "reasons:") == [[f"`{each.code}`", each.sentence] for each in Reason]


def test_the_reasons_for_holding_somebody_back_are_those_of_the_code() -> None:
    returned = re.findall(r'return "([a-z-]+)"', inspect.getsource(held_back))
    assert [row[0].strip("`") for row in table(SEMANTICS, "held back:")] == returned


def test_the_exit_statuses_are_those_of_the_errors() -> None:
    documented = {int(row[0]) for row in table(COMMAND_LINE, "exit statuses:")}
    assert documented == {0, 130} | {each.exit_status for each in _classes(PrescreenError)}


def _classes(top: type[PrescreenError]) -> Iterator[type[PrescreenError]]:
    yield top
    for each in top.__subclasses__():
        yield from _classes(each)


def _subcommands(command: ArgumentParser) -> dict[str, ArgumentParser]:
    found = [each for each in command._actions if isinstance(each, _SubParsersAction)]
    return dict(found[0].choices) if found else {}


def _options(command: ArgumentParser) -> dict[str, object]:
    """Every long option with its default, those of subcommands included."""
    own = {each.option_strings[-1]: each.default for each in command._actions if each.option_strings}
    for each in _subcommands(command).values():
        own |= _options(each)
    return {name: default for name, default in own.items() if name != "--help"}


@pytest.mark.parametrize("name", _subcommands(parser()))
def test_every_option_is_documented_and_no_other(name: str) -> None:
    text = section(COMMAND_LINE, f"## prescreen {name}")
    options = _options(_subcommands(parser())[name])
    assert set(re.findall(r"`(--[a-z-]+)`", text)) == set(options)
    said = [str(default) for default in options.values() if default not in (None, False)]
    assert [each for each in said if each not in text] == []


@pytest.mark.parametrize("name", [name for name, each in _subcommands(parser()).items() if _subcommands(each)])
def test_every_action_is_documented(name: str) -> None:
    text = section(COMMAND_LINE, f"## prescreen {name}")
    assert set(re.findall(rf"`prescreen {name} (\w+)", text)) == set(_subcommands(_subcommands(parser())[name]))


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make run` writes."""
    place = tmp_path_factory.mktemp("run")
    export, out = str(place / "export"), place / "result"
    assert main(["sample", "--patients", "200", "--seed", "7", "--out", export]) == 0
    arguments = ["--study", "igg4-rd-sirolimus", "--as-of", "2026-06-30", "--out", str(out), "--quiet"]
    assert main(["screen", export, *arguments]) == 0
    return out


def _paths(value: object, path: str = "") -> Iterator[str]:
    """The keys of a JSON value with those around them: `a`, `a.b`, `a[].b`."""
    if isinstance(value, dict):
        for name, inner in value.items():
            here = f"{path}.{name}" if path else name
            yield here
            yield from _paths(inner, here)
    elif isinstance(value, list):
        for each in value:
            yield from _paths(each, f"{path}[]")


def test_every_key_of_an_assessment_is_documented(result: Path) -> None:
    lines = (result / "assessments.ndjson").read_bytes().splitlines()
    written = {path for line in lines for path in _paths(orjson.loads(line))}
    schema = orjson.loads((ROOT / "mappings" / "schemas" / "assessment.schema.json").read_bytes())
    documented = {row[0].strip("`") for row in table(COMMAND_LINE, "keys of assessments.ndjson:")}
    assert documented == set(_allowed(schema, schema))
    # a mark that nobody in the sample needs, and what people say of records, who say nothing of a sample
    rest = {each for each in documented - written if not each.startswith("corrections")}
    assert rest <= {"findings[].notes"}


def _allowed(schema: dict[str, Any], root: dict[str, Any], path: str = "") -> Iterator[str]:
    """The keys that a JSON Schema allows, written as `_paths` writes them."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    for each in schema.get("oneOf", schema.get("anyOf", ())):
        yield from _allowed(each, root, path)
    for name, inner in schema.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        yield here
        yield from _allowed(inner, root, here)
    if "items" in schema:
        yield from _allowed(schema["items"], root, f"{path}[]")


def test_every_key_of_the_summary_is_documented(result: Path) -> None:
    summary = orjson.loads((result / "summary.json").read_bytes())
    rows = {row[0].strip("`"): row[1] for row in table(COMMAND_LINE, "keys of summary.json:")}
    assert list(rows) == list(summary)
    named = {each for name in ("input", "people") for each in summary[name]} | set(*summary["studies"].values())
    assert {each for each in named if f"`{each}`" not in " ".join(rows.values())} - {"standing", "signal"} == set()


def test_every_key_of_a_reject_is_documented(result: Path) -> None:
    text = section(COMMAND_LINE, "### A line of rejects.ndjson")
    lines = (result / "rejects.ndjson").read_bytes().splitlines()
    assert {each for line in lines for each in orjson.loads(line) if f"`{each}`" not in text} == set()


def test_every_file_that_is_written_is_documented(result: Path) -> None:
    text = section(COMMAND_LINE, "## What `screen` writes")
    assert [each.name for each in result.iterdir() if f"`{each.name}`" not in text] == []


def test_every_module_that_the_architecture_names_is_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:service|tests|mappings|profiles|screening|fhir|eligibility)/[\w./]*)`", text)
    assert len(named) > 20
    assert [each for each in named if not any((top / each).exists() for top in (ROOT, ROOT / "service"))] == []


def test_the_architecture_names_every_package() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    packages = {name_of(each.parent) for each in (ROOT / "service").glob("*/__init__.py")}
    assert {each for each in packages if f"`{each}`" not in text} == set()


def test_every_key_of_a_site_is_documented() -> None:
    schema = orjson.loads((ROOT / "mappings" / "schemas" / "site.schema.json").read_bytes())
    text = (ROOT / "docs" / "site.md").read_text(encoding="utf-8")
    assert [row[0].strip("`") for row in table(text, "keys of site.yaml:")] == list(schema["properties"])
