"""How long the requests for a screening may put it off."""

import sqlalchemy as sa
from alembic import op

from service.store.columns import Instant

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column; what waits already is put off no more."""
    op.add_column("screenings", sa.Column("gather_until", Instant, nullable=True))
