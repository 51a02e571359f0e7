"""prescreen study list, show, check, test: what they print, and when they fail."""

from argparse import Namespace
from pathlib import Path

import pytest

from service.catalog.content import mappings_dir
from service.cli import studies
from service.errors import UsageError

IGG4 = "igg4-rd-sirolimus"


def chosen(**more: object) -> Namespace:
    return Namespace(**{"site": None, "id": None, "what": None, "write": False} | more)


def test_the_list_names_every_study_with_its_criteria(capsys: pytest.CaptureFixture[str]) -> None:
    assert studies.list_studies(chosen()) == 0
    assert "1.0.0  Study of Sirolimus in IgG4-related Disease (20 criteria)" in capsys.readouterr().out


def test_show_prints_what_study_txt_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert studies.show(chosen(id=IGG4)) == 0
    assert capsys.readouterr().out == (mappings_dir() / "studies" / IGG4 / "study.txt").read_text(encoding="utf-8")


def test_show_writes_study_txt_where_it_is_asked_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studies, "directory_of", lambda file: tmp_path)
    assert studies.show(chosen(id=IGG4, write=True)) == 0
    assert (tmp_path / "study.txt").read_text(encoding="utf-8") == capsys.readouterr().out


def test_an_unknown_study_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=IGG4):
        studies.show(chosen(id="igg4"))


def test_check_is_content_with_what_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert studies.check(chosen()) == 0
    assert "malignancy: " in capsys.readouterr().out


@pytest.mark.parametrize(("text", "state"), [("old\n", "out of date"), (None, "missing")])
def test_check_fails_on_a_text_that_drifted(
    text: str | None, state: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if text is not None:
        (tmp_path / "study.txt").write_text(text, encoding="utf-8")
    monkeypatch.setattr(studies, "directory_of", lambda file: tmp_path)
    assert studies.check(chosen(what=IGG4)) == studies.FAILED
    assert f"study.txt is {state}; write it with: prescreen study show {IGG4} --write" in capsys.readouterr().out


def test_the_cases_are_run_and_the_outcomes_out_of_reach_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert studies.test(chosen(id=IGG4)) == 0
    said = capsys.readouterr().out
    assert "FAIL" not in said
    assert "unreachable unreachable" in said


def test_a_wrong_case_and_an_outcome_without_a_case_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = "cases:\n  - {name: A chart, as_of: 2026-06-30, expect: {E4: met}}\n"
    (tmp_path / "cases.yaml").write_text(case, encoding="utf-8")
    monkeypatch.setattr(studies, "directory_of", lambda file: tmp_path)
    assert studies.test(chosen(id=IGG4)) == studies.FAILED
    said = capsys.readouterr().out
    assert "E4: expected met, got not_met" in said
    assert "no case expects E7 to be met, which it can be" in said
