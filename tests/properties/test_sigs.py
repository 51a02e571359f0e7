"""What must hold for every sig: read as it was meant or refused, whatever words are put in, and never a failure."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings, strategies as st

from service.catalog.documents import FASTEST
from service.eligibility.dosing.sigs.read import LANGUAGES, Refused, Understood, read_sig
from service.eligibility.dosing.sigs.words import folded
from service.eligibility.quantity import plain
from tests.sigs.notation import MISSING, REFUSED, reading, written

ROWS = yaml.load((Path(__file__).parents[1] / "sigs" / "corpus.yaml").read_text(encoding="utf-8"), Loader=FASTEST)
SIGS = sorted({row[0] for rows in ROWS.values() for row in rows if row[0]})
# By the corpus, which tests/sigs compares with what is read: (sig, a pharmacist's reading, ours where that is less).
UNREAD = {row[0] for rows in ROWS.values() for row in rows if {MISSING, REFUSED} & set(row[1:])}
READABLE = [text for text in SIGS if text not in UNREAD]
KNOWN_WORDS = {word for lexicon in LANGUAGES for phrase in lexicon.phrases for word in phrase}
LETTERS = "abcdefghijklmnopqrstuvwxyzäöüéèàß"


@dataclass(frozen=True)
class Meant:
    """A dose and how it would be written: `times` in `hours`; the reading is in the notation of the corpus."""

    amount: Decimal
    unit: str
    times: int
    hours: int
    days: int | None

    @property
    def expected(self) -> str:
        average = Decimal(self.times) * 24 * self.amount / self.hours
        kind = "mg" if self.unit == "mg" else "pc"
        length = f" x {self.days} d" if self.days is not None else ""
        return f"{plain(average.quantize(Decimal('0.0001')))} {kind}{length}"


RHYTHMS: dict[tuple[int, int], list[str]] = {
    (1, 24): ["daily", "once daily", "once a day", "every day", "qd", "per day", "in the morning", "at night"],
    (2, 24): ["twice daily", "bid", "2 times a day", "2x/day", "two times daily", "morning and evening", "b.i.d."],
    (3, 24): ["tid", "three times a day", "3 times daily", "three times per day", "3x daily"],
    (4, 24): ["qid", "four times a day", "4 times daily"],
    (1, 6): ["q6h", "every 6 hours", "every six hours", "6-hourly", "q 6 hrs"],
    (1, 8): ["q8h", "every 8 hours", "every eight hours"],
    (1, 12): ["q12h", "every 12 hours"],
    (1, 48): ["every other day", "qod", "every 2 days", "on alternate days", "every second day"],
    (1, 168): ["weekly", "once a week", "once weekly", "every week", "on Mondays", "every Monday"],
    (3, 168): ["three times a week", "3 times weekly", "on Mon, Wed, Fri", "MWF"],
}  # fmt: skip
LENGTHS: list[Callable[[int], str]] = [
    lambda days: f"for {days} days", lambda days: f"x {days} days", lambda days: f"x{days}d",
]  # fmt: skip
VERBS = ["", "take ", "Take ", "please take ", "TAKE "]
ROUTES = ["", " by mouth", " po", " orally", " PO"]
ENDS = ["", ".", " with food", ", with food", " for arthritis", " as directed"]

LENGTH = st.integers(8, 60)
PERHAPS_LENGTH = st.none() | LENGTH


def meant(days: st.SearchStrategy[int | None]) -> st.SearchStrategy[Meant]:
    """A dose, for so many days."""
    return st.builds(
        lambda amount, unit, rhythm, days: Meant(amount, unit, *rhythm, days),
        st.integers(1, 160).map(lambda quarters: Decimal(quarters) / 4),
        st.sampled_from(["mg", "tablets"]),
        st.sampled_from(sorted(RHYTHMS)),
        days,
    )


@st.composite
def sigs(draw: st.DrawFn, days: st.SearchStrategy[int | None] = PERHAPS_LENGTH) -> tuple[Meant, str]:
    """A dose, and one of its many wordings."""
    dose = draw(meant(days))
    often = draw(st.sampled_from(RHYTHMS[dose.times, dose.hours]))
    length = " " + draw(st.sampled_from(LENGTHS))(dose.days) if dose.days is not None else ""
    amount = f"{plain(dose.amount)}{draw(st.sampled_from([' ', '']))}{dose.unit}"
    text = draw(st.sampled_from(VERBS)) + amount + draw(st.sampled_from(ROUTES)) + f" {often}{length}"
    return dose, text + draw(st.sampled_from(ENDS))


@given(sigs())
def test_a_dose_in_any_of_its_wordings_is_read_as_it_was_meant(sig: tuple[Meant, str]) -> None:
    dose, text = sig
    assert reading(text) == dose.expected


@given(st.lists(sigs(LENGTH), min_size=1, max_size=3), sigs())
def test_steps_are_read_one_after_another_or_refused(first: list[tuple[Meant, str]], last: tuple[Meant, str]) -> None:
    listed = [*first, last]
    text = ", then ".join(text.rstrip(".") for _, text in listed)
    assert reading(text) in (", then ".join(dose.expected for dose, _ in listed), MISSING)


def unknown(word: str) -> bool:
    return folded(word) not in KNOWN_WORDS


@settings(max_examples=400)
@given(st.sampled_from(SIGS), st.integers(0, 30), st.text(LETTERS, min_size=1, max_size=12).filter(unknown))
@example("10 mg daily for 7 days", 3, "zirconia")
def test_an_unknown_word_anywhere_never_makes_another_dose(text: str, place: int, word: str) -> None:
    words = text.split(" ")
    words.insert(place % (len(words) + 1), word)
    assert reading(" ".join(words)) in (reading(text), MISSING)


@given(st.sampled_from(SIGS), st.data())
def test_a_sig_that_is_cut_off_within_a_word_is_never_a_failure(text: str, data: st.DataObject) -> None:
    shown = text[: data.draw(st.integers(0, len(text)))]
    assert isinstance(read_sig(shown), (Understood, Refused))


@pytest.mark.parametrize(
    "before", ["do not ", "stop ", "hold ", "discontinue ", "avoid ", "never ", "nicht ", "ne pas "]
)
@given(text=st.sampled_from(READABLE))
@settings(max_examples=40)
def test_what_says_not_to_take_it_is_no_dose(before: str, text: str) -> None:
    assert reading(before + text) == MISSING


@given(st.sampled_from(SIGS))
def test_case_and_space_do_not_matter(text: str) -> None:
    assert reading(text.upper().replace("µ".upper(), "µ")) == reading(text)
    assert reading(f"  {text.replace(' ', '  ')} ") == reading(text)


@settings(max_examples=300)
@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    found = read_sig(text)
    assert isinstance(found, Refused) or found.instructions


PHRASES = sorted({" ".join(phrase) for lexicon in LANGUAGES for phrase in lexicon.phrases})
SIGNS = [
    "1",
    "2",
    "5",
    "10",
    "1/2",
    "2,5",
    "1-0-1",
    "(",
    ")",
    ",",
    ".",
    "/",
    "-",
    "x",
    ":",
    "=",
    "+",
    "8:00",
    "2024-01-31",
]


@settings(max_examples=400)
@given(st.lists(st.sampled_from(PHRASES) | st.sampled_from(SIGNS), max_size=12))
def test_any_heap_of_known_words_is_read_or_refused(words: list[str]) -> None:
    found = read_sig(" ".join(words))
    assert isinstance(found, Refused) or written(found)


@given(meant(PERHAPS_LENGTH), st.integers(2, 6))
def test_dividing_the_strength_and_multiplying_the_pieces_changes_nothing(dose: Meant, parts: int) -> None:
    mass = dose.amount * 4
    whole = reading(f"{plain(mass * parts)} mg daily")
    assert reading(f"{parts} x {plain(mass)} mg tablets daily") == whole
    assert reading(f"{parts} tablets ({plain(mass)} mg each) daily") == whole
    assert reading(f"{parts} tablets ({plain(mass * parts)} mg total) daily") == whole
