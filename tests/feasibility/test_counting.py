"""Who is in which number: small exports of a few people, each with one thing that decides."""

from datetime import date
from pathlib import Path

import pytest

from service.errors import UsageError
from service.screening.feasibility.days import days_of
from service.screening.feasibility.run import REASONS
from tests.feasibility.world import both, counted, funnel, hb
from tests.screening.world import Json, cancer, encounter, export, patient

NOTHING, ONE, OPEN = (0, 0), (1, 1), (0, 1)


def of_one(tmp_path: Path, *records: Json, person: Json | None = None, empty: tuple[str, ...] = ()) -> Path:
    """An export of one person with these records."""
    files: dict[str, list[object]] = {each: [] for each in empty}
    for each in (person or patient(), encounter(), *records):
        files.setdefault(str(each["resourceType"]), []).append(each)
    return export(tmp_path / "in", **files)  # type: ignore[arg-type]


def test_a_candidate_is_surely_in_although_a_person_has_to_look(tmp_path: Path) -> None:
    found = counted(of_one(tmp_path, hb()))
    assert set(funnel(found).values()) == {ONE}
    assert found.studies[0].counted.costs["E2"].undecided == 0


def test_an_unknown_criterion_leaves_at_most(tmp_path: Path) -> None:
    found = counted(
        of_one(
            tmp_path,
            hb(),
            cancer(
                onsetDateTime="2024",
                verificationStatus={
                    "coding": [
                        {"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "provisional"}
                    ]
                },
            ),
        )
    )
    assert [funnel(found)[each] for each in ("people", "signal", "I1", "I2", "E1", "E2")] == [ONE] * 4 + [OPEN] * 2
    assert found.studies[0].counted.costs["E1"].undecided == 1
    assert both(found.studies[0].counted.costs["E1"].kept_out) == NOTHING


def test_who_is_kept_out_falls_out_there_and_is_what_that_criterion_costs(tmp_path: Path) -> None:
    found = counted(of_one(tmp_path, hb(), cancer()))
    assert [funnel(found)[each] for each in ("I2", "E1", "E2")] == [ONE, NOTHING, NOTHING]
    assert both(found.studies[0].counted.costs["E1"].kept_out) == ONE


def test_whom_two_criteria_keep_out_costs_neither(tmp_path: Path) -> None:
    found = counted(of_one(tmp_path, hb(), cancer(), person=patient(birthDate="2015-01-01")))
    assert [both(each.kept_out) for each in found.studies[0].counted.costs.values()] == [NOTHING] * 4


def test_nobody_without_a_sign_of_the_disease_is_in_the_funnel(tmp_path: Path) -> None:
    found = counted(of_one(tmp_path, hb(value=5)))
    assert funnel(found)["people"] == ONE and funnel(found)["signal"] == funnel(found)["E2"] == NOTHING


def test_whether_something_points_to_the_disease_may_be_open(tmp_path: Path) -> None:
    place = of_one(tmp_path)
    (place / "Observation.ndjson").unlink()
    found = counted(place)
    assert [funnel(found)[each] for each in ("people", "signal", "I2")] == [ONE, OPEN, OPEN]


# -- moved bounds


def test_a_moved_limit_lets_somebody_in_and_moves_in_the_entry_too(tmp_path: Path) -> None:
    found = counted(of_one(tmp_path, hb(value=11)), moves=["I2=11,10,11.5"])
    changes = found.studies[0].counted.changes
    assert {name: both(each.gained) for name, each in changes.items()} == {
        "I2.value=11 g/dL": ONE,
        "I2.value=10 g/dL": ONE,
        "I2.value=11.5 g/dL": NOTHING,
    }


def test_a_moved_limit_loses_somebody(tmp_path: Path) -> None:
    found = counted(of_one(tmp_path, hb(value=13)), moves=["I2=14", "I1=80"])
    assert [both(each.lost) for each in found.studies[0].counted.changes.values()] == [ONE, ONE]


def test_a_moved_limit_helps_nobody_whom_something_else_keeps_out(tmp_path: Path) -> None:
    found = counted(of_one(tmp_path, hb(value=11), cancer()), moves=["I2=10"])
    assert both(found.studies[0].counted.changes["I2.value=10 g/dL"].gained) == NOTHING


def test_a_moved_limit_may_settle_what_was_open(tmp_path: Path) -> None:
    vague = hb(11, ">")
    found = counted(of_one(tmp_path, vague), moves=["I2=10", "I2=11.5"])
    settling, other = found.studies[0].counted.changes.values()
    assert (settling.settled, other.settled, both(settling.gained)) == (1, 0, NOTHING)


# -- days


def test_each_day_counts_by_what_was_dated_to_then(tmp_path: Path) -> None:
    place = of_one(tmp_path, hb(effectiveDateTime="2025-06-15"), cancer(onsetDateTime="2026-01-10"))
    days = ["2025-06-14", "2025-06-15", "2026-01-09", "2026-01-10"]
    found = counted(place, days=days).studies[0].days
    assert [both(each.signal) for each in found.values()] == [NOTHING, ONE, ONE, ONE]
    assert [each.left.at_most for each in found.values()] == [0, 1, 1, 0]


def test_who_died_later_was_alive_then(tmp_path: Path) -> None:
    place = of_one(tmp_path, hb(effectiveDateTime="2024-06-01"), person=patient(deceasedDateTime="2026-02-10"))
    found = counted(place, days=["2026-02-09", "2026-02-10"])
    assert [both(each.people) for each in found.studies[0].days.values()] == [ONE, NOTHING]
    assert found.held == {"deceased": 1} and funnel(found)["people"] == NOTHING


def test_who_was_not_born_by_then_is_not_counted(tmp_path: Path) -> None:
    place = of_one(tmp_path, person=patient(birthDate="2025-08-03"))
    found = counted(place, days=["2025-08-02", "2025-08-03"])
    assert [both(each.people) for each in found.studies[0].days.values()] == [NOTHING, ONE]


@pytest.mark.parametrize(("seen", "there"), [("2025-11-01", OPEN), ("2025-02-01", ONE)])
def test_who_may_have_been_born_by_then_is_counted_as_possible(tmp_path: Path, seen: str, there: object) -> None:
    """Unless they were seen by then."""
    place = export(
        tmp_path / "in",
        Patient=[patient(birthDate="2025")],
        Encounter=[encounter(period={"start": seen, "end": seen})],
        Observation=[],
    )
    found = counted(place, days=["2025-06-01"])
    assert both(found.studies[0].days[date(2025, 6, 1)].people) == there


def refusal(of: str = "p", since: str = "2026-06-01") -> Json:
    return {
        "resourceType": "Consent",
        "id": "no",
        "status": "active",
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "research"}]},
        "category": [{"text": "research"}],
        "patient": {"reference": f"Patient/{of}"},
        "provision": {"type": "deny", "period": {"start": since}},
    }


def test_who_refuses_research_today_is_in_no_number_of_an_earlier_day(tmp_path: Path) -> None:
    found = counted(of_one(tmp_path, hb(), refusal()), days=["2026-05-31"])
    assert found.held == {"research-opt-out": 1}
    assert both(found.studies[0].days[date(2026, 5, 31)].people) == NOTHING


def test_merged_records_are_one_person(tmp_path: Path) -> None:
    old = patient("old", link=[{"other": {"reference": "Patient/p"}, "type": "replaced-by"}])
    place = export(
        tmp_path / "in",
        Patient=[patient(), old],
        Observation=[hb(of="old")],
        Encounter=[encounter()],
    )
    found = counted(place, days=["2026-06-30"])
    assert (found.read, found.merged, funnel(found)["E2"]) == (2, 1, ONE)
    assert both(found.studies[0].days[date(2026, 6, 30)].left) == ONE


def test_every_person_read_is_in_one_number(tmp_path: Path) -> None:
    people = [
        patient(),
        patient("dead", deceasedBoolean=True),
        patient("unborn", birthDate="2026-09-01"),
        patient("test", meta={"tag": [{"code": "HTEST"}]}),
    ]
    found = counted(export(tmp_path / "in", Patient=people, Observation=[hb(of="nobody")]))
    assert found.held.keys() <= set(REASONS)
    counts = [found.merged, found.without_patient, found.not_born, found.held.total(), funnel(found)["people"][1]]
    assert found.read == sum(counts) == 5 and counts == [0, 1, 1, 2, 1]


# -- which days

AT = date(2026, 6, 30)


@pytest.mark.parametrize(
    ("every", "first", "last", "days"),
    [
        (None, None, None, []),
        ("month", "2026-03-31", None, ["2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]),
        ("week", "2026-06-01", "2026-06-15", ["2026-06-01", "2026-06-08", "2026-06-15"]),
        ("quarter", "2026-01-01", "2026-06-30", ["2026-01-01", "2026-04-01", "2026-06-30"]),
        ("year", "2024-02-29", None, ["2024-02-29", "2025-02-28", "2026-02-28", "2026-06-30"]),
    ],
)
def test_the_days(every: object, first: str | None, last: str | None, days: list[str]) -> None:
    read = [None if each is None else date.fromisoformat(each) for each in (first, last)]
    assert [str(each) for each in days_of(every, *read, AT)] == days  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("every", "first", "last", "said"),
    [
        ("month", None, None, "--every needs --from"),
        (None, "2026-01-01", None, "add --every"),
        (None, None, "2026-01-01", "add --every"),
        ("month", "2026-06-01", "2026-05-01", "later than the last day"),
        ("month", "2026-07-01", None, "later than the last day"),
        ("month", "2026-01-01", "2026-07-01", "only past days"),
        ("week", "1990-01-01", None, "more than 1000 days"),
    ],
)
def test_days_that_make_no_sense_are_refused(every: object, first: str | None, last: str | None, said: str) -> None:
    read = [None if each is None else date.fromisoformat(each) for each in (first, last)]
    with pytest.raises(UsageError, match=said):
        days_of(every, *read, AT)  # type: ignore[arg-type]
