"""The target of files: one line for each change, nothing lost and no half line, whenever the process is killed."""

import json
import threading
from pathlib import Path

import pytest

from service.screening import publish
from service.screening.publish import What
from service.screening.publish_files import holds
from service.screening.tenant import TargetKind
from service.store import outbox, published
from service.store.engine import Store
from service.store.outbox import OUTBOX
from tests.publishing.world import ALL, IDENTITY, LEASE, NOON, STUDY, Json, Office, tenant

BASE = "https://ehr.example/fhir"


def desk_at(store: Store, directory: Path) -> Office:
    return Office(store, tenant(BASE, kind=TargetKind.NDJSON, directory=directory, resources=ALL), None)


def lines(directory: Path, kind: str) -> list[Json]:
    return [json.loads(each) for each in (directory / f"{kind}.ndjson").read_bytes().splitlines()]


def test_each_change_is_a_line_and_the_study_is_there_once(store: Store, tmp_path: Path) -> None:
    place = tmp_path / "new" / "results"
    desk = desk_at(store, place)
    for standing in ("candidate", "needs_review", "ineligible"):
        assert desk.plan(standing)
        assert [each.what for each in desk.work()] == [What.WRITTEN]
        assert not desk.plan(standing)
    assert sorted(each.name for each in place.iterdir()) == [
        f"{each}.ndjson" for each in ("Provenance", "ResearchStudy", "ResearchSubject")
    ]
    subjects = lines(place, "ResearchSubject")
    assert [each["status"] for each in subjects] == ["candidate", "potential-candidate", "ineligible"]
    assert {(each["id"], each["individual"]["reference"]) for each in subjects} == {(IDENTITY, "Patient/p")}
    (study,) = lines(place, "ResearchStudy")
    assert {each["study"]["reference"] for each in subjects} == {f"ResearchStudy/{study['id']}"}
    assert {each["target"][0]["reference"] for each in lines(place, "Provenance")} == {f"ResearchSubject/{IDENTITY}"}
    known = published.find(store, "north", STUDY.id, "p")
    assert known is not None and (known.machine_state, known.resource_id) == ("ineligible", IDENTITY)
    assert all(each.stat().st_mode & 0o077 == 0 for each in place.iterdir())


def test_who_is_not_to_be_written_is_not(store: Store, tmp_path: Path) -> None:
    desk = desk_at(store, tmp_path / "results")
    assert not desk.plan("ineligible")
    desk.plan("candidate")
    desk.plan("ineligible")
    assert [each.what for each in desk.work()] == [What.NOTHING]
    assert not (tmp_path / "results" / "ResearchSubject.ndjson").exists()
    assert not holds(tmp_path, IDENTITY)


def test_what_a_killed_process_wrote_but_did_not_note_is_brought_up_to_date(store: Store, tmp_path: Path) -> None:
    other = desk_at(store, tmp_path)
    other.plan("candidate")
    (claimed,) = OUTBOX.claim(store, NOON, LEASE, 1)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "done", killed)
        with pytest.raises(KeyboardInterrupt):
            publish.write(store, other.tenant, claimed, None, NOON)
    assert published.find(store, "north", STUDY.id, "p") is None
    other.plan("ineligible")
    assert [each.what for each in other.later(hours=1).work()] == [What.WRITTEN]
    assert [each["status"] for each in lines(tmp_path, "ResearchSubject")] == ["candidate", "ineligible"]


@pytest.mark.parametrize("half", [b'{"resourceType":"Res', b"x" * 200_000])
def test_half_a_line_is_cut_off(store: Store, tmp_path: Path, half: bytes) -> None:
    desk = desk_at(store, tmp_path)
    for before in (b"", b'{"id":"first"}\n'):
        (tmp_path / "ResearchSubject.ndjson").write_bytes(before + half)
        desk.plan(patient=f"p{len(before)}")
        desk.work()
        assert len(lines(tmp_path, "ResearchSubject")) == before.count(b"\n") + 1


def test_many_may_write_at_once(store: Store, tmp_path: Path) -> None:
    desk = desk_at(store, tmp_path)
    for number in range(60):
        desk.plan(patient=f"p{number}")
    workers = [threading.Thread(target=desk_at(store, tmp_path).work) for _ in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    found = [each["individual"]["reference"] for each in lines(tmp_path, "ResearchSubject")]
    assert len(found) == len(set(found)) == 60 and len(lines(tmp_path, "ResearchStudy")) == 1


def test_without_a_directory_everything_waits(store: Store) -> None:
    desk = Office(store, tenant(BASE, kind=TargetKind.NDJSON), None)
    desk.plan()
    assert [(each.what, each.code) for each in desk.work()] == [(What.WAITING, "target-unsuitable")]
