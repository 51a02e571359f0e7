"""The kill switch of writes to the target."""

import sqlalchemy as sa
from alembic import op

from service.store.columns import Instant, Name

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make its table."""
    op.create_table(
        "stops",
        sa.Column("tenant", Name, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="pk_stops"),
    )
