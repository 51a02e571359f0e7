"""Two lines are told apart, whatever the directories and files are called in which they stand."""

import json
from datetime import date
from pathlib import Path

import pytest

from tests.incremental.test_whom import cancer, patient
from tests.incremental.world import Resource, Result, run_on, write_export

TIMES = [f"2026-07-{day:02}T01:00:00.000Z" for day in range(1, 5)]
ODD = {"modifierExtension": [{"url": "http://odd", "valueBoolean": True}]}


def chain(place: Path, names: list[str], *changes: Resource) -> Result:
    """Everything, then one change a night, each in a directory of that name."""
    found = run_on(write_export(place / names[0], [patient("p")], TIMES[0]), place / "state", date(2026, 7, 1))
    for number, (name, each) in enumerate(zip(names[1:], changes, strict=True), 1):
        export = write_export(place / name, [each], TIMES[number], TIMES[number - 1])
        found = run_on(export, place / "state", date(2026, 7, 1 + number))
    return found


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["1/export", "2/export", "3/export", "4/export"], ["export", "export#2", "export#3"]),
        (["1", "2", "3", "4"], ["2", "3", "4"]),
        (["1/a", "2/a#2", "3/a", "4/a"], ["a", "a#2", "a#3"]),
    ],
)
def test_exports_in_directories_of_the_same_name(tmp_path: Path, names: list[str], told: list[str]) -> None:
    found = chain(tmp_path, names, *(cancer(name, "p", **ODD) for name in "cde"))
    files = {each["file"] for each in found.lines("rejects.ndjson")}
    assert files == {f"{each}/Condition.00000.ndjson" for each in told}
    assert found.summary["input"]["unreadable"] == 3


def test_a_record_of_who_joined_beside_another_one(tmp_path: Path) -> None:
    run_on(write_export(tmp_path / "base", [patient("p")], TIMES[0]), tmp_path / "state", date(2026, 7, 1))
    export = write_export(tmp_path / "next", [cancer("c", "new", **ODD)], TIMES[1], TIMES[0])
    (export / "members.ndjson").write_text(json.dumps({"patient": "new", "change": "joined"}) + "\n")
    newcomer = [patient("new"), cancer("d", "new", **ODD)]
    write_export(export / "joined", newcomer, TIMES[1])
    found = run_on(export, tmp_path / "state", date(2026, 7, 2))
    files = [each["file"] for each in found.lines("rejects.ndjson")]
    assert files == ["next/Condition.00000.ndjson", "next/joined/Condition.00000.ndjson"]
