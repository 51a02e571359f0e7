"""The tables as the code sees them. The migrations make them; a test compares the two."""

from service.store.tables.accounts import accounts, bases, roles, sessions
from service.store.tables.base import metadata
from service.store.tables.machine import (
    QUEUES,
    assessments,
    audit,
    card_responses,
    cards,
    current,
    deliveries,
    feed_events,
    feeds,
    forgetting,
    launches,
    outbox,
    published,
    screenings,
    stops,
    tokens,
    upkeep,
)
from service.store.tables.studying import study_counts, study_versions
from service.store.tables.worklist import decisions, digests, people, worklist

__all__ = [
    "QUEUES",
    "accounts",
    "assessments",
    "audit",
    "bases",
    "card_responses",
    "cards",
    "current",
    "decisions",
    "deliveries",
    "digests",
    "feed_events",
    "feeds",
    "forgetting",
    "launches",
    "metadata",
    "outbox",
    "people",
    "published",
    "roles",
    "screenings",
    "sessions",
    "stops",
    "study_counts",
    "study_versions",
    "tokens",
    "upkeep",
    "worklist",
]
