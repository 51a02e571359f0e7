"""Writing one content to a FHIR server until it stands there: look, decide, send, and look again.

The last look, which finds nothing more to write, is the check that the server kept what was sent. A process that is
killed anywhere leaves the content in the outbox; whoever claims it next looks at what is there and makes it whole.

Between the look and the sending, the lease is checked in a transaction of the store. A worker whose lease ran out can
therefore overwrite nothing that its successor wrote: what it read before that check is of an older version, which
`If-Match` refuses. The same transaction notes that the state is about to change, so that after a crash our own new
state is not taken for a person's.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from service.errors import VersionConflict
from service.fhir.opinion import Opinion
from service.fhir.publication import Found, Publication, Stamp, publication
from service.fhir.subject_states import read_state
from service.fhir.subject_update import differences
from service.screening.publish_content import Content
from service.screening.publish_look import Place, is_ours
from service.screening.publish_results import Result, What, fail, note, pause
from service.screening.publish_send import CONFLICTS, MayWrite, Sent, send, version_in
from service.screening.worklist import refresh
from service.store import audit, outbox, published
from service.store.engine import Store
from service.store.outbox import OUTBOX, ClaimedWrite
from service.store.published import Published

MOST_PASSES = 8
SUBJECT = "ResearchSubject"


@dataclass(frozen=True, slots=True)
class Decided:
    """What is there, and what should be written (None: nothing is there or is to be). `code`: why it is given up."""

    found: Found
    made: Publication | None
    code: str | None = None


@dataclass(slots=True)
class Writing:
    """One claimed content on its way: `kinds` of it are written.

    `known` is what the store knows of the ResearchSubject; `sent` what was sent last.
    """

    store: Store
    claimed: ClaimedWrite
    content: Content
    opinion: Opinion
    place: Place
    kinds: frozenset[str]
    now: datetime
    known: Published | None
    passes: int = 0
    wrote: bool = False
    sent: Sent = field(default_factory=Sent)

    def run(self, may_write: MayWrite) -> Result:
        """Write it. Raises EhrError, LeaseLost, InvalidValue, UnreadableResource."""
        while self.passes < MOST_PASSES:
            self.passes += 1
            decided = self.decide()
            if decided.code is not None:
                return fail(self.store, self.claimed, self.now, decided.code, None)
            if decided.made is None:
                return self._end_without()
            if not decided.made.writes:
                return self._end(decided.found, decided.made)
            self._begin(decided.made)
            self._send(decided.made, may_write)
        return fail(self.store, self.claimed, self.now, "contended", self.now + pause(self.claimed.lease.tries))

    def decide(self) -> Decided:
        """Look, and decide what should be written. Raises as `run` does, but LeaseLost."""
        found = self.place.look(self.opinion, self._stamp)
        if found.subject is None and not self._may_create():
            return Decided(found, None)
        made = publication(self.opinion, self.place.release, found, self._stamp, self.content.fits, self.kinds)
        return Decided(found, made, self._problem(found, made))

    @property
    def _stamp(self) -> Stamp:
        """What of the writing is not in the opinion."""
        known = self.known
        return Stamp(
            self.content.made,
            self.content.software,
            self.content.versions,
            written=None if known is None else known.machine_state,
            by_person=known is not None and known.human_state is not None,
            complete=known is not None and known.digest == self.claimed.digest,
            own_ids=self.place.own_ids,
        )

    def _may_create(self) -> bool:
        """What a person took over and somebody deleted is not made anew."""
        persons = self.known is not None and self.known.human_state is not None
        return self.content.first and self.content.withdrawn is None and not persons

    def _problem(self, found: Found, made: Publication) -> str | None:
        """Why this has to be given up: another's resource, or a server that does not keep what it is sent."""
        if found.subject is None:
            return None
        release = self.place.release
        study = None if found.study is None else f"ResearchStudy/{found.study['id']}"
        if not is_ours(found.subject, self.opinion, release, study):
            return "not-ours"
        if self.sent.standing(SUBJECT, found.subject):
            lost = differences(self.sent.resources[SUBJECT], found.subject, release)
            if lost:
                return "-".join(("not-kept", *lost))
        there = {"List": found.list, "Flag": found.flag, "Task": found.task, SUBJECT: found.subject}
        again = [str(each.resource["resourceType"]) for each in made.writes]
        kinds = [kind for kind in again if self.sent.standing(kind, there.get(kind))]
        return "-".join(("not-kept", *kinds)) if kinds else None

    def _begin(self, made: Publication) -> None:
        """The lease is still ours, and all may know what is about to be sent. Raises LeaseLost."""
        kinds = [str(each.resource["resourceType"]) for each in made.writes]
        with self.store.transaction() as whole:
            OUTBOX.check(whole, self.claimed.lease)
            if self.known is not None and made.update is not None and SUBJECT in kinds:
                kept = made.update.by_person or made.update.state == self.known.machine_state
                state = self.known.machine_state if kept else None
                self.known = replace(self.known, digest=None, machine_state=state, checked=self.now)
                published.record(whole, self.known)
            entry = note(self.claimed, self.now, "write-begun", types=" ".join(kinds), round=self.passes)
            audit.append(whole, entry)

    def _send(self, made: Publication, may_write: MayWrite) -> None:
        """Send it; if something changed meanwhile, all is looked at again."""
        self.sent = Sent()
        try:
            self.sent = send(self.place.connection, made.writes, may_write)
        except VersionConflict as problem:
            if problem.status not in CONFLICTS or self.passes == MOST_PASSES:
                raise
        self.place.ids.update(self.sent.ids)
        self.wrote = self.wrote or bool(self.sent.resources)

    def _end(self, found: Found, made: Publication) -> Result:
        """All of it stands there."""
        update, subject = made.update, found.subject
        if update is None or subject is None:
            return self._end_without()
        stands = read_state(subject, self.place.release) or "unknown"
        before = None if self.known is None else self.known.machine_state
        ours = before if update.by_person or self.content.withdrawn else update.state
        result = Result(What.WRITTEN if self.wrote else What.UNCHANGED, by_person=update.by_person)
        state = self._published(
            resource_id=str(subject["id"]),
            resource_version=version_in(subject),
            digest=self.claimed.digest,
            machine_state=ours,
            human_state=stands if update.by_person else None,
            written=self.now if self.wrote else (self.known.written if self.known else None),
        )
        self._close(result, state, stands)
        return result

    def _end_without(self) -> Result:
        """There is no ResearchSubject, and none is to be."""
        result = Result(What.NOTHING)
        gone = None
        if self.known is not None:
            gone = replace(
                self.known, resource_id=None, resource_version=None, digest=self.claimed.digest, checked=self.now
            )
        self._close(result, gone, None)
        return result

    def _close(self, result: Result, state: Published | None, stands: str | None) -> None:
        with self.store.transaction() as whole:
            outbox.done(whole, self.claimed.lease)
            if state is not None:
                published.record(whole, state)
                if state.human_state != (None if self.known is None else self.known.human_state):
                    refresh(whole, state.tenant, state.study, state.patient, self.now)
            if result.what is not What.NOTHING or self.known is not None:
                told = {"state": stands, "by_person": result.by_person, "rounds": self.passes}
                audit.append(whole, note(self.claimed, self.now, f"write-{result.what}", **told))

    @property
    def _published(self) -> partial[Published]:
        claimed = self.claimed
        return partial(Published, claimed.tenant, claimed.study, claimed.patient, checked=self.now)
