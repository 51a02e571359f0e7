"""The document as tables for a spreadsheet: the funnel, costs, moved bounds, days. Pure.

Each count stands in two columns, from and to; where it is exact, both say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from service.screening.spreadsheet import BOM, row_of

Json = Mapping[str, Any]
Table = tuple[str, Sequence[str], Iterator[tuple[object, ...]]]
ENDS = ("from", "to")
STUDY = ("study", "version")


def tables_of(document: Json) -> Iterator[tuple[str, str]]:
    """Each table with its name."""
    studies = document["studies"]
    how = "exact" if document["counts"] == "exact" else f"bands of {document['band']}"
    for name, columns, rows in _tables(document, studies):
        yield name, _table(("counts", *columns), ((how, *row) for row in rows))


def _tables(document: Json, studies: Sequence[Json]) -> Iterator[Table]:
    yield "people", ("what", *_columns("people")), _people(document)
    yield "funnel", (*STUDY, "step", "kind", "text", *_reach_columns("")), _funnel(studies)
    yield "costs", (*STUDY, "criterion", *_reach_columns("kept out "), *_columns("undecided")), _costs(studies)
    yield "moves", MOVES, _moves(studies)
    if any(each["days"] for each in studies):
        yield "over-time", (*STUDY, "day", *DAYS), _days(studies)


def _reach_columns(of: str) -> tuple[str, ...]:
    return (*_columns(f"{of}surely"), *_columns(f"{of}at most"))


def _columns(of: str) -> tuple[str, ...]:
    return tuple(f"{of} {end}" for end in ENDS)


MOVES = (
    *(*STUDY, "criterion", "bound", "what", "now", "then"),
    *_reach_columns("let in "),
    *_reach_columns("lost "),
    *_columns("settled"),
    *_columns("unsettled"),
)
DAYS = (*_reach_columns("people "), *_reach_columns("signal "), *_reach_columns("left "))


def _table(columns: Sequence[str], rows: Iterator[tuple[object, ...]]) -> str:
    lines = (row_of("" if each is None else str(each) for each in row) for row in rows)
    return BOM + row_of(columns) + "".join(lines)


def _count(told: Json) -> tuple[int, int]:
    return told["from"], told["to"]


def _reach(told: Json) -> tuple[int, ...]:
    return (*_count(told["surely"]), *_count(told["at_most"]))


def _people(document: Json) -> Iterator[tuple[object, ...]]:
    for name, told in document["people"].items():
        if name == "held_back":
            yield from ((f"held back: {reason}", *_count(each)) for reason, each in told.items())
        else:
            yield name.replace("_", " "), *_count(told)


def _funnel(studies: Sequence[Json]) -> Iterator[tuple[object, ...]]:
    for study in studies:
        for each in study["funnel"]:
            yield *_of(study), each["step"], each["kind"], each["text"], *_reach(each)


def _costs(studies: Sequence[Json]) -> Iterator[tuple[object, ...]]:
    for study in studies:
        for each in study["costs"]:
            yield *_of(study), each["criterion"], *_reach(each["kept_out"]), *_count(each["undecided"])


def _moves(studies: Sequence[Json]) -> Iterator[tuple[object, ...]]:
    for study in studies:
        for each in study["moves"]:
            said = tuple(each[name] for name in ("criterion", "bound", "what", "now", "then"))
            counts = (
                *_reach(each["gained"]),
                *_reach(each["lost"]),
                *_count(each["settled"]),
                *_count(each["unsettled"]),
            )
            yield *_of(study), *said, *counts


def _days(studies: Sequence[Json]) -> Iterator[tuple[object, ...]]:
    for study in studies:
        for each in study["days"]:
            yield *_of(study), each["day"], *_reach(each["people"]), *_reach(each["signal"]), *_reach(each["left"])


def _of(study: Json) -> tuple[str, str]:
    return study["study"], study["study_version"]
