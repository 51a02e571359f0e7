"""What is kept of a launch: nothing that the database alone could tell, no longer than it lasts, in either database."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from service.errors import InvalidValue
from service.store import launches, retention
from service.store.engine import Store
from service.store.launches import Launch
from service.store.retention import Keep
from service.store.sealed import new_key, seal, unseal
from service.store.tables import metadata
from tests.databases import ON_BOTH
from tests.launch.world import Browser, application, launchable
from tests.smart_server import SmartEhr
from tests.working.world import NOON

MINUTE = timedelta(minutes=1)
CONTENT = {"stage": "open", "person": "Practitioner/7"}


def launch(identity: str = "one", tenant: str = "north", minutes: int = 5) -> Launch:
    return Launch(identity, tenant, CONTENT, NOON + minutes * MINUTE)


def everything(store: Store, *leaving_out: str) -> str:
    """All rows of all tables, as text."""
    with store.reading() as connection:
        tables = [each for each in metadata.sorted_tables if each.name not in leaving_out]
        return "\n".join(repr(row) for each in tables for row in connection.execute(each.select()))


@ON_BOTH
def test_a_launch_is_there_for_its_key_while_it_lasts(store: Store) -> None:
    key = new_key()
    launches.add(store, launch(), key, NOON)
    assert launches.find(store, "one", key, NOON + 4 * MINUTE) == launch()
    assert launches.find(store, "one", key, NOON + 5 * MINUTE) is None
    assert launches.find(store, "two", key, NOON) is None
    for other in (new_key(), "", key[:-1], f"{key}A", "ü" * 43):
        assert launches.find(store, "one", other, NOON) is None


@ON_BOTH
def test_of_several_who_end_it_one_alone_did(store: Store) -> None:
    launches.add(store, launch(), new_key(), NOON)
    assert [launches.remove(store, "one") for _ in range(3)] == [True, False, False]


@ON_BOTH
def test_its_content_changes_and_its_end(store: Store) -> None:
    key = new_key()
    launches.add(store, launch(), key, NOON)
    longer = Launch("one", "north", {"stage": "other"}, NOON + 9 * MINUTE)
    launches.change(store, longer, key)
    assert launches.find(store, "one", key, NOON + 8 * MINUTE) == longer
    launches.change(store, launch("gone"), key)
    assert launches.find(store, "gone", key, NOON) is None


@ON_BOTH
def test_what_is_over_goes_with_the_next_one_and_with_a_purge(store: Store) -> None:
    launches.add(store, launch("a", minutes=1), new_key(), NOON)
    launches.add(store, launch("b", minutes=9), new_key(), NOON)
    launches.add(store, launch("c"), new_key(), NOON + MINUTE)
    assert [launches.remove(store, each) for each in "abc"] == [False, True, True]
    launches.add(store, launch("a", minutes=1), new_key(), NOON)
    launches.add(store, launch("b", minutes=9), new_key(), NOON)
    assert retention.purge(store, NOON + MINUTE, Keep()).launches == 1
    assert [launches.remove(store, each) for each in "ab"] == [False, True]


@ON_BOTH
def test_all_of_a_tenant_end_where_a_patient_is_forgotten(store: Store) -> None:
    """Whom they are about cannot be told."""
    for identity, tenant in (("a", "north"), ("b", "north"), ("c", "south")):
        launches.add(store, launch(identity, tenant), new_key(), NOON)
    assert retention.delete_patient(store, "north", "p").launches == 2
    assert [launches.remove(store, each) for each in "abc"] == [False, False, True]


@ON_BOTH
def test_4_18_the_database_alone_tells_neither_token_nor_patient(ehr: SmartEhr, store: Store) -> None:
    ehr.seed({**ehr.storage.read("Patient", "p"), "id": "jane-4711"})
    browser = Browser(application(store, launchable(ehr)), ehr)
    browser.launch(ehr.open("jane-4711"))
    browser.opened("jane-4711", refresh=True)
    told = everything(store, "audit")
    secrets = [*ehr.smart.tokens, *ehr.refreshes, "jane-4711", "Practitioner/7", "verifier", "nonce"]
    assert len(secrets) == 6 and "launches" in metadata.tables and told.count("north") == 2
    assert [each for each in secrets if each in told] == []
    (cookie,) = [each.value for each in browser.client._cookies.values() if browser.visited[-1][-22:] in each.key]
    assert cookie not in told and launches.find(store, browser.visited[-1][-22:], cookie, NOON) is not None


def test_nothing_is_left_in_the_files_of_sqlite(ehr: SmartEhr, kept: Store, tmp_path: Path) -> None:
    Browser(application(kept, launchable(ehr)), ehr).opened()
    token = next(iter(ehr.smart.tokens)).encode()
    assert [path.name for path in tmp_path.iterdir() if path.is_file() and token in path.read_bytes()] == []


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")) | st.none()))
def test_what_is_sealed_is_unsealed_by_its_key_alone(content: dict[str, str | None]) -> None:
    key = new_key()
    sealed = seal(content, key)
    assert unseal(sealed, key) == content
    assert unseal(sealed, new_key()) is None
    assert seal(content, key) != sealed


def test_what_was_tampered_with_is_not_unsealed() -> None:
    key = new_key()
    sealed = seal(CONTENT, key)
    for place in range(0, len(sealed), 7):
        changed = sealed[:place] + (b"A" if sealed[place : place + 1] != b"A" else b"B") + sealed[place + 1 :]
        assert unseal(changed, key) is None
    assert unseal(b"", key) is None and unseal(b"....", key) is None


@pytest.mark.parametrize("key", ["", "short", "A" * 44, "ü" * 43])
def test_nothing_is_sealed_with_a_key_that_is_none(key: str) -> None:
    with pytest.raises(InvalidValue):
        seal(CONTENT, key)
