"""What studies said, and what their assessments added up to."""

from sqlalchemy import Column, Date, Index, Table, Text, UniqueConstraint

from service.store.columns import NUMBER, Document, Instant, Name
from service.store.tables.base import metadata, named

# Only grows. `digest`: of all that decides an answer: the study's file and the codes of its value sets.
study_versions = Table(
    "study_versions",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    named("tenant"),
    named("study"),
    named("version"),
    named("digest"),
    Column("text", Text, nullable=False),
    Column("seen", Instant, nullable=False),
    UniqueConstraint("tenant", "study", "version", "digest"),
    sqlite_autoincrement=True,
)

# One row for each day. `due`: it is to be counted then, or the lease of who counts ends then; None: nothing is to do.
study_counts = Table(
    "study_counts",
    metadata,
    Column("tenant", Name, primary_key=True),
    Column("study", Name, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("content", Document, nullable=True),
    Column("counted", Instant, nullable=True),
    Column("due", Instant, nullable=True),
    Index(None, "tenant", "due"),
)
