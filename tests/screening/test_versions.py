"""The same id with different content: the latest version wins, a tie is unreadable; in whatever order they come."""

from itertools import permutations
from pathlib import Path

import pytest

from service.screening.versions import Arrival, Versions, stamp
from tests.screening.test_bad_lines import MET, NOT_MET, UNREADABLE
from tests.screening.world import Json, cancer, encounter, export, haemoglobin, patient, run


def meta(updated: str | None = None, version: str | None = None) -> Json:
    said = {"lastUpdated": updated, "versionId": version}
    return {"meta": {key: value for key, value in said.items() if value is not None}}


def harmless(**more: object) -> Json:
    """The cancer's id, now with another code: a correction."""
    return cancer(code={"coding": [{"system": "http://snomed.info/sct", "code": "3"}]}, **more)


JUNE, JULY = "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"
TABLE = {
    "the very same twice": ([cancer(), cancer()], MET, (3, 1, 0, 0)),
    "the same, its keys in another order": ([cancer(), dict(reversed(cancer().items()))], MET, (3, 1, 0, 0)),
    "the later one is the cancer": ([harmless(**meta(JUNE)), cancer(**meta(JULY))], MET, (3, 1, 0, 0)),
    "the later one corrects it": ([cancer(**meta(JUNE)), harmless(**meta(JULY))], NOT_MET, (2, 2, 0, 0)),
    "later by the hour, in another time zone": (
        [cancer(**meta("2026-06-01T10:00:00+00:00")), harmless(**meta("2026-06-01T09:00:00-05:00"))],
        NOT_MET,
        (2, 2, 0, 0),
    ),
    "the same moment, a higher version": (
        [cancer(**meta(JUNE, "9")), harmless(**meta(JUNE, "10"))],
        NOT_MET,
        (2, 2, 0, 0),
    ),
    "only versions": ([cancer(**meta(None, "1")), harmless(**meta(None, "2"))], NOT_MET, (2, 2, 0, 0)),
    "nothing tells": ([cancer(), harmless()], UNREADABLE, (2, 0, 2, 0)),
    "the same stamp": ([cancer(**meta(JUNE, "1")), harmless(**meta(JUNE, "1"))], UNREADABLE, (2, 0, 2, 0)),
    "one has no date": ([cancer(**meta(JUNE)), harmless()], UNREADABLE, (2, 0, 2, 0)),
    "one has no clear date": ([cancer(**meta(JULY)), harmless(**meta("2026-06-01"))], UNREADABLE, (2, 0, 2, 0)),
    "versions that are no numbers": (
        [cancer(**meta(None, "b")), harmless(**meta(None, "a"))],
        UNREADABLE,
        (2, 0, 2, 0),
    ),
    "a tie, one of them twice": ([cancer(), harmless(), harmless()], UNREADABLE, (2, 1, 2, 0)),
    "a tie, settled by a later one": (
        [cancer(**meta(JUNE)), harmless(**meta(JUNE)), harmless(**meta(JULY))],
        NOT_MET,
        (2, 3, 0, 0),
    ),
    "a later one that cannot be read": ([cancer(**meta(JUNE)), cancer(code=5, **meta(JULY))], UNREADABLE, (2, 1, 1, 0)),
    "an earlier one that could not be read": ([cancer(code=5, **meta(JUNE)), cancer(**meta(JULY))], MET, (3, 1, 0, 0)),
    "three, two without a date": ([cancer(**meta(JUNE)), harmless(), harmless(**meta(JULY))], UNREADABLE, (2, 1, 2, 0)),
}


@pytest.mark.parametrize(("versions", "answer", "counts"), TABLE.values(), ids=TABLE.keys())
def test_the_latest_version_wins_in_every_order(
    tmp_path: Path, versions: list[Json], answer: object, counts: object
) -> None:
    for number, order in enumerate(permutations(versions)):
        result = run(export(tmp_path / f"in{number}", Condition=list(order)), out=tmp_path / f"out{number}")
        assert (result.answer("E1"), result.counts) == (answer, counts)


def test_versions_in_different_inputs_are_versions(tmp_path: Path) -> None:
    old = export(tmp_path / "old", Condition=[cancer(**meta(JUNE))])
    new = export(tmp_path / "new", Condition=[harmless(**meta(JULY))])
    assert run(old, new).answer("E1") == NOT_MET


def test_a_contradiction_is_unreadable_for_everybody_it_speaks_of(tmp_path: Path) -> None:
    people, seen = [patient(each) for each in "pqr"], [encounter(each, each) for each in "pqr"]
    source = export(tmp_path / "in", Patient=people, Encounter=seen, Condition=[cancer(of="p"), cancer(of="q")])
    result = run(source)
    assert [result.answer("E1", each) for each in "pqr"] == [UNREADABLE, UNREADABLE, NOT_MET]


def test_what_a_superseded_version_showed_of_contact_is_taken_back(tmp_path: Path) -> None:
    seen = haemoglobin(**meta(JUNE))
    never = haemoglobin(**meta(JULY), status="cancelled")
    for number, order in enumerate(permutations([seen, never])):
        source = export(tmp_path / f"in{number}", Observation=list(order), Encounter=[])
        assert run(source, out=tmp_path / "out").answer("E1") == ("unknown", ("no-contact",))


def test_a_correction_may_move_a_record_to_another_patient(tmp_path: Path) -> None:
    people, seen = [patient(each) for each in "pq"], [encounter(each, each) for each in "pq"]
    versions = [cancer(of="p", **meta(JUNE)), cancer(of="q", **meta(JULY))]
    result = run(export(tmp_path / "in", Patient=people, Encounter=seen, Condition=versions))
    assert (result.answer("E1", "p"), result.answer("E1", "q")) == (NOT_MET, MET)


def test_two_different_patients_of_one_id_are_not_screened(tmp_path: Path) -> None:
    result = run(export(tmp_path / "in", Patient=[patient(), patient(gender="male")]))
    assert result.assessments == {}
    assert result.summary["people"]["without_readable_patient"] == 1  # type: ignore[index]
    assert result.counts == (1, 0, 2, 0)


def test_the_later_patient_is_screened(tmp_path: Path) -> None:
    young = patient(birthDate="2020-01-01", **meta(JULY))
    for number, order in enumerate(permutations([patient(**meta(JUNE)), young])):
        source = export(tmp_path / f"in{number}", Patient=list(order))
        assert run(source, out=tmp_path / "out").answer("I1") == ("not_met", ())


def test_an_entry_is_small() -> None:
    """Only digests and numbers are remembered: no part of a resource."""
    versions = Versions()
    seen = stamp(cancer(**meta(JUNE, "3")))
    assert versions.arrive("Condition/c", seen) == (Arrival.NEW, ())
    versions.settle("Condition/c", [seen])
    assert versions.arrive("Condition/c", seen)[0] is Arrival.REPEATED
    assert len(versions) == 1
    assert all(isinstance(each, int | bytes) and (isinstance(each, int) or len(each) == 12) for each in seen)
