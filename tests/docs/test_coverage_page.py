"""docs/coverage.md: what a dose can lack is told there as the code tells it, and the bands are those of the code."""

from service.eligibility.dosing.lacks import Lack
from service.screening.studying.suppression import BAND, FEWEST
from tests.docs.markdown import table
from tests.shape.source import ROOT

TEXT = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")


def test_what_a_dose_can_lack_is_that_of_the_code() -> None:
    assert table(TEXT, "lacks:") == [[f"`{each.code}`", each.sentence] for each in Lack]


def test_the_bands_are_those_of_the_code() -> None:
    said = " ".join(TEXT.split())
    assert f"fewer than {BAND}, {BAND}–{2 * BAND - 1}" in said and f"than the {FEWEST} people" in said
