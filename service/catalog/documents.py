"""YAML and JSON files with the line of everything in them, checked against a JSON Schema: every problem at once.

YAML here has fewer surprises than usual: only `true`, `false`, `null`, and numbers are not texts; numbers keep their
decimals exactly; a key that stands twice, an anchor or an alias is refused.
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from service.errors import CatalogError

Where = tuple[str | int, ...]
MOST_LISTED = 25  # known words in one message


# libyaml where it is built in, as in all wheels of PyYAML: several times faster, and the same nodes.
FASTEST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(FASTEST):  # type: ignore[misc]  # a class chosen at run time
    """Composes nodes; what a plain scalar means is decided in `_scalar`."""


_Loader.yaml_implicit_resolvers = {}


@dataclass(frozen=True, slots=True)
class Document:
    """The content of one file, and the line (from 1) of every path in it."""

    path: Path
    content: Any
    lines: Mapping[Where, int]

    def at(self, where: Where) -> str:
        """`file:line (path)`."""
        name = "/".join(self.path.parts[-2:])
        return f"{name}:{self.line(where)}{f' ({dotted(where)})' if where else ''}"

    def line(self, where: Where) -> int:
        """The line of that path, or of the nearest thing around it that has one."""
        for length in range(len(where), 0, -1):
            if where[:length] in self.lines:
                return self.lines[where[:length]]
        return 1


def dotted(where: Where) -> str:
    """A path as people write it: `criteria[3].medication.codes`."""
    text = ""
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text


def read_yaml(path: Path) -> Document:
    """Read a YAML file. Raises CatalogError naming the file and line of what is wrong."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), _Loader)
    except FileNotFoundError as error:
        raise CatalogError([f"{path.name}: there is no such file"]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError([f"{path.name}: cannot be read as UTF-8 text ({type(error).__name__})"]) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise CatalogError([f"{path.name}:{line}: not YAML: {getattr(error, 'problem', error)}"]) from error
    lines: dict[Where, int] = {}
    problems: list[str] = []
    seen: set[int] = set()
    content = _value(root, (), lines, problems, seen, path.name) if root is not None else None
    if problems:
        raise CatalogError(problems)
    return Document(path, content, lines)


def _value(
    node: yaml.Node, where: Where, lines: dict[Where, int], problems: list[str], seen: set[int], name: str
) -> Any:
    lines.setdefault(where, node.start_mark.line + 1)
    if id(node) in seen:
        problems.append(f"{name}:{node.start_mark.line + 1}: an alias; write it out, so that it can be read on its own")
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in found:
                problems.append(f"{name}:{line}: the key {key.value!r} stands twice; keep one")
            lines[(*where, key.value)] = line
            found[key.value] = _value(value, (*where, key.value), lines, problems, seen, name)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(each, (*where, i), lines, problems, seen, name) for i, each in enumerate(node.value)]
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    text = str(node.value)
    if getattr(node, "style", None):  # quoted, or a block: a text, whatever it looks like
        return text
    if text in ("true", "false"):
        return text == "true"
    if text in ("", "null", "~"):
        return None
    if re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    return Decimal(text) if re.fullmatch(r"-?[0-9]+\.[0-9]+", text) else text


@cache
def _validator(schema: Path) -> Any:
    """jsonschema's own way of finding unknown keys goes through what is nested twice at each depth."""
    root = json.loads(schema.read_text(encoding="utf-8"))

    def unknown(validator: Any, _: bool, found: Any, part: Any) -> Iterator[ValidationError]:
        """`unevaluatedProperties: false`, the only form of it in our schemas."""
        if validator.is_type(found, "object") and not found.keys() <= set(_known(part, root)):
            yield ValidationError("there are unknown keys")

    return extend(Draft202012Validator, {"unevaluatedProperties": unknown})(root)  # type: ignore[no-untyped-call]


def violations(document: Document, schema: Path) -> list[str]:
    """What in the document the schema does not allow, each with file, line, path, and what to write instead."""
    return [text for _, text in violations_at(document, schema)]


def violations_at(document: Document, schema: Path) -> list[tuple[Where, str]]:
    """The same, each with the path of what is wrong, in the order of the lines."""
    validator = _validator(schema)
    found = dict.fromkeys(
        (tuple(error.absolute_path), text)
        for error in validator.iter_errors(document.content)
        for text in _explained(document, error, validator.schema)
    )
    return sorted(found, key=lambda each: (document.line(each[0]), each[1]))


def _explained(document: Document, error: ValidationError, root: Any) -> Iterator[str]:
    """One violation in words; where there are several unknown keys, one sentence each."""
    where = tuple(error.absolute_path)
    wanted: Any = error.validator_value
    schema: Any = error.schema
    found: Any = error.instance
    if error.validator in ("additionalProperties", "unevaluatedProperties"):
        known = sorted(_known(schema, root))
        for key in found:
            if key not in known:
                yield f"{document.at((*where, key))}: unknown key {key!r}{did_you_mean(key, known)}"
    elif error.validator == "required":
        missing = [key for key in wanted if key not in found]
        yield f"{document.at(where)}: {', '.join(missing)} is missing"
    elif error.validator == "enum":
        allowed = [str(each) for each in wanted]
        yield f"{document.at(where)}: {found!r} is none of {', '.join(allowed)}{did_you_mean(found, allowed)}"
    elif error.validator == "pattern":
        yield f"{document.at(where)}: {found!r} is not understood. {schema.get('description', wanted)}"
    elif error.validator == "type":
        types = wanted if isinstance(wanted, str) else " or ".join(wanted)
        yield f"{document.at(where)}: this has to be of type {types}, it is {found!r}"
    else:
        yield f"{document.at(where)}: {error.message}"


def _known(schema: Any, root: Any) -> Iterator[str]:
    """Every key that an object may have, those of the schemas it is composed of included."""
    yield from schema.get("properties", {})
    for part in schema.get("allOf", ()):
        yield from root["$defs"][part["$ref"].rsplit("/", 1)[1]].get("properties", {})


def did_you_mean(word: object, known: list[str]) -> str:
    """`; did you mean 'codes'?`, or what there is if no known word is near, or nothing if that is too much to list."""
    near = difflib.get_close_matches(str(word), known, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; there are: {', '.join(known)}" if len(known) < MOST_LISTED else ""
