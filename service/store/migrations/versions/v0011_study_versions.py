"""What each version of a study said."""

import sqlalchemy as sa
from alembic import op

from service.store.columns import NUMBER, Instant, Name
from service.store.migrations.growing import only_grows

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make its table."""
    op.create_table(
        "study_versions",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", Name, nullable=False),
        sa.Column("study", Name, nullable=False),
        sa.Column("version", Name, nullable=False),
        sa.Column("digest", Name, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("seen", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_study_versions"),
        sa.UniqueConstraint(
            "tenant", "study", "version", "digest", name="uq_study_versions_tenant_study_version_digest"
        ),
        sqlite_autoincrement=True,
    )
    only_grows("study_versions")
