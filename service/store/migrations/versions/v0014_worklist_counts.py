"""How many rows of the worklists are alike, kept by the database itself; indexes for what pages count and choose by."""

import sqlalchemy as sa
from alembic import op

from service.store.columns import NUMBER, Name

revision = "0014"
down_revision = "0013"

ALIKE = ("tenant", "study", "place", "until", "hidden", "told", "rank", "claimed_by")
ORDER = ["tenant", "study", "place", "rank", "unresolved", "appointment", "patient", "until", "hidden", "standing"]
ORDER += ["status", "claimed_by", "changed", "found_by", "later"]

CHOSEN_BY = {
    "changed": ("changed", "place", "hidden", "changed_from"),
    "until": ("until", "place", "hidden"),
    "appointment": ("appointment", "place", "hidden"),
    "next_change": ("next_change", "hidden"),
}


def upgrade() -> None:
    """Make the table, count what there is, and count on from there."""
    op.create_table(
        "worklist_counts",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", Name, nullable=False),
        sa.Column("study", Name, nullable=False),
        sa.Column("place", Name, nullable=False),
        sa.Column("until", sa.Date, nullable=True),
        sa.Column("hidden", sa.Date, nullable=True),
        sa.Column("told", Name, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("claimed_by", Name, nullable=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_worklist_counts"),
    )
    op.create_index("ix_worklist_counts_tenant_study", "worklist_counts", ["tenant", "study"])
    alike, values = ", ".join(ALIKE), ", ".join(_values("worklist."))
    op.execute(
        f"INSERT INTO worklist_counts ({alike}, number) SELECT {values}, count(*) FROM worklist GROUP BY {values}"
    )
    if op.get_bind().dialect.name == "sqlite":
        _count_on_sqlite()
    else:
        _count_on_postgresql()
    for each in ("ix_worklist_order", "ix_worklist_tenant_study_changed", "ix_worklist_tenant_next_change"):
        op.drop_index(each, "worklist")
    op.create_index("ix_worklist_order", "worklist", [*ORDER, "missing"])
    for name, columns in CHOSEN_BY.items():
        op.create_index(f"ix_worklist_{name}", "worklist", ["tenant", "study", *columns])
    op.create_index("ix_assessments_tenant_study_version", "assessments", ["tenant", "study", "version"])
    op.create_index("ix_cards_tenant_study_about", "cards", ["tenant", "study", "about"])


def _count_on_sqlite() -> None:
    differs = " OR ".join(f"{old} IS NOT {new}" for old, new in zip(_values("OLD."), _values("NEW."), strict=True))
    for when, condition, steps in (
        ("INSERT", "", _step("NEW.", 1)),
        ("DELETE", "", _step("OLD.", -1)),
        ("UPDATE", f"WHEN {differs}", _step("OLD.", -1) + _step("NEW.", 1)),
    ):
        op.execute(
            f"CREATE TRIGGER worklist_counted_{when.lower()} AFTER {when} ON worklist {condition} BEGIN {steps} END"
        )


def _count_on_postgresql() -> None:
    old, new = (", ".join(_values(each)) for each in ("OLD.", "NEW."))
    op.execute(
        f"""
        CREATE FUNCTION worklist_counted() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                IF ROW({old}) IS NOT DISTINCT FROM ROW({new}) THEN
                    RETURN NULL;
                END IF;
            END IF;
            IF TG_OP <> 'INSERT' THEN
                {_step("OLD.", -1)}
            END IF;
            IF TG_OP <> 'DELETE' THEN
                {_step("NEW.", 1)}
            END IF;
            RETURN NULL;
        END
        $$
        """
    )
    op.execute(
        "CREATE TRIGGER worklist_counted AFTER INSERT OR UPDATE OR DELETE ON worklist "
        "FOR EACH ROW EXECUTE FUNCTION worklist_counted()"
    )


def _step(row: str, number: int) -> str:
    return f"INSERT INTO worklist_counts ({', '.join(ALIKE)}, number) VALUES ({', '.join(_values(row))}, {number});"


def _values(row: str) -> list[str]:
    """Of a row of the worklist what makes it alike to others. `told`: its status, or else its standing."""
    return [f"coalesce({row}status, {row}standing)" if each == "told" else f"{row}{each}" for each in ALIKE]
