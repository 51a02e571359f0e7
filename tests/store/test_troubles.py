"""What does not work: since when without a break, and gone as soon as it works."""

from service.store import troubles
from service.store.engine import Store
from service.store.troubles import WHOLE, Trouble
from tests.store.world import NOON, SECOND

LATER = NOON + 600 * SECOND


def test_a_trouble_lasts_from_the_first_time_to_the_last(store: Store) -> None:
    troubles.whole_place(store, "north", "source", "http-503", NOON)
    troubles.whole_place(store, "north", "source", "http-500", LATER)
    assert troubles.every(store) == (Trouble("north", "source", WHOLE, "http-500", NOON, LATER),)
    troubles.whole_place(store, "north", "source", None, LATER)
    assert troubles.every(store) == ()
    troubles.whole_place(store, "north", "source", "http-503", LATER)
    assert troubles.every(store) == (Trouble("north", "source", WHOLE, "http-503", LATER, LATER),)


def test_the_same_within_a_minute_is_not_written_again(store: Store) -> None:
    troubles.whole_place(store, "north", "source", "x", NOON)
    for seconds, at in ((59, NOON), (60, NOON + 60 * SECOND)):
        troubles.whole_place(store, "north", "source", "x", NOON + seconds * SECOND)
        assert troubles.every(store)[0].at == at


def test_types_are_those_found_last_and_no_others(store: Store) -> None:
    troubles.types_of(store, "north", "export", {"Condition": "a", "Consent": "b"}, NOON)
    troubles.types_of(store, "north", "export", {"Consent": "b", "Procedure": "a"}, LATER)
    found = {each.about: (each.since, each.at) for each in troubles.every(store, "north", "export")}
    assert found == {"Consent": (NOON, LATER), "Procedure": (LATER, LATER)}
    troubles.types_of(store, "north", "export", {}, LATER)
    assert troubles.every(store) == ()


def test_places_tenants_and_types_do_not_touch_one_another(store: Store) -> None:
    for tenant in ("north", "south"):
        for place in ("source", "export"):
            troubles.whole_place(store, tenant, place, "x", NOON)
            troubles.types_of(store, tenant, place, {"Condition": "x"}, NOON)
    troubles.whole_place(store, "north", "source", None, LATER)
    troubles.types_of(store, "south", "export", {}, LATER)
    left = {(each.tenant, each.place, each.about) for each in troubles.every(store)}
    assert left == {
        *(("north", "source", "Condition"), ("north", "export", WHOLE), ("north", "export", "Condition")),
        *(("south", "source", WHOLE), ("south", "source", "Condition"), ("south", "export", WHOLE)),
    }
