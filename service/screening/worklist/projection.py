"""The rows of the worklists, made anew whenever what they rest on changes: an assessment, a decision, a human state.

`refresh` belongs into the transaction that changed it. It reads all that a row rests on, so that it may be called as
often as one likes and in any order: the same facts and decisions give the same row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from service.screening.decisions import Decided, decided_of, with_decisions
from service.screening.worklist.place import (
    NO_SIGNAL,
    RANKS,
    Place,
    against_in,
    missing_in,
    place_of,
    summary_of,
)
from service.store import assessments, decisions, people, published, worklist, worklist_counts
from service.store.assessments import Current, Stored
from service.store.decisions import Decision
from service.store.engine import Store
from service.store.worklist import Entry

PAGE, CHUNK = 500, 100


def refresh(store: Store, tenant: str, study: str, patient: str, now: datetime) -> Entry | None:
    """Make the row of this study and patient anew; None: there is none any more."""
    with store.transaction() as whole:
        return _refresh(whole, tenant, study, patient, now)


def refresh_patient(store: Store, tenant: str, patient: str, now: datetime) -> None:
    """The same for each study in which something was ever found for this patient."""
    with store.transaction() as whole:
        for each in assessments.of_patient(whole, tenant, patient):
            _refresh(whole, tenant, each.stored.study, patient, now)


def rebuild(store: Store, tenant: str, now: datetime) -> int:
    """Make all rows of a tenant anew, and count them, as after an update; how many there are."""
    for part in _parts(store, tenant):
        with store.transaction() as whole:
            for patient, study in part:
                _refresh(whole, tenant, study, patient, now)
    worklist_counts.count_anew(store, tenant)
    return sum(1 for _ in _rows(store, tenant))


def _refresh(store: Store, tenant: str, study: str, patient: str, now: datetime) -> Entry | None:
    held = assessments.latest(store, tenant, study, patient)
    made = None if held is None or held.withdrawn is not None else _made(store, held, now)
    if made is None:
        worklist.remove(store, tenant, study, patient)
        people.forget_unlisted(store, tenant, patient)
    else:
        people.ensure(store, tenant, patient, now)
        worklist.put(store, made)
    return made


def _made(store: Store, held: Current, now: datetime) -> Entry | None:
    key = (held.stored.tenant, held.stored.study, held.stored.patient)
    tenant, study, patient = key
    made = decisions.of_patient(store, tenant, patient, study)
    decided, line = decided_of(made), held.stored.line
    ehr_state = published.states_of(store, tenant, patient).get(study)
    place = place_of(line, decided, ehr_state)
    if place is None:
        return None
    before = worklist.find(store, *key)
    changed, changed_from = _change(store, key, made, place, before, now)
    if decided.status is not None:
        status_set: datetime | None = decided.status.at
    elif place.status is not None:
        same = before is not None and before.status == place.status
        status_set = before.status_set if same and before is not None else now
    else:
        status_set = None
    person = people.of(store, tenant, patient)
    told = with_decisions(line, decided)
    return Entry(
        *key,
        place=place.at,
        until=place.until,
        hidden=place.hidden,
        standing=place.standing,
        rank=RANKS.get(str(line["signal"]), NO_SIGNAL),
        unresolved=int(told["unresolved"]),
        later=_day(told["later"]),
        next_change=held.stored.next_change,
        status=place.status,
        status_set=status_set,
        claimed_by=decided.claimed_by,
        look_again=place.look_again,
        appointment=None if person is None else person.appointment,
        found_by=None if person is None else people.searchable(person.name),
        missing=missing_in(told),
        changed_from=changed_from,
        changed=changed,
        line=summary_of(line, decided, ehr_state),
        against=against_in(told),
    )


def _change(
    store: Store,
    key: tuple[str, str, str],
    made: Sequence[Decision],
    place: Place,
    before: Entry | None,
    now: datetime,
) -> tuple[datetime, str | None]:
    """When this stand was reached, and from which one (None: from outside the list).

    It is told by the history, not by the row before. Only what people set in the EHR has no time of its own: that is
    as old as our knowledge of it.
    """
    stands = list(_stands(assessments.history(store, *key), made))
    at, stand, came_from = stands[-1] if stands else (now, None, None)
    if stand == place.stand:
        return at, came_from
    if before is not None and before.status == place.status and place.status is not None:
        return before.changed, before.changed_from
    return now, stand


def _stands(history: Sequence[Stored], made: Sequence[Decision]) -> Iterator[tuple[datetime, str | None, str | None]]:
    """Each stand in turn: since when, what, and the one before."""
    events: list[tuple[datetime, int, Stored | Decision]] = [(each.made, 0, each) for each in history]
    events += [(each.at, 1, each) for each in made]
    line, so_far, decided = None, list[Decision](), Decided()
    stand: str | None = None
    for at, _, event in sorted(events, key=lambda each: (each[0], each[1], each[2].id)):
        if isinstance(event, Stored):
            line = event.line
        else:
            so_far.append(event)
            decided = decided_of(so_far)
        place = None if line is None else place_of(line, decided)
        reached = None if place is None else place.stand
        if reached != stand:
            yield at, reached, stand
            stand = reached


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _rows(store: Store, tenant: str) -> Iterator[tuple[str, str]]:
    after = ("", "")
    while page := worklist.keys(store, tenant, PAGE, after):
        yield from page
        after = page[-1]


def _parts(store: Store, tenant: str) -> Iterator[list[tuple[str, str]]]:
    """Everybody of whom anything was found, with the study, a transaction's worth at a time; and rows left over."""
    part: list[tuple[str, str]] = []
    after = ("", "")
    while page := assessments.known(store, tenant, PAGE, after):
        for each in page:
            part.append((each.patient, each.study))
            if len(part) == CHUNK:
                yield part
                part = []
        after = (page[-1].patient, page[-1].study)
    yield part
    yield from ([each] for each in _rows(store, tenant) if assessments.latest(store, tenant, each[1], each[0]) is None)
