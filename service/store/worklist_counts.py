"""How many rows of a worklist stand where: read from what the database keeps, so that it costs the same for any number.

Triggers keep it (see `store.tables.worklist`), in the transaction that changes a row: the sum is exact at any time.
"""

from collections import Counter
from datetime import date

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, text

from service.store.engine import Store
from service.store.tables import worklist, worklist_counts as kept
from service.store.worklist_tabs import Tab, inside, tab_of

ALIKE = tuple(each.name for each in kept.c if each.name not in ("id", "number"))
SLACK = 2000  # so many rows more than needed cost a reader little


def by_stand(store: Store, tenant: str, study: str, today: date) -> dict[tuple[Tab, str], int]:
    """How many rows there are, by tab and by standing or, where people set one, status."""
    tab, number = tab_of(kept.c, today).label("tab"), func.sum(kept.c.number).label("number")
    mine = (kept.c.tenant == tenant, kept.c.study == study)
    summed = select(tab, kept.c.told, number).where(*mine).group_by("tab", kept.c.told).order_by("tab", kept.c.told)
    with store.reading() as connection:
        rows = connection.execute(summed).all()
    return {(Tab(row.tab), row.told): int(row.number) for row in rows if row.number}


def of(store: Store, tenant: str, study: str, tab: Tab | None, today: date, *narrowed: ColumnElement[bool]) -> int:
    """How many rows are in a tab (None: in any) and, by the columns that are kept, are what is asked for."""
    which = (kept.c.tenant == tenant, kept.c.study == study, *inside(kept.c, tab, today), *narrowed)
    with store.reading() as connection:
        return int(connection.scalar(select(func.sum(kept.c.number)).where(*which)) or 0)


def put_together(store: Store, tenant: str, slack: int = SLACK) -> int:
    """Let one row tell what several rows tell that are alike, where there are more than `slack` too many; how many
    rows fewer there are. Who changes or reads the worklist meanwhile neither waits nor notices."""
    listed = select(kept.c.study, func.count().label("rows")).where(kept.c.tenant == tenant).group_by(kept.c.study)
    with store.reading() as connection:
        many = [each.study for each in connection.execute(listed) if each.rows > slack]
    return sum(_put_together(store, tenant, each) for each in many if _too_many(store, tenant, each) > slack)


def count_anew(store: Store, tenant: str) -> None:
    """Count what there is, whatever was kept. Whoever changes a row waits for that on PostgreSQL, too."""
    told = func.coalesce(worklist.c.status, worklist.c.standing)
    columns = [told.label("told") if name == "told" else worklist.c[name] for name in ALIKE]
    counted = select(*columns, func.count()).where(worklist.c.tenant == tenant).group_by(*columns)
    with store.writing() as connection:
        if not store.on_sqlite:
            connection.execute(text("LOCK TABLE worklist, worklist_counts IN SHARE ROW EXCLUSIVE MODE"))
        connection.execute(delete(kept).where(kept.c.tenant == tenant))
        connection.execute(insert(kept).from_select([*ALIKE, "number"], counted))


def _too_many(store: Store, tenant: str, study: str) -> int:
    columns = [kept.c[name] for name in ALIKE]
    mine = (kept.c.tenant == tenant, kept.c.study == study)
    alike = select(func.count().label("number")).where(*mine).group_by(*columns).subquery()
    with store.reading() as connection:
        return int(connection.scalar(select(func.sum(alike.c.number - 1))) or 0)


def _put_together(store: Store, tenant: str, study: str) -> int:
    """What somebody else is putting together is left to them."""
    free = select(kept.c.id).where(and_(kept.c.tenant == tenant, kept.c.study == study))
    taken = delete(kept).where(kept.c.id.in_(free.with_for_update(skip_locked=True)))
    with store.writing() as connection:
        sums: Counter[tuple[object, ...]] = Counter()
        rows = connection.execute(taken.returning(*(kept.c[name] for name in ALIKE), kept.c.number)).all()
        for *key, number in rows:
            sums[tuple(key)] += number
        made = [{**dict(zip(ALIKE, key, strict=True)), "number": number} for key, number in sums.items() if number]
        if made:
            connection.execute(insert(kept), made)
    return len(rows) - len(made)
