"""The first tables, and the triggers that let the history only grow."""

import sqlalchemy as sa
from alembic import op

from service.store.columns import NUMBER, Document, Instant, Name
from service.store.migrations.growing import only_grows

revision = "0001"
down_revision = None

KEPT = ("assessments", "audit")


def upgrade() -> None:
    """Make everything."""
    _deliveries()
    _screenings()
    _outbox()
    _feeds()
    _feed_events()
    _assessments()
    _current()
    _published()
    _audit()
    _forgetting()
    for table in KEPT:
        only_grows(table)


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", Name, nullable=False),
        sa.Column("subscription", Name, nullable=False),
        sa.Column("digest", Name, nullable=True),
        sa.Column("once", sa.Boolean, nullable=False),
        sa.Column("method", Name, nullable=False),
        sa.Column("path", sa.Text, nullable=True),
        sa.Column("headers", Document, nullable=True),
        sa.Column("body", sa.LargeBinary, nullable=True),
        sa.Column("received", Instant, nullable=False),
        sa.Column("finished", Instant, nullable=True),
        sa.Column("repeats", sa.Integer, nullable=False),
        sa.Column("state", Name, nullable=False),
        sa.Column("due", Instant, nullable=True),
        sa.Column("again", Instant, nullable=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("fence", NUMBER, nullable=False),
        sa.Column("error", Name, nullable=True),
        sa.CheckConstraint("(due IS NULL) = (state IN ('done', 'dead'))", name=op.f("ck_deliveries_due")),
        sa.CheckConstraint("state IN ('waiting', 'claimed', 'done', 'dead')", name=op.f("ck_deliveries_state")),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("tenant", "subscription", "digest", name="uq_deliveries_tenant_subscription_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deliveries_due", "deliveries", ["due"])


def _screenings() -> None:
    op.create_table(
        "screenings",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", Name, nullable=False),
        sa.Column("patient", Name, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("again_reasons", sa.Text, nullable=True),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.Column("state", Name, nullable=False),
        sa.Column("due", Instant, nullable=True),
        sa.Column("again", Instant, nullable=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("fence", NUMBER, nullable=False),
        sa.Column("error", Name, nullable=True),
        sa.CheckConstraint("(due IS NULL) = (state IN ('done', 'dead'))", name=op.f("ck_screenings_due")),
        sa.CheckConstraint("state IN ('waiting', 'claimed', 'done', 'dead')", name=op.f("ck_screenings_state")),
        sa.PrimaryKeyConstraint("id", name="pk_screenings"),
        sa.UniqueConstraint("tenant", "patient", name="uq_screenings_tenant_patient"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_screenings_due", "screenings", ["due"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", Name, nullable=False),
        sa.Column("study", Name, nullable=False),
        sa.Column("patient", Name, nullable=False),
        sa.Column("digest", Name, nullable=False),
        sa.Column("content", Document, nullable=False),
        sa.Column("state", Name, nullable=False),
        sa.Column("due", Instant, nullable=True),
        sa.Column("again", Instant, nullable=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("fence", NUMBER, nullable=False),
        sa.Column("error", Name, nullable=True),
        sa.CheckConstraint("(due IS NULL) = (state IN ('done', 'dead'))", name=op.f("ck_outbox_due")),
        sa.CheckConstraint("state IN ('waiting', 'claimed', 'done', 'dead')", name=op.f("ck_outbox_state")),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("tenant", "study", "patient", name="uq_outbox_tenant_study_patient"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_due", "outbox", ["due"])


def _feeds() -> None:
    op.create_table(
        "feeds",
        sa.Column("tenant", Name, nullable=False),
        sa.Column("subscription", Name, nullable=False),
        sa.Column("wanted", Document, nullable=True),
        sa.Column("actual", Document, nullable=True),
        sa.Column("server_id", Name, nullable=True),
        sa.Column("status", Name, nullable=True),
        sa.Column("error", sa.Text, nullable=True),
        sa.Column("ends", Instant, nullable=True),
        sa.Column("checked", Instant, nullable=True),
        sa.Column("last_event", NUMBER, nullable=True),
        sa.Column("gaps", Document, nullable=True),
        sa.Column("heard", Instant, nullable=True),
        sa.Column("queried", Instant, nullable=True),
        sa.Column("reconcile_since", Instant, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "subscription", name="pk_feeds"),
    )


def _feed_events() -> None:
    op.create_table(
        "feed_events",
        sa.Column("tenant", Name, nullable=False),
        sa.Column("subscription", Name, nullable=False),
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("digest", Name, nullable=False),
        sa.Column("seen", Instant, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "subscription", "number", name="pk_feed_events"),
    )
    op.create_index("ix_feed_events_seen", "feed_events", ["seen"])


def _assessments() -> None:
    op.create_table(
        "assessments",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", Name, nullable=False),
        sa.Column("study", Name, nullable=False),
        sa.Column("version", Name, nullable=False),
        sa.Column("patient", Name, nullable=False),
        sa.Column("digest", Name, nullable=False),
        sa.Column("screening_date", sa.Date, nullable=False),
        sa.Column("next_change", sa.Date, nullable=True),
        sa.Column("line", Document, nullable=False),
        sa.Column("made", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_assessments"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_assessments_made", "assessments", ["made"])
    op.create_index("ix_assessments_tenant_patient_study", "assessments", ["tenant", "patient", "study"])


def _current() -> None:
    op.create_table(
        "current",
        sa.Column("tenant", Name, nullable=False),
        sa.Column("study", Name, nullable=False),
        sa.Column("patient", Name, nullable=False),
        sa.Column("assessment", NUMBER, nullable=False),
        sa.Column("confirmed", sa.Date, nullable=False),
        sa.Column("touched", Instant, nullable=False),
        sa.Column("next_change", sa.Date, nullable=True),
        sa.Column("withdrawn", Name, nullable=True),
        sa.ForeignKeyConstraint(["assessment"], ["assessments.id"], name="fk_current_assessment"),
        sa.PrimaryKeyConstraint("tenant", "study", "patient", name="pk_current"),
    )
    op.create_index("ix_current_assessment", "current", ["assessment"])
    op.create_index("ix_current_tenant_next_change", "current", ["tenant", "next_change"])
    op.create_index("ix_current_tenant_patient", "current", ["tenant", "patient"])
    op.create_index("ix_current_touched", "current", ["touched"])


def _published() -> None:
    op.create_table(
        "published",
        sa.Column("tenant", Name, nullable=False),
        sa.Column("study", Name, nullable=False),
        sa.Column("patient", Name, nullable=False),
        sa.Column("resource_id", Name, nullable=True),
        sa.Column("resource_version", Name, nullable=True),
        sa.Column("digest", Name, nullable=True),
        sa.Column("machine_state", Name, nullable=True),
        sa.Column("human_state", Name, nullable=True),
        sa.Column("written", Instant, nullable=True),
        sa.Column("checked", Instant, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "study", "patient", name="pk_published"),
    )
    op.create_index("ix_published_tenant_patient", "published", ["tenant", "patient"])
    op.create_index("ix_published_tenant_resource_id", "published", ["tenant", "resource_id"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("tenant", Name, nullable=False),
        sa.Column("actor", Name, nullable=False),
        sa.Column("action", Name, nullable=False),
        sa.Column("study", Name, nullable=True),
        sa.Column("patient", Name, nullable=True),
        sa.Column("detail", Document, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_tenant_patient", "audit", ["tenant", "patient"])


def _forgetting() -> None:
    op.create_table(
        "forgetting",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_forgetting"),
    )
