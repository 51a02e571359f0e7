"""A list of appointments as CSV: a patient's id or number, a date, a clinic, a clinician. Every wrong line is named."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from service.errors import SeveralProblems
from service.screening.tenant import Tenant
from service.store import people
from service.store.engine import Store
from service.store.people import Coming

COLUMNS = {"patient": "patient", "mrn": "patient", "date": "date", "clinic": "clinic", "clinician": "clinician"}
LONGEST = 200
MOST_PROBLEMS = 20


class WrongList(SeveralProblems):
    """A list of appointments is not understood. Each problem names its line and repeats nothing of it."""

    issue_code = "invalid"


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `patient`: the id of the Patient, or a number of theirs."""

    number: int
    patient: str
    coming: Coming


@dataclass(frozen=True, slots=True)
class Imported:
    """How many appointments were kept, and how many lines are about people in no worklist, of whom nothing is kept."""

    kept: int
    not_listed: int


def import_appointments(store: Store, tenant: Tenant, lines: Iterable[str], now: datetime) -> Imported:
    """Keep the next appointment of each listed patient. Raises WrongList; then nothing is kept."""
    rows = read_list(lines, tenant.catalog.site.zone)
    known = people.listed(store, tenant.name)
    found: dict[str, Coming] = {}
    problems, not_listed = [], 0
    for row in rows:
        whose = {row.patient} & known or set(people.with_number(store, tenant.name, row.patient))
        if len(whose) > 1:
            problems.append(f"line {row.number}: the number is that of several patients; give the patient's id")
        elif not whose:
            not_listed += 1
        elif _is_next(row.coming, found.get(next(iter(whose))), now):
            found[next(iter(whose))] = row.coming
    if problems:
        raise WrongList(problems)
    with store.transaction() as whole:
        kept = sum(people.appoint(whole, tenant.name, each, coming, now) for each, coming in sorted(found.items()))
    return Imported(kept, not_listed)


def read_list(lines: Iterable[str], zone: ZoneInfo) -> tuple[Row, ...]:
    """The lines of a list whose first line names the columns. Raises WrongList with every problem."""
    reader = csv.reader(lines)
    header = [each.strip().casefold() for each in next(reader, [])]
    named = [COLUMNS.get(each) for each in header]
    if None in named or named.count("patient") != 1 or named.count("date") != 1 or len(set(named)) != len(named):
        raise WrongList(["line 1: name the columns: patient (or mrn), date, and, if there are any, clinic, clinician"])
    rows: list[Row] = []
    problems: list[str] = []
    for cells in reader:
        if any(each.strip() for each in cells):
            try:
                rows.append(_row(reader.line_num, dict(zip(named, cells, strict=False)), len(named) - len(cells), zone))
            except ValueError as problem:
                problems.append(f"line {reader.line_num}: {problem}")
    if problems:
        more = [f"and {len(problems) - MOST_PROBLEMS} more"] if len(problems) > MOST_PROBLEMS else []
        raise WrongList([*problems[:MOST_PROBLEMS], *more])
    return tuple(rows)


def _row(number: int, cells: dict[str | None, str], lacking: int, zone: ZoneInfo) -> Row:
    """Raises ValueError with what is wrong."""
    if lacking:
        raise ValueError("it has not as many cells as the first line")
    patient = cells["patient"].strip().removeprefix("Patient/")
    if not patient:
        raise ValueError("it names no patient")
    clinic, clinician = (cells.get(each, "").strip()[:LONGEST] or None for each in ("clinic", "clinician"))
    return Row(number, patient, Coming(_moment(cells["date"].strip(), zone), clinic, clinician))


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        if len(text) == len("2026-06-30"):
            return datetime.combine(date.fromisoformat(text), time(), zone).astimezone(UTC)
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("its date is not one; write 2026-06-30 or 2026-06-30T09:30") from None
    return (read if read.tzinfo is not None else read.replace(tzinfo=zone)).astimezone(UTC)


def _is_next(coming: Coming, known: Coming | None, now: datetime) -> bool:
    """Is it to come, today at least, and before the one that is known?"""
    at = coming.appointment
    assert at is not None, "each line has a date"
    if (now - at).total_seconds() >= 86400:
        return False
    return known is None or known.appointment is None or at < known.appointment
