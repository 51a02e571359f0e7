"""What people decided."""

import sqlalchemy as sa
from alembic import op

from service.store.columns import NUMBER, Document, Instant, Name
from service.store.migrations.growing import only_grows

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make its table."""
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
