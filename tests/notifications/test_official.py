"""The 41 notification Bundles that HL7 publishes: each is read as listed here, and nothing else is done."""

import json
import tarfile
from pathlib import Path

import pytest

from service.fhir.notifications import Arrival, Concerns, Event, Kind, concerns, problems_outcome, read_notification
from service.fhir.notifications.standard import FOREIGN_ENTRY, FULL_URL_ID, Sentence
from tests.contracts.official import official

pytestmark = pytest.mark.shared
BASES = {
    "backport-ig": "https://example.org/fhir",
    "r4b": "http://example.org/FHIR/R4B",
    "r5": "http://example.org/FHIR/R5",
}
ADMITTED = "Encounter/86009987-eabe-42bf-8c02-b112b18cb616"
ILL = "1599eb66-431a-447c-a3de-6897fe9ae9a1"
QUERY = Concerns(query=True)
NOTHING = Concerns()
READ = Concerns(to_read=("Encounter/2",))
SCREEN = Concerns(patients=(ILL,))
READ_ADMITTED = Concerns(to_read=(ADMITTED,))

# name of the example -> kind, counter, events (number, focus), content, what is to be done
BACKPORT: dict[str, tuple[str, int, list[tuple[int, str | None]], str, Concerns]] = {
    "empty": ("event-notification", 2, [(2, None)], "empty", QUERY),
    "empty-with-auth": ("event-notification", 2, [(2, None)], "empty", QUERY),
    "error": ("query-status", 3, [], "empty", NOTHING),
    "full-resource": ("event-notification", 2, [(2, ADMITTED)], "full-resource", SCREEN),
    "full-resource-with-query": ("event-notification", 2, [(2, ADMITTED)], "full-resource", SCREEN),
    "handshake": ("handshake", 0, [], "empty", NOTHING),
    "heartbeat": ("heartbeat", 2, [], "empty", NOTHING),
    "id-only": ("event-notification", 2, [(2, ADMITTED)], "id-only", READ_ADMITTED),
    "id-only-with-auth": ("event-notification", 2, [(2, ADMITTED)], "id-only", READ_ADMITTED),
    "id-only-with-query": ("event-notification", 2, [(2, ADMITTED)], "id-only", READ_ADMITTED),
    "multi-resource": ("event-notification", 2, [(2, ADMITTED)], "full-resource", SCREEN),
}
# beginning of the file's name -> the same, and the sentences that the example breaks, with their places
ENTRY = (FOREIGN_ENTRY, "Bundle.entry[1].fullUrl")
SECOND = (FOREIGN_ENTRY, "Bundle.entry[2].fullUrl")
Breaches = list[tuple[Sentence, str]]
CORE: dict[str, tuple[str, int, list[tuple[int, str | None]], str, Concerns, Breaches]] = {
    "r4b-event-notification-Bundle-00b9": ("event-notification", 2, [(2, "Encounter/2")], "id-only", READ, [ENTRY]),
    "r4b-event-notification-Bundle-3945": ("event-notification", 2, [(2, "Encounter/2")], "id-only", READ, []),
    "r4b-event-notification-Bundle-920a": ("event-notification", 2, [(2, "Encounter/2")], "id-only", READ, []),
    "r4b-event-notification-Bundle-9601": ("event-notification", 2, [(2, None)], "empty", QUERY, []),
    "r4b-event-notification-Bundle-fdd7": (
        "event-notification",
        2,
        [(2, "Encounter/2")],
        "id-only",
        READ,
        [ENTRY, SECOND],
    ),
    "r4b-handshake-Bundle-54f8": ("handshake", 0, [], "empty", NOTHING, []),
    "r4b-heartbeat-Bundle-3d20": ("heartbeat", 310, [], "empty", NOTHING, []),
    "r4b-query-event-Bundle-1551": (
        "query-event",
        2,
        [(1, "Encounter/1"), (2, "Encounter/2")],
        "id-only",
        Concerns(to_read=("Encounter/1", "Encounter/2")),
        [],
    ),
    "r4b-query-status-Bundle-4046": ("query-status", 310, [], "empty", NOTHING, []),
    "r5-event-notification-Bundle-00b9": ("event-notification", 2, [(2, "Encounter/2")], "id-only", READ, [ENTRY]),
    "r5-event-notification-Bundle-3945": ("event-notification", 2, [(2, "Encounter/2")], "id-only", READ, []),
    "r5-event-notification-Bundle-920a": ("event-notification", 2, [(2, "Encounter/2")], "id-only", READ, []),
    "r5-event-notification-Bundle-9601": ("event-notification", 2, [(2, None)], "empty", QUERY, []),
    "r5-event-notification-Bundle-e2c9": ("event-notification", 328, [(328, None)], "empty", QUERY, []),
    "r5-event-notification-Bundle-fdd7": (
        "event-notification",
        2,
        [(2, "Encounter/2")],
        "id-only",
        READ,
        [ENTRY, SECOND],
    ),
    "r5-handshake-Bundle-54f8": ("handshake", 0, [], "empty", NOTHING, []),
    "r5-heartbeat-Bundle-3d20": ("heartbeat", 310, [], "empty", NOTHING, []),
    "r5-query-event-Bundle-787e": (
        "query-event",
        310,
        [(307, "Encounter/307"), (308, "Encounter/308")],
        "id-only",
        Concerns(to_read=("Encounter/307", "Encounter/308")),
        [
            (FULL_URL_ID, "Bundle.entry[0].fullUrl"),
            ENTRY,
            SECOND,
            (FOREIGN_ENTRY, "Bundle.entry[3].fullUrl"),
        ],
    ),
    "r5-query-status-Bundle-4046": ("query-status", 310, [], "empty", NOTHING, []),
}
EVERY = {
    **{
        f"backport-ig/Bundle-{form}-notification-{name}.json": (*row, [])
        for form in ("r4", "r4b")
        for name, row in BACKPORT.items()
    },
    **{f"notifications/{name}": row for name, row in CORE.items()},
}


@pytest.fixture(scope="module")
def bundles(shared: Path) -> dict[str, object]:
    """Every notification Bundle of the archive, by its path."""
    found = {}
    with tarfile.open(shared / "data/official-hl7-examples.tar.gz") as archive:
        for member in archive:
            name = member.name.removeprefix("./")
            if name.startswith(("notifications/", "backport-ig/Bundle")) and name.endswith(".json"):
                content = archive.extractfile(member)
                assert content is not None
                found[name] = json.load(content)
    return found


def _of(bundles: dict[str, object], name: str) -> object:
    (body,) = (body for path, body in bundles.items() if path.startswith(name))
    return body


def test_every_example_is_listed(bundles: dict[str, object]) -> None:
    assert len(bundles) == len(EVERY) == 41
    assert all(sum(path.startswith(name) for path in bundles) == 1 for name in EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_an_example_is_read(bundles: dict[str, object], name: str) -> None:
    kind, count, events, content, todo, breaches = EVERY[name]
    base = next(base for part, base in BASES.items() if part in name)
    read = read_notification(Arrival("POST", _of(bundles, name)), (base,))
    assert (read.kind, read.count, read.content) == (Kind(kind), count, content)
    assert [(each.number, each.focus) for each in read.events] == events
    assert concerns(read, trusted=True) == todo
    assert [(each.sentence, each.where) for each in read.problems] == breaches
    assert (read.subscription, read.refused) == ("admission" if "backport" in name else "123", False)


@pytest.mark.parametrize("name", EVERY)
def test_an_example_from_elsewhere_reads_nothing(bundles: dict[str, object], name: str) -> None:
    """The same Bundle, where another server is ours: nothing it points to is read, nothing it carries is used."""
    read = read_notification(Arrival("POST", _of(bundles, name)), ("https://ours.example/fhir",))
    todo = concerns(read, trusted=True)
    assert (todo.patients, todo.to_read, read.carried) == ((), (), ())
    assert todo.foreign == sum(focus is not None for _, focus in EVERY[name][2])
    assert read.problems


def test_the_status_of_a_failing_subscription_tells_its_error(bundles: dict[str, object]) -> None:
    read = read_notification(Arrival("POST", bundles["backport-ig/Bundle-r4-notification-error.json"]), ())
    assert (read.status, read.errors) == ("error", ("no-response",))


def test_additional_context_is_kept_and_never_taken_for_the_patient(bundles: dict[str, object]) -> None:
    body = _of(bundles, "notifications/r4b-event-notification-Bundle-920a")
    read = read_notification(Arrival("POST", body), (BASES["r4b"],))
    assert [each.context for each in read.events] == [("Patient/ABC",)]
    assert concerns(read, trusted=True) == READ


def test_without_trust_what_is_carried_is_read_again(bundles: dict[str, object]) -> None:
    body = bundles["backport-ig/Bundle-r4-notification-full-resource.json"]
    read = read_notification(Arrival("POST", body), (BASES["backport-ig"],))
    assert concerns(read, trusted=False) == READ_ADMITTED


@pytest.mark.parametrize("name", [name for name, row in EVERY.items() if row[5]])
@pytest.mark.parametrize("release", ["r4", "r4b", "r5"])
def test_what_breaks_the_standard_is_told_in_a_valid_outcome(
    bundles: dict[str, object], shared: Path, name: str, release: str
) -> None:
    base = next(base for part, base in BASES.items() if part in name)
    read = read_notification(Arrival("POST", _of(bundles, name)), (base,))
    outcome = problems_outcome(read.problems)
    validator = official(shared / "data/definitions" / release, "OperationOutcome")
    assert [error.message for error in validator.iter_errors(outcome)] == []
    assert [each["expression"] for each in outcome["issue"]] == [[where] for _, where in EVERY[name][5]]  # type: ignore[attr-defined]


def test_an_event_knows_its_time(bundles: dict[str, object]) -> None:
    body = bundles["backport-ig/Bundle-r4-notification-empty.json"]
    read = read_notification(Arrival("POST", body), (BASES["backport-ig"],))
    assert read.events == (Event(2, timestamp="2020-05-29T11:44:13.1882432-05:00"),)
