"""Who may look at what."""

import sqlalchemy as sa
from alembic import op

from service.store.columns import NUMBER, Document, Instant, Name
from service.store.migrations.growing import only_grows

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make their tables."""
    _accounts()
    _links()
    _roles()
    _sessions()
    _attempts()
    _bases()


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", Name, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=True),
        sa.Column("password", sa.Text, nullable=True),
        sa.Column("preferences", Document, nullable=False),
        sa.Column("created", Instant, nullable=False),
        sa.Column("disabled", Instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
    )


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("issuer", Name, nullable=False),
        sa.Column("subject", Name, nullable=False),
        sa.Column("account", Name, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_links"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_links_account"),
    )
    op.create_index("ix_links_account", "links", ["account"])


def _roles() -> None:
    op.create_table(
        "roles",
        sa.Column("account", Name, nullable=False),
        sa.Column("tenant", Name, nullable=False),
        sa.Column("study", Name, nullable=False),
        sa.Column("role", Name, nullable=False),
        sa.Column("given_by", Name, nullable=False),
        sa.Column("given", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account", "tenant", "study", "role", name="pk_roles"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_roles_account"),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("digest", Name, nullable=False),
        sa.Column("account", Name, nullable=False),
        sa.Column("source", Name, nullable=False),
        sa.Column("content", Document, nullable=False),
        sa.Column("began", Instant, nullable=False),
        sa.Column("seen", Instant, nullable=False),
        sa.Column("expires", Instant, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_sessions"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_sessions_account"),
    )
    op.create_index("ix_sessions_account", "sessions", ["account"])
    op.create_index("ix_sessions_expires", "sessions", ["expires"])


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("about", Name, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.PrimaryKeyConstraint("about", name="pk_attempts"),
    )
    op.create_index("ix_attempts_since", "attempts", ["since"])


def _bases() -> None:
    op.create_table(
        "bases",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", Name, nullable=False),
        sa.Column("study", Name, nullable=False),
        sa.Column("kind", Name, nullable=False),
        sa.Column("approval", sa.Text, nullable=True),
        sa.Column("expires", sa.Date, nullable=True),
        sa.Column("roles", Document, nullable=False),
        sa.Column("actor", Name, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bases"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_bases_tenant_study", "bases", ["tenant", "study"])
    only_grows("bases")
