"""What is drawn beside an assessment."""

import sqlalchemy as sa
from alembic import op

from service.store.columns import Document, Name

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make its table."""
    op.create_table(
        "series",
        sa.Column("tenant", Name, nullable=False),
        sa.Column("study", Name, nullable=False),
        sa.Column("patient", Name, nullable=False),
        sa.Column("screening_date", sa.Date, nullable=False),
        sa.Column("content", Document, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "study", "patient", name="pk_series"),
    )
    op.create_index("ix_series_tenant_patient", "series", ["tenant", "patient"])
