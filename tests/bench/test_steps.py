"""What is told of each step: of what was measured, by screening that comes to the same as any other."""

from dataclasses import replace
from pathlib import Path

import pytest

from service.catalog.content import mappings_dir
from service.catalog.load import load_catalog
from service.screening.population import screen
from service.screening.request import Progress, Request
from service.screening.sources import find_sources
from tests.bench.bulk.density import Export, lines_and_people, parted
from tests.bench.bulk.turns import Cost, Costs
from tests.bench.corpus import AS_OF, Corpus, write_corpus
from tests.bench.steps import judging_of, population, rates
from tests.bench.steps.measured import STEPS, STUDY, Steps, fastest, measured

THIN = Steps(1_000, 85_000, 100_000_000, 8_500, 2.0, 0.5, 1.5, 0.1, 0.425, 11_000_000, 600_000, 20_000_000)
DENSE = Steps(100, 100_000, 120_000_000, 9_000, 2.2, 0.6, 1.0, 0.1, 0.5, 10_000_000, 700_000, 3_000_000)


def test_the_steps_of_screening_are_clocked_and_its_answers_are_as_ever(tmp_path: Path) -> None:
    export = tmp_path / "export"
    write_corpus(export, 1)
    catalog = load_catalog(mappings_dir())
    told = measured(catalog, export, AS_OF, tmp_path / "out")
    request = Request(find_sources([export]), (catalog.studies[STUDY],), AS_OF)
    counts = screen(catalog, request, tmp_path / "plain", Progress())["input"]
    assert isinstance(counts, dict) and told["used"] == counts["used"] > 100
    for name in ("assessments.ndjson", "ResearchSubject.ndjson", "summary.json"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "plain" / name).read_bytes()
    assert told["results"] == sum(each.stat().st_size for each in (tmp_path / "plain").iterdir())
    assert all(told[each] > 0 for each in STEPS)
    # Every line that is used goes into a bucket, and an id of eight bytes is kept of each line of a type that is read.
    assert told["parcels"] > 100 * counts["used"] and told["ids"] >= 8 * counts["used"]


def test_of_each_step_the_fastest_round_counts() -> None:
    other = replace(THIN, sorting=1.0, judging=9.0)
    assert fastest([THIN, other, THIN]) == replace(THIN, sorting=1.0)


def test_what_a_person_costs_is_told_apart_from_what_a_line_costs() -> None:
    person, line = 0.0002, 0.00007  # seconds
    thin = replace(THIN, judging=person * THIN.people + line * THIN.used)
    dense = replace(DENSE, judging=person * DENSE.people + line * DENSE.used)
    parsed = THIN.parsing / THIN.lines
    assert judging_of(thin, dense) == pytest.approx((person / parsed, line / parsed))
    few, many = Corpus("", 7, 1, 0.05, 85, 1, 85_000, 1_000), Corpus("", 7, 1, 0.05, 1_000, 1, 100_000, 100)
    assert parted(few, 7 * 85_000 + 300 * 1_000, many, 7 * 100_000 + 300 * 100) == pytest.approx((7, 300))


def test_the_table_of_lines_and_people() -> None:
    def costs(*seconds: float) -> Costs:
        return Costs(Cost(1.0, 1.0, 1), tuple(Cost(1.0 + each, 1.0 + each, 1) for each in seconds))

    few, many = Corpus("", 7, 1, 0.05, 85, 1, 85_000, 1_000), Corpus("", 7, 1, 0.05, 1_000, 1, 100_000, 100)
    thin = Export(few, {"unit": costs(1.0, 2.0), "ours": costs(10.0, 20.0)})
    dense = Export(many, {"unit": costs(1.0, 1.0), "ours": costs(8.0, 8.0)})
    ((name, line, person, thin_share, dense_share),) = lines_and_people(thin, dense, "unit", ["ours"]).rows
    # 85,000 lines and 1,000 people are 850,000 units; 100,000 lines and 100 people are 800,000.
    assert (name, line, person, thin_share, dense_share) == ("ours", "7.81", "186", "22", "2")


def test_a_population_is_so_many_times_what_was_measured() -> None:
    rows = {name: cells for name, *cells in population([THIN, DENSE]).rows}
    assert rows["to be read, TB"] == ["10", "120"]
    assert rows["sorting, hours of a core"] == ["55.6", "611"]
    assert rows["judging one study, hours of a core"] == ["41.7", "278"]
    assert rows["shuffled by patient, TB"] == ["1.16", "10.7"]
    assert rows["all three, hours of a core"] == ["111", "1,056"]
    told = {name: cells for name, *cells in rates([THIN, DENSE]).rows}
    assert told["sorting: lines in a second"] == ["42,500", "45,455"]
    assert told["judging one study: people in a second"] == ["667", "100"]
    assert told["KB of a person that are shuffled: ids"] == ["0.6", "7"]
