"""Assessments as tables: one row per person and study, and one row per answer, the same columns for every study. Pure.

What they are read from is the line of assessments.ndjson, which has everything.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

Line = Mapping[str, Any]
Cell = str | int | float | bool | date | None


class Column(NamedTuple):
    """A column: its name, and the kind of its cells."""

    name: str
    kind: type


KEY = (Column("patient", str), Column("study", str), Column("study_version", str), Column("screening_date", date))
ASSESSMENTS = (
    *KEY,
    *(Column("standing", str), Column("signal", str), Column("unresolved", int), Column("later", date)),
    *(Column("next_change", date), Column("next_change_criterion", str), Column("next_change_to", str)),
    *(Column("kept_out_by", str), Column("met", str), Column("not_met", str), Column("unknown", str)),
    Column("would_settle", str),
)
FINDINGS = (
    *KEY,
    *(Column("criterion", str), Column("kind", str), Column("outcome", str), Column("reasons", str)),
    *(Column("open_item", bool), Column("sentence", str), Column("records", str)),
    *(Column("dose_least", float), Column("dose_most", float), Column("dose_unit", str), Column("dose_day", date)),
    *(Column("assumptions", str), Column("would_settle", str)),
)
TABLES: Mapping[str, tuple[Column, ...]] = {"assessments": ASSESSMENTS, "findings": FINDINGS}


def rows_of(line: Line) -> dict[str, list[tuple[Cell, ...]]]:
    """The rows of each table that one assessment gives."""
    return {"assessments": [_assessment(line)], "findings": [_finding(line, each) for each in line["findings"]]}


def _key(line: Line) -> tuple[Cell, ...]:
    return line["patient"], line["study"], line["study_version"], _day(line["screening_date"])


def _assessment(line: Line) -> tuple[Cell, ...]:
    change = line["next_change"] or {}
    findings = line["findings"]
    return (
        *_key(line),
        *(line["standing"], line["signal"], line["unresolved"], _day(line["later"])),
        *(_day(change.get("date")), change.get("criterion"), change.get("outcome")),
        _listed(each["criterion"] for each in findings if _keeps_out(each)),
        *(_listed(_with(findings, outcome)) for outcome in ("met", "not_met", "unknown")),
        _listed(f"{each['criterion']}: {each['data']}" for each in line["settle"]),
    )


def _finding(line: Line, finding: Line) -> tuple[Cell, ...]:
    name, computed = finding["criterion"], finding["computed"] or {}
    return (
        *_key(line),
        *(name, finding["kind"], finding["outcome"], _listed(finding["reasons"])),
        *(finding["open_item"], finding["sentence"]),
        _listed(dict.fromkeys((*(each["reference"] for each in finding["evidence"]), *computed.get("records", ())))),
        *(computed.get("least"), computed.get("most"), computed.get("unit"), _day(computed.get("day"))),
        _listed(each["assumption"] for each in line["assumptions"] if each["criterion"] == name),
        _listed(each["data"] for each in line["settle"] if each["criterion"] == name),
    )


def _keeps_out(finding: Line) -> bool:
    return bool(finding["outcome"] == ("not_met" if finding["kind"] == "inclusion" else "met"))


def _with(findings: Iterable[Line], outcome: str) -> Iterator[str]:
    return (each["criterion"] for each in findings if each["outcome"] == outcome)


def _listed(parts: Iterable[str]) -> str:
    return "; ".join(parts)


def _day(written: str | None) -> date | None:
    return None if written is None else date.fromisoformat(written)
