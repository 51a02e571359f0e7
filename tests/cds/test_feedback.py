"""What became of cards: what is understood, kept, and answered. STANDARDS 1F and 9.4, by number."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, strategies as st

from service.errors import MalformedContent, UnsuitableContent
from service.fhir.cds.cards import REASON_SYSTEM
from service.fhir.cds.feedback import LONGEST_COMMENT, MOST_ITEMS, Feedback, Response, read_feedback
from service.screening.cds.report import keep_feedback, rate_lines
from service.store import cards
from service.store.engine import Store
from service.store.tables import card_responses
from tests.cds.schemas import FEEDBACK, violations
from tests.cds.test_calls import JSON
from tests.cds.world import NOON, Desk, Json

AT = "2026-06-30T12:00:00Z"
ACCEPTED: Json = {"card": "a", "outcome": "accepted", "outcomeTimestamp": AT, "acceptedSuggestions": [{"id": "s"}]}
OVERRIDDEN: Json = {"card": "b", "outcome": "overridden", "outcomeTimestamp": AT}
REASONED: Json = {
    **OVERRIDDEN,
    "card": "c",
    "overrideReason": {
        "reason": {"code": "patient-refuses", "system": REASON_SYSTEM, "display": "No"},
        "userComment": "Mrs. Secret does not want to",
    },
}


def body(*items: object) -> bytes:
    return orjson.dumps({"feedback": list(items)})


def without(item: Json, name: str) -> Json:
    return {key: value for key, value in item.items() if key != name}


def test_1_68_and_1_69_a_batch_is_read() -> None:
    sent = {"feedback": [ACCEPTED, OVERRIDDEN, REASONED]}
    assert violations(FEEDBACK, sent) == []
    found = read_feedback(orjson.dumps(sent))
    assert found.problems == ()
    assert found.items == (
        Feedback("a", Response.ACCEPTED, NOON, ("s",)),
        Feedback("b", Response.OVERRIDDEN, NOON),
        Feedback("c", Response.OVERRIDDEN, NOON, (), REASON_SYSTEM, "patient-refuses", "Mrs. Secret does not want to"),
    )


def test_1_74_a_comment_is_in_no_text_about_the_feedback() -> None:
    assert "Secret" not in repr(read_feedback(body(REASONED)))


WRONG: dict[str, tuple[object, str]] = {
    "no object": ("x", "an item is an object"),
    "no card": (without(OVERRIDDEN, "card"), "card has to be"),
    "a card that is a number": ({**OVERRIDDEN, "card": 1}, "card has to be"),
    "a blank card": ({**OVERRIDDEN, "card": " "}, "card has to be"),
    "a card that is too long": ({**OVERRIDDEN, "card": "x" * 201}, "card has to be"),
    "a card with blanks around that are too long": ({**OVERRIDDEN, "card": f"x{' ' * 200}"}, "card has to be"),
    "a card that no database keeps": ({**OVERRIDDEN, "card": "a\0"}, "card has to be"),
    "no outcome": (without(OVERRIDDEN, "outcome"), "outcome has to be one of accepted, overridden"),
    "another outcome": ({**OVERRIDDEN, "outcome": "ignored"}, "outcome has to be"),
    "an outcome that is a list": ({**OVERRIDDEN, "outcome": ["accepted"]}, "outcome has to be"),
    "no time": (without(OVERRIDDEN, "outcomeTimestamp"), "outcomeTimestamp has to be"),
    "a time without a zone": ({**OVERRIDDEN, "outcomeTimestamp": "2026-06-30T12:00:00"}, "outcomeTimestamp has to be"),
    "a day": ({**OVERRIDDEN, "outcomeTimestamp": "2026-06-30"}, "outcomeTimestamp has to be"),
    "a time before all times": ({**OVERRIDDEN, "outcomeTimestamp": "0001-01-01T00:00:00+14:00"}, "outcomeTimestamp"),
    "a time after all times": ({**OVERRIDDEN, "outcomeTimestamp": "9999-12-31T23:59:59-14:00"}, "outcomeTimestamp"),
    "accepted, but not what": (without(ACCEPTED, "acceptedSuggestions"), "what was accepted is named"),
    "nothing accepted": ({**ACCEPTED, "acceptedSuggestions": []}, "what was accepted is named"),
    "suggestions without an id": ({**ACCEPTED, "acceptedSuggestions": [{}]}, "the id of a suggestion"),
    "suggestions that are texts": ({**ACCEPTED, "acceptedSuggestions": ["s"]}, "the id of a suggestion"),
    "a reason that is a text": ({**OVERRIDDEN, "overrideReason": "no"}, "overrideReason is an object"),
}


@pytest.mark.parametrize(("item", "problem"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_and_the_rest_is_read(item: object, problem: str) -> None:
    found = read_feedback(body(ACCEPTED, item, OVERRIDDEN))
    assert [each.card for each in found.items] == ["a", "b"]
    (named,) = found.problems
    assert named.startswith("feedback[1]: ") and problem in named


@pytest.mark.parametrize("content", [b"", b"feedback", b'{"feedback":[', b"[" * 5000])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedContent):
        read_feedback(content)


@pytest.mark.parametrize("content", [[], {}, {"feedback": []}, {"feedback": {}}, {"feedback": None}, "x", 1, None])
def test_1_68_without_items_it_is_refused(content: object) -> None:
    with pytest.raises(UnsuitableContent, match="a list of 1 to 1000 items"):
        read_feedback(orjson.dumps(content))


def test_a_batch_has_its_limits() -> None:
    assert len(read_feedback(body(*[OVERRIDDEN] * MOST_ITEMS)).items) == MOST_ITEMS
    with pytest.raises(UnsuitableContent):
        read_feedback(body(*[OVERRIDDEN] * (MOST_ITEMS + 1)))
    long = {**OVERRIDDEN, "overrideReason": {"userComment": "x" * 9000}}
    assert len(read_feedback(body(long)).items[0].comment or "") == LONGEST_COMMENT


@pytest.mark.parametrize("reason", [None, 1, [], {"code": 1}, {"code": "x" * 201}, {"display": "No"}, {"code": "a\0"}])
def test_a_reason_that_cannot_be_kept_is_none(reason: object) -> None:
    (item,) = read_feedback(body({**OVERRIDDEN, "overrideReason": {"reason": reason}})).items
    assert (item.reason, item.reason_system) == (None, None)


@given(st.sampled_from([*REASONED, "acceptedSuggestions"]), JSON)
def test_whatever_stands_in_an_item_it_can_be_kept_or_is_named(name: str, value: Any) -> None:
    found = read_feedback(json.dumps({"feedback": [{**REASONED, name: value}]}).encode())
    assert len(found.items) + bool(found.problems) == 1
    for each in found.items:
        kept = (each.card, each.reason or "", each.reason_system or "", each.comment or "", *each.suggestions)
        assert not any("\0" in text for text in kept) and each.at.tzinfo is UTC


# ------------------------------------------------------------------------------------------------------------- kept
def keep(store: Store, *items: object, now: datetime = NOON) -> tuple[int, int]:
    return keep_feedback(store, "north", read_feedback(body(*items)), now)


def about(item: Json, card: str) -> Json:
    return {**item, "card": card}


def rows(store: Store) -> list[Any]:
    with store.reading() as connection:
        return list(connection.execute(card_responses.select().order_by(card_responses.c.id)))


def test_9_4_a_batch_of_all_kinds_is_kept(store: Store) -> None:
    uuids = [Desk(store).views().cards[0].uuid for _ in range(3)]
    sent = [about(ACCEPTED, uuids[0]), about(OVERRIDDEN, uuids[1]), about(REASONED, uuids[2]), about(REASONED, "x")]
    assert keep(store, *sent) == (3, 1)
    assert keep(store, sent[1]) == (1, 0)  # 1.70: a repetition is no error
    assert [(each.card, each.response, each.reason) for each in rows(store)] == [
        (uuids[0], "accepted", None),
        (uuids[1], "overridden", None),
        (uuids[2], "overridden", "patient-refuses"),
        ("x", "overridden", "patient-refuses"),
        (uuids[1], "overridden", None),
    ]
    assert rows(store)[0].suggestions == ["s"]


def test_1_74_of_a_card_that_nobody_knows_no_comment_is_kept(store: Store) -> None:
    (card,) = Desk(store).views().cards
    keep(store, about(REASONED, card.uuid), about(REASONED, "x"))
    assert [each.comment for each in rows(store)] == ["Mrs. Secret does not want to", None]


def test_a_clock_that_is_ahead_does_not_silence_for_longer(store: Store) -> None:
    desk = Desk(store).under(after_response=timedelta(days=1))
    (card,) = desk.views().cards
    keep(store, {**OVERRIDDEN, "card": card.uuid, "outcomeTimestamp": "2099-01-01T00:00:00Z"})
    assert desk.views().cards == ()
    assert desk.views(now=NOON + timedelta(days=1)).cards != ()


def test_1_71_what_was_not_answered_is_counted_as_that(store: Store) -> None:
    uuids = [Desk(store).views().cards[0].uuid for _ in range(4)]
    keep(store, about(ACCEPTED, uuids[0]), about(OVERRIDDEN, uuids[1]), about(REASONED, uuids[2]))
    assert list(rate_lines(cards.rates(store, "north"))) == [
        {
            "study": "demo",
            "about": "may-fit-a-study",
            "shown": 4,
            "accepted": 1,
            "overridden": 2,
            "unanswered": 1,
            "reasons": {"none given": 1, "patient-refuses": 1},
        }
    ]
