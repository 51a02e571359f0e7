"""Content kept on disk for the time of a run: found by its key, by another process too; never what is not there."""

import pickle
from pathlib import Path

import pytest

from service.store.lookup import Lookup

DRUGS = {"Medication/b": {"id": "b", "code": {"text": "Prednison"}}, "Medication/a": {"id": "a"}}


def made(directory: Path) -> Lookup:
    lookup = Lookup(directory / "kept")
    lookup.add({})
    lookup.add(DRUGS)
    return lookup


def test_what_was_added_is_found(tmp_path: Path) -> None:
    lookup = made(tmp_path)
    lookup.add({"Medication/c": {"id": "c"}})
    assert dict(lookup) == {**DRUGS, "Medication/c": {"id": "c"}}
    assert list(lookup) == ["Medication/a", "Medication/b", "Medication/c"] and len(lookup) == 3


def test_what_was_not_is_not(tmp_path: Path) -> None:
    lookup = made(tmp_path)
    assert lookup.get("Medication/x") is None and "Medication/x" not in lookup
    with pytest.raises(KeyError):
        lookup["Medication/x"]


def test_another_process_may_be_given_it(tmp_path: Path) -> None:
    assert dict(pickle.loads(pickle.dumps(made(tmp_path)))) == DRUGS


def test_nothing_found_before_anything_was_added(tmp_path: Path) -> None:
    lookup = Lookup(tmp_path / "kept")
    lookup.add({})
    assert len(lookup) == 0 and lookup.get("Medication/a") is None
