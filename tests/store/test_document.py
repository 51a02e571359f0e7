"""docs/store.md against the code: every table, and how long it is kept."""

import re
from dataclasses import asdict

from service.store.retention import Keep
from service.store.tables import metadata
from tests.docs.markdown import table
from tests.shape.source import ROOT

ROWS = table((ROOT / "docs" / "store.md").read_text(encoding="utf-8"), "tables:")
KEPT = {
    "deliveries": "deliveries",
    "assessments": "superseded",
    "current": "unconfirmed",
    "published": "unconfirmed",
    "feed_events": "events",
    "audit": "audit",
    "cards": "cards",
    "card_responses": "cards",
}


def test_every_table_is_documented_and_no_other() -> None:
    assert {row[0].strip("`") for row in ROWS} == set(metadata.tables)


def test_the_days_are_those_of_the_code() -> None:
    documented = {row[0].strip("`"): re.findall(r"(\d+) days", row[2]) for row in ROWS}
    keep = asdict(Keep())
    assert documented == {name: [str(keep[KEPT[name]].days)] if name in KEPT else [] for name in metadata.tables}
