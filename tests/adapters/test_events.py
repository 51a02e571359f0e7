"""Allergies, adverse events, procedures, immunizations, encounters, consents."""

from datetime import date

import pytest

from service.eligibility.dates import ALWAYS, ANY_DAY, FOREVER, Days, Span
from service.eligibility.facts import Certainty
from service.eligibility.terms import Coding
from tests.adapters.examples import coded, fact, make, quantity, read

NO_END = Days.on(FOREVER)


def day(text: str) -> Days:
    return Days.on(date.fromisoformat(text))


# --- allergies


@pytest.mark.parametrize(
    ("status", "certainty"),
    [
        ("confirmed", Certainty.SURE),
        ("unconfirmed", Certainty.POSSIBLE),
        ("presumed", Certainty.POSSIBLE),
        ("refuted", Certainty.DENIED),
    ],
)
def test_allergy_verification(status: str, certainty: Certainty) -> None:
    assert fact("AllergyIntolerance", verificationStatus=coded(status)).certainty is certainty


@pytest.mark.parametrize(("status", "history"), [("active", False), ("inactive", True), ("resolved", True)])
def test_a_resolved_allergy_is_history(status: str, history: bool) -> None:
    assert fact("AllergyIntolerance", clinicalStatus=coded(status)).history is history


def test_an_allergy_holds_code_and_substances() -> None:
    found = fact("AllergyIntolerance")
    assert {each.code for each in found.concept.codings} == {"387560006", "1"}
    assert found.recorded == day("2019-02-03")
    assert fact("AllergyIntolerance", recordedDate=None).recorded == ANY_DAY


BEGUN: list[tuple[dict[str, object], tuple[str, str]]] = [
    ({"recordedDate": None}, ("0001-01-01", "9999-12-31")),
    ({"recordedDate": "2024-03-01"}, ("0001-01-01", "2024-03-01")),
    ({"recordedDate": "2024-03-01", "onsetDateTime": "2020"}, ("2020-01-01", "2020-12-31")),
    ({"recordedDate": "2024-03-01", "onsetDateTime": "2024"}, ("2024-01-01", "2024-03-01")),
    ({"recordedDate": "2024-03-01", "onsetString": "as a child"}, ("0001-01-01", "2024-03-01")),
    ({"recordedDate": "2024-03-01", "lastOccurrence": "2021-05-05"}, ("0001-01-01", "2021-05-05")),
    ({"recordedDate": None, "reaction": [{"onset": "2021-05-05"}]}, ("0001-01-01", "2021-05-05")),
    ({"recordedDate": "2024-03-01", "onsetDateTime": "2024-05-01"}, ("2024-03-01", "2024-05-01")),
]


@pytest.mark.parametrize(("said", "begun"), BEGUN)
def test_an_allergy_has_begun_by_the_day_on_which_it_showed_or_was_recorded(
    said: dict[str, object], begun: tuple[str, str]
) -> None:
    found = fact("AllergyIntolerance", **said).begun
    assert (found.earliest.isoformat(), found.latest.isoformat()) == begun


def test_a_resolved_allergy_was_over_by_its_last_update() -> None:
    said = {"onsetDateTime": "2020-01-01", "recordedDate": None, "clinicalStatus": coded("resolved")}
    found = fact("AllergyIntolerance", **said, meta={"lastUpdated": "2025-01-01T00:00:00Z"}).ended
    assert (found.earliest.isoformat(), found.latest.isoformat()) == ("2020-01-01", "2025-01-01")


@pytest.mark.parametrize(
    "said", [{"onsetDateTime": "2024-02-31"}, {"lastOccurrence": 5}, {"reaction": [{"onset": "x"}]}]
)
def test_an_allergy_with_a_day_that_is_none_is_unreadable(said: dict[str, object]) -> None:
    assert read("AllergyIntolerance", **said).unreadable


def test_an_allergy_with_an_illegible_substance_could_be_any() -> None:
    (bad,) = read("AllergyIntolerance", reaction=[{"substance": "sirolimus"}]).unreadable
    assert bad.concept is None


# --- adverse events


def test_adverse_event_of_r4() -> None:
    found = fact("AdverseEvent")
    assert (found.when, found.serious, found.certainty) == (day("2022-03-04"), True, Certainty.SURE)
    assert found.suspects[0].codings == (Coding("rxnorm", "35302"),) and found.suspects[0].texts == ("Rapamune",)


def test_adverse_event_of_r5() -> None:
    found = fact(
        "AdverseEvent",
        event=None,
        date=None,
        code=coded("39579001"),
        status="completed",
        occurrenceDateTime="2022-03",
        suspectEntity=[{"instanceCodeableConcept": coded("35302", "rxnorm")}],
        seriousness=coded("non-serious"),
    )
    assert (found.concept.codings[0].code, found.serious) == ("39579001", False)
    assert found.when == Days(date(2022, 3, 1), date(2022, 3, 31)) and found.suspects[0].codings[0].code == "35302"


@pytest.mark.parametrize(
    ("changes", "certainty"),
    [
        ({"actuality": "potential"}, None),
        ({"actuality": None}, Certainty.POSSIBLE),
        ({"status": "unknown"}, Certainty.POSSIBLE),
        ({"status": "entered-in-error"}, None),
    ],
    ids=repr,
)
def test_adverse_event_status(changes: dict[str, object], certainty: Certainty | None) -> None:
    assert [each.certainty for each in read("AdverseEvent", **changes).facts] == ([certainty] if certainty else [])


def test_an_undated_adverse_event_happened_before_it_was_recorded() -> None:
    assert fact("AdverseEvent", date=None, recordedDate="2022-05-01").when == Days(ALWAYS, date(2022, 5, 1))
    assert fact("AdverseEvent", date=None, seriousness=None).serious is None


def test_a_suspect_that_is_not_at_hand_is_known_by_its_name_only() -> None:
    (suspect,) = fact(
        "AdverseEvent", suspectEntity=[{"instance": {"reference": "Medication/9", "display": "A"}}]
    ).suspects
    assert (suspect.codings, suspect.texts) == ((), ("A",))


def found_causal(code: str) -> dict[str, object]:
    system = "http://terminology.hl7.org/CodeSystem/adverse-event-causality-assess"
    return {"assessment": coded(code, system)}


@pytest.mark.parametrize(
    ("causality", "suspected", "doubted"),
    [
        pytest.param(None, 1, 0, id="not assessed"),
        pytest.param([found_causal("Certain")], 1, 0, id="certain"),
        pytest.param([found_causal("Probably-Likely")], 1, 0, id="probable"),
        pytest.param([found_causal("Unlikely")], 0, 1, id="unlikely"),
        pytest.param([found_causal("Unassessable-Unclassifiable")], 0, 1, id="nobody can tell"),
        pytest.param([found_causal("Certain"), found_causal("Unlikely")], 0, 1, id="two opinions"),
        pytest.param([{"productRelatedness": "Unrelated"}], 0, 0, id="unrelated, in words"),
        pytest.param([{"assessment": {"text": "not related"}}], 0, 0, id="not related, as text"),
        pytest.param([{"productRelatedness": "who knows"}], 0, 1, id="other words"),
        pytest.param({"entityRelatedness": coded("Not-Related")}, 0, 0, id="R5: not related"),
    ],
)
def test_what_was_found_of_a_suspect(causality: object, suspected: int, doubted: int) -> None:
    entity = {"instance": {"reference": "#drug", "display": "Rapamune"}, "causality": causality}
    found = fact("AdverseEvent", suspectEntity=[{name: each for name, each in entity.items() if each is not None}])
    assert (len(found.suspects), len(found.doubted)) == (suspected, doubted)


# --- procedures and immunizations


@pytest.mark.parametrize(
    ("status", "certainty"),
    [
        ("completed", Certainty.SURE),
        ("not-done", Certainty.DENIED),
        ("in-progress", Certainty.POSSIBLE),
        ("stopped", Certainty.POSSIBLE),
        ("unknown", Certainty.POSSIBLE),
        (None, Certainty.POSSIBLE),
        ("preparation", None),
    ],
)
def test_procedure_status(status: str | None, certainty: Certainty | None) -> None:
    assert [each.certainty for each in read("Procedure", status=status).facts] == ([certainty] if certainty else [])


@pytest.mark.parametrize(
    ("timing", "span"),
    [
        ({"performedPeriod": {"start": "2020-01-01", "end": "2020-01-02"}}, Span(day("2020-01-01"), day("2020-01-02"))),
        ({"performedDateTime": "2020"}, Span.on(Days(date(2020, 1, 1), date(2020, 12, 31)))),
        ({"occurrenceDateTime": "2020-01-01"}, Span.on(day("2020-01-01"))),
        ({"occurrencePeriod": {"start": "2020-01-01"}}, Span(day("2020-01-01"), Days(date(2020, 1, 1), FOREVER))),
        ({"performedString": "as a child"}, Span.on(ANY_DAY)),
        ({"performedAge": quantity(5, "a")}, Span.on(ANY_DAY)),
        ({}, Span.on(ANY_DAY)),
    ],
    ids=repr,
)
def test_procedure_timing(timing: dict[str, object], span: Span) -> None:
    assert fact("Procedure", **{"performedPeriod": None, **timing}).span == span


@pytest.mark.parametrize(
    ("changes", "certainty"),
    [
        ({}, Certainty.SURE),
        ({"status": "not-done"}, Certainty.DENIED),
        ({"isSubpotent": True}, Certainty.POSSIBLE),
        ({"status": "made-up"}, Certainty.POSSIBLE),
    ],
    ids=repr,
)
def test_immunization(changes: dict[str, object], certainty: Certainty) -> None:
    found = fact("Immunization", **changes)
    assert (found.certainty, found.when) == (certainty, day("2021-04-05"))
    assert fact("Immunization", occurrenceDateTime=None, occurrenceString="last year").when == ANY_DAY


# --- encounters


def test_encounter_of_r4_and_r5() -> None:
    r4 = read("Encounter")
    r5 = read(
        "Encounter",
        status="completed",
        **{"class": [coded("AMB", "http://terminology.hl7.org/CodeSystem/v3-ActCode")]},
        period=None,
        actualPeriod=make("Encounter")["period"],
        reason=[{"value": [{"concept": coded("49601007")}]}],
    )
    assert r4.facts[0].span == r5.facts[0].span == Span(day("2024-05-03"), day("2024-05-05"))
    assert r4.contacts == r5.contacts == (date(2024, 5, 3), date(2024, 5, 5))
    assert {each.code for each in r4.facts[0].concept.codings} == {"AMB", "11429006"}
    assert "49601007" in {each.code for each in r5.facts[0].concept.codings}


@pytest.mark.parametrize("status", ["planned", "cancelled", "entered-in-error"])
def test_an_encounter_that_was_not_held_is_no_contact(status: str) -> None:
    adapted = read("Encounter", status=status)
    assert (adapted.facts, adapted.contacts, adapted.unreadable) == ((), (), ())


def test_an_open_encounter_goes_on_a_finished_one_without_an_end_does_not() -> None:
    period = {"start": "2024-05-03"}
    assert fact("Encounter", status="in-progress", period=period).span.end == NO_END
    assert fact("Encounter", period=period, meta={"lastUpdated": "2024-05-09T00:00:00Z"}).span.end == Days(
        date(2024, 5, 3), date(2024, 5, 9)
    )
    assert read("Encounter", status="unknown").contacts == ()


# --- consents

STUDY_CONTEXT = "http://hl7.org/fhir/StructureDefinition/consent-ResearchStudyContext"
OF_ONE_STUDY = {"extension": [{"url": STUDY_CONTEXT, "valueReference": {"reference": "ResearchStudy/other"}}]}
RESEARCH = {"purpose": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HRESCH"}]}


@pytest.mark.parametrize(
    ("changes", "permits"),
    [
        pytest.param({}, False, id="deny"),
        pytest.param({"provision": {"type": "permit", "period": {"start": "2023"}}}, True, id="permit"),
        pytest.param({"provision": {"type": "deny", "purpose": [{"code": "HRESCH"}]}}, False, id="deny for research"),
        pytest.param(
            {"provision": {"type": "deny", "purpose": [{"code": "TREAT"}]}}, None, id="deny for something else"
        ),
        pytest.param({"provision": {"type": "deny", "provision": [{"type": "permit"}]}}, None, id="with an exception"),
        pytest.param({"provision": {"type": "permit", "actor": [{}]}}, None, id="for somebody"),
        pytest.param({"provision": {}}, None, id="no type"),
        pytest.param({"provision": None}, None, id="no provision"),
        pytest.param({"provision": None, "policyRule": coded("OPTOUT")}, False, id="opted out"),
        pytest.param({"provision": None, "decision": "deny"}, False, id="R5 deny"),
        pytest.param({"provision": None, "decision": "permit"}, True, id="R5 permit"),
        pytest.param({"provision": [{"period": {}}], "decision": "permit"}, None, id="R5 with an exception"),
        pytest.param({"provision": [RESEARCH], "decision": "permit"}, False, id="R5 anything but research"),
        pytest.param({"provision": [RESEARCH], "decision": "deny"}, None, id="R5 nothing but research"),
        pytest.param(
            {"provision": [{**RESEARCH, "actor": [{}]}], "decision": "permit"}, None, id="R5 but research by somebody"
        ),
        pytest.param(
            {"provision": {"type": "permit", "provision": [{"type": "deny", **RESEARCH}]}}, False, id="but research"
        ),
        pytest.param(
            {"provision": {"type": "deny", "provision": [{"type": "permit", **RESEARCH}]}}, None, id="only research"
        ),
        pytest.param(OF_ONE_STUDY, None, id="deny for one study"),
        pytest.param({**OF_ONE_STUDY, "provision": {"type": "permit"}}, None, id="permit for one study"),
        pytest.param({"verification": [{"verified": False}]}, False, id="deny, not confirmed"),
        pytest.param(
            {"provision": {"type": "permit"}, "verification": [{"verified": False}]}, None, id="permit, not confirmed"
        ),
        pytest.param(
            {"provision": {"type": "permit"}, "verification": [{"verified": False}, {"verified": True}]},
            True,
            id="permit, confirmed later",
        ),
        pytest.param({"status": "inactive"}, None, id="no longer in force"),
        pytest.param({"status": "rejected"}, None, id="rejected"),
    ],
)
def test_consent_decision(changes: dict[str, object], permits: bool | None) -> None:
    assert fact("Consent", subject=None, **changes).permits is permits


def test_a_refusal_of_research_by_exception_is_known_by_its_purpose() -> None:
    privacy = coded("patient-privacy", "http://terminology.hl7.org/CodeSystem/consentscope")
    nested = {"type": "permit", "provision": [{"type": "deny", **RESEARCH}]}
    assert "HRESCH" in {each.code for each in fact("Consent", scope=privacy, provision=nested).concept.codings}


def test_consent_times_and_drafts() -> None:
    assert fact("Consent").span == Span(day("2023-01-02"), NO_END)
    until = {"type": "permit", "period": {"end": "2024-01-01"}}
    assert fact("Consent", provision=until).span == Span(day("2023-01-02"), day("2024-01-01"))
    assert fact("Consent", dateTime=None, date="2023-01-03").span.start == day("2023-01-03")
    for status in ("draft", "proposed", "not-done", "entered-in-error"):
        assert read("Consent", status=status).facts == ()
    assert "research" in {each.code for each in fact("Consent").concept.codings}
