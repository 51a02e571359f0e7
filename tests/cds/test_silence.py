"""Whom no card is about, and when it may be shown again: a clinician who sees too many of them reads none."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from service.eligibility.criteria import EVER, Criterion, ObservationValue
from service.fhir.cds.call import Hook
from service.screening.cds.policy import CardPolicy, Show, Shown
from service.screening.cds.silence import ON_STUDY
from service.screening.decisions.kinds import Kind
from service.store import decisions, retention
from service.store.decisions import Decision
from service.store.tables import assessments, audit, cards, screenings
from tests.cds.world import CHART, NOON, Desk, Json, lent_by, page, prefetched, request, summaries
from tests.fhir_server import FhirServer
from tests.screening.world import STUDY, cancer, encounter, haemoglobin, patient
from tests.working.world import DAY, catalog

ROLES = "http://roles.example"
NURSE, CHIEF = f"{ROLES}|nurse", f"{ROLES}|chief"
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
SECOND = timedelta(seconds=1)
OTHER = replace(STUDY, id="other", title="Another study")
ALONE = replace(STUDY, co_enrolment="forbidden")
HELD_BACK: dict[str, tuple[Json, ...]] = {
    "somebody who died": (patient(deceasedBoolean=True),),
    "a record that was replaced": (patient(link=[{"type": "replaced-by", "other": {"reference": "Patient/q"}}]),),
    "a test patient": (patient(meta={"tag": [{"system": ACT_REASON, "code": "HTEST"}]}),),
    "somebody who refuses research": (
        patient(),
        {
            "resourceType": "Consent", "id": "no", "status": "active", "patient": {"reference": "Patient/p"},
            "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "research"}]},
            "category": [{"text": "research"}], "provision": {"type": "deny"},
        },
    ),
}  # fmt: skip


def role(*codes: str) -> Json:
    codings = [{"system": ROLES, "code": each} for each in codes]
    return {"resourceType": "PractitionerRole", "id": "r", "code": [{"coding": codings}]}


def several(desk: Desk, *studies: Any) -> Desk:
    return Desk(desk.store, catalog(*studies))


def test_somebody_who_may_fit_is_spoken_of(desk: Desk) -> None:
    """Without this, all that follows would show nothing."""
    for hook in (Hook.PATIENT_VIEW, Hook.ENCOUNTER_START):
        assert len(desk.views(hook=hook, context_encounterId="e").cards) == 1


@pytest.mark.parametrize("chart", HELD_BACK.values(), ids=HELD_BACK)
def test_who_is_held_back_is_not_spoken_of(desk: Desk, chart: tuple[Json, ...]) -> None:
    assert desk.views(*chart, haemoglobin(), encounter()).cards == ()


def test_who_opted_out_is_not_spoken_of(desk: Desk) -> None:
    out = Desk(desk.store, catalog(opted_out=frozenset({"p"})))
    assert out.views().cards == ()


def test_who_has_no_strong_signal_is_not_spoken_of(desk: Desk) -> None:
    by_name = haemoglobin(code={"text": "haemoglobin"})
    for chart in ((patient(), encounter()), (patient(), by_name, encounter())):
        assert desk.views(*chart).cards == ()


def test_who_is_kept_out_is_not_spoken_of(desk: Desk) -> None:
    assert desk.views(*CHART, cancer()).cards == ()
    assert desk.views(patient(birthDate="2015-01-01"), *CHART[1:]).cards == ()


@pytest.mark.parametrize("user", ["Patient/p", "RelatedPerson/1"])
@pytest.mark.parametrize("hook", list(Hook))
def test_1_25_patients_and_their_families_get_no_cards(desk: Desk, user: str, hook: Hook) -> None:
    answer = desk.answers(request(hook, prefetch=prefetched(desk.tenant, CHART), context_userId=user))
    assert answer.as_json() == {"cards": []}


@pytest.mark.parametrize(
    "state", ["withdrawn", "ineligible", "eligible", "screening", "on-study", "candidate", "declined"]
)
def test_whom_a_person_decided_on_is_not_spoken_of(desk: Desk, state: str) -> None:
    desk.decided(state, of="somebody-else")
    assert len(desk.views().cards) == 1
    desk.decided(state)
    assert desk.views().cards == ()


# ----------------------------------------------------------------------------------------------------- other studies
@pytest.mark.parametrize("state", sorted(ON_STUDY))
@pytest.mark.parametrize(("this", "that"), [(ALONE, OTHER), (STUDY, replace(OTHER, co_enrolment="forbidden"))])
def test_beside_a_study_that_forbids_it_no_other_is_spoken_of(desk: Desk, state: str, this: Any, that: Any) -> None:
    both = several(desk, this, that)
    both.decided(state, study="other")
    assert both.views().cards == ()


def test_beside_a_study_that_allows_it_others_are(desk: Desk) -> None:
    both = several(desk, STUDY, OTHER)
    both.decided("on-study", study="other")
    assert [each.summary.split(":")[0] for each in both.views().cards] == ["May fit A demonstration"]


@pytest.mark.parametrize("state", ["candidate", "screening", "ineligible", "withdrawn", "off-study"])
def test_who_is_on_no_study_yet_may_be_spoken_of_for_others(desk: Desk, state: str) -> None:
    both = several(desk, ALONE, OTHER)
    both.decided(state, study="other")
    assert len(both.views().cards) == 1


def test_two_studies_that_forbid_it_may_both_be_spoken_of_while_nobody_is_on_one(desk: Desk) -> None:
    both = several(desk, ALONE, replace(OTHER, co_enrolment="forbidden"))
    assert both.views().cards[0].summary.startswith("May fit 2 studies")


# ------------------------------------------------------------------------------------------------------ what was said
@pytest.mark.parametrize("response", ["overridden", "accepted"])
def test_a_card_that_was_answered_is_not_repeated_for_some_time(desk: Desk, response: str) -> None:
    for_a_week = desk.under(after_response=timedelta(days=7))
    (shown,) = for_a_week.views().cards
    assert len(for_a_week.views().cards) == 1  # nobody answered: nobody knows whether it was read (1.71)
    for_a_week.responds(shown.uuid, response)
    assert for_a_week.views(now=NOON + 7 * DAY - SECOND).cards == ()
    assert len(for_a_week.views(now=NOON + 7 * DAY).cards) == 1
    assert len(for_a_week.views(*(patient("q"), haemoglobin(of="q"), encounter(of="q")), of="q").cards) == 1


@pytest.mark.parametrize("reason", ["wrong-time-workflow", "patient-refuses"])
@pytest.mark.parametrize("at", ["1970-01-01T00:00:00+00:00", "2025-06-30T12:00:00+00:00"])
def test_a_clock_that_is_behind_does_not_make_an_answer_old(desk: Desk, at: str, reason: str) -> None:
    """No card was answered before it was shown."""
    for_a_week = desk.under(after_response=timedelta(days=7), after_refusal=timedelta(days=7))
    (shown,) = for_a_week.views().cards
    for_a_week.responds(shown.uuid, at=datetime.fromisoformat(at), reason=reason)
    assert for_a_week.views(now=NOON + 7 * DAY - SECOND).cards == ()
    assert len(for_a_week.views(now=NOON + 7 * DAY).cards) == 1


@pytest.mark.parametrize("reason", [None, "patient-refuses"])
def test_where_it_is_repeated_at_once_it_is_another_card(desk: Desk, reason: str | None) -> None:
    """Feedback on the first would else be taken back by feedback on the second."""
    at_once = desk.under(after_response=timedelta(0), after_refusal=timedelta(0))
    (first,) = at_once.views().cards
    at_once.responds(first.uuid, reason=reason)
    (second,) = at_once.views().cards
    assert first.uuid != second.uuid == at_once.views().cards[0].uuid


def test_usually_it_is_half_a_year(desk: Desk) -> None:
    desk.responds(desk.views().cards[0].uuid)
    fresh = haemoglobin(effectiveDateTime="2026-12-20")
    chart = (patient(), fresh, encounter(period={"start": "2026-12-20"}))
    assert desk.views(*chart, now=NOON + 180 * DAY - SECOND).cards == ()
    assert len(desk.views(*chart, now=NOON + 180 * DAY).cards) == 1


def test_after_a_refusal_a_study_is_not_spoken_of_again(desk: Desk) -> None:
    short = desk.under(after_response=timedelta(days=1))
    short.responds(short.views().cards[0].uuid, reason="patient-refuses")
    assert short.views(now=NOON + 3000 * DAY).cards == ()
    again = short.under(after_refusal=timedelta(days=30))
    assert again.views(now=NOON + 30 * DAY - SECOND).cards == ()
    assert len(again.views(now=NOON + 30 * DAY).cards) == 1


def test_an_answer_counts_for_every_study_of_its_card_and_for_no_other(desk: Desk) -> None:
    both = several(desk, STUDY, OTHER)
    both.responds(both.views().cards[0].uuid)
    assert both.views().cards == ()
    three = several(desk, STUDY, OTHER, replace(STUDY, id="third", title="A third study"))
    assert [each.summary.split(":")[0] for each in three.views().cards] == ["May fit A third study"]


def test_an_answer_to_another_tenants_card_counts_for_nothing(desk: Desk) -> None:
    (shown,) = desk.views().cards
    desk.responds("of somebody else")
    assert len(desk.views().cards) == 1
    desk.responds(shown.uuid)
    assert desk.views().cards == ()


def test_1_27_a_card_that_is_shown_again_is_the_same_and_nothing_is_screened(desk: Desk) -> None:
    """The policy: as long as the same user sees the same words on the same day, and nobody answered, it is one card."""
    patient_view = [desk.views().cards[0].uuid for _ in range(2)]
    others = [
        desk.views(hook=Hook.ENCOUNTER_START, context_encounterId="e"),
        desk.views(context_userId="Practitioner/2"),
        desk.views(*CHART, cancer(verificationStatus={"coding": [{"code": "refuted"}]})),
        desk.views(now=NOON + DAY),
    ]
    assert len(set(patient_view)) == 1
    assert len({*patient_view, *(each.cards[0].uuid for each in others)}) == 5
    with desk.store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(cards)) == 5
        for table in (screenings, assessments, audit):
            assert connection.scalar(select(func.count()).select_from(table)) == 0


def test_a_card_of_which_nothing_is_known_any_more_is_another_one(desk: Desk) -> None:
    """Feedback on it could not be told whom it is about."""
    (first,) = desk.views().cards
    retention.delete_patient(desk.store, "north", "p")
    (second,) = desk.views().cards
    assert first.uuid != second.uuid
    desk.responds(second.uuid)
    assert desk.views().cards == ()


def test_what_is_not_shown_is_not_kept(desk: Desk) -> None:
    desk.views(*CHART, cancer())
    desk.views(context_userId="Patient/p")
    with desk.store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(cards)) == 0


# ----------------------------------------------------------------------------------------------------------- how near
HB_ELSE = Criterion("I3", "inclusion", "a virus test", ObservationValue(("virus",), look_back=EVER))


def unclear(desk: Desk, number: int) -> Desk:
    """The demonstration with so many criteria that nothing on record settles."""
    more = tuple(replace(HB_ELSE, id=f"I{each}") for each in range(10, 10 + number))
    return Desk(desk.store, catalog(replace(STUDY, criteria=(*STUDY.criteria, *more))), desk.policy)


@pytest.mark.parametrize(
    ("shown", "unknown", "speaks"),
    [
        (Shown(), 0, True),
        (Shown(), 2, True),
        (Shown(), 3, False),
        (Shown(Show.NEARLY, 0), 0, True),
        (Shown(Show.NEARLY, 0), 1, False),
        (Shown(Show.NEARLY, 5), 5, True),
        (Shown(Show.CANDIDATE, 5), 0, True),
        (Shown(Show.CANDIDATE, 5), 1, False),
        (Shown(Show.NEVER, 5), 0, False),
    ],
)
def test_how_near_somebody_has_to_be(desk: Desk, shown: Shown, unknown: int, speaks: bool) -> None:
    assert bool(unclear(desk.under(usual=shown), unknown).views().cards) is speaks
    of_the_study = CardPolicy(usual=Shown(Show.NEVER), studies={"demo": shown})
    assert bool(unclear(Desk(desk.store, policy=of_the_study), unknown).views().cards) is speaks


def test_what_stays_open_until_a_visit_does_not_count(desk: Desk) -> None:
    later = replace(HB_ELSE, settled_at="screening_visit")
    study = replace(STUDY, criteria=(*STUDY.criteria, later, replace(later, id="I4"), replace(later, id="I5")))
    strict = Desk(desk.store, catalog(study), CardPolicy(usual=Shown(Show.CANDIDATE)))
    assert summaries(strict.views()) == [
        "May fit A demonstration: 3 of 7 criteria fit, a virus test not recorded, 2 more open, 1 to be judged"
    ]


@pytest.mark.parametrize(
    ("roles", "came", "speaks"),
    [
        ({NURSE: Show.NEVER}, role("nurse"), False),
        ({NURSE: Show.NEVER}, role("chief"), True),
        ({NURSE: Show.NEVER}, role(), True),
        ({NURSE: Show.NEVER}, None, True),
        ({NURSE: Show.NEVER}, "x", True),
        ({NURSE: Show.NEVER, CHIEF: Show.NEARLY}, role("nurse", "chief"), True),
        ({NURSE: Show.NEVER, CHIEF: Show.CANDIDATE}, role("nurse", "chief"), False),
        ({CHIEF: Show.CANDIDATE}, role("chief"), False),
        ({CHIEF: Show.NEARLY}, page(role("chief")), True),
        ({NURSE: Show.NEVER}, page(role("nurse")), False),
    ],
)
def test_what_a_role_sees(desk: Desk, roles: dict[str, Show], came: object, speaks: bool) -> None:
    """One criterion is unknown: shown to whom it is shown when nearly."""
    nearly = unclear(desk.under(roles=roles), 1)
    for key in ("userRole", "userRoles"):
        body = request(prefetch={**prefetched(nearly.tenant, CHART), key: came})
        assert bool(nearly.answers(body).cards) is speaks


def test_the_quieter_of_role_and_study_counts(desk: Desk) -> None:
    policy = CardPolicy(studies={"demo": Shown(Show.NEVER)}, roles={CHIEF: Show.NEARLY})
    quiet = Desk(desk.store, policy=policy)
    assert quiet.answers(request(prefetch={**prefetched(quiet.tenant, CHART), "userRole": role("chief")})).cards == ()


# ---------------------------------------------------------------------------------------------------- merged records
NOW_P = patient(link=[{"other": {"reference": "Patient/old"}, "type": "replaces"}])
WAS_OLD = patient("old", link=[{"other": {"reference": "Patient/p"}, "type": "replaced-by"}])


def both_records(desk: Desk, server: FhirServer) -> tuple[Any, ...]:
    """The chart as it was under the old number, and under the new one."""
    server.seed(WAS_OLD, NOW_P)
    before = desk.with_access(server)
    old = before.views(patient("old"), haemoglobin(of="old"), encounter(of="old"), of="old")
    return before, old, lambda: before.views(NOW_P, *CHART[1:], **lent_by(server)).cards


def test_who_refused_under_a_number_that_was_replaced_is_not_spoken_of(desk: Desk, server: FhirServer) -> None:
    before, old, again = both_records(desk, server)
    assert len(again()) == 1
    before.responds(old.cards[0].uuid, reason="patient-refuses")
    assert again() == ()


@pytest.mark.parametrize("state", ["withdrawn", "declined", "on-study"])
def test_who_was_decided_on_under_such_a_number_is_not_spoken_of(desk: Desk, server: FhirServer, state: str) -> None:
    before, _, again = both_records(desk, server)
    before.decided(state, of="old")
    assert again() == ()


def test_what_was_taken_back_under_such_a_number_is_taken_back(desk: Desk, server: FhirServer) -> None:
    """So nobody can tell by the one number alone that there is nothing to say, where there may be another."""
    before, _, again = both_records(desk, server)
    for of, status in (("p", "declined"), ("old", None)):
        content = {"status": status}
        decisions.add(before.store, Decision("north", STUDY.id, of, Kind.STATUS, None, content, None, "anna", NOON))
    assert len(again()) == 1
    assert desk.views().cards == (), "this Patient names no other"
