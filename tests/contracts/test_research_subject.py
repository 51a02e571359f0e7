"""ResearchSubject: valid by fhir.resources, by HL7's own JSON schema, and by what neither of them checks."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest
from fhir.resources.R4B.researchsubject import ResearchSubject as R4BSubject
from fhir.resources.researchsubject import ResearchSubject as R5Subject

from service.eligibility.assess import Assessment, Standing
from service.fhir.subject import STATE_SYSTEM, Release, render_subject, subject_identity
from tests.contracts.examples import EXAMPLES, PHRASES
from tests.contracts.official import official
from tests.screening.test_outputs import LINES
from tests.screening.world import Json, export, run

RELEASES: tuple[Release, ...] = get_args(Release)
# http://hl7.org/fhir/ValueSet/research-subject-status; in R5 the status is that of publication, and the state moved
STATUSES = {
    "candidate", "eligible", "follow-up", "ineligible", "not-registered", "off-study", "on-study",
    "on-study-intervention", "on-study-observation", "pending-on-study", "potential-candidate", "screening",
    "withdrawn",
}  # fmt: skip
R5_STATUSES = {"draft", "active", "retired", "unknown"}
CODES = {
    Standing.CANDIDATE: "candidate",
    Standing.NEEDS_REVIEW: "potential-candidate",
    Standing.INELIGIBLE: "ineligible",
}
FHIR_ID = re.compile(r"^[A-Za-z0-9\-.]{1,64}$")
ALL = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())
EVERY_RELEASE = pytest.mark.parametrize("release", RELEASES)


def rendered(example: Assessment, release: Release) -> Json:
    return json.loads(json.dumps(render_subject(example, PHRASES, release)))  # type: ignore[no-any-return]


@ALL
@EVERY_RELEASE
def test_fhir_resources_accepts_it(example: Assessment, release: Release) -> None:
    model = R5Subject if release == "R5" else R4BSubject
    read = model.model_validate(rendered(example, release))
    assert json.loads(read.model_dump_json()) == rendered(example, release)


@pytest.mark.shared
@ALL
@EVERY_RELEASE
def test_the_official_schema_accepts_it(shared: Path, example: Assessment, release: Release) -> None:
    validator = official(shared / "data/definitions" / release.lower(), "ResearchSubject")
    assert [error.message for error in validator.iter_errors(rendered(example, release))] == []


@pytest.mark.shared
@pytest.mark.parametrize("release", RELEASES)
def test_the_official_schema_refuses_the_other_shape(shared: Path, release: Release) -> None:
    validator = official(shared / "data/definitions" / release.lower(), "ResearchSubject")
    other: Release = "R4" if release == "R5" else "R5"
    assert not validator.is_valid(rendered(EXAMPLES["candidate"], other))


@ALL
def test_in_r4_and_r4b_the_status_is_the_standing(example: Assessment) -> None:
    for release in ("R4", "R4B"):
        subject = rendered(example, release)
        assert subject["status"] == CODES[example.standing]
        assert subject["status"] in STATUSES
        assert "progress" not in subject


@ALL
def test_in_r5_the_status_is_active_and_the_standing_is_a_state(example: Assessment) -> None:
    """The same element means another thing in R5: the code of R4 must never end up there."""
    subject = rendered(example, "R5")
    assert subject["status"] == "active" and subject["status"] in R5_STATUSES
    progress = subject["progress"]
    assert progress == [
        {
            "subjectState": {"coding": [{"system": STATE_SYSTEM, "code": CODES[example.standing]}]},
            "startDate": "2026-06-30",
        }
    ]
    assert "endDate" not in progress[0]  # type: ignore[index]


@ALL
@EVERY_RELEASE
def test_what_it_refers_to(example: Assessment, release: Release) -> None:
    subject = rendered(example, release)
    person = subject["subject" if release == "R5" else "individual"]
    assert person == {"reference": "Patient/p"}
    assert subject["study"]["type"] == "ResearchStudy"  # type: ignore[index]
    assert subject["study"]["identifier"]["value"] == "demo"  # type: ignore[index]


@ALL
@EVERY_RELEASE
def test_its_id_is_valid_and_says_nothing_of_the_patient(example: Assessment, release: Release) -> None:
    subject = rendered(example, release)
    assert FHIR_ID.fullmatch(str(subject["id"]))
    assert subject["identifier"][0]["value"] == subject["id"]  # type: ignore[index]


def test_the_identity_is_that_of_study_and_patient_alone() -> None:
    assert subject_identity("demo", "p") == subject_identity("demo", "p")
    assert len({subject_identity(s, p) for s in ("demo", "demo2") for p in ("p", "q", "2p")}) == 6


@ALL
def test_every_finding_travels_with_it(example: Assessment) -> None:
    subject = rendered(example, "R4")
    extensions = [each for each in subject["extension"] if each["url"].endswith("/criterion-finding")]  # type: ignore[attr-defined]
    told = [{part["url"]: part for part in each["extension"]} for each in extensions]
    assert [each["criterion"]["valueString"] for each in told] == [f.criterion.id for f in example.findings]
    assert [each["outcome"]["valueCode"] for each in told] == [f.outcome.code for f in example.findings]
    assert all(each["sentence"]["valueString"].strip() for each in told)


@pytest.mark.parametrize("release", RELEASES)
def test_what_a_run_writes_is_valid(tmp_path: Path, release: Release) -> None:
    result = run(export(tmp_path / "in", mixed=LINES), release=release)
    model = R5Subject if release == "R5" else R4BSubject
    assert len(result.subjects) == 4
    assert all(model.model_validate(each).id for each in result.subjects)
