"""What every value set file must say of itself, and that no set silences another unread."""

import re
from pathlib import Path
from typing import Any

import pytest

from mappings import build_value_sets as builder
from tests.value_sets import (
    CM,
    DECIDING,
    FILES,
    GM,
    LOINC,
    SCT,
    WHO,
    Entry,
    entries,
    marks,
    mod10,
    suggested,
    value_set,
    verhoeff,
)

SELF_LIMITED = {"acute-infection": 60, "pregnancy": 294, "breastfeeding": 182}


def test_only_these_conditions_pass_by_themselves() -> None:
    found = {path.stem: days for path in FILES if (days := marks(value_set(path.stem), "self-limited-days"))}
    assert found == {name: [days] for name, days in SELF_LIMITED.items()}


def test_every_acute_infection_is_an_active_one() -> None:
    """The criteria ask active-infection; acute-infection only says how long it lasts."""
    acute = {each for each in entries("acute-infection") if each.verification in DECIDING}
    assert acute <= set(entries("active-infection"))


EXHAUSTIVE = [
    ("malignancy", {CM, WHO, GM}),
    ("other-connective-tissue-disease", {CM, WHO, GM}),
    ("hepatitis-b-infection", {CM, WHO}),
    ("tuberculosis-active", {CM, WHO}),
    ("igg4-rd", set()),  # before October 2023 only the text says it
    ("active-infection", set()),
]


@pytest.mark.parametrize(("name", "systems"), EXHAUSTIVE)
def test_exhaustive_systems(name: str, systems: set[str]) -> None:
    assert set(marks(value_set(name), "exhaustive-system")) == systems


# codes that one set knows and whose name would suggest another set, which is silenced: each was read
SILENCED = {
    "active-infection": r"hepatitis|hepatic coma|mycosis fungoides|igg4-related|tubercul|lupus vulgaris",
    "bnp": r"prohormone",
    "hba1c-ngsp": r"ifcc",
    "hepatitis-b-infection": r"type c|hepatitis c",
    "hepatitis-c-infection": r"type b|hepatitis b",
    "igg4-rd-organ": r"igg4-related|autoimmune pancreatitis type 1",
    "malignancy": r"history of|h/o",
    "non-melanoma-skin-cancer": r"history of",
}

# Dose forms come as words of product names.
WORDS_ALONE = {"form-local", "form-systemic"}


def test_no_set_silences_another_unread() -> None:
    kinds = {path.stem: marks(value_set(path.stem), "kind")[0] for path in FILES}
    unread = [
        f"{other}: {entry.code} {entry.display}, known to {name}"
        for name, kind in kinds.items()
        if kind in ("condition", "observation")
        for entry in entries(name)
        if not entry.prefix and entry.verification in DECIDING
        for other in kinds
        if kinds[other] == kind and _silenced(other, entry)
    ]
    assert unread == []


def _silenced(name: str, entry: Entry) -> bool:
    if any(each.holds(entry.system, entry.code) for part in ("include", "exclude") for each in entries(name, part)):
        return False
    read = SILENCED.get(name)
    return suggested(name, entry.display) and not (read and re.search(read, entry.display.lower()))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
class TestEveryFile:
    def test_says_what_it_is_and_whence(self, path: Path) -> None:
        content = value_set(path.stem)
        assert content["id"] == path.stem
        assert content["url"] == f"{builder.BASE}/ValueSet/{path.stem}"
        assert content["status"] == "active"
        assert re.fullmatch(r"[A-Z][A-Za-z0-9_]*", content["name"])
        assert len(content["description"]) > 20
        assert content["purpose"].removeprefix("Source: ")
        assert content.get("copyright") or path.stem in WORDS_ALONE  # nobody owns a word
        assert marks(content, "kind")[0] in builder.KINDS

    def test_carries_words_or_says_why_not(self, path: Path) -> None:
        content = value_set(path.stem)
        assert marks(content, "word") or marks(content, "no-words-reason")
        words = marks(content, "word") + marks(content, "not-word")
        assert all(word == word.lower() and word.strip() for word in words)

    def test_has_codes_of_known_state_only(self, path: Path) -> None:
        found = [*entries(path.stem), *entries(path.stem, "exclude")]
        assert bool(found) is (path.stem not in WORDS_ALONE)
        assert {each.verification for each in found} <= builder.LEVELS
        assert "UNVERIFIED" not in path.read_text(encoding="utf-8")

    def test_prefixes_are_literal(self, path: Path) -> None:
        for part in ("include", "exclude"):
            for group in value_set(path.stem).get("compose", {}).get(part, []):
                assert not ("concept" in group and "filter" in group)  # FHIR: never both
                assert len(group.get("filter", [])) <= 1  # FHIR: several would all have to hold
                for each in group.get("filter", []):
                    assert (each["property"], each["op"]) == ("code", "regex")
                    assert re.fullmatch(r"[A-Z0-9]+(\\\.[A-Z0-9]+)?\.\*", each["value"])

    def test_check_digits(self, path: Path) -> None:
        for each in (*entries(path.stem), *entries(path.stem, "exclude")):
            if each.system == SCT:
                assert verhoeff(each.code), f"SNOMED {each.code}"
            if each.system == LOINC and not each.code.startswith("LA"):
                assert mod10(each.code), f"LOINC {each.code}"

    def test_is_valid_fhir(self, path: Path) -> None:
        models = pytest.importorskip("fhir.resources.R4B.valueset")
        assert models.ValueSet.model_validate_json(path.read_bytes()).id == path.stem


@pytest.mark.parametrize(
    ("check", "code", "expected"),
    [
        (mod10, "2469-5", True),
        (mod10, "75666-5", False),
        (mod10, "31588-3", False),
        (verhoeff, "363346000", True),
        (verhoeff, "703702006", False),
        (verhoeff, "414918003", False),
        (verhoeff, "424732001", False),
    ],
)
def test_check_digits_find_the_candidates_that_were_thrown_out(check: Any, code: str, expected: bool) -> None:
    assert check(code) is expected
