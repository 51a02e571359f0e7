"""Until when a feed was surely whole, and whose Subscriptions are kept alive."""

import sqlalchemy as sa
from alembic import op

from service.store.columns import Instant, Name

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column, filled from what was known, and make the table."""
    op.add_column("feeds", sa.Column("whole", Instant, nullable=True))
    op.execute("UPDATE feeds SET whole = checked WHERE status = 'active'")
    op.create_table(
        "upkeep",
        sa.Column("tenant", Name, nullable=False),
        sa.Column("server", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("due", Instant, nullable=True),
        sa.Column("looked", Instant, nullable=True),
        sa.Column("problem", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("tenant", name="pk_upkeep"),
    )
