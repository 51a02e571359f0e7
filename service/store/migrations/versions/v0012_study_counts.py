"""What the assessments of a study add up to, day by day."""

import sqlalchemy as sa
from alembic import op

from service.store.columns import Document, Instant, Name

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make its table."""
    op.create_table(
        "study_counts",
        sa.Column("tenant", Name, nullable=False),
        sa.Column("study", Name, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("content", Document, nullable=True),
        sa.Column("counted", Instant, nullable=True),
        sa.Column("due", Instant, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "study", "day", name="pk_study_counts"),
    )
    op.create_index("ix_study_counts_tenant_due", "study_counts", ["tenant", "due"])
