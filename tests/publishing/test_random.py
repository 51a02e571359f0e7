"""Any schedule of assessments, of people's edits and of crashes between and within the writes.

There is never a second ResearchSubject, what a person set is never changed, and in the end the target says what the
latest assessment says, as far as the state is ours.
"""

import itertools
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from service.ehr.transport import new_session
from service.fhir.opinion import subject_identity
from service.screening import publish
from service.store import outbox, published
from service.store.engine import Store, open_store
from tests.databases import sqlite_url
from tests.fhir_server.server import FhirServer
from tests.publishing.steps import Watched
from tests.publishing.world import DAY, NOON, STATES, Json, Office, connected, office, part
from tests.victims import watch_commits

STANDINGS = st.sampled_from(["candidate", "needs_review", "ineligible"])
SIGNALS = st.sampled_from(["strong", "none"])
PERSONS = st.sampled_from(["screening", "eligible", "on-study", "withdrawn", "ineligible", "candidate"])
EVENTS = st.one_of(
    st.tuples(st.just("assessed"), STANDINGS, SIGNALS),
    st.tuples(st.just("person"), PERSONS),
    st.tuples(st.just("killed"), st.integers(0, 45)),
    st.tuples(st.just("worked")),
    st.tuples(st.just("between"), st.integers(0, 30), PERSONS),
    st.tuples(st.just("looked again")),
)
NUMBERS = itertools.count()


class Killed(BaseException):
    """The process ends here, as far as the test can play that: nothing after it happens, and nothing is cleaned up."""


class Schedule:
    """One patient of one study, on one server and in one store; and what a person set last, if anything."""

    def __init__(self, url: str, store: Store, server: FhirServer) -> None:
        self.study = f"random-{next(NUMBERS)}"
        self.url, self.store, self.server = url, store, server
        self.desk = office(store, server)
        self.said: tuple[str, str] | None = None
        self.person: str | None = None

    @property
    def subject(self) -> Json | None:
        """The one there is."""
        identity = subject_identity(self.study, "p")
        found = [each for each in self.server.all("ResearchSubject") if each["identifier"][0]["value"] == identity]
        assert len(found) <= 1, "two of one identifier"
        return found[0] if found else None

    def assessed(self, standing: str, signal: str) -> None:
        self.said = (standing, signal)
        self.desk.later(days=1)
        day = DAY + (self.desk.now - NOON)
        self.desk.plan(standing, study=self.study, signal=signal, day=day)

    def sets(self, status: str) -> None:
        """A person sets another state than the one there is; our own again, before we saw it, is no change at all."""
        subject = self.subject
        if subject is not None and subject["status"] != status:
            self.server.change({**subject, "status": status})
            given_back = status == STATES[part(subject, "standing")] and not part(subject, "stateSetByPerson")
            self.person = None if given_back else status

    def worked(self) -> None:
        self.desk.later(hours=7).work()
        self.check_person()

    def looked_again(self) -> None:
        publish.recheck(self.store, self.desk.tenant, self.desk.now, 10, self.desk.now)
        self.worked()

    def interrupted(self, at: int, status: str | None) -> None:
        """A worker that at that step is killed (None), or meets a person who sets this state."""
        steps = itertools.count(-2)  # the two of the connection

        def step() -> None:
            if next(steps) != at:
                return
            if status is None:
                raise Killed
            self.sets(status)

        connection = connected(self.server.base, Watched(new_session(), step))
        store = open_store(self.url)  # another process has connections of its own
        worker = Office(store, self.desk.tenant, connection, self.desk.later(hours=7).now)
        if status is None:
            watch_commits(store, step)
        with suppress(Killed):
            worker.work()
        store.engine.dispose()
        self.check_person()

    def check_person(self) -> None:
        """What a person set stands there."""
        subject = self.subject
        assert self.person is None or (subject is not None and subject["status"] == self.person)

    def settle(self) -> None:
        """All is worked off in the end."""
        for _ in range(20):
            self.desk.later(hours=7).work()
            if not outbox.is_wanted(self.store, "north", self.study, "p"):
                break
        self.check_person()
        self.check_end()

    def check_end(self) -> None:
        subject = self.subject
        assert not outbox.is_wanted(self.store, "north", self.study, "p")
        if self.said is None or subject is None:
            assert self.said is None or self.said[0] == "ineligible" or self.said[1] == "none"
            return
        standing, signal = self.said
        assert (part(subject, "standing"), part(subject, "signal")) == (standing, signal)
        assert self.person is not None or subject["status"] == STATES[standing]
        known = published.find(self.store, "north", self.study, "p")
        assert known is not None and known.resource_id == subject["id"]
        assert (known.human_state is not None) is bool(part(subject, "stateSetByPerson"))
        self.check_list(subject, fits=standing != "ineligible" and signal == "strong")
        self.check_provenance(subject)

    def check_list(self, subject: Json, *, fits: bool) -> None:
        lists = [each for each in self.server.all("List") if each["identifier"][0]["value"] == self.study]
        assert len(lists) <= 1 and (lists or not fits)
        for each in lists:
            (entry,) = each["entry"]
            assert entry["item"]["reference"] == f"ResearchSubject/{subject['id']}"
            assert ("flag" not in entry) is fits

    def check_provenance(self, subject: Json) -> None:
        """There is one of the day on which what stands there was found."""
        target = [{"reference": f"ResearchSubject/{subject['id']}"}]
        days = [each["occurredDateTime"] for each in self.server.all("Provenance") if each["target"] == target]
        assert days.count(part(subject, "screeningDate")) >= 1


@pytest.fixture(scope="module")
def shared_url(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return sqlite_url(sqlite_template, tmp_path_factory.mktemp("random"))


def run(schedule: Schedule, events: list[tuple[str, ...]]) -> None:
    for event in events:
        match event:
            case ("assessed", standing, signal):
                schedule.assessed(standing, signal)
            case ("person", status):
                schedule.sets(status)
            case ("killed", at):
                schedule.interrupted(int(at), None)
            case ("between", at, status):
                schedule.interrupted(int(at), status)
            case ("looked again",):
                schedule.looked_again()
            case _:
                schedule.worked()
    schedule.settle()


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(events=st.lists(EVENTS, min_size=2, max_size=8), transactions=st.booleans())
def test_any_schedule_ends_right(shared_url: str, events: list[tuple[str, ...]], transactions: bool) -> None:
    store = open_store(shared_url)
    with FhirServer() as server:
        server.without = set() if transactions else {"transaction"}
        run(Schedule(shared_url, store, server), [("assessed", "candidate", "strong"), *events])
    store.close()
