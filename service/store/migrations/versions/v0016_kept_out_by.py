"""Which criteria keep the people of a worklist out, and an index by which a list is narrowed to one of them.

What is there already is named by the rows themselves as far as they tell (three criteria of each); `prescreen worklist
rebuild` names all.
"""

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
KEY = ("tenant", "study", "patient")
AT_ONCE = 1_000


def upgrade() -> None:
    """Add the column, and fill it from what each row says."""
    op.add_column("worklist", sa.Column("against", sa.Text, nullable=False, server_default=""))
    columns = ["tenant", "study", "against", "rank", "unresolved", "appointment", "patient"]
    op.create_index("ix_worklist_against", "worklist", columns)
    rows = sa.table("worklist", *(sa.column(each) for each in (*KEY, "against", "line")))
    mine = [rows.c[name] == sa.bindparam(f"of_{name}") for name in KEY]
    fill = sa.update(rows).where(*mine).values(against=sa.bindparam("told"))
    connection, after = op.get_bind(), ("", "", "")
    listed = sa.select(*(rows.c[name] for name in KEY), rows.c.line).order_by(*(rows.c[name] for name in KEY))
    while part := connection.execute(listed.where(_beyond(rows, after)).limit(AT_ONCE)).all():
        told = [{**{f"of_{name}": getattr(row, name) for name in KEY}, "told": _told(row.line)} for row in part]
        if named := [each for each in told if each["told"]]:
            connection.execute(fill, named)
        after = (part[-1].tenant, part[-1].study, part[-1].patient)


def _beyond(rows: sa.TableClause, after: tuple[str, str, str]) -> sa.ColumnElement[bool]:
    return sa.tuple_(*(rows.c[name] for name in KEY)) > sa.tuple_(*(sa.literal(each) for each in after))


def _told(line: str) -> str:
    names = [each["criterion"] for each in orjson.loads(line).get("against", ())]
    return "".join(f" {each}" for each in names) + " " if names else ""
