"""The states of a ResearchSubject: whose they are, how they travel between releases, and what an update changes."""

import copy
import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, strategies as st

from service.eligibility.assess import Assessment, Standing
from service.errors import InvalidValue
from service.fhir.own import Release
from service.fhir.subject import SCREENING, STATES, render_subject
from service.fhir.subject_states import MACHINE_STATES, OWNERS, in_release, open_states, read_state, state_entry
from service.fhir.subject_update import BY_PERSON, differences, update_subject
from tests.contracts.examples import EXAMPLES, PHRASES
from tests.contracts.official import official
from tests.contracts.test_research_subject import STATUSES

Json = dict[str, Any]
RELEASES: tuple[Release, ...] = get_args(Release)
EVERY_RELEASE = pytest.mark.parametrize("release", RELEASES)
NOTE: Json = {"url": "https://example.org/note", "valueString": "called on Monday"}


def rendered(example: str, release: Release, day: str | None = None) -> Json:
    subject: Json = json.loads(json.dumps(render_subject(EXAMPLES[example], PHRASES, release)))
    return json.loads(json.dumps(subject).replace("2026-06-30", day)) if day else subject  # type: ignore[no-any-return]


def stored(example: str, release: Release, **more: object) -> Json:
    """As the server gives it back: with an id, a version and what others added."""
    meta = {"versionId": "3", "lastUpdated": "2026-06-30T10:00:00Z"}
    subject = {**rendered(example, release), "id": "77", "meta": meta, **more}
    subject["extension"] = [*subject["extension"], NOTE]
    return subject


def set_by_person(subject: Json, code: str, release: Release) -> Json:
    if release == "R5":
        subject["progress"][-1]["endDate"] = "2026-07-01"
        subject["progress"].append(state_entry(code, "2026-07-01"))
    else:
        subject["status"] = code
    return subject


def opinion(subject: Json) -> Json:
    (found,) = (each for each in subject["extension"] if each["url"] == SCREENING)
    return {part["url"]: part for part in found["extension"]}


# ------------------------------------------------------------------------------------------------- the 13 codes
@pytest.mark.parametrize("code", sorted(STATUSES))
@pytest.mark.parametrize("old", ["R4", "R4B"])
def test_a_code_travels_to_r5_and_back(code: str, old: Release) -> None:
    subject = {**rendered("candidate", old), "status": code}
    newer = in_release(subject, old, "R5", "2026-06-30")
    assert newer["status"] == "active"
    assert read_state(newer, "R5") == code
    assert newer["subject"] == subject["individual"] and "individual" not in newer
    assert in_release(newer, "R5", old) == subject


@pytest.mark.shared
def test_the_codes_are_those_of_both_releases(shared: Path) -> None:
    sets = json.loads(gzip.decompress((shared / "data/definitions/r4/valuesets.json.gz").read_bytes()))
    (codes,) = (
        each["resource"]["concept"]
        for each in sets["entry"]
        if each["resource"].get("url") == "http://hl7.org/fhir/research-subject-status"
        and each["resource"]["resourceType"] == "CodeSystem"
    )
    assert {each["code"] for each in codes} == OWNERS.keys() == STATUSES
    assert set(STATES.values()) == MACHINE_STATES == {code for code, owner in OWNERS.items() if owner == "machine"}


@pytest.mark.shared
@pytest.mark.parametrize("code", sorted(STATUSES))
def test_every_code_is_valid_in_r5(shared: Path, code: str) -> None:
    newer = in_release({**rendered("candidate", "R4"), "status": code}, "R4", "R5")
    validator = official(shared / "data/definitions/r5", "ResearchSubject")
    assert [error.message for error in validator.iter_errors(newer)] == []


def test_r4_and_r4b_are_written_alike() -> None:
    assert in_release(rendered("candidate", "R4"), "R4", "R4B") == rendered("candidate", "R4B")


@pytest.mark.parametrize(
    ("change", "given"),
    [
        ({"status": "active"}, "R4"),
        ({"status": None}, "R4"),
        ({"assignedArm": "A"}, "R4"),
        ({"status": "retired"}, "R5"),
        ({"progress": []}, "R5"),
        ({"progress": [state_entry("candidate", None), state_entry("screening", None)]}, "R5"),
        ({"consent": [{"reference": "Consent/1"}]}, "R5"),
    ],
)
def test_what_does_not_carry_over_is_refused(change: Json, given: Release) -> None:
    with pytest.raises(InvalidValue):
        in_release({**rendered("candidate", given), **change}, given, "R4" if given == "R5" else "R5")


# ------------------------------------------------------------------------------------------------- updates
@EVERY_RELEASE
@pytest.mark.parametrize("before", ["candidate", "needs review", "ineligible"])
@pytest.mark.parametrize("after", ["candidate", "needs review", "ineligible"])
def test_the_machine_moves_among_its_own_states(release: Release, before: str, after: str) -> None:
    existing = stored(before, release)
    update = update_subject(existing, rendered(after, release, "2026-07-15"), release)
    assert (update.state, update.opinion) == (STATES[EXAMPLES[after].standing],) * 2
    assert (update.changed, update.by_person) == (before != after, False)
    assert update.resource["extension"][-1] == NOTE  # type: ignore[index]
    kept = ("resourceType", "id", "meta", "identifier", "study", "subject", "individual")
    assert all(update.resource.get(name) == existing.get(name) for name in kept)


@EVERY_RELEASE
@pytest.mark.parametrize("code", sorted(STATUSES - {"candidate"}))  # the machine had set that one itself
def test_what_a_person_set_is_never_changed(release: Release, code: str) -> None:
    """Not even one of the machine's own codes, and not at the third screening either."""
    existing = set_by_person(stored("candidate", release), code, release)
    unchanged = copy.deepcopy(existing)
    for day, example in (("2026-07-15", "ineligible"), ("2026-08-15", "needs review"), ("2026-09-15", "candidate")):
        update = update_subject(existing, rendered(example, release, day), release)
        assert (update.by_person, update.state) == (True, code)
        existing = json.loads(json.dumps(update.resource))
        names = ("status", "progress", "subject", "individual", "study")
        assert all(existing.get(name) == unchanged.get(name) for name in names)
        parts = opinion(existing)
        assert parts["standing"]["valueCode"] == EXAMPLES[example].standing.value
        assert parts["stateSetByPerson"] == BY_PERSON


@EVERY_RELEASE
def test_a_person_stays_in_charge_when_our_opinion_comes_to_agree(release: Release) -> None:
    existing = set_by_person(stored("candidate", release), "ineligible", release)
    agreeing = update_subject(existing, rendered("ineligible", release), release)
    assert agreeing.by_person and agreeing.state == agreeing.opinion == "ineligible"
    later = update_subject(agreeing.resource, rendered("candidate", release), release)
    assert later.by_person and later.state == "ineligible" and later.opinion == "candidate"


WRITTEN: list[tuple[str | None, bool, bool, bool]] = [
    # what the store knows that we wrote | that a person took over | our extension is there | is it a person's
    (None, False, True, False),
    ("candidate", False, True, False),
    ("ineligible", False, True, True),
    (None, True, True, True),
    ("candidate", True, True, True),
    (None, False, False, True),
    ("candidate", False, False, False),
    ("ineligible", False, False, True),
]


@EVERY_RELEASE
@pytest.mark.parametrize(("written", "by_person", "extended", "persons"), WRITTEN)
def test_whose_a_state_is(
    release: Release, written: str | None, by_person: bool, extended: bool, persons: bool
) -> None:
    """An extension may be lost: one of recruIT's pages replaces all of them when a note is added."""
    existing = stored("candidate", release)
    if not extended:
        existing["extension"] = [NOTE]
    update = update_subject(
        existing, rendered("ineligible", release, "2026-07-15"), release, written=written, by_person=by_person
    )
    assert update.by_person is persons
    assert update.state == ("candidate" if persons else "ineligible")


@EVERY_RELEASE
def test_the_day_of_the_screening_alone_is_no_news(release: Release) -> None:
    existing = stored("ineligible", release)
    later = rendered("ineligible", release)
    for part in next(each for each in later["extension"] if each["url"] == SCREENING)["extension"]:
        if part["url"] == "screeningDate":
            part["valueDate"] = "2026-07-15"
    assert not update_subject(existing, later, release).changed
    assert update_subject(existing, rendered("everything", release), release).changed


def test_in_r5_one_state_is_open_and_the_earlier_ones_have_ended() -> None:
    existing = stored("candidate", "R5")
    milestone = {"milestone": {"text": "Signed"}, "startDate": "2026-07-01"}
    existing["progress"].append(milestone)
    first = update_subject(existing, rendered("ineligible", "R5", "2026-07-15"), "R5")
    second = update_subject(first.resource, rendered("needs review", "R5", "2026-08-15"), "R5")
    assert len(open_states(second.resource)) == 1
    assert second.resource["progress"] == [
        {**state_entry("candidate", "2026-06-30"), "endDate": "2026-07-15"},
        milestone,
        {**state_entry("ineligible", "2026-07-15"), "endDate": "2026-08-15"},
        state_entry("potential-candidate", "2026-08-15"),
    ]
    assert second.resource["status"] == "active"
    same = update_subject(second.resource, rendered("needs review", "R5", "2026-09-15"), "R5")
    assert same.resource["progress"] == second.resource["progress"]


def test_in_r5_a_retired_record_or_a_second_open_state_is_a_person_s() -> None:
    for change in (
        {"status": "retired"},
        {"progress": [state_entry(each, None) for each in ("candidate", "screening")]},
    ):
        existing = {**stored("candidate", "R5"), **change}
        update = update_subject(existing, rendered("ineligible", "R5"), "R5")
        assert update.by_person and update.state is None
        assert all(update.resource[name] == existing[name] for name in change)


def test_a_state_never_ends_before_it_began() -> None:
    existing = stored("candidate", "R5")
    update = update_subject(existing, rendered("ineligible", "R5", "2026-01-01"), "R5")
    assert update.resource["progress"][0]["endDate"] == "2026-06-30"  # type: ignore[index]


def test_only_a_state_of_the_machine_is_ever_written() -> None:
    with pytest.raises(InvalidValue):
        update_subject(stored("candidate", "R4"), {**rendered("candidate", "R4"), "status": "eligible"}, "R4")


@pytest.mark.shared
@EVERY_RELEASE
@pytest.mark.parametrize("code", sorted(STATUSES))
def test_an_update_is_valid(shared: Path, release: Release, code: str) -> None:
    existing = set_by_person(stored("candidate", release), code, release)
    update = update_subject(existing, rendered("everything", release, "2026-07-15"), release)
    validator = official(shared / "data/definitions" / release.lower(), "ResearchSubject")
    assert [error.message for error in validator.iter_errors(update.resource)] == []


STEPS = st.lists(
    st.tuples(
        st.booleans(), st.sampled_from(sorted(STATUSES)), st.sampled_from(["candidate", "needs review", "ineligible"])
    ),
    max_size=8,
)


@given(st.sampled_from(RELEASES), STEPS)
def test_whatever_happens_a_person_has_the_last_word(release: Release, steps: list[tuple[bool, str, str]]) -> None:
    """Screenings and people's decisions in any order. Once a person has set something else, theirs stands for ever."""
    subject = stored("candidate", release)
    theirs: str | None = None
    for person, code, example in steps:
        before = read_state(subject, release)
        if person and code != before:
            subject = set_by_person(subject, code, release)
            theirs = code
        update = update_subject(subject, rendered(example, release), release)
        assert update.state == (theirs or STATES[EXAMPLES[example].standing])
        subject = json.loads(json.dumps(update.resource))
        if release == "R5":
            assert len(open_states(subject)) == 1


# ------------------------------------------------------------------------------------------------- reading back
@EVERY_RELEASE
def test_what_was_written_is_found_again(release: Release) -> None:
    assert differences(rendered("everything", release), stored("everything", release), release) == ()


DAMAGE: dict[str, Json] = {
    "identifier": {"identifier": []},
    "extension": {"extension": []},
    "study": {"study": {"reference": "ResearchStudy/9"}},
    "resourceType": {"resourceType": "Basic"},
}


@EVERY_RELEASE
@pytest.mark.parametrize(("name", "change"), DAMAGE.items())
def test_what_a_server_lost_is_named(release: Release, name: str, change: Json) -> None:
    wanted = rendered("everything", release)
    assert differences(wanted, {**stored("everything", release), **change}, release) == (name,)


@EVERY_RELEASE
def test_another_state_or_person_is_named(release: Release) -> None:
    wanted = rendered("everything", release)
    person = "subject" if release == "R5" else "individual"
    found = set_by_person(stored("everything", release), "screening", release)
    assert differences(wanted, found, release) == ("progress" if release == "R5" else "status",)
    found = {**stored("everything", release), person: {"reference": "Patient/q"}}
    assert differences(wanted, found, release) == (person,)


def test_a_study_is_the_same_by_its_address_where_there_is_no_identifier() -> None:
    wanted = {**rendered("candidate", "R4"), "study": {"reference": "ResearchStudy/1"}}
    found = {**stored("candidate", "R4"), "study": {"reference": "https://ehr.example/fhir/ResearchStudy/1"}}
    assert differences(wanted, found, "R4") == ()
    assert differences(wanted, {**found, "study": None}, "R4") == ("study",)


def test_the_examples_hold_each_standing_and_one_day() -> None:
    standings: set[Standing] = {each.standing for each in EXAMPLES.values()}
    days = {each.screening_date for each in EXAMPLES.values() if isinstance(each, Assessment)}
    assert standings == set(Standing) and days == {date(2026, 6, 30)}
