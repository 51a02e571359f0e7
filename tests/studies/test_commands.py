"""prescreen study list, show, check, test: what they print, and when they fail."""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest

from service.catalog.content import mappings_dir
from service.catalog.documents import Document
from service.catalog.load import Catalog, load_catalog
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


def test_the_value_sets_are_listed_with_what_they_hold(capsys: pytest.CaptureFixture[str]) -> None:
    """All of them, and the site's; those of a word, found in the id or the title, alone."""
    assert studies.list_codes(chosen(word=None)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(load_catalog(mappings_dir(), None).value_set_files)
    assert studies.list_codes(chosen(word="HAEMOGLOBIN")) == 0
    assert "hemoglobin  observation  Haemoglobin (LOINC 1)" in capsys.readouterr().out.replace("   ", "  ")
    assert studies.list_codes(chosen(word="drug-metformin")) == 0
    assert capsys.readouterr().out == "drug-metformin  medication  Metformin (ATC 6 by beginning; RxNorm 1)\n"
    with pytest.raises(UsageError, match="no value set has 'nothing at all'"):
        studies.list_codes(chosen(word="nothing at all"))


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


def test_the_command_that_writes_the_text_names_the_site_as_it_was_given(tmp_path: Path) -> None:
    known = load_catalog(mappings_dir(), None)
    found = studies.drift(replace(known.study_files[IGG4], document=elsewhere(known, tmp_path)), known, Path("my site"))
    assert found == [f"study.txt is missing; write it with: prescreen study show {IGG4} --site 'my site' --write"]


def elsewhere(catalog: Catalog, directory: Path) -> Document:
    return replace(catalog.study_files[IGG4].document, path=directory / "study.yaml")


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
