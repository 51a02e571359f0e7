"""What the machine works with: its queues, what it heard and found, what it wrote."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from service.store.columns import NUMBER, Document, Instant, Name
from service.store.tables.base import metadata, named


def _queue(name: str, *columns: Column[object] | UniqueConstraint) -> Table:
    """A table whose rows are work: see `leases` for what the columns mean."""
    return Table(
        name,
        metadata,
        Column("id", NUMBER, primary_key=True, autoincrement=True),
        Column("tenant", Name, nullable=False),
        *columns,
        Column("state", Name, nullable=False),
        Column("due", Instant, nullable=True, index=True),
        Column("again", Instant, nullable=True),
        Column("tries", Integer, nullable=False),
        Column("fence", NUMBER, nullable=False),
        Column("error", Name, nullable=True),
        CheckConstraint("state IN ('waiting', 'claimed', 'done', 'dead')", name="state"),
        CheckConstraint("(due IS NULL) = (state IN ('done', 'dead'))", name="due"),
        # An id is never given twice, so that a lease on a row that is gone cannot fit another one.
        sqlite_autoincrement=True,
    )


deliveries = _queue(
    "deliveries",
    Column("subscription", Name, nullable=False),
    Column("digest", Name, nullable=True),
    Column("once", Boolean, nullable=False),
    Column("method", Name, nullable=False),
    Column("path", Text, nullable=True),
    Column("headers", Document, nullable=True),
    Column("body", LargeBinary, nullable=True),
    Column("received", Instant, nullable=False),
    Column("finished", Instant, nullable=True),
    Column("repeats", Integer, nullable=False),
    UniqueConstraint("tenant", "subscription", "digest"),
)

screenings = _queue(
    "screenings",
    Column("patient", Name, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("again_reasons", Text, nullable=True),
    Column("requests", Integer, nullable=False),
    Column("gather_until", Instant, nullable=True),
    UniqueConstraint("tenant", "patient"),
)

outbox = _queue(
    "outbox",
    Column("study", Name, nullable=False),
    Column("patient", Name, nullable=False),
    Column("digest", Name, nullable=False),
    Column("content", Document, nullable=False),
    UniqueConstraint("tenant", "study", "patient"),
)

feeds = Table(
    "feeds",
    metadata,
    Column("tenant", Name, primary_key=True),
    Column("subscription", Name, primary_key=True),
    Column("wanted", Document, nullable=True),
    Column("actual", Document, nullable=True),
    named("server_id", optional=True),
    named("status", optional=True),
    Column("error", Text, nullable=True),
    Column("ends", Instant, nullable=True),
    Column("checked", Instant, nullable=True),
    Column("whole", Instant, nullable=True),
    Column("last_event", NUMBER, nullable=True),
    Column("gaps", Document, nullable=True),
    Column("heard", Instant, nullable=True),
    Column("queried", Instant, nullable=True),
    Column("reconcile_since", Instant, nullable=True),
)

feed_events = Table(
    "feed_events",
    metadata,
    Column("tenant", Name, primary_key=True),
    Column("subscription", Name, primary_key=True),
    Column("number", NUMBER, primary_key=True, autoincrement=False),
    named("digest"),
    Column("seen", Instant, nullable=False, index=True),
)

assessments = Table(
    "assessments",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    named("tenant"),
    named("study"),
    named("version"),
    named("patient"),
    named("digest"),
    Column("screening_date", Date, nullable=False),
    Column("next_change", Date, nullable=True),
    Column("line", Document, nullable=False),
    Column("made", Instant, nullable=False, index=True),
    Index(None, "tenant", "patient", "study"),
    Index(None, "tenant", "study", "version"),
    sqlite_autoincrement=True,
)

# What holds now: points into the history, and may change.
current = Table(
    "current",
    metadata,
    Column("tenant", Name, primary_key=True),
    Column("study", Name, primary_key=True),
    Column("patient", Name, primary_key=True),
    Column("assessment", NUMBER, ForeignKey("assessments.id"), nullable=False, index=True),
    Column("confirmed", Date, nullable=False),
    Column("touched", Instant, nullable=False, index=True),
    Column("next_change", Date, nullable=True),
    named("withdrawn", optional=True),
    Column("records", Document, nullable=True),
    Index(None, "tenant", "patient"),
    Index(None, "tenant", "next_change"),
)

published = Table(
    "published",
    metadata,
    Column("tenant", Name, primary_key=True),
    Column("study", Name, primary_key=True),
    Column("patient", Name, primary_key=True),
    named("resource_id", optional=True),
    named("resource_version", optional=True),
    named("digest", optional=True),
    named("machine_state", optional=True),
    named("human_state", optional=True),
    Column("written", Instant, nullable=True),
    Column("checked", Instant, nullable=False),
    Index(None, "tenant", "patient"),
    Index(None, "tenant", "resource_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False, index=True),
    named("tenant"),
    named("actor"),
    named("action"),
    named("study", optional=True),
    named("patient", optional=True),
    Column("detail", Document, nullable=False),
    Index(None, "tenant", "patient"),
    sqlite_autoincrement=True,
)

stops = Table(
    "stops",
    metadata,
    Column("tenant", Name, primary_key=True),
    Column("since", Instant, nullable=False),
)

launches = Table(
    "launches",
    metadata,
    Column("id", Name, primary_key=True),
    Column("tenant", Name, nullable=False, index=True),
    Column("expires", Instant, nullable=False, index=True),
    Column("content", LargeBinary, nullable=False),
)

cards = Table(
    "cards",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    named("tenant"),
    named("card"),
    named("study"),
    named("patient"),
    named("about"),
    named("hook"),
    Column("shown", Instant, nullable=False, index=True),
    UniqueConstraint("tenant", "card", "study"),
    Index(None, "tenant", "patient"),
    Index(None, "tenant", "study", "about"),
    sqlite_autoincrement=True,
)

card_responses = Table(
    "card_responses",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    named("tenant"),
    named("card"),
    named("response"),
    named("reason_system", optional=True),
    named("reason", optional=True),
    Column("suggestions", Document, nullable=False),
    Column("comment", Text, nullable=True),
    Column("at", Instant, nullable=False),
    Column("received", Instant, nullable=False, index=True),
    Index(None, "tenant", "card"),
    sqlite_autoincrement=True,
)

tokens = Table(
    "tokens",
    metadata,
    Column("digest", Name, primary_key=True),
    Column("until", Instant, nullable=False, index=True),
)

upkeep = Table(
    "upkeep",
    metadata,
    Column("tenant", Name, primary_key=True),
    Column("server", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("due", Instant, nullable=True),
    Column("looked", Instant, nullable=True),
    Column("problem", Text, nullable=True),
)

# What was found not to work when it was looked at last: a whole server (`about` is then `*`), or a type of which
# something is lacking. Where it works again, its row goes.
troubles = Table(
    "troubles",
    metadata,
    Column("tenant", Name, primary_key=True),
    Column("place", Name, primary_key=True),
    Column("about", Name, primary_key=True),
    named("code"),
    Column("since", Instant, nullable=False),
    Column("at", Instant, nullable=False),
)

# Holds a row only within a transaction of `retention`: the triggers that keep the history let that one delete.
forgetting = Table("forgetting", metadata, Column("id", Integer, primary_key=True, autoincrement=False))

QUEUES = (deliveries, screenings, outbox)
