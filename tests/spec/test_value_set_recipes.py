"""Recipes become value sets: what is refused and left out; the committed files are what the recipes say."""

from pathlib import Path
from typing import Any

import pytest

from mappings import build_value_sets as builder


@pytest.mark.shared
def test_files_are_what_the_recipes_say(shared: Path) -> None:
    arguments = ["--codes", str(shared / "clinical" / "codes.csv"), "--check"]
    assert builder.main(arguments) == 0


ROW = {"concept": "lab.x", "system": "LOINC", "code": "2469-5", "display": "X", "level": "test", "status": "VERIFIED"}
RECIPE: dict[str, Any] = {
    "id": "x", "title": "X", "description": "x", "kind": "observation", "source": "s", "words": ["x"],
    "table": [{"concept": "lab.x"}],
}  # fmt: skip
OWN = {"system": "SNOMED", "code": "363346000", "display": "X"}
REFUSALS = [
    ("an unverified code, named", {"table": [{"concept": "lab.x", "only": ["49471-6"]}]}, "no usable row"),
    ("a concept that the table lacks", {"table": [{"concept": "lab.y"}]}, "no usable row"),
    ("a state raised over the table's", {"table": [{"concept": "lab.x", "verification": "VERIFIED"}]}, "only lower"),
    ("an own code without a source", {"rows": [OWN]}, "say its source"),
    ("an unknown system", {"rows": [{**OWN, "system": "CPT", "source": "s"}]}, "unknown system CPT"),
    ("an own code that is unverified", {"rows": [{**OWN, "source": "s", "verification": "UNVERIFIED"}]}, "UNVERIFIED"),
    ("no words and no reason", {"words": []}, "give words"),
    ("a word in capitals", {"words": ["IgG4"]}, "lower-case"),
    ("an empty word, which would suggest everything", {"words": [" "]}, "lower-case"),
    ("an unknown key", {"wrods": ["x"]}, "unknown keys"),
    ("an unknown kind", {"kind": "labs"}, "kind labs"),
    ("no codes", {"table": []}, "no codes"),
]


@pytest.mark.parametrize(("change", "message"), [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS])
def test_refused_recipes(change: dict[str, Any], message: str) -> None:
    rows = [ROW, {**ROW, "code": "49471-6", "status": "UNVERIFIED"}]
    with pytest.raises(builder.RecipeError, match=message):
        builder.value_set(rows, {**RECIPE, **change}, "1")


def test_unverified_rows_are_left_out() -> None:
    rows = [ROW, {**ROW, "code": "49471-6", "status": "UNVERIFIED"}]
    built = builder.value_set(rows, RECIPE, "1")
    assert [each["code"] for each in built["compose"]["include"][0]["concept"]] == ["2469-5"]


def test_a_changed_missing_or_surplus_file_is_drift(tmp_path: Path) -> None:
    (tmp_path / "changed.json").write_text("old")
    (tmp_path / "surplus.json").write_text("x")
    (tmp_path / "same.json").write_text("same")
    texts = {"changed.json": "new", "missing.json": "x", "same.json": "same"}
    assert builder.drift(texts, tmp_path) == ["changed.json", "missing.json", "surplus.json"]
