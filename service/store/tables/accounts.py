"""Who may look at what: accounts, their roles and sessions, and on which basis a study may be prepared."""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, Table, Text

from service.store.columns import NUMBER, Document, Instant, Name
from service.store.tables.base import metadata, named

# An account is local if it has a password's hash. `disabled`: since when it is not let in.
accounts = Table(
    "accounts",
    metadata,
    Column("id", Name, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=True),
    Column("password", Text, nullable=True),
    Column("preferences", Document, nullable=False),
    Column("created", Instant, nullable=False),
    Column("disabled", Instant, nullable=True),
)

# By which subject an issuer knows somebody: one of OpenID Connect, or an EHR that launches.
links = Table(
    "links",
    metadata,
    Column("issuer", Name, primary_key=True),
    Column("subject", Name, primary_key=True),
    Column("account", Name, ForeignKey("accounts.id"), nullable=False, index=True),
)

roles = Table(
    "roles",
    metadata,
    Column("account", Name, ForeignKey("accounts.id"), primary_key=True),
    Column("tenant", Name, primary_key=True),
    Column("study", Name, primary_key=True),
    Column("role", Name, primary_key=True),
    named("given_by"),
    Column("given", Instant, nullable=False),
)

# `digest` is of the token that the browser alone has.
sessions = Table(
    "sessions",
    metadata,
    Column("digest", Name, primary_key=True),
    Column("account", Name, ForeignKey("accounts.id"), nullable=False, index=True),
    named("source"),
    Column("content", Document, nullable=False),
    Column("began", Instant, nullable=False),
    Column("seen", Instant, nullable=False),
    Column("expires", Instant, nullable=False, index=True),
)

# How often somebody tried to sign in, and did not. `about` is a digest of an account, an address, or both.
attempts = Table(
    "attempts",
    metadata,
    Column("about", Name, primary_key=True),
    Column("failed", Integer, nullable=False),
    Column("since", Instant, nullable=False, index=True),
)

# Only grows; the newest entry of a study holds. `expires` is the last day.
bases = Table(
    "bases",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    named("tenant"),
    named("study"),
    named("kind"),
    Column("approval", Text, nullable=True),
    Column("expires", Date, nullable=True),
    Column("roles", Document, nullable=False),
    named("actor"),
    Column("at", Instant, nullable=False),
    Index(None, "tenant", "study"),
    sqlite_autoincrement=True,
)
