"""Everything else that we write: valid in every release, made from what is given alone, and safe to write twice."""

import copy
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, strategies as st

from service.eligibility.criteria import Study
from service.errors import InvalidValue
from service.fhir.flag_task import updated_flag, updated_task
from service.fhir.opinion import opinion_of, read_opinion
from service.fhir.own import ORIGIN, STUDY_SYSTEM, STUDY_VERSION, Release, marked, render_software
from service.fhir.provenance import evidence_versions, provenance_id, render_provenance, same_origin
from service.fhir.publication import DEFAULT, Found, Publication, Stamp, publication
from service.fhir.research_study import RECORDS, render_study
from service.fhir.screening_list import BELONGS_TO, NO_LONGER, Screened, updated_list
from service.fhir.subject import SUBJECT_SYSTEM, subject_identity
from service.fhir.transaction import (
    Write,
    create_once,
    put_own,
    replace_version,
    resolved,
    transaction,
    with_base,
)
from service.screening.render import assessment_line
from tests.builders import concept, condition, record
from tests.contracts.examples import EXAMPLES, PHRASES
from tests.contracts.official import official

Json = dict[str, Any]
RELEASES: tuple[Release, ...] = get_args(Release)
EVERY_RELEASE = pytest.mark.parametrize("release", RELEASES)
FULL = EXAMPLES["everything"]
CANDIDATE = EXAMPLES["candidate"]
FULL_SAID, CANDIDATE_SAID = opinion_of(FULL, PHRASES), opinion_of(CANDIDATE, PHRASES)
STUDY: Study = replace(FULL.study, sponsor="A hospital", identifiers=(("https://clinicaltrials.gov", "NCT00000000"),))
NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
DAY = date(2026, 6, 30)
LATER = date(2026, 7, 15)
STAMP = Stamp(NOW, "0.1.0", {"Condition/1": "7"})
KINDS = DEFAULT | {"Flag", "Task"}


def everything(release: Release, **found: Any) -> Publication:
    return publication(FULL_SAID, release, Found(**found), STAMP, fits=True, kinds=KINDS)


def plain(resource: object) -> Json:
    return json.loads(json.dumps(resource))  # type: ignore[no-any-return]


def every_resource(release: Release) -> list[Json]:
    """One of each kind, in each of its shapes."""
    present = [plain(each.resource) for each in everything(release).writes]
    flag = updated_flag(None, FULL_SAID, True, DAY, "0.1.0")
    task = updated_task(None, FULL_SAID, "ResearchSubject/1", True, DAY, "0.1.0", release)
    screened = [Screened("ResearchSubject/1", "a", True), Screened("ResearchSubject/2", "b", True)]
    worklist = updated_list(None, STUDY, "ResearchStudy/1", screened, DAY, "0.1.0", limit=1)
    ended = [
        updated_flag(flag, FULL_SAID, False, LATER, "0.1.0"),
        updated_task(task, FULL_SAID, "ResearchSubject/1", False, LATER, "0.1.0", release),
        updated_list(worklist, STUDY, "ResearchStudy/1", [Screened("x", "a", False)], LATER, "0.1.0"),
    ]
    others = [worklist, updated_list(None, STUDY, "ResearchStudy/1", [], DAY, "0.1.0"), *ended]
    studies = [render_study(STUDY, release, status) for status in RECORDS]
    return present + [plain(each) for each in [*others, *studies, everything(release).bundle]]


# ------------------------------------------------------------------------------------------------- valid
@EVERY_RELEASE
def test_fhir_resources_accepts_it(release: Release) -> None:
    package = "" if release == "R5" else ".R4B"
    for each in every_resource(release):
        model = getattr(import_module(f"fhir.resources{package}.{each['resourceType'].lower()}"), each["resourceType"])
        assert json.loads(model.model_validate(each).model_dump_json()) == each


@pytest.mark.shared
@EVERY_RELEASE
def test_the_official_schema_accepts_it(shared: Path, release: Release) -> None:
    directory = shared / "data/definitions" / release.lower()
    for each in every_resource(release):
        validator = official(directory, each["resourceType"])
        assert [error.message for error in validator.iter_errors(each)] == []
        entries = [entry["resource"] for entry in each.get("entry", ()) if "resource" in entry]
        for inner in (*each.get("contained", ()), *entries):
            assert [error.message for error in official(directory, inner["resourceType"]).iter_errors(inner)] == []


@EVERY_RELEASE
def test_it_is_deterministic(release: Release) -> None:
    assert json.dumps(everything(release).bundle) == json.dumps(everything(release).bundle)


# ------------------------------------------------------------------------------------------------- provenance
@EVERY_RELEASE
def test_a_provenance_names_software_study_day_and_records(release: Release) -> None:
    found = plain(
        render_provenance(FULL_SAID, "ResearchSubject/1/_history/2", NOW, "0.1.0", release, {"Condition/1": "7"})
    )
    assert found["target"] == [{"reference": "ResearchSubject/1/_history/2"}]
    assert (found["occurredDateTime"], found["recorded"]) == ("2026-06-30", "2026-06-30T12:00:00Z")
    (software,) = found["contained"]
    assert software["version"] == [{"value": "0.1.0"}] and found["agent"][0]["who"] == {"reference": "#software"}
    study, *records = found["entity"]
    assert study["what"]["identifier"] == {"system": STUDY_SYSTEM, "value": FULL.study.id}
    assert study["extension"] == [{"url": STUDY_VERSION, "valueString": FULL.study.version}]
    assert {each["what"]["reference"].partition("/_history/")[0] for each in records} == set(FULL_SAID.evidence)
    assert {"reference": "Condition/1/_history/7"} in [each["what"] for each in records]
    assert {each["role"] for each in found["entity"]} == {"source"}


def test_a_provenance_has_the_same_id_for_the_same_content_alone() -> None:
    def identity(**change: Any) -> object:
        said: Json = {"target": "urn:uuid:1", "recorded": NOW, "version": "1", "versions": {}, **change}
        return render_provenance(said.pop("opinion", FULL_SAID), release="R4", **said)["id"]

    assert identity() == identity(recorded=datetime(2027, 1, 1, tzinfo=UTC), target="ResearchSubject/1")
    changes: list[Json] = [{"version": "2"}, {"versions": {"Condition/1": "8"}}, {"opinion": CANDIDATE_SAID}]
    assert len({identity(), *(identity(**each) for each in changes)}) == 4


def test_the_id_of_a_provenance_is_known_before_it_is_made_and_what_it_says_is_compared_without_it() -> None:
    made = render_provenance(FULL_SAID, "x", NOW, "1", "R4", {"Condition/1": "7"})
    assert made["id"] == provenance_id(FULL_SAID, "1", {"Condition/1": "7"})
    later = render_provenance(FULL_SAID, "x", datetime(2027, 1, 1, tzinfo=UTC), "1", "R4", {"Condition/1": "7"})
    assert same_origin(made, {**later, "id": "4"}) and not same_origin(made, {**made, "target": []})
    assert not same_origin(made, render_provenance(FULL_SAID, "x", NOW, "1", "R4", {"Condition/1": "8"}))


def test_versions_that_a_server_drops_from_references_make_no_other_provenance() -> None:
    with_versions = render_provenance(FULL_SAID, "x", NOW, "1", "R4", {"Condition/1": "7"})
    without = render_provenance(FULL_SAID, "x", NOW, "1", "R4", {})
    assert with_versions["entity"] != without["entity"]
    assert same_origin(with_versions, without) and not same_origin(without, with_versions)
    fewer = {**without, "entity": without["entity"][:-1]}
    assert not same_origin(with_versions, fewer) and not same_origin(with_versions, {**without, "contained": []})


# ------------------------------------------------------------------------------------------------- opinions
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_stored_line_of_an_assessment_is_the_same_opinion(name: str) -> None:
    stored = plain(assessment_line(EXAMPLES[name], PHRASES))
    assert read_opinion(stored, EXAMPLES[name].study) == opinion_of(EXAMPLES[name], PHRASES)


@pytest.mark.parametrize(
    "broken", [{"study": "another"}, {"standing": "eligible"}, {"screening_date": None}, {"findings": [{}]}]
)
def test_what_is_no_line_of_an_assessment_is_refused(broken: Json) -> None:
    with pytest.raises(InvalidValue, match="line"):
        read_opinion({**assessment_line(FULL, PHRASES), **broken}, FULL.study)


def test_an_older_line_keeps_the_version_of_its_study() -> None:
    newer = replace(FULL.study, version="9")
    read = read_opinion(assessment_line(FULL, PHRASES), newer)
    assert (read.version, read.study.version) == (FULL.study.version, "9")


# ------------------------------------------------------------------------------------------------- cut off
def standing(release: Release, screened: date = DAY) -> Found:
    """All that a writing of that day leaves, but for the Provenance."""
    said = replace(FULL_SAID, screening_date=screened)
    first = publication(said, release, Found(), STAMP, fits=True)
    kept = {each.resource["resourceType"]: plain(each.resource) for each in first.writes}
    at = {name: {**each, "id": "1", "meta": {"versionId": "1"}} for name, each in kept.items()}
    at["List"]["entry"][0]["item"]["reference"] = "ResearchSubject/1"
    return Found(at["ResearchStudy"], at["ResearchSubject"], at["List"])


@EVERY_RELEASE
def test_a_writing_that_was_cut_off_is_made_whole(release: Release) -> None:
    cut = replace(STAMP, complete=False)
    (lacking,) = publication(FULL_SAID, release, standing(release), cut, fits=True).writes
    assert lacking.url.startswith("Provenance/")
    there = replace(standing(release), provenance={"resourceType": "Provenance"})
    assert publication(FULL_SAID, release, there, cut, fits=True).writes == ()
    yesterday = standing(release, date(2026, 6, 29))
    assert publication(FULL_SAID, release, yesterday, STAMP, fits=True).writes == ()
    again = publication(FULL_SAID, release, yesterday, cut, fits=True).writes
    assert [each.resource["resourceType"] for each in again] == ["ResearchSubject", "Provenance"]


def test_where_the_server_gives_the_ids_a_provenance_is_created_without_one() -> None:
    stamp = replace(STAMP, own_ids=False)
    made = publication(FULL_SAID, "R4", Found(), stamp, fits=True).writes
    (origin,) = (each for each in made if each.resource["resourceType"] == "Provenance")
    assert (origin.method, origin.url, "id" in origin.resource) == ("POST", "Provenance", False)


def test_a_time_without_its_zone_is_refused() -> None:
    with pytest.raises(InvalidValue, match="time zone"):
        render_provenance(FULL_SAID, "x", datetime(2026, 1, 1), "1", "R4", {})


def test_the_versions_are_those_of_the_records_that_were_read() -> None:
    fact = condition(concept("1", text="cancer"))
    versioned = replace(fact, evidence=replace(fact.evidence, version="4"))
    assert evidence_versions(record(versioned)) == {fact.evidence.reference: "4"}
    assert evidence_versions(record(fact)) == {}


def test_the_software_is_named_in_each_release() -> None:
    assert render_software("1", "R4")["deviceName"] == [{"name": "fhir-prescreen", "type": "other"}]
    assert render_software("1", "R5")["name"] == [{"value": "fhir-prescreen", "type": "registered-name"}]


# ------------------------------------------------------------------------------------------------- research study
@EVERY_RELEASE
def test_a_study_carries_its_identifiers_and_criteria(release: Release) -> None:
    found = plain(render_study(STUDY, release))
    assert found["identifier"] == [
        {"system": STUDY_SYSTEM, "value": STUDY.id},
        {"system": "https://clinicaltrials.gov", "value": "NCT00000000"},
    ]
    assert all(f"- {each.id}: {each.text}" in found["description"] for each in STUDY.criteria)
    inclusion, exclusion = found["description"].index("Inclusion"), found["description"].index("Exclusion")
    assert inclusion < exclusion and found["status"] == "active"
    if release == "R5":
        assert found["version"] == STUDY.version and found["associatedParty"][0]["name"] == "A hospital"
        assert found["progressStatus"][0]["state"]["coding"][0]["code"] == "active"
    else:
        assert found["extension"] == [{"url": STUDY_VERSION, "valueString": STUDY.version}]
        assert found["sponsor"] == {"display": "A hospital"}


def test_the_state_of_a_study_is_not_that_of_its_record() -> None:
    closed = render_study(STUDY, "R5", "closed-to-accrual")
    assert closed["status"] == "active"
    assert closed["progressStatus"][0]["state"]["coding"][0]["code"] == "closed-to-accrual"  # type: ignore[index]
    assert render_study(STUDY, "R4", "closed-to-accrual")["status"] == "closed-to-accrual"
    with pytest.raises(InvalidValue):
        render_study(STUDY, "R4", "open")


def test_an_id_that_is_none_in_fhir_is_replaced() -> None:
    found = render_study(replace(STUDY, id="a study", sponsor=None), "R4")
    assert len(str(found["id"])) == 40 and "sponsor" not in found
    assert found["identifier"][0] == {"system": STUDY_SYSTEM, "value": "a study"}  # type: ignore[index]


# ------------------------------------------------------------------------------------------------- screening list
ONE, TWO, THREE = (Screened(f"ResearchSubject/{each}", f"id{each}", True) for each in "123")


def listed(previous: Json | None, *screened: Screened, at: date = DAY, limit: int | None = None) -> Json:
    return plain(updated_list(previous, STUDY, "ResearchStudy/9", screened, at, "0.1.0", limit))


def lines(worklist: Json) -> list[tuple[str, str, bool]]:
    """(subject, first found, flagged) of each entry."""
    entries = worklist.get("entry", [])
    return [(each["item"]["reference"][-1], each["date"], each.get("flag") == NO_LONGER) for each in entries]


def test_a_list_is_in_the_convention_of_recruit() -> None:
    found = listed(None, ONE)
    assert (found["status"], found["mode"]) == ("current", "working")
    assert found["code"]["coding"][0]["code"] == "screening-recommendations"
    assert found["extension"][0]["url"] == BELONGS_TO
    assert found["extension"][0]["valueReference"]["reference"] == "ResearchStudy/9"
    item = {"reference": "ResearchSubject/1", "identifier": {"system": SUBJECT_SYSTEM, "value": "id1"}}
    assert found["entry"] == [{"date": "2026-06-30", "item": item}]


def test_who_no_longer_fits_is_flagged_and_unflagged_when_fitting_again() -> None:
    first = listed(None, ONE, TWO)
    second = listed(first, replace(ONE, fits=False), THREE, at=LATER)
    assert lines(second) == [("1", "2026-06-30", True), ("2", "2026-06-30", False), ("3", "2026-07-15", False)]
    third = listed(second, ONE, at=LATER)
    assert lines(third) == [("1", "2026-06-30", False), ("2", "2026-06-30", False), ("3", "2026-07-15", False)]


def test_who_never_fitted_is_not_listed() -> None:
    found = listed(None, replace(ONE, fits=False))
    assert "entry" not in found and "emptyReason" not in found


def test_an_entry_is_known_by_its_address_or_by_our_identifier() -> None:
    first = listed(None, replace(ONE, reference="urn:uuid:1"))
    first["entry"][0]["item"]["reference"] = "ResearchSubject/71"  # the server's own
    assert len(listed(first, replace(ONE, reference="ResearchSubject/71"))["entry"]) == 1
    del first["entry"][0]["item"]["identifier"]
    again = listed(first, replace(ONE, reference="ResearchSubject/71", fits=False))
    assert [each[2] for each in lines(again)] == [True]


def test_what_others_wrote_on_a_list_stays() -> None:
    first = listed(None, ONE)
    others: Json = {"url": "https://example.org/colour", "valueString": "red"}
    note = {"text": "Ask the ward first."}
    called = {"coding": [{"system": "https://example.org", "code": "called"}]}
    first |= {"id": "5", "status": "retired", "note": [note], "encounter": {"reference": "Encounter/1"}}
    first["extension"].append(others)
    first["entry"][0]["flag"] = called
    second = listed(first, replace(ONE, fits=False), TWO, at=LATER)
    assert (second["id"], second["status"], second["encounter"]) == ("5", "retired", {"reference": "Encounter/1"})
    assert second["note"] == [note] and second["extension"][-1] == others
    assert second["entry"][0]["flag"] == called


def test_a_list_that_is_full_says_so_until_it_is_not() -> None:
    full = listed(None, ONE, TWO, THREE, limit=2)
    assert [each[0] for each in lines(full)] == ["1", "2"] and "1 more persons" in full["note"][0]["text"]
    assert "note" not in listed(full, ONE, limit=2)
    assert len(listed(full, THREE, limit=1)["entry"]) == 2


def test_an_empty_reason_goes_when_there_are_entries() -> None:
    empty = {**listed(None), "emptyReason": {"text": "none yet"}}
    assert "emptyReason" not in listed(empty, ONE)


@given(st.lists(st.lists(st.tuples(st.integers(1, 5), st.booleans()), max_size=4), max_size=6))
def test_entries_are_never_removed_and_hold_to_the_invariants(rounds: list[list[tuple[int, bool]]]) -> None:
    worklist: Json | None = None
    before: list[str] = []
    for screened in rounds:
        latest = dict(screened)
        people = [Screened(f"ResearchSubject/{each}", f"id{each}", fits) for each, fits in latest.items()]
        worklist = listed(worklist, *people)
        subjects = [each[0] for each in lines(worklist)]
        assert subjects[: len(before)] == before and len(set(subjects)) == len(subjects)
        flags = {subject: flagged for subject, _, flagged in lines(worklist)}
        assert all(flags.get(str(each), True) is not fits for each, fits in latest.items())
        assert worklist["mode"] == "working" and "emptyReason" not in worklist
        before = subjects


# ------------------------------------------------------------------------------------------------- flag and task
def flagged(previous: Json | None, fits: bool, at: date) -> Json | None:
    found = updated_flag(previous, FULL_SAID, fits, at, "0.1.0")
    return None if found is None else plain(found)


def test_a_flag_is_inactivated_and_never_removed() -> None:
    assert flagged(None, False, DAY) is None
    first = flagged(None, True, DAY)
    assert first is not None and first["status"] == "active" and first["period"] == {"start": "2026-06-30"}
    assert flagged(first, True, LATER) is None
    second = flagged(first, False, LATER)
    assert second is not None and second["status"] == "inactive"
    assert second["period"] == {"start": "2026-06-30", "end": "2026-07-15"}
    third = flagged(second, True, date(2026, 8, 1))
    assert third is not None and (third["status"], third["period"]) == ("active", {"start": "2026-08-01"})


def test_a_flag_that_a_person_called_an_error_stays_one() -> None:
    wrong = {**(flagged(None, True, DAY) or {}), "status": "entered-in-error"}
    assert flagged(wrong, True, LATER) is None and flagged(wrong, False, LATER) is None


def tasked(previous: Json | None, fits: bool, release: Release = "R4") -> Json | None:
    found = updated_task(previous, FULL_SAID, "ResearchSubject/1", fits, LATER, "0.1.0", release)
    return None if found is None else plain(found)


@EVERY_RELEASE
def test_a_task_that_nobody_took_up_is_cancelled_and_requested_again(release: Release) -> None:
    assert tasked(None, False, release) is None
    first = tasked(None, True, release)
    assert first is not None and (first["status"], first["focus"]) == ("requested", {"reference": "ResearchSubject/1"})
    assert tasked(first, True, release) is None
    second = tasked(first, False, release)
    assert second is not None and second["status"] == "cancelled" and second["statusReason"]
    third = tasked(second, True, release)
    assert third is not None and third["status"] == "requested" and "statusReason" not in third


@pytest.mark.parametrize("status", ["accepted", "in-progress", "completed", "rejected", "on-hold", "cancelled"])
@pytest.mark.parametrize("fits", [True, False])
def test_a_task_that_a_person_took_up_is_theirs(status: str, fits: bool) -> None:
    taken = {**(tasked(None, True) or {}), "status": status}
    assert tasked(taken, fits) is None


# ------------------------------------------------------------------------------------------------- transactions
def test_every_entry_of_a_publication_may_be_sent_twice() -> None:
    entries = plain(everything("R4").bundle)["entry"]
    kinds = [each["resource"]["resourceType"] for each in entries]
    assert kinds == ["ResearchStudy", "ResearchSubject", "Provenance", "List", "Flag", "Task"]
    for each in entries:
        request, resource = each["request"], each["resource"]
        if resource["resourceType"] == "Provenance":
            assert request == {"method": "PUT", "url": f"Provenance/{resource['id']}"}
        else:
            (identifier, *_) = resource["identifier"]
            condition_ = f"identifier={identifier['system']}|{identifier['value']}"
            assert request == {"method": "POST", "url": resource["resourceType"], "ifNoneExist": condition_}
        assert ORIGIN in resource["meta"]["tag"] and resource["meta"]["source"]


@EVERY_RELEASE
def test_references_inside_a_publication_lead_to_its_entries(release: Release) -> None:
    bundle = plain(everything(release).bundle)
    urls = [each["fullUrl"] for each in bundle["entry"]]
    assert len(set(urls)) == len(urls) and all(each.startswith("urn:uuid:") for each in urls)
    used = {part.partition('"')[0] for part in json.dumps(bundle).split('"reference": "')[1:]}
    assert {each for each in used if each.startswith("urn:")} == set(urls[:2])


@EVERY_RELEASE
def test_what_stands_already_is_updated_by_its_version_or_left_alone(release: Release) -> None:
    first = [plain(each.resource) for each in everything(release).writes]
    meta = {"versionId": "4"}
    study, subject, _, worklist, flag, task = ({**each, "id": str(n), "meta": meta} for n, each in enumerate(first))
    worklist["entry"][0]["item"]["reference"] = "ResearchSubject/1"
    found = Found(study, subject, worklist, flag, task)
    again = publication(FULL_SAID, release, found, STAMP, fits=True, kinds=KINDS)
    assert again.writes == () and again.update is not None and not again.update.changed
    assert again.bundle["entry"] == []
    changed = publication(CANDIDATE_SAID, release, found, STAMP, fits=False, kinds=KINDS)
    requests = {each.resource["resourceType"]: (each.method, each.url, each.if_match) for each in changed.writes}
    provenance = requests.pop("Provenance")
    assert provenance[0] == "PUT" and provenance[2] is None
    assert requests == {
        "ResearchSubject": ("PUT", "ResearchSubject/1", 'W/"4"'),
        "List": ("PUT", "List/3", 'W/"4"'),
        "Flag": ("PUT", "Flag/4", 'W/"4"'),
        "Task": ("PUT", "Task/5", 'W/"4"'),
    }


@pytest.mark.parametrize(
    ("kinds", "written"),
    [
        ({"ResearchSubject"}, ["ResearchSubject"]),
        ({"List", "Task", "Flag"}, []),
        ({"ResearchSubject", "List"}, ["ResearchSubject"]),
        ({"ResearchStudy", "ResearchSubject", "List"}, ["ResearchStudy", "ResearchSubject", "List"]),
        (set(), []),
    ],
)
def test_no_reference_leads_to_what_is_not_written(kinds: set[str], written: list[str]) -> None:
    found = publication(FULL_SAID, "R4", Found(), STAMP, fits=True, kinds=frozenset(kinds))
    assert [each.resource["resourceType"] for each in found.writes] == written
    if "ResearchStudy" not in kinds:
        assert all("reference" not in each.resource.get("study", {}) for each in found.writes)  # type: ignore[operator]


def test_who_does_not_fit_is_put_on_no_list() -> None:
    found = publication(FULL_SAID, "R4", Found(), STAMP, fits=False, kinds=KINDS)
    kinds = [each.resource["resourceType"] for each in found.writes]
    assert kinds == ["ResearchStudy", "ResearchSubject", "Provenance"]


@EVERY_RELEASE
def test_a_person_s_state_is_left_while_our_opinion_is_stored(release: Release) -> None:
    subject = plain(everything(release).writes[1].resource) | {"id": "1", "meta": {"versionId": "4"}}
    stamp = replace(STAMP, by_person=True)
    found = publication(CANDIDATE_SAID, release, Found(subject=subject), stamp, fits=True)
    (sent,) = (each.resource for each in found.writes if each.resource["resourceType"] == "ResearchSubject")
    assert found.update is not None and (found.update.by_person, found.update.opinion) == (True, "candidate")
    names = ("status", "progress")
    assert [sent.get(name) for name in names] == [subject.get(name) for name in names]


@EVERY_RELEASE
def test_records_of_another_server_are_named_with_its_address(release: Release) -> None:
    said = replace(FULL_SAID, source="https://ehr.example/fhir/")
    found = publication(said, release, Found(), STAMP, fits=True, kinds=KINDS)
    text = json.dumps([each.resource for each in found.writes])
    assert '"reference": "https://ehr.example/fhir/Patient/p"' in text
    assert '"reference": "https://ehr.example/fhir/Condition/1/_history/7"' in text
    assert '"reference": "Patient/' not in text and "fhir/ResearchS" not in text
    subject = plain(found.writes[1].resource) | {"id": "1", "meta": {"versionId": "4"}}
    again = publication(said, release, Found(subject=subject), STAMP, fits=True)
    assert again.update is not None and not again.update.changed
    assert len({each.identity for each in (said, FULL_SAID, replace(said, source="https://other.example"))}) == 3


def test_a_resource_stands_in_a_transaction_once() -> None:
    write = create_once(render_study(STUDY, "R4"))
    with pytest.raises(InvalidValue, match="once"):
        transaction([write, copy.deepcopy(write)])


def test_what_has_no_identifier_of_ours_is_never_created() -> None:
    with pytest.raises(InvalidValue, match="identifier of ours"):
        create_once({"resourceType": "List", "identifier": [{"system": "urn:x", "value": "1"}]})


@pytest.mark.parametrize("change", [{"meta": {}}, {"id": None}, {"meta": None}])
def test_only_a_version_that_was_read_is_replaced(change: Json) -> None:
    resource = {"resourceType": "List", "id": "1", "meta": {"versionId": "2"}}
    assert replace_version(resource).if_match == 'W/"2"'
    with pytest.raises(InvalidValue, match="version"):
        replace_version({**resource, **change})


def test_a_condition_is_in_percent_notation_where_it_has_to_be() -> None:
    write = create_once(render_study(replace(STUDY, id="ä study|&"), "R4"))
    assert write.if_none_exist == f"identifier={STUDY_SYSTEM}|%C3%A4%20study%7C%26"


def test_the_address_of_an_entry_is_a_uuid_of_its_own_making() -> None:
    one, two = put_own({"resourceType": "Provenance", "id": "1"}), put_own({"resourceType": "Provenance", "id": "2"})
    assert one.full_url == Write({}, "PUT", "Provenance/1").full_url != two.full_url
    head, version, variant = one.full_url[:23], one.full_url[23], one.full_url[28]
    assert head.startswith("urn:uuid:") and version == "8" and variant in "89ab"


def test_references_are_exchanged_wherever_they_stand() -> None:
    patient = {"b": {"reference": "Patient/p"}}
    resource = {"a": [{"reference": "urn:uuid:1"}, patient], "reference": 5, "c": "urn:uuid:1"}
    assert resolved(resource, {"urn:uuid:1": "List/1"})["a"] == [{"reference": "List/1"}, patient]
    moved = with_base(resource, "https://e/fhir/", frozenset({"List"}))
    assert moved["a"] == [{"reference": "urn:uuid:1"}, {"b": {"reference": "https://e/fhir/Patient/p"}}]
    assert (moved["reference"], moved["c"]) == (5, "urn:uuid:1")


def test_a_mark_is_set_once_and_others_stay() -> None:
    tag = {"system": "urn:x", "code": "y"}
    once = marked({"resourceType": "List", "meta": {"versionId": "1", "tag": [tag], "source": "urn:s"}}, "urn:p")
    assert once["meta"] == {"versionId": "1", "tag": [tag, ORIGIN], "source": "urn:s", "profile": ["urn:p"]}
    assert marked(once, "urn:p") == once


def test_nothing_names_the_patient_but_the_references() -> None:
    bundle = plain(everything("R4").bundle)
    identity = subject_identity(FULL.study.id, FULL.patient)
    assert json.dumps(bundle).count(identity) > 3
    assert all(FULL.patient not in each["request"]["url"].split("/")[-1:] for each in bundle["entry"])
