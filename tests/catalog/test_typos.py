"""A study with mistakes: each is named with file, line and path, and what to write instead; all of them at once."""

from pathlib import Path

import pytest
import yaml

from service.errors import CatalogError
from tests.catalog.world import STUDY, loaded, site


def problems(directory: Path, study: str) -> tuple[str, ...]:
    with pytest.raises(CatalogError) as raised:
        loaded(site(directory, study))
    return raised.value.problems


MISTAKES = yaml.safe_load(Path(__file__).with_name("mistakes.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("mistake", MISTAKES, ids=[each["instead"][:60].strip() for each in MISTAKES])
def test_a_mistake_is_named_where_it_stands(mistake: dict[str, str], tmp_path: Path) -> None:
    assert mistake["written"] in STUDY
    found = problems(tmp_path, STUDY.replace(mistake["written"], mistake["instead"]))
    assert any(mistake["said"] in each for each in found), found


def test_all_mistakes_are_named_at_once_in_the_order_of_the_lines(tmp_path: Path) -> None:
    spoilt = STUDY.replace("look_back: ever", "look_bock: ever").replace("at_least: 18", "above: 30, below: 20")
    found = problems(tmp_path, spoilt.replace("condition: {codes: illness}\n", "condition: {codes: ilness}\n"))
    assert [each.split(" ")[0] for each in found] == ["demo/study.yaml:5", "demo/study.yaml:10", "demo/study.yaml:14"]


def test_a_study_without_mistakes_loads(tmp_path: Path) -> None:
    assert [each.id for each in loaded(site(tmp_path)).studies["demo"].criteria] == ["I1", "E1"]


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    root = site(tmp_path)
    (root / "studies" / "demo" / "study.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(CatalogError, match=r"study\.yaml: cannot be read as UTF-8 text"):
        loaded(root)


@pytest.mark.parametrize("text", ["", "- a\n", "just words\n", "3\n"])
def test_a_file_that_is_no_study_at_all_is_refused(text: str, tmp_path: Path) -> None:
    assert any("study.yaml:1" in each for each in problems(tmp_path, text))
