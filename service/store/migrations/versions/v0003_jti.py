"""The tokens that were used already."""

import sqlalchemy as sa
from alembic import op

from service.store.columns import Instant, Name

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make its table."""
    op.create_table(
        "tokens",
        sa.Column("digest", Name, nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_tokens"),
    )
    op.create_index("ix_tokens_until", "tokens", ["until"])
