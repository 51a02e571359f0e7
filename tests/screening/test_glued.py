"""Broken lines on which more than one resource begins: whoever wrote them was interrupted, and went on behind it."""

from pathlib import Path

import pytest

from tests.screening.test_bad_lines import ABOUT_P, NOT_LOADED, NOT_MET, UNREADABLE
from tests.screening.test_lost import screened
from tests.screening.world import encounter, export, patient

WHOLE_LINE = b'{"resourceType":"Condition","id":"a","subject":{"reference":"Patient/q"},"code":{"text":"x"}}'
BEGUN = b'{"resourceType":"Condition","id":"b","code":{"coding":[{"code":"1"}]},"sub'
GLUED = {
    "one behind another": WHOLE_LINE + BEGUN,
    "with a blank between them": WHOLE_LINE + b" " + BEGUN,
    "behind a text that breaks off": WHOLE_LINE[:-4] + BEGUN,
    "behind a key": WHOLE_LINE[:-9] + BEGUN,
    "behind a comma": b'{"resourceType":"Condition","id":"a","subject":{"reference":"Patient/q"},' + BEGUN,
    "the second without a type": WHOLE_LINE + b'{"id":"b","code":{"coding":[{"code":"1"}]},"sub',
    "behind a text, without a type": WHOLE_LINE[:-4] + b'{"id":"b","code":{"coding":[{"code":"1"}]},"sub',
    "among what is contained": b'{"resourceType":"Condition","subject":{"reference":"Patient/q"},"contained":[' + BEGUN,
}


@pytest.mark.parametrize("line", GLUED.values(), ids=GLUED)
def test_of_two_resources_on_a_line_nobody_can_tell_whose_the_second_is(tmp_path: Path, line: bytes) -> None:
    people = {"Patient": [patient(), patient("q")], "Encounter": [encounter(), encounter("f", "q")]}
    result = screened(export(tmp_path / "in", Condition=[line], **people))
    assert (result.answer("E1"), result.answer("E1", "q")) == (NOT_LOADED, NOT_LOADED)
    assert result.summary["incomplete_for_everybody"] == {"Condition": 1}
    assert screened(tmp_path / "in", accepted=1).answer("E1") == NOT_MET


def test_the_second_resource_on_a_line_may_be_of_another_type(tmp_path: Path) -> None:
    line = WHOLE_LINE.replace(b"Condition", b"Observation") + BEGUN
    result = screened(export(tmp_path / "in", Observation=[line]))
    assert result.summary["incomplete_for_everybody"] == {"Condition": 1, "Observation": 1}


ALONE = {
    "with what it contains": b'{"resourceType":"Condition",' + ABOUT_P + b',"contained":[{"resourceType":"Basic"}],"co',
    "what it contains first": b'{"contained":[{"resourceType":"Basic","a":[{}]}],"resourceType":"Condition",' + ABOUT_P,
    "with braces in a text": b'{"resourceType":"Condition",' + ABOUT_P + b',"note":[{"text":"{\\"a\\": [}"}],"co',
    "with a quote in a text": b'{"resourceType":"Condition","note":[{"text":"said "no" today"}],' + ABOUT_P + b"}",
    "with a comma too many": b'{"resourceType":"Condition",,' + ABOUT_P + b"}",
}


@pytest.mark.parametrize("line", ALONE.values(), ids=ALONE)
def test_a_broken_line_of_one_resource_is_of_whom_it_names(tmp_path: Path, line: bytes) -> None:
    people = {"Patient": [patient(), patient("q")], "Encounter": [encounter(), encounter("f", "q")]}
    result = screened(export(tmp_path / "in", Condition=[line], **people))
    assert (result.answer("E1"), result.answer("E1", "q")) == (UNREADABLE, NOT_MET)
