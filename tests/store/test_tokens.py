"""Tokens that were used already: no process takes one twice, and nothing of them can be read."""

import subprocess
import sys
from datetime import timedelta

from sqlalchemy import select

from service.store import retention, tokens
from service.store.engine import Store, open_store
from service.store.retention import Keep
from service.store.tables import tokens as table
from tests.store.world import NOON

USE = """
import sys
from datetime import datetime, UTC
from service.store import tokens
from service.store.engine import open_store
store = open_store(sys.argv[1])
sys.stdin.readline()
print([tokens.first_use(store, "ehr", str(each), datetime(2030, 1, 1, tzinfo=UTC)) for each in range(20)])
"""


def test_a_token_is_used_once(store: Store) -> None:
    assert [tokens.first_use(store, "ehr", "1", NOON) for _ in range(3)] == [True, False, False]
    assert tokens.first_use(store, "ehr", "2", NOON) and tokens.first_use(store, "another ehr", "1", NOON)


def test_who_gave_it_and_its_id_are_not_mixed_up(store: Store) -> None:
    assert [tokens.first_use(store, *pair, NOON) for pair in (("ab", "c"), ("a", "bc"), ('a","b', "c"))] == [True] * 3


def test_another_connection_sees_it_at_once(store: Store, url: str) -> None:
    other = open_store(url)
    assert tokens.first_use(store, "ehr", "1", NOON)
    assert not tokens.first_use(other, "ehr", "1", NOON)
    other.close()


def test_of_processes_that_try_together_one_is_first(url: str) -> None:
    running = [
        subprocess.Popen([sys.executable, "-c", USE, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [each.communicate("go\n", timeout=60)[0] for each in running]
    assert sum(each.count("True") for each in said) == 20
    assert sum(each.count("False") for each in said) == 40


def test_neither_the_id_nor_who_gave_it_can_be_read(store: Store) -> None:
    tokens.first_use(store, "https://ehr.example", "very-secret", NOON)
    with store.reading() as connection:
        (row,) = connection.execute(select(table)).all()
    assert "secret" not in repr(row) and "ehr" not in repr(row)
    assert len(row.digest) == 64


def test_it_is_forgotten_when_its_age_is_enough_to_refuse_it(store: Store) -> None:
    for name, minutes in (("over", -1), ("now", 0), ("to come", 1)):
        tokens.first_use(store, "ehr", name, NOON + timedelta(minutes=minutes))
    assert retention.purge(store, NOON, Keep()).tokens == 1
    assert [tokens.first_use(store, "ehr", name, NOON) for name in ("over", "now", "to come")] == [True, False, False]
