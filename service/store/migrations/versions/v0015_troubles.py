"""Which servers are out of reach, and of which types not everything was loaded."""

import sqlalchemy as sa
from alembic import op

from service.store.columns import Instant, Name

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make its table."""
    op.create_table(
        "troubles",
        sa.Column("tenant", Name, nullable=False),
        sa.Column("place", Name, nullable=False),
        sa.Column("about", Name, nullable=False),
        sa.Column("code", Name, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "place", "about", name="pk_troubles"),
    )
