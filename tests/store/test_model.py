"""The queue of screenings against a model that is a dictionary: whatever is done in whatever order, the two agree."""

import shutil
import tempfile
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from service.errors import LeaseLost
from service.store import screenings
from service.store.engine import open_store
from service.store.leases import Lease, State
from service.store.queues import Counts
from service.store.screenings import SCREENINGS
from tests.store.world import LEASE, NOON, SECOND

TRIES = 3
# Few patients and few times, so that much happens to each.
PATIENTS = st.sampled_from("ab")
SECONDS = st.sampled_from([0, 0, 1, 10, 299, 300])


@dataclass(frozen=True)
class Work:
    """What the model knows of one patient: its place in the order of asking, and what the store should know."""

    number: int
    state: State
    due: datetime | None
    reasons: frozenset[str]
    again: datetime | None = None
    again_reasons: frozenset[str] = frozenset()
    tries: int = 0
    failing: bool = False
    until: datetime | None = None
    lease: Lease | None = field(default=None, compare=False)


class Screenings(RuleBasedStateMachine):
    """Requests, claims, ends, failures and the passing of time, in any order."""

    template: Path

    @initialize()
    def begin(self) -> None:
        self.place = Path(tempfile.mkdtemp())
        shutil.copy(self.template, self.place / "store.db")
        self.store = open_store(f"sqlite:///{self.place / 'store.db'}")
        self.model: dict[str, Work] = {}
        self.leases: list[tuple[str, Lease]] = []
        self.asked = 0
        self.now = NOON

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            shutil.rmtree(self.place)

    @rule(seconds=SECONDS)
    def wait(self, seconds: int) -> None:
        self.now += seconds * SECOND

    @rule(patient=PATIENTS, reason=st.sampled_from(["event", "next-change"]), seconds=SECONDS, more=st.none() | SECONDS)
    def request(self, patient: str, reason: str, seconds: int, more: int | None) -> None:
        due, before = self.now + seconds * SECOND, self.model.get(patient)
        until = None if more is None else due + more * SECOND
        new = screenings.request(self.store, "north", patient, reason, due, until)
        assert new == (before is None)
        self.asked += new
        self.model[patient] = _requested(before, self.asked, due, until, reason)

    @rule(most=st.integers(1, 2))
    def claim(self, most: int) -> None:
        claimed = SCREENINGS.claim(self.store, self.now, LEASE, most, most_tries=TRIES)
        wanted = self._claimable(most)
        assert [each.patient for each in claimed] == wanted
        for each in claimed:
            work = self.model[each.patient]
            assert set(each.reasons) == work.reasons | work.again_reasons
            tries = 1 if work.again else work.tries + 1
            assert (each.lease.tries, each.lease.until) == (tries, self.now + LEASE)
            begun = Work(work.number, State.CLAIMED, self.now + LEASE, frozenset(each.reasons), tries=tries)
            self.model[each.patient] = replace(begun, failing=work.failing, lease=each.lease)
            self.leases.append((each.patient, each.lease))

    def _claimable(self, most: int) -> list[str]:
        """Who is claimed; whoever is found to have been tried too often on the way is given up."""
        due = [(work.due, work.number, patient) for patient, work in self.model.items() if _due(work, self.now)]
        names = [patient for _, _, patient in sorted(due)]
        while names:
            batch, names = names[:most], names[most:]
            for patient in filter(lambda each: _spent(self.model[each]), batch):
                self.model[patient] = replace(self.model[patient], state=State.DEAD, due=None, failing=True, lease=None)
            if found := [patient for patient in batch if self.model[patient].state is not State.DEAD]:
                return sorted(found, key=lambda each: self.model[each].number)
        return []

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        patient, lease = data.draw(st.sampled_from(self.leases[-3:]))
        work = self.model.get(patient)
        if work is None or work.lease != lease:
            with pytest.raises(LeaseLost):
                screenings.done(self.store, lease)
            return
        assert screenings.done(self.store, lease) == (work.again is not None)
        if work.again is None:
            del self.model[patient]
        else:
            self.model[patient] = Work(work.number, State.WAITING, work.again, work.again_reasons)

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), retry=st.none() | SECONDS)
    def fail(self, data: st.DataObject, retry: int | None) -> None:
        patient, lease = data.draw(st.sampled_from(self.leases[-3:]))
        work, at = self.model.get(patient), None if retry is None else self.now + retry * SECOND
        if work is None or work.lease != lease:
            with pytest.raises(LeaseLost):
                SCREENINGS.failed(self.store, lease, "timeout", at)
            return
        state = SCREENINGS.failed(self.store, lease, "timeout", at)
        due = at or work.again
        assert state is (State.DEAD if due is None else State.WAITING)
        tries = 0 if work.again else work.tries
        self.model[patient] = replace(work, state=state, due=due, again=None, tries=tries, failing=True, lease=None)

    @precondition(lambda self: any(work.state is State.DEAD for work in self.model.values()))
    @rule()
    def retry(self) -> None:
        for each in SCREENINGS.dead(self.store):
            assert SCREENINGS.retry(self.store, each.id, self.now)
            work = self.model[str(each.patient)]
            self.model[str(each.patient)] = replace(work, state=State.WAITING, due=self.now, tries=0)

    @invariant()
    def they_agree(self) -> None:
        if not hasattr(self, "store"):
            return
        states = [work.state for work in self.model.values()]
        waiting = [work.due for work in self.model.values() if work.state is State.WAITING and work.due]
        wanted = Counts(
            states.count(State.WAITING),
            states.count(State.CLAIMED),
            dead=states.count(State.DEAD),
            oldest=min(waiting, default=None),
        )
        assert SCREENINGS.counts(self.store).get("north", Counts()) == wanted


def _due(work: Work, now: datetime) -> bool:
    return work.due is not None and work.due <= now


def _spent(work: Work) -> bool:
    return work.tries >= TRIES and work.again is None


def _requested(work: Work | None, number: int, due: datetime, until: datetime | None, reason: str) -> Work:
    """What a request makes of the work there is."""
    if work is None:
        return Work(number, State.WAITING, due, frozenset({reason}), until=until)
    if work.state is State.CLAIMED:
        return replace(work, again=min(work.again or due, due), again_reasons=work.again_reasons | {reason})
    reasons = work.reasons | {reason}
    if work.due is None:
        return replace(work, state=State.WAITING, due=due, reasons=reasons, tries=0, failing=False, until=until)
    asked = replace(work, reasons=reasons, tries=0)
    if due < work.due:
        return replace(asked, due=work.due if work.failing else due, until=until)
    if work.failing or work.until is None or until is None:
        return asked
    return replace(asked, due=min(due, work.until))


def test_the_store_agrees_with_the_model(tmp_path: Path, sqlite_template: Path) -> None:
    machine = type("Machine", (Screenings,), {"template": sqlite_template})
    case = machine.TestCase
    case.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
    case("runTest").runTest()
    assert sqlite_template.exists()
