"""What people decided, of which versions of the records, and whose decisions follow a merged record."""

import sqlalchemy as sa
from alembic import op

from service.store.columns import NUMBER, Document, Instant, Name
from service.store.migrations.growing import only_grows

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables, and a place for the versions of the records that an assessment rests on."""
    op.create_table(
        "decisions",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", Name, nullable=False),
        sa.Column("study", Name, nullable=True),
        sa.Column("patient", Name, nullable=False),
        sa.Column("kind", Name, nullable=False),
        sa.Column("about", Name, nullable=True),
        sa.Column("content", Document, nullable=False),
        sa.Column("reason", sa.Text, nullable=True),
        sa.Column("actor", Name, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decisions_tenant_patient", "decisions", ["tenant", "patient"])
    op.create_index("ix_decisions_tenant_study_at", "decisions", ["tenant", "study", "at"])
    only_grows("decisions")
    op.create_table(
        "merges",
        sa.Column("tenant", Name, nullable=False),
        sa.Column("patient", Name, nullable=False),
        sa.Column("survivor", Name, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "patient", name="pk_merges"),
    )
    op.create_index("ix_merges_tenant_survivor", "merges", ["tenant", "survivor"])
    op.add_column("current", sa.Column("records", Document, nullable=True))
