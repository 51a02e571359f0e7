"""Exactly once in effect: whatever is killed, and wherever, the target ends as if nothing had been."""

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from service.ehr.transport import new_session
from service.fhir.opinion import subject_identity
from service.screening import publish
from service.screening.publish import What
from service.store import audit, outbox, published
from service.store.engine import Store
from service.store.outbox import OUTBOX
from tests.databases import KINDS, ON_BOTH
from tests.fhir_server.server import FhirServer
from tests.publishing.steps import Watched
from tests.publishing.world import ALL, LEASE, NOON, STATES, Json, Office, connected, office, part
from tests.shape.source import ROOT
from tests.victims import Victim, command, running

WAYS = pytest.mark.parametrize("lacking", [set(), {"transaction"}], ids=["transaction", "one by one"])
MOST_STEPS = 200
MODULE = "tests.publishing.victim"


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    with running(MODULE) as found:
        yield found


def order(url: str, server: FhirServer, now: datetime) -> dict[str, object]:
    """What a victim is told. Between its transactions, a database is at rest: what differs with the kind of it is shown
    by who is killed before those alone."""
    where = {"url": url, "base": server.base, "resources": sorted(ALL)}
    return {**where, "now": now.isoformat(), "requests": url.startswith("sqlite")}


def of_study(server: FhirServer, study: str) -> dict[str, list[Json]]:
    """What stands there of one study and its only patient, by type."""
    identity = subject_identity(study, "p")
    found: dict[str, list[Json]] = {}
    for kind in sorted(ALL - {"Provenance"}):
        values = {identity, study}
        found[kind] = [each for each in server.all(kind) if each["identifier"][0]["value"] in values]
    targets = [[{"reference": f"ResearchSubject/{each['id']}"}] for each in found["ResearchSubject"]]
    found["Provenance"] = [each for each in server.all("Provenance") if each["target"] in targets]
    return found


def versions(server: FhirServer, study: str) -> Counter[str]:
    """How many versions were made of each type. A Provenance is put under its id; if twice, then the same."""
    found = of_study(server, study)
    counted: Counter[str] = Counter()
    for kind, listed in found.items():
        for each in listed:
            made = [{**(version.resource or {}), "meta": None} for version in server.storage.history(kind, each["id"])]
            counted[kind] += 1 if kind == "Provenance" and all(other == made[0] for other in made) else len(made)
    return counted


def check(store: Store, server: FhirServer, study: str, standing: str) -> None:
    """One right resource of each type, and the store knows it."""
    found = of_study(server, study)
    (subject,), (worklist,) = found["ResearchSubject"], found["List"]
    assert subject["status"] == STATES[standing] and part(subject, "standing") == standing
    assert part(subject, "stateSetByPerson") is None
    (entry,) = worklist["entry"]
    assert entry["item"]["reference"] == f"ResearchSubject/{subject['id']}"
    assert ("flag" in entry) is (standing == "ineligible")
    assert [len(found[kind]) for kind in ("ResearchStudy", "Flag", "Task")] == [1, 1, 1]
    known = published.find(store, "north", study, "p")
    assert known is not None and known.resource_id == subject["id"]
    assert (known.machine_state, known.human_state) == (subject["status"], None)
    assert known.resource_version == subject["meta"]["versionId"]
    assert not outbox.is_wanted(store, "north", study, "p")


def followed(desk: Office, study: str) -> None:
    """Another worker, after the lease. PostgreSQL may take a moment to see that a process is gone, with its locks."""
    desk.later(seconds=LEASE.total_seconds())
    for _ in range(100):
        desk.work()
        if not outbox.is_wanted(desk.store, "north", study, "p"):
            return
        time.sleep(0.05)


@WAYS
@ON_BOTH
def test_killed_at_any_step_of_an_update_it_ends_with_one_right_subject(
    store: Store, url: str, server: FhirServer, victim: Victim, lacking: set[str]
) -> None:
    kill_everywhere(store, url, server, victim, lacking, ("candidate", "ineligible"))


@WAYS
def test_killed_at_any_step_of_a_creation_it_ends_with_one_right_subject(
    store: Store, url: str, server: FhirServer, victim: Victim, lacking: set[str]
) -> None:
    kill_everywhere(store, url, server, victim, lacking, ("candidate",))


def kill_everywhere(
    store: Store, url: str, server: FhirServer, victim: Victim, lacking: set[str], standings: tuple[str, ...]
) -> None:
    """Write the last of these standings again and again, each time for a new study, killed one step later."""
    server.without = lacking
    desk = office(store, server, resources=ALL)
    *firsts, last = standings
    killed, reference = 0, None
    for step in [None, *range(MOST_STEPS)]:
        study = f"killed-at-{step}"
        for each in firsts:
            desk.plan(each, study=study)
            desk.work()
        desk.plan(last, study=study)
        survived = victim.work(step, **order(url, server, desk.now))
        followed(desk, study)
        check(store, server, study, last)
        reference = reference or versions(server, study)
        assert versions(server, study) == reference, f"killed at step {step}"
        if step is not None and survived:
            break
        killed += not survived
    assert killed > (15 if store.on_sqlite else 3), "there are that many steps at least"
    begun = [each for each in audit.entries(store, "north", 1000) if each.action == "write-begun"]
    assert len({each.study for each in begun}) == killed + 2


# ------------------------------------------------------------------------------------------------- lost answers
WRONG: dict[str, dict[str, Any]] = {
    "done without an answer": {"swallow": True},
    "dropped": {"drop": True},
    "half an answer": {"cut": True},
    "not now": {"status": 503},
}


@WAYS
@pytest.mark.parametrize("times", [1, 3], ids=["once", "until we give up"])
@pytest.mark.parametrize("wrong", WRONG)
def test_whatever_answer_is_lost_it_ends_with_one_right_subject(
    store: Store, server: FhirServer, lacking: set[str], wrong: str, times: int
) -> None:
    server.without = lacking
    desk = office(store, server, resources=ALL)
    reference = None
    for number in range(40):
        study = f"request-{number}"
        desk.plan(study=study)
        desk.work()
        desk.plan("ineligible", study=study)
        fault = None if number == 0 else server.fail(**WRONG[wrong], times=times, after=number - 1)
        desk.work()
        unused = fault is not None and fault.times == times
        server.faults.clear()
        desk.later(minutes=10).work()
        check(store, server, study, "ineligible")
        reference = reference or versions(server, study)
        assert versions(server, study) == reference, f"request {number}"
        if unused:
            break
    assert number > 5 and unused


# ------------------------------------------------------------------------------------------------- two at once
class Once:
    """Does something when it has been called `left` times; None: it did, or is not to."""

    def __init__(self, what: Callable[[], None]) -> None:
        self._what = what
        self.left: int | None = None

    def __call__(self) -> None:
        if self.left == 0:
            self.left = None
            self._what()
        elif self.left is not None:
            self.left -= 1


@WAYS
@pytest.mark.parametrize("first", [False, True], ids=["updated", "created"])
def test_a_worker_that_comes_back_after_its_lease_overwrites_nothing(
    store: Store, server: FhirServer, lacking: set[str], first: bool
) -> None:
    """Its successor takes over at each of its steps in turn."""
    server.without = lacking
    desk = office(store, server)
    for moment in range(MOST_STEPS):
        study = f"late-at-{moment}"
        if not first:
            desk.plan("candidate", study=study)
            desk.work()
        desk.plan("needs_review", study=study)
        (old,) = OUTBOX.claim(store, desk.now, LEASE, 1)

        def successor(study: str = study) -> None:
            other = office(store, server)
            other.now = desk.now + LEASE
            other.plan("candidate", study=study, unresolved=7)
            other.work()

        once = Once(successor)
        late = connected(server.base, Watched(new_session(), once))
        once.left = moment
        result = publish.write(store, desk.tenant, old, late, desk.now)
        desk.later(hours=1).work()
        found = of_study(server, study)
        (subject,), (worklist,) = found["ResearchSubject"], found["List"]
        (entry,) = worklist["entry"]
        assert entry["item"]["reference"] == f"ResearchSubject/{subject['id']}" and "flag" not in entry
        if once.left is not None:
            break
        assert (result.what, subject["status"]) == (What.LOST, "candidate"), f"at step {moment}"
    assert moment > 8


@pytest.mark.parametrize(
    ("url", "lacking"), [("sqlite", set()), ("postgresql", {"transaction"})], indirect=["url"], ids=KINDS
)
def test_many_workers_fill_one_list(store: Store, url: str, server: FhirServer, lacking: set[str]) -> None:
    server.without = lacking
    desk = office(store, server)
    people = [f"p{number}" for number in range(24)]
    for each in people:
        desk.plan(patient=each)
    workers = [subprocess.Popen(command(MODULE), cwd=ROOT, stdin=subprocess.PIPE, text=True) for _ in range(3)]
    for each in workers:
        assert each.stdin is not None
        each.stdin.write(json.dumps({**order(url, server, NOON), "kill": None}) + "\n")
        each.stdin.close()
    assert [each.wait(60) for each in workers] == [0, 0, 0]
    while desk.later(hours=1).work():
        pass
    (worklist,) = server.all("List")
    subjects = {f"ResearchSubject/{each['id']}" for each in server.all("ResearchSubject")}
    assert len(subjects) == len(people) and len(server.all("ResearchStudy")) == 1
    assert sorted(each["item"]["reference"] for each in worklist["entry"]) == sorted(subjects)
    assert OUTBOX.counts(store) == {}
