"""The patients by name, the worklist, and who is told of news."""

import sqlalchemy as sa
from alembic import op

from service.store.columns import Document, Instant, Name

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make their tables."""
    _people()
    _worklist()
    _digests()


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("tenant", Name, nullable=False),
        sa.Column("patient", Name, nullable=False),
        sa.Column("handle", Name, nullable=False),
        sa.Column("name", sa.Text, nullable=True),
        sa.Column("found_by", Name, nullable=True),
        sa.Column("born", Name, nullable=True),
        sa.Column("sex", Name, nullable=True),
        sa.Column("identifiers", Document, nullable=False),
        sa.Column("numbers", sa.Text, nullable=False),
        sa.Column("last_visit", sa.Date, nullable=True),
        sa.Column("appointment", Instant, nullable=True),
        sa.Column("clinic", sa.Text, nullable=True),
        sa.Column("clinician", sa.Text, nullable=True),
        sa.Column("touched", Instant, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "patient", name="pk_people"),
        sa.UniqueConstraint("handle", name="uq_people_handle"),
    )
    op.create_index("ix_people_tenant_found_by", "people", ["tenant", "found_by"])


def _worklist() -> None:
    op.create_table(
        "worklist",
        sa.Column("tenant", Name, nullable=False),
        sa.Column("study", Name, nullable=False),
        sa.Column("patient", Name, nullable=False),
        sa.Column("place", Name, nullable=False),
        sa.Column("until", sa.Date, nullable=True),
        sa.Column("hidden", sa.Date, nullable=True),
        sa.Column("standing", Name, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("unresolved", sa.Integer, nullable=False),
        sa.Column("later", sa.Date, nullable=True),
        sa.Column("next_change", sa.Date, nullable=True),
        sa.Column("status", Name, nullable=True),
        sa.Column("status_set", Instant, nullable=True),
        sa.Column("claimed_by", Name, nullable=True),
        sa.Column("look_again", sa.Boolean, nullable=False),
        sa.Column("appointment", Instant, nullable=True),
        sa.Column("found_by", Name, nullable=True),
        sa.Column("missing", sa.Text, nullable=False),
        sa.Column("changed_from", Name, nullable=True),
        sa.Column("changed", Instant, nullable=False),
        sa.Column("line", Document, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "study", "patient", name="pk_worklist"),
    )
    chosen = ["tenant", "study", "place", "rank", "unresolved", "appointment", "patient", "until", "hidden", "standing"]
    chosen += ["status", "claimed_by", "changed", "found_by", "later"]
    op.create_index("ix_worklist_order", "worklist", chosen)
    op.create_index("ix_worklist_tenant_next_change", "worklist", ["tenant", "next_change"])
    op.create_index("ix_worklist_tenant_patient", "worklist", ["tenant", "patient"])
    op.create_index("ix_worklist_tenant_study_changed", "worklist", ["tenant", "study", "changed"])


def _digests() -> None:
    op.create_table(
        "digests",
        sa.Column("account", Name, nullable=False),
        sa.Column("tenant", Name, nullable=False),
        sa.Column("study", Name, nullable=False),
        sa.Column("how", Name, nullable=False),
        sa.Column("often", Name, nullable=False),
        sa.Column("address", sa.Text, nullable=True),
        sa.Column("key", sa.Text, nullable=True),
        sa.Column("told", Instant, nullable=False),
        sa.Column("due", Instant, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("error", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("account", "tenant", "study", name="pk_digests"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_digests_account"),
    )
    op.create_index("ix_digests_due", "digests", ["due"])
