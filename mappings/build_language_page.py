"""Build docs/criteria-language.md from schemas/study.schema.json, so that the page and the language cannot differ.

python mappings/build_language_page.py            write the page
python mappings/build_language_page.py --check    exit 1 where the committed page differs
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
SCHEMA = HERE / "schemas" / "study.schema.json"
PAGE = HERE.parent / "docs" / "criteria-language.md"
Json = Mapping[str, Any]

INTRO = """\
# The criteria language

Everything that `study.yaml` can say. This page is generated from
[mappings/schemas/study.schema.json](../mappings/schemas/study.schema.json), which also checks the files;
`python mappings/build_language_page.py` writes it anew. [add-a-study.md](add-a-study.md) shows how a study is made,
[semantics.md](semantics.md) what the answers mean.

The YAML is plain: `true`, `false` and `null` are what they look like, numbers keep their decimals, and everything else
is a text. There are no anchors and no expressions. A misspelled key, an unknown value set or an impossible range is
named with file, line and path, all of them at once: `prescreen study check`.

In the tables a key in bold has to be there; the others may be left out. What cannot be said at all stands in
[criteria-language-limits.md](criteria-language-limits.md).
"""
# The order of the page: title, what to say before, and the definitions that follow.
CHAPTERS = (
    (
        "Characteristics",
        "A characteristic asks one thing of the record. Its codes are [value sets](add-a-study.md#2-name-the-codes).",
        (
            "condition",
            "medication",
            "observation",
            "procedure",
            "allergy",
            "adverse_event",
            "immunization",
            "encounter",
            "consent",
            "age",
            "pregnancy",
            "breast_feeding",
        ),
    ),
    (
        "Parts of characteristics",
        "",
        (
            "look_back",
            "anchor",
            "which",
            "value",
            "daily_dose",
            "cumulative_dose",
            "throughout",
            "unchanged_dose",
            "courses",
            "depot",
            "if_absent",
            "duration",
            "codes",
            "excluding",
            "times",
        ),
    ),
)
PLAIN = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}


def page(schema: Json) -> str:
    """The whole page as Markdown, ending in a newline."""
    defs = schema["$defs"]
    parts = [INTRO, "## A study", *_table(schema, defs), "## A criterion", str(defs["criterion"]["description"])]
    parts += _table(defs["criterion"], defs)
    parts += ["To these keys comes exactly one node.", "## Nodes", str(defs["node"]["description"])]
    parts += [*_table(defs["node"], defs), *_examples(defs["node"])]
    parts += ["### decision", defs["decision"]["description"], *_table(defs["decision"], defs)]
    parts += ["### tier", defs["tier"]["description"], *_table(defs["tier"], defs)]
    for title, before, names in CHAPTERS:
        parts += [f"## {title}", *([before] if before else [])]
        for name in names:
            parts += [f"### {name}", defs[name]["description"], *_table(defs[name], defs), *_examples(defs[name])]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _table(definition: Json, defs: Json) -> Sequence[str]:
    """The keys of an object: key, what may stand there, what it means; those that have to be there in bold."""
    properties = definition.get("properties", {})
    if not properties:
        return ()
    required = set(definition.get("required", ()))
    rows = ["| key | what stands there | meaning |", "| --- | --- | --- |"]
    for key, each in properties.items():
        mark = "**" if key in required else ""
        meaning = each.get("description") or defs[each["$ref"].rsplit("/", 1)[1]]["description"]
        rows.append(f"| {mark}`{key}`{mark} | {_kind(each)} | {_cell(meaning)} |")
    return ["\n".join(rows)]


def _kind(definition: Json) -> str:
    if "$ref" in definition:
        name = definition["$ref"].rsplit("/", 1)[1]
        shown = {"plain_node": "node", "node": "node"}.get(name, name)
        return f"[{shown}](#{'nodes' if shown == 'node' else 'a-criterion' if shown == 'criterion' else shown})"
    if "enum" in definition:
        return ", ".join(f"`{each}`" for each in definition["enum"])
    if "const" in definition:
        return f"`{json.dumps(definition['const'])}`"
    kinds = definition.get("type", "object")
    words = [_one_kind(each, definition) for each in ([kinds] if isinstance(kinds, str) else kinds)]
    return " or ".join(words)


def _one_kind(kind: str, definition: Json) -> str:
    if kind == "array":
        return f"a list of {_kind(definition['items'])}"
    if kind == "object":
        keys = definition.get("properties", {})
        return "an object" + (f" with {', '.join(f'`{each}`' for each in keys)}" if keys else "")
    return PLAIN[kind]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _examples(definition: Json) -> Iterator[str]:
    for example in definition.get("examples", ()):
        yield f"```yaml\n{yaml.safe_dump(example, sort_keys=False, default_flow_style=None, width=1000).rstrip()}\n```"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the page; 0 when all is well, 1 on drift."""
    parser = argparse.ArgumentParser(description="Build the page on the criteria language from its schema.")
    parser.add_argument("--check", action="store_true", help="write nothing, report a difference")
    options = parser.parse_args(arguments)
    text = page(json.loads(SCHEMA.read_text(encoding="utf-8")))
    if not options.check:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        print("docs/criteria-language.md differs from its schema; run build_language_page.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
