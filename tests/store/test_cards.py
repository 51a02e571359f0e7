"""Cards that were shown and what became of them: only ever added to, counted, forgotten with the patient, purged."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from service.errors import StoreError
from service.store import cards, decisions, published, retention
from service.store.cards import Answered, Before, CardResponse, Rate, ShownCard
from service.store.decisions import Decision
from service.store.engine import Store
from service.store.published import Published
from service.store.retention import Keep
from service.store.tables import card_responses, cards as shown_table
from tests.store.world import NOON

SHOWN = ShownCard("card", "north", "study", "p", "may-fit-a-study", "patient-view", NOON)
RESPONSE = CardResponse("north", "card", "overridden", NOON, NOON, "http://reasons", "not-now", ("s",), "a comment")
DAY = timedelta(days=1)


def shown(store: Store, *identities: str, **changes: Any) -> None:
    cards.keep_shown(store, [replace(SHOWN, card=each, **changes) for each in identities])


def responded(store: Store, *identities: str, **changes: Any) -> tuple[int, int]:
    return cards.keep_responses(store, [replace(RESPONSE, card=each, **changes) for each in identities])


def count(store: Store) -> tuple[int, int]:
    """How many cards, and how many responses there are."""
    with store.reading() as connection:
        listed = [connection.execute(each.select()).all() for each in (shown_table, card_responses)]
    return len(listed[0]), len(listed[1])


def test_nothing_shown_is_nothing_kept(store: Store) -> None:
    cards.keep_shown(store, [])
    assert cards.keep_responses(store, []) == (0, 0)
    assert count(store) == (0, 0)


def decided(store: Store, patient: str) -> None:
    decisions.add(store, Decision("north", None, patient, "note", None, {}, "a note", "anna", NOON))


def set_in_the_ehr(store: Store, patient: str, state: str | None) -> None:
    published.record(store, Published("north", "study", patient, "s", "1", None, None, state, None, NOON))


SAID: dict[str, Callable[[Store, str], object]] = {
    "a decision": decided,
    "a state in the EHR": lambda store, patient: set_in_the_ehr(store, patient, "on-study"),
    "an answer to a card": lambda store, patient: (shown(store, "c", patient=patient), responded(store, "c")),
    "another record of the same person": lambda store, patient: decisions.merged(store, "north", patient, ["x"]),
}


@pytest.mark.parametrize("what", SAID.values(), ids=SAID)
def test_it_is_known_whether_there_is_anything_to_ask_for(store: Store, what: Callable[[Store, str], object]) -> None:
    what(store, "q")
    set_in_the_ehr(store, "p", None)
    shown(store, "card")
    assert cards.before(store, "north", "p") == Before(said=False, shown=False)
    what(store, "p") if what is not SAID["an answer to a card"] else responded(store, "card")
    assert cards.before(store, "north", "p").said
    assert not cards.before(store, "south", "p").said and not cards.before(store, "north", "r").said


def test_a_card_is_known_by_its_tenant_and_patient_until_they_are_forgotten(store: Store) -> None:
    shown(store, "card")
    assert cards.before(store, "north", "p", "card") == Before(said=False, shown=True)
    for asked in (("north", "p", "other"), ("north", "q", "card"), ("south", "p", "card"), ("north", "p", None)):
        assert not cards.before(store, *asked).shown
    responded(store, "card", tenant="south")
    assert cards.before(store, "north", "p", "card").shown
    retention.delete_patient(store, "north", "p")
    assert not cards.before(store, "north", "p", "card").shown


def test_a_card_that_was_answered_is_not_shown_any_more(store: Store) -> None:
    shown(store, "card")
    responded(store, "card")
    assert cards.before(store, "north", "p", "card") == Before(said=True, shown=False)


def test_one_card_may_be_about_several_studies(store: Store) -> None:
    cards.keep_shown(store, [SHOWN, replace(SHOWN, study="other")])
    responded(store, "card")
    answered = cards.answered(store, "north", "p")
    assert {each.study for each in answered} == {"study", "other"}
    with pytest.raises(StoreError):
        cards.keep_shown(store, [SHOWN])


def test_answers_are_found_by_tenant_and_patient_the_newest_first(store: Store) -> None:
    shown(store, "card", "later")
    shown(store, "card", tenant="south")
    shown(store, "of-another", patient="q")
    responded(store, "card", "of-another")
    responded(store, "later", at=NOON + DAY, reason=None)
    responded(store, "card", tenant="south", at=NOON + 2 * DAY)
    about = SHOWN.about
    assert cards.answered(store, "north", "p") == (
        Answered("study", about, "overridden", None, NOON + DAY),
        Answered("study", about, "overridden", "not-now", NOON),
    )
    assert len(cards.answered(store, "south", "p")) == 1 and cards.answered(store, "west", "p") == ()


def test_1_72_a_card_that_is_not_known_is_counted_and_does_no_harm(store: Store) -> None:
    shown(store, "card")
    shown(store, "of-south", tenant="south")
    assert responded(store, "card", "nobody-knows", "of-south") == (1, 2)
    assert cards.unknown_responses(store, "north") == 2
    assert cards.unknown_responses(store, "south") == 0


@pytest.mark.parametrize("table", [shown_table, card_responses], ids=lambda each: each.name)
def test_1_70_the_database_refuses_to_change_or_delete(store: Store, table: Any) -> None:
    shown(store, "card")
    responded(store, "card")
    for change in (update(table).values(card="another"), delete(table)):
        with pytest.raises(StoreError), store.writing() as connection:
            connection.execute(change)
    assert count(store) == (1, 1)


def test_the_newest_answer_to_a_card_counts(store: Store) -> None:
    shown(store, "a", "b", "c", "d", "e")
    shown(store, "x", study="other", about="E2a")
    shown(store, "y", tenant="south")
    responded(store, "a", "b")
    responded(store, "a", response="accepted", reason=None)
    responded(store, "c", "d", reason=None)
    responded(store, "y", "x", tenant="south")
    assert cards.rates(store, "north") == (
        Rate("other", "E2a", 1, 0, {}),
        Rate("study", SHOWN.about, 5, 1, {"none given": 2, "not-now": 1}),
    )
    assert [each.unanswered for each in cards.rates(store, "north")] == [1, 1]
    assert cards.rates(store, "north", "other") == cards.rates(store, "north")[:1]
    assert cards.rates(store, "west") == ()


def test_of_a_patient_who_is_forgotten_nothing_is_left(store: Store) -> None:
    shown(store, "card")
    shown(store, "card", study="other")
    shown(store, "stays", patient="q")
    shown(store, "card", tenant="south")
    responded(store, "card", "stays")
    responded(store, "card", response="accepted")
    responded(store, "card", tenant="south")
    gone = retention.delete_patient(store, "north", "p")
    assert (gone.cards, gone.card_responses) == (2, 2)
    assert cards.answered(store, "north", "p") == ()
    assert len(cards.answered(store, "north", "q")) == 1 and len(cards.answered(store, "south", "p")) == 1
    assert count(store) == (2, 2)


def test_what_is_old_is_purged_and_no_comment_outlives_its_card(store: Store) -> None:
    keep = Keep(cards=30 * DAY)
    shown(store, "old", shown=NOON - 31 * DAY)
    shown(store, "new", shown=NOON - 29 * DAY)
    responded(store, "old", "new", received=NOON - 10 * DAY)
    responded(store, "unknown", received=NOON - 31 * DAY)
    gone = retention.purge(store, NOON, keep)
    assert (gone.cards, gone.card_responses) == (1, 2)
    assert [each.response for each in cards.answered(store, "north", "p")] == ["overridden"]
    assert count(store) == (1, 1)
    assert retention.purge(store, NOON, keep).total == 0


def test_a_comment_is_in_no_text_about_a_response() -> None:
    assert "a comment" not in repr(RESPONSE)
