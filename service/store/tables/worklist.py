"""What people work with: the patients by name, the worklist, what people decided, and who is told of news."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, Table, Text

from service.store.columns import NUMBER, Document, Instant, Name
from service.store.tables.base import metadata, named

# Those who stand in a worklist, and nobody else. `handle` stands for the patient in addresses; nobody can guess it.
# `found_by` is the name as it is searched: folded, without marks; `numbers` the identifiers, each between blanks.
people = Table(
    "people",
    metadata,
    Column("tenant", Name, primary_key=True),
    Column("patient", Name, primary_key=True),
    Column("handle", Name, nullable=False, unique=True),
    Column("name", Text, nullable=True),
    named("found_by", optional=True),
    named("born", optional=True),
    named("sex", optional=True),
    Column("identifiers", Document, nullable=False),
    Column("numbers", Text, nullable=False),
    Column("last_visit", Date, nullable=True),
    Column("appointment", Instant, nullable=True),
    Column("clinic", Text, nullable=True),
    Column("clinician", Text, nullable=True),
    Column("touched", Instant, nullable=False),
    Index(None, "tenant", "found_by"),
)

# One row per study and patient that has a signal, or of whom people decided something: what the worklist shows, sorts
# and filters by; made anew from the assessment that holds, the decisions and `people` whenever one of them changes.
# Nothing here depends on the day: an `open` row is to be looked at from `until` on (None: now), `hidden` is the last
# day on which nobody is told of it. `rank`: of the signal; `missing`: the criteria that are not settled, each between
# blanks; `against`: those that keep out.
worklist = Table(
    "worklist",
    metadata,
    Column("tenant", Name, primary_key=True),
    Column("study", Name, primary_key=True),
    Column("patient", Name, primary_key=True),
    named("place"),
    Column("until", Date, nullable=True),
    Column("hidden", Date, nullable=True),
    named("standing"),
    Column("rank", Integer, nullable=False),
    Column("unresolved", Integer, nullable=False),
    Column("later", Date, nullable=True),
    Column("next_change", Date, nullable=True),
    named("status", optional=True),
    Column("status_set", Instant, nullable=True),
    named("claimed_by", optional=True),
    Column("look_again", Boolean, nullable=False),
    Column("appointment", Instant, nullable=True),
    named("found_by", optional=True),
    Column("missing", Text, nullable=False),
    named("changed_from", optional=True),
    Column("changed", Instant, nullable=False),
    Column("line", Document, nullable=False),
    Column("against", Text, nullable=False, server_default=""),
    # All that a page is chosen and sorted by, so that of 100,000 rows only those that are shown are read.
    Index(
        "ix_worklist_order",
        *("tenant", "study", "place", "rank", "unresolved", "appointment", "patient", "until", "hidden", "standing"),
        *("status", "claimed_by", "changed", "found_by", "later", "missing"),
    ),
    # Whom a criterion keeps out.
    Index("ix_worklist_against", "tenant", "study", "against", "rank", "unresolved", "appointment", "patient"),
    # What is new, back, and coming, without a look at any row.
    Index("ix_worklist_changed", "tenant", "study", "changed", "place", "hidden", "changed_from"),
    Index("ix_worklist_until", "tenant", "study", "until", "place", "hidden"),
    Index("ix_worklist_appointment", "tenant", "study", "appointment", "place", "hidden"),
    Index("ix_worklist_next_change", "tenant", "study", "next_change", "hidden"),
    Index(None, "tenant", "patient"),
)

# How many rows of the worklist are alike in all that the tabs are counted by: the sum of `number` over the rows here
# that are alike. Triggers on `worklist` add a row for each change of a row there, so that nobody who changes one has to
# wait for another, or can forget it; what is alike is put together from time to time. As in the worklist, no day
# decides, so that a day that passes changes nothing here. `told`: the status, or else the standing.
worklist_counts = Table(
    "worklist_counts",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    named("tenant"),
    named("study"),
    named("place"),
    Column("until", Date, nullable=True),
    Column("hidden", Date, nullable=True),
    named("told"),
    Column("rank", Integer, nullable=False),
    named("claimed_by", optional=True),
    Column("number", Integer, nullable=False),
    Index(None, "tenant", "study"),
)

# What is drawn beside the assessment that holds: doses and results, day by day; of its screening date. Not kept when
# the assessment does not hold any more.
series = Table(
    "series",
    metadata,
    Column("tenant", Name, primary_key=True),
    Column("study", Name, primary_key=True),
    Column("patient", Name, primary_key=True),
    Column("screening_date", Date, nullable=False),
    Column("content", Document, nullable=False),
    Index(None, "tenant", "patient"),
)

# Only grows. `study` None: for all. `about`: the criterion or the record (`Type/id`) that it is about.
decisions = Table(
    "decisions",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    named("tenant"),
    named("study", optional=True),
    named("patient"),
    named("kind"),
    named("about", optional=True),
    Column("content", Document, nullable=False),
    Column("reason", Text, nullable=True),
    named("actor"),
    Column("at", Instant, nullable=False),
    Index(None, "tenant", "patient"),
    Index(None, "tenant", "study", "at"),
    sqlite_autoincrement=True,
)

# Records of one person, as they said when last read: whose decisions follow to which record.
merges = Table(
    "merges",
    metadata,
    Column("tenant", Name, primary_key=True),
    Column("patient", Name, primary_key=True),
    named("survivor"),
    Index(None, "tenant", "survivor"),
)

# Who wants to be told of what changed in a study, how (`mail`, `webhook`), how often, and up to when it was told.
# `due`: when that is looked at next, or, while somebody tells it, when it is taken for lost. `key` signs what a
# webhook gets. `tries`: how often in a row it could not be sent, by the code in `error`.
digests = Table(
    "digests",
    metadata,
    Column("account", Name, ForeignKey("accounts.id"), primary_key=True),
    Column("tenant", Name, primary_key=True),
    Column("study", Name, primary_key=True),
    named("how"),
    named("often"),
    Column("address", Text, nullable=True),
    Column("key", Text, nullable=True),
    Column("told", Instant, nullable=False),
    Column("due", Instant, nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("error", Text, nullable=True),
)
