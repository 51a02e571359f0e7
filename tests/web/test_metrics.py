"""/metrics: numbers alone. What clients type is no part of a label."""

from service.app import app_of
from service.settings import Settings
from service.store import cards
from service.store.cards import NO_REASON
from service.store.engine import Store
from tests.cds.world import Desk
from tests.store.test_cards import RESPONSE, SHOWN
from tests.web.test_development import ELSEWHERE

TYPED = ["Mrs. Secret has moved", "4711", 'x"} 1\nprescreen_cards_shown{tenant="south"']


def lines(store: Store, name: str) -> list[str]:
    desk = Desk(store)
    client = app_of(desk.content, Settings(), (desk.tenant,), store).test_client()
    return [each for each in client.get("/metrics").text.splitlines() if each.startswith(f"prescreen_cards_{name}_")]


def overridden(store: Store, *reasons: str | None) -> None:
    for number, reason in enumerate(reasons):
        shown, response = ({**_fields(each), "card": f"card-{number}"} for each in (SHOWN, RESPONSE))
        cards.keep_shown(store, [type(SHOWN)(**shown)])
        cards.keep_responses(store, [type(RESPONSE)(**{**response, "reason": reason})])


def _fields(row: object) -> dict[str, object]:
    return {name: getattr(row, name) for name in type(row).__slots__}  # type: ignore[attr-defined]


def test_reasons_that_a_card_offers_are_counted_each(store: Store) -> None:
    overridden(store, "patient-refuses", "patient-refuses", "wrong-time-workflow", None)
    of = 'about="may-fit-a-study",reason="%s",study="study",tenant="north"'
    told = {
        of % reason: number for reason, number in (("patient-refuses", 2), ("wrong-time-workflow", 1), (NO_REASON, 1))
    }
    assert sorted(lines(store, "overridden")) == sorted(
        f"prescreen_cards_overridden_total{{{labels}}} {float(number)}" for labels, number in told.items()
    )


def test_reasons_that_no_card_offers_are_counted_together(store: Store) -> None:
    overridden(store, *TYPED)
    (only,) = lines(store, "overridden")
    assert 'reason="other"' in only and only.endswith(" 3.0")
    assert len(lines(store, "shown")) == 1


def test_other_machines_are_told_nothing(store: Store) -> None:
    desk = Desk(store)
    client = app_of(desk.content, Settings(), (desk.tenant,), store).test_client()
    assert client.get("/metrics", environ_overrides=ELSEWHERE).status_code == 403
