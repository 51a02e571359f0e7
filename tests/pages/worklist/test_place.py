"""Where a patient stands in the worklist: a table that a nurse can read."""

from datetime import date, timedelta
from typing import Any

import pytest

from service.screening import worklist as use
from service.store import assessments, people, published, worklist, worklist_news
from service.store.engine import Store
from service.store.published import Published
from service.store.worklist import Tab
from tests.databases import ON_BOTH
from tests.pages.worklist.world import DAY, NOON, STUDY, TENANT, decide, found, line, row

TODAY = NOON.date()
SOON, GONE = TODAY + timedelta(days=14), TODAY - timedelta(days=1)
WASHOUT = {"standing": "ineligible", "later": SOON}

# What was found; what people decided, in turn; the tab in which the patient stands today; None: in none.
PLACES: list[tuple[str, dict[str, Any], list[tuple[str, dict[str, Any]]], Tab | None]] = [
    ("fits", {}, [], Tab.NOW),
    ("something is missing", {"standing": "needs_review"}, [], Tab.NOW),
    ("a weak sign of the disease", {"signal": "weak"}, [], Tab.NOW),
    ("no sign of the disease", {"signal": "none"}, [], None),
    ("nobody knows whether there is a sign", {"signal": "unknown"}, [], None),
    ("kept out for good", {"standing": "ineligible"}, [], Tab.OUT),
    ("a washout ends in two weeks", WASHOUT, [], Tab.LATER),
    ("its washout ended yesterday, nobody has screened again", {"standing": "ineligible", "later": GONE}, [], Tab.NOW),
    ("its washout ends today", {"standing": "ineligible", "later": TODAY}, [], Tab.NOW),
    ("put off for two weeks", {}, [("snooze", {"until": SOON.isoformat()})], Tab.LATER),
    ("put off until today", {}, [("snooze", {"until": TODAY.isoformat()})], Tab.NOW),
    ("put off, and taken back", {}, [("snooze", {"until": SOON.isoformat()}), ("snooze", {"until": None})], Tab.NOW),
    ("people screen", {}, [("status", {"status": "screening"})], Tab.CHECKED),
    ("people screen who has no sign", {"signal": "none"}, [("status", {"status": "screening"})], Tab.CHECKED),
    ("declined", {}, [("status", {"status": "declined"})], Tab.CHECKED),
    ("a status taken back", {}, [("status", {"status": "screening"}), ("status", {"status": None})], Tab.NOW),
    ("people look at whom time keeps out", WASHOUT, [("status", {"status": "screening"})], Tab.CHECKED),
    ("not to be contacted for two weeks", {}, [("silence", {"why": "asked", "until": SOON.isoformat()})], Tab.OUT),
    ("not to be contacted up to today", {}, [("silence", {"why": "asked", "until": TODAY.isoformat()})], Tab.OUT),
    ("not to be contacted up to yesterday", {}, [("silence", {"why": "asked", "until": GONE.isoformat()})], Tab.NOW),
    ("never to be contacted", {}, [("silence", {"why": "asked", "until": None})], Tab.OUT),
    (
        "never to be contacted, taken back",
        {},
        [("silence", {"why": "asked", "until": None}), ("silence", {"why": None, "until": None})],
        Tab.NOW,
    ),
    ("claimed", {}, [("claim", {"by": "anna"})], Tab.NOW),
    ("claimed, but the sign is gone", {"signal": "none"}, [("claim", {"by": "anna"})], None),
    (
        "a person answers what keeps out otherwise",
        {"standing": "ineligible"},
        [("override", {"about": "E1", "outcome": "not_met", "was": "met"})],
        Tab.NOW,
    ),
]


@pytest.mark.parametrize(("found_", "decided", "tab"), [each[1:] for each in PLACES], ids=[each[0] for each in PLACES])
def test_a_patient_stands_in_one_tab(
    store: Store, found_: dict[str, Any], decided: list[tuple[str, dict[str, Any]]], tab: Tab | None
) -> None:
    found(store, line(**found_))
    for number, (kind, content) in enumerate(decided):
        decide(store, kind, NOON + timedelta(minutes=number), **content)
    row(store)
    assert tabs(store) == ([] if tab is None else [tab])


def tabs(store: Store, today: date = TODAY) -> list[Tab]:
    """The tabs in which the patient is listed on a day."""
    return [tab for tab in Tab if worklist.page(store, TENANT, STUDY, tab, today, NOON, 10)]


def test_who_was_put_off_is_back_on_the_day_though_nothing_is_made_anew(store: Store) -> None:
    found(store, line())
    decide(store, "snooze", until=SOON.isoformat())
    row(store)
    assert tabs(store, SOON - DAY) == [Tab.LATER]
    assert tabs(store, SOON) == [Tab.NOW]
    assert worklist_news.back(store, TENANT, STUDY, SOON, SOON) == 1


def test_a_silence_for_all_hides_in_this_study_too(store: Store) -> None:
    found(store, line())
    decide(store, "silence", study=None, why="asked", until=None)
    row(store)
    assert tabs(store) == [Tab.OUT]


def test_who_is_held_back_stands_nowhere_whatever_people_decided(store: Store) -> None:
    found(store, line())
    decide(store, "status", status="screening")
    assert row(store) is not None and people.of(store, TENANT, "p") is not None
    assessments.withdraw(store, TENANT, "p", "deceased", NOON)
    assert row(store) is None
    assert worklist.find(store, TENANT, STUDY, "p") is None
    assert people.of(store, TENANT, "p") is None


def test_a_state_that_people_set_in_the_ehr_counts_unless_one_was_set_here(store: Store) -> None:
    found(store, line())
    published.record(store, Published(TENANT, STUDY, "p", "r", "1", None, None, "on-study", NOON, NOON))
    made = row(store)
    assert made is not None and (made.place, made.status, made.look_again) == ("checked", "on-study", False)
    decide(store, "status", status="screening")
    made = row(store)
    assert made is not None and made.status == "screening"
    assert made.look_again, "people say one thing here and another in the EHR"


def test_people_are_asked_to_look_again_when_the_machine_finds_somebody_kept_out_whom_they_screen(store: Store) -> None:
    found(store, line())
    decide(store, "status", NOON, status="screening")
    assert (made := row(store)) is not None and not made.look_again
    found(store, line(standing="ineligible"), NOON + DAY)
    assert (made := row(store)) is not None and made.look_again and made.status == "screening"


def test_a_row_tells_when_its_stand_changed_and_from_what(store: Store) -> None:
    found(store, line(standing="needs_review"))
    assert (made := row(store)) is not None and (made.changed, made.changed_from) == (NOON, None)
    found(store, line(), NOON + DAY)
    assert (made := row(store)) is not None and (made.changed, made.changed_from) == (NOON + DAY, "needs_review")
    found(store, line(unresolved=1), NOON + 2 * DAY)
    assert (made := row(store)) is not None and made.changed == NOON + DAY, "the stand is the same"


def test_the_reason_names_what_keeps_out_and_what_is_missing(store: Store) -> None:
    found(store, line(standing="needs_review"))
    assert (made := row(store)) is not None
    assert made.missing == " I1 " and made.line["settle"] == [{"criterion": "I1", "data": "a serum IgG4"}]
    found(store, line(standing="ineligible"), NOON + DAY)
    assert (made := row(store)) is not None
    assert made.line["against"] == [{"criterion": "E1", "sentence": "E1 is met."}]


def test_a_handle_says_nothing_and_stays(store: Store) -> None:
    found(store, line())
    row(store)
    known = people.of(store, TENANT, "p")
    assert known is not None and len(known.handle) >= 22 and known.handle != "p"
    row(store, now=NOON + DAY)
    assert people.by_handle(store, known.handle) == known


@ON_BOTH
def test_everything_can_be_made_anew(store: Store) -> None:
    for each in ("a", "b", "c"):
        found(store, line(each, signal="strong" if each != "c" else "none"))
    assert use.rebuild(store, TENANT, NOON) == 2
    assert worklist.keys(store, TENANT, 10) == (("a", STUDY), ("b", STUDY))
