"""One study file: checked by the schema, then built; what is wrong is named all at once."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.catalog.documents import Document, Where, read_yaml, violations_at
from service.catalog.studies.nodes import node
from service.catalog.studies.reader import Content, Names, Reader
from service.eligibility.criteria import Criterion, Decision, Study
from service.errors import CatalogError


@dataclass(frozen=True, slots=True)
class StudyFile:
    """A study with the file that it was read from."""

    study: Study
    document: Document


def load_study(path: Path, schema: Path, names: Names) -> StudyFile:
    """The study of one file. Raises CatalogError with every problem found, each with file, line and path."""
    document = read_yaml(path)
    violated = violations_at(document, schema)
    reader = Reader(document, names, list(violated))
    study = _study(reader, document.content) if not violated else None
    if violated:
        _look_further(reader, document.content, frozenset(where[:2] for where, _ in violated))
    if study is None or reader.problems:
        ordered = sorted(reader.problems, key=lambda each: document.line(each[0]))
        raise CatalogError(dict.fromkeys(text for _, text in ordered))
    return StudyFile(study, document)


def _look_further(reader: Reader, content: Any, broken: frozenset[Where]) -> None:
    """Name the problems of those criteria, too, that the schema has nothing against."""
    for name in ("criteria", "entry"):
        parts = content.get(name) if isinstance(content, dict) else None
        if isinstance(parts, list) and (name,) not in broken:
            for at, each in enumerate(parts):
                if (name, at) not in broken:
                    node(reader, each, (name, at))


def _study(reader: Reader, content: Content) -> Study | None:
    if content["id"] != reader.document.path.parent.name:
        directory = reader.document.path.parent.name
        reader.problem(("id",), f"the id {content['id']!r} has to be the name of its directory, which is {directory!r}")
    _each_id_once(reader, content["criteria"])
    criteria = tuple(_criterion(reader, each, ("criteria", at)) for at, each in enumerate(content["criteria"]))
    entry = tuple(node(reader, each, ("entry", at)) for at, each in enumerate(content["entry"]))
    if reader.problems:
        return None
    return Study(
        id=content["id"],
        version=content["version"],
        title=_line(content["title"]),
        criteria=criteria,
        entry=entry,
        identifiers=tuple((each["system"], each["value"]) for each in content.get("identifiers", ())),
        sponsor=content.get("sponsor"),
        source=content.get("source", ""),
        short_name=content.get("short_name"),
        co_enrolment=content.get("co_enrolment", "allowed"),
        contact_approval=content.get("contact_approval"),
    )


def _each_id_once(reader: Reader, criteria: list[Content]) -> None:
    times = Counter(each["id"] for each in criteria)
    for at, each in enumerate(criteria):
        if times[each["id"]] > 1:
            reader.problem(("criteria", at, "id"), f"the id {each['id']!r} is used by {times[each['id']]} criteria")


def _criterion(reader: Reader, content: Content, where: Where) -> Criterion:
    return Criterion(
        id=content["id"],
        kind=content["kind"],
        text=_line(content["text"]),
        node=node(reader, content, where),
        decisions=tuple(_decision(each) for each in content.get("decisions", ())),
        settled_at=content.get("settled_at"),
    )


def _decision(content: Content) -> Decision:
    return Decision(_line(content["question"]), _line(content["reading"]), _line(content["reason"]))


def _line(text: Any) -> str:
    return " ".join(str(text).split())
