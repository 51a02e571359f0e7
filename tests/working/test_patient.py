"""One patient: what is read, what is kept, what is withdrawn, and what of the chart is not whole."""

from dataclasses import replace
from typing import Any

import pytest

from service.eligibility.criteria import EVER, Criterion, MedicationTaken, ProcedureDone
from service.eligibility.policy import MEDICATION_TYPES, Policy
from service.errors import EhrUnavailable
from service.screening.patient import Examined, screen_patient
from service.store import assessments, audit
from service.store.engine import Store
from service.store.screenings import SCREENINGS
from tests.builders import RXNORM, SCT, twice
from tests.fhir_server import FhirServer
from tests.screening.world import STUDY, Json, cancer, encounter, haemoglobin, patient
from tests.working.world import DAY, NOON, TODAY, answer, catalog, connection, examined, tenant

MET, NOT_MET = ("met", ()), ("not_met", ())
NOT_LOADED = ("unknown", ("not-loaded",))


def link(kind: str, other: str) -> Json:
    return {"link": [{"type": kind, "other": {"reference": f"Patient/{other}"}}]}


@pytest.fixture
def seen(server: FhirServer) -> FhirServer:
    """Somebody who was seen, with a result and no cancer."""
    server.seed(patient(), encounter(), haemoglobin())
    return server


def asked(server: FhirServer) -> list[str]:
    """The requests but for what the server can do."""
    return [each.path.removeprefix("/fhir/") for each in server.log.of() if "metadata" not in each.path]


def test_only_what_the_study_needs_is_asked_for(seen: FhirServer) -> None:
    found = examined(tenant(seen))
    assert (answer(found, "I2"), answer(found, "E1")) == (MET, NOT_MET)
    assert sorted(asked(seen)) == ["Condition", "Consent", "Encounter", "Observation", "Patient", "Patient/p"]


def test_a_server_that_cannot_find_linked_patients_is_not_asked_for_them(seen: FhirServer) -> None:
    seen.without.add("Patient.?link")
    examined(tenant(seen))
    assert sorted(asked(seen)) == ["Condition", "Consent", "Encounter", "Observation", "Patient/p"]


@pytest.mark.parametrize("sent_along", [True, False])
def test_medications_are_read_to_the_last_ingredient(seen: FhirServer, sent_along: bool) -> None:
    if not sent_along:
        seen.without.update(f"{each}.include" for each in MEDICATION_TYPES)
    order = {"resourceType": "MedicationRequest", "id": "r", "status": "active", "intent": "order"}
    order |= {"subject": {"reference": "Patient/p"}, "medicationReference": {"reference": "Medication/m"}}
    part = {"itemReference": {"reference": f"{seen.base}/Medication/n"}}
    drug = {"coding": [{"system": RXNORM, "code": "8640"}]}
    seen.seed(order | {"authoredOn": "2026-06-01"}, {"resourceType": "Medication", "id": "m", "ingredient": [part]})
    seen.seed({"resourceType": "Medication", "id": "n", "code": drug})
    taken = Criterion("E1", "exclusion", "a drug", MedicationTaken(("drug",)))
    found = examined(tenant(seen, catalog(replace(STUDY, criteria=(taken,)))))
    assert answer(found, "E1") == MET
    assert asked(seen).count("Medication") == (1 if sent_along else 2)


# ------------------------------------------------------------------------------------- a key that stands twice
def answering(server: FhirServer, where: str, content: bytes) -> Examined:
    """What is found where this is answered there."""
    server.fail(where=where, times=99, status=200, body=content.decode())
    return examined(tenant(server))


def of_one_page(*resources: bytes, beside: bytes = b"") -> bytes:
    entries = b",".join(b'{"resource":' + each + b',"search":{"mode":"match"}}' for each in resources)
    return b'{"resourceType":"Bundle","type":"searchset","entry":[' + entries + b"]" + beside + b"}"


UNREADABLE = ("unknown", ("unreadable",))
HARMLESS: Json = {"coding": [{"system": SCT, "code": "99"}]}
TWICE = {
    "the code": twice(cancer(), code=HARMLESS),
    "a date, of which the last is of no interest": twice(cancer(), onsetDateTime="1900"),
    "the id": twice(cancer(), id="d"),
}


@pytest.mark.parametrize("condition", TWICE.values(), ids=TWICE)
def test_a_record_that_says_something_twice_is_unreadable_not_absent(seen: FhirServer, condition: bytes) -> None:
    found = answering(seen, "/Condition", of_one_page(condition))
    assert (answer(found, "E1"), answer(found, "I2")) == (UNREADABLE, MET)


def test_a_page_that_says_something_twice_leaves_the_type_incomplete(seen: FhirServer) -> None:
    found = answering(seen, "/Condition", of_one_page(twice(cancer(), code=HARMLESS), beside=b',"entry":[]'))
    assert answer(found, "E1") == NOT_LOADED


def test_an_outcome_that_says_something_twice_leaves_the_type_incomplete(seen: FhirServer) -> None:
    issue = b'{"severity":"error","severity":"information","code":"informational"}'
    found = answering(seen, "/Condition", of_one_page(b'{"resourceType":"OperationOutcome","issue":[' + issue + b"]}"))
    assert answer(found, "E1") == NOT_LOADED


def test_of_a_patient_that_says_something_twice_nothing_is_said(seen: FhirServer) -> None:
    found = answering(seen, "/Patient/p$", twice(patient(), gender="male"))
    assert (found.withheld, found.found) == ("unreadable", ())


# ---------------------------------------------------------------------------------------------------- completeness
def failing(server: FhirServer, **what: Any) -> Examined:
    server.fail(where="/Condition", times=99, **what)
    return examined(tenant(server), partial=True)


@pytest.mark.parametrize(
    "what", [{"status": 403}, {"status": 400}, {"status": 503}, {"drop": True}, {"body": "x", "status": 200}]
)
def test_a_type_that_is_not_given_is_not_loaded(seen: FhirServer, what: dict[str, Any]) -> None:
    found = failing(seen, **what)
    assert answer(found, "E1") == NOT_LOADED
    assert answer(found, "I2") == MET
    assert "Condition" in found.incomplete
    assert found.problems


def test_a_server_that_gives_out_is_tried_again_first(seen: FhirServer) -> None:
    seen.fail(where="/Condition", times=99, status=503)
    with pytest.raises(EhrUnavailable):
        examined(tenant(seen))


def test_a_next_page_that_is_lost_leaves_the_type_incomplete(seen: FhirServer) -> None:
    seen.rest.most = 1
    seen.seed(cancer("c1", code={"text": "nothing"}), cancer("c2", code={"text": "nothing"}))
    seen.fail(where="_getpages", times=99, status=500)
    found = examined(tenant(seen), partial=True)
    assert answer(found, "E1") == NOT_LOADED


def test_all_pages_are_read(seen: FhirServer) -> None:
    seen.rest.most = 1
    seen.seed(*(cancer(f"c{number}", code={"text": "nothing"}) for number in range(3)), cancer("c9"))
    assert answer(examined(tenant(seen)), "E1") == MET


def test_an_outcome_beside_the_answer_leaves_the_type_incomplete(seen: FhirServer) -> None:
    issue = {"severity": "warning", "code": "incomplete"}
    seen.rest.outcomes.append({"resourceType": "OperationOutcome", "issue": [issue]})
    assert answer(examined(tenant(seen)), "E1") == NOT_LOADED


def test_records_of_somebody_else_leave_the_type_incomplete(seen: FhirServer) -> None:
    def mixed(bundle: Any) -> Any:
        bundle["entry"].append({"resource": cancer("x", of="q"), "search": {"mode": "match"}})
        return bundle

    seen.fail(where="/Condition", times=99, change=mixed)
    assert answer(examined(tenant(seen)), "E1") == NOT_LOADED


def test_a_type_that_the_server_does_not_have_is_not_loaded(seen: FhirServer) -> None:
    seen.without.add("Condition.search-type")
    found = examined(tenant(seen))
    assert answer(found, "E1") == NOT_LOADED
    assert "Condition" not in asked(seen)


def test_the_silence_of_a_type_that_is_not_kept_means_nothing(seen: FhirServer) -> None:
    of = tenant(seen, catalog(STUDY, policy=Policy(not_kept=frozenset({"Condition", "Consent"}))))
    found = examined(of)
    assert answer(found, "E1") == NOT_LOADED
    assert "Consent" in found.incomplete
    assert sorted(asked(seen)) == ["Consent", "Encounter", "Observation", "Patient", "Patient/p"]


def test_a_record_that_names_nobody_legibly_spoils_its_type_even_where_a_bulk_run_accepts_some(
    seen: FhirServer,
) -> None:
    def nobody(bundle: Any) -> Any:
        bundle["entry"].append({"resource": cancer("x") | {"subject": {"display": "?"}}, "search": {"mode": "match"}})
        return bundle

    seen.fail(where="/Condition", times=99, change=nobody)
    assert answer(examined(tenant(seen, catalog(accepted_rejects=5))), "E1") == NOT_LOADED


# ------------------------------------------------------------------------------------------------ who is held back
REFUSAL = {
    "resourceType": "Consent",
    "id": "r",
    "status": "active",
    "patient": {"reference": "Patient/p"},
    "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "research"}]},
    "category": [{"text": "research"}],
    "dateTime": "2025-01-01",
    "provision": {"type": "deny"},
}


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ({"deceasedBoolean": True}, "deceased"),
        ({"meta": {"tag": [{"code": "HTEST"}]}}, "test-patient"),
        ({"meta": {"security": [{"code": "R"}]}}, "restricted"),
        ({"modifierExtension": [{"url": "https://x.example/y"}]}, "unreadable"),
        (link("replaced-by", "nobody"), "replaced"),
    ],
)
def test_of_whom_the_patient_tells_enough_nothing_else_is_read(server: FhirServer, what: Json, reason: str) -> None:
    server.seed(patient(**what), cancer(), encounter())
    found = examined(tenant(server))
    assert (found.withheld, found.found) == (reason, ())
    assert {each.partition("/")[0] for each in asked(server)} == {"Patient"}


def test_a_refusal_of_research_is_read_before_anything_else(seen: FhirServer) -> None:
    seen.seed(REFUSAL)
    assert examined(tenant(seen)).withheld == "research-opt-out"
    assert sorted(asked(seen)) == ["Consent", "Patient", "Patient/p"]


@pytest.mark.parametrize("gone", ["never", "deleted"])
def test_somebody_who_is_not_there_is_gone(server: FhirServer, gone: str) -> None:
    server.seed(patient("q"))
    server.remove("Patient", "q")
    assert examined(tenant(server), "q" if gone == "deleted" else "p").withheld == "gone"


# ------------------------------------------------------------------------------------------------------ what is kept
def keep(store: Store, server: FhirServer, person: str = "p", days: int = 0, **site: Any) -> Examined:
    of = tenant(server, catalog(**site))
    return screen_patient(store, of, person, connection(of), NOON + days * DAY)


def now(store: Store, person: str = "p") -> assessments.Current:
    found = assessments.latest(store, "north", "demo", person)
    assert found is not None
    return found


def test_an_assessment_is_kept_once_however_often_it_is_made(store: Store, seen: FhirServer) -> None:
    for days in (0, 0, 1):
        keep(store, seen, days=days)
    (only,) = assessments.history(store, "north", "demo", "p")
    assert only.line["standing"] == "candidate"
    assert now(store).confirmed == TODAY + DAY
    seen.change(cancer())
    keep(store, seen, days=1)
    assert [each.line["standing"] for each in assessments.history(store, "north", "demo", "p")] == [
        *("candidate", "ineligible")
    ]


def test_what_no_study_asks_for_makes_no_new_entry(store: Store, seen: FhirServer) -> None:
    keep(store, seen)
    seen.change(haemoglobin("other", code={"text": "weight"}), encounter("e2"))
    keep(store, seen)
    assert len(assessments.history(store, "north", "demo", "p")) == 1


def test_what_another_study_asks_for_makes_no_new_entry(store: Store, seen: FhirServer) -> None:
    operated = Criterion("E1", "exclusion", "an operation", ProcedureDone(("operation",), look_back=EVER))
    of = tenant(seen, catalog(STUDY, replace(STUDY, id="surgery", criteria=(operated,))))
    screen_patient(store, of, "p", connection(of), NOON)
    done = {
        "status": "completed",
        "code": {"coding": [{"system": SCT, "code": "4"}]},
        "performedDateTime": "2026-01-01",
    }
    seen.change({"resourceType": "Procedure", "id": "r", "subject": {"reference": "Patient/p"}, **done})
    screen_patient(store, of, "p", connection(of), NOON)
    entries = {each: len(assessments.history(store, "north", each, "p")) for each in of.studies}
    assert entries == {"demo": 1, "surgery": 2}


def test_a_new_version_of_the_evidence_is_a_new_entry(store: Store, seen: FhirServer) -> None:
    first = keep(store, seen)
    seen.change(haemoglobin())
    second = keep(store, seen)
    assert [each.found[0].versions["Observation/o"] for each in (first, second)] == ["1", "2"]
    assert len(assessments.history(store, "north", "demo", "p")) == 2


@pytest.mark.parametrize(
    ("what", "reason"), [({"deceasedBoolean": True}, "deceased"), (link("replaced-by", "nobody"), "replaced")]
)
def test_what_was_found_earlier_is_withdrawn(store: Store, seen: FhirServer, what: Json, reason: str) -> None:
    keep(store, seen)
    seen.change(patient(**what))
    keep(store, seen)
    assert now(store).withdrawn == reason
    seen.change(patient())
    keep(store, seen)
    assert now(store).withdrawn is None


def test_what_was_found_of_somebody_who_is_gone_is_withdrawn(store: Store, seen: FhirServer) -> None:
    keep(store, seen)
    seen.remove("Patient", "p")
    keep(store, seen)
    assert now(store).withdrawn == "gone"


def test_a_study_that_was_closed_takes_its_assessments_with_it(store: Store, seen: FhirServer) -> None:
    keep(store, seen)
    of = tenant(seen, catalog(replace(STUDY, id="other")))
    screen_patient(store, of, "p", connection(of), NOON)
    assert now(store).withdrawn == "study-closed"


def test_every_screening_is_in_the_audit_without_a_word_of_the_chart(store: Store, seen: FhirServer) -> None:
    keep(store, seen)
    (entry,) = audit.entries(store, "north", 9)
    assert (entry.action, entry.patient) == ("screened", "p")
    assert entry.detail == {"changed": 1, "withheld": None, "incomplete": ""}


# ------------------------------------------------------------------------------------------------- merged records
@pytest.mark.parametrize("told_by", ["the old one", "both", "the new one"])
def test_a_merged_person_is_screened_once_under_the_surviving_record(
    store: Store, server: FhirServer, told_by: str
) -> None:
    server.seed(patient("old"), cancer(of="old"), encounter(of="old"))
    keep(store, server, "old")
    assert now(store, "old").stored.line["standing"] == "ineligible"
    old = {} if told_by == "the new one" else link("replaced-by", "p")
    new = {} if told_by == "the old one" else link("replaces", "old")
    server.seed(patient("old", **old), patient(**new))
    found = keep(store, server, "old")
    assert (found.withheld, found.survivor) == ("merged", "p")
    (due,) = SCREENINGS.claim(store, NOON, DAY, 9)
    assert (due.patient, due.reasons) == ("p", ("merged",))
    keep(store, server, "p")
    assert now(store, "old").withdrawn == "merged"
    assert now(store).stored.line["standing"] == "ineligible"


def test_the_survivor_withdraws_what_was_found_under_the_old_record(store: Store, seen: FhirServer) -> None:
    seen.seed(patient("old"))
    keep(store, seen, "old")
    seen.seed(patient("old", **link("replaced-by", "p")))
    keep(store, seen)
    assert now(store, "old").withdrawn == "merged"


@pytest.mark.parametrize(("person", "withheld", "survivor"), [("p", None, None), ("q", "merged", "p")])
def test_it_is_enough_that_the_survivor_says_so(
    seen: FhirServer, person: str, withheld: str | None, survivor: str | None
) -> None:
    seen.seed(patient(**link("replaces", "q")), patient("q"), cancer(of="q"))
    found = examined(tenant(seen), person)
    assert (found.withheld, found.survivor) == (withheld, survivor)
    if person == "p":
        assert (answer(found, "E1"), found.merged) == (MET, ("q",))


TANGLED = {
    "two survivors": [patient("p", **link("replaces", "r")), patient("q", **link("replaces", "r")), patient("r")],
    "each says otherwise": [
        patient("p", **link("replaces", "r")), patient("q"), patient("r", **link("replaced-by", "q")),
    ],
    "a circle of replaces": [patient("p", **link("replaces", "q")), patient("q", **link("replaces", "p"))],
    "an old one that cannot be read": [
        patient("p"), patient("r", **link("replaced-by", "p"), modifierExtension=[{"url": "x"}]),
    ],
}  # fmt: skip


@pytest.mark.parametrize("people", TANGLED.values(), ids=TANGLED)
def test_where_nobody_can_tell_which_record_stands_nobody_is_screened(server: FhirServer, people: list[Json]) -> None:
    server.seed(*people, cancer(of="p"), encounter(of="p"))
    withheld = {str(each["id"]): examined(tenant(server), str(each["id"])).withheld for each in people}
    assert set(withheld.values()) == {"merge-unclear"}


def test_an_old_record_that_is_gone_is_passed_over(seen: FhirServer) -> None:
    seen.seed(patient(**link("replaces", "q")))
    found = examined(tenant(seen))
    assert (answer(found, "E1"), found.merged) == (NOT_MET, ())


@pytest.mark.parametrize("person", ["p", "q"])
def test_records_that_replace_each_other_in_a_circle_are_nobodys(server: FhirServer, person: str) -> None:
    server.seed(patient("p", **link("replaced-by", "q")), patient("q", **link("replaced-by", "p")))
    assert examined(tenant(server), person).withheld == "merge-unclear"


def test_a_problem_with_the_old_record_leaves_the_type_incomplete(seen: FhirServer) -> None:
    seen.seed(patient("old", **link("replaced-by", "p")))
    seen.fail(where="Condition.*patient=Patient/old", times=99, status=403)
    assert answer(examined(tenant(seen)), "E1") == NOT_LOADED


# ------------------------------------------------------------------------------------------------ somebody elsewhere
@pytest.mark.parametrize("base", ["https://elsewhere.example/fhir", "{base}/partition-b", "x/y"])
def test_3_51_who_has_the_same_id_on_another_server_is_somebody_else(seen: FhirServer, base: str) -> None:
    def more(found: Json) -> Json:
        theirs = {**cancer("x"), "subject": {"reference": f"{base.format(base=seen.base)}/Patient/p"}}
        entry = {"resource": theirs, "search": {"mode": "match"}}
        return {**found, "entry": [*found.get("entry", []), entry], "total": 1}

    assert answer(examined(tenant(seen)), "E1") == NOT_MET
    seen.fail(where="/Condition", times=9, change=more)
    found = examined(tenant(seen))
    assert answer(found, "E1") == NOT_LOADED and "Condition" in found.incomplete


def test_3_51_absolute_at_the_server_is_the_same_patient(seen: FhirServer) -> None:
    seen.seed({**cancer(), "subject": {"reference": f"{seen.base}/Patient/p"}})
    assert answer(examined(tenant(seen)), "E1") == MET


ELSEWHERE = ["https://elsewhere.example/fhir/Patient/q", "{base}/partition-b/Patient/q", "//elsewhere/Patient/q"]


@pytest.mark.parametrize("other", [*ELSEWHERE, "x/y/Patient/q"])
@pytest.mark.parametrize("finds_links", [True, False])
def test_a_record_that_took_the_place_of_one_elsewhere_is_not_all_there_is(
    seen: FhirServer, other: str, finds_links: bool
) -> None:
    """And whoever has that id here is not the one that is meant, though they may point to each other in other ways."""
    if not finds_links:
        seen.without.add("Patient.?link")
    named = {"other": {"reference": other.format(base=seen.base)}}
    theirs = patient("q", link=[{"type": "seealso", "other": {"reference": "Patient/p"}}])
    seen.seed(patient(link=[{"type": "replaces", **named}]), theirs, cancer(of="q"))
    found = examined(tenant(seen))
    assert (answer(found, "E1"), found.merged) == (NOT_LOADED, ())


@pytest.mark.parametrize("other", [*ELSEWHERE, "x/y/Patient/q"])
def test_whose_place_one_elsewhere_took_is_not_screened_under_its_namesake(seen: FhirServer, other: str) -> None:
    named = {"other": {"reference": other.format(base=seen.base)}}
    seen.seed(patient(link=[{"type": "replaced-by", **named}]))
    seen.seed(patient("q", link=[{"type": "seealso", "other": {"reference": "Patient/p"}}]))
    found = examined(tenant(seen))
    assert (found.withheld, found.survivor) == ("replaced", None)
