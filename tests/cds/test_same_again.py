"""Whatever happens between two openings of a chart: who remembers says the same as who has just been started."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st

from service.fhir.cds.call import Hook
from service.fhir.cds.cards import Card
from service.screening.cds.looked import Looked
from service.screening.cds.memory import Memory, Recent
from service.screening.cds.policy import CardPolicy, Show
from service.screening.decisions.kinds import Kind
from service.screening.versions import stamp
from service.store import decisions, retention
from service.store.decisions import Decision
from service.store.engine import Store
from tests.cds.test_silence import CHIEF, NURSE, role
from tests.cds.world import NOON, Desk, Json, prefetched, request
from tests.screening.world import STUDY, cancer, encounter, haemoglobin, patient
from tests.working.world import catalog

STUDIES = (STUDY, replace(STUDY, id="other", title="Another study"))
POLICY = CardPolicy(roles={NURSE: Show.NEVER, CHIEF: Show.NEARLY})
NUMBERS = count()
KNOWN = {"meta": {"versionId": "1", "lastUpdated": "2026-06-01T00:00:00Z"}}
Act = Callable[[Desk, str, list[Card]], object]


def chart(of: str, which: int) -> tuple[Json, ...]:
    """One of four; what tells them apart decides."""
    taken = {"medicationReference": {"reference": "Medication/1"}}
    drug = {"resourceType": "MedicationRequest", "id": "m", "subject": {"reference": f"Patient/{of}"}, **taken}
    more = {1: (cancer(of=of, **KNOWN),), 2: (drug,), 3: (haemoglobin("o2", of=of, value=14),)}.get(which, ())
    return patient(of), haemoglobin(of=of, **KNOWN), encounter(of=of), *more


def decide(kind: Kind, study: str | None, about: str | None = None, **content: Any) -> Act:
    def act(desk: Desk, of: str, cards: list[Card]) -> None:
        decisions.add(desk.store, Decision("north", study, of, kind, about, content, "why", "anna", NOON))

    return act


def correct(record: Json, claim: str | None) -> Act:
    about = f"{record['resourceType']}/{record['id']}"

    def act(desk: Desk, of: str, cards: list[Card]) -> None:
        own = {**record, "subject": {"reference": f"Patient/{of}"}}
        decide(Kind.CORRECTION, None, about, claim=claim, version=claim and stamp(own).token, criteria={})(
            desk, of, cards
        )

    return act


def answer(reason: str | None) -> Act:
    return lambda desk, of, cards: desk.responds(cards[-1].uuid, reason=reason) if cards else None


ACTS: tuple[Act, ...] = (
    *(
        decide(Kind.STATUS, study, status=status)
        for study in ("demo", "other")
        for status in ("declined", "on-study", None)
    ),
    *(decide(Kind.SILENCE, study, why="declined", until="2026-07-01") for study in ("demo", None)),
    decide(Kind.OVERRIDE, "demo", "E1", outcome="not_met", was="met", version="1.0"),
    decide(Kind.ANSWER, "other", "E2", outcome="met", was="unknown", version="1.0"),
    *(correct(each, claim) for each in (haemoglobin(**KNOWN), cancer(**KNOWN)) for claim in ("entered-in-error", None)),
    lambda desk, of, cards: desk.decided("on-study", "other", of),
    *(answer(each) for each in (None, "patient-refuses")),
    lambda desk, of, cards: retention.delete_patient(desk.store, "north", of),
)
USERS: tuple[Json | None, ...] = (None, role("nurse"), role("chief"))
views = st.tuples(st.integers(0, 3), st.integers(0, 1), st.sampled_from(USERS), st.sampled_from(list(Hook)[:2]))
steps = st.lists(st.one_of(views, views, st.sampled_from(ACTS)), min_size=2, max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, few=st.booleans())
def test_of_anything(plain: Store, steps: list[Any], few: bool) -> None:
    """`few`: hardly any chart is kept as it was read, so that what is remembered is mostly what it says."""
    of, shown = f"p{next(NUMBERS)}", list[Card]()
    desk = Desk(plain, catalog(*STUDIES), POLICY)
    desk = desk.remembering(Memory(read=Recent[Looked](most=0 if few else 9)))
    for each in steps:
        if not isinstance(each, tuple):
            each(desk, of, shown)
            continue
        which, day, user, hook = each
        came = prefetched(desk.tenant, chart(of, which)) | ({} if user is None else {"userRole": user})
        body = request(hook, of, came, context_encounterId="e")
        fresh = Desk(plain, desk.content, POLICY).answers(body, NOON + timedelta(days=day))
        known = desk.answers(body, NOON + timedelta(days=day))
        assert [replace(one, uuid="any") for one in known.cards] == [replace(one, uuid="any") for one in fresh.cards]
        assert known.lacking == fresh.lacking
        shown += known.cards
