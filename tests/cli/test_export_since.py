"""export --since: what changed since an earlier export, and when there is no going on from one."""

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from service.errors import InputError
from service.screening.increments import increment_in
from tests.bulk_content import whose
from tests.bulk_server import BulkServer
from tests.cli.conftest import Prescreen
from tests.cli.export_world import AS_OF, assessments

Spoil = Callable[[Path], object]


@pytest.fixture
def first(prescreen: Prescreen, bulk_server: BulkServer) -> Path:
    """An export of all patients, of a server that tells changes from now on."""
    bulk_server.ways.changing = True
    assert prescreen("export", "--out", "first")[0] == 0
    return Path("first")


def made(export: Path) -> str:
    """When its data were current, by the server's clock."""
    return str(json.loads((export / "manifest.json").read_text())["transactionTime"])


def in_files(export: Path) -> dict[str, list[str]]:
    """The ids in an export, by type."""
    found: dict[str, list[str]] = {}
    for file in sorted(export.glob("*.ndjson")):
        for each in map(json.loads, file.read_text().splitlines()):
            found.setdefault(each["resourceType"], []).append(each["id"])
    return found


def test_3_7_and_3_74_what_changed_by_the_clock_of_the_server(
    prescreen: Prescreen, bulk_server: BulkServer, first: Path
) -> None:
    changed, *_, gone = bulk_server.all("Observation")
    bulk_server.change({**changed, "status": "amended"})
    bulk_server.remove("Observation", gone["id"])
    status, said, complaint = prescreen("export", "--since", "first", "--out", "second")
    assert status == 0, complaint
    assert bulk_server.asked[1]["_since"] == [made(first)]
    assert in_files(Path("second")) == {"Observation": [changed["id"]]}
    assert "no type is complete by this export alone" in said
    assert "1 resource no longer there, listed in deleted/" in said


def test_3_38_what_was_deleted_is_kept_for_whoever_goes_on(
    prescreen: Prescreen, bulk_server: BulkServer, first: Path
) -> None:
    for gone in bulk_server.all("Observation")[:3]:
        bulk_server.remove("Observation", gone["id"])
    prescreen("export", "--since", "first", "--out", "second")
    found = increment_in(Path("second"))
    assert found.deleted == {f"Observation/{each}" for each in in_files(first)["Observation"][:3]}
    assert (found.since, found.at) == (made(first), made(Path("second")))
    assert found.goes_on_from(first) and not found.goes_on_from(Path("second"))
    assert (found.joined, found.left, found.newcomers) == (set(), set(), None)


def test_one_goes_on_from_an_export_of_changes_too(prescreen: Prescreen, bulk_server: BulkServer, first: Path) -> None:
    prescreen("export", "--since", "first", "--out", "second")
    bulk_server.change({**bulk_server.all("Observation")[0], "status": "amended"})
    assert prescreen("export", "--since", "second", "--out", "third")[0] == 0
    third = increment_in(Path("third"))
    assert third.goes_on_from(Path("second")) and not third.goes_on_from(first)


def test_3_40_and_3_41_of_a_group_with_who_joined_and_left(prescreen: Prescreen, bulk_server: BulkServer) -> None:
    people = sorted(each["id"] for each in bulk_server.all("Patient"))
    bulk_server.ways.changing, bulk_server.ways.members = True, set(people[:6])
    prescreen("export", "--group", "g1", "--out", "first")
    bulk_server.ways.members = set(people[1:7])
    status, said, complaint = prescreen("export", "--group", "g1", "--since", "first", "--out", "second")
    assert status == 0, complaint
    assert "members of the group: 1 joined, 1 left" in said
    found = increment_in(Path("second"))
    assert (found.joined, found.left) == ({people[6]}, {people[0]})
    assert found.newcomers == Path("second/joined")
    held = {each["id"] for each in bulk_server.all("Observation") if whose(each) == people[6]}
    assert held and set(in_files(Path("second/joined"))["Observation"]) == held
    bulk_server.ways.members = set(people[2:7])
    assert prescreen("export", "--group", "g1", "--since", "second", "--out", "third")[0] == 0
    assert increment_in(Path("third")).left == {people[1]}, "the members are those of the earlier export's list"


def test_who_joined_is_screened_on_all_that_there_is(prescreen: Prescreen, bulk_server: BulkServer) -> None:
    people = sorted(each["id"] for each in bulk_server.all("Patient"))
    prescreen("export", "--out", "everybody")
    bulk_server.ways.changing, bulk_server.ways.members = True, set(people[:-2])
    prescreen("export", "--group", "g1", "--out", "first")
    bulk_server.ways.members = set(people)
    prescreen("export", "--group", "g1", "--since", "first", "--out", "second")
    prescreen("screen", "everybody", *AS_OF, "--out", "from-everybody")
    prescreen("screen", "second/joined", *AS_OF, "--out", "from-joined")
    everybody, joined = (assessments(Path(each)) for each in ("from-everybody", "from-joined"))
    assert joined.keys() == set(people[-2:]) & everybody.keys() and joined
    assert joined == {each: everybody[each] for each in joined}


def test_a_server_that_knows_no_single_members_leaves_the_export_unfinished(
    prescreen: Prescreen, bulk_server: BulkServer
) -> None:
    people = sorted(each["id"] for each in bulk_server.all("Patient"))
    bulk_server.ways.changing, bulk_server.ways.members = True, set(people[:6])
    prescreen("export", "--group", "g1", "--out", "first")
    bulk_server.ways.members, bulk_server.ways.refuses = set(people), frozenset({"patient"})
    status, said, _ = prescreen("export", "--group", "g1", "--since", "first", "--out", "second")
    assert status == 1 and "not all about those who joined is here" in said
    with pytest.raises(InputError, match="not all there"):
        increment_in(Path("second"))
    complaint = prescreen("export", "--group", "g1", "--since", "second", "--out", "third")[2]
    assert "the records of those who joined the group are not all there" in complaint


def test_another_question_does_not_go_on(prescreen: Prescreen, bulk_server: BulkServer, first: Path) -> None:
    for more, why in {
        ("--system",): "another server, another group or other people",
        ("--group", "g1"): "another server, another group or other people",
        ("--study", "rheumatoid-arthritis-methotrexate"): "which is not asked for now",
        ("--narrow",): "narrowed otherwise",
    }.items():
        status, _, complaint = prescreen("export", "--since", "first", "--out", "second", *more)
        assert status == 2 and why in complaint and "export everything" in complaint
    assert len(bulk_server.asked) == 1 and not Path("second").exists()


def test_another_group_or_server_does_not_go_on(prescreen: Prescreen, bulk_server: BulkServer, place: Path) -> None:
    prescreen("export", "--group", "g1", "--out", "first")
    for more in (("--group", "g2"), ("--group", "g1", "--server", bulk_server.base.replace("127.0.0.1", "localhost"))):
        complaint = prescreen("export", "--since", "first", "--out", "second", *more)[2]
        assert "another server, another group or other people" in complaint
        assert "g1" not in complaint.replace(str(place), "") and "g2" not in complaint


def test_studies_that_need_more_do_not_go_on(prescreen: Prescreen, bulk_server: BulkServer) -> None:
    prescreen("export", "--study", "rheumatoid-arthritis-methotrexate", "--out", "first")
    complaint = prescreen("export", "--since", "first", "--out", "second")[2]
    assert "the studies need" in complaint and "which it was not asked for" in complaint


def test_a_file_that_lacks_would_never_come_again(prescreen: Prescreen, bulk_server: BulkServer) -> None:
    bulk_server.fail(method="GET", where="/files/1-Observation-0", status=404, times=9)
    assert prescreen("export", "--out", "first")[0] == 1
    assert "files of Observation lack" in prescreen("export", "--since", "first", "--out", "second")[2]


def test_nor_what_a_server_could_not_give(prescreen: Prescreen, bulk_server: BulkServer) -> None:
    issue = {"severity": "error", "code": "processing"}
    bulk_server.ways.outcomes = ({"resourceType": "OperationOutcome", "issue": [issue]},)
    assert prescreen("export", "--out", "first")[0] == 1
    assert "its manifest reports errors" in prescreen("export", "--since", "first", "--out", "second")[2]


def _without_request(export: Path) -> None:
    path = export / "manifest.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({name: each for name, each in content.items() if name != "request"}))


def _of_parts(export: Path) -> None:
    path = export / "manifest.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "request": f"{content['request']}&_elements=id"}))


SPOILT: dict[str, tuple[Spoil, str]] = {
    "lost": (lambda at: next(at.glob("Patient.*")).unlink(), "files of Patient lack"),
    "partly": (_of_parts, "narrowed otherwise"),
    "untold": (_without_request, "does not say what it was asked for"),
    "bare": (lambda at: (at / "manifest.json").unlink(), "no manifest in it"),
    "twice": (lambda at: (at / "other.json").write_bytes((at / "manifest.json").read_bytes()), "more than one"),
    "broken": (lambda at: (at / "manifest.json").write_text("{"), "no manifest in it"),
}


def test_an_export_that_is_not_as_it_was_written_is_no_beginning(prescreen: Prescreen, first: Path) -> None:
    for name, (spoil, why) in SPOILT.items():
        shutil.copytree(first, name)
        spoil(Path(name))
        status, _, complaint = prescreen("export", "--since", name, "--out", "second")
        assert status == 2 and why in complaint


def test_deletions_that_were_lost_are_no_beginning(prescreen: Prescreen, bulk_server: BulkServer, first: Path) -> None:
    bulk_server.remove("Observation", bulk_server.all("Observation")[0]["id"])
    prescreen("export", "--since", "first", "--out", "second")
    (listed,) = Path("second/deleted").iterdir()
    whole = listed.read_bytes()
    listed.write_bytes(gzip.compress(whole))
    assert len(increment_in(Path("second")).deleted) == 1
    listed.write_bytes(whole[:-9])
    with pytest.raises(InputError, match="broken JSON"):
        increment_in(Path("second"))
    listed.unlink()
    assert "what it says was deleted is not all there" in prescreen("export", "--since", "second", "--out", "third")[2]


def test_an_export_of_everything_is_not_one_of_what_changed(first: Path) -> None:
    with pytest.raises(InputError, match="an export of everything"):
        increment_in(first)


def test_files_of_other_programs_are_no_beginning(prescreen: Prescreen, bulk_server: BulkServer) -> None:
    assert "no manifest in it" in prescreen("export", "--since", "sample", "--out", "second")[2]
    assert "no manifest in it" in prescreen("export", "--since", "nowhere", "--out", "second")[2]
