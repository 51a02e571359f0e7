"""What the documents show, taken apart: commands with their output, files, tables, sections, links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.shape.source import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w+)?[ ]*(\S+)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROMPT = re.compile(r"^\$ (?P<set>(?:[A-Z_]+=\S+ )*)prescreen ", re.MULTILINE)
ANYTHING = "…"


@dataclass(frozen=True)
class Command:
    """A command that a document shows, with the lines of output below it (none: the output is not shown).

    `environment`: the variables that are set for it, before its name.
    """

    words: str
    shown: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class File:
    """A file that a document shows whole: a fenced block whose first line names it."""

    name: str
    content: str


def steps(path: Path) -> Iterator[Command | File]:
    """What a reader of the document would do, in order: write the files shown, give the commands shown."""
    for language, name, content in FENCE.findall(path.read_text(encoding="utf-8")):
        if name:
            yield File(name, content)
        elif language in ("console", "sh"):
            yield from _commands(content)


def _commands(block: str) -> Iterator[Command]:
    prompts = list(PROMPT.finditer(block))
    ends = [*(each.start() for each in prompts[1:]), len(block)]
    for prompt, end in zip(prompts, ends, strict=False):  # a block may hold none
        first, *shown = block[prompt.end() : end].rstrip("\n").split("\n")
        variables = (each.partition("=") for each in prompt["set"].split())
        yield Command(first, tuple(shown), tuple((name, value) for name, _, value in variables))


def agrees(shown: str, line: str) -> bool:
    """Is this the line that was shown? Dots within stand for anything, space at its end does not matter."""
    pattern = ".*".join(re.escape(part) for part in shown.rstrip().split(ANYTHING))
    return re.fullmatch(pattern, line.rstrip()) is not None


def missing(shown: tuple[str, ...], printed: list[str]) -> str | None:
    """The first line shown that does not come where it should; a line of dots alone passes over any number of lines."""
    at, skipping = 0, False
    for line in shown:
        if line.strip() == ANYTHING:
            skipping = True
            continue
        found = next((n for n in range(at, len(printed)) if agrees(line, printed[n])), None)
        if found is None or (found != at and not skipping):
            return line
        at, skipping = found + 1, False
    return None


def section(text: str, heading: str) -> str:
    """The text below a heading, up to the next of its level."""
    level = heading.split()[0]
    return re.split(rf"^{level} ", text.split(f"\n{heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def table(text: str, name: str) -> list[list[str]]:
    """The rows, without head, of the table between the comments `name: …` and `end of …`."""
    block = text.split(f"<!-- {name}", 1)[1].split("<!-- end of", 1)[0]
    rows = [line.strip("| ").split(" | ") for line in block.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def links(text: str) -> list[str]:
    """The targets of all links, those in code left out."""
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", FENCE.sub("", text)))


def anchors(text: str) -> set[str]:
    """What one can link to in a document: its headings, as the forges name them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}
