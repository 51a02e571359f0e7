"""What was found for each study and patient: a history that only grows, and which entry of it holds now."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Text, and_, insert, or_, select, type_coerce, update

from service.store.engine import Store, insert_into
from service.store.tables import assessments, current

KEY = ("tenant", "study", "patient")
SCREENING_DATE = "screening_date"


@dataclass(frozen=True, slots=True)
class Stored:
    """One entry of the history. `line` is a line of assessments.ndjson; `digest` that of the facts it rests on."""

    id: int
    tenant: str
    study: str
    version: str
    patient: str
    digest: str
    screening_date: date
    next_change: date | None
    line: dict[str, object]
    made: datetime


@dataclass(frozen=True, slots=True)
class Current:
    """The entry that holds now. `confirmed` is the latest screening date on which nothing but that date had changed.

    `withdrawn`: why it does not hold any more (a code), or None. Then nobody may be told that it does. `records`: of
    each record that was named, by `Type/id`, which version was read (see `screening.versions`); empty if not known.
    """

    stored: Stored
    confirmed: date
    withdrawn: str | None
    records: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Due:
    """An assessment that changes with time alone, and the day from which it does."""

    study: str
    patient: str
    day: date


@dataclass(frozen=True, slots=True)
class Known:
    """Of whom something was found for a study, by which version of it, and up to which screening date it holds."""

    patient: str
    study: str
    version: str
    confirmed: date
    withdrawn: str | None


def add(
    store: Store,
    tenant: str,
    study: str,
    version: str,
    patient: str,
    digest: str,
    screening_date: date,
    line: Mapping[str, object],
    next_change: date | None,
    now: datetime,
    records: Mapping[str, str] | None = None,
) -> bool:
    """Add an assessment, which holds from now on. False if it says what the one that holds says already.

    It does so if version, digest, next change, and the line but for its `screening_date` are the same; then only the
    date is noted to which that is confirmed. Facts that return to an earlier state are a new entry. The caller makes
    sure that it is the newest: by ending the screening, whose lease it holds, in the same transaction.
    """
    key = dict(zip(KEY, (tenant, study, patient), strict=True))
    with store.writing() as connection:
        before = _holding(connection, key)
        said = (version, digest, next_change, _undated(line))
        same = before is not None and said == (
            before.version,
            before.digest,
            before.stored_change,
            _undated(before.line),
        )
        if before is not None and same:
            number = before.assessment
        else:
            entry = {**key, "version": version, "digest": digest, "screening_date": screening_date}
            entry |= {"next_change": next_change, "line": dict(line), "made": now}
            number = connection.execute(insert(assessments).values(**entry).returning(assessments.c.id)).scalar_one()
        points = {"assessment": number, "confirmed": screening_date, "touched": now}
        points |= {"next_change": next_change, "withdrawn": None}
        points["records"] = dict(records or {})
        connection.execute(
            insert_into(connection, current)
            .values(**key, **points)
            .on_conflict_do_update(index_elements=KEY, set_=points)
        )
    return not same


def _holding(connection: Connection, key: Mapping[str, str]) -> Row[Any] | None:
    """The entry that holds now with what points to it, locked until the transaction ends; or None."""
    stored = assessments.c
    columns: list[Any] = [current.c.assessment, stored.version, stored.digest, stored.line]
    columns.append(stored.next_change.label("stored_change"))
    return connection.execute(
        select(*columns)
        .join(assessments, stored.id == current.c.assessment)
        .where(*(current.c[name] == value for name, value in key.items()))
        .with_for_update(of=current)
    ).one_or_none()


def _undated(line: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in line.items() if name != SCREENING_DATE}


def withdraw(store: Store, tenant: str, patient: str, reason: str, now: datetime, study: str | None = None) -> int:
    """No assessment of this patient (in this study, if given) holds any more, for the reason of this code.

    So it is with somebody who is held back. The history stays, and time changes nothing any more. Returns how many.
    """
    mine = [current.c.tenant == tenant, current.c.patient == patient, current.c.withdrawn.is_(None)]
    if study is not None:
        mine.append(current.c.study == study)
    with store.writing() as connection:
        changed = connection.execute(
            update(current).where(*mine).values(withdrawn=reason, next_change=None, touched=now)
        )
    return changed.rowcount


def latest(store: Store, tenant: str, study: str, patient: str) -> Current | None:
    """What holds now for this study and patient, or None if there never was anything."""
    mine = (current.c.tenant == tenant, current.c.study == study, current.c.patient == patient)
    with store.reading() as connection:
        row = connection.execute(_current().where(*mine)).one_or_none()
    return None if row is None else _as_current(row)


def of_patient(store: Store, tenant: str, patient: str) -> tuple[Current, ...]:
    """What holds now for this patient, by study."""
    mine = (current.c.tenant == tenant, current.c.patient == patient)
    with store.reading() as connection:
        rows = connection.execute(_current().where(*mine).order_by(current.c.study)).all()
    return tuple(_as_current(row) for row in rows)


def of_study(store: Store, tenant: str, study: str, most: int, after: str = "") -> tuple[Current, ...]:
    """What holds now in this study and is not withdrawn, by patient: at most `most`, from the one after `after` on."""
    open_ones = (current.c.tenant == tenant, current.c.study == study, current.c.withdrawn.is_(None))
    page = _current().where(*open_ones, current.c.patient > after).order_by(current.c.patient).limit(most)
    with store.reading() as connection:
        return tuple(_as_current(row) for row in connection.execute(page))


def resting_on(store: Store, tenant: str, reference: str) -> tuple[str, ...]:
    """The patients, sorted, whose assessments that hold now name this resource (`Type/id`) as evidence."""
    named = type_coerce(assessments.c.line, Text).contains(f'"{reference}"', autoescape=True)
    joined = select(current.c.patient).join(assessments, current.c.assessment == assessments.c.id)
    with store.reading() as connection:
        rows = connection.execute(joined.where(current.c.tenant == tenant, named).distinct())
        return tuple(sorted(row.patient for row in rows))


def patients(store: Store, tenant: str, most: int, after: str = "") -> tuple[str, ...]:
    """The patients ever assessed and not forgotten, sorted: at most `most`, from the one after `after` on."""
    mine = (current.c.tenant == tenant, current.c.patient > after)
    page = select(current.c.patient).where(*mine).distinct().order_by(current.c.patient).limit(most)
    with store.reading() as connection:
        return tuple(connection.execute(page).scalars())


def known(store: Store, tenant: str, most: int, after: tuple[str, str] = ("", "")) -> tuple[Known, ...]:
    """What there is for every patient and study, by both: at most `most`, from the one after `after` on; no content."""
    columns = (current.c.patient, current.c.study, assessments.c.version, current.c.confirmed, current.c.withdrawn)
    later = or_(current.c.patient > after[0], and_(current.c.patient == after[0], current.c.study > after[1]))
    page = (
        select(*columns)
        .join(assessments, assessments.c.id == current.c.assessment)
        .where(current.c.tenant == tenant, later)
        .order_by(current.c.patient, current.c.study)
        .limit(most)
    )
    with store.reading() as connection:
        return tuple(Known(*row) for row in connection.execute(page))


def history(store: Store, tenant: str, study: str, patient: str) -> tuple[Stored, ...]:
    """All entries of this study and patient, the oldest first."""
    stored = assessments.c
    mine = (stored.tenant == tenant, stored.study == study, stored.patient == patient)
    with store.reading() as connection:
        rows = connection.execute(select(assessments).where(*mine).order_by(stored.id)).all()
    return tuple(_as_stored(row) for row in rows)


def due(store: Store, tenant: str, studies: Collection[str], day: date, most: int) -> tuple[Due, ...]:
    """Whose assessment in one of these studies changes on `day` or changed before, the longest ago first."""
    changing = (current.c.tenant == tenant, current.c.next_change <= day, current.c.study.in_(sorted(studies)))
    columns = (current.c.study, current.c.patient, current.c.next_change)
    page = select(*columns).where(*changing).order_by(current.c.next_change, *columns[:2]).limit(most)
    with store.reading() as connection:
        return tuple(Due(*row) for row in connection.execute(page))


def _current() -> Select[Any]:
    return select(assessments, current.c.confirmed, current.c.withdrawn, current.c.records).join(
        current, and_(assessments.c.id == current.c.assessment)
    )


def _as_current(row: Row[Any]) -> Current:
    return Current(_as_stored(row), row.confirmed, row.withdrawn, row.records or {})


def _as_stored(row: Row[Any]) -> Stored:
    return Stored(**{name: getattr(row, name) for name in Stored.__slots__})
