"""A worklist of any size, drawn from the assessments of the invented population: the same seed gives the same rows."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import insert, text

from service.catalog.load import Catalog
from service.screening.decisions.decided import NOTHING
from service.screening.population import screen
from service.screening.request import Progress, Request
from service.screening.sample import write_sample
from service.screening.sources import find_sources
from service.screening.worklist.place import RANKS, against_in, missing_in, place_of, summary_of
from service.store.engine import Store
from service.store.people import searchable
from service.store.tables import assessments, current, people, worklist

PATIENTS, SEED, AT_ONCE = 200, 7, 2_000
WHOLE_LINES = 2_500  # of so many people the line is kept as it is; of the others, what a count reads of it
AT = date(2026, 6, 30)
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)
READ = ("study_version", "signal", "standing", "later", "unresolved", "next_change", "screening_date")
READ_OF_FINDING = ("criterion", "kind", "outcome", "reasons", "open_item")
NAMES = ("Adler", "Brandt", "Chen", "Diaz", "Engel", "Fischer", "Gruber", "Huber", "Ivanova", "Jung", "Koch", "Li")
Row = dict[str, Any]


def drawn_from(catalog: Catalog, study: str, place: Path) -> list[Row]:
    """The assessments of the invented population in this study, of those with a signal."""
    write_sample(place / "export", PATIENTS, SEED)
    request = Request(find_sources([place / "export"]), (catalog.studies[study],), AT)
    screen(catalog, request, place / "out", Progress())
    lines = (orjson.loads(each) for each in (place / "out" / "assessments.ndjson").read_bytes().splitlines())
    return [each for each in lines if place_of(each, NOTHING) is not None]


def build(store: Store, tenant: str, study: str, lines: list[Row], size: int, first: int = 1) -> None:
    """So many people with an assessment, of ids from `first` on, and a row each."""
    short, summaries = [_read_by_a_count(each) for each in lines], [summary_of(each, NOTHING, None) for each in lines]
    made = enumerate(_drawn(tenant, study, lines, summaries, size))
    while part := list(islice(made, AT_ONCE)):
        told = [(lines if number < WHOLE_LINES else short)[which] for number, (which, _) in part]
        _keep(store, [row for _, (_, row) in part], told, first + part[0][0])
    if not store.on_sqlite:  # PostgreSQL does so by itself, after a while
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _drawn(tenant: str, study: str, lines: list[Row], summaries: list[Row], size: int) -> Iterator[tuple[int, Row]]:
    """Rows of the worklist, each with the number of its line."""
    dice = random.Random(SEED)
    for number in range(size):
        which = dice.randrange(len(lines))
        line, place = lines[which], place_of(lines[which], NOTHING)
        assert place is not None, "only such lines are drawn from"
        row: Row = {"tenant": tenant, "study": study, "patient": f"{study[-3:]}-{number:06}", "place": place.at}
        row |= {"standing": place.standing, "rank": RANKS[line["signal"]], "unresolved": line["unresolved"]}
        later = None if line["later"] is None else AT + DAY * dice.randint(1, 90)
        put_off = AT + DAY * dice.randint(-20, 20) if dice.random() < 0.02 else None
        row |= {"until": later or put_off if place.at == "open" else None, "later": later, "look_again": False}
        row |= {"hidden": date.max if dice.random() < 0.02 else None, "missing": missing_in(line)}
        row |= {"against": against_in(line)}
        checked = place.at == "open" and dice.random() < 0.05
        row |= {"place": "checked", "status": "screening", "status_set": NOW, "until": None} if checked else {}
        row |= {"claimed_by": dice.choice(("anna", "bert")) if dice.random() < 0.01 else None}
        row |= {"appointment": NOW + DAY * dice.randint(-5, 60) if dice.random() < 0.3 else None}
        row |= {"found_by": searchable(f"{dice.choice(NAMES)} {dice.randint(0, 9999)}"), "changed_from": None}
        row |= {"changed": NOW - DAY * dice.randint(0, 400), "line": summaries[which], "next_change": None}
        yield which, {"status": None, "status_set": None} | row


def _keep(store: Store, rows: list[Row], told: list[Row], first: int) -> None:
    """The rows with their people, and the assessments on which they rest."""
    of = [{name: row[name] for name in ("tenant", "study", "patient")} for row in rows]
    made = {"digest": "d", "screening_date": AT, "made": NOW}
    found = [
        {**key, **made, "id": first + at, "version": line["study_version"], "line": line}
        for at, (key, line) in enumerate(zip(of, told, strict=True))
    ]
    held = [{**key, "assessment": first + at, "confirmed": AT, "touched": NOW} for at, key in enumerate(of)]
    with store.writing() as connection:
        connection.execute(insert(people), [_person(each) for each in rows])
        connection.execute(insert(worklist), rows)
        connection.execute(insert(assessments), found)
        connection.execute(insert(current), held)


def _person(row: Row) -> Row:
    name, number = str(row["found_by"]).title(), str(row["patient"])[-6:]
    who = {"tenant": row["tenant"], "patient": row["patient"], "handle": f"h{row['patient']}", "name": name}
    who |= {"found_by": row["found_by"], "born": "1970-05-05", "sex": "female", "appointment": row["appointment"]}
    return who | {"identifiers": {number: "MR"}, "numbers": f" {number} ", "touched": NOW}


def _read_by_a_count(line: Row) -> Row:
    findings = [{name: each[name] for name in READ_OF_FINDING} for each in line["findings"]]
    return {**{name: line[name] for name in READ}, "findings": findings}
