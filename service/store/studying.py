"""What studies said (a record that only grows), and what their assessments add up to, day by day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select, update

from service.store.decisions import Decision
from service.store.engine import Store, insert_into
from service.store.tables import assessments, current, decisions, study_counts, study_versions

KEY = ("tenant", "study", "day")
PAGE = 500


@dataclass(frozen=True, slots=True)
class Version:
    """What a study said from `seen` on. `digest`: of all that decides an answer."""

    tenant: str
    study: str
    version: str
    digest: str
    text: str = field(repr=False)
    seen: datetime


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted for a day, and when. `due`: it is to be counted again, or is being counted until then."""

    day: date
    content: Mapping[str, Any] | None
    counted: datetime | None
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Holding:
    """What holds of one patient: the line, and what was decided in this study or for all, the oldest first."""

    line: Mapping[str, Any] = field(repr=False)
    withdrawn: bool
    decisions: tuple[Decision, ...] = field(repr=False)


# At most PAGE of them.
Page = tuple[Holding, ...]


def keep_version(store: Store, version: Version) -> bool:
    """Keep what a study says; False if that was kept before."""
    values = {name: getattr(version, name) for name in Version.__slots__}
    with store.writing() as connection:
        row = insert_into(connection, study_versions).values(**values).on_conflict_do_nothing()
        return connection.execute(row.returning(study_versions.c.id)).first() is not None


def versions(store: Store, tenant: str, study: str) -> tuple[Version, ...]:
    """What it said, the oldest first."""
    mine = (study_versions.c.tenant == tenant, study_versions.c.study == study)
    columns = [study_versions.c[name] for name in Version.__slots__]
    with store.reading() as connection:
        rows = connection.execute(select(*columns).where(*mine).order_by(study_versions.c.id)).all()
    return tuple(Version(**row._mapping) for row in rows)


def made_with(store: Store, tenant: str, study: str) -> dict[str, int]:
    """How many assessments that are kept were made with each version."""
    mine = (assessments.c.tenant == tenant, assessments.c.study == study)
    asked = select(assessments.c.version, func.count()).where(*mine).group_by(assessments.c.version)
    with store.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(asked)}


def ask(store: Store, tenant: str, study: str, day: date, now: datetime) -> None:
    """Let it be counted now, unless somebody is at it. What was counted that day stays until then."""
    with store.writing() as connection:
        row = insert_into(connection, study_counts).values(tenant=tenant, study=study, day=day, due=now)
        idle = or_(study_counts.c.due.is_(None), study_counts.c.due <= now)
        connection.execute(row.on_conflict_do_update(index_elements=KEY, set_={"due": now}, where=idle))


def give_back(store: Store, tenant: str, study: str, day: date, due: datetime, now: datetime) -> None:
    """It was not counted under the lease that ends at `due`: whoever comes next may do it at once."""
    mine = [study_counts.c[name] == value for name, value in zip(KEY, (tenant, study, day), strict=True)]
    with store.writing() as connection:
        connection.execute(update(study_counts).where(*mine, study_counts.c.due == due).values(due=now))


def begin(store: Store, tenant: str, study: str, day: date, now: datetime, until: datetime) -> bool:
    """Take the count of that day for oneself until then. False: it was counted and nobody asks, or somebody counts."""
    mine = [study_counts.c[name] == value for name, value in zip(KEY, (tenant, study, day), strict=True)]
    with store.reading() as connection:  # many ask, and it is seldom due: nobody has to wait for that
        there = connection.execute(select(study_counts.c.due).where(*mine)).first()
    if there is not None and (there.due is None or there.due > now):
        return False
    with store.writing() as connection:
        row = insert_into(connection, study_counts).values(tenant=tenant, study=study, day=day, due=until)
        taken = row.on_conflict_do_update(
            index_elements=KEY, set_={"due": until}, where=study_counts.c.due <= now
        ).returning(study_counts.c.day)
        return connection.execute(taken).first() is not None


def renew(store: Store, tenant: str, study: str, day: date, due: datetime, longer: datetime) -> bool:
    """Keep on counting under the lease that ends at `due`, until then. False: somebody else has it."""
    mine = [study_counts.c[name] == value for name, value in zip(KEY, (tenant, study, day), strict=True)]
    with store.writing() as connection:
        return (
            connection.execute(update(study_counts).where(*mine, study_counts.c.due == due).values(due=longer)).rowcount
            == 1
        )


def end(
    store: Store, tenant: str, study: str, day: date, content: Mapping[str, Any], now: datetime, due: datetime
) -> bool:
    """Keep what was counted under the lease that ends at `due`. False: somebody else has it, and nothing was kept."""
    mine = [study_counts.c[name] == value for name, value in zip(KEY, (tenant, study, day), strict=True)]
    with store.writing() as connection:
        change = update(study_counts).where(*mine, study_counts.c.due == due)
        return connection.execute(change.values(content=dict(content), counted=now, due=None)).rowcount == 1


def counted(store: Store, tenant: str, study: str, since: date) -> tuple[Counted, ...]:
    """What there is of each day from `since` on, the oldest first."""
    mine = (study_counts.c.tenant == tenant, study_counts.c.study == study, study_counts.c.day >= since)
    columns = [study_counts.c[name] for name in Counted.__slots__]
    with store.reading() as connection:
        rows = connection.execute(select(*columns).where(*mine).order_by(study_counts.c.day)).all()
    return tuple(Counted(**row._mapping) for row in rows)


def holding(store: Store, tenant: str, study: str) -> Iterator[Page]:
    """What holds of each patient, by patient. Read page by page, each in a transaction of its own: what changes
    meanwhile is told as it was before or after, and nobody twice."""
    after = ""
    while page := _page(store, tenant, study, after):
        yield tuple(each for _, each in page)
        after = page[-1][0]


def _page(store: Store, tenant: str, study: str, after: str) -> list[tuple[str, Holding]]:
    lines = (
        select(current.c.patient, current.c.withdrawn, assessments.c.line)
        .join(assessments, assessments.c.id == current.c.assessment)
        .where(current.c.tenant == tenant, current.c.study == study, current.c.patient > after)
        .order_by(current.c.patient)
        .limit(PAGE)
    )
    with store.reading() as connection:
        rows = connection.execute(lines).all()
        if not rows:
            return []
        columns = [decisions.c[name] for name in Decision.__slots__]
        theirs = (decisions.c.patient >= rows[0].patient, decisions.c.patient <= rows[-1].patient)
        whose = or_(decisions.c.study == study, decisions.c.study.is_(None))
        asked = select(*columns).where(decisions.c.tenant == tenant, *theirs, whose).order_by(decisions.c.id)
        made: dict[str, list[Decision]] = {}
        for row in connection.execute(asked):
            made.setdefault(row.patient, []).append(Decision(**row._mapping))
    return [
        (row.patient, Holding(row.line, row.withdrawn is not None, tuple(made.get(row.patient, ())))) for row in rows
    ]
