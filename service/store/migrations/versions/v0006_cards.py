"""Cards that were shown, and what became of them."""

import sqlalchemy as sa
from alembic import op

from service.store.columns import NUMBER, Document, Instant, Name
from service.store.migrations.growing import only_grows

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "cards",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", Name, nullable=False),
        sa.Column("card", Name, nullable=False),
        sa.Column("study", Name, nullable=False),
        sa.Column("patient", Name, nullable=False),
        sa.Column("about", Name, nullable=False),
        sa.Column("hook", Name, nullable=False),
        sa.Column("shown", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cards"),
        sa.UniqueConstraint("tenant", "card", "study", name="uq_cards_tenant_card_study"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_cards_shown", "cards", ["shown"])
    op.create_index("ix_cards_tenant_patient", "cards", ["tenant", "patient"])
    op.create_table(
        "card_responses",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", Name, nullable=False),
        sa.Column("card", Name, nullable=False),
        sa.Column("response", Name, nullable=False),
        sa.Column("reason_system", Name, nullable=True),
        sa.Column("reason", Name, nullable=True),
        sa.Column("suggestions", Document, nullable=False),
        sa.Column("comment", sa.Text, nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.Column("received", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_card_responses"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_card_responses_received", "card_responses", ["received"])
    op.create_index("ix_card_responses_tenant_card", "card_responses", ["tenant", "card"])
    only_grows("cards")
    only_grows("card_responses")
