"""Assessing only those of whom something points to the disease: the same answers for them, and everybody counted."""

import csv
import json
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from service.cli import main
from service.screening.population import screen
from service.screening.request import Progress, Request
from service.screening.sources import find_sources
from tests.screening import shipped
from tests.screening.test_sieve import loinc
from tests.screening.world import Json, export, haemoglobin, patient, same_in_buckets

AT = date(2026, 6, 30)
FILES = ("assessments.ndjson", "ResearchSubject.ndjson", "held_back.ndjson", "rejects.ndjson")
IGG4: dict[str, Json] = {
    "raised": {},
    "normal": {"valueQuantity": {"value": 30, "unit": "mg/dL"}},
    "without a value": {"valueQuantity": None},
}


def igg4(of: str, **more: object) -> Json:
    raised = {"value": 400, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL"}
    found = haemoglobin(f"o{of}", of, code=loinc("2469-5"), **{"valueQuantity": raised, **more})
    return {name: value for name, value in found.items() if value is not None}


def both(source: Path, place: Path, *studies: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is written of everybody, and of those with a signal alone. In buckets, it has to be the same."""
    world = shipped.catalog()
    request = Request(find_sources([source]), tuple(world.studies[each] for each in studies), AT, formats=("csv",))
    found = []
    for name, asked in (("all", request), ("signal", replace(request, with_signal=True))):
        screen(world, asked, place / name, Progress())
        same_in_buckets(world, asked, place / name)
        lines = {each: [json.loads(line) for line in (place / name / each).open()] for each in FILES}
        with (place / name / "assessments.csv").open(newline="", encoding="utf-8-sig") as table:
            rows = [(each["patient"], each["study"]) for each in csv.DictReader(table)]
        assert rows == [(each["patient"], each["study"]) for each in lines["assessments.ndjson"]]
        found.append({**lines, "summary": json.loads((place / name / "summary.json").read_bytes())})
    return found[0], found[1]


def screening(source: Path, out: Path, *more: str) -> list[str]:
    """The words of the command."""
    asked = "--study igg4-rd-sirolimus --as-of 2026-06-30 --with-signal".split()
    return ["screen", str(source), *asked, "--out", str(out), *more]


def test_the_sample(tmp_path: Path) -> None:
    studies = sorted(each for each in shipped.catalog().studies if each != "shipped")
    assert main(["sample", "--patients", "60", "--seed", "3", "--out", str(tmp_path / "in")]) == 0
    whole, some = both(tmp_path / "in", tmp_path, *studies)
    assert some["assessments.ndjson"] == [each for each in whole["assessments.ndjson"] if each["signal"] != "none"]
    assert some["assessments.ndjson"] != whole["assessments.ndjson"]
    for each in FILES[1:]:
        assert some[each] == whole[each]
    for study in studies:
        counts, all_counts = some["summary"]["studies"][study], whole["summary"]["studies"][study]
        assert all_counts["assessed"] == all_counts["screened"]
        for same in ("screened", "signal", "standing_with_signal"):
            assert counts[same] == all_counts[same]
        own = [each for each in some["assessments.ndjson"] if each["study"] == study]
        assert counts["assessed"] == len(own)
        assert +Counter(counts["standing"]) == Counter(each["standing"] for each in own)
        assert all(
            sum(each[told] for told in ("met", "not_met", "unknown")) == len(own)
            for each in counts["criteria"].values()
        )


@pytest.mark.parametrize(("more", "assessed"), list(zip(IGG4.values(), (True, False, True), strict=True)), ids=IGG4)
def test_who_may_have_a_signal_is_assessed(more: Json, assessed: bool, tmp_path: Path) -> None:
    source = export(tmp_path / "in", Patient=[patient("p")], Observation=[igg4("p", **more)])
    _, some = both(source, tmp_path, "igg4-rd-sirolimus")
    assert bool(some["assessments.ndjson"]) is assessed
    assert some["summary"]["studies"]["igg4-rd-sirolimus"]["screened"] == 1


def test_where_nobody_knows_whether_there_is_a_signal_everybody_is_assessed(tmp_path: Path) -> None:
    source = export(tmp_path / "in", Patient=[patient("p")])
    (source / "Observation.ndjson").unlink()
    (source / "Condition.ndjson").unlink()
    whole, some = both(source, tmp_path, "igg4-rd-sirolimus")
    assert [each["signal"] for each in some["assessments.ndjson"]] == ["unknown"]
    assert some == whole


@pytest.mark.parametrize("other", [("--all",), ("--state", "state")], ids=["all", "state"])
def test_what_needs_everybody_is_refused(
    other: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = export(tmp_path / "in")
    more = [str(tmp_path / each) if each == "state" else each for each in other]
    try:
        status = main(screening(source, tmp_path / "o", *more))
    except SystemExit as refused:
        status = int(refused.code or 0)
    assert status == 2
    assert "--with-signal" in capsys.readouterr().err
    assert not (tmp_path / "o" / "summary.json").exists()


def test_the_funnel_says_who_was_not_assessed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = export(tmp_path / "in", Patient=[patient("p"), patient("q")], Observation=[igg4("p")])
    assert main(screening(source, tmp_path / "o")) == 0
    assert "Screened: 2; 1 not assessed, as nothing points to the disease." in capsys.readouterr().out
