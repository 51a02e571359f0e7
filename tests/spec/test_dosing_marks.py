"""Every mark of a dose or of its record has a sentence, and it reaches the finding."""

import re
from pathlib import Path

import pytest

from service.eligibility.dosing import body, denials, linked, products, records
from service.eligibility.explain.marks import MARKS, mark_words
from service.eligibility.explain.sentences import dose_words
from service.fhir import dosage, medication_times
from tests.doses import asked, instruction, medication

SERVICE = Path(__file__).parents[2] / "service"
READERS = [
    SERVICE / "fhir" / f"{name}.py" for name in ("dosage", "timing", "medications", "medication_times", "intake")
]
SOURCES = [*sorted((SERVICE / "eligibility" / "dosing").glob("*.py")), *READERS]


def written() -> set[str]:
    """The marks that the code names: in literals beside the word mark, and in constants."""
    constants = (
        *body.MARKS.values(), linked.REPLACED, linked.FROM_ORDER, linked.STOP_CONTRADICTS, linked.GIVEN_IN_PART,
        denials.NOT_TAKEN, products.CONFLICT, records.SALT, dosage.UNREADABLE_DOSAGE, medication_times.END_FROM_STATUS,
    )  # fmt: skip
    lines = (line for path in SOURCES for line in path.read_text(encoding="utf-8").splitlines() if "mark" in line)
    literals = {found for line in lines for found in re.findall(r'"([a-z]+(?:-[a-z]+)+)"', line)}
    return {*constants, *literals}


def test_every_mark_of_the_engine_has_a_sentence() -> None:
    assert {"as-needed", "no-dose", "end-from-supply"} <= written()
    assert written() - MARKS.keys() == set()


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_of_the_record_reaches_the_words_of_the_finding(mark: str) -> None:
    found = asked([medication(instruction("20 mg"), marks=(mark,))])
    assert found.marks == (mark,)
    assert mark_words(mark).rstrip(".") in dose_words(found)
