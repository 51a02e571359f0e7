"""Sigs with the reading of a pharmacist: never a different dose; and how many are read, and how many refused."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from service.catalog.documents import FASTEST
from tests.docs.markdown import table
from tests.shape.source import ROOT
from tests.sigs.notation import MISSING, REFUSED, reading
from tests.sigs.texts import texts

HERE = Path(__file__).parent
CUT = "…"


class Entry(NamedTuple):
    """A sig, what a pharmacist reads in it, and what the grammar makes of it where that is less."""

    text: str
    expected: str
    given: str


def entries(name: str) -> dict[str, list[Entry]]:
    listed = yaml.load((HERE / name).read_text(encoding="utf-8"), Loader=FASTEST)
    return {language: [entry(*row) for row in rows] for language, rows in listed.items()}


def entry(text: str, expected: str, less: str | None = None) -> Entry:
    return Entry(text, expected, MISSING if less == REFUSED else less or expected)


CORPUS = entries("corpus.yaml")
SHARED = entries("shared.yaml")["texts"]


def kind(each: Entry, found: str) -> str:
    """`right`, `wider` (a range that holds the reading), `refused`, `wrong`."""
    if found == each.expected:
        return "right"
    if found == MISSING:
        return "refused"
    return "wider" if found == each.given and holds(found, each.expected) else "wrong"


def holds(wide: str, narrow: str) -> bool:
    (low, high, unit), (least, most, same) = parts(wide), parts(narrow)
    return unit == same and low <= least and most <= high


def parts(words: str) -> tuple[float, float, str]:
    value, _, unit = words.partition(" ")
    low, _, high = value.partition("-")
    return float(low), float(high or low), unit


@pytest.mark.parametrize("each", [each for rows in CORPUS.values() for each in rows], ids=lambda each: each.text[:60])
def test_a_sig_is_read_as_a_pharmacist_reads_it(each: Entry) -> None:
    assert reading(each.text) == each.given


def test_no_sig_is_read_differently_from_a_pharmacist() -> None:
    wrong = [each.text for rows in CORPUS.values() for each in rows if kind(each, reading(each.text)) == "wrong"]
    assert wrong == []


@pytest.mark.parametrize(("language", "least"), [("en", 250), ("de", 40), ("fr", 30)])
def test_the_corpus_is_large_enough_to_mean_something(language: str, least: int) -> None:
    assert len({each.text for each in CORPUS[language]}) >= least


def rows(name: str, listed: list[Entry]) -> dict[str, str]:
    """How the document gives the figures: of those that a pharmacist can read, and of those that nobody can."""
    found = Counter((each.expected == MISSING, kind(each, reading(each.text))) for each in listed)
    readable = [str(found[False, each]) for each in ("right", "wider", "refused")]
    wrong = found[True, "wrong"] + found[False, "wrong"]
    return {name: " | ".join([*readable, str(found[True, "right"]), str(wrong)])}


def documented() -> dict[str, str]:
    listed = table((ROOT / "docs" / "sigs.md").read_text(encoding="utf-8"), "figures")
    return {row[0]: " | ".join(row[1:]) for row in listed}


def test_the_document_gives_the_figures_of_the_corpus() -> None:
    names = {"en": "our own, English", "de": "our own, German", "fr": "our own, French"}
    computed: dict[str, str] = {}
    for language, name in names.items():
        computed |= rows(name, CORPUS[language])
    assert {name: words for name, words in documented().items() if name in names.values()} == computed


@pytest.mark.shared
def test_every_text_of_the_shared_material_is_read_as_checked_by_hand(shared: Path) -> None:
    found = {text: reading(text) for text in texts(shared)}
    assert found == {text: expected_of(text).given for text in found}
    assert [text for text in found if kind(expected_of(text), found[text]) == "wrong"] == []


def expected_of(text: str) -> Entry:
    return next(expected_for(text), Entry(text, "not checked by hand yet", "not checked by hand yet"))


def expected_for(text: str) -> Iterator[Entry]:
    for each in SHARED:
        if each.text == text or (each.text.endswith(CUT) and text.startswith(each.text.removesuffix(CUT))):
            yield each


@pytest.mark.shared
def test_the_document_gives_the_figures_of_the_shared_material(shared: Path) -> None:
    name = "shared material"
    listed = [expected_of(text)._replace(text=text) for text in sorted(texts(shared))]
    assert documented()[name] == rows(name, listed)[name]
