"""Launches from an EHR."""

import sqlalchemy as sa
from alembic import op

from service.store.columns import Instant, Name

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "launches",
        sa.Column("id", Name, nullable=False),
        sa.Column("tenant", Name, nullable=False),
        sa.Column("expires", Instant, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_launches"),
    )
    op.create_index("ix_launches_expires", "launches", ["expires"])
    op.create_index("ix_launches_tenant", "launches", ["tenant"])
