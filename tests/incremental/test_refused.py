"""What does not go on from the last export is refused, and nothing of what is kept changes. Issue 7.3, 7.4."""

import gzip
import json
import signal
import sqlite3
import stat
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from service.errors import InputError, PrescreenError, StoreError, StoreUnavailable, UsageError
from service.screening.incremental import run
from service.screening.incremental.basis import basis_of
from service.screening.sources import find_sources
from service.store.kept import NAME, kept_in
from tests.incremental.test_whom import cancer, patient, visit
from tests.incremental.world import (
    DAY,
    TYPES,
    Resource,
    check_same,
    request_for,
    run_on,
    run_whole,
    write_export,
)
from tests.shape.source import ROOT

BASE, NEXT, AFTER = (f"2026-06-0{day}T01:00:00.000Z" for day in (1, 2, 3))
PEOPLE = [patient("p"), patient("q"), visit("v", "p", "2026-06-01"), visit("w", "q", "2026-06-01")]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """One export is in."""
    run_on(write_export(tmp_path / "base", PEOPLE, BASE), tmp_path / "state")
    return tmp_path / "state"


def change(place: Path, *resources: Resource, **more: Any) -> Path:
    return write_export(place / "next", list(resources), **{"taken": NEXT, "since": BASE, **more})


def content(state: Path) -> list[str]:
    with sqlite3.connect(state / NAME) as connection:
        found = list(connection.iterdump())
    connection.close()
    return found


def written(export: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in (export.parent / "out").iterdir()}


def refused(export: Path, state: Path, kind: type[PrescreenError], why: str, **more: Any) -> None:
    """With that reason; and what is kept is as before, and so are the results of the run before."""
    before, results = content(state), written(export)
    with pytest.raises(kind, match=why) as problem:
        run_on(export, state, **more)
    assert content(state) == before and written(export) == results and "summary.json" in results
    assert "secret" not in str(problem.value)


@pytest.mark.parametrize(
    ("resources", "more", "why"),
    [
        pytest.param([], {"since": AFTER}, "since another time", id="what changed since another time"),
        pytest.param([], {"types": "Patient,Condition"}, "other types", id="other types"),
        pytest.param([], {"types": f"{TYPES}&_elements=id"}, "narrowed", id="parts of resources"),
        pytest.param([], {"types": f"{TYPES}&_typeFilter=Observation?code=1"}, "narrowed", id="some codes"),
        pytest.param([], {"error": [{"type": "OperationOutcome", "url": "x"}]}, "reports errors", id="errors"),
        pytest.param([], {"request": None}, "does not say what it was asked for", id="no request"),
        pytest.param(
            [],
            {"output": [{"type": "Condition", "url": "Condition.00000.ndjson"}]},
            "Condition lack",
            id="a file lacks",
        ),
        pytest.param([], {"link": [{"relation": "next", "url": "2"}]}, "goes on in another one", id="another page"),
        pytest.param(
            [cancer("c", "p")],
            {"output": [{"type": "Condition", "url": "Condition.00000.ndjson", "count": 2}]},
            "fewer lines of Condition than its manifest says",
            id="a line lacks",
        ),
    ],
)
def test_an_export_that_does_not_go_on(
    resources: list[Resource], more: dict[str, Any], why: str, tmp_path: Path, state: Path
) -> None:
    refused(change(tmp_path, *resources, **more), state, InputError, why)


@pytest.mark.parametrize(
    "line",
    [
        b'{"resourceType":"Condition","id":"secret","subject":{"reference":"Patient/p"}',
        b'{"resourceType":"Condition","id":"secret","id":"d","subject":{"reference":"Patient/p"}}',
        b'{"resourceType":"Condition","subject":{"reference":"Patient/secret"}}',
        b'{"resourceType":"Conditoin","id":"secret"}',
        b'{"id":"secret"}',
        b'"secret"',
        b"\xff\xfe",
    ],
)
def test_a_line_that_may_replace_anything(line: bytes, tmp_path: Path, state: Path) -> None:
    export = change(tmp_path, cancer("c", "p"))
    (export / "Condition.00000.ndjson").write_bytes((export / "Condition.00000.ndjson").read_bytes() + line + b"\n")
    refused(export, state, InputError, r"next: Condition.00000.ndjson, line 2 cannot be read")


def test_what_is_named_for_a_type_and_not_read(tmp_path: Path, state: Path) -> None:
    export = change(tmp_path, cancer("c", "p"))
    (export / "Condition.00001.ndjson.part").touch()
    refused(export, state, InputError, r"Condition\.00001\.ndjson\.part cannot be read")
    whole = write_export(tmp_path / "whole", PEOPLE, NEXT)
    (whole / "Condition.00001.NDJSON").touch()
    refused(whole, state, InputError, r"Condition\.00001\.NDJSON cannot be read")


def test_deletions_that_lack(tmp_path: Path, state: Path) -> None:
    export = change(tmp_path, deleted=("Encounter/v",))
    (export / "deleted" / "Bundle.00000.ndjson").unlink()
    refused(export, state, InputError, "not all there")


def test_deletions_that_do_not_say_what_is_gone(tmp_path: Path, state: Path) -> None:
    refused(change(tmp_path, deleted=("Encounter?patient=secret",)), state, InputError, "does not say which")


def test_a_file_that_breaks_off(tmp_path: Path, state: Path) -> None:
    export = change(tmp_path, cancer("c", "p"))
    packed = gzip.compress((export / "Condition.00000.ndjson").read_bytes() * 50)
    (export / "Condition.00000.ndjson").unlink()
    (export / "Condition.00000.ndjson.gz").write_bytes(packed[:-9])
    refused(export, state, InputError, "cannot be read")


def test_a_bundle_among_the_lines(tmp_path: Path, state: Path) -> None:
    within: Any = {"resourceType": "Bundle", "id": "b", "type": "collection", "entry": [{"resource": cancer("c", "p")}]}
    refused(change(tmp_path, within), state, InputError, "it holds a Bundle")


def test_a_file_of_another_type_than_its_name_says(tmp_path: Path, state: Path) -> None:
    export = change(tmp_path, cancer("c", "p"))
    (export / "Condition.00000.ndjson").rename(export / "Procedure.00000.ndjson")
    manifest = json.loads((export / "manifest.json").read_text())
    manifest["output"][0] = {"type": "Procedure", "url": "Procedure.00000.ndjson"}
    (export / "manifest.json").write_text(json.dumps(manifest))
    refused(export, state, InputError, "another type than its name says")


def test_an_earlier_day(tmp_path: Path, state: Path) -> None:
    refused(change(tmp_path), state, UsageError, "give no earlier day", at=DAY - timedelta(1))
    refused(tmp_path / "base", state, UsageError, "give no earlier day", at=DAY - timedelta(1))


def test_another_basis_needs_everything_again(tmp_path: Path, state: Path) -> None:
    refused(change(tmp_path), state, UsageError, "give an export of everything", basis="another")
    found = run_on(tmp_path / "base", state, basis="another")
    assert found.again == {"everybody": 2} and not found.summary["state"]["already_in"]


def test_what_changed_before_there_is_everything(tmp_path: Path) -> None:
    export = change(tmp_path)
    with pytest.raises(InputError, match="give the export of everything first"):
        run_on(export, tmp_path / "state")


@pytest.mark.parametrize("inputs", [["base", "next"], ["base/Patient.00000.ndjson"]])
def test_several_inputs_or_a_file(inputs: list[str], tmp_path: Path, state: Path) -> None:
    change(tmp_path)
    request = request_for(tmp_path / "base")
    sources = find_sources([tmp_path / each for each in inputs])
    with pytest.raises(UsageError, match="the directory of one export"):
        run.given_in(sources)
    assert run.given_in(request.sources).taken == BASE


def test_a_directory_without_a_manifest(tmp_path: Path, state: Path) -> None:
    export = change(tmp_path, cancer("c", "p"))
    (export / "manifest.json").unlink()
    refused(export, state, InputError, "no manifest")


def test_an_export_of_everything_begins_anew(tmp_path: Path, state: Path) -> None:
    other = write_export(tmp_path / "other", [patient("new"), visit("x", "new", "2026-06-01")], AFTER)
    found = run_on(other, state, DAY - timedelta(5))
    assert set(found.assessments) == {"new"} and found.summary["state"]["exports"] == 1
    check_same(found, run_whole(other, DAY - timedelta(5)))
    again = run_on(write_export(tmp_path / "more", [cancer("c", "new")], "2026-07-01T00:00:00Z", AFTER), state)
    assert again.again == {"changed": 1} and [each["file"] for each in again.lines("rejects.ndjson")] == []


def test_a_run_that_ends_in_the_middle_leaves_everything_as_before(tmp_path: Path, state: Path) -> None:
    export, before = change(tmp_path, cancer("c", "p")), content(state)
    with patch.object(run, "summary_of", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        run_on(export, state)
    assert content(state) == before
    assert run_on(export, state).again == {"changed": 1}


KILLED = """
import os, signal
from pathlib import Path
from service.screening.incremental import run
from tests.shape.source import ROOT
from tests.incremental.world import run_on
run.summary_of = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
run_on(Path({export!r}), Path({state!r}))
"""


def test_a_run_that_is_killed_is_done_again(tmp_path: Path, state: Path) -> None:
    export, before = change(tmp_path, cancer("c", "p")), content(state)
    code = KILLED.format(export=str(export), state=str(state))
    killed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL and content(state) == before
    found = run_on(export, state)
    assert found.again == {"changed": 1}
    check_same(found, run_whole(write_export(tmp_path / "everything", [*PEOPLE, cancer("c", "p")], NEXT)))


def test_nobody_else_may_read_it(state: Path) -> None:
    assert stat.S_IMODE(state.stat().st_mode) == 0o700 and stat.S_IMODE((state / NAME).stat().st_mode) == 0o600


def test_a_directory_of_others_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "shown").mkdir(mode=0o755)
    (tmp_path / "shown" / "else").write_text("")
    with pytest.raises(UsageError, match="others may read"), kept_in(tmp_path / "shown"):
        raise AssertionError("it was opened")


def test_two_runs_at_once(state: Path, tmp_path: Path) -> None:
    with kept_in(state), pytest.raises(StoreUnavailable, match="another run"):
        run_on(change(tmp_path), state)


def test_a_file_that_is_none_of_ours(state: Path, tmp_path: Path) -> None:
    (state / NAME).write_bytes(b"secret" * 4000)
    with pytest.raises(StoreError, match="cannot be read") as problem:
        run_on(change(tmp_path), state)
    assert "secret" not in str(problem.value)


def test_a_file_of_another_version(state: Path, tmp_path: Path) -> None:
    with sqlite3.connect(state / NAME) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="another version"):
        run_on(change(tmp_path), state)


def test_members_who_joined_and_left(tmp_path: Path, state: Path) -> None:
    export = change(tmp_path, cancer("c", "q"), cancer("d", "p"))
    told = [{"patient": "new", "change": "joined"}, {"patient": "q", "change": "left"}]
    (export / "members.ndjson").write_text("".join(json.dumps(each) + "\n" for each in told))
    write_export(export / "joined", [patient("new"), visit("x", "new", "2026-06-01"), cancer("e", "new")], NEXT)
    found = run_on(export, state)
    everything = [
        patient("p"),
        PEOPLE[2],
        cancer("d", "p"),
        patient("new"),
        visit("x", "new", "2026-06-01"),
        cancer("e", "new"),
    ]
    check_same(found, run_whole(write_export(tmp_path / "whole-group", everything, NEXT)))
    assert set(found.assessments) == {"p", "new"} and found.lines("rejects.ndjson") == []


def test_the_basis_is_all_that_answers_rest_on(tmp_path: Path, state: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "site.yaml").write_text("a")
    request = request_for(tmp_path / "base")
    first = basis_of(request, (site, None))
    assert basis_of(request_for(tmp_path / "base", date(2030, 1, 1)), (site, None)) == first
    assert basis_of(request_for(tmp_path / "base", accepted=1), (site, None)) != first
    (site / "site.yaml").write_text("b")
    assert basis_of(request, (site, None)) != first
