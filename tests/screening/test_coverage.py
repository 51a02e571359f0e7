"""How far the codes of the input are known: counted per kind, the frequent unknown ones listed."""

from pathlib import Path

import pytest

from service.screening import coverage
from service.screening.population import gather
from service.screening.request import Progress, Request
from service.screening.sources import find_sources
from tests.builders import AT
from tests.screening.world import STUDY, Json, cancer, catalog, export

OURS = "urn:ours"


def coded(number: int, code: str, text: str = "x") -> Json:
    return cancer(f"c{number}", code={"coding": [{"system": OURS, "code": code}], "text": text})


def counted(source: Path) -> Json:
    request = Request(find_sources([source]), (STUDY,), AT)
    return gather(catalog(), request, lambda _: None, Progress(), counted=True).coverage.summary()  # type: ignore[arg-type]


def conditions(directory: Path, *resources: Json) -> Json:
    found: Json = counted(export(directory / "in", Condition=list(resources)))["condition"]  # type: ignore[assignment]
    assert found["facts"] == sum(int(str(found[each])) for each in ("classified", "by_words", "unclassified"))
    return found


def test_facts_are_counted_by_what_is_known_of_their_codes(tmp_path: Path) -> None:
    found = conditions(tmp_path, cancer("a"), cancer("b"), coded(1, "K1", "lung cancer"), coded(2, "K2"))
    assert (found["classified"], found["by_words"], found["unclassified"]) == (2, 1, 1)


@pytest.mark.parametrize("times", [4, 5])
def test_a_code_is_listed_once_it_is_frequent(times: int, tmp_path: Path) -> None:
    found = conditions(tmp_path, *(coded(each, "K2") for each in range(times)))
    listed = [{"system": OURS, "code": "K2", "count": times}] if times >= coverage.FEWEST else []
    assert found["codes_not_classified"] == listed
    assert found["unclassified"] == times


def test_the_most_frequent_come_first_and_only_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "MOST_CODES", 2)
    codes = [code for code, times in (("a", 5), ("b", 7), ("c", 6)) for _ in range(times)]
    found = conditions(tmp_path, *(coded(number, code) for number, code in enumerate(codes)))
    assert [each["code"] for each in found["codes_not_classified"]] == ["b", "c"]  # type: ignore[attr-defined]


def test_only_the_version_that_stands_is_counted(tmp_path: Path) -> None:
    old = coded(1, "K1") | {"meta": {"lastUpdated": "2026-01-01T00:00:00Z"}}
    new = coded(1, "K2") | {"meta": {"lastUpdated": "2026-02-01T00:00:00Z"}}
    orders = {"a": (old, new), "b": (new, old)}
    assert {conditions(tmp_path / name, *both)["unclassified"] for name, both in orders.items()} == {1}


def test_what_contradicts_itself_is_not_counted(tmp_path: Path) -> None:
    assert "condition" not in counted(export(tmp_path / "in", Condition=[coded(1, "K1"), coded(1, "K2")]))
