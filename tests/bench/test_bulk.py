"""What screening is compared with: DuckDB is asked the same, costs are those of the process itself, studies differ."""

import sys
from pathlib import Path

import orjson
import pytest

from service.catalog.content import mappings_dir
from service.catalog.load import load_catalog
from service.cli import main
from tests.bench.bulk import YARDSTICKS, _by_the_clock
from tests.bench.bulk.simplest import Compared, compared, questions
from tests.bench.bulk.turns import Contender, Cost, Costs, beginning_of, by_turns, cost_of, ratio
from tests.bench.bulk.variants import write_variants
from tests.bench.corpus import AS_OF, write_corpus

STUDY = "igg4-rd-sirolimus"


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small hospital in which much is asked for."""
    place = tmp_path_factory.mktemp("bulk") / "hospital"
    write_corpus(place, 25, seed=3, wanted=0.2)
    return place


def test_duckdb_and_screening_find_the_same_people_for_the_simplest_criteria(export: Path, tmp_path: Path) -> None:
    world = load_catalog(mappings_dir())
    given = ["--study", STUDY, "--as-of", AS_OF.isoformat(), "--out", str(tmp_path / "out"), "--quiet"]
    assert main(["screen", str(export), *given]) == 0
    asked, told = tmp_path / "asked.json", tmp_path / "told.json"
    asked.write_bytes(questions(world, AS_OF))
    cost_of([sys.executable, str(YARDSTICKS), "duckdb", str(export), str(asked), str(told)], tmp_path)
    answers = orjson.loads(told.read_bytes())
    found = list(compared(answers, tmp_path / "out" / "assessments.ndjson"))
    assert [each.criterion for each in found] == ["I2", "E4", "E2c"]
    assert all(each.both and not each.duckdb_alone and not each.screening_alone for each in found), found
    # What was left out by one of them is told.
    answers["E4"][0] = "nobody of that id"
    other = next(each for each in compared(answers, tmp_path / "out" / "assessments.ndjson") if each.criterion == "E4")
    assert other == Compared("E4", found[1].both - 1, {"not screened": 1}, 1)


def test_the_yardsticks_go_through_every_line(export: Path, tmp_path: Path) -> None:
    for what in ("bytes", "orjson"):
        cost_of([sys.executable, str(YARDSTICKS), what, str(export)], tmp_path)
    broken = beginning_of(export, tmp_path / "beginning")
    with (broken / "Procedure.ndjson").open("ab") as file:
        file.write(b"no JSON\n")
    with pytest.raises(RuntimeError, match=r"yardsticks.py orjson .* ended with 1"):
        cost_of([sys.executable, str(YARDSTICKS), "orjson", str(broken)], tmp_path)


def test_the_cost_is_that_of_the_process_and_its_children(tmp_path: Path) -> None:
    within = "x = b'x' * 100_000_000; sum(range(4_000_000))"
    heavy = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {within!r}])"
    own = b"x" * 200_000_000  # what we hold ourselves is not counted
    light = cost_of([sys.executable, "-S", "-c", "pass"], tmp_path)
    found = cost_of([sys.executable, "-c", heavy], tmp_path)
    assert light.peak < 60_000 and 100_000_000 < found.peak * 1024 < len(own)
    assert light.cpu < found.cpu and light.wall < found.wall


def test_start_up_is_taken_off_and_rounds_are_compared_one_by_one() -> None:
    start = Cost(1.0, 2.0, 10)
    one = Costs(start, (Cost(3.0, 4.0, 30), Cost(5.0, 6.0, 20), Cost(9.0, 10.0, 20)))
    other = Costs(start, (Cost(2.0, 3.0, 10), Cost(2.0, 4.0, 10), Cost(2.0, 3.0, 10)))
    assert (one.work, one.waited, one.peak) == ([2.0, 4.0, 8.0], [2.0, 4.0, 8.0], 30)
    assert ratio(one.work, other.work) == 4.0


def test_a_busy_machine_says_nothing_by_the_clock() -> None:
    start = Cost(1.0, 1.0, 10)
    one, two = Costs(start, (Cost(5.0, 5.1, 30),)), Costs(start, (Cost(5.5, 3.05, 30),))
    assert _by_the_clock(one, two) == "by the clock, two processes are 2.00 times as fast as one"
    assert "nothing can be told" in _by_the_clock(Costs(start, (Cost(5.0, 9.0, 30),)), two)


def test_contenders_take_turns(export: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    write = f"import sys; open({str(seen)!r}, 'a').write(sys.argv[1] + ' ' + sys.argv[2] + ';')"
    contenders = [
        Contender(name, lambda place, name=name: [sys.executable, "-S", "-c", write, name, place.name])
        for name in ("a", "b")
    ]
    costs = by_turns(contenders, export, tmp_path, tmp_path, 2)
    assert [len(each.rounds) for each in costs.values()] == [2, 2]
    assert seen.read_text().endswith("a hospital;b hospital;a hospital;b hospital;")


def test_fifty_studies_that_differ(tmp_path: Path) -> None:
    ids = write_variants(tmp_path, 50)
    studies = load_catalog(mappings_dir(), tmp_path).studies
    assert len(set(ids)) == 50 and set(ids) < set(studies)
    assert len({repr(studies[each].criteria) for each in ids}) == 50
    assert len({repr(studies[each].criteria[0]) for each in ids}) > 30
