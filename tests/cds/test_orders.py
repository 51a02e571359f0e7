"""Orders that are about to be made: a warning for whom they would keep out of a study, and until when. STANDARDS 1.22,
1.23 and 1.26.

The studies and drugs are those that are shipped. E2a of the study of sirolimus forbids more than 10 mg of prednisone a
day within the three months before the screening date.
"""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from service.errors import MalformedContent
from service.fhir.cds.call import Hook, read_call
from service.screening.cds.orders import answer_orders
from service.screening.cds.policy import Show, Shown
from tests.cds.schemas import RESPONSE, empties, violations
from tests.cds.test_calls import JSON
from tests.cds.world import EHR, NOON, Desk, Json, Sample, lent_by, outcome, prefetched, request, summaries
from tests.fhir_server import FhirServer
from tests.working.world import DAY, shipped

STUDY = "igg4-rd-sirolimus"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
TABLET = {"coding": [{"system": RXNORM, "code": "312615", "display": "prednisone 20 MG Oral Tablet"}]}
WARNING = "This order would keep the patient out of SIROLIMUS-IgG4RD until 2026-10-14 (E2a: 40 mg/day)"


def prednisone(mg: float = 40, start: str = "2026-06-30", end: str = "2026-07-13", **more: Any) -> Json:
    """A draft of prednisone: so much each day, for these days."""
    timing = {"repeat": {"boundsPeriod": {"start": start, "end": end}, "frequency": 1, "period": 1, "periodUnit": "d"}}
    dose = {"value": mg, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
    return {
        "resourceType": "MedicationRequest",
        "id": "draft",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p"},
        "medicationCodeableConcept": TABLET,
        "dosageInstruction": [{"timing": timing, "doseAndRate": [{"doseQuantity": dose}]}],
        **more,
    }


def without(order: Json, *names: str) -> Json:
    return {name: value for name, value in order.items() if name not in names}


def said(text: str) -> Json:
    """A draft whose dose stands in words alone."""
    return prednisone(dosageInstruction=[{"text": text}])


@pytest.fixture
def chart(sample: Sample) -> tuple[Json, ...]:
    """Somebody of the invented population who may fit, as the patient p."""
    return moved(sample.charts["sample-0031"], "sample-0031")


def moved(chart: tuple[Json, ...], owner: str, to: str = "p") -> tuple[Json, ...]:
    return tuple(json.loads(json.dumps(each).replace(owner, to)) for each in chart)


@pytest.fixture
def ward(desk: Desk) -> Desk:
    """All that is shipped."""
    return Desk(desk.store, shipped())


def test_the_patient_may_fit(ward: Desk, chart: tuple[Json, ...]) -> None:
    """Without this, nothing below would warn."""
    assert summaries(ward.views(*chart)) == ["May fit SIROLIMUS-IgG4RD: 15 of 20 criteria fit, 5 to be judged"]


@pytest.mark.parametrize("hook", [Hook.ORDER_SIGN, Hook.ORDER_SELECT])
def test_an_order_that_keeps_somebody_out_is_warned_of(ward: Desk, chart: tuple[Json, ...], hook: Hook) -> None:
    """The last dose is on July 13. Three months later, on October 13, it still counts; from October 14 it does not."""
    answer = ward.orders(prednisone(), chart=chart, hook=hook, context_selections=["MedicationRequest/draft"])
    assert summaries(answer) == [WARNING]
    (card,) = answer.cards
    assert card.indicator == "warning"
    assert "40 mg x 1/day = 40 mg/day" in card.detail
    assert card.detail.endswith("By time alone it would end on 2026-10-14.")
    assert violations(RESPONSE, answer.as_json()) == [] and empties(answer.as_json()) == []
    assert "eligib" not in (card.summary + card.detail).lower()


ELSEWHERE = ("https://elsewhere.example/fhir/Patient/p", f"{EHR}/partition-b/Patient/p", "x/y/Patient/p")


@pytest.mark.parametrize("subject", ELSEWHERE)
def test_3_51_an_order_for_somebody_elsewhere_is_none_for_this_patient(
    ward: Desk, chart: tuple[Json, ...], subject: str
) -> None:
    assert ward.orders(prednisone(subject={"reference": subject}), chart=chart).cards == ()
    absolute = prednisone(subject={"reference": f"{EHR}/Patient/p"})
    assert summaries(ward.orders(absolute, chart=chart)) == [WARNING]


WARNED: dict[str, tuple[Json, str]] = {
    "40 mg": (prednisone(), "2026-10-14"),
    "15 mg": (prednisone(15), "2026-10-14"),
    "for one day": (prednisone(end="2026-06-30"), "2026-10-01"),
    "later, as written now": (prednisone(start="2026-07-20", end="2026-08-02", authoredOn="2026-06-30"), "2026-11-03"),
    "later": (prednisone(start="2026-07-20", end="2026-08-02"), "2026-11-03"),
    "nothing but drug and dose": (without(prednisone(), "subject", "status", "intent", "id"), "2026-10-14"),
    "no id": (without(prednisone(), "id"), "2026-10-14"),
    "a proposal": (prednisone(intent="proposal"), "2026-10-14"),
    "active, as it is signed again": (prednisone(status="active"), "2026-10-14"),
    "in words alone": (said("prednisone 40 mg once daily for 14 days"), "2026-10-14"),
    "a contained drug": (
        {
            **without(prednisone(), "medicationCodeableConcept"),
            "contained": [{"resourceType": "Medication", "id": "m", "code": TABLET}],
            "medicationReference": {"reference": "#m"},
        },
        "2026-10-14",
    ),
}


@pytest.mark.parametrize(("draft", "until"), WARNED.values(), ids=WARNED)
def test_until_when(ward: Desk, chart: tuple[Json, ...], draft: Json, until: str) -> None:
    (summary,) = summaries(ward.orders(draft, chart=chart))
    assert summary.startswith(f"This order would keep the patient out of SIROLIMUS-IgG4RD until {until} (E2a: ")


def test_an_order_without_an_end_has_no_date(ward: Desk, chart: tuple[Json, ...]) -> None:
    endless = prednisone()
    del endless["dosageInstruction"][0]["timing"]["repeat"]["boundsPeriod"]
    (summary,) = summaries(ward.orders(endless, chart=chart))
    assert "for as long as it lasts, or longer" in summary


SILENT: dict[str, Json] = {
    "5 mg": prednisone(5),
    "exactly 10 mg": prednisone(10),
    "of another patient": prednisone(subject={"reference": "Patient/somebody-else"}),
    "of another drug": prednisone(medicationCodeableConcept={"coding": [{"system": RXNORM, "code": "314231"}]}),
    "a drug that nobody knows": prednisone(medicationCodeableConcept={"text": "something"}),
    "no drug": without(prednisone(), "medicationCodeableConcept"),
    "a drug that lies elsewhere": {
        **without(prednisone(), "medicationCodeableConcept"),
        "medicationReference": {"reference": "Medication/elsewhere"},
    },
    "a dose in words that nobody understands": said("as discussed"),
    "no dose": without(prednisone(), "dosageInstruction"),
    "not to be given": prednisone(doNotPerform=True),
    "stopped": prednisone(status="stopped"),
    "cancelled": prednisone(status="cancelled"),
    "entered in error": prednisone(status="entered-in-error"),
    "a status that is a list": prednisone(status=["draft"]),
    "a status that is an object": prednisone(status={"value": "draft"}),
    "an instruction that is a text": prednisone(dosageInstruction="40 mg"),
    "a modifier that nobody knows": prednisone(modifierExtension=[{"url": "http://x", "valueBoolean": True}]),
    "no drug order": {"resourceType": "ServiceRequest", "id": "draft", "status": "draft", "subject": {}},
}


@pytest.mark.parametrize("draft", SILENT.values(), ids=SILENT)
def test_nothing_is_claimed(ward: Desk, chart: tuple[Json, ...], draft: Json) -> None:
    assert ward.orders(draft, chart=chart).as_json() == {"cards": []}


def test_one_draft_that_cannot_be_read_does_not_hide_another(ward: Desk, chart: tuple[Json, ...]) -> None:
    for name, broken in SILENT.items():
        if name in ("5 mg", "exactly 10 mg"):
            continue  # these add to the other
        (summary,) = summaries(ward.orders({**broken, "id": "other"}, prednisone(), chart=chart))
        assert summary.startswith("This order would keep the patient out of") and "40 mg/day" in summary


def test_a_drug_in_the_same_bundle_is_found(ward: Desk, chart: tuple[Json, ...]) -> None:
    referring = without(prednisone(), "medicationCodeableConcept") | {
        "medicationReference": {"reference": "Medication/m"}
    }
    medication = {"resourceType": "Medication", "id": "m", "code": TABLET}
    assert summaries(ward.orders(referring, medication, chart=chart)) == [WARNING]


@pytest.mark.parametrize("written", ["Medication/m", "BASE/Medication/m"])
def test_a_drug_that_lies_on_the_ehr_is_asked_for(
    ward: Desk, chart: tuple[Json, ...], server: FhirServer, written: str
) -> None:
    server.seed({"resourceType": "Medication", "id": "m", "code": TABLET})
    reference = {"reference": written.replace("BASE", server.base)}
    referring = {**without(prednisone(), "medicationCodeableConcept"), "medicationReference": reference}
    assert ward.orders(referring, chart=chart, **lent_by(server)).cards == ()
    assert summaries(ward.with_access(server).orders(referring, chart=chart, **lent_by(server))) == [WARNING]
    server.remove("Medication", "m")
    assert ward.with_access(server).orders(referring, chart=chart, **lent_by(server)).cards == ()


@pytest.mark.parametrize(
    ("selections", "warned"),
    [
        (["MedicationRequest/draft"], True),
        (["https://ehr.example/fhir/MedicationRequest/draft"], True),
        (["MedicationRequest/other", "MedicationRequest/draft"], True),
        (["MedicationRequest/other"], False),
        (["ServiceRequest/draft"], False),
        ([], False),
        (["draft", "", "/"], False),
    ],
)
def test_1_22_only_what_was_selected_counts(
    ward: Desk, chart: tuple[Json, ...], selections: list[str], warned: bool
) -> None:
    answer = ward.orders(prednisone(), chart=chart, hook=Hook.ORDER_SELECT, context_selections=selections)
    assert bool(answer.cards) is warned
    assert ward.orders(prednisone(), chart=chart, context_selections=selections).cards  # when signing, all do


# ------------------------------------------------------------------------------------------------- whom it is about
def test_who_is_kept_out_anyhow_is_not_warned_about(ward: Desk, chart: tuple[Json, ...]) -> None:
    on_record = {**prednisone(30, start="2026-05-01", end="2026-05-20"), "id": "old", "status": "completed"}
    assert ward.orders(prednisone(), chart=(*chart, on_record)).cards == ()


def test_for_whom_nothing_speaks_nobody_is_warned(ward: Desk, chart: tuple[Json, ...]) -> None:
    ill = [each for each in chart if each["resourceType"] not in ("Condition", "Observation")]
    assert ward.orders(prednisone(), chart=tuple(ill)).cards == ()


def test_nobody_is_warned_of_a_study_that_is_not_to_be_spoken_of(ward: Desk, chart: tuple[Json, ...]) -> None:
    for policy in ({"usual": Shown(Show.NEVER)}, {"studies": {STUDY: Shown(Show.NEVER)}}):
        assert ward.under(**policy).orders(prednisone(), chart=chart).cards == ()
    assert ward.under(usual=Shown(Show.CANDIDATE)).orders(prednisone(), chart=chart).cards != ()


def test_who_is_far_from_fitting_is_not_warned_about(ward: Desk, chart: tuple[Json, ...]) -> None:
    """Conditions were not read, so many criteria are open: too many, unless a person has put the patient on the way."""
    came = {**prefetched(ward.tenant, chart), "allergyIntolerance": outcome(), "adverseEvent": outcome()}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": prednisone()}]}
    body = request(Hook.ORDER_SIGN, prefetch=came, context_draftOrders=bundle)
    strict = ward.under(usual=Shown(Show.CANDIDATE))
    assert strict.answers(body).cards == ()
    strict.decided("screening", study=STUDY)
    assert summaries(strict.answers(body)) == [WARNING]


@pytest.mark.parametrize(
    ("state", "warned"),
    [
        *((each, True) for each in ("screening", "candidate", "eligible", "on-study", "on-study-intervention")),
        *((each, False) for each in ("ineligible", "withdrawn", "off-study", "not-registered")),
    ],
)
def test_what_people_decided_counts(ward: Desk, chart: tuple[Json, ...], state: str, warned: bool) -> None:
    ward.decided(state, study=STUDY)
    assert bool(ward.orders(prednisone(), chart=chart).cards) is warned
    assert ward.views(*chart).cards == ()


def test_beside_a_study_that_forbids_another_nobody_is_warned(ward: Desk, chart: tuple[Json, ...]) -> None:
    content = shipped()
    alone = replace(content.studies[STUDY], co_enrolment="forbidden")
    strict = Desk(ward.store, replace(content, studies={**content.studies, STUDY: alone}))
    strict.decided("on-study", study="heart-failure-reduced-ef")
    assert strict.orders(prednisone(), chart=chart).cards == ()
    strict.decided("screening", study=STUDY)
    assert strict.orders(prednisone(), chart=chart).cards != ()


def test_a_warning_that_was_answered_is_not_repeated(ward: Desk, chart: tuple[Json, ...]) -> None:
    week = ward.under(after_response=timedelta(days=7))
    (card,) = week.orders(prednisone(), chart=chart).cards
    assert week.orders(prednisone(), chart=chart).cards != ()
    week.responds(card.uuid)
    assert week.orders(prednisone(), chart=chart).cards == ()
    assert week.views(*chart).cards != ()  # that was about the order alone
    week.responds(week.views(*chart).cards[0].uuid, reason="patient-refuses")
    later = prednisone(start="2026-08-01", end="2026-08-10")
    assert week.orders(later, chart=chart, now=NOON + 30 * DAY).cards == ()


def test_1_23_an_order_that_is_signed_again_takes_the_place_of_what_it_was(ward: Desk, chart: tuple[Json, ...]) -> None:
    """8 mg on record, signed again with 9 mg: that is 9 mg a day, not 17."""
    before = {**prednisone(8, start="2026-06-01"), "status": "active"}
    again = {**prednisone(9, start="2026-06-01"), "status": "active"}
    assert ward.orders(again, chart=(*chart, before)).cards == ()
    assert ward.orders({**again, "id": "another"}, chart=(*chart, before)).cards != ()


def test_1_26_an_order_is_kept_nowhere_and_taken_for_nothing(ward: Desk, chart: tuple[Json, ...]) -> None:
    assert ward.orders(prednisone(), chart=chart).cards != ()
    assert ward.views(*chart).cards != ()  # still no drug that was taken
    with ward.store.engine.connect() as connection:
        kept = "\n".join(connection.connection.iterdump())  # type: ignore[attr-defined]
    assert "prednisone" not in kept and "312615" not in kept and "draft" not in kept


def test_what_is_no_json_within_is_refused(ward: Desk) -> None:
    """A lone half of a letter, and lists without end."""
    body = json.dumps(request(Hook.ORDER_SIGN, context_draftOrders={"entry": "HERE"}))
    for wrong in ('"\\ud800"', "[" * 1200 + "]" * 1200):
        with pytest.raises(MalformedContent):
            answer_orders(ward.counter, read_call(body.replace('"HERE"', wrong).encode(), (Hook.ORDER_SIGN,)), NOON)


def test_of_two_drafts_with_one_id_both_count(ward: Desk, chart: tuple[Json, ...]) -> None:
    """Whichever comes last: nobody knows which of them will be signed."""
    harmless = prednisone(1)
    for drafts in ((prednisone(), harmless), (harmless, prednisone())):
        (card,) = ward.orders(*drafts, chart=chart).cards
        assert card.summary.startswith("This order would keep the patient out of SIROLIMUS-IgG4RD until 2026-10-14")
    assert ward.orders(harmless, harmless, chart=chart).cards == ()
    assert summaries(ward.orders(prednisone(), prednisone(), chart=chart)) == [WARNING]  # the same order, sent twice
    assert ward.orders(prednisone(6), prednisone(6), chart=chart).cards == ()


PLACES = [
    "status",
    "intent",
    "id",
    "subject",
    "medicationCodeableConcept",
    "dosageInstruction",
    "authoredOn",
    "contained",
]


@given(st.sampled_from(PLACES), JSON)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_whatever_stands_in_a_draft_there_is_an_answer(
    ward: Desk, chart: tuple[Json, ...], place: str, value: object
) -> None:
    answer = ward.orders(prednisone(**{place: value}), chart=chart)
    assert violations(RESPONSE, answer.as_json()) == []


def test_a_refusal_under_a_number_that_was_replaced_counts(
    ward: Desk, chart: tuple[Json, ...], server: FhirServer
) -> None:
    other = {"other": {"reference": "Patient/old"}, "type": "replaces"}
    now = tuple({**each, "link": [other]} if each["resourceType"] == "Patient" else each for each in chart)
    before = tuple(json.loads(json.dumps(each).replace("Patient/p", "Patient/old")) for each in chart)
    was = tuple({**each, "id": "old"} if each["resourceType"] == "Patient" else each for each in before)
    link = {"other": {"reference": "Patient/p"}, "type": "replaced-by"}
    gone = next({**each, "link": [link]} for each in was if each["resourceType"] == "Patient")
    server.seed(gone, *(each for each in now if each["resourceType"] == "Patient"))
    (card,) = ward.views(*was, of="old").cards
    asking = ward.with_access(server)
    assert len(asking.orders(prednisone(), chart=now, **lent_by(server)).cards) == 1
    asking.responds(card.uuid, reason="patient-refuses")
    assert asking.orders(prednisone(), chart=now, **lent_by(server)).cards == ()
