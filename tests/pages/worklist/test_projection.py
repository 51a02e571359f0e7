"""The same facts and decisions give the same row, however often and whenever it was made in between."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from service.store import worklist
from service.store.engine import open_store
from service.store.worklist import Entry
from tests.databases import sqlite_url
from tests.pages.worklist.world import NOON, STUDY, TENANT, decide, found, line, row

LATER = date(2026, 7, 14)
FOUND = st.builds(
    lambda standing, signal, later: ("found", line(standing=standing, signal=signal, later=later)),
    st.sampled_from(["candidate", "needs_review", "ineligible"]),
    st.sampled_from(["strong", "weak", "none"]),
    st.sampled_from([None, LATER]),
)
DECIDED = st.sampled_from(
    [
        ("status", {"status": "screening"}),
        ("status", {"status": "declined"}),
        ("status", {"status": None}),
        ("claim", {"by": "anna"}),
        ("claim", {"by": None}),
        ("snooze", {"until": "2026-07-20"}),
        ("silence", {"why": "asked", "until": None}),
        ("silence", {"why": None, "until": None}),
        ("answer", {"about": "I1", "outcome": "met", "was": "unknown"}),
        ("override", {"about": "E1", "outcome": "not_met", "was": "met"}),
        ("approval", {"approved": True}),
    ]
)
STEPS = st.lists(st.tuples(FOUND | DECIDED, st.booleans()), min_size=1, max_size=8)


@pytest.mark.usefixtures("sqlite_template")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_a_row_follows_from_what_it_rests_on_alone(
    sqlite_template: Path, tmp_path: Path, steps: list[tuple[tuple[str, dict[str, Any]], bool]]
) -> None:
    often = _after(sqlite_template, tmp_path, [(step, True) for step, _ in steps])
    sometimes = _after(sqlite_template, tmp_path, steps)
    once = _after(sqlite_template, tmp_path, [(step, False) for step, _ in steps])
    assert often == sometimes == once


def _after(template: Path, place: Path, steps: list[tuple[tuple[str, dict[str, Any]], bool]]) -> Entry | None:
    """The row after these steps, of which some are followed by a refresh; and after two more."""
    store = open_store(sqlite_url(template, place))
    for number, ((kind, content), refreshed) in enumerate(steps):
        at = NOON + timedelta(minutes=number)
        if kind == "found":
            found(store, content, at)
        else:
            decide(store, kind, at, **content)
        if refreshed:
            row(store, now=at)
    end = NOON + timedelta(days=1)
    made = row(store, now=end)
    assert row(store, now=end + timedelta(days=1)) == made
    assert worklist.find(store, TENANT, STUDY, "p") == made
    store.close()
    for left in place.glob("store.db*"):
        left.unlink()
    return None if made is None else replace(made, line=dict(made.line))
