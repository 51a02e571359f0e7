"""Patients of whom something was found and decided, and the rows that follow."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from service.screening.worklist import refresh
from service.store import assessments, decisions
from service.store.decisions import Decision
from service.store.engine import Store
from service.store.worklist import Entry
from tests.working.world import NOON

TENANT, STUDY = "north", "demo"
DAY = timedelta(days=1)
UNKNOWN, MET, NOT_MET = "unknown", "met", "not_met"


def line(
    patient: str = "p",
    standing: str = "candidate",
    signal: str = "strong",
    later: date | None = None,
    unresolved: int = 0,
    **more: Any,
) -> dict[str, Any]:
    """A line of assessments.ndjson of two criteria, whose answers fit the standing."""
    outcomes = {
        "candidate": (MET, NOT_MET),
        "needs_review": (UNKNOWN, NOT_MET),
        "ineligible": (MET, MET),
    }[standing]
    findings = [
        {
            "criterion": name,
            "kind": kind,
            "outcome": outcome,
            "reasons": ["no-record"] if outcome == UNKNOWN else [],
            "open_item": False,
            "sentence": f"{name} is {outcome}.",
            "evidence": [],
            "computed": None,
        }
        for name, kind, outcome in zip(("I1", "E1"), ("inclusion", "exclusion"), outcomes, strict=True)
    ]
    settle = [{"criterion": "I1", "data": "a serum IgG4"}] if outcomes[0] == UNKNOWN else []
    change = None if later is None else {"date": later.isoformat(), "criterion": "E1", "outcome": NOT_MET}
    made: dict[str, Any] = {
        "patient": patient,
        "study": STUDY,
        "study_version": "1.0",
        "screening_date": "2026-06-30",
        "standing": standing,
        "signal": signal,
        "unresolved": unresolved or outcomes.count(UNKNOWN),
        "later": None if later is None else later.isoformat(),
        "next_change": change,
        "assumptions": [],
        "settle": settle,
        "findings": findings,
    }
    return {**made, **more}


def found(store: Store, made: dict[str, Any], now: datetime = NOON, study: str = STUDY) -> None:
    """An assessment is stored; the row is not made yet."""
    change = made["next_change"]
    day = None if change is None else date.fromisoformat(change["date"])
    key = (TENANT, study, "1.0", made["patient"])
    assessments.add(store, *key, f"{now.isoformat()}", now.date(), {**made, "study": study}, day, now)


def decide(
    store: Store, kind: str, now: datetime = NOON, patient: str = "p", study: str | None = STUDY, **content: Any
) -> None:
    """A person decides; the row is not made yet."""
    about = content.pop("about", None)
    decisions.add(store, Decision(TENANT, study, patient, kind, about, content, None, "anna", now))


def row(store: Store, patient: str = "p", now: datetime = NOON) -> Entry | None:
    """The row, made anew."""
    return refresh(store, TENANT, STUDY, patient, now)
