"""The numbers are those that come out when everybody is screened anew, for each day and for each changed study.yaml."""

import json
from datetime import date
from pathlib import Path

import pytest

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
from service.screening.feasibility.counting import Reach
from service.screening.feasibility.moves import asked_moves
from service.screening.feasibility.run import Asked, Feasibility, feasibility
from service.screening.request import Progress, Request
from service.screening.sample import write_sample
from service.screening.sources import find_sources
from tests.feasibility import brute

STUDY = "igg4-rd-sirolimus"
AT = date(2026, 6, 30)
DAYS = (date(2024, 2, 29), date(2026, 3, 31), AT)
# Each moved bound with the change of the study's file that says the same.
CHANGES = {
    "E2a.dose=20": (("daily_dose: {above: 10,", "daily_dose: {above: 20,"),),
    "I2.value=1": (('value: {at_least: 2, unit: "{score}"}', 'value: {at_least: 1, unit: "{score}"}'),),
    "I2.look_back=7 days": (("look_back: 28 days", "look_back: 7 days"),),
    "E7.look_back=10 years": (("look_back: 5 years", "look_back: 10 years"),),
    "I1.serum-igg4=400": (("{at_least: 135, unit: mg/dL}", "{at_least: 400, unit: mg/dL}"),),
    "I1.serum-igg4=20": (("{at_least: 135, unit: mg/dL}", "{at_least: 20, unit: mg/dL}"),),
    "E6a.valid_for=1 month": (
        ("look_back: ever\n          not_met_valid_for: 12 months\n      - observation:\n          codes: hbv-dna",
         "look_back: ever\n          not_met_valid_for: 1 month\n      - observation:\n          codes: hbv-dna"),
    ),
}  # fmt: skip
PATIENTS = 240
Days = dict[date, dict[str, brute.Line]]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("export")
    write_sample(place, PATIENTS, 11)
    return place


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(mappings_dir())


@pytest.fixture(scope="module")
def counted(catalog: Catalog, export: Path) -> Feasibility:
    study = catalog.studies[STUDY]
    request = Request(find_sources([export]), (study,), AT, None)
    return feasibility(catalog, Asked(request, DAYS, asked_moves((study,), CHANGES)), Progress())


@pytest.fixture(scope="module")
def lines(catalog: Catalog, export: Path, tmp_path_factory: pytest.TempPathFactory) -> Days:
    out = tmp_path_factory.mktemp("out")
    study = catalog.studies[STUDY]
    screened = {day: brute.lines_of(catalog, export, study, day, out) for day in DAYS}
    refusing, births = _refusing(out), _births(export)
    return {
        day: {name: each for name, each in of.items() if name not in refusing and births[name] <= str(day)}
        for day, of in screened.items()
    }


def _births(export: Path) -> dict[str, str]:
    """Each day of birth; in this sample each is whole."""
    people = map(json.loads, (export / "Patient.ndjson").read_bytes().splitlines())
    births = {each["id"]: each["birthDate"] for each in people if "birthDate" in each}
    assert all(len(each) == len("2026-06-30") for each in births.values())
    return births


def _refusing(out: Path) -> set[str]:
    """Who refuses research on the day that is asked about, and so is in no number of an earlier day."""
    assert json.loads((out / "summary.json").read_bytes())["screening_date"] == AT.isoformat()
    held = map(json.loads, (out / "held_back.ndjson").read_bytes().splitlines())
    return {each["patient"] for each in held if each["reason"] == "research-opt-out"}


def both(reach: Reach) -> tuple[int, int]:
    return reach.surely, reach.at_most


def test_the_funnel(counted: Feasibility, lines: Days, catalog: Catalog) -> None:
    criteria = [each.id for each in catalog.studies[STUDY].criteria]
    found = [both(each) for each in counted.studies[0].counted.steps.values()]
    assert found == brute.funnel(lines[AT], criteria)
    assert found[0][0] > found[-1][1] > found[-1][0] > 0  # somebody falls out, somebody is open, somebody is left


def test_what_each_criterion_costs(counted: Feasibility, lines: Days) -> None:
    found = {name: (*both(each.kept_out), each.undecided) for name, each in counted.studies[0].counted.costs.items()}
    assert found == {name: brute.cost(lines[AT], name) for name in found}
    assert any(each[0] for each in found.values()) and any(each[2] for each in found.values())


def test_past_days(counted: Feasibility, lines: Days, catalog: Catalog) -> None:
    criteria = [each.id for each in catalog.studies[STUDY].criteria]
    for day, found in counted.studies[0].days.items():
        steps = brute.funnel(lines[day], criteria)
        assert (both(found.people), both(found.signal), both(found.left)) == (steps[0], steps[1], steps[-1]), day
    assert len({both(each.left) for each in counted.studies[0].days.values()}) > 1


@pytest.mark.parametrize("move", CHANGES)
def test_a_moved_bound_is_a_changed_study(
    move: str,
    counted: Feasibility,
    lines: Days,
    export: Path,
    tmp_path: Path,
) -> None:
    changed = load_catalog(mappings_dir(), _site(tmp_path / "site", CHANGES[move]))
    after = brute.lines_of(changed, export, changed.studies[STUDY], AT, tmp_path / "out")
    of = counted.studies[0]
    (name,) = (each.id for each in of.moves if each.id in asked_moves((of.study,), [move])[STUDY][0].id)
    found = of.counted.changes[name]
    assert {
        "gained surely": found.gained.surely,
        "gained at most": found.gained.at_most,
        "lost surely": found.lost.surely,
        "lost at most": found.lost.at_most,
        "settled": found.settled,
        "unsettled": found.unsettled,
    } == brute.change(lines[AT], after)


def test_the_moved_bounds_change_something(counted: Feasibility) -> None:
    changes = counted.studies[0].counted.changes.values()
    assert sum(each.gained.at_most > 0 for each in changes) >= 2
    assert sum(each.lost.at_most > 0 for each in changes) >= 2
    assert any(each.settled for each in changes)


def _site(site: Path, change: tuple[tuple[str, str], ...]) -> Path:
    """A site with the study's file, changed."""
    text = (mappings_dir() / "studies" / STUDY / "study.yaml").read_text(encoding="utf-8")
    for before, after in change:
        assert before in text
        text = text.replace(before, after)
    place = site / "studies" / STUDY
    place.mkdir(parents=True)
    (place / "study.yaml").write_text(text, encoding="utf-8")
    return site
