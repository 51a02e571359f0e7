"""Who may decide what, what cannot be meant, and what nobody loses."""

from typing import Any

import pytest

from service.errors import Forbidden, Outpaced, UsageError
from service.screening.access import BasisKind, Role
from service.screening.decisions.given import Given
from service.screening.decisions.kinds import CONTACTS, Kind, PersonStatus
from service.screening.decisions.make import NOT_APPROVED, UNKNOWN_CLINICIAN, approve, decide
from service.store import audit
from service.store.engine import Store
from tests.databases import ON_BOTH
from tests.fhir_server import FhirServer
from tests.pages.decisions.world import CHIEF, NOON, NURSE, Ward, asking_first, viewer, ward
from tests.screening.world import STUDY, cancer

COORDINATOR, INVESTIGATOR = viewer(NURSE), viewer(CHIEF)
E2 = {"about": "E2", "outcome": "not_met", "was": "unknown"}
OVERRULED = {"about": "I2", "outcome": "not_met", "was": "met", "reason": "another person's blood"}
# kind, what is given, may a coordinator, may they while research is only prepared
TABLE: tuple[tuple[Kind, dict[str, Any], bool, bool], ...] = (
    (Kind.STATUS, {"status": "screening"}, True, True),
    (Kind.STATUS, {"status": "eligible"}, True, True),
    (Kind.STATUS, {"status": "ineligible"}, True, True),
    *((Kind.STATUS, {"status": each.value}, True, False) for each in sorted(CONTACTS)),
    (Kind.STATUS, {"status": None}, True, True),
    (Kind.ANSWER, E2, True, True),
    (Kind.OVERRIDE, OVERRULED, False, False),
    (Kind.SILENCE, {"why": "declined", "until": None, "reason": "he said so"}, True, True),
    (Kind.CLAIM, {"claimed": True}, True, True),
    (Kind.SNOOZE, {"until": "2026-07-01"}, True, True),
    (Kind.APPROVAL, {"approved": True}, False, False),
    (Kind.NOTE, {"reason": "call her daughter"}, True, True),
)


@pytest.mark.parametrize(("kind", "given", "coordinator", "preparing"), TABLE)
def test_who_may_decide_what(desk: Ward, kind: Kind, given: dict[str, Any], coordinator: bool, preparing: bool) -> None:
    for nobody in (viewer(Role.VIEWER), viewer(Role.ADMIN), viewer(), viewer(NURSE, CHIEF, study="another")):
        with pytest.raises(Forbidden):
            desk.decide(kind, by=nobody, **given)
    assert desk.all() == ()
    if coordinator:
        assert desk.decide(kind, by=COORDINATOR, **given)
    else:
        with pytest.raises(Forbidden):
            desk.decide(kind, by=COORDINATOR, **given)
    assert desk.decide(kind, by=INVESTIGATOR, **given)
    desk.approve(BasisKind.PREPARATORY)
    if preparing:
        assert desk.decide(kind, by=COORDINATOR, **given)
    elif given.get("status") in CONTACTS:
        with pytest.raises(Forbidden, match="preparatory-only"):
            desk.decide(kind, by=COORDINATOR, **given)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (Kind.STATUS, {"status": "cured"}),
        (Kind.STATUS, {"status": "candidate"}),
        (Kind.STATUS, {"status": "screening", "about": "E2"}),
        (Kind.ANSWER, {"about": "E9", "outcome": "met", "was": "unknown"}),
        (Kind.ANSWER, {"outcome": "met", "was": "unknown"}),
        (Kind.ANSWER, {"about": "E2", "outcome": "yes", "was": "unknown"}),
        (Kind.ANSWER, {"about": "I2", "outcome": "not_met", "was": "met"}),
        (Kind.OVERRIDE, {**E2, "reason": "there is nothing to overrule"}),
        (Kind.OVERRIDE, {**OVERRULED, "reason": None}),
        (Kind.OVERRIDE, {**OVERRULED, "reason": "  "}),
        (Kind.SILENCE, {"why": "declined", "until": None}),
        (Kind.SILENCE, {"why": "tired", "until": None, "reason": "x"}),
        (Kind.SILENCE, {"why": "declined", "until": "2026-06-30", "reason": "today is over"}),
        (Kind.SILENCE, {"why": "declined", "until": "2026-02-31", "reason": "no such day"}),
        (Kind.SNOOZE, {"until": "2026-06-29"}),
        (Kind.SNOOZE, {"until": "soon"}),
        (Kind.CLAIM, {"claimed": "bert"}),
        (Kind.APPROVAL, {}),
        (Kind.NOTE, {}),
        (Kind.NOTE, {"reason": "x" * 2001}),
        (Kind.STATUS, {"status": "screening", "everywhere": True}),
        (Kind.CORRECTION, {"about": "Observation/o", "claim": "rubbish", "version": "1", "reason": "x"}),
        (Kind.CORRECTION, {"about": "Observation/o", "claim": "never-taken", "version": "1", "reason": "x"}),
        (Kind.CORRECTION, {"about": "Observation/o", "claim": "entered-in-error", "version": "1"}),
        (Kind.CORRECTION, {"about": "Consent/c", "claim": "entered-in-error", "version": "1", "reason": "x"}),
        (Kind.CORRECTION, {"about": "Patient/p", "claim": "entered-in-error", "version": "1", "reason": "x"}),
        (Kind.CORRECTION, {"about": "Observation/o", "claim": None, "reason": "nobody corrected it"}),
    ],
)
def test_what_cannot_be_meant_is_not_kept(desk: Ward, kind: Kind, given: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        desk.decide(kind, **given)
    assert desk.all() == ()
    assert not [each for each in audit.entries(desk.store, "north", 99, "p") if each.action.startswith("decided")]


def test_nobody_decides_about_whom_they_cannot_have_seen(desk: Ward) -> None:
    for patient, study in (("stranger", STUDY.id), ("p", "another")):
        given = Given(study, patient, Kind.NOTE, reason="x")
        with pytest.raises(Forbidden):
            decide(desk.store, desk.tenant, viewer(NURSE, CHIEF, study="*"), given, NOON, 0)
    with pytest.raises(Outpaced):  # a record of which nothing is known here
        desk.decide(Kind.CORRECTION, about="Observation/other", claim="entered-in-error", version="1", reason="x")


@ON_BOTH
def test_a_decision_is_dated_signed_and_audited(desk: Ward) -> None:
    number = desk.decide(Kind.OVERRIDE, by=INVESTIGATOR, **OVERRULED)
    (kept,) = desk.all()
    assert (kept.id, kept.actor, kept.reason) == (number, "anna", "another person's blood")
    assert kept.at == desk.site.watch.now() and kept.content == {"outcome": "not_met", "was": "met", "version": "1.0"}
    entry = audit.entries(desk.store, "north", 1, "p")[0]
    assert (entry.actor, entry.action, entry.study) == ("anna", "decided-override", STUDY.id)
    assert "blood" not in str(entry.detail)


# -------------------------------------------------------------------------------------------------- two at once
@ON_BOTH
def test_who_did_not_see_what_another_decided_loses_nothing_and_is_told(desk: Ward) -> None:
    desk.decide(Kind.STATUS, status="screening", seen=0)
    with pytest.raises(Outpaced):
        desk.decide(Kind.STATUS, by=viewer(CHIEF, name="bert"), status="ineligible", seen=0)
    assert desk.decided.status is not None and desk.decided.status.code is PersonStatus.SCREENING
    assert len(desk.all()) == 1
    desk.decide(Kind.NOTE, reason="another matter", seen=0)
    desk.decide(Kind.STATUS, by=viewer(CHIEF, name="bert"), status="ineligible")
    assert [each.actor for each in desk.all()] == ["anna", "anna", "bert"]


def test_an_answer_and_an_override_are_the_same_matter(desk: Ward, server: FhirServer) -> None:
    """The machine's answer of E1 changes between the two."""
    desk.decide(Kind.ANSWER, about="E1", outcome="not_met", was="not_met", seen=0)
    server.seed(cancer())
    desk.screened()
    with pytest.raises(Outpaced):
        desk.decide(Kind.OVERRIDE, about="E1", outcome="unknown", was="met", reason="unclear", seen=0)


def test_an_answer_to_what_the_machine_no_longer_says_is_not_kept(desk: Ward, server: FhirServer) -> None:
    server.seed(cancer())
    desk.screened()
    with pytest.raises(Outpaced):
        desk.decide(Kind.ANSWER, about="E1", outcome="not_met", was="not_met")


@ON_BOTH
def test_a_coordinator_does_not_undo_what_an_investigator_overruled(desk: Ward) -> None:
    desk.decide(Kind.OVERRIDE, by=INVESTIGATOR, **OVERRULED)
    for outcome in ("met", None):
        with pytest.raises(Forbidden):
            desk.decide(Kind.ANSWER, by=COORDINATOR, about="I2", outcome=outcome, was="met")
    desk.decide(Kind.ANSWER, by=INVESTIGATOR, about="I2", outcome=None)
    assert desk.decided.answers == {}


def test_a_contact_is_taken_back_only_by_who_may_record_one(desk: Ward) -> None:
    desk.decide(Kind.STATUS, status="contacted")
    desk.approve(BasisKind.PREPARATORY)
    for status in (None, "screening"):
        with pytest.raises(Forbidden):
            desk.decide(Kind.STATUS, status=status)


# ------------------------------------------------------------------------------------- the treating clinician
def test_nobody_is_contacted_before_the_treating_clinician_agreed(store: Store, server: FhirServer) -> None:
    desk = ward(store, server, study=asking_first())
    with pytest.raises(UsageError, match=NOT_APPROVED):
        desk.decide(Kind.STATUS, status="contacted")
    desk.decide(Kind.APPROVAL, approved=False)
    with pytest.raises(UsageError, match=NOT_APPROVED):
        desk.decide(Kind.STATUS, status="contacted")
    desk.decide(Kind.APPROVAL, approved=True)
    assert desk.decide(Kind.STATUS, by=COORDINATOR, status="contacted")


def test_the_clinician_who_has_the_chart_open_agrees(store: Store, server: FhirServer) -> None:
    desk = ward(store, server, study=asking_first())
    given = Given(STUDY.id, "p", Kind.APPROVAL, content={"approved": True})
    with pytest.raises(Forbidden, match=UNKNOWN_CLINICIAN):
        approve(desk.store, desk.tenant, given, None, NOON, 0)
    with pytest.raises(Forbidden):
        approve(desk.store, desk.tenant, Given(STUDY.id, "p", Kind.STATUS, content={"status": None}), "Dr", NOON, 0)
    approve(desk.store, desk.tenant, given, "Practitioner/house", NOON, 0)
    assert desk.decided.approved is True and desk.all()[0].actor == "Practitioner/house"
    assert desk.decide(Kind.STATUS, by=COORDINATOR, status="contacted")


def test_where_nobody_has_to_agree_nobody_is_asked(desk: Ward) -> None:
    assert desk.decide(Kind.STATUS, by=COORDINATOR, status="contacted")
